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
from labelhub.web.look import words_for
from labelhub.web.media_look import media_text
from labelhub.web.pages import page

router = APIRouter(include_in_schema=False)

SHOWN_PAGES = 20
SPEEDS = {"real": "As fast as a real one", "10": "Ten times as fast", "none": "No time at all"}
SWITCH_TEXTS = {
    "cutter_jam": "Cutter jams at the next cut",
    "cooling": "Head too hot",
    "asleep": "Asleep until a connection comes",
    "refuse_while_busy": "Refuses connections while busy",
    "half_open": "Gone without a word",
    "answers_status": "Answers ESC i S",
}
CHOICE_TEXTS = {
    "second_connection": "A second connection",
    "snmp": "SNMP",
}
AMOUNT_TEXTS = {
    "media_left_mm": "Media left, mm",
    "wake_s": "Wakes after, s",
    "read_bytes_per_s": "Reads, bytes a second",
    "reset_at_byte": "Resets at byte",
    "snmp_delay_s": "SNMP answers after, s",
    "snmp_drop_each": "SNMP drops each n-th",
}


@dataclass(frozen=True, slots=True)
class Control:
    """One fault as the page offers it: `choices` are buttons by word and text, without them there is a field."""

    name: str
    text: str
    now: str
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
    t, shown = words_for(request), []
    for name, emulator in emulators.items():
        machine = emulator.machine
        shown.append(
            {
                "name": name,
                "model": machine.model.name,
                "plugged": emulator.plugged,
                "state": machine.state,
                "stopped_by": machine.stopped_by,
                "cover_open": machine.cover_open,
                "media": media_text(machine.media, t) if machine.media else "nothing loaded",
                "words": media_words(machine.model.name),
                "page_count": machine.page_count,
                "backlog": machine.backlog,
                "tape_used_mm": machine.tape_used_mm,
                "speed": f"{emulator.mm_per_s:g} mm/s" if emulator.mm_per_s else "no time at all",
                "switched_on": [f"{control.text}: {control.now}" for control in _controls(machine.faults, switched_on=True)],
                "controls": _controls(machine.faults),
                "violations": [f"{violation.rule}: {violation.detail}" for violation in machine.violations],
                "pages": list(reversed(machine.pages))[:SHOWN_PAGES],
            }
        )
    return {"printers": shown, "speeds": SPEEDS}


def _controls(faults: Faults, *, switched_on: bool = False) -> list[Control]:
    """Every fault of a printer on the network; or those that do not stand as in a printer that is well."""
    named = faults.switched_on
    found = [Control(name, text, _word(getattr(faults, name)), {"on": "On", "off": "Off"}) for name, text in SWITCH_TEXTS.items()]
    for name, text in CHOICE_TEXTS.items():
        found.append(Control(name, text, getattr(faults, name), {choice.value: choice.value for choice in CHOICES[name]}))
    found += [Control(name, AMOUNT_TEXTS[name], _word(getattr(faults, name)), {}) for name in AMOUNTS]
    return [control for control in found if control.name in named or not switched_on]


def _word(value: bool | float | None) -> str:
    """As `from_word` reads it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return "" if value is None else f"{value:.10g}"
