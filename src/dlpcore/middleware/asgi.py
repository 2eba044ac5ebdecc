"""The ASGI middleware. Its name and arguments are fixed; it comes in a later release."""

from __future__ import annotations

from typing import Any

from ..inspector import Inspector

__all__ = ["DLPMiddleware"]


class DLPMiddleware:
    """Inspects requests and responses of a ASGI application. Not in this release.

    Args:
        app: the application.
        inspector: what inspects; the policy lives on it.

    Raises:
        NotImplementedError: always, in this release.
    """

    def __init__(self, app: Any, *, inspector: Inspector) -> None:
        raise NotImplementedError("dlpcore.middleware.asgi comes in a later release")
