"""The demo's page of virtual printers: what each holds and printed, and what a person could do to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from labelhub.drivers.brother.words import media_from_word, media_words
from labelhub.emulator.faults import AMOUNTS, CHOICES, Faults, from_word
from labelhub.emulator.printer import speed_from_word
from labelhub.emulator.server import Emulator
from labelhub.errors import NotFound, ValidationFailed
from labelhub.http.rights import Right, needs
from labelhub.web.catalogue import Words
from labelhub.web.look import words_for
from labelhub.web.pages import page

router = APIRouter(include_in_schema=False)

SHOWN_PAGES = 20
MOODS = {"printing": "working", "receiving": "working", "error": "bad"}
SPEEDS = ("real", "10", "none")
SWITCHES = ("cutter_jam", "cooling", "asleep", "refuse_while_busy", "half_open", "answers_status")
CHOSEN = ("second_connection", "snmp")
NO_AMOUNT = "–"


@dataclass(frozen=True, slots=True)
class Control:
    """One fault as the page offers it: `choices` are buttons by word and text, without them there is a field.

    `now` is the word or number in force, `told` the same as it is read.
    """

    name: str
    text: str
    now: str
    told: str
    choices: dict[str, str]


@router.get("/virtual", dependencies=[needs(Right.READ)])
async def virtual_printers(request: Request) -> Response:
    """The whole page."""
    return page(request, "virtual.html", **_values(request))


@router.post("/virtual/{name}", dependencies=[needs(Right.OPERATE)])
async def switch(
    request: Request,
    name: str,
    act: Annotated[str, Form()],
    media: Annotated[str, Form()] = "",
    fault: Annotated[str, Form()] = "",
    value: Annotated[str, Form()] = "",
) -> Response:
    """Do one thing to a virtual printer, then the page again, where that printer is."""
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
        "unjam": emulator.clear_jam,
    }
    if act == "load":
        await emulator.load(media_from_word(emulator.machine.model.name, media))
    elif act == "fault":
        await emulator.switch(**{fault: from_word(fault, value)})
    elif act == "heal":
        await emulator.set_faults(Faults())
    elif act == "speed":
        await emulator.set_speed(speed_from_word(emulator.machine.model, value))
    elif act in acts:
        await acts[act]()
    else:
        known = ", ".join(("load", "fault", "heal", "speed", *acts))
        raise ValidationFailed(f"act must be one of {known}", errors=[{"pointer": "#/act", "detail": "unknown"}])
    return RedirectResponse("/virtual", 303)


def _values(request: Request) -> dict[str, Any]:
    emulators: Mapping[str, Emulator] = request.app.state.emulators
    t = words_for(request)
    return {
        "printers": [_shown(name, emulator, t) for name, emulator in emulators.items()],
        "speeds": {word: t.of("virtual_speed", word) for word in SPEEDS},
    }


def _shown(name: str, emulator: Emulator, t: Words) -> dict[str, Any]:
    machine = emulator.machine
    controls = _controls(machine.faults, t)
    return {
        "name": name,
        "model": machine.model.name,
        "plugged": emulator.plugged,
        "state": machine.state,
        "mood": "off" if not emulator.plugged else MOODS.get(machine.state, "good"),
        "stopped_by": [t.of("reason", reason, reason) for reason in machine.stopped_by],
        "jammed": "cutter-jam" in machine.stopped_by,
        "cover_open": machine.cover_open,
        "media": machine.media,
        "words": media_words(machine.model.name),
        "page_count": machine.page_count,
        "backlog": machine.backlog,
        "tape_used_mm": machine.tape_used_mm,
        "mm_per_s": emulator.mm_per_s,
        "switched_on": [f"{control.text}: {control.told}" for control in controls if control.name in machine.faults.switched_on],
        "controls": controls,
        "violations": [f"{violation.rule}: {violation.detail}" for violation in machine.violations],
        "pages": list(reversed(machine.pages))[:SHOWN_PAGES],
    }


def _controls(faults: Faults, t: Words) -> list[Control]:
    """Every fault of a printer on the network."""
    on_off = {word: t.of("virtual_choice", word) for word in ("on", "off")}
    choices = {name: {choice.value: t.of("virtual_choice", choice.value) for choice in CHOICES[name]} for name in CHOSEN}
    found = []
    for name, words in {**dict.fromkeys(SWITCHES, on_off), **choices, **{name: {} for name in AMOUNTS}}.items():
        now = _word(getattr(faults, name))
        found.append(Control(name, t.of("virtual_fault", name), now, words.get(now, now or NO_AMOUNT), words))
    return found


def _word(value: bool | float | str | None) -> str:
    """As `from_word` reads it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "on" if value else "off"
    return "" if value is None else f"{value:.10g}"
