"""A label as a picture: 1-bit PNG, one pixel a dot, in reading direction."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from labelhub.labels.page import Page
from labelhub.labels.render import png

PNG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/png": {}}, "description": "One pixel a dot, in reading direction"}}


def png_answer(page: Page) -> Response:
    """The page, with its length in mm in a header."""
    headers = {"x-label-length-mm": f"{page.length_mm:.1f}", "cache-control": "no-store"}
    return Response(png(page.raster, turned=page.turned), media_type="image/png", headers=headers)
