"""Look: the language and the brightness that a person chose, kept in cookies of their browser."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from labelhub.http.callers import caller_of
from labelhub.http.rights import Right, needs
from labelhub.web.catalogue import LANGUAGES, Words, accepted, words
from labelhub.web.paths import local_path

router = APIRouter(include_in_schema=False)

LANGUAGE_COOKIE, THEME_COOKIE = "labelhub_language", "labelhub_theme"
THEMES = ("light", "dark")
KEPT_S = 365 * 24 * 3600


def words_for(request: Request) -> Words:
    """The catalogue in the language that was chosen or, before that, that the browser asks for."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    return words(chosen if chosen in LANGUAGES else accepted(request.headers.get("accept-language", "")))


def theme_for(request: Request) -> str:
    """`light` or `dark` where it was chosen, "" where the device decides."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else ""


@router.post("/look", dependencies=[needs(Right.NOTHING)])
async def choose(
    request: Request,
    next: Annotated[str, Form()] = "/more",
    language: Annotated[str | None, Form()] = None,
    theme: Annotated[str | None, Form()] = None,
) -> Response:
    """Keeps what was chosen, and forgets it for a word that is none of the choices."""
    answer = RedirectResponse(local_path(next), 303)
    for name, value, choices in ((LANGUAGE_COOKIE, language, tuple(LANGUAGES)), (THEME_COOKIE, theme, THEMES)):
        if value in choices:
            secure = caller_of(request.scope).scheme == "https"
            answer.set_cookie(name, value, max_age=KEPT_S, path="/", httponly=True, samesite="lax", secure=secure)
        elif value is not None:
            answer.delete_cookie(name, path="/", httponly=True, samesite="lax")
    return answer
