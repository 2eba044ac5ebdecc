"""``dlpcore inspect --format html``: a report of the run as one file for people, which loads nothing."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Final

from ...model import Action
from ..examine import Inspected, Outcome
from ..session import Session
from ..traffic import Endpoint
from .entries import Describer
from .writer import Artist, Drawn, Facts, Page

__all__ = ["Report"]


class Report:
    """The layout of the page. What is drawn holds no value but with ``reveal``.

    Raises:
        MissingExtra: jinja2 is not there.
    """

    #: What is clean is counted.
    lists_clean: Final = False

    def __init__(
        self, write: Callable[[bytes], object], session: Session, *, verbose: bool = False, reveal: bool = False
    ) -> None:
        self._session = session
        self._reveal = reveal
        self._describer = Describer(session.inspector, session.key, verbose=verbose, reveal=reveal)
        self._artist = Artist()
        self._page = Page(write)

    def render(self, inspected: Inspected) -> Drawn | None:
        """A payload on which there is something to say."""
        verdict = inspected.verdict
        if not verdict.findings and verdict.complete and verdict.action < Action.FLAG:
            return None
        entry = self._describer.entry(inspected.payload, verdict, inspected.found)
        if not entry.rows and entry.complete and entry.action < Action.FLAG:
            return None  # all of severity info
        return self._artist.draw(entry)

    def write(self, rendered: Drawn) -> None:
        """Keeps it for the page."""
        self._page.add(rendered)

    def end(self, sums: Outcome, choices: list[str]) -> None:
        """Writes the page. ``choices``: the options that choose what is inspected and listed, in words."""
        session = self._session
        said = list(choices)
        for number, what in (
            (sums.passed_over, "messages were not chosen, and not inspected"),
            (sums.bodiless, "records have no body where --field says, and were not inspected"),
            (sums.left_out, "known findings were left out (--baseline)"),
        ):
            if number:
                said.append(f"{number:,} {what}")
        facts = Facts(
            policy=session.inspector.policy.name,
            time=datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
            size=sums.read,
            actions=sums.counts,
            endpoints=_shown(sums.traffic.endpoints, self._describer.endpoint),
            files=_shown(sums.traffic.files, self._describer.file),
            inputs=["standard input" if source.path is None else source.name for source in session.found],
            wrongs=session.wrongs,
            choices=said,
            reveal=self._reveal,
        )
        self._page.end(facts)


def _shown(sums: dict[str, Endpoint], shown: Callable[[str], str]) -> dict[str, Endpoint]:
    """Sums under names that may be seen; those that are one name then are one."""
    result: dict[str, Endpoint] = {}
    for name, each in sums.items():
        result.setdefault(shown(name), Endpoint()).add(each)
    return result
