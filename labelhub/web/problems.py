"""The page behind the `type` of every problem: what it means and what to do, straight from the error class."""

from __future__ import annotations

from inspect import cleandoc
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import Response

from labelhub.errors import HubError, NotAuthenticated, NotFound, all_errors
from labelhub.http.rights import Right, needs
from labelhub.web.look import words_for
from labelhub.web.pages import page
from labelhub.web.paths import local_path

router = APIRouter(include_in_schema=False)


@router.get("/problems/{slug}", dependencies=[needs(Right.NOTHING)])
def get_problem(slug: str, request: Request) -> Response:
    """The explanation of one kind of problem."""
    kind = next((kind for kind in all_errors() if kind.slug == slug), None)
    if kind is None:
        raise NotFound(f"There is no problem {slug[:60]!r}.")
    return page(request, "problem.html", **_values(request, kind))


def fault_page(error: HubError, request: Request) -> Response:
    """The page of a problem that somebody ran into who reads pages, with what happened this time."""
    sign_in = isinstance(error, NotAuthenticated) and request.app.state.keyring.has_key
    values = _values(request, type(error)) | {"detail": error.detail, "back": _before(request), "sign_in": sign_in}
    return page(request, "fault.html", status=error.http_status, **values)


def _before(request: Request) -> str:
    """The page of this hub that the request came from; "" when it came from none, or from itself."""
    try:
        came = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return ""
    path = local_path(came.path + (f"?{came.query}" if came.query else ""))
    own = came.netloc == request.headers.get("host", "")
    return path if own and not (request.method == "GET" and came.path == request.url.path) else ""


def _values(request: Request, kind: type[HubError]) -> dict[str, Any]:
    title = words_for(request).of("problem", kind.slug, kind.title)
    return {"title": title, "slug": kind.slug, "problem_status": kind.status, "paragraphs": text_of(kind)}


def text_of(kind: type[HubError]) -> list[str]:
    """The paragraphs of an error's docstring."""
    return [" ".join(paragraph.split()) for paragraph in cleandoc(kind.__doc__ or kind.title).split("\n\n")]
