"""A printer on USB: the kernel's device file stands on a pseudo-terminal, and at its other end is a virtual printer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from labelhub.drivers.brother.words import media_from_word
from labelhub.emulator.usb import UsbEmulator
from labelhub.jobs.job import JobState
from tests.house import House, dots_of, house, same_dots, settings_for

MODEL, TAPE = "PT-P900W", media_from_word("PT-P900W", "12mm")
QUEUED, PRINTING, PAUSED = JobState.QUEUED, JobState.PRINTING, JobState.PAUSED
TEXT = {"template": "snipeit-12mm"}


def on_usb(model: str = MODEL, place: str = "lp0") -> dict[str, Any]:
    return {"name": "usb", "model": model, "host": f"usb://{place}"}


@asynccontextmanager
async def house_on_usb(folder: Path, model: str = MODEL, **options: Any) -> AsyncIterator[tuple[House, UsbEmulator]]:
    """A hub whose only printer is on USB."""
    devices = folder / "usb"
    devices.mkdir()
    async with UsbEmulator(model, media_from_word(model, "12mm"), link=devices / "lp0", **options) as printer:
        async with house(folder, settings_for(folder, [on_usb(model)], usb_folder=devices)) as found:
            await found.seen("usb")
            yield found, printer
        assert not printer.machine.violations


async def status_of(found: House) -> dict[str, Any]:
    await found.seen("usb")
    status: dict[str, Any] = (await found.client.get("/api/printers/usb/status")).json()
    return status


async def test_a_usb_printer_is_seen_and_prints_with_its_own_word_as_evidence(tmp_path: Path) -> None:
    async with house_on_usb(tmp_path) as (found, printer):
        shown = (await found.client.get("/api/printers/usb")).json()
        assert (shown["backend"], shown["connection"]["host"]) == ("usb", "usb://lp0")
        status = await status_of(found)
        assert (status["online"], status["state"], status["tape_loaded"]) == (True, "idle", "12mm")
        job_id = await found.print(options={"copies": 3})
        job = await found.until(job_id)
        assert (job.state, job.evidence, job.labels_done) == ("completed", "status", 3)
        assert printer.machine.page_count == 3
        assert same_dots(await found.picture(f"/api/jobs/{job_id}/labels/1.png"), dots_of(printer.machine.pages[0]))


async def test_faults_of_a_usb_printer_are_told_while_it_prints_and_it_goes_on_when_they_are_over(tmp_path: Path) -> None:
    async with house_on_usb(tmp_path, mm_per_s=80.0) as (found, printer):
        job_id = await found.print(options={"copies": 4})
        await printer.wait_for_pages(1)
        await printer.open_cover()
        await found.until(job_id, PRINTING, reason="printer-not-ready")
        assert (await status_of(found))["reasons"] == ["cover-open"]
        await printer.close_cover()
        assert (await found.until(job_id)).labels_done == printer.machine.page_count == 4


async def test_a_usb_printer_without_media_holds_the_job(tmp_path: Path) -> None:
    async with house_on_usb(tmp_path) as (found, printer):
        await printer.remove_media()
        job_id = await found.print(on_media_mismatch="queue")
        await found.until(job_id, QUEUED, reason="media-needed")
        assert (await status_of(found))["reasons"] == ["media-empty"]
        await printer.load(TAPE)
        assert (await found.until(job_id)).state == "completed"
        assert printer.machine.page_count == 1


async def test_a_usb_printer_that_is_unplugged_holds_the_job_and_prints_when_it_is_back(tmp_path: Path) -> None:
    async with house_on_usb(tmp_path) as (found, printer):
        await printer.unplug()
        job_id = await found.print()
        waiting = await found.until(job_id, QUEUED, reason="printer-unreachable")
        assert "no printer is plugged in there, or it is off" in (waiting.detail or "")
        await printer.plug()
        assert (await found.until(job_id)).state == "completed"
        assert printer.machine.page_count == 1


async def test_a_usb_printer_pulled_out_in_the_middle_asks_a_person(tmp_path: Path) -> None:
    async with house_on_usb(tmp_path, mm_per_s=80.0) as (found, printer):
        job_id = await found.print(options={"copies": 4})
        await printer.wait_for_pages(1)
        await printer.unplug()
        lost = await found.until(job_id, PAUSED, reason="outcome-unknown")
        assert lost.labels_done <= printer.machine.page_count
        await printer.plug()
        assert (await found.until(await found.print())).state == "completed"


async def test_a_model_that_answers_no_status_request_prints_unseen_and_its_own_notices_are_evidence(tmp_path: Path) -> None:
    async with house_on_usb(tmp_path, "PT-P750W") as (found, printer):
        status = await status_of(found)
        assert (status["online"], status["state"], status["media"], status["reasons"]) == (True, "unknown", None, [])
        job = await found.until(await found.print(printer="usb"))
        assert (job.state, job.evidence) == ("completed", "status")
        assert printer.machine.page_count == 1


async def test_a_usb_printer_that_says_nothing_at_all_is_woken_and_then_only_sent_to(tmp_path: Path) -> None:
    async with house_on_usb(tmp_path) as (found, printer):
        await printer.switch(silent=True)
        job = await found.until(await found.print(printer="usb"))
        assert (job.state, job.evidence) == ("completed", "sent")
        await printer.wait_for_pages(1)
        assert "without knowing what it holds" in (await status_of(found))["note"]


async def test_a_look_while_a_label_is_on_its_way_does_not_disturb_it(tmp_path: Path) -> None:
    async with house_on_usb(tmp_path, mm_per_s=80.0) as (found, printer):
        job_id = await found.print(options={"copies": 3})
        await found.until(job_id, PRINTING)
        await asyncio.gather(*(found.seen("usb") for _ in range(20)))
        assert (await found.until(job_id)).evidence == "status"
        assert printer.machine.page_count == 3


async def test_notices_left_from_before_are_not_taken_for_this_jobs(tmp_path: Path) -> None:
    async with house_on_usb(tmp_path, mm_per_s=80.0) as (found, printer):
        for _ in range(3):  # each leaves a notice that nobody reads
            await printer.open_cover()
            await printer.close_cover()
        job = await found.until(await found.print())
        assert (job.state, job.evidence) == ("completed", "status")
        assert printer.machine.page_count == 1


@pytest.mark.parametrize(
    ("place", "why"),
    [("lp7", "no printer is plugged in there"), ("04f9:2085", "no USB printer|libusb"), ("04f9:2085/A1", "no USB printer|libusb")],
)
async def test_a_usb_address_where_nothing_is_says_what_to_do(tmp_path: Path, place: str, why: str) -> None:
    async with house(tmp_path, settings_for(tmp_path, [on_usb(place=place)], usb_folder=tmp_path)) as found:
        assert re.search(why, (await status_of(found))["last_error"])


async def test_a_file_that_is_no_device_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "lp0").write_bytes(b"precious")
    async with house(tmp_path, settings_for(tmp_path, [on_usb()], usb_folder=tmp_path)) as found:
        assert "is no device" in (await status_of(found))["last_error"]
        job_id = await found.print(printer="usb")
        await found.until(job_id, QUEUED, reason="printer-unreachable")
    assert (tmp_path / "lp0").read_bytes() == b"precious"


@pytest.mark.parametrize("host", ["usb:///etc/passwd", "usb://../mem", "usb://lp0/../../mem", "usb://", "usb://LP0", "usb://lp0 "])
async def test_no_other_file_can_be_named(tmp_path: Path, host: str) -> None:
    async with house(tmp_path) as found:
        answer = await found.client.post("/api/printers", json={"name": "x", "model": MODEL, "connection": {"host": host}})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/connection/host")


@pytest.mark.parametrize("place", ["/etc/passwd", "../mem", "lp0/../../mem", "LP0"])
async def test_a_declared_address_that_is_none_is_shown_as_the_printers_fault(tmp_path: Path, place: str) -> None:
    (tmp_path / "lp0").write_bytes(b"precious")
    async with house(tmp_path, settings_for(tmp_path, [on_usb(place=place)], usb_folder=tmp_path)) as found:
        status = await status_of(found)
        assert not status["online"]
        assert re.search(r"is no USB address: write usb://lp0", status["last_error"])


async def test_a_printer_of_another_model_is_told_on_usb(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, [on_usb("QL-820NWB")], usb_folder=tmp_path)
    async with UsbEmulator(MODEL, TAPE, link=tmp_path / "lp0"), house(tmp_path, settings) as found:
        assert "says it is a PT-P900W" in (await status_of(found))["last_error"]


async def test_a_usb_printer_is_added_through_the_api(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, usb_folder=tmp_path)
    async with UsbEmulator(MODEL, TAPE, link=tmp_path / "lp3") as printer, house(tmp_path, settings) as found:
        body = {"name": "Desk", "model": MODEL, "connection": {"host": "usb://lp3"}}
        added = (await found.client.post("/api/printers", json=body)).json()
        assert added["backend"] == "usb"
        await found.seen("desk")
        assert (await found.until(await found.print(printer="desk"))).evidence == "status"
        assert printer.machine.page_count == 1
