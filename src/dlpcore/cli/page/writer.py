"""Draws entries, and writes the report page: one file that needs nothing else, worst first.

What was drawn waits in files without a name, one for each action, because what stands above it (the sums) is known
last. So memory does not grow with the input.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import IO, Final, NamedTuple

from ...errors import MissingExtra
from ...events.version import VERSION
from ...model import Action
from ..traffic import Endpoint
from .entries import Entry, short
from .glyphs import glyph, name, runs

try:
    import jinja2
    from markupsafe import Markup
except ImportError:
    raise MissingExtra("--format html needs: pip install dlpcore[report]") from None

__all__ = ["MOST_FINDINGS", "Artist", "Drawn", "Facts", "Page"]

#: More are not listed: a browser opens this many at once, and nobody reads more.
MOST_FINDINGS: Final = 10_000
_MOST_PLACES: Final = 500
_MOST_NAMES: Final = 50
_SPOOLED: Final = 4 * 1024 * 1024
_PARTS: Final = 200
#: Line ends of the template, each of which a browser would keep as a node.
_BETWEEN: Final = re.compile(r">\n+<")


class Drawn(NamedTuple):
    """An entry as markup, ``None`` where enough that matters more was drawn already. ``listed``: its findings, or 1."""

    action: Action
    listed: int
    markup: bytes | None


class Artist:
    """Draws entries as they come. ``most``: findings that a page lists."""

    def __init__(self, most: int = MOST_FINDINGS) -> None:
        self._most = most
        self._template = _environment().get_template("entry.html")
        self._drawn: Counter[Action] = Counter()

    def draw(self, entry: Entry) -> Drawn:
        """The entry as the page has it. The first that are drawn of an action are the first on the page."""
        listed = max(1, len(entry.rows))
        if sum(number for action, number in self._drawn.items() if action >= entry.action) >= self._most:
            return Drawn(entry.action, listed, None)
        self._drawn[entry.action] += listed
        return Drawn(entry.action, listed, _BETWEEN.sub("><", self._template.render(entry=entry)).encode())


@dataclass(frozen=True, slots=True)
class Facts:
    """What stands above the findings.

    Attributes:
        policy, time: by which and when it was decided.
        size: bytes that were read.
        actions: payloads by what the policy decided.
        endpoints, files: their sums, by names that may be seen.
        inputs, wrongs: names of files, and what was said of those that could not be read.
        choices: what was not to be looked at, or not to be listed, in words.
        reveal: whether the page shows secrets.
    """

    policy: str
    time: str
    size: int
    actions: Counter[Action]
    endpoints: dict[str, Endpoint]
    files: dict[str, Endpoint]
    inputs: list[str] = field(default_factory=list)
    wrongs: list[str] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)
    reveal: bool = False


@dataclass(slots=True)
class _Shelf:
    """Drawn entries of one action."""

    file: IO[bytes]
    #: Of each entry, where it ends and how many findings it lists.
    entries: list[tuple[int, int]] = field(default_factory=list)
    listed: int = 0


class Page:
    """One page. Nothing is written before :meth:`end`; ``write`` then gets it in parts."""

    def __init__(self, write: Callable[[bytes], object], most: int = MOST_FINDINGS) -> None:
        self._write = write
        self._most = most
        self._files = contextlib.ExitStack()
        self._shelves: dict[Action, _Shelf] = {}
        self._to_list = 0

    def add(self, drawn: Drawn) -> None:
        """Keeps an entry for the page, if there is room."""
        self._to_list += drawn.listed
        if drawn.markup is None or sum(s.listed for a, s in self._shelves.items() if a >= drawn.action) >= self._most:
            return
        if drawn.action not in self._shelves:
            file = self._files.enter_context(tempfile.SpooledTemporaryFile(_SPOOLED))  # noqa: SIM115 (the stack closes it)
            self._shelves[drawn.action] = _Shelf(file)
        shelf = self._shelves[drawn.action]
        shelf.file.write(drawn.markup)
        shelf.entries.append((shelf.file.tell(), drawn.listed))
        shelf.listed += drawn.listed

    def end(self, facts: Facts) -> None:
        """Writes the page."""
        kept, listed = self._kept()
        places = [*facts.endpoints.items(), *facts.files.items()]
        places.sort(key=lambda each: (-each[1].worst.rank, -each[1].payloads))
        sums = Endpoint()
        for _, each in places:
            sums.add(each)
        style, script = _source("report.css"), _source("report.js")
        parts = (
            _environment()
            .get_template("report.html")
            .stream(
                version=VERSION,
                policy=short(facts.policy),
                time=facts.time,
                size=facts.size,
                reveal=facts.reveal,
                choices=[short(each) for each in facts.choices],
                sums=sums,
                incomplete=sums.incomplete + len(facts.wrongs),
                headline=_headline(facts.actions, sums.incomplete + len(facts.wrongs)),
                bar=_bar(facts.actions),
                inputs=[short(each) for each in facts.inputs[:_MOST_NAMES]],
                more_inputs=max(0, len(facts.inputs) - _MOST_NAMES),
                wrongs=[short(each) for each in facts.wrongs[:_MOST_NAMES]],
                more_wrongs=max(0, len(facts.wrongs) - _MOST_NAMES),
                captured=bool(facts.endpoints),
                only_captured=not facts.files,
                places=[_place(each, sums) for each, sums in places[:_MOST_PLACES]],
                more_places=max(0, len(places) - _MOST_PLACES),
                listed=listed,
                left_out=self._to_list - listed,
                entries=_read(kept),
                style=Markup(style),
                script=Markup(script),
                style_hash=_hash(style),
                script_hash=_hash(script),
            )
        )
        parts.enable_buffering(_PARTS)
        with self._files:
            for part in parts:
                self._write(part.encode())

    def _kept(self) -> tuple[list[tuple[IO[bytes], list[int]]], int]:
        """Of each shelf, worst first, where the entries that are taken end; and how many findings these are."""
        kept: list[tuple[IO[bytes], list[int]]] = []
        listed = 0
        for action in sorted(self._shelves, key=lambda each: -each.rank):
            ends: list[int] = []
            for stop, weight in self._shelves[action].entries:
                if listed >= self._most:
                    break
                ends.append(stop)
                listed += weight
            kept.append((self._shelves[action].file, ends))
        return kept, listed


def _read(kept: Iterable[tuple[IO[bytes], list[int]]]) -> Iterator[Markup]:
    """What was drawn, an entry at a time. It is markup: the template that drew it escapes."""
    for file, ends in kept:
        file.seek(0)
        at = 0
        for stop in ends:
            yield Markup(file.read(stop - at).decode())
            at = stop


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_source),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(glyph=glyph, name_of=name, runs=runs)
    environment.filters.update(count=lambda n: f"{n:,}", bits=lambda n: f"{n:,.0f}", size=_size)
    return environment


def _source(file: str) -> str:
    return files(__package__).joinpath(file).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """As a content security policy names an inline style or script (CSP level 3, § 2.3.1)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


