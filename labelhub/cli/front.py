"""Front: what answers while the hub is not open yet. It then hands every request on.

A start may take long: another version's database is brought to this one's schema. Who asks `/healthz` meanwhile learns that the
program lives and must not be restarted; `/readiness` is 503; any other request waits a little for the hub, as it would for a slow
answer, and then learns that the hub is starting.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from labelhub.alive import SAFE_HEADERS, alive, build_of
from labelhub.errors import Starting

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from labelhub.settings import Settings

PATIENCE_S = 5.0
"""How long a request waits for the hub to open: most starts are over before, and clients wait no shorter."""

RETRY_AFTER_S = 1
PROBES = ("/healthz", "/readiness")
TRY_AGAIN_LATER = 1013
"""Of the codes of WebSockets."""


class Front:
    """ASGI: the hub's application once it is there, `/healthz` and `Starting` until then."""

    def __init__(self, settings: Settings, patience_s: float = PATIENCE_S) -> None:
        self._public_url = settings.public_url
        self._alive = alive(build_of(settings))
        self._patience_s = patience_s
        self._app: ASGIApp | None = None
        self._decided = asyncio.Event()
        self._ending: Callable[[], object] | None = None

    def open(self, app: ASGIApp, ending: Callable[[], object]) -> None:
        """From now on every request is the app's, those that wait first. `ending` is called before answers under way are waited for."""
        self._app, self._ending = app, ending
        self._decided.set()

    def end(self) -> None:
        """The server stops: whoever waits for the hub, waits no longer."""
        self._decided.set()
        if self._ending is not None:
            self._ending()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if self._app is None and scope["path"] not in PROBES:
            await self._wait()
        if self._app is not None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": TRY_AGAIN_LATER, "reason": Starting.slug})
        elif scope["path"] == "/healthz" and scope["method"] == "GET":
            await _answer(send, 200, self._alive, "application/json")
        else:
            headers = {"retry-after": str(RETRY_AFTER_S), "cache-control": "no-store"}
            await _answer(send, Starting.status, self._problem(scope), "application/problem+json", headers)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._patience_s):
                await self._decided.wait()
        except TimeoutError:
            return

    def _problem(self, scope: Scope) -> dict[str, Any]:
        name, port = scope["server"]
        own = f"{scope['scheme']}://[{name}]:{port}" if ":" in name else f"{scope['scheme']}://{name}:{port}"
        return {
            "retry_after_s": RETRY_AFTER_S,
            "type": f"{(self._public_url or own).rstrip('/')}/problems/{Starting.slug}",
            "title": Starting.title,
            "status": Starting.status,
            "detail": "The hub is starting; send the request again in a second.",
            "instance": quote(scope["path"], safe="/:@!$&'()*+,;=~-._"),
        }


async def _answer(send: Send, status: int, body: dict[str, Any], media_type: str, headers: dict[str, str] | None = None) -> None:
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
    told = {"content-type": media_type, "content-length": str(len(content)), **SAFE_HEADERS, **(headers or {})}
    fields = [(name.encode(), value.encode()) for name, value in told.items()]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": content})
