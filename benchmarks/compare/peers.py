"""What dlpcore is compared with: parsers, data-loss tools, and matchers with our own patterns; each with its version.

A peer that cannot be had is :class:`Missing`, with the reason, and stands in the report as such.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib.metadata
import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

import dlpcore
from dlpcore.rules import builtin

from . import matchers
from .documents import CARD, KEY

__all__ = ["BASE", "Missing", "Peer", "disagreements", "peers"]

BASE = "orjson"
Call = Callable[[bytes], object]


class Peer(NamedTuple):
    """Somebody who reads a document.

    Attributes:
        name, version: as the tables say them.
        what: what it does with a document, in a line.
        call: does it.
        fast: whether it is timed on every group, or only where everyone is.
        finds: for what is planted that it says it finds (``"card"``, ``"key"``), whether it does, asked now.
        matches: the rules of ours that match, where it is a matcher, out of those that it accepted.
    """

    name: str
    version: str
    what: str
    call: Call
    fast: bool = False
    finds: Mapping[str, Callable[[], bool]] = MappingProxyType({})
    matches: matchers.Matcher | None = None

    @property
    def claims(self) -> dict[str, bool]:
        return {thing: found() for thing, found in self.finds.items()}


class Missing(NamedTuple):
    """A peer that is not here, and why."""

    name: str
    why: str


PLANTED = {
    "card": orjson.dumps({"order": 17, "payment": {"card": CARD}, "state": "open"}),
    "key": orjson.dumps({"deploy": {"aws_access_key_id": KEY}, "state": "open"}),
}
RULES = {"card": "credit-card", "key": "aws-access-key-id"}
#: What a peer's settings need to stay open while it is timed.
_OPEN = contextlib.ExitStack()
atexit.register(_OPEN.close)
_NOTHING = orjson.dumps({"order": 17, "payment": {"kind": "none"}, "state": "open"})


def _version(distribution: str) -> str:
    return importlib.metadata.version(distribution)


def _strings(node: Any) -> Iterator[str]:
    stack = [node]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)
        elif isinstance(node, str):
            yield node


def _parsers() -> Iterator[Peer]:
    yield Peer(BASE, _version("orjson"), "parses", orjson.loads, fast=True)
    import msgspec

    yield Peer("msgspec", _version("msgspec"), "parses", msgspec.json.Decoder().decode, fast=True)


def _standard() -> Iterator[Peer]:
    yield Peer("json", "of Python", "parses", json.loads, fast=True)


def _dlpcore() -> Iterator[Peer]:
    limits = dlpcore.Limits(deadline=None, max_bytes=None)
    inspector = dlpcore.Inspector(limits=limits, key=bytes(32))
    scalar = dlpcore.Inspector(limits=limits, key=bytes(32))
    scalar._engine.anchors.prefilter.use_lanes(0)
    what = f"inspects: {len(inspector.rules.rules)} rules, all channels, validators, context, policy"

    def finds(thing: str) -> bool:
        return any(finding.rule == RULES[thing] for finding in inspector.inspect(PLANTED[thing]).findings)

    asked = {thing: partial(finds, thing) for thing in PLANTED}
    yield Peer("dlpcore", dlpcore.__version__, what, inspector.inspect, fast=True, finds=asked)
    yield Peer("dlpcore, scalar", dlpcore.__version__, "the same without SIMD", scalar.inspect, fast=True)


def _presidio() -> Iterator[Peer]:
    import tldextract
    from presidio_analyzer import PatternRecognizer, RecognizerRegistry

    # its recognizer of addresses would fetch the list of public suffixes; the list that came with it will do
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=())
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers()
    recognizers = [
        each for each in registry.recognizers if isinstance(each, PatternRecognizer) and each.supported_language == "en"
    ]

    def look(document: bytes) -> list[Any]:
        found: list[Any] = []
        for text in _strings(orjson.loads(document)):
            for recognizer in recognizers:
                found += recognizer.analyze(text, recognizer.supported_entities, None)
        return found

    finds = {"card": lambda: any(each.entity_type == "CREDIT_CARD" for each in look(PLANTED["card"]))}
    what = f"{len(recognizers)} pattern recognizers of English on each string, without a language model"
    yield Peer("Presidio", _version("presidio-analyzer"), what, look, finds=finds)


def _scrubadub() -> Iterator[Peer]:
    import scrubadub

    scrubber = scrubadub.Scrubber()

    def look(document: bytes) -> list[Any]:
        return list(scrubber.iter_filth("\n " + "\n ".join(_strings(orjson.loads(document)))))

    finds = {"card": lambda: any(CARD in each.text for each in look(PLANTED["card"]))}
    yield Peer("scrubadub", _version("scrubadub"), "its default detectors on the strings", look, finds=finds)


def _datafog() -> Iterator[Peer]:
    import datafog

    def look(document: bytes) -> Any:
        return datafog.scan(document.decode(), engine="regex").entities

    finds = {"card": lambda: any(CARD in each.text for each in look(PLANTED["card"]))}
    yield Peer("datafog", _version("datafog"), "its patterns on the text", look, finds=finds)


def _detect_secrets() -> Iterator[Peer]:
    from detect_secrets.core.scan import scan_line
    from detect_secrets.settings import default_settings

    _OPEN.enter_context(default_settings())

    def look(document: bytes) -> list[Any]:
        return list(scan_line(document.decode()))

    finds = {"key": lambda: any(each.secret_value == KEY for each in look(PLANTED["key"]))}
    yield Peer("detect-secrets", _version("detect-secrets"), "its plugins on the text", look, finds=finds)


def _matcher(
    name: str, distribution: str, make: Callable[[list[matchers.Pattern]], matchers.Matcher], remark: str = ""
) -> Callable[[], Iterator[Peer]]:
    def peer() -> Iterator[Peer]:
        patterns = matchers.patterns(builtin(examples=False).rules)
        matcher = make(patterns)
        finds = {
            thing: lambda thing=thing, rule=rule: rule in matcher.find(PLANTED[thing])
            for thing, rule in RULES.items()
            if rule in matcher.accepted
        }
        what = (
            f"which of our patterns match somewhere: {len(matcher.accepted)} of the {len(patterns)} whose rules need "
            f"no context ({matcher.loose} without look-arounds){remark}"
        )
        yield Peer(name, _version(distribution), what, matcher.scan, finds=finds, matches=matcher)

    return peer


_ALL: dict[str, Callable[[], Iterator[Peer]]] = {
    "orjson and msgspec": _parsers,
    "json": _standard,
    "dlpcore": _dlpcore,
    "Presidio": _presidio,
    "scrubadub": _scrubadub,
    "datafog": _datafog,
    "detect-secrets": _detect_secrets,
    "yara-python": _matcher("YARA", "yara-python", matchers.yara, ", those that YARA does not warn of"),
    "hyperscan": _matcher("hyperscan", "hyperscan", matchers.hyperscan),
    "google-re2": _matcher("RE2", "google-re2", matchers.re2),
}


def peers(report: Callable[[str], None]) -> tuple[list[Peer], list[Missing]]:
    """All that can be had, each warmed on documents with and without something in them."""
    here: list[Peer] = []
    missing: list[Missing] = []
    for name, make in _ALL.items():
        try:
            made = list(make())
        except ImportError as error:
            missing.append(Missing(name, str(error)))
            report(f"{name}: missing ({error})")
            continue
        for peer in made:
            for document in (*PLANTED.values(), _NOTHING):
                peer.call(document)
            report(f"{peer.name} {peer.version}: {peer.what}")
        here += made
    return here, missing


def disagreements(everybody: list[Peer], documents: list[bytes]) -> list[str]:
    """Where two matchers, asked for the same patterns on the same bytes, say something else; it should be empty."""
    asked = [(peer.name, peer.matches) for peer in everybody if peer.matches is not None]
    found = []
    for at, (name, matcher) in enumerate(asked):
        for other_name, other in asked[at + 1 :]:
            common = matcher.accepted & other.accepted
            differ = sum(matcher.find(each) & common != other.find(each) & common for each in documents)
            if differ:
                found.append(f"{name} and {other_name} differ on {differ} of {len(documents)} documents")
    return found
