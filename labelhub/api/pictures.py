"""A label as a picture: 1-bit PNG, one pixel a dot, in reading direction; or as SVG of its own size, or with what is around it."""

from __future__ import annotations

import asyncio
import io
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response

from labelhub.errors import (
    BarcodeInvalid,
    FieldMissing,
    FontInvalid,
    GlyphMissing,
    ImageInvalid,
    LabelTooLong,
    MediaUnsupported,
    TemplateInvalid,
)
from labelhub.labels.page import Page
from labelhub.labels.proof import MAX_SCALE, Look, Proof, drawn
from labelhub.labels.render import png
from labelhub.labels.svg import svg

SVG = "image/svg+xml"
HEADERS: dict[str, Any] = {
    "X-Label-Length-Mm": {"schema": {"type": "number"}, "description": "The length of what is printed, along the feed."},
    "X-Label-Media": {"schema": {"type": "string"}, "description": "What it is drawn for: `12mm`, `29x90mm`."},
}
PNG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/png": {}}, "description": "One pixel a dot, in reading direction"}}
PICTURES: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"image/png": {}, SVG: {}},
        "headers": HEADERS,
        "description": "PNG, one pixel a dot unless `scale` says otherwise; with `Accept: image/svg+xml` an SVG of the label's own size",
    }
}
DRAWING_ERRORS = (FieldMissing, FontInvalid, GlyphMissing, ImageInvalid, LabelTooLong, BarcodeInvalid, TemplateInvalid, MediaUnsupported)
KEPT_S = 24 * 3600


async def _look(
    ruler: Annotated[bool, Query(description="A scale in mm beside the label.")] = False,
    frame: Annotated[bool, Query(description="The whole width of the media; what cannot be printed on is shaded.")] = False,
    scale: Annotated[int, Query(ge=1, le=MAX_SCALE, description="Pixels a dot in a PNG; fewer where it would be huge.")] = 1,
) -> Look:
    return Look(ruler, frame, scale)


Looking = Annotated[Look, Depends(_look)]


def png_answer(page: Page, *, final: bool = False) -> Response:
    """The page, with its length in mm in a header. `final`: it will never look different, so a browser may keep it."""
    keep = f"private, max-age={KEPT_S}, immutable" if final else "no-store"
    headers = {"x-label-length-mm": f"{page.length_mm:.1f}", "cache-control": keep}
    return Response(png(page.raster, turned=page.turned), media_type="image/png", headers=headers)


async def proof_answer(proof: Proof, look: Look, *, as_svg: bool = False) -> Response:
    """The proof as PNG or SVG. With a plain look the PNG has the very dots and nothing else."""
    headers = {"x-label-length-mm": f"{proof.page.length_mm:.1f}", "x-label-media": proof.media.name, "cache-control": "no-store"}
    headers["vary"] = "Accept"
    if as_svg:
        headers["content-security-policy"] = "default-src 'none'; img-src data:; frame-ancestors 'none'"
        return Response((await asyncio.to_thread(svg, proof, look)).encode(), media_type=SVG, headers=headers)
    if look.plain:
        return Response(png(proof.page.raster, turned=proof.page.turned), media_type="image/png", headers=headers)
    return Response(await asyncio.to_thread(_png, proof, look), media_type="image/png", headers=headers)


def wants_svg(request: Request) -> bool:
    """True when SVG is named in Accept before whatever a PNG would be."""
    for entry in request.headers.get("accept", "").lower().split(","):
        kind = entry.partition(";")[0].strip()
        if kind == SVG:
            return True
        if kind in ("image/png", "image/*", "*/*"):
            return False
    return False


def _png(proof: Proof, look: Look) -> bytes:
    out = io.BytesIO()
    drawn(proof, look).save(out, "PNG", optimize=False)
    return out.getvalue()
