"""Printing: from a thing, a text or a template to the exact label, and from there to the printer, without JavaScript too.

`/print` is where one begins: a search in the connected systems, a text, a template. `/print/label` is the label itself: its
picture as it will come out, which printer, how many. With JavaScript the picture follows what is typed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from labelhub.http.rights import Right, needs
from labelhub.http.running import CallerName, Running
from labelhub.hub import Hub
from labelhub.integrations.integration import Item
from labelhub.labels import store as templates
from labelhub.labels.store import StoredTemplate
from labelhub.labels.template import Template
from labelhub.web.cards import cards_of
from labelhub.web.catalogue import Words
from labelhub.web.choosing import choices_of, for_loaded, for_thing, holds, shown
from labelhub.web.forms import sent_form
from labelhub.web.label_form import LabelForm, typed
from labelhub.web.look import words_for
from labelhub.web.once import once_of
from labelhub.web.pages import is_part, page
from labelhub.web.said import done
from labelhub.web.tiles import Tile, searched, thing_of

router = APIRouter(include_in_schema=False)

TEXT_TEMPLATE = "any-text"
SHOWN_TEMPLATES = 6
MAX_QUERY = 200


@dataclass(frozen=True, slots=True)
class Thing:
    """The thing a label is for: what kind of thing it is, and the name of the system that has it."""

    tile: Tile
    type: str
    system: str


@router.get("/print", dependencies=[needs(Right.READ)])
async def begin(hub: Running, request: Request, q: str = "", app: str = "", cursor: str = "") -> Response:
    """Where printing begins. A system that cannot be asked says so in its place."""
    t = words_for(request)
    systems = [one for one in await hub.connections.every() if one.kind in hub.connections.kinds]
    answering = [one for one in systems if hub.connections.seen(one.name).state != "failed"]
    chosen = next((one for one in systems if one.name == app), next(iter([*answering, *systems]), None))
    found = await searched(hub, chosen.name, q[:MAX_QUERY].strip(), cursor[:MAX_QUERY] or None) if chosen else None
    cards = [card for card in await cards_of(hub, t) if card.printer.enabled]
    loaded = [card.media for card in cards if card.media is not None]
    offered = for_loaded(await hub.database.read(templates.every), loaded)[:SHOWN_TEMPLATES]
    on = {one.key: next(card.printer.slug for card in cards if holds(card, one)) for one in offered}
    return page(
        request, "print.html", t=t, q=q[:MAX_QUERY], systems=systems, chosen=chosen, found=found, cards=cards,
        kinds={name: kind.title for name, kind in hub.connections.kinds.items()},
        offered=offered, queries={key: f"?printer={slug}" for key, slug in on.items()},
        text_template=TEXT_TEMPLATE,
    )  # fmt: skip


@router.get("/print/label", dependencies=[needs(Right.READ)])
async def label(hub: Running, request: Request) -> Response:
    """The label of a template, or of a thing by the template that suits it best. TemplateNotFound, ItemNotFound, IntegrationError."""
    if code := request.query_params.get("code", "").strip():
        item = await hub.lookup.resolve(code)
        return RedirectResponse(f"{thing_of(item).label}&{urlencode({'template': request.query_params.get('template', '')})}", 303)
    return await label_page(hub, request, LabelForm.read(request.query_params))


async def label_page(hub: Hub, request: Request, form: LabelForm, item: Item | None = None) -> Response:
    """The page of a label; `item` is the thing of the form, where it is known already. Errors as `label`."""
    t = words_for(request)
    every = await hub.database.read(templates.every)
    thing: Thing | None = None
    suit: list[Template] = []
    if form.app and form.id and not (is_part(request) and form.filled):  # what was typed since needs no asking
        form, thing, suit = await _for_thing(hub, form, item or await hub.lookup.item(form.app, form.id), every, t)
    stored = await hub.database.read(templates.get, form.template or TEXT_TEMPLATE)
    form = replace(form, template=stored.template.key)
    choices = await choices_of(hub, t, stored.template, form.printer)
    chosen = next((choice for choice in choices if choice.chosen), None)
    wish = form.wish(stored.template, "", chosen.card.printer.slug if chosen else None)
    begun = any(map(str.strip, form.fields.values())) or not stored.template.fields
    return page(
        request, "label.html", t=t, form=form, stored=stored, item=thing, suiting=suit, choices=choices,
        chosen=chosen, shown=await shown(hub, wish) if begun else None, kept=_query(form), any_printer=bool(hub.printers),
    )  # fmt: skip


@router.post("/print/label", dependencies=[needs(Right.PRINT)])
async def print_label(hub: Running, request: Request, caller: CallerName, key: Annotated[str, Form()] = "") -> Response:
    """Print it, then the page that shows it becoming printed. Errors as `Hub.submit`."""
    given = await sent_form(request)
    form = LabelForm.read(given)
    stored = await hub.database.read(templates.get, form.template or TEXT_TEMPLATE)
    meant = repr(sorted((name, value) for name, value in given.items() if isinstance(value, str) and name != "key"))
    job = await hub.submit(form.wish(stored.template, caller), once_of(key, meant))
    return done(f"/jobs/{job.id}", "label-accepted")


async def _for_thing(
    hub: Hub, form: LabelForm, item: Item, every: list[StoredTemplate], t: Words
) -> tuple[LabelForm, Thing, list[Template]]:
    """The form with the fields of its thing in it, the thing, and the templates that suit it; what was typed is kept."""
    loaded = [media for printer in hub.printers if (media := hub.board.of(printer.id).media) is not None]
    connection = await hub.connections.get(form.app)
    suit = for_thing(item, connection.kind, every, loaded)
    key = form.template or (suit[0].key if suit else TEXT_TEMPLATE)
    if form.filled != key:
        stored = await hub.database.read(templates.get, key)
        form = replace(form, template=key, filled=key, fields=typed(stored.template, item.fields))
    kind = hub.connections.kinds.get(connection.kind)
    return form, Thing(thing_of(item), t.of("thing_type", item.type, item.type), kind.title if kind else connection.kind), suit


def _query(form: LabelForm) -> dict[str, Any]:
    """What the form keeps beside its visible fields."""
    return {name: value for name in ("app", "id", "filled") if (value := getattr(form, name))}
