"""The ready policies by name, and what clean traffic asks of them: whether all of it leaves in canonical form."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["READY"]

#: Files of the folder ``ready``, and their field ``canonical``: known here, so that no file is read before it decides.
READY: Final[Mapping[str, bool]] = MappingProxyType(
    {
        "active-warden": True,
        "balanced": False,
        "gdpr": False,
        "hipaa": False,
        "llm-egress": False,
        "monitor": False,
        "pci": False,
        "secrets-egress": False,
    }
)
