"""The audit log: events in a file in which each line proves the ones before it.

A line is a JSON object of one event, its number, and the proof of the line before::

    {"seq":2,"prev":"9f…","event":{…},"proof":"41…"}

``proof`` is SHA-256, or with a key HMAC-SHA256, over the bytes of the line up to ``,"proof"``. Whoever changes,
removes, adds or moves a line has to write all later proofs anew: with a key only its holder can; without one, an
*anchor* (the number and proof of some line, kept elsewhere) shows it. Lines cut off at the end leave a valid log, so
only an anchor shows those.

Crashes: a line is on disk before :meth:`AuditLog.append` returns. A process that dies while it writes leaves a last
line without its end; the next append takes it away and says so in a line of its own. :func:`verify` reports it and
stays calm.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import json
import os
import re
import stat
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from ..errors import EventError
from ..tokenize.keys import Keyring, derive
from .record import Event

__all__ = ["AuditLog", "Verified", "audit_key", "read", "verify"]

_START: Final = "0" * 64
_PROOF: Final = re.compile(rb',"proof":"([0-9a-f]{64})"\}\n\Z')
_HEAD: Final = re.compile(rb'\{"seq":([1-9][0-9]{0,17}),"prev":"([0-9a-f]{64})","event":')
#: A line is an event, and those are bounded; longer ones are no line of ours.
_MOST_LINE: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found out.

    Attributes:
        lines: how many hold.
        proof: of the last one: together with ``lines`` the anchor to keep elsewhere.
        torn: bytes of a last line without its end, which a crash left.
        recovered: how often a torn line was taken away earlier.
    """

    lines: int
    proof: str
    torn: int
    recovered: int

    @property
    def anchor(self) -> str:
        """``"<lines>:<proof>"``."""
        return f"{self.lines}:{self.proof}"


