"""Scanning: a code from a camera, a scanner, a keyboard or a photo becomes the label of the thing it means.

A camera's pictures and, with JavaScript, a photo are read in the browser by the very reader that checks every label before it is
printed; without JavaScript the photo comes here.
"""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode

from fastapi import APIRouter, Request, UploadFile
from fastapi.responses import RedirectResponse, Response

from labelhub.errors import HubError, ImageInvalid, IntegrationError, ItemNotFound
from labelhub.http.rights import Right, needs
from labelhub.http.running import Running
from labelhub.labels.images import decoded
from labelhub.labels.images_head import MAX_SOURCE_BYTES
from labelhub.late import zxingcpp
from labelhub.web.assets import address_of
from labelhub.web.look import words_for
from labelhub.web.pages import page
from labelhub.web.tiles import thing_of

router = APIRouter(include_in_schema=False)

PATH = "/scan"
MAX_BYTES = MAX_SOURCE_BYTES + 64 * 1024
"""Of a form with a photo in it."""
MAX_CODE = 2000
READS_WASM = {"script_src": "'self' 'wasm-unsafe-eval'"}
"""This page alone: the reader is WebAssembly."""
CODE_TEMPLATE = "any-qr"
"""For a code that means nothing to any system."""


@router.get(PATH, dependencies=[needs(Right.READ)])
async def scan(hub: Running, request: Request, code: str = "") -> Response:
    """The page; with a code the label of what it means, or why there is none."""
    code = code.strip()[:MAX_CODE]
    if not code:
        return await _page(hub, request)
    try:
        item = await hub.lookup.resolve(code)
    except (ItemNotFound, IntegrationError) as error:
        return await _page(hub, request, code, error)
    return RedirectResponse(thing_of(item).label, 303)


@router.post(PATH, dependencies=[needs(Right.READ)])
async def scan_photo(hub: Running, request: Request, photo: UploadFile) -> Response:
    """The same with the code on a photo. A photo without one says so on the page."""
    source = await photo.read(MAX_SOURCE_BYTES + 1)
    try:
        async with hub.looking:
            code = await asyncio.to_thread(code_on, source)
    except ImageInvalid as error:
        return await _page(hub, request, fault=error)
    return RedirectResponse(f"{PATH}?{urlencode({'code': code})}", 303)


def code_on(source: bytes) -> str:
    """The text of the code on a photo, of the largest where there are several. ImageInvalid."""
    found = [one for one in zxingcpp.read_barcodes(decoded(source).convert("L")) if one.valid and one.text]
    if not found:
        raise ImageInvalid("no code can be read on this photo; go nearer, let the code fill a third of the picture, and avoid shadows")
    return max(found, key=_size).text[:MAX_CODE]


def _size(one: zxingcpp.Barcode) -> int:
    across = one.position.top_left, one.position.bottom_right
    return abs(across[0].x - across[1].x) + abs(across[0].y - across[1].y)


async def _page(hub: Running, request: Request, code: str = "", fault: HubError | None = None) -> Response:
    systems = [one for one in await hub.connections.every() if one.kind in hub.connections.kinds]
    as_label = f"/print/label?{urlencode({'template': CODE_TEMPLATE, 'f.qr_payload': code})}" if code else ""
    reader, wasm = address_of("zxing/reader.js", "vendor"), address_of("zxing/zxing_reader.wasm", "vendor")
    return page(
        request, "scan.html", t=words_for(request), sources=READS_WASM, status=fault.http_status if fault else 200, code=code,
        fault=fault, systems=systems, as_label=as_label, reader=reader, wasm=wasm,
    )  # fmt: skip
