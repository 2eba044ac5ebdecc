"""Where events go: a logger, a file of JSON lines, syslog. A sink is whatever can be called with an event."""

from __future__ import annotations

import datetime
import json
import logging
import os
import socket
import threading
from collections.abc import Callable
from types import MappingProxyType
from typing import Final, Literal, Protocol, TypeAlias

from ..errors import EventError
from ..model import Severity
from .cef import cef
from .ecs import ecs
from .ocsf import ocsf
from .record import Event

__all__ = ["LAYOUTS", "JSONLinesSink", "Layout", "LoggingSink", "Sink", "SyslogSink"]


class Sink(Protocol):
    """Takes events. Thread-safe; raises :class:`dlpcore.EventError` where it could not hand one on."""

    def __call__(self, event: Event, /) -> object: ...


#: Writes an event as one line without its end.
Layout: TypeAlias = Callable[[Event], str]


def _json(shape: Callable[[Event], object]) -> Layout:
    # ASCII alone: what a terminal or a log viewer would act on is escaped
    return lambda event: json.dumps(shape(event), ensure_ascii=True, separators=(",", ":"))


#: The layouts by name.
LAYOUTS: Final = MappingProxyType({"json": _json(Event.to_dict), "ocsf": _json(ocsf), "ecs": _json(ecs), "cef": cef})


def _layout(layout: str | Layout) -> Layout:
    if callable(layout):
        return layout
    if layout not in LAYOUTS:
        raise EventError(f"there is no layout {layout!r}: {', '.join(LAYOUTS)}")
    return LAYOUTS[layout]


_LEVEL: Final = {
    Severity.INFO: logging.INFO,
    Severity.LOW: logging.INFO,
    Severity.MEDIUM: logging.WARNING,
    Severity.HIGH: logging.ERROR,
    Severity.CRITICAL: logging.CRITICAL,
}


class LoggingSink:
    """Events to a logger of the standard library, at a level that follows their severity."""

    def __init__(self, logger: logging.Logger | str = "dlpcore.events", layout: str | Layout = "json") -> None:
        self._logger = logging.getLogger(logger) if isinstance(logger, str) else logger
        self._layout = _layout(layout)

    def __call__(self, event: Event) -> None:
        level = _LEVEL[event.severity]
        if self._logger.isEnabledFor(level):
            # no arguments: a % in the line is a %
            self._logger.log(level, "%s", self._layout(event))


class JSONLinesSink:
    """Events to a file, a line each; the file is made with mode 0600, and may be moved away to rotate it.

    Each line is one ``write`` to a file opened for appending, so that lines of several processes do not mix.

    Args:
        sync: wait until the line is on disk.
    """

    def __init__(self, path: str | os.PathLike[str], layout: str | Layout = "json", *, sync: bool = False) -> None:
        self._path = os.fspath(path)
        self._layout = _layout(layout)
        self._sync = sync

    def __call__(self, event: Event) -> None:
        line = (self._layout(event) + "\n").encode("utf-8", "backslashreplace")
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                if os.write(descriptor, line) != len(line):
                    raise EventError(f"{self._path}: only part of an event could be written")
                if self._sync:
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise EventError(f"{self._path}: {error.strerror or type(error).__name__}") from None


#: RFC 5424 section 6.2.1: facility 13 is log audit.
_FACILITY: Final = 13
_SYSLOG: Final = {Severity.INFO: 6, Severity.LOW: 5, Severity.MEDIUM: 4, Severity.HIGH: 3, Severity.CRITICAL: 2}
Transport: TypeAlias = Literal["udp", "tcp", "unix"]


class SyslogSink:
    """Events to syslog as of RFC 5424: over UDP (RFC 5426), over TCP with octet counting (RFC 6587), or a local socket.

    UDP and a local socket acknowledge nothing, and TCP only that the other end has it in a buffer: where no event may
    be lost, write an :class:`~dlpcore.events.AuditLog`. TCP is not encrypted; for TLS put a local relay in front of it.

    Args:
        address: ``(host, port)``, or the path of a local socket.
        transport: ``"udp"``, ``"tcp"``, or ``"unix"``.
        application: APP-NAME.
        timeout: seconds to connect and to send.
    """

    def __init__(
        self,
        address: tuple[str, int] | str = "/dev/log",
        transport: Transport = "unix",
        layout: str | Layout = "json",
        *,
        application: str = "dlpcore",
        timeout: float = 5.0,
    ) -> None:
        if transport not in ("udp", "tcp", "unix") or isinstance(address, str) != (transport == "unix"):
            raise EventError('syslog: "udp" and "tcp" go to (host, port), "unix" to the path of a socket')
        self._address = address
        self._transport = transport
        self._layout = _layout(layout)
        self._application = _name(application, 48)
        self._timeout = timeout
        self._socket: socket.socket | None = None
        self._guard = threading.Lock()

    def __call__(self, event: Event) -> None:
        message = self._message(event)
        if self._transport == "tcp":
            message = b"%d %s" % (len(message), message)
        with self._guard:
            for attempt in (1, 2):  # a connection that went stale is made anew, once
                try:
                    self._connected().sendall(message)
                    return
                except OSError as error:
                    self._drop()
                    if attempt == 2 or isinstance(error, TimeoutError):
                        raise EventError(f"syslog: {error.strerror or type(error).__name__}") from None

    def close(self) -> None:
        """Closes the socket; the next event opens one again."""
        with self._guard:
            self._drop()

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connected(self) -> socket.socket:
        if self._socket is not None:
            return self._socket
        if isinstance(self._address, str):
            made = _local(self._address, self._timeout)
        elif self._transport == "tcp":
            made = socket.create_connection(self._address, self._timeout)
        else:
            found = socket.getaddrinfo(*self._address, type=socket.SOCK_DGRAM)
            family, kind, protocol, _, address = found[0]
            made = socket.socket(family, kind, protocol)
            made.settimeout(self._timeout)
            made.connect(address)
        self._socket = made
        return made

    def _message(self, event: Event) -> bytes:
        priority = 8 * _FACILITY + _SYSLOG[event.severity]
        moment = datetime.datetime.fromtimestamp(event.time, datetime.UTC)
        stamp = moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        host = _name(socket.gethostname(), 255)
        head = f"<{priority}>1 {stamp} {host} {self._application} {os.getpid()} {_name(event.operation, 32)} - "
        text = self._layout(event)
        # section 6.4: MSG in UTF-8 starts with the byte order mark
        return head.encode() + (text.encode() if text.isascii() else b"\xef\xbb\xbf" + text.encode())


def _local(path: str, timeout: float) -> socket.socket:
    """A local socket of whichever kind the daemon listens on."""
    failed: OSError | None = None
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        made = socket.socket(socket.AF_UNIX, kind)
        made.settimeout(timeout)
        try:
            made.connect(path)
        except OSError as error:
            made.close()
            failed = error
            continue
        return made
    assert failed is not None
    raise failed


def _name(text: str, most: int) -> str:
    """Printable ASCII without spaces, as header fields must be; ``-`` for nothing."""
    return "".join(ch for ch in text if "!" <= ch <= "~")[:most] or "-"
