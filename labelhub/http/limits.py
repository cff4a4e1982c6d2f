"""Limits: no request body larger than the hub reads reaches a route.

A body within its limit is read whole and then handed on, so a route sees all of it or nothing. Of a larger one a bounded rest
is read and thrown away before the 413, because a client that is still sending does not read, and would only see a reset.

Bodies are read before anybody is asked for a key, which may stand in them. So all that are held at the same time are bounded
together, and those of one sender, who else could fill the memory or keep all others out; small ones are always read.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from labelhub.auth import neighbourhood
from labelhub.errors import BadRequest, BodyTooLarge, HubError, RateLimited
from labelhub.http import problems
from labelhub.http.callers import caller_of

MIB = 1024 * 1024
BODY_LIMIT_BYTES = 1 * MIB
FREE_BYTES = 64 * 1024
"""Of each body, which count for nothing."""
BODIES_BYTES, CALLER_BYTES = 64 * MIB, 32 * MIB
"""Of all bodies at the same time, and of those of one sender."""
RETRY_AFTER_S = 5
DRAIN_BYTES = 16 * MIB
DRAIN_TIMEOUT_S = 5.0


class BodyLimit:
    """ASGI: 413 for a larger body. `limits_bytes` maps path prefixes to their own limit; all others have `BODY_LIMIT_BYTES`."""

    def __init__(self, app: ASGIApp, limits_bytes: Mapping[str, int]) -> None:
        self.app = app
        self.limits_bytes = limits_bytes
        self.held_bytes: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; a request without a body passes untouched."""
        headers = dict(scope["headers"]) if scope["type"] == "http" else {}
        if b"content-length" not in headers and b"transfer-encoding" not in headers:
            return await self.app(scope, receive, send)
        share = Share(self.held_bytes, neighbourhood(caller_of(scope).address))
        try:
            try:
                parts = await _read(headers, receive, self._limit_bytes(scope["path"]), share)
            except HubError as error:
                return await problems.refuse(error, scope, receive, send, {"connection": "close"})
            if parts is not None:
                await self.app(scope, _replay(b"".join(parts), receive), send)
        finally:
            share.give_back()

    def _limit_bytes(self, path: str) -> int:
        return max((limit for prefix, limit in self.limits_bytes.items() if path.startswith(prefix)), default=BODY_LIMIT_BYTES)


class Share:
    """What one request's body takes of what all may hold."""

    def __init__(self, held_bytes: Counter[str], caller: str) -> None:
        self._held_bytes = held_bytes
        self._caller = caller
        self._taken_bytes = 0

    def grow(self, size_bytes: int) -> None:
        """The body is so large by now. RateLimited when too much is held already."""
        more_bytes = max(0, size_bytes - FREE_BYTES) - self._taken_bytes
        if more_bytes <= 0:
            return
        own, others = self._held_bytes[self._caller] + more_bytes, self._held_bytes.total() + more_bytes
        if own > CALLER_BYTES or others > BODIES_BYTES:
            raise RateLimited("The hub reads many large bodies just now; send this one again in a moment.", retry_after_s=RETRY_AFTER_S)
        self._held_bytes[self._caller] = own
        self._taken_bytes += more_bytes

    def give_back(self) -> None:
        """The body is gone."""
        self._held_bytes[self._caller] -= self._taken_bytes
        if self._held_bytes[self._caller] <= 0:
            del self._held_bytes[self._caller]


async def _read(headers: dict[bytes, bytes], receive: Receive, limit_bytes: int, share: Share) -> list[bytes] | None:
    """The body's parts, None when the client went away. BodyTooLarge, RateLimited, once a bounded rest is drained."""
    if _declared_bytes(headers) > limit_bytes:
        # A client that waits for `100 Continue` has not begun to send: reading would ask it to.
        if b"expect" not in headers:
            await _drain(receive)
        raise _too_large(limit_bytes)
    parts: list[bytes] = []
    size_bytes = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        size_bytes += len(parts[-1])
        try:
            if size_bytes > limit_bytes:
                raise _too_large(limit_bytes)
            share.grow(size_bytes)
        except HubError:
            parts.clear()
            if message.get("more_body"):
                await _drain(receive)
            raise
        if not message.get("more_body"):
            return parts


def _declared_bytes(headers: dict[bytes, bytes]) -> int:
    text = headers.get(b"content-length", b"0").decode("latin-1")
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise BadRequest("Content-Length must be one whole number.")
    return int(text)


async def _drain(receive: Receive) -> None:
    left_bytes = DRAIN_BYTES
    try:
        async with asyncio.timeout(DRAIN_TIMEOUT_S):
            while left_bytes > 0:
                message = await receive()
                if not message.get("more_body"):
                    return
                left_bytes -= len(message.get("body", b""))
    except TimeoutError:
        return


def _too_large(limit_bytes: int) -> BodyTooLarge:
    return BodyTooLarge(f"The request body is larger than {limit_bytes // MIB} MiB.", limit_bytes=limit_bytes)


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay
