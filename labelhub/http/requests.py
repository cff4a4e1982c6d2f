"""Requests: each gets an id that its log lines and its answer carry, is counted by its route, and is told in one line if wanted."""

from __future__ import annotations

import logging
import re
import secrets
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from labelhub.http.told import told
from labelhub.logs import REQUEST_ID
from labelhub.metrics import Metrics

log = logging.getLogger(__name__)

HEADER = b"x-request-id"
ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
"""Of ids that others give, what can forge neither a line nor a header."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNMATCHED = "unmatched"
GONE = 499
"""In the log, as other servers write it: who asked went away before there was an answer."""
PROBES = frozenset({"/healthz", "/readiness", "/metrics"})
"""Asked all day by machines: never told."""
ALL, CHANGES, NONE = "all", "changes", "none"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Requests:
    """ASGI: outermost. `which` is `all`, `none`, or `changes`: requests that may change something, and whatever went wrong in here."""

    def __init__(self, app: ASGIApp, metrics: Metrics, which: str = CHANGES) -> None:
        self.app = app
        self._metrics = metrics
        self._which = which

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or a WebSocket as it comes."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, status = perf_counter(), 0
        request_id = id_of(scope)
        mark = REQUEST_ID.set(request_id.decode())

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (HEADER, request_id)]
                self._count(scope, status, perf_counter() - begun)
            await send(message)

        try:
            await self.app(scope, receive, send_named)
        except Exception:  # the framework answers this one outside of here, and names it by what is still set
            if not status:
                status = 500
                self._count(scope, status, perf_counter() - begun)
            self._tell(scope, status, perf_counter() - begun)
            raise
        self._tell(scope, status or GONE, perf_counter() - begun)
        REQUEST_ID.reset(mark)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route, method = template_of(scope), scope["method"] if scope["method"] in METHODS else "other"
        self._metrics.requests.add(route, method, f"{status // 100}xx")
        self._metrics.request_s.add(seconds, route, method)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        route = template_of(scope)
        method, path = scope["method"], told(scope["path"], known=route != UNMATCHED)
        if self._which == NONE or path in PROBES or (self._which == CHANGES and method in SAFE and status < 500):
            return
        fields = {"method": method, "path": path, "route": route, "status": status, "seconds": round(seconds, 6)}
        log.info("%s %s %d in %.1f ms", method[:20], path[:500], status, seconds * 1000, extra={"fields": fields})


def id_of(scope: Scope) -> bytes:
    """The id a proxy or client gave the request, if it is one that may be shown; else a new one."""
    given = [value for name, value in scope["headers"] if name == HEADER]
    return given[0] if len(given) == 1 and ID.fullmatch(given[0]) else secrets.token_hex(8).encode()


def template_of(scope: Scope) -> str:
    """The path of the route as it is declared: there are as many as routes, whatever is asked for."""
    return getattr(scope.get("route"), "path", None) or UNMATCHED
