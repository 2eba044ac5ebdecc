"""Work on units in several processes: the outcomes come in the order of the units, and no more than a few are held.

Each worker is a fork, so that the compiled rules are shared and nothing is loaded again, and has a thread here that
sends it a unit and waits for the outcome. A worker that dies, and a failure in one, end the run: what it had in hand
was not inspected, and is never passed over.
"""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from types import TracebackType
from typing import Final

from ..errors import DLPError
from .examine import Outcome
from .units import Unit

__all__ = ["WorkerFailed", "Workers", "can_fork", "processors"]

Work = Callable[[Unit], Outcome]

#: Units that are out at once, for each worker: one in hand, and one done that waits for its turn.
_AHEAD: Final = 2


class WorkerFailed(Exception):
    """A worker died or failed: its unit was not inspected. The text says where, and holds no value."""


def can_fork() -> bool:
    """Whether this system has what several processes need."""
    return hasattr(os, "fork")


def processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Workers:
    """A context manager: ``count`` workers, which are gone when it is left. To be entered before any thread is started.

    With one, the work is done by this process itself.
    """

    def __init__(self, work: Work, count: int) -> None:
        self._work = work
        self._count = count
        self._workers: list[tuple[ForkProcess, Connection]] = []

    def __enter__(self) -> Workers:
        if self._count > 1:
            context = multiprocessing.get_context("fork")
            for _ in range(self._count):
                ours, theirs = context.Pipe()
                others = [ours, *(connection for _, connection in self._workers)]
                process = context.Process(target=_serve, args=(self._work, theirs, others), daemon=True)
                process.start()
                theirs.close()
                self._workers.append((process, ours))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process, _ in self._workers:
            process.kill()
        for process, _ in self._workers:
            process.join()
        # the threads see the end of their pipes, and close them
        self._workers = []

    def outcomes(self, units: Iterator[Unit]) -> Iterator[Outcome]:
        """The outcome of each unit, in their order.

        Raises:
            WorkerFailed: a worker died, or failed other than by an error of ours.
            DLPError: raised by the work.
        """
        if not self._workers:
            yield from map(self._work, units)
            return
        run = _Run(units, _AHEAD * len(self._workers))
        for process, connection in self._workers:
            threading.Thread(target=run.drive, args=(process, connection), daemon=True).start()
        yield from run


class _Run:
    """What the threads share: the units that are left, and the outcomes that wait for their turn."""

    def __init__(self, units: Iterator[Unit], ahead: int) -> None:
        self._units = units
        self._reading = threading.Lock()
        self._room = threading.Semaphore(ahead)
        self._changed = threading.Condition()
        self._numbers = itertools.count()
        self._done: dict[int, Outcome] = {}
        self._total: int | None = None
        self._error: BaseException | None = None

    def __iter__(self) -> Iterator[Outcome]:
        for number in itertools.count():
            with self._changed:
                while number not in self._done and self._error is None and number != self._total:
                    self._changed.wait()
                if self._error is not None and number not in self._done:
                    raise self._error
                if number == self._total:
                    return
                outcome = self._done.pop(number)
            self._room.release()
            yield outcome

    def drive(self, process: ForkProcess, connection: Connection) -> None:
        """Gives one worker units until there are none left."""
        try:
            while (taken := self._next()) is not None:
                number, unit = taken
                outcome = _exchange(process, connection, unit)
                with self._changed:
                    self._done[number] = outcome
                    self._changed.notify()
        except BaseException as error:  # whatever it is, the main thread raises it
            with self._changed:
                self._error = self._error or error
                self._changed.notify()

    def _next(self) -> tuple[int, Unit] | None:
        self._room.acquire()
        with self._reading:
            if self._total is None and self._error is None:
                number = next(self._numbers)
                unit = next(self._units, None)
                if unit is not None:
                    return number, unit
                with self._changed:
                    self._total = number
                    self._changed.notify()
        self._room.release()  # for the next thread, which is to end as well
        return None


def _exchange(process: ForkProcess, connection: Connection, unit: Unit) -> Outcome:
    try:
        connection.send(unit)
        outcome, error, trace = connection.recv()
    except (EOFError, OSError):
        process.join(1)
        code = process.exitcode
        how = "ended" if code is None or code >= 0 else f"was ended by {signal.Signals(-code).name}"
        raise WorkerFailed(f"a worker process {how}; what it had in hand was not inspected") from None
    if error is not None:
        raise error
    if outcome is None:
        raise WorkerFailed(f"internal error in a worker, please report it: {trace}")
    if not isinstance(outcome, Outcome):
        raise WorkerFailed("a worker answered what is no outcome")
    return outcome


def _serve(work: Work, connection: Connection, others: list[Connection]) -> None:
    """The life of a worker: it ends when nobody is left who asks."""
    # Ctrl-C goes to all processes of a terminal; the one that all belong to ends them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for other in others:  # else this process would keep them open when that one is gone
        other.close()
    with contextlib.suppress(EOFError, OSError):
        while True:
            unit = connection.recv()
            try:
                answer: tuple[Outcome | None, DLPError | None, str] = (work(unit), None, "")
            except DLPError as error:
                answer = (None, DLPError(str(error)), "")
            except Exception as error:
                # where it happened, without the message: that may hold a piece of the payload
                where = "".join(traceback.format_tb(error.__traceback__))
                answer = (None, None, f"{type(error).__name__}\n{where}")
            connection.send(answer)
