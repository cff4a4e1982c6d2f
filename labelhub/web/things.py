"""The page a label's code leads to on a phone: the thing, a link into its app, how the printers are, and a button that prints.

It is the page of the thing's label. Opening it prints nothing, however it was reached: `/asset/...`, `/loc/...`, `/product/...`,
`/spool/...` from codes, `/p/...` from links.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from labelhub.errors import IntegrationNotFound
from labelhub.http.rights import Right, needs
from labelhub.http.running import Running
from labelhub.hub import Hub
from labelhub.integrations.integration import Item
from labelhub.web.label_form import LabelForm
from labelhub.web.pages import is_part
from labelhub.web.printing import label_page

router = APIRouter(include_in_schema=False)

READ = [needs(Right.READ)]
Choice = Annotated[str, Query(max_length=100)]


@router.get("/asset/{id:path}", dependencies=READ)
@router.get("/loc/{id:path}", dependencies=READ)
@router.get("/product/{id:path}", dependencies=READ)
@router.get("/spool/{id:path}", dependencies=READ)
async def landing(id: str, hub: Running, request: Request, app: Choice = "") -> Response:
    """A thing by what its label says; `app` chooses among systems that know it. ItemNotFound, IntegrationError."""
    return await _shown(hub, request, lambda: hub.lookup.page(request.url.path.split("/")[1], id, app))


@router.get("/p/{source}/{type}/{id:path}", dependencies=READ)
async def preview(source: str, type: str, id: str, hub: Running, request: Request) -> Response:
    """A thing by system, type and id, as links of other systems name it. IntegrationNotFound, ItemNotFound, IntegrationError."""

    async def found() -> Item:
        return await hub.lookup.item(await _named(hub, source), id, type)

    return await _shown(hub, request, found)


async def _shown(hub: Hub, request: Request, find: Callable[[], Awaitable[Item]]) -> Response:
    form = LabelForm.read(request.query_params)
    if is_part(request) and form.filled and form.id:  # the page knows its thing, and asks for what was typed since
        return await label_page(hub, request, form)
    item = await find()
    return await label_page(hub, request, replace(form, app=item.app, id=str(item.reference)), item)


async def _named(hub: Hub, source: str) -> str:
    """The name of a connected system, or that of the first of its kind. IntegrationNotFound."""
    every = await hub.connections.every()
    for name in [one.name for one in every if one.name == source] + [one.name for one in every if one.kind == source]:
        return name
    raise IntegrationNotFound(f"no system is connected under the name {source[:80]!r}")
