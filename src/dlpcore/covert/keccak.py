"""The Keccak-256 checksum in the case of an Ethereum address (EIP-55); hashlib has only the later SHA-3 padding."""

from __future__ import annotations

from typing import Final

__all__ = ["checksummed", "keccak256"]

_MASK: Final = (1 << 64) - 1
_RATE: Final = 136


def _round_constants() -> list[int]:
    """Of the 24 rounds, from the shift register of FIPS 202 section 3.2.5."""
    constants, state = [], 1
    for _ in range(24):
        constant = 0
        for power in range(7):
            if state & 1:
                constant |= 1 << ((1 << power) - 1)
            state = (state << 1) ^ (0x171 if state & 0x80 else 0)
        constants.append(constant)
    return constants


_ROUNDS: Final = _round_constants()


def _rotate(lane: int, by: int) -> int:
    by %= 64
    return (lane << by | lane >> (64 - by)) & _MASK


def _permute(lanes: list[list[int]]) -> list[list[int]]:
    """Keccak-f[1600] (FIPS 202 section 3.2) on lanes[x][y]."""
    for constant in _ROUNDS:
        parity = [column[0] ^ column[1] ^ column[2] ^ column[3] ^ column[4] for column in lanes]
        turn = [parity[(x + 4) % 5] ^ _rotate(parity[(x + 1) % 5], 1) for x in range(5)]
        lanes = [[lane ^ turn[x] for lane in lanes[x]] for x in range(5)]
        x, y, current = 1, 0, lanes[1][0]
        for step in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            current, lanes[x][y] = lanes[x][y], _rotate(current, (step + 1) * (step + 2) // 2)
        for y in range(5):
            row = [lanes[x][y] for x in range(5)]
            for x in range(5):
                lanes[x][y] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5])
        lanes[0][0] ^= constant
    return lanes


def keccak256(data: bytes) -> bytes:
    """The digest of a short text, of fewer than 136 bytes."""
    block = bytearray(data + b"\x01" + bytes(_RATE - len(data) - 1))
    block[-1] |= 0x80
    lanes = [[0] * 5 for _ in range(5)]
    for i in range(_RATE // 8):
        lanes[i % 5][i // 5] = int.from_bytes(block[8 * i : 8 * i + 8], "little")
    lanes = _permute(lanes)
    return b"".join(lanes[x][0].to_bytes(8, "little") for x in range(4))


def checksummed(address: bytes) -> bool:
    """Whether 40 hexadecimal digits are in one case, or in the case that EIP-55 gives them."""
    if address in (address.lower(), address.upper()):
        return True
    digest = keccak256(address.lower()).hex()
    return all(not chr(b).isalpha() or chr(b).isupper() == (int(digest[i], 16) >= 8) for i, b in enumerate(address))
