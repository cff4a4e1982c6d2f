"""Templates: what can be printed."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from labelhub.api.pictures import PNG, png_answer
from labelhub.api.schemas import TemplateOut
from labelhub.errors import MediaUnsupported, TemplateNotFound
from labelhub.http.problems import responses
from labelhub.http.rights import Right, needs
from labelhub.http.running import Running
from labelhub.labels import store

router = APIRouter(prefix="/api/templates", tags=["templates"])


@router.get("", dependencies=[needs(Right.READ)], summary="All templates")
async def list_templates(
    hub: Running, app: Annotated[Literal["snipeit", "grocy", "spoolman", "generic"] | None, Query()] = None
) -> list[TemplateOut]:
    """By key, or those made for one app."""
    return [TemplateOut.of(stored) for stored in await hub.database.read(store.every, app)]


@router.get("/{key}", dependencies=[needs(Right.READ)], responses=responses(TemplateNotFound), summary="One template")
async def get_template(key: str, hub: Running) -> TemplateOut:
    """By key."""
    return TemplateOut.of(await hub.database.read(store.get, key))


@router.get(
    "/{key}/preview.png",
    dependencies=[needs(Right.READ)],
    responses=PNG | responses(TemplateNotFound, MediaUnsupported),
    response_class=Response,
    summary="A template as a picture",
)
async def template_picture(key: str, hub: Running) -> Response:
    """With the template's own example fields."""
    stored = await hub.database.read(store.get, key)
    return png_answer(await hub.submitter.sample(stored))
