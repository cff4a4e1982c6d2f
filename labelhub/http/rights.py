"""Rights: what a route needs, declared by one dependency, and what a caller has.

`@router.get("/api/jobs", dependencies=[needs(Right.READ)])`. For now a caller has every right or none: a program on this
machine, whoever sends the API key, and a browser that has signed in with it have all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.routing import iter_route_contexts
from starlette.requests import Request

from labelhub.auth import Keyring
from labelhub.errors import NotAuthenticated
from labelhub.http.callers import caller_of

SESSION_COOKIE = "labelhub_session"


class Right(IntEnum):
    """Each right includes those below it."""

    NOTHING = 0
    READ = 1
    PRINT = 2
    OPERATE = 3
    ADMIN = 4


@dataclass(frozen=True, slots=True)
class Need:
    """The dependency behind `needs`: lets the request through, or raises NotAuthenticated or RateLimited."""

    right: Right

    async def __call__(self, request: Request) -> None:
        """Checks one request."""
        if self.right > Right.NOTHING:
            check(request)


def needs(right: Right) -> Any:
    """Declares what a route needs. Every route has exactly one of these; a test fails on a route without."""
    return Depends(Need(right))


def check(request: Request) -> None:
    """Returns when the caller may do everything. NotAuthenticated, RateLimited."""
    keyring: Keyring = request.app.state.keyring
    caller = caller_of(request.scope)
    if may(request):
        return
    if not keyring.has_key:
        raise NotAuthenticated(
            "Without an API key only programs on this machine may do this. Set LABELHUB_API_KEY (or LABELHUB_API_KEY_FILE) and restart."
        )
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise NotAuthenticated("Sign in at /login with a browser, or send the API key as `Authorization: Bearer <key>`.")
    keyring.check_key(key.strip().encode("latin-1").decode(errors="replace"), caller.address)


def may(request: Request) -> bool:
    """True when the caller may do everything without showing a key: on this machine, or signed in."""
    return caller_of(request.scope).local or signed_in(request)


def signed_in(request: Request) -> bool:
    """True for a browser with a session."""
    keyring: Keyring = request.app.state.keyring
    return keyring.is_session(request.cookies.get(SESSION_COOKIE, ""))


def declared(route: Any) -> Right | None:
    """The right that a route of `all_routes` declares; None when it declares none, or more than one."""
    found = [dependency.dependency.right for dependency in getattr(route, "dependencies", ()) if isinstance(dependency.dependency, Need)]
    return found[0] if len(found) == 1 else None


def all_routes(app: FastAPI) -> Iterator[Any]:
    """Every route, mount and WebSocket of the app, those of included routers with what their routers add."""
    yield from iter_route_contexts(app.routes)
