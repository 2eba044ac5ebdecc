"""How ``inspect`` shows payloads: rendered by whoever inspected them, written by the main process in their order."""

from __future__ import annotations

import dataclasses
import functools
import io
import json
import sys
from typing import Any, Final, Protocol

from ..model import Verdict, printable
from .examine import Inspected
from .inputs import Payload

__all__ = ["EVENTS", "Events", "Json", "Layout", "Text"]

#: Layouts of :mod:`dlpcore.events`, which is loaded when one is asked for.
EVENTS: Final = ("ocsf", "ecs", "cef")

_CLEAN = Verdict()


class Layout(Protocol):
    """What is rendered holds no value, unless that was asked for, and can be sent to another process."""

    @property
    def lists_clean(self) -> bool:
        """Whether something is shown of a clean payload at all."""

    def render(self, inspected: Inspected) -> Any:
        """What is shown of a payload; ``None`` for nothing."""

    def write(self, rendered: Any) -> None:
        """Shows it."""


class _Lines:
    """A text that goes to standard output as it is."""

    lists_clean: Final = True

    def write(self, rendered: str) -> None:
        sys.stdout.write(rendered)


class Json(_Lines):
    """An object a payload and line."""

    def render(self, inspected: Inspected) -> str:
        payload, verdict = inspected.payload, inspected.verdict
        # Written by the verdict itself, whose JSON has every invisible character escaped; ASCII here for that reason.
        message = payload.message
        if message is None:
            said = _clean_json() if verdict == _CLEAN else verdict.to_json()[1:].decode()
            return f'{{"file": {_quoted(payload.source.name)}, "line": {json.dumps(payload.line)}, {said}\n'
        place: dict[str, object] = {"file": payload.source.name, "line": payload.line}
        place |= {"direction": message.direction, "method": message.method, "host": message.host, "path": message.path}
        if message.status is not None:
            place["status"] = message.status
        return f"{json.dumps(place)[:-1]}, {verdict.to_json()[1:].decode()}\n"


@functools.lru_cache(maxsize=64)
def _quoted(name: str) -> str:
    return json.dumps(name)


@functools.cache
def _clean_json() -> str:
    return _CLEAN.to_json()[1:].decode()


class Events(_Lines):
    """An event for a SIEM a payload and line."""

    def __init__(self, layout: str, policy: str) -> None:
        self._layout = layout
        self._policy = policy

    def render(self, inspected: Inspected) -> str:
        from ..events import LAYOUTS, Event
        from ..model import Context

        payload, verdict = inspected.payload, inspected.verdict
        place = {"file": payload.source.name} | ({} if payload.line is None else {"line": str(payload.line)})
        event = Event.of_verdict(verdict, Context(attributes=place), policy=self._policy)
        return f"{LAYOUTS[self._layout](event)}\n"


class Text(_Lines):
    """For people."""

    def __init__(self, *, show: bool, verbose: bool) -> None:
        self._show = show
        self._verbose = verbose
        self._clean: tuple[str, str, str] | None = None

    def render(self, inspected: Inspected) -> str:
        payload = inspected.payload
        if inspected.verdict == _CLEAN:
            # there may be millions of them
            if self._clean is None:
                self._clean = self._clean_parts(payload)
            head, middle, end = self._clean
            return f"{head}{printable(payload.name)}{middle}{len(payload.data):,}{end}"
        return self._rendered(inspected)

    def _rendered(self, inspected: Inspected) -> str:
        # rich takes a while to load, which --format json need not wait for.
        from .report import output_console, report

        text = io.StringIO()
        shown = inspected.found if self._show else None
        report(output_console(text), inspected.payload, inspected.verdict, shown, verbose=self._verbose)
        return text.getvalue()

    def _clean_parts(self, payload: Payload) -> tuple[str, str, str]:
        """What stands before the name, between it and the size, and behind, as :meth:`_rendered` has it."""
        named = Payload(dataclasses.replace(payload.source, name="NAME"), None, b"")
        head, _, rest = self._rendered(Inspected(named, _CLEAN, ())).partition("NAME")
        middle, _, end = rest.partition("0 bytes")
        return head, middle, f" bytes{end}"
