"""Times calls on documents in turn, so that all see the same machine: minima of batches, and latencies of single calls.

Theory of operation. The documents are cut into batches of a few milliseconds of parsing. In each round, every caller
reads the same batch, one after the other, in an order that turns; the least time of each batch is kept, and the sum
of these is the caller's cost. What disturbs the machine for longer than a batch then hits some callers' rounds, but
hardly all of them. Latencies are of single calls, as they came, disturbances and all.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

__all__ = ["Cost", "Latency", "costs", "latencies", "quiet", "sample"]

Call = Callable[[bytes], object]
_now = time.perf_counter_ns
_BATCH_NS = 3_000_000


class Cost(NamedTuple):
    """What a caller took: nanoseconds for all documents, and the number of rounds that this is the minimum of."""

    ns: int
    rounds: int


class Latency(NamedTuple):
    """Percentiles of single calls, in nanoseconds; ``None`` where too few were timed to know."""

    p50: int
    p99: int | None
    p999: int | None


@contextmanager
def quiet() -> Iterator[None]:
    """Without the collector of cycles, whose turn would fall on anybody."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


def _pass(call: Call, documents: Sequence[bytes]) -> int:
    start = _now()
    for document in documents:
        call(document)
    return _now() - start


def _batches(base: Call, documents: Sequence[bytes]) -> list[list[bytes]]:
    made: list[list[bytes]] = [[]]
    filled = 0
    for document in documents:
        if filled >= _BATCH_NS:
            made.append([])
            filled = 0
        made[-1].append(document)
        filled += min(_pass(base, [document]) for _ in range(2))
    return made


def sample(call: Call, documents: Sequence[bytes], seconds: float) -> list[bytes]:
    """As many of the documents, evenly taken, as the caller reads in about ``seconds``; one at least."""
    once = max(1, _pass(call, documents[:1]))
    most = max(1, min(len(documents), int(seconds * 1e9 / once)))
    return list(documents[:: max(1, len(documents) // most)][:most])


def costs(calls: Mapping[str, Call], base: str, documents: Sequence[bytes], seconds: float) -> dict[str, Cost]:
    """The cost of each caller over all documents: rounds of batches until ``seconds`` are over, three at the least."""
    batches = _batches(calls[base], documents)
    names = list(calls)
    least = {name: [0] * len(batches) for name in names}
    rounds = 0
    end = _now() + int(seconds * 1e9)
    with quiet():
        while rounds < 3 or (_now() < end and rounds < 400):
            for at, batch in enumerate(batches):
                for turn in range(len(names)):
                    name = names[(turn + rounds + at) % len(names)]
                    took = _pass(calls[name], batch)
                    before = least[name][at]
                    least[name][at] = took if not before else min(before, took)
            rounds += 1
    return {name: Cost(sum(least[name]), rounds) for name in names}


def latencies(calls: Mapping[str, Call], documents: Sequence[bytes], seconds: float) -> dict[str, Latency]:
    """How long single calls took: all callers on each document in turn, for ``seconds``, one round at least."""
    names = list(calls)
    times: dict[str, list[int]] = {name: [] for name in names}
    rounds = 0
    end = _now() + int(seconds * 1e9)
    with quiet():
        while rounds < 1 or _now() < end:
            for at, document in enumerate(documents):
                for turn in range(len(names)):
                    name = names[(turn + rounds + at) % len(names)]
                    call = calls[name]
                    start = _now()
                    call(document)
                    times[name].append(_now() - start)
            rounds += 1
    return {name: _percentiles(sorted(values)) for name, values in times.items()}


def _percentiles(values: Sequence[int]) -> Latency:
    def at(share: float) -> int:
        return values[min(len(values) - 1, int(share * len(values)))]

    many = len(values)
    return Latency(at(0.5), at(0.99) if many >= 100 else None, at(0.999) if many >= 1000 else None)
