"""Format-preserving tokens: the vectors of NIST, and that format, alphabet, length and Luhn hold both ways."""

from __future__ import annotations

import string

import pytest
from fastfpe import ff1
from hypothesis import given
from hypothesis import strategies as st

from dlpcore import TokenError
from dlpcore.tokenize.formats import Format, _luhn
from dlpcore.tokenize.sealed import Domain
from dlpcore.tokenize.value import Form

DOMAIN = Domain(bytes(range(32)), "k1", "acme", "credit_card")
OTHER = Domain(bytes(range(32)), "k1", "other", "credit_card")

_KEYS = {
    128: "2B7E151628AED2A6ABF7158809CF4F3C",
    192: "2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F",
    256: "2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F7F036D6F04FC6A94",
}
_D, _A = string.digits, string.digits + string.ascii_lowercase
_T10, _T11 = "39383736353433323130", "3737373770717273373737"


@pytest.mark.parametrize(
    ("bits", "tweak", "alphabet", "plain", "cipher"),
    [  # NIST SP 800-38G, samples of FF1, 1 to 9
        (128, "", _D, "0123456789", "2433477484"),
        (128, _T10, _D, "0123456789", "6124200773"),
        (128, _T11, _A, "0123456789abcdefghi", "a9tv40mll9kdu509eum"),
        (192, "", _D, "0123456789", "2830668132"),
        (192, _T10, _D, "0123456789", "2496655549"),
        (192, _T11, _A, "0123456789abcdefghi", "xbj3kv35jrawxv32ysr"),
        (256, "", _D, "0123456789", "6657667009"),
        (256, _T10, _D, "0123456789", "1001623463"),
        (256, _T11, _A, "0123456789abcdefghi", "xs8a0azh2avyalyzuwd"),
    ],
)
def test_ff1_has_the_vectors_of_nist(bits: int, tweak: str, alphabet: str, plain: str, cipher: str) -> None:
    assert ff1.encrypt(_KEYS[bits], tweak, alphabet, plain) == cipher
    assert ff1.decrypt(_KEYS[bits], tweak, alphabet, cipher) == plain


def _there_and_back(scheme: Format, raw: bytes, form: Form = Form.TEXT) -> bytes:
    token = scheme.make(DOMAIN, raw, form, b"")
    assert scheme.make(DOMAIN, raw, form, b"") == token
    assert scheme.open(DOMAIN, token, form, b"") == raw
    assert len(token) == len(raw)
    return token


@given(st.from_regex(r"[0-9]{6,40}", fullmatch=True))
def test_digits(text: str) -> None:
    assert _there_and_back(Format.digits(), text.encode()).isdigit()


@given(st.from_regex(r"-?[1-9][0-9]{5,40}", fullmatch=True))
def test_a_number_stays_one(text: str) -> None:
    token = _there_and_back(Format.digits(), text.encode(), Form.NUMBER).decode()
    assert str(int(token)) == token and token.startswith("-") == text.startswith("-")


@given(st.from_regex(r"[0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{4}", fullmatch=True))
def test_separators_stay(text: str) -> None:
    token = _there_and_back(Format.digits(), text.encode()).decode()
    assert [ch for ch in token if not ch.isdigit()] == [ch for ch in text if not ch.isdigit()]


@given(st.from_regex(r"[A-Z0-9]{4,20}", fullmatch=True))
def test_alphanumerics(text: str) -> None:
    token = _there_and_back(Format.alphanumeric("upper"), text.encode()).decode()
    assert set(token) <= set(string.digits + string.ascii_uppercase)


def _card(digits: str) -> str:
    return next(digits + str(d) for d in range(10) if _luhn(digits + str(d)) == 0)


@given(st.from_regex(r"[3-6][0-9]{12,17}", fullmatch=True).map(_card), st.sampled_from(["break", "keep", "any"]))
def test_cards_keep_bin_and_last_four(card: str, luhn: str) -> None:
    token = _there_and_back(Format.card(luhn), card.encode()).decode()  # type: ignore[arg-type]
    kept = min(6, len(card) - 10)
    assert token[:kept] == card[:kept] and token[-4:] == card[-4:] and token.isdigit()
    if luhn != "any":
        assert (_luhn(token) == 0) is (luhn == "keep")


