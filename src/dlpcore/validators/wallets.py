"""Checksums of cryptocurrency addresses, keys and seed phrases: what looks random and carries its own proof."""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import re
from importlib import resources

from ..covert.keccak import checksummed, keccak256

__all__ = [
    "base58_address",
    "bech32_address",
    "ethereum",
    "extended_key",
    "monero",
    "ripple",
    "seed_phrase",
    "solana",
    "stellar",
    "wallet_key",
]

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_RIPPLE = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def _base58(text: str, alphabet: str = _BASE58) -> bytes | None:
    """The bytes of a base 58 number; leading first letters are zero bytes. None for other characters, or too many."""
    if len(text) > 120:
        return None
    number = 0
    for ch in text:
        at = alphabet.find(ch)
        if at < 0:
            return None
        number = number * 58 + at
    zeros = len(text) - len(text.lstrip(alphabet[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def _checked(text: str, alphabet: str = _BASE58) -> bytes | None:
    """The payload of Base58Check: without its last four bytes, which are a double SHA-256 of the rest."""
    data = _base58(text, alphabet)
    if data is None or len(data) < 5:
        return None
    return data[:-4] if hashlib.sha256(hashlib.sha256(data[:-4]).digest()).digest()[:4] == data[-4:] else None


#: Version bytes of addresses of 20 bytes: Bitcoin, Litecoin, Dogecoin, Dash (chainparams.cpp of each), TRON (TIP-28),
#: Zcash (protocol specification 5.6.1.1).
_VERSIONS = frozenset((b"\x00", b"\x05", b"\x30", b"\x32", b"\x1e", b"\x16", b"\x4c", b"\x10", b"\x41")) | {
    b"\x1c\xb8",
    b"\x1c\xbd",
}


def base58_address(value: bytes) -> float:
    """An address of Bitcoin and its relatives: version, twenty bytes of a hash, four of a checksum."""
    data = _checked(value.decode("ascii", "replace"))
    return 0.95 if data is not None and len(data) in (21, 22) and data[:-20] in _VERSIONS else 0.0


def ripple(value: bytes) -> float:
    """An account of the XRP Ledger: Base58Check with its own alphabet."""
    data = _checked(value.decode("ascii", "replace"), _RIPPLE)
    return 0.95 if data is not None and len(data) == 21 and data[0] == 0 else 0.0


def wallet_key(value: bytes) -> float:
    """A private key in wallet import format: version 128 (Bitcoin), 176 (Litecoin), 158 (Dogecoin)."""
    data = _checked(value.decode("ascii", "replace"))
    if data is None or data[0] not in (128, 176, 158):
        return 0.0
    return 0.95 if len(data) == 33 or (len(data) == 34 and data[-1] == 1) else 0.0


def extended_key(value: bytes) -> float:
    """A serialized key of BIP 32: version, depth, fingerprint, number, chain code and key, 78 bytes in all."""
    data = _checked(value.decode("ascii", "replace"))
    return 0.95 if data is not None and len(data) == 78 else 0.0


def solana(value: bytes) -> float:
    """An Ed25519 public key in base 58: 32 bytes, and no checksum."""
    data = _base58(value.decode("ascii", "replace"))
    return 0.3 if data is not None and len(data) == 32 else 0.0


def bech32_address(value: bytes) -> float:
    """Bech32 (BIP 173) or Bech32m (BIP 350) in one case; a segwit address has the one that its version asks for."""
    text = value.decode("ascii", "replace")
    if text not in (text.lower(), text.upper()):
        return 0.0
    prefix, separator, data = text.lower().rpartition("1")
    if not prefix or not separator or len(data) < 7 or any(ch not in _BECH32 for ch in data):
        return 0.0
    values = [ord(ch) >> 5 for ch in prefix] + [0] + [ord(ch) & 31 for ch in prefix]
    residue = _polymod(values + [_BECH32.index(ch) for ch in data])
    if prefix in ("bc", "ltc"):
        return 0.95 if residue == (1 if data[0] == "q" else 0x2BC830A3) else 0.0
    return 0.95 if residue in (1, 0x2BC830A3) else 0.0


def _polymod(values: list[int]) -> int:
    checksum = 1
    for each in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ each
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            checksum ^= generator if top >> bit & 1 else 0
    return checksum


def ethereum(value: bytes) -> float:
    """An address of twenty bytes; in mixed case its letters are a checksum (EIP-55), in one case there is none."""
    digits = value[2:]
    if len(digits) != 40 or len(set(digits.lower())) < 5 or not checksummed(digits):
        return 0.0
    return 0.3 if digits in (digits.lower(), digits.upper()) else 0.9


#: Characters of a block of base 58 and the bytes that it holds (CryptoNote standard 7).
_BLOCKS = {11: 8, 7: 5}


def monero(value: bytes) -> float:
    """A standard, integrated or sub-address: network, two keys, four bytes of Keccak-256."""
    text = value.decode("ascii", "replace")
    data = b""
    for at in range(0, len(text), 11):
        block = text[at : at + 11]
        size = _BLOCKS.get(len(block))
        number = _base58(block)
        if size is None or number is None or len(number.lstrip(b"\x00")) > size:
            return 0.0
        data += number.lstrip(b"\x00").rjust(size, b"\x00")
    return 0.95 if len(data) in (69, 77) and keccak256(data[:-4])[:4] == data[-4:] else 0.0


def stellar(value: bytes) -> float:
    """An account (G) or seed (S) of SEP-23: base 32 of a version, 32 bytes and CRC-16 (XMODEM)."""
    try:
        data = base64.b32decode(value)
    except (ValueError, binascii.Error):
        return 0.0
    return 0.9 if len(data) == 35 and binascii.crc_hqx(data[:-2], 0).to_bytes(2, "little") == data[-2:] else 0.0


@functools.cache
def _words() -> dict[str, int]:
    # The English list of BIP 39, in its order: 2,048 words.
    text = resources.files("dlpcore.validators").joinpath("bip39_english.txt").read_text("ascii")
    return {word: index for index, word in enumerate(text.split())}


def seed_phrase(value: bytes) -> float:
    """Twelve to twenty-four words of BIP 39, of which the last bits are a checksum (SHA-256) of the others."""
    words = re.findall(r"[a-z]+", value.decode("ascii", "replace").lower())
    table = _words()
    if len(words) not in (12, 15, 18, 21, 24) or not all(word in table for word in words):
        return 0.0
    number = 0
    for word in words:
        number = number << 11 | table[word]
    check = len(words) // 3
    entropy = (number >> check).to_bytes(len(words) * 4 // 3, "big")
    return 0.95 if hashlib.sha256(entropy).digest()[0] >> (8 - check) == number & ((1 << check) - 1) else 0.0
