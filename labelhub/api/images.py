"""Pictures that users store, for templates to show by name."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from fastapi import APIRouter, Request, Response

from labelhub import errors
from labelhub.api.template_schemas import ImageOut
from labelhub.errors import ImageNotFound, ValidationFailed
from labelhub.http.problems import responses
from labelhub.http.rights import Right, needs
from labelhub.http.running import CallerName, Running
from labelhub.labels import image_store as store
from labelhub.labels.image_store import Upload
from labelhub.labels.images import decoded
from labelhub.labels.images_head import MAX_SOURCE_BYTES, head

router = APIRouter(prefix="/api/images", tags=["templates"])

READ, OPERATE = needs(Right.READ), needs(Right.OPERATE)
NAME = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+){0,15}")
MAX_NAME = 64
MAX_BYTES = MAX_SOURCE_BYTES
TYPES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp", "svg": "image/svg+xml", "pdf": "application/pdf"}
DRAWINGS = ("svg", "pdf")
"""They might do more in a browser than be looked at: it is told to save them."""
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file as it is, at most 10 MiB; its bytes say what it is.",
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in (*TYPES.values(), "application/octet-stream")},
    }
}
CONTENT: dict[int | str, dict[str, Any]] = {200: {"content": {kind: {} for kind in TYPES.values()}, "description": "As it was given"}}
MADE: dict[int | str, dict[str, Any]] = {201: {"model": ImageOut, "description": "Made"}}


@router.get("", dependencies=[READ], summary="All pictures")
async def list_images(hub: Running) -> list[ImageOut]:
    """By name."""
    return [ImageOut.of(image) for image in await hub.database.read(store.every)]


@router.get("/{name}", dependencies=[READ], responses=CONTENT | responses(ImageNotFound), response_class=Response, summary="One picture")
async def get_image(name: str, hub: Running, request: Request) -> Response:
    """As it was given."""
    image, content = await hub.database.read(store.content, name)
    headers = {"etag": f'"{image.digest[:32]}"', "cache-control": "private, no-cache"}
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if image.kind in DRAWINGS:
        headers["content-disposition"] = f'attachment; filename="{image.name}.{image.kind}"'
    return Response(content, media_type=TYPES[image.kind], headers=headers)


@router.put(
    "/{name}",
    dependencies=[OPERATE],
    responses=MADE | responses(errors.ImageInvalid, errors.TooManyImages, errors.TemplateInvalid, ValidationFailed),
    openapi_extra=BODY,
    summary="Store a picture",
)
async def put_image(name: str, hub: Running, caller: CallerName, request: Request, response: Response) -> ImageOut:
    """PNG, JPEG, WebP, SVG or PDF, looked at before it is kept. Templates that show it get a new version; jobs keep the old one."""
    if len(name) > MAX_NAME or not NAME.fullmatch(name):
        fault = f"must be small letters and digits, in words joined by - _ or ., of at most {MAX_NAME} characters"
        raise ValidationFailed(f"the name of a picture {fault}", errors=[{"pointer": "", "parameter": "path.name", "detail": fault}])
    content = await request.body()
    async with hub.looking:
        new = await asyncio.to_thread(_looked_at, content)
    image, made = await hub.database.write(store.put, name, new, caller, hub.clock())
    if made:
        response.status_code = 201
        response.headers["location"] = f"/api/images/{name}"
    return ImageOut.of(image)


@router.delete(
    "/{name}",
    dependencies=[OPERATE],
    status_code=204,
    response_class=Response,
    responses=responses(ImageNotFound, errors.ImageInUse),
    summary="Delete a picture",
)
async def delete_image(name: str, hub: Running) -> None:
    """Refused while a template shows it. Jobs keep the pictures they were submitted with."""
    await hub.database.write(store.remove, name)


def _looked_at(content: bytes) -> Upload:
    """The picture, decoded once to see that it can be. ImageInvalid."""
    found = head(content)
    decoded(content)
    return Upload(content, found.kind, found.width, found.height)
