"""Things of connected systems: one, a search, a picture, and what a scanned code means."""

from __future__ import annotations

import asyncio
import io
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from labelhub import errors
from labelhub.api.integration_schemas import ItemOut
from labelhub.http.problems import responses
from labelhub.http.rights import Right, needs
from labelhub.http.running import Running
from labelhub.labels.images import decoded

router = APIRouter(tags=["things of other systems"])

READ = needs(Right.READ)
MAX_SEARCH = 50


def failing(*kinds: type[errors.HubError]) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route that asks a connected system: 502, or 504 when it is too slow."""
    found = responses(*kinds, errors.ItemNotFound, errors.IntegrationError)
    return found | {504: found[502]}


LOST = failing(errors.IntegrationNotFound)
Identifier = Annotated[str, Query(max_length=40, description="One of the system's types; left out: what the id says by itself.")]
PICTURE: dict[int | str, dict[str, Any]] = {200: {"content": {"image/png": {}}, "description": "At most 2 million pixels"}}


@router.get("/api/lookup/{app}", dependencies=[READ], responses=LOST, summary="Search a connected system")
async def search(
    app: str,
    hub: Running,
    request: Request,
    response: Response,
    q: Annotated[str, Query(max_length=200, description="A name, number or the like; left out: everything.")] = "",
    type: Identifier = "",
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_SEARCH)] = 25,
) -> list[ItemOut]:
    """One page; the next is in `Link` with rel="next"."""
    found = await hub.lookup.search(app, q.strip(), cursor, limit, type)
    if found.cursor is not None:
        asked = {"q": q, "type": type, "limit": str(limit), "cursor": found.cursor}
        query = urlencode({name: value for name, value in asked.items() if value})
        response.headers["link"] = f'<{request.url.path}?{query}>; rel="next"'
    return [ItemOut.of(item) for item in found.items]


@router.get(
    "/api/lookup/{app}/{id:path}/image",
    dependencies=[READ],
    responses=PICTURE | failing(errors.IntegrationNotFound, errors.ImageInvalid),
    response_class=Response,
    summary="A thing's picture",
)
async def get_image(app: str, id: str, hub: Running, type: Identifier = "") -> Response:
    """Decoded and written anew as PNG, whatever the system keeps."""
    source = await hub.lookup.image(app, id, type)
    async with hub.looking:
        picture = await asyncio.to_thread(_png, source)
    return Response(picture, media_type="image/png", headers={"cache-control": "private, max-age=300"})


@router.get("/api/lookup/{app}/{id:path}", dependencies=[READ], responses=LOST, summary="A thing of a connected system")
async def get_item(app: str, id: str, hub: Running, type: Identifier = "") -> ItemOut:
    """`id` is what a person would type (a tag, a number), `type:id`, or any code of the system. A slash in it stays as it is."""
    return ItemOut.of(await hub.lookup.item(app, id, type))


@router.get("/api/resolve", dependencies=[READ], responses=failing(), summary="What a scanned code means")
async def resolve(hub: Running, code: Annotated[str, Query(max_length=2000, description="The text, as it was scanned.")]) -> ItemOut:
    """The thing: by the form of the code or, where it has none, by asking every connected system for it."""
    return ItemOut.of(await hub.lookup.resolve(code))


def _png(source: bytes) -> bytes:
    """The picture upright and on white. ImageInvalid."""
    out = io.BytesIO()
    decoded(source).save(out, "PNG")
    return out.getvalue()
