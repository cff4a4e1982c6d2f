"""Cross-origin: the few addresses that pages of other systems may send to from their users' browsers, and what browsers ask before.

Whoever sends there shows a token of its own: being on this machine, or signed in here, counts for nothing from a strange page.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FOREIGN_KEY = "labelhub.foreign"
ALLOWED = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET, POST, OPTIONS",
    "access-control-allow-headers": "Authorization, Content-Type, Idempotency-Key, X-Requested-With",
    "access-control-expose-headers": "Location",
    "access-control-max-age": "86400",
}
PRIVATE = {"access-control-allow-private-network": "true"}
"""Chromium asks for it before a page of the internet may reach a network at home."""


class CrossOrigin:
    """ASGI: answers the browser's question for paths that begin so, and lets pages read the answers."""

    def __init__(self, app: ASGIApp, prefixes: Sequence[str]) -> None:
        self.app = app
        self.prefixes = tuple(prefixes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or not is_open(scope["path"], self.prefixes):
            return await self.app(scope, receive, send)
        if scope["method"] == "OPTIONS":
            return await Response(status_code=204, headers=ALLOWED | PRIVATE)(scope, receive, send)

        async def with_leave(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update({name: value for name, value in ALLOWED.items() if "max-age" not in name})
            await send(message)

        return await self.app(scope, receive, with_leave)


def is_open(path: str, prefixes: Sequence[str]) -> bool:
    """True for a path below one of the prefixes, or one of them itself."""
    return any(path == prefix or path.startswith(prefix + "/") for prefix in prefixes)


def is_foreign(scope: Scope) -> bool:
    """True for a request that a page of another origin sent."""
    return bool(scope.get(FOREIGN_KEY))
