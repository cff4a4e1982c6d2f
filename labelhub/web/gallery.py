"""Templates: all of them as pictures, and one with its text, its fields, how it looks on every media, and its versions."""

from __future__ import annotations

import asyncio
from itertools import zip_longest
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from labelhub.errors import HubError, TemplateChanged, TemplateInvalid
from labelhub.http.rights import Right, needs
from labelhub.http.running import CallerName, Running
from labelhub.hub import Hub
from labelhub.jobs.proofs import On
from labelhub.labels import store
from labelhub.labels.own_fonts import faces_with
from labelhub.labels.store import Expected, StoredTemplate
from labelhub.labels.template import Template
from labelhub.labels.texts import check_fonts
from labelhub.labels.written import written, yaml_of
from labelhub.media import Media
from labelhub.web.choosing import NO_LABELS, colored
from labelhub.web.look import words_for
from labelhub.web.pages import page
from labelhub.web.said import done

router = APIRouter(include_in_schema=False, prefix="/templates")

READ, OPERATE = [needs(Right.READ)], [needs(Right.OPERATE)]
APPS = ("generic", "snipeit", "grocy", "spoolman")
SHOWN_MEDIA = 8
MAX_TEXT = 64 * 1024
KEPT_S = 60
Word = Annotated[str, Query(max_length=100)]
Typed = Annotated[str, Form(max_length=MAX_TEXT)]


@router.get("", dependencies=READ)
async def gallery(hub: Running, request: Request, app: Word = "", media: Word = "", q: Word = "") -> Response:
    """All templates as pictures, or those of a system, for a media, or with a word in their names."""
    t = words_for(request)
    there = media_here(hub)
    model, wanted = there.get(media, ("", None))
    found = [one for one in await hub.database.read(store.every) if one.template.key not in NO_LABELS]
    if app in APPS:
        found = [one for one in found if one.template.app == app]
    if wanted is not None:
        found = [one for one in found if one.template.takes(wanted)]
    if q.strip():
        found = [one for one in found if q.strip().lower() in f"{one.template.key} {one.template.name}".lower()]
    found.sort(key=lambda one: (one.source != store.USER, APPS.index(one.template.app), bool(one.template.media), one.template.key))
    query = f"?model={model}&media={media}" if wanted is not None else ""
    return page(
        request, "templates.html", t=t, found=found, apps=APPS, app=app, media=media if wanted else "", q=q.strip(), query=query,
        medias={name: one[1] for name, one in there.items()},
    )  # fmt: skip


@router.get("/{key}/picture.png", dependencies=READ)
async def picture(key: str, hub: Running, printer: Word = "", model: Word = "", media: Word = "") -> Response:
    """The template with its own examples, in the colours of what it lies on. TemplateNotFound, MediaUnsupported, what layout finds."""
    on = On(model or None, media or None) if model or media else None
    content, _, _ = await asyncio.to_thread(colored, await hub.proofs.sample(key, printer or None, on))
    return Response(content, media_type="image/png", headers={"cache-control": f"private, max-age={KEPT_S}"})


@router.get("/{key}", dependencies=READ)
async def template_page(key: str, hub: Running, request: Request, version: Annotated[int | None, Query(ge=1)] = None) -> Response:
    """The page; of an earlier version its text. TemplateNotFound, TemplateVersionNotFound."""
    stored = await hub.database.read(store.get, key)
    return await _page(hub, request, stored, await _text(hub, stored, version), version)


@router.post("/{key}", dependencies=OPERATE)
async def save(key: str, hub: Running, request: Request, caller: CallerName, text: Typed, mark: Typed = "") -> Response:
    """Keep the text as a new version; what is wrong with it is said above it. TemplateNotFound, TemplateBuiltIn."""
    stored = await hub.database.read(store.get, key)
    try:
        new = await asyncio.to_thread(written, text.replace("\r\n", "\n"), key)
        check_fonts(new.template.layout, faces_with(hub.fonts))
        await hub.database.write(store.save, key, new, Expected((mark,) if mark else None), caller, hub.clock())
    except (TemplateInvalid, TemplateChanged) as error:
        return await _page(hub, request, stored, text, None, error)
    return done(f"/templates/{key}", "template-saved")


@router.post("/{key}/copy", dependencies=OPERATE)
async def copy(
    key: str, hub: Running, request: Request, caller: CallerName, new_key: Annotated[str, Form(max_length=64)],
    name: Annotated[str, Form(max_length=100)] = "",
) -> Response:  # fmt: skip
    """A template of one's own that begins as this one. TemplateNotFound; what is wrong with the key is said on the page."""
    stored = await hub.database.read(store.get, key)
    wanted = new_key.strip()
    definition = {**stored.template.definition, "key": wanted, "name": name.strip() or stored.template.name}
    try:
        new = await asyncio.to_thread(written, definition, wanted)
        await hub.database.write(store.save, wanted, new, Expected(()), caller, hub.clock())
    except (TemplateInvalid, TemplateChanged) as error:
        return await _page(hub, request, stored, await _text(hub, stored, None), None, error, copying=True)
    return done(f"/templates/{wanted}", "template-copied")


@router.post("/{key}/delete", dependencies=OPERATE)
async def delete(key: str, hub: Running) -> Response:
    """Forget it with all its versions. TemplateNotFound, TemplateBuiltIn."""
    await hub.database.write(store.remove, key, Expected())
    return done("/templates", "template-deleted")


def media_here(hub: Hub) -> dict[str, tuple[str, Media]]:
    """By name the media that the hub's printers take, each with a model that does; those loaded now stand first."""
    loaded = {media.name: (printer.model, media) for printer in hub.printers if (media := hub.board.of(printer.id).media) is not None}
    found = dict(sorted(loaded.items(), key=lambda one: one[1][1].width_mm))
    for printer in hub.printers:
        driver = hub.drivers.find(printer.model)
        for media in driver[0].media(driver[1].name) if driver else ():
            found.setdefault(media.name, (printer.model, media))
    return found


def _looks(hub: Hub, template: Template) -> list[tuple[str, Media]]:
    """Models and media to show it on: those of the hub's printers that it can be printed on."""
    fitting = [(model, media) for model, media in media_here(hub).values() if template.takes(media)]
    families = [[one for one in fitting if one[1].kind.family == family] for family in ("tape", "roll", "unknown")]
    return [one for several in zip_longest(*families) for one in several if one is not None][:SHOWN_MEDIA]


async def _text(hub: Hub, stored: StoredTemplate, version: int | None) -> str:
    found = await hub.database.read(store.version_of, stored.template.key, version or stored.version)
    return found.text or yaml_of(found.definition or {})


async def _page(
    hub: Hub, request: Request, stored: StoredTemplate, text: str, version: int | None, fault: HubError | None = None,
    *, copying: bool = False,
) -> Response:  # fmt: skip
    values: dict[str, Any] = {
        "stored": stored, "text": text, "shown_version": version, "fault": fault, "copying": copying,
        "looks": _looks(hub, stored.template),
        "own": stored.source == store.USER, "versions": await hub.database.read(store.versions, stored.template.key),
    }  # fmt: skip
    return page(request, "template.html", t=words_for(request), status=fault.http_status if fault else 200, **values)
