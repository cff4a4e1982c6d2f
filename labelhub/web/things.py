"""The page a label's code leads to on a phone: the thing, a link into its app, how the printers are, and a button that prints.

Opening it prints nothing, however it was reached: `/asset/...`, `/loc/...`, `/product/...`, `/spool/...` from codes, `/p/...` from links.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from labelhub.errors import FieldMissing, HubError, IntegrationNotFound, ItemNotFound
from labelhub.http.rights import Right, needs
from labelhub.http.running import CallerName, Running
from labelhub.hub import Hub
from labelhub.integrations.integration import Item
from labelhub.jobs.job import LabelOrder
from labelhub.jobs.submit import Wish
from labelhub.labels import store as templates
from labelhub.labels.render import png
from labelhub.labels.template import Template
from labelhub.web.cards import cards_of
from labelhub.web.look import words_for
from labelhub.web.once import form_key, once_of
from labelhub.web.pages import PART_HEADER, page
from labelhub.web.said import done

router = APIRouter(include_in_schema=False)

READ = [needs(Right.READ)]
OWN_LABELS = frozenset({"asset", "product", "stock", "spool", "filament"})
"""Types that the templates of their own app are drawn for; a location, say, has no asset tag to show."""
GENERAL = ("any-asset", "any-qr")
HIDDEN = frozenset({"printer-test"})
Choice = Annotated[str, Query(max_length=100)]


@dataclass(frozen=True, slots=True)
class Preview:
    """The label as it would be printed, as a `data:` URI, or why it would not."""

    picture: str = ""
    length_mm: float = 0
    fault: str = ""


@router.get("/asset/{id:path}", dependencies=READ)
@router.get("/loc/{id:path}", dependencies=READ)
@router.get("/product/{id:path}", dependencies=READ)
@router.get("/spool/{id:path}", dependencies=READ)
async def landing(id: str, hub: Running, request: Request, app: Choice = "", template: Choice = "", printer: Choice = "") -> Response:
    """A thing by what its label says; `app` chooses among systems that know it. ItemNotFound, IntegrationError."""
    if request.headers.get(PART_HEADER) == "live":
        return await _live(hub, request)
    item = await hub.lookup.page(request.url.path.split("/")[1], id, app)
    return await _shown(hub, request, item, template, printer)


@router.get("/p/{source}/{type}/{id:path}", dependencies=READ)
async def preview(
    source: str, type: str, id: str, hub: Running, request: Request, template: Choice = "", printer: Choice = ""
) -> Response:
    """A thing by system, type and id, as links of other systems name it. IntegrationNotFound, ItemNotFound, IntegrationError."""
    if request.headers.get(PART_HEADER) == "live":
        return await _live(hub, request)
    return await _shown(hub, request, await hub.lookup.item(await _named(hub, source), id, type), template, printer)


@router.post("/things/print", dependencies=[needs(Right.PRINT)])
async def print_thing(
    hub: Running,
    caller: CallerName,
    app: Annotated[str, Form(max_length=100)],
    id: Annotated[str, Form(max_length=300)],
    template: Annotated[str, Form(max_length=100)],
    printer: Annotated[str, Form(max_length=100)] = "",
    key: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Fetch it anew and print it; then the page of the job. What no printer holds now waits until it is loaded."""
    item = await hub.lookup.item(app, id)
    wish = Wish(template, (LabelOrder(dict(item.fields)),), printer or None, hold_mismatch=True, submitted_by=caller)
    job = await hub.submit(wish, once_of(key, f"{app} {id} {template} {printer}"))
    return done(f"/jobs/{job.id}", "thing-printed")


async def _named(hub: Hub, source: str) -> str:
    """The name of a connected system, or that of the first of its kind. IntegrationNotFound."""
    every = await hub.connections.every()
    for name in [one.name for one in every if one.name == source] + [one.name for one in every if one.kind == source]:
        return name
    raise IntegrationNotFound(f"no system is connected under the name {source[:80]!r}")


async def _live(hub: Hub, request: Request) -> Response:
    return page(request, "thing.html", cards=await cards_of(hub, words_for(request)))


async def _shown(hub: Hub, request: Request, item: Item, template: str, printer: str) -> Response:
    connection = await hub.connections.get(item.app)
    stored = await hub.database.read(templates.every)
    fitting = templates_for(item, connection.kind, [one.template for one in stored])
    if not fitting:
        raise ItemNotFound(f"no template is there that {item.name[:80]!r} could be printed with")
    chosen, default_printer = _chosen(hub, fitting, template)
    printer = printer or default_printer
    kind = hub.connections.kinds.get(connection.kind)
    return page(
        request, "thing.html", cards=await cards_of(hub, words_for(request)), item=item, title=kind.title if kind else connection.kind,
        identifier=str(item.reference), templates=fitting, chosen=chosen.key, printer=printer,
        printers=[one for one in hub.printers if one.enabled], preview=await _preview(hub, item, chosen, printer),
        key=form_key(), path=request.url.path, lines=item.fields.get("secondary", []), picture=item.image_path,
    )  # fmt: skip


def templates_for(item: Item, kind: str, every: Iterable[Template]) -> list[Template]:
    """Those that the thing fills: first its own app's, where they are drawn for things like it, then those for any thing."""
    filled = [template for template in every if template.key not in HIDDEN and _fills(item, template)]
    own = [template for template in filled if template.app == kind and item.type in OWN_LABELS]
    general = [template for template in filled if template.app == "generic"]
    # A location has a name, and no tag that is to be the largest.
    first = GENERAL if item.type not in ("location", "stocklocation") else GENERAL[::-1]
    general.sort(key=lambda template: (first.index(template.key) if template.key in first else len(first), template.key))
    return own + general


def _fills(item: Item, template: Template) -> bool:
    try:
        template.check_fields(item.fields)
    except FieldMissing:
        return False
    return True


def _chosen(hub: Hub, fitting: list[Template], key: str) -> tuple[Template, str]:
    """The template that was asked for, else the first that a printer could print now; with that printer's slug, "" for none."""
    wanted = [template for template in fitting if template.key == key] or fitting
    for template in wanted:
        for printer in hub.printers:
            media = hub.board.of(printer.id).media
            if printer.enabled and media is not None and template.takes(media):
                return template, printer.slug
    return wanted[0], ""


async def _preview(hub: Hub, item: Item, template: Template, printer: str) -> Preview:
    wish = Wish(template.key, (LabelOrder(dict(item.fields)),), printer or None)
    try:
        proof = await hub.proofs.preview(wish)
    except HubError as error:
        return Preview(fault=error.detail)
    picture = png(proof.page.raster, turned=proof.page.turned)
    return Preview(f"data:image/png;base64,{base64.b64encode(picture).decode()}", proof.page.length_mm)
