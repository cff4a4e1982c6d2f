"""Pages: HTML from the templates of this folder, each under the strict content policy, in the language of whoever looks.

A page that changes by itself has two templates: `queue.html` is all of it and includes `queue_live.html`, the part that a
script asks for again with the header `X-Part: live`. Both get the same values.
"""

from __future__ import annotations

import gzip
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

import labelhub
from labelhub.http.headers import page_policy
from labelhub.http.rights import may, signed_in
from labelhub.web import nav
from labelhub.web.assets import address_of
from labelhub.web.catalogue import LANGUAGES, Words
from labelhub.web.icons import icon
from labelhub.web.look import theme_for, words_for
from labelhub.web.media_look import media_picture, media_text, need_text
from labelhub.web.once import form_key
from labelhub.web.said import COOKIE, said, silent

if TYPE_CHECKING:
    from jinja2 import Environment

PART_HEADER = "x-part"
ZIPPED_BYTES = 1000
"""A smaller page fits one packet as it is."""


def page(
    request: Request, template: str, *, status: int = 200, sources: dict[str, str] | None = None, t: Words | None = None, **values: Any
) -> HTMLResponse:
    """The page that a template makes of the values. `sources` changes single sources of `http.headers.page_policy`.

    Never kept by a cache: what it shows is for this moment and this person.
    """
    t = t or words_for(request)
    live = template.replace(".html", "_live.html")
    if is_part(request) and live in _live_parts():  # of a fault there is none: its answer is the same for a script as for a person
        html = _templates().get_template(live).render(t=t, **_shared(request, t), **values)
        return _answer(request, html, status, sources)
    told = said(request, t)
    html = _templates().get_template(template).render(t=t, said=told, said_silent=silent(request), **_shared(request, t), **values)
    answer = _answer(request, html, status, sources)
    if told:
        answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return answer


def is_part(request: Request) -> bool:
    """True when the script of a page asks for the part of it that changes by itself."""
    return request.headers.get(PART_HEADER) == "live"


def _shared(request: Request, t: Words) -> dict[str, Any]:
    """What every template may use beside its own values."""
    return {
        "version": labelhub.__version__,
        "theme": theme_for(request),
        "languages": LANGUAGES,
        "inside": may(request),
        "signed_in": signed_in(request),
        "entries": nav.entries(request),
        "is_here": lambda entry: nav.is_here(request, entry),
        "serves": lambda path: nav.serves(request, path),
        "here": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        "moment": moment,
        "told": lambda text: t.of("template_text", text, text),
        "media_text": lambda media: media_text(media, t),
        "need_text": lambda need: need_text(need, t),
        "media_picture": lambda media, printing=False: media_picture(media, t, printing=printing),
    }


def moment(at: datetime) -> Markup:
    """A time, which the script writes in the zone and the way of whoever looks."""
    return Markup('<time datetime="{}" data-local>{}</time>').format(at.isoformat(), f"{at:%Y-%m-%d %H:%M:%S} UTC")


def _answer(request: Request, html: str, status: int, sources: dict[str, str] | None) -> HTMLResponse:
    headers = {"cache-control": "no-store", **page_policy(**(sources or {}))}
    content = html.encode()
    if len(content) > ZIPPED_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
        return HTMLResponse(gzip.compress(content, 5, mtime=0), status, headers | {"content-encoding": "gzip"})
    return HTMLResponse(content, status, headers)


@cache
def _templates() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    found = Environment(
        loader=PackageLoader("labelhub.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    found.globals |= {"icon": icon, "asset": address_of, "form_key": form_key}
    return found


@cache
def _live_parts() -> frozenset[str]:
    return frozenset(name for name in _templates().list_templates() if name.endswith("_live.html"))
