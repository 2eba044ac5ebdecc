"""A progress bar on standard error for work that lasts, and only where a person watches."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

__all__ = ["Progress"]

#: Seconds of work before the bar appears: shorter work needs none.
_PATIENCE = 1.0


class Progress:
    """Counts bytes, and shows them once the work has lasted a second and standard error is a terminal.

    A context manager. The bar is drawn by a thread of its own, because one payload can take long; :meth:`aside` takes
    it off the screen while something else is written there.
    """

    def __init__(self, total: int | None) -> None:
        self.total = total
        self._done = 0
        self._lock = threading.RLock()
        self._bar: RichProgress | None = None
        self._over = False
        self._timer: threading.Timer | None = None

    def __enter__(self) -> Progress:
        if sys.stderr.isatty():
            self._timer = threading.Timer(_PATIENCE, self._appear)
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            self._over = True
            if self._bar is not None:
                self._bar.stop()

    def advance(self, count: int) -> None:
        """``count`` more bytes are done."""
        with self._lock:
            self._done += count
            if self._bar is not None:
                self._bar.update(self._bar.task_ids[0], completed=self._done)

    @contextlib.contextmanager
    def aside(self, anything: object = True) -> Iterator[None]:
        """Whatever is written to the terminal in this block meets no bar. ``anything``: whether something will be."""
        with self._lock:
            if self._bar is None or not anything:
                yield
                return
            self._bar.stop()
            try:
                yield
            finally:
                self._bar.start()

    def _appear(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        with self._lock:
            if self._over:
                return
            columns = (
                TextColumn("inspecting"),
                BarColumn(),
                DownloadColumn(),
                TimeElapsedColumn(),
                *((TextColumn("left:"), TimeRemainingColumn()) if self.total else ()),
            )
            self._bar = RichProgress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False)
            self._bar.add_task("", total=self.total, completed=self._done)
            self._bar.start()
