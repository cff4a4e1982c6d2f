"""The demo's page of virtual printers, as a browser without JavaScript uses it: read the forms, press the buttons."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from labelhub.app import create_app
from labelhub.emulator.faults import AMOUNTS, CHOICES, SWITCHES, Faults
from labelhub.emulator.server import Emulator
from labelhub.hub import Hub
from tests.emulator.jobs import TAPE, job
from tests.house import QUICK, Clock, settings_for

MODEL = "PT-P750W"
USB_ONLY = {"silent"}


@dataclass
class Form(HTMLParser):
    """A form: its hidden fields, its buttons by what they are called, and its one text field."""

    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, dict[str, str]] = field(default_factory=dict)
    text_field: str | None = None


class Forms(HTMLParser):
    """Every form of a page, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.text = ""
        self._button: dict[str, str | None] | None = None
        self._label = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "form":
            self.forms.append(Form(found["action"] or ""))
        elif tag == "input" and found.get("type") == "hidden":
            self.forms[-1].fields[found["name"] or ""] = found["value"] or ""
        elif tag == "input":
            self.forms[-1].text_field = found["name"]
        elif tag == "button":
            self._button, self._label = found, ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "button" and self._button is not None:
            name, value = self._button.get("name"), self._button.get("value")
            self.forms[-1].buttons[self._label] = {name: value or ""} if name else {}
            self._button = None

    def handle_data(self, data: str) -> None:
        self._label += data
        self.text += " " + data.strip()


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator(MODEL, TAPE) as running:
        yield running


@pytest.fixture
async def browser(tmp_path: Path, emulator: Emulator) -> AsyncIterator[httpx.AsyncClient]:
    async with Hub(settings_for(tmp_path), pace=QUICK, clock=Clock()) as hub:
        transport = httpx.ASGITransport(create_app(hub, {"pt": emulator}))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8090") as client:
            yield client


async def page(browser: httpx.AsyncClient) -> Forms:
    answer = await browser.get("/virtual")
    assert answer.status_code == 200, answer.text
    return Forms(answer.text)


async def press(browser: httpx.AsyncClient, button: str, *, fault: str = "", text: str | None = None) -> Forms:
    """The page after a button was pressed, in the form of a fault where one is named, its text field filled in first."""
    (form,) = [one for one in (await page(browser)).forms if button in one.buttons and one.fields.get("fault", "") == fault]
    written = {form.text_field: text} if form.text_field is not None and text is not None else {}
    answer = await browser.post(form.action, data=form.fields | form.buttons[button] | written, headers={"origin": str(browser.base_url)})
    assert (answer.status_code, answer.headers.get("location")) == (303, "/virtual"), answer.text
    return await page(browser)


async def send(emulator: Emulator) -> None:
    _, writer = await asyncio.open_connection(emulator.host, emulator.port)
    writer.write(job(MODEL))
    ended = emulator.machine.ended_jobs
    await emulator.wait_until(lambda machine: machine.ended_jobs > ended)
    writer.close()


async def test_there_is_a_form_for_every_fault_of_a_network_printer(browser: httpx.AsyncClient) -> None:
    named = {form.fields["fault"] for form in (await page(browser)).forms if "fault" in form.fields}
    assert named == {*SWITCHES, *CHOICES, *AMOUNTS} - USB_ONLY


async def test_every_switch_is_pressed_and_shown_and_all_are_switched_off_again(browser: httpx.AsyncClient, emulator: Emulator) -> None:
    for name in set(SWITCHES) - USB_ONLY - {"half_open"}:
        shown = await press(browser, "On", fault=name)
        assert getattr(emulator.faults, name) is True
        assert "Switched on:" in shown.text
        assert "Switched on:" not in (await press(browser, "Off", fault=name)).text
    for name, choices in CHOICES.items():
        for choice in choices:
            await press(browser, choice.value, fault=name)
            assert getattr(emulator.faults, name) == choice
    for name in AMOUNTS:
        await press(browser, "Set", fault=name, text="7")
        assert getattr(emulator.faults, name) == 7
    await press(browser, "Switch all faults off")
    assert emulator.faults == Faults()


async def test_an_amount_left_empty_is_none(browser: httpx.AsyncClient, emulator: Emulator) -> None:
    assert "Media left, mm: 12.5" in (await press(browser, "Set", fault="media_left_mm", text="12.5")).text
    await press(browser, "Set", fault="media_left_mm", text="")
    assert emulator.faults.media_left_mm is None


async def test_a_printer_that_went_without_a_word_comes_back(browser: httpx.AsyncClient, emulator: Emulator) -> None:
    assert "Gone without a word: On" in (await press(browser, "On", fault="half_open")).text
    await press(browser, "Off", fault="half_open")
    await send(emulator)
    await emulator.wait_for_pages(1)


async def test_what_stops_it_and_the_tape_used_are_shown_and_a_jam_is_freed(browser: httpx.AsyncClient, emulator: Emulator) -> None:
    await press(browser, "On", fault="cutter_jam")
    await send(emulator)
    shown = await page(browser)
    for words in ("Error", "The cutter is jammed", "84.9 mm of media used", "24.5 mm blank, 60.4 mm", "Cutter jams at the next cut: On"):
        assert words in shown.text, words
    assert "Error" not in (await press(browser, "Free the cutter")).text
    assert emulator.faults == Faults()


async def test_violations_are_shown(browser: httpx.AsyncClient, emulator: Emulator) -> None:
    emulator.machine.receive(b"junk")
    assert "begins no command" in (await page(browser)).text


async def test_the_speed_is_chosen(browser: httpx.AsyncClient, emulator: Emulator) -> None:
    assert "30 mm/s" in (await press(browser, "As fast as a real one")).text
    assert emulator.mm_per_s == 30
    await press(browser, "Ten times as fast")
    assert emulator.mm_per_s == 300
    assert "no time at all" in (await press(browser, "No time at all")).text
    assert emulator.mm_per_s is None


NONSENSE: list[dict[str, str]] = [
    {"act": "fault"},
    {"act": "fault", "fault": "on_fire", "value": "on"},
    {"act": "fault", "fault": "self", "value": "on"},
    {"act": "fault", "fault": "cooling", "value": "perhaps"},
    {"act": "fault", "fault": "media_left_mm", "value": "long"},
    {"act": "fault", "fault": "reset_at_byte", "value": "1.5"},
    {"act": "fault", "fault": "snmp", "value": ""},
    {"act": "fault", "fault": "wake_s", "value": "1e400"},
    {"act": "fault", "fault": "wake_s", "value": "nan"},
    {"act": "speed", "value": "fast"},
    {"act": "speed"},
    {},
]


async def test_nonsense_is_refused_and_changes_nothing(browser: httpx.AsyncClient, emulator: Emulator) -> None:
    for data in NONSENSE:
        assert (await browser.post("/virtual/pt", data=data)).status_code == 422, data
        assert (emulator.faults, emulator.mm_per_s) == (Faults(), None), data
