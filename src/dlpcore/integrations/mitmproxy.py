"""An addon of mitmproxy: requests, responses and web socket messages of every flow through an inspector.

A script that mitmproxy loads with ``-s`` needs one line::

    from dlpcore.integrations.mitmproxy import addons

Source: https://docs.mitmproxy.org/stable/addons-overview/ and https://docs.mitmproxy.org/stable/api/events.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

import orjson

from ..errors import DLPError, InputError
from ..inspector import Inspector
from ..middleware._body import BodyGate, Outcome
from ..middleware._exchange import Coverage, Headers, incomplete, mended, problem
from ..middleware._options import Late, Settings
from ..middleware.message import Passed, pass_message
from ..model import Action, Context, Skipped, Verdict
from ..policy import named
from ..rules import builtin, load

__all__ = ["DLPAddon", "addons"]

_OFFLOAD: Final = 64 * 1024
#: Verdicts that are kept of a web socket, which may never end.
_MAX_VERDICTS: Final = 64
_STREAMED: Final = "mitmproxy streamed the body"


class DLPAddon:
    """Inspects what flows through mitmproxy, and lets pass what the policy lets.

    A blocked request is answered with 403 (413 or 415 where it could not be inspected) and does not leave; a blocked
    response is replaced by 403; a blocked web socket message is dropped. ``flow.metadata["dlpcore"]`` has the verdicts
    as :meth:`dlpcore.Verdict.to_dict` gives them, under ``"request"``, ``"response"`` and ``"websocket"`` (a list, of
    the first 64 that are not clean), so that they are saved with the flow. Their spans are relative to the part of the
    body that they are on.

    Responses that are streams (server-sent events, NDJSON, JSON sequences) are streamed: each record leaves when it is
    decided, and nothing behind a blocked one.

    Not looked at: URLs, header fields, trailers, exempt routes, TCP and UDP flows. What mitmproxy streams has left when
    the addon sees it: its verdict is incomplete and says so, and its option ``stream_large_bodies`` is refused where
    the policy blocks what is not inspected. Where an option is wrong at the start, no request leaves; where one is made
    wrong later, the inspector before it goes on.

    Options: ``dlpcore_policy`` (a name or a file), ``dlpcore_rules`` (files or folders beside the built-in rules),
    ``dlpcore_exempt`` (route patterns, as the middlewares have them), ``dlpcore_mode`` (``enforce``, or ``shadow`` to
    only say what would be done).

    Attributes:
        coverage: counts of what was and what was not inspected.
    """

    def __init__(self) -> None:
        self.coverage = Coverage()
        self._settings: Settings | None = None

    def load(self, loader: Any) -> None:
        """mitmproxy's event: declares the options."""
        option = loader.add_option
        option("dlpcore_policy", str, "balanced", "Name or file of the policy that decides.")
        option("dlpcore_rules", Sequence[str], [], "Rule files or folders, used beside the built-in rules.")
        option("dlpcore_exempt", Sequence[str], [], "Patterns of paths that are let through unseen.")
        modes = ("enforce", "shadow")
        option("dlpcore_mode", str, "enforce", "Whether to act, or only to say what would be done.", choices=modes)

    def configure(self, updated: set[str]) -> None:
        """mitmproxy's event: makes the inspector anew where an option of ours changed."""
        ours = any(name.startswith("dlpcore_") or name == "stream_large_bodies" for name in updated)
        if self._settings is not None and not ours:
            return
        from mitmproxy import ctx, exceptions

        given = ctx.options
        try:
            policy = named(given.dlpcore_policy)
            if given.dlpcore_mode == "shadow":
                policy = replace(policy, shadow=True)
            if given.stream_large_bodies and policy.incomplete_action == Action.BLOCK:
                raise InputError(
                    "stream_large_bodies lets bodies leave that are not inspected, which the policy blocks"
                )
            rules = builtin(examples=False)
            if given.dlpcore_rules:
                rules += load(*given.dlpcore_rules)
            inspector = Inspector(rules, policy)
            self._settings = Settings(inspector=inspector, exempt=given.dlpcore_exempt)
        except (DLPError, OSError) as error:
            raise exceptions.OptionsError(f"dlpcore: {error}") from None

    async def request(self, flow: Any) -> None:
        """mitmproxy's event: a request is whole."""
        if self._settings is None:
            flow.kill()  # the options are wrong: without an inspector nothing leaves
            return
        passed = await self._http(flow, flow.request, "request")
        if passed is not None and passed.blocked:
            flow.response = _answer(passed, "request")
            flow.metadata["dlpcore"]["refused"] = "request"

    def responseheaders(self, flow: Any) -> None:
        """mitmproxy's event: a response has begun."""
        response = flow.response
        settings = self._settings
        content_type = response.headers.get("content-type", "")
        path = flow.request.path.partition("?")[0]
        if settings is None or response.status_code == 206 or settings.is_exempt(path):
            return
        gate = settings.gate(
            content_type,
            response.headers.get_all("content-encoding"),
            Late(partial(_context, flow, "response", content_type or None)),
        )
        if not gate.streams or gate.blocked or gate.passing:
            return  # decided when it is whole
        headers = mended([(name.lower(), value) for name, value in response.headers.items(multi=True)], gate, None)
        if flow.request.http_version == "HTTP/1.1" and "transfer-encoding" not in dict(headers):
            headers.append(("transfer-encoding", "chunked"))
        response.headers = _fields(headers)
        response.stream = _Records(gate)

    async def response(self, flow: Any) -> None:
        """mitmproxy's event: a response is whole."""
        if flow.metadata.get("dlpcore", {}).get("refused"):
            return  # the answer is our own
        if isinstance(flow.response.stream, _Records):
            outcome = flow.response.stream.outcome
            self.coverage.body(outcome)
            verdict = outcome.verdict if outcome.trouble is None else incomplete(outcome)
            flow.metadata.setdefault("dlpcore", {})["response"] = _plain(verdict)
            return
        partial_content = flow.response.status_code == 206
        passed = await self._http(flow, flow.response, "response", editable=not partial_content)
        if passed is not None and (passed.blocked or (passed.changed and partial_content)):
            flow.response = _answer(passed, "response")
            flow.metadata["dlpcore"]["refused"] = "response"

    async def websocket_message(self, flow: Any) -> None:
        """mitmproxy's event: a message came over a web socket."""
        message = flow.websocket.messages[-1]
        direction = "request" if message.from_client else "response"
        passed = await self._passed(flow, message.content, [], direction)
        if passed is None:
            return
        kept = flow.metadata.setdefault("dlpcore", {}).setdefault("websocket", [])
        clean = passed.verdict.action == Action.ALLOW and not passed.verdict.findings and passed.verdict.complete
        if not clean and len(kept) < _MAX_VERDICTS:
            kept.append(_plain(passed.verdict))
        if passed.blocked:
            message.drop()
        elif passed.changed:
            message.content = passed.body

    async def _http(self, flow: Any, message: Any, direction: str, *, editable: bool = True) -> Passed | None:
        """A body decided and, where it may be edited, edited; ``None`` where there is nothing to decide."""
        body = message.raw_content
        if body is None:
            verdict = Verdict(Action.FLAG, (), False, (Skipped("body", _STREAMED),), {}, (_STREAMED,))
            flow.metadata.setdefault("dlpcore", {})[direction] = _plain(verdict)
            return None
        passed = await self._passed(flow, body, list(message.headers.items(multi=True)), direction)
        if passed is None:
            return None
        flow.metadata.setdefault("dlpcore", {})[direction] = _plain(passed.verdict)
        if passed.changed and not passed.blocked and editable:
            message.headers = _fields(passed.headers)
            message.raw_content = passed.body
        return passed

    async def _passed(self, flow: Any, body: bytes, headers: list[tuple[str, str]], direction: str) -> Passed | None:
        assert self._settings is not None
        path = flow.request.path.partition("?")[0]
        if self._settings.is_exempt(path):
            self.coverage.count("exempt")
            return None
        work = partial(pass_message, self._settings.inspector, body, headers, context=_context(flow, direction))
        passed = await asyncio.to_thread(work) if len(body) >= _OFFLOAD else work()
        self.coverage.body(passed.outcome)
        return passed