class AuditLog:
    """Appends events to a log. Safe for several threads and processes on one file of a local disk.

    An audit log is a sink, and with :func:`~dlpcore.events.opened` the ``audit`` of a tokenizer.

    Args:
        path: the file; made with mode 0600 where there is none.
        key: makes the proofs HMACs. At least 32 bytes.
        clock: seconds since 1970, for the lines that the log writes itself.

    Raises:
        EventError: the file cannot be used, or its last line is none of this log.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, key: bytes | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        if key is not None and len(key) < 32:
            raise EventError("the key of an audit log has at least 32 bytes")
        self._path = os.fspath(path)
        self._key = key
        self._clock = clock
        self._guard = threading.Lock()
        self._file = (0, 0)  # device and inode of the file that is known
        self._end = -1  # where its last line ends; then the number and proof of that line
        self._seq, self._prev = 0, _START
        with self._locked() as descriptor:
            self._caught_up(descriptor)

    def __call__(self, event: Event) -> None:
        self.append(event)

    def append(self, event: Event) -> str:
        """Writes an event; returns its anchor (see :class:`Verified`) when it is on disk.

        Raises:
            EventError: it could not be written; then the log is as it was.
        """
        with self._locked() as descriptor:
            self._caught_up(descriptor)
            self._write(descriptor, event.to_dict())
            return f"{self._seq}:{self._prev}"

    def __repr__(self) -> str:
        return f"<AuditLog {self._path!r}{' with a key' if self._key else ''}>"

    @contextlib.contextmanager
    def _locked(self) -> Iterator[int]:
        try:
            with self._guard:
                descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                try:
                    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                        raise EventError(f"{self._path}: not a regular file")
                    fcntl.flock(descriptor, fcntl.LOCK_EX)
                    yield descriptor
                finally:
                    os.close(descriptor)
        except OSError as error:
            raise EventError(f"{self._path}: {error.strerror or type(error).__name__}") from None

    def _caught_up(self, descriptor: int) -> None:
        """Takes over the last line, where another writer, a crash or a new file has changed it."""
        status = os.fstat(descriptor)
        size, file = status.st_size, (status.st_dev, status.st_ino)
        if size == self._end and file == self._file:
            return
        self._file = file
        if size == 0:
            self._end, self._seq, self._prev = 0, 0, _START
            self._sync_folder()
            return
        line, end = _last_line(descriptor, size, self._path)
        if line:
            self._seq, self._prev, _ = _checked(line, None, None, self._key, f"{self._path}: its last line")
        else:
            self._seq, self._prev = 0, _START
        self._end = end
        if end < size:
            torn = os.pread(descriptor, size - end, end)
            os.ftruncate(descriptor, end)
            event = {
                "operation": "audit.recovered",
                "time": Event.timestamp_of(self._clock()),
                "bytes": len(torn),
                "sha256": hashlib.sha256(torn).hexdigest(),
            }
            self._write(descriptor, event)

    def _write(self, descriptor: int, event: dict[str, Any]) -> None:
        content = json.dumps(event, ensure_ascii=True, separators=(",", ":"))
        body = f'{{"seq":{self._seq + 1},"prev":"{self._prev}","event":{content}'.encode()
        proof = _proof(body, self._key)
        line = body + f',"proof":"{proof}"}}\n'.encode()
        try:
            at = self._end
            while at - self._end < len(line):
                at += os.pwrite(descriptor, line[at - self._end :], at)
            os.fsync(descriptor)
        except OSError:
            # What is there of it must not become the start of a line.
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, self._end)
            self._end = -1
            raise
        self._end, self._seq, self._prev = at, self._seq + 1, proof

    def _sync_folder(self) -> None:
        descriptor = os.open(os.path.dirname(os.path.abspath(self._path)), os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def audit_key(keys: Keyring, kid: str | None = None) -> bytes:
    """The key of audit logs that belongs to a key of a ring, the active one if not told."""
    return derive(keys.key(kid or keys.active), 32, b"audit log")


def verify(path: str | os.PathLike[str], *, key: bytes | None = None, anchor: str | None = None) -> Verified:
    """Reads a log from its first line to its last and checks every proof.

    Args:
        key: of the log, if it has one.
        anchor: from an earlier verification: that line must be there, with that proof.

    Raises:
        EventError: the log does not hold; the message says from which line on.
    """
    verified = Verified(0, _START, 0, 0)
    for _, so_far in _lines(path, key, anchor):
        verified = so_far
    return verified


def read(
    path: str | os.PathLike[str], *, key: bytes | None = None, anchor: str | None = None
) -> Iterator[dict[str, Any]]:
    """The events of a log, each verified before it is handed out.

    Raises:
        EventError: as :func:`verify`, at the line that does not hold.
    """
    for event, _ in _lines(path, key, anchor):
        if event is not None:
            yield event


def _lines(
    path: str | os.PathLike[str], key: bytes | None, anchor: str | None
) -> Iterator[tuple[dict[str, Any] | None, Verified]]:
    name = os.fspath(path)
    wanted = _anchor(anchor)
    seq, proof, recovered = 0, _START, 0
    try:
        with open(path, "rb") as stream:
            while line := stream.readline(_MOST_LINE):
                if not line.endswith(b"\n"):
                    if stream.read(1):
                        raise EventError(f"{name}: line {seq + 1} is longer than any event")
                    yield None, Verified(seq, proof, len(line), recovered)
                    break
                seq, proof, event = _checked(line, seq + 1, proof, key, f"{name}: line {seq + 1}")
                recovered += event.get("operation") == "audit.recovered"
                if wanted is not None and wanted[0] == seq and wanted[1] != proof:
                    raise EventError(f"{name}: line {seq} is not the one of the anchor: the log was written anew")
                yield event, Verified(seq, proof, 0, recovered)
    except OSError as error:
        raise EventError(f"{name}: {error.strerror or type(error).__name__}") from None
    if wanted is not None and wanted[0] > seq:
        raise EventError(f"{name}: it ends at line {seq}, before line {wanted[0]} of the anchor: lines are missing")


def _anchor(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    found = re.fullmatch(r"([0-9]{1,18}):([0-9a-f]{64})", text)
    if found is None:
        raise EventError('an anchor is "<line>:<64 hex digits>"')
    return (int(found[1]), found[2]) if int(found[1]) else None


def _checked(
    line: bytes, seq: int | None, prev: str | None, key: bytes | None, where: str
) -> tuple[int, str, dict[str, Any]]:
    """Number, proof and event of a line; ``seq`` and ``prev`` are what they have to be, where that is known."""
    head, tail = _HEAD.match(line), _PROOF.search(line)
    if head is None or tail is None:
        raise EventError(f"{where} is no line of an audit log")
    if not hmac.compare_digest(_proof(line[: tail.start()], key), tail[1].decode()):
        raise EventError(f"{where} was altered, or the key is another one")
    if (seq is not None and int(head[1]) != seq) or (prev is not None and head[2].decode() != prev):
        raise EventError(f"{where} does not follow the line before it: lines were removed, added or moved")
    try:
        event = json.loads(line[head.end() : tail.start()])
    except ValueError:
        event = None
    if not isinstance(event, dict):
        raise EventError(f"{where} holds no event")
    return int(head[1]), tail[1].decode(), event


def _proof(body: bytes, key: bytes | None) -> str:
    return (hashlib.sha256(body) if key is None else hmac.new(key, body, "sha256")).hexdigest()


def _last_line(descriptor: int, size: int, name: str) -> tuple[bytes, int]:
    """The last line that has its end (``b""`` for none), and where it ends."""
    chunks: list[bytes] = []
    at, ends = size, 0
    while at and ends < 2 and size - at < 2 * _MOST_LINE:
        step = min(at, 1 << 16)
        at -= step
        chunks.append(os.pread(descriptor, step, at))
        ends += chunks[-1].count(b"\n")
    tail = b"".join(reversed(chunks))
    end = tail.rfind(b"\n") + 1
    if at and ends < 2:
        raise EventError(f"{name}: its last line is longer than any event")
    start = tail.rfind(b"\n", 0, max(0, end - 1)) + 1
    return tail[start:end], at + end
