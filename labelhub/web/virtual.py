"""The demo's page of virtual printers: what each holds and printed, and what a person could do to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from labelhub.drivers.brother.words import media_from_word, media_words
from labelhub.emulator.server import Emulator
from labelhub.errors import NotFound, ValidationFailed
from labelhub.http.rights import Right, needs
from labelhub.web.home import media_text
from labelhub.web.pages import page

router = APIRouter(include_in_schema=False)

SHOWN_PAGES = 20


@router.get("/virtual", dependencies=[needs(Right.READ)])
async def virtual_printers(request: Request) -> Response:
    """The whole page."""
    return page("virtual.html", **_values(request.app.state.emulators))


@router.get("/virtual/live", dependencies=[needs(Right.READ)])
async def live(request: Request) -> Response:
    """The part of the page that changes."""
    return page("virtual_live.html", **_values(request.app.state.emulators))


@router.post("/virtual/{name}", dependencies=[needs(Right.OPERATE)])
async def switch(request: Request, name: str, act: Annotated[str, Form()], media: Annotated[str, Form()] = "") -> Response:
    """Do one thing to a virtual printer, then the page again."""
    emulators: Mapping[str, Emulator] = request.app.state.emulators
    if name not in emulators:
        raise NotFound(f"there is no virtual printer {name[:60]!r}")
    emulator = emulators[name]
    acts = {
        "plug": emulator.plug,
        "unplug": emulator.unplug,
        "open": emulator.open_cover,
        "close": emulator.close_cover,
        "remove": emulator.remove_media,
    }
    if act == "load":
        await emulator.load(media_from_word(emulator.machine.model.name, media))
    elif act in acts:
        await acts[act]()
    else:
        raise ValidationFailed(f"act must be load or one of {', '.join(acts)}", errors=[{"pointer": "#/act", "detail": "unknown"}])
    return RedirectResponse("/virtual", 303)


def _values(emulators: Mapping[str, Emulator]) -> dict[str, Any]:
    shown = []
    for name, emulator in emulators.items():
        machine = emulator.machine
        shown.append(
            {
                "name": name,
                "model": machine.model.name,
                "plugged": emulator.plugged,
                "cover_open": machine.cover_open,
                "media": media_text(machine.media) if machine.media else "nothing loaded",
                "words": media_words(machine.model.name),
                "page_count": machine.page_count,
                "violations": [f"{violation.rule}: {violation.detail}" for violation in machine.violations],
                "pages": list(reversed(machine.pages))[:SHOWN_PAGES],
            }
        )
    return {"printers": shown}