def test_broken_cards_are_a_permutation() -> None:
    """Of numbers that satisfy Luhn and of such that do not, tokens are different, open to their number, and no card."""
    scheme, bound = Format.card(), b"x"
    numbers = [b"411111%06d1111" % middle for middle in range(700)]
    tokens = [scheme.make(DOMAIN, number, Form.TEXT, bound) for number in numbers]
    assert len(set(tokens)) == len(tokens)
    assert [scheme.open(DOMAIN, token, Form.TEXT, bound) for token in tokens] == numbers
    cards = [at for at, number in enumerate(numbers) if _luhn(number.decode()) == 0]
    assert len(cards) == 70 and not any(_luhn(tokens[at].decode()) == 0 for at in cards)
    # and some of the others have the token that was a card's
    assert any(_luhn(token.decode()) == 0 for token in tokens)
    assert all(scheme.make(DOMAIN, scheme.open(DOMAIN, n, Form.TEXT, bound), Form.TEXT, bound) == n for n in numbers)


def test_a_card_with_spaces() -> None:
    token = _there_and_back(Format.card(), b"4111 1111 1111 1111")
    assert token[:7] == b"4111 11" and token[14:] == b" 1111" and token[9:10] == b" "


@given(st.from_regex(r"[A-Za-z0-9]{4,12}(\.[a-z]{1,5})?@[a-z]{4,10}\.(org|example)", fullmatch=True))
def test_mail_keeps_its_domain_or_its_shape(address: str) -> None:
    token = _there_and_back(Format.email(), address.encode()).decode()
    assert token.partition("@")[2] == address.partition("@")[2]
    shaped = _there_and_back(Format.email("shape"), address.encode()).decode()
    assert shaped.rpartition(".")[2] == address.rpartition(".")[2]
    assert [i for i, ch in enumerate(shaped) if ch in "@."] == [i for i, ch in enumerate(address) if ch in "@."]


def test_another_tenant_or_binding_gives_another_token() -> None:
    scheme = Format.digits()
    tokens = {scheme.make(d, b"0123456789", Form.TEXT, b) for d in (DOMAIN, OTHER) for b in (b"", b"x")}
    assert len(tokens) == 4


@pytest.mark.parametrize(
    ("scheme", "raw", "form", "why"),
    [
        (Format.digits(), b"12345", Form.TEXT, "6 to 256 characters to encrypt and has 5"),
        (Format.digits(keep=(2, 2)), b"123456789", Form.TEXT, "has 5"),
        (Format.digits(), b"1" * 257, Form.TEXT, "has 257"),
        (Format.digits(), b"12345a", Form.TEXT, "letters"),
        (Format.digits(), b"1.234567", Form.NUMBER, "plain integer"),
        (Format.digits(), b"4.111111111111111e15", Form.NUMBER, "plain integer"),
        (Format.digits(), b"\\u0031234567", Form.TEXT, "escapes"),
        (Format.digits(), "１２３４５６".encode(), Form.TEXT, "ASCII"),
        (Format.alphanumeric("upper"), b"ABCDe1", Form.TEXT, "letters"),
        (Format.alphanumeric("mixed"), b"abc", Form.TEXT, "needs 4"),
        (Format.card(), b"411111111", Form.TEXT, "has"),
        (Format.email(), b"ab@corp.example", Form.TEXT, "has 2"),
        (Format.email(), b"nobody", Form.TEXT, "no e-mail"),
        (Format.email("shape"), b"someone@x.org", Form.TEXT, "has 1"),
        (Format.email("shape"), b"someone@Corp.org", Form.TEXT, "capital"),
    ],
)
def test_what_does_not_fit_is_an_error_that_shows_nothing(scheme: Format, raw: bytes, form: Form, why: str) -> None:
    with pytest.raises(TokenError, match=why) as info:
        scheme.make(DOMAIN, raw, form, b"")
    assert raw.decode() not in str(info.value)


@pytest.mark.parametrize("make", [lambda: Format.card("no"), lambda: Format.digits((-1, 0)), lambda: Format.email("x")])
def test_a_wrong_format_is_refused(make: object) -> None:
    with pytest.raises(TokenError):
        make()  # type: ignore[operator]