_DONE: Final = {
    Action.FLAG: "flagged",
    Action.TOKENIZE: "to tokenize",
    Action.REDACT: "to redact",
    Action.SANITIZE: "to sanitize",
    Action.BLOCK: "blocked",
}


def _headline(actions: Counter[Action], incomplete: int) -> str:
    """The outcome in one sentence; what was not looked at is never called clean."""
    total = actions.total()
    if not total:
        return "Nothing was inspected"
    parts = [f"{actions[action]:,} {_DONE[action]}" for action in sorted(_DONE, reverse=True) if actions[action]]
    if parts:
        return f"{_join(parts)}, of {total:,} payload{'' if total == 1 else 's'}"
    if incomplete:
        return "Nothing acted on, but not everything was inspected"
    return f"Nothing acted on in {total:,} payload{'' if total == 1 else 's'}"


def _join(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _bar(actions: Counter[Action]) -> list[tuple[str, int, float, float]]:
    """Of each action, worst first: its name, its number, and where its part of a bar of 100 begins and how long it is.

    What occurs at all is seen: no part is shorter than one.
    """
    present = [(action, actions[action]) for action in sorted(actions, key=lambda each: -each.rank)]
    lengths = [max(1.0, 100 * number / actions.total()) for _, number in present]
    scale = 100 / sum(lengths) if lengths else 1.0
    result, at = [], 0.0
    for (action, number), length in zip(present, lengths, strict=True):
        result.append((str(action), number, round(at, 3), round(length * scale, 3)))
        at += length * scale
    return result


@dataclass(frozen=True, slots=True)
class _Place:
    name: str
    sums: Endpoint
    entities: list[tuple[str, int]]
    more: int


def _place(name: str, sums: Endpoint) -> _Place:
    few = sums.entities.most_common(6)
    return _Place(name, sums, [(short(entity, 60), number) for entity, number in few], len(sums.entities) - len(few))


def _size(size: int) -> str:
    """Bytes in the unit that leaves one to three digits before the point."""
    amount, unit = float(size), "bytes"
    for unit in ("bytes", "KB", "MB", "GB", "TB"):
        if amount < 1000 or unit == "TB":
            break
        amount /= 1000
    return f"{amount:,.0f} {unit}" if unit == "bytes" or amount >= 100 else f"{amount:,.1f} {unit}"
