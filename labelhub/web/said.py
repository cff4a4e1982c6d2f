"""What the page after a form says was done, once: the key of a text, in a cookie that the next page takes away."""

from __future__ import annotations

import re

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from labelhub.web.catalogue import Words
from labelhub.web.paths import local_path

COOKIE = "labelhub_said"
KEPT_S = 30
_WORD = re.compile(r"[a-z0-9-]{1,40}")


def done(path: str, word: str | None = None) -> Response:
    """Back to a page of this hub, which says `said.<word>` of the catalogue."""
    answer = RedirectResponse(local_path(path), 303)
    if word is not None:
        answer.set_cookie(COOKIE, word, max_age=KEPT_S, path="/", httponly=True, samesite="strict")
    return answer


def silent(request: Request) -> bool:
    """True where what was done waits for somebody who does not answer."""
    return request.cookies.get(COOKIE, "").endswith("-silent")


def said(request: Request, t: Words) -> str:
    """What the form before this page did; "" when there was none."""
    word = request.cookies.get(COOKIE, "")
    return t.of("said", word, "") if _WORD.fullmatch(word) else ""
