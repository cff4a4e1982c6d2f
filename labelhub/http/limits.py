"""Limits: no request body larger than the hub reads reaches a route.

A body within its limit is read whole and then handed on, so a route sees all of it or nothing. Of a larger one a bounded rest
is read and thrown away before the 413, because a client that is still sending does not read, and would only see a reset.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from labelhub.errors import BadRequest, BodyTooLarge, HubError
from labelhub.http import problems

MIB = 1024 * 1024
BODY_LIMIT_BYTES = 1 * MIB
DRAIN_BYTES = 16 * MIB
DRAIN_TIMEOUT_S = 5.0


class BodyLimit:
    """ASGI: 413 for a larger body. `limits_bytes` maps path prefixes to their own limit; all others have `BODY_LIMIT_BYTES`."""

    def __init__(self, app: ASGIApp, limits_bytes: Mapping[str, int]) -> None:
        self.app = app
        self.limits_bytes = limits_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; a request without a body passes untouched."""
        headers = dict(scope["headers"]) if scope["type"] == "http" else {}
        if b"content-length" not in headers and b"transfer-encoding" not in headers:
            return await self.app(scope, receive, send)
        try:
            parts = await _read(headers, receive, self._limit_bytes(scope["path"]))
        except HubError as error:
            return await problems.refuse(error, scope, receive, send, {"connection": "close"})
        if parts is None:
            return None
        return await self.app(scope, _replay(b"".join(parts), receive), send)

    def _limit_bytes(self, path: str) -> int:
        return max((limit for prefix, limit in self.limits_bytes.items() if path.startswith(prefix)), default=BODY_LIMIT_BYTES)


async def _read(headers: dict[bytes, bytes], receive: Receive, limit_bytes: int) -> list[bytes] | None:
    """The body's parts, None when the client went away. BodyTooLarge once a bounded rest is drained."""
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
        if size_bytes > limit_bytes:
            if message.get("more_body"):
                await _drain(receive)
            raise _too_large(limit_bytes)
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
