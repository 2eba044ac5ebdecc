"""Conditions compiled: what can be asked of a class of findings, of one finding, and of the context, each apart.

Most conditions hold for a class of findings (a rule's id, entity, severity) or for a call (who, where); only the rest
is asked of each finding. So the rules that may decide a class are found once and remembered.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias, TypeVar

from ..model import Context, Finding
from .paths import compile_path
from .patterns import any_of, network, window
from .schema import Conditions

T = TypeVar("T")

__all__ = ["Asked", "OfCall", "OfClass", "OfFinding", "compile_conditions"]

OfClass: TypeAlias = Callable[[Finding], bool]
OfCall: TypeAlias = Callable[[Context], bool]
#: Asked with the finding and the number of distinct values of each entity.
OfFinding: TypeAlias = Callable[[Finding, Mapping[str, int]], bool]

_TEXTS = (
    ("users", "user", False),
    ("devices", "device", False),
    ("clients", "client", False),
    ("endpoints", "endpoint", False),
    ("methods", "method", True),
    ("directions", "direction", True),
    ("destinations", "destination", True),
)


class Asked(NamedTuple):
    """Conditions by what they are asked of."""

    of_class: list[OfClass]
    of_finding: list[OfFinding]
    of_call: list[OfCall]


def compile_conditions(asked: Conditions) -> Asked:
    """The conditions as predicates, one for each field that asks something.

    Raises:
        ValueError: a pattern, network or window of time is none; the message begins with the name of the field.
    """
    result = Asked([], [], [])
    _of_class(asked, result.of_class)
    _of_finding(asked, result.of_finding)
    _of_call(asked, result.of_call)
    return result


def _of_class(asked: Conditions, out: list[OfClass]) -> None:
    for field, name in (("kinds", "kind"), ("rules", "rule"), ("entities", "entity"), ("families", "family")):
        if texts := getattr(asked, field):
            out.append(_attribute(name, any_of(texts)))
    if asked.compliance:
        tag = any_of([*asked.compliance, *(f"{head}:*" for head in asked.compliance if ":" not in head)])
        out.append(lambda finding: any(map(tag, finding.compliance)))
    if (severity := asked.severity) is not None:
        out.append(lambda finding: finding.severity >= severity)


def _attribute(name: str, matches: Callable[[str | None], bool]) -> OfClass:
    return lambda finding: matches(getattr(finding, name))


def _of_finding(asked: Conditions, out: list[OfFinding]) -> None:
    if (confidence := asked.confidence) is not None:
        out.append(lambda finding, counts: finding.confidence >= confidence)
    if (bits := asked.capacity_bits) is not None:
        out.append(lambda finding, counts: finding.capacity_bits >= bits)
    if (count := asked.count) is not None:
        out.append(lambda finding, counts: counts.get(finding.entity or "", 0) >= count)
    if asked.pointers:
        paths = _each("pointer", compile_path, asked.pointers)

        def lies(finding: Finding, counts: Mapping[str, int]) -> bool:
            pointer = finding.pointer
            return pointer is not None and any(path(pointer) for path in paths)

        out.append(lies)


def _each(field: str, make: Callable[[str], T], texts: Sequence[str]) -> list[T]:
    """Each text compiled; what is wrong with one names its field."""
    result = []
    for text in texts:
        try:
            result.append(make(text))
        except ValueError as error:
            raise ValueError(f"{field}: {error}") from None
    return result


def _of_call(asked: Conditions, out: list[OfCall]) -> None:
    for field, name, ignore_case in _TEXTS:
        if texts := getattr(asked, field):
            out.append(_text(name, any_of(texts, ignore_case=ignore_case)))
    if asked.roles:
        role = any_of(asked.roles)
        out.append(lambda context: any(map(role, context.roles)))
    if asked.content_types:
        media = any_of(asked.content_types, ignore_case=True)
        out.append(lambda context: media((context.content_type or "").partition(";")[0].strip() or None))
    if asked.ips:
        networks = _each("ip", network, asked.ips)
        out.append(lambda context: _inside(context.ip, networks))
    if asked.times:
        windows = _each("time", window, asked.times)
        out.append(lambda context: context.time is not None and any(each(context.time) for each in windows))
    for name, texts in asked.attributes.items():
        out.append(_of_attributes(name, any_of(texts)))


def _text(name: str, matches: Callable[[str | None], bool]) -> OfCall:
    return lambda context: matches(getattr(context, name))


def _of_attributes(name: str, matches: Callable[[str | None], bool]) -> OfCall:
    return lambda context: matches(context.attributes.get(name))


def _inside(ip: str | None, networks: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    """Whether an address lies in one of the networks; one that is none lies in none."""
    try:
        address = ipaddress.ip_address(ip or "")
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in networks)
