"""Pages: HTML from the templates of this folder, each under the strict content policy."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

import labelhub
from labelhub.http.headers import page_policy


def page(template: str, *, status: int = 200, sources: dict[str, str] | None = None, **values: Any) -> HTMLResponse:
    """The page that a template makes of the values. `sources` changes single sources of `http.headers.page_policy`.

    Never kept by a cache: what it shows is for this moment and this person.
    """
    html = _templates().get_template(template).render(version=labelhub.__version__, **values)
    return HTMLResponse(html, status, {"cache-control": "no-store", **page_policy(**(sources or {}))})


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("labelhub.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
