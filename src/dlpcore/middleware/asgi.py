"""The ASGI middleware: requests, responses and web socket messages through the inspector.

Pure ASGI 3 (https://asgi.readthedocs.io/en/latest/specs/www.html), for any framework and server.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Unpack

from ..inspector import Inspector
from ..model import Context
from ._asgi import App, Core, Receive, Scope, Send
from ._asgi_http import Exchange
from ._asgi_socket import Socket
from ._exchange import Coverage
from ._options import Options, Settings

__all__ = ["DLPMiddleware"]


class DLPMiddleware:
    """Inspects what goes through an ASGI application, and lets leave what the inspector's policy lets.

    A blocked request is answered with 403 (413 or 415 where it could not be inspected) and never reaches the
    application; a blocked response is replaced by 403; a stream (server-sent events, NDJSON, JSON sequences) ends at
    its first blocked record; a web socket is closed with 1008. The application finds the verdict on its request in
    ``scope["state"]["dlpcore"]`` (of a stream it is not known beforehand).

    Bodies are looked at, whatever their type is called. Not looked at: URLs, header fields, and exempt routes.

    Args:
        app: the application.
        inspector: what inspects; the policy lives on it, also what becomes of a body that cannot be inspected.
        context: gives the context of a scope (users, roles); address, endpoint, method and direction are added. Called
            only where a policy may ask for it; an error in it is a failed inspection.
        offload: bodies of at least so many bytes are inspected in a thread, so that the event loop goes on.
        options: :class:`dlpcore.middleware.Options`.

    Attributes:
        coverage: counts of what was and what was not inspected.

    Raises:
        InputError: an argument is wrong.
    """

    def __init__(
        self,
        app: App,
        *,
        inspector: Inspector,
        context: Callable[[Scope], Context] | None = None,
        offload: int = 64 * 1024,
        **options: Unpack[Options],
    ) -> None:
        self.app = app
        self.coverage = Coverage()
        settings = Settings(inspector=inspector, offload=offload, **options)
        self._core = Core(app, settings, self.coverage, context)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind not in ("http", "websocket"):
            await self.app(scope, receive, send)
        elif self._core.settings.is_exempt(scope["path"]):
            self.coverage.count("exempt")
            await self.app(scope, receive, send)
        elif kind == "http":
            await Exchange(self._core, scope, receive, send).run()
        else:
            await Socket(self._core, scope, receive, send).run()