class _Records:
    """What mitmproxy calls with each piece of a streamed response, and with ``b""`` at its end."""

    def __init__(self, gate: BodyGate) -> None:
        self._gate = gate
        self._cut = False

    @property
    def outcome(self) -> Outcome:
        """What became of it."""
        return self._gate.outcome

    def __call__(self, data: bytes) -> list[bytes]:
        gate = self._gate
        if data and self._cut:  # an empty frame within a record was taken for the end: its other half cannot be told
            gate.refuse("a record was cut in two")
        self._cut = not data and len(gate) > 0
        out = gate.feed(data) if data else gate.finish()
        return [out] if out else []  # an empty piece would end a chunked body


def _context(flow: Any, direction: str, content_type: str | None = None) -> Context:
    peer = flow.client_conn.peername
    return Context(
        ip=peer[0] if peer else None,
        endpoint=flow.request.path.partition("?")[0],
        method=flow.request.method,
        direction=direction,
        destination=flow.request.pretty_host,
        content_type=content_type,
        time=flow.timestamp_start,
    )


def _fields(headers: Headers) -> Any:
    from mitmproxy import http

    return http.Headers(
        [(name.encode("utf-8", "surrogateescape"), value.encode("utf-8", "surrogateescape")) for name, value in headers]
    )


def _plain(verdict: Verdict) -> Any:
    """As values that mitmproxy can write to a file."""
    return orjson.loads(verdict.to_json())


def _answer(passed: Passed, direction: str) -> Any:
    from mitmproxy import http

    status, headers, body = problem(passed.outcome, direction)
    return http.Response.make(status, body, _fields(headers))


#: What mitmproxy looks for in a script.
addons = [DLPAddon()]
