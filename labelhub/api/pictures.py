"""A label as a picture: 1-bit PNG, one pixel a dot, in reading direction."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from labelhub.errors import BarcodeInvalid, FieldMissing, LabelTooLong, MediaUnsupported, TemplateInvalid
from labelhub.labels.page import Page
from labelhub.labels.render import png

PNG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/png": {}}, "description": "One pixel a dot, in reading direction"}}
DRAWING_ERRORS = (FieldMissing, LabelTooLong, BarcodeInvalid, TemplateInvalid, MediaUnsupported)
KEPT_S = 24 * 3600


def png_answer(page: Page, *, final: bool = False) -> Response:
    """The page, with its length in mm in a header. `final`: it will never look different, so a browser may keep it."""
    keep = f"private, max-age={KEPT_S}, immutable" if final else "no-store"
    headers = {"x-label-length-mm": f"{page.length_mm:.1f}", "cache-control": keep}
    return Response(png(page.raster, turned=page.turned), media_type="image/png", headers=headers)
