"""The pages of printers, used without JavaScript: found, added, changed, looked at, left alone and forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from labelhub.drivers.brother.words import media_from_word
from labelhub.emulator.server import Emulator
from tests.house import House
from tests.printers.announcers import street
from tests.web.browsing import Browser, Page

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def add(browser: Browser, name: str, **values: Any) -> Page:
    """The page of a printer that was just added; nothing listens where it is."""
    await browser.open("/printers/new")
    given: dict[str, Any] = {"name": name, "model": "PT-P750W", "host": "127.0.0.1", "port": 9, "snmp_port": 9} | values
    return await browser.press("Add a printer", **given)


async def test_a_printer_is_added_changed_and_deleted(browser: Browser, shared_house: House) -> None:
    page = await add(browser, "Workshop")
    assert (page.path, page.heading) == ("/printers/workshop", "Workshop")
    assert "The printer is set up." in page.text
    page = await browser.open(page.links["Edit"])
    assert (page.heading, page.forms[-1].values["model"], page.forms[-1].values["port"]) == ("Edit Workshop", "PT-P750W", "9")
    page = await browser.press("Save", name="Back room", host="192.0.2.9", snmp=None)
    assert "The changes are in force." in page.text
    printer = shared_house.hub.printer("workshop")
    assert (printer.name, printer.address.host, printer.address.port, printer.address.snmp) == ("Back room", "192.0.2.9", 9, False)
    page = await browser.press("Delete")
    assert (page.path, "The printer is gone." in page.text) == ("/printers", True)
    assert "Back room" not in page.text


async def test_the_community_is_never_shown_and_stays_when_none_is_typed(browser: Browser, shared_house: House) -> None:
    await add(browser, "Secretive", snmp_community="s3cret")
    assert shared_house.hub.printer("secretive").address.snmp_community == "s3cret"
    assert "s3cret" not in (await browser.open("/printers/secretive/edit")).html
    await browser.press("Save", name="Secretive")
    assert shared_house.hub.printer("secretive").address.snmp_community == "s3cret"
    await browser.press("Delete")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"name": "", "host": "h"}, "A name of up to 100 characters is needed."),
        ({"name": "a" * 101}, "A name of up to 100 characters is needed."),
        ({"model": "LaserJet 5"}, "Choose one of the models."),
        ({"host": "/etc/passwd"}, "This is no address"),
        ({"host": "usb://../etc/passwd"}, "This is no address"),
        ({"host": "two words"}, "This is no address"),
        ({"port": "0"}, "A port is a number from 1 to 65535."),
        ({"port": "65536"}, "A port is a number from 1 to 65535."),
        ({"snmp_port": "²"}, "A port is a number from 1 to 65535."),
        ({"snmp_community": "c" * 256}, "A community has at most 255 characters."),
    ],
)
async def test_what_cannot_be_is_told_at_its_field_and_the_rest_stays(
    browser: Browser, shared_house: House, values: dict[str, str], words: str
) -> None:
    before = len(shared_house.hub.printers)
    await browser.open("/printers/new")
    given = {"name": "Wrong", "model": "QL-820NWB", "host": "192.0.2.1", "port": "9100"} | values
    page = await browser.press("Add a printer", 422, of=None, **given)
    assert words in page.text
    assert [one["aria-invalid"] for one in page.inputs if "aria-invalid" in one] == ["true"]
    assert page.forms[-1].values["host"] == given["host"]
    assert len(shared_house.hub.printers) == before


async def test_an_address_that_is_taken_is_told(browser: Browser, shared_house: House) -> None:
    await add(browser, "First", host="192.0.2.77", port=9100)
    await browser.open("/printers/new")
    page = await browser.press("Add a printer", 409, name="First", model="PT-P750W", host="192.0.2.77", port=9100)
    assert page.forms[-1].values["name"] == "First"
    await browser.open("/printers/first")
    await browser.press("Delete")


async def test_a_printer_with_jobs_is_deleted_with_them_after_a_question(browser: Browser, shared_house: House) -> None:
    await add(browser, "Doomed", snmp=None)
    job_id = await shared_house.print(printer="doomed")
    page = await browser.open("/printers/doomed")
    assert "1 job waits for Doomed. Cancel it and forget the printer?" in page.text
    await browser.press("Delete")
    assert (await shared_house.until(job_id)).state == "cancelled"


async def test_a_printer_shows_what_it_holds_and_what_it_has_done(browser: Browser, shared_house: House) -> None:
    await shared_house.until(await shared_house.print(printer="pt"))
    await shared_house.seen("pt")
    page = await browser.open("/printers/pt")
    for words in (
        "Online",
        "12 mm tape, black on white",
        "PT-P750W",
        "180 dpi, 70 dots across this media",
        "Printed so far",
        "ThinkPad T14",
    ):
        assert words in page.text, words
    assert "in the settings of the hub" in page.text
    assert "Edit" not in page.links
    assert page.pictures[0]["alt"] == "Label: ThinkPad T14 Gen 3"


async def test_a_test_label_is_printed_once_however_often_its_button_is_pressed(browser: Browser, shared_house: House) -> None:
    printer = shared_house.emulators["pt"]
    before = printer.machine.page_count
    await browser.open("/printers/pt")
    (form,) = [form for form in browser.at.forms if form.action == "/printers/pt/test"]
    for _ in range(2):
        assert (await browser.client.post(form.action, data=form.values)).headers["location"] == "/printers/pt"
    await printer.wait_until(lambda machine: machine.page_count > before)
    assert "A test label is in the queue." in (await browser.open("/printers/pt")).text
    jobs = (await browser.client.get("/api/jobs?limit=2")).json()
    assert [job["template_key"] for job in jobs].count("printer-test") == 1
    await shared_house.until(jobs[0]["id"])
    assert printer.machine.page_count == before + 1


async def test_a_printer_is_paused_left_alone_and_used_again(browser: Browser, shared_house: House) -> None:
    await browser.open("/printers/ql")
    assert "Paused" in (await browser.press("Pause ql")).text
    assert shared_house.hub.printer("ql").paused
    await browser.press("Resume ql")
    page = await browser.press("Take out of use")
    assert "Out of use" in page.text
    assert "Print a test label on ql" not in page.buttons
    await browser.press("Use ql again")
    assert shared_house.hub.printer("ql").enabled


async def test_what_settings_declare_is_neither_changed_nor_deleted_here(browser: Browser, shared_house: House) -> None:
    data = {"name": "Mine", "model": "PT-P750W", "host": "192.0.2.1"}
    assert (await browser.client.post("/printers/pt/edit", data=data)).status_code == 409
    assert (await browser.client.post("/printers/pt/delete", data={"force": "yes"})).status_code == 409
    assert shared_house.hub.printer("pt").name == "pt"


async def test_a_printer_that_is_found_is_added_by_one_button(browser: Browser, shared_house: House) -> None:
    host = f"{street()}.5"
    async with Emulator("QL-820NWB", media_from_word("QL-820NWB", "62mm"), host=host, serial="P000000F1") as found:
        query = f"subnet={host}/32&snmp_port={found.snmp_port}&seconds=0.2"
        page = await browser.open(f"/printers/find?{query}")
        assert "P000000F1" in page.text
        page = await browser.open(page.links["Name it first"])
        assert (page.forms[-1].values["model"], page.forms[-1].values["host"]) == ("QL-820NWB", host)
        await browser.open(f"/printers/find?{query}")
        page = await browser.press(f"Add QL-820NWB {host}")
        assert page.path == "/printers/ql-820nwb"
        page = await browser.open(f"/printers/find?{query}")
        assert page.links["Is set up"] == "/printers/ql-820nwb"
        await browser.open("/printers/ql-820nwb")
        await browser.press("Delete")


async def test_a_subnet_that_is_none_is_told_with_the_form_again(browser: Browser) -> None:
    page = await browser.open("/printers/find?subnet=everything&seconds=0.2", 422)
    assert page.forms[-1].values["subnet"] == "everything"


async def test_a_page_of_another_site_makes_nobody_look_for_printers(browser: Browser) -> None:
    answer = await browser.client.get("/printers/find", headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
