"""The literal channels (family B): letter case where it means nothing, and the bits before base64 padding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .. import _native
from ..model import Span
from .channel import MAX_SPANS, ChannelReport, Late, in_time, severity_of
from .keccak import checksummed
from .ranking import decode

__all__ = ["CHANNELS", "detect", "wanted"]

CHANNELS: Final = ("literal.case-mix", "base64.slack-bits")
_CASE: Final = 262144
_SLACK: Final = 524288
_THRESHOLD: Final[dict[str, float]] = {"literal.case-mix": 20.0, "base64.slack-bits": 8.0}
#: Below this price nothing is decoded (native/src/settle.c knows it too).
_LOOK: Final[dict[str, float]] = {"literal.case-mix": 18.0, "base64.slack-bits": 8.0}
#: Choices that are decoded: a longer carrier is decoded in part.
_MAX_SYMBOLS: Final = 1 << 20
_CARRIERS: Final = ("hex-literal", "domain")
_ADDRESSES: Final = 64  # checked against EIP-55
_ADDRESS_BITS: Final = 20.0


def wanted(size: int, scan: _native.Scan) -> bool:
    """Whether hexadecimal texts or mail domains mix cases, or padded base64 holds more than its bytes."""
    return bool(scan.census & (_CASE | _SLACK))


def detect(
    payload: bytes | memoryview,
    scan: _native.Scan,
    prefilter: _native.Prefilter,
    limit: int,
    late: Late = in_time,
) -> list[ChannelReport]:
    """Reports of the two channels where their price is above zero."""
    found = _native.choices(payload)
    reports: list[ChannelReport] = []
    room = min(len(payload), limit * 64, _MAX_SYMBOLS) + 64
    case = found.bits["hex-literal"] + found.bits["domain"]
    carriers: list[bytes] = []
    places: set[Span] = set(found.odd["hex-literal"] + found.odd["domain"])
    if found.made["address"]:
        digits = _native.choices(payload, "address", room).symbols
        odd = [at for at, address in enumerate(_pieces(digits, 40)) if at < _ADDRESSES and not checksummed(address)]
        case += _ADDRESS_BITS * len(odd)
        places.update(found.plain["address"][at] for at in odd)
        if odd:
            carriers.append(bytes(int(b < 97) for b in digits if b >= 65))
    if case > 0.0:
        for name in _CARRIERS if case >= _LOOK["literal.case-mix"] else ():
            if found.bits[name] > 0.0:
                letters = _native.choices(payload, name, room).symbols
                carriers.append(letters.replace(b"\x02", b""))
                mixed = [part for part in letters.split(b"\x02") if 0 in part and 1 in part]
                carriers.append(b"".join(mixed))
                whole = [part[0] for part in letters.split(b"\x02") if part]  # a literal each
                carriers.append(bytes(whole))
        reports.append(
            _report("literal.case-mix", case, places, carriers, limit, late, "the case of letters without meaning")
        )
    slack = found.bits["base64"]
    if slack > 0.0:
        groups = _native.choices(payload, "base64", room).symbols
        runs = list(_slack_runs(groups))
        carriers = [
            b"".join(runs),
            b"".join(run for run in runs if len(run) == 4),
            b"".join(run for run in runs if len(run) == 2),
        ]
        what = "bits before the padding of base64 (RFC 4648 section 3.5)"
        reports.append(_report("base64.slack-bits", slack, set(found.odd["base64"]), carriers, limit, late, what))
    return reports


def _pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[i : i + size] for i in range(0, len(data) - size + 1, size))


def _slack_runs(groups: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(groups):
        width = groups[at]
        yield groups[at + 1 : at + 1 + width]
        at += 1 + width


def _report(
    channel: str, bits: float, places: set[Span], carriers: list[bytes], limit: int, late: Late, what: str
) -> ChannelReport:
    threshold = _THRESHOLD[channel]
    candidates = decode(carriers, limit, sure=bits >= threshold, late=late) if bits >= _LOOK[channel] else ()
    return ChannelReport(
        channel,
        bits,
        threshold,
        tuple(sorted(places))[:MAX_SPANS] or ((0, 0),),
        candidates,
        severity_of(candidates),
        (f"{bits:.1f} bits could be hidden in {what}",),
    )
