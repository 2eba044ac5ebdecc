"""The version that events name as that of the product."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Final

__all__ = ["VERSION"]


def _installed() -> str:
    try:
        return version("dlpcore")
    except PackageNotFoundError:  # run from its sources
        return "0"


VERSION: Final = _installed()
