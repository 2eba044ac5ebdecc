"""Connections of a vault: lent to one call at a time, kept for the next, and never carried over a fork."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from ..errors import VaultError

__all__ = ["Pool"]

_C = TypeVar("_C")


class Pool(Generic[_C]):
    """As many connections as calls were ever under way at once. Thread-safe.

    Args:
        name: of the vault, for messages.
        connect: opens a connection.
        disconnect: closes one; that must also undo what is not committed.
    """

    def __init__(self, name: str, connect: Callable[[], _C], disconnect: Callable[[_C], None]) -> None:
        self._name = name
        self._connect = connect
        self._disconnect = disconnect
        self._idle: list[tuple[int, _C]] = []
        self._foreign: list[_C] = []
        self._guard = threading.Lock()
        self._closed = False

    @contextmanager
    def connection(self) -> Iterator[_C]:
        """A connection of this call's own; it is closed if the block fails."""
        connection = self._borrowed()
        try:
            yield connection
        except BaseException:
            self._disconnect(connection)
            raise
        with self._guard:
            if not self._closed:
                self._idle.append((os.getpid(), connection))
                return
        self._disconnect(connection)

    def close(self) -> None:
        """Closes what is idle now, and what is lent when it comes back."""
        with self._guard:
            self._closed = True
            idle, self._idle = self._idle, []
        for owner, connection in idle:
            if owner == os.getpid():
                self._disconnect(connection)

    def __del__(self) -> None:
        self.close()

    def _borrowed(self) -> _C:
        with self._guard:
            if self._closed:
                raise VaultError(f"vault {self._name}: it is closed")
            while self._idle:
                owner, connection = self._idle.pop()
                if owner == os.getpid():
                    return connection
                # The parent of a fork uses it still; closing it here, or letting it be collected, could hurt that.
                self._foreign.append(connection)
        return self._connect()
