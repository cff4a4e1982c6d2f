"""Signing in with a browser: the API key becomes a session cookie. Plain forms, no script."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from labelhub.auth import SESSION_S, Keyring
from labelhub.errors import NotAuthenticated
from labelhub.http.callers import caller_of
from labelhub.http.rights import SESSION_COOKIE, Right, needs
from labelhub.web.pages import page
from labelhub.web.paths import local_path

router = APIRouter(include_in_schema=False)


@router.get("/login", dependencies=[needs(Right.NOTHING)])
async def get_login(request: Request, next: str = "/") -> Response:
    """The form."""
    return _form(request, next)


@router.post("/login", dependencies=[needs(Right.NOTHING)])
async def post_login(request: Request, key: Annotated[str, Form()] = "", next: Annotated[str, Form()] = "/") -> Response:
    """Trades the key for a cookie. RateLimited after too many wrong ones."""
    keyring: Keyring = request.app.state.keyring
    caller = caller_of(request.scope)
    try:
        keyring.check_key(key.strip(), caller.address)
    except NotAuthenticated as error:
        return _form(request, next, fault=error.detail, status=error.status)
    answer = RedirectResponse(local_path(next), 303)
    answer.set_cookie(
        SESSION_COOKIE, keyring.new_session(), max_age=SESSION_S, path="/", httponly=True, samesite="lax", secure=caller.scheme == "https"
    )
    return answer


@router.post("/logout", dependencies=[needs(Right.NOTHING)])
async def post_logout() -> Response:
    """Takes the cookie back."""
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax")
    return answer


def _form(request: Request, next_path: str, *, fault: str = "", status: int = 200) -> Response:
    keyring: Keyring = request.app.state.keyring
    return page(request, "login.html", status=status, next_path=local_path(next_path), fault=fault, has_key=keyring.has_key)
