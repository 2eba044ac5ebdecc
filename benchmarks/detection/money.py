"""Cards, accounts, securities and wallets: values of every network, country and chain, and near misses."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator

from stdnum import iban as stdnum_iban
from stdnum import luhn
from stdnum.iso7064 import mod_97_10

from . import DIGITS, UPPER, Case, alnum
from .people import Kind, cases_of, checked, fill, made, plain

__all__ = ["financial"]

#: Prefix and length as the networks print them.
NETWORKS = {
    "Visa": ("4###############", "4############", "4##################"),
    "Mastercard": ("5{12345}##############", "222{123456789}############", "2{3456}##############"),
    "American Express": ("34#############", "37#############"),
    "Discover": ("6011############", "64{456789}#############", "65##############"),
    "Diners": ("30{012345}###########", "36############", "38############"),
    "JCB": ("35{345678}#############",),
    "UnionPay": ("62##############", "62#################"),
    "Maestro": ("50{12}#########", "67{12}#############", "6759############", "56##############"),
    "Mir": ("220{01234}############",),
    "RuPay": ("60{58}#############", "8{12}##############"),
}


def _card(rng: random.Random, templates: tuple[str, ...], good: bool = True) -> str:
    digits = fill(rng, rng.choice(templates))[:-1]
    check = luhn.calc_check_digit(digits)
    return digits + (check if good else str((int(check) + rng.randrange(1, 10)) % 10))


def _grouped(rng: random.Random, digits: str) -> str:
    between = rng.choice(("", "", " ", "-"))
    cuts = (4, 10, 15) if len(digits) == 15 else (4, 8, 12, 16, 19)
    return between.join(digits[a:b] for a, b in zip((0, *cuts), cuts, strict=False) if digits[a:b])


def _cards(name: str, templates: tuple[str, ...]) -> Kind:
    return Kind(
        name,
        lambda rng: _grouped(rng, _card(rng, templates)),
        ("cardNumber", "card_number", "pan", "creditCard", "card"),
        ("card", "credit card number", "My card number is"),
        name != "Maestro",
        lambda rng: _grouped(rng, _card(rng, templates, False)),
    )


#: BBAN forms of the IBAN registry (SWIFT).
BBANS = {
    "DE": "##################",
    "GB": "{WEST|BARC|LOYD}##############",
    "FR": "####################{ABM}##".replace("{ABM}##", "###"),
    "NL": "{ABNA|INGB|RABO}##########",
    "CH": "#################",
    "NO": "###########",
    "SE": "####################",
    "PL": "########################",
    "AT": "################",
    "PT": "#####################",
    "MT": "{VALL|MALT}#####{ABCDEF012}#################",
    "SA": "##################",
    "AE": "###################",
    "TR": "#####0################",
    "LU": "################",
    "IE": "{AIBK|BOFI}##############",
    "GR": "#######################",
    "DK": "##############",
    "LI": "#################",
    "CR": "0#################",
}


def _iban(rng: random.Random, good: bool = True) -> str:
    while True:
        country = rng.choice(sorted(BBANS))
        bban = fill(rng, BBANS[country])
        check = mod_97_10.calc_check_digits(bban + country)
        if not good:
            check = f"{(int(check) + rng.randrange(1, 90)) % 97 + 2:02}"
        text = country + check + bban
        if stdnum_iban.is_valid(text, check_country=False) is good:
            break
    text = " ".join(text[i : i + 4] for i in range(0, len(text), 4)) if rng.random() < 0.4 else text
    return text.lower() if rng.random() < 0.1 else text


_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def _base58check(rng: random.Random, version: bytes, size: int = 20, alphabet: str = _BASE58) -> str:
    data = version + rng.randbytes(size)
    data += hashlib.sha256(hashlib.sha256(data).digest()).digest()[:4]
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        text = alphabet[rest] + text
    return alphabet[0] * (len(data) - len(data.lstrip(b"\0"))) + text


def _broken(rng: random.Random, text: str, alphabet: str = _BASE58) -> str:
    at = rng.randrange(6, len(text))
    return text[:at] + rng.choice([ch for ch in alphabet if ch != text[at]]) + text[at + 1 :]


def _wallet(label: str, version: bytes, keys: str, names: str, size: int = 20, bare: bool = True) -> Kind:
    return Kind(
        label,
        lambda rng: _base58check(rng, version, size),
        tuple(keys.split()),
        tuple(names.split("|")),
        bare,
        lambda rng: _broken(rng, _base58check(rng, version, size)),
    )


_SEGWIT = (
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
    "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr",
)
_EIP55 = (
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
)

KINDS: tuple[Kind, ...] = (
    *(_cards(name, templates) for name, templates in NETWORKS.items()),
    Kind(
        "IBAN",
        _iban,
        ("iban", "bankAccount", "account", "IBAN"),
        ("IBAN", "Please transfer to"),
        True,
        lambda rng: _iban(rng, False),
    ),
    Kind(
        "BIC",
        plain("{DEUTDEFF|COBADEFF|BNPAFRPP|BARCGB22|CHASUS33|UBSWCHZH}{|XXX|500}"),
        ("bic", "swift", "swiftCode", "bicCode"),
        ("BIC", "SWIFT code:"),
    ),
    Kind("card security code", plain("{123456789}##"), ("cvv", "cvc", "securityCode", "card_cvv"), ("CVV", "CVC:")),
    Kind(
        "track 2",
        lambda rng: f";{_card(rng, NETWORKS['Visa'][:1])}={fill(rng, '2{56789}{0}{123456789}#########')}?",
        ("track2", "track_data"),
        ("track",),
        True,
        lambda rng: f";{_card(rng, NETWORKS['Visa'][:1], False)}={fill(rng, '2{56789}{0}{123456789}#########')}?",
    ),
    Kind(
        "US routing",
        lambda rng: made("en_US", "aba")(rng),
        ("routingNumber", "aba", "routing_number"),
        ("routing number", "ABA"),
    ),
    Kind(
        "US account",
        plain("############", "{123456789}########"),
        ("accountNumber", "account_number", "bank_account", "bankAccountNumber"),
        ("bank account number", "account number is"),
    ),
    Kind("UK sort code", plain("{2345}#-##-##"), ("sortCode", "sort_code"), ("sort code",)),
    Kind("IN IFSC", plain("{SBIN|HDFC|ICIC|UTIB}00#####"), ("ifsc", "ifscCode"), ("IFSC",)),
    Kind("LEI", lambda rng: _lei(rng), ("lei", "leiCode"), ("LEI",), True, lambda rng: _lei(rng, 1)),
    Kind(
        "ISIN",
        checked("isin", "US#########{0123456789}", "DE000#######"),
        ("isin", "isinCode"),
        ("ISIN",),
        False,
        checked("isin", "US##########", good=False),
    ),
    Kind(
        "CUSIP",
        checked("cusip", "#########", "#####@10#"),
        ("cusip",),
        ("CUSIP",),
        False,
        checked("cusip", "#########", good=False),
    ),
    _wallet("Bitcoin", b"\x00", "bitcoin btcAddress wallet_address wallet", "Bitcoin|my wallet address is"),
    _wallet("Bitcoin P2SH", b"\x05", "bitcoin btcAddress wallet_address", "BTC"),
    Kind(
        "Bitcoin segwit",
        lambda rng: rng.choice(_SEGWIT),
        ("btc", "address", "wallet"),
        ("send to",),
        True,
        lambda rng: _broken(rng, rng.choice(_SEGWIT), "qpzry9x8gf2tvdw0s3jn54khce6mua7l"),
    ),
    Kind(
        "Ethereum",
        lambda rng: rng.choice((rng.choice(_EIP55), f"0x{rng.getrandbits(160):040x}")),
        ("ethAddress", "wallet", "ethereum_address"),
        ("ETH wallet", "Ethereum address"),
    ),
    _wallet("Litecoin", b"\x30", "litecoin ltcAddress", "Litecoin"),
    _wallet("TRON", b"\x41", "tron trxAddress wallet", "TRON"),
    _wallet("Dogecoin", b"\x1e", "dogecoin wallet", "Dogecoin"),
    Kind(
        "XRP",
        lambda rng: _base58check(rng, b"\x00", 20, "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"),
        ("xrp", "xrpAddress"),
        ("XRP",),
        True,
    ),
    _wallet("WIF key", b"\x80", "wif walletImportFormat", "WIF", 32, False),
)


def _lei(rng: random.Random, off: int = 0) -> str:
    body = fill(rng, "{2138|5493|5299}00") + alnum(rng, 12, UPPER + DIGITS)
    check = int(mod_97_10.calc_check_digits(body))
    return f"{body}{(check + off) % 97 if off else check:02}"


def financial(count: int, seed: int = 13) -> Iterator[Case]:
    """Each kind in a member with its name, in a sentence, in an object, and alone where it has proof."""
    rng = random.Random(seed)
    for kind in KINDS:
        yield from cases_of(rng, kind, max(8, count // 12), "financial")
