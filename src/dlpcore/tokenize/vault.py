"""What a vault is: a place for the values behind random tokens, all of a call or nothing, durable before it answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

__all__ = ["Entry", "Vault"]


class Entry(NamedTuple):
    """One value to keep. A vault sees neither values nor tokens: names and lookups are MACs, records are sealed.

    Attributes:
        name: 32 bytes, from the token.
        lookup: 32 bytes, from the value, or ``None``: an entry of the same lookup is kept instead of this one.
        record: the sealed value.
    """

    name: bytes
    lookup: bytes | None
    record: bytes


@runtime_checkable
class Vault(Protocol):
    """Keeps entries. Safe to use from several threads; may be used by several processes at once.

    Every method raises :class:`dlpcore.VaultError` where the vault does not answer as it should.
    """

    def store(self, entries: Sequence[Entry]) -> list[bytes]:
        """Stores all entries or none; returns when they are durable.

        Returns:
            For each the record that is kept: its own, or that of the earlier entry with the same lookup.
        """
        ...

    def fetch(self, names: Sequence[bytes]) -> list[bytes | None]:
        """The record of each name, ``None`` where there is none."""
        ...

    def erase(self, names: Sequence[bytes]) -> int:
        """Forgets entries for good; returns how many there were."""
        ...

    def close(self) -> None:
        """Lets go of the connections."""
        ...
