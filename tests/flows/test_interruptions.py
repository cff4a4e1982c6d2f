"""What interrupts a label on its way and is seen late or not at all: nothing is called printed that is not, nothing prints twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labelhub.drivers.brother import PT
from labelhub.drivers.brother.words import media_from_word
from labelhub.emulator.server import Emulator
from labelhub.jobs.job import JobState
from labelhub.printers.printer import Status
from labelhub.raster import Raster
from tests.house import ASSET, WAIT_S, House, house, house_with, settings_for, virtual

COMPLETED, PAUSED, PRINTING, QUEUED = JobState.COMPLETED, JobState.PAUSED, JobState.PRINTING, JobState.QUEUED
SLOW = {"mm_per_s": 40.0}
TWO: dict[str, Any] = {"options": {"copies": 2}}
TAPE_12 = media_from_word("PT-P750W", "12mm")


async def seen(found: House, holds: Callable[[Status], bool]) -> None:
    """The hub's view of the printer is such."""
    async with asyncio.timeout(WAIT_S):
        while not holds(found.hub.board.of(found.hub.printer("pt").id)):
            await found.seen("pt")


async def on_its_way(found: House) -> tuple[Emulator, str]:
    """The printer, working on the first page of two that it has received whole, and seen so."""
    printer = found.emulators["pt"]
    job_id = await found.print(printer="pt", **TWO)
    await printer.wait_until(lambda machine: machine.printing and machine.ended_jobs == 1)
    await seen(found, lambda status: status.state == "printing")
    return printer, job_id


async def test_a_power_cut_too_short_to_be_seen_is_not_called_printed(tmp_path: Path) -> None:
    async with house_with(tmp_path, SLOW, pt="PT-P750W 12mm") as found:
        printer, job_id = await on_its_way(found)
        await printer.unplug()
        await printer.plug()
        job = await found.until(job_id, COMPLETED, PAUSED)
        assert (job.reason, printer.machine.page_count) == ("outcome-unknown", 0)


async def test_a_power_cut_hidden_by_a_silence_is_not_called_printed(tmp_path: Path) -> None:
    async with house_with(tmp_path, SLOW, pt="PT-P750W 12mm") as found:
        printer, job_id = await on_its_way(found)
        await printer.switch(snmp="silent")
        await printer.unplug()
        await printer.plug()
        await seen(found, lambda status: status.blind)
        await printer.switch(snmp="answers")
        job = await found.until(job_id, COMPLETED, PAUSED)
        assert (job.reason, printer.machine.page_count) == ("outcome-unknown", 0)


async def test_a_counter_set_back_behind_a_silence_proves_nothing(tmp_path: Path) -> None:
    async with house_with(tmp_path, SLOW, pt="PT-P750W 12mm") as found:
        found.emulators["pt"].machine.page_count = 500
        await found.seen("pt")
        printer, job_id = await on_its_way(found)
        await printer.switch(snmp="silent")
        await printer.unplug()
        printer.machine.page_count = 0
        await printer.plug()
        await seen(found, lambda status: status.blind)
        await printer.switch(snmp="answers")
        assert (await found.until(job_id, COMPLETED, PAUSED)).reason == "outcome-unknown"


async def test_snmp_that_is_silent_for_a_while_and_a_counter_that_wraps_are_counted_right(tmp_path: Path) -> None:
    async with house_with(tmp_path, SLOW, pt="PT-P750W 12mm") as found:
        found.emulators["pt"].machine.page_count = 2**32 - 1
        await found.seen("pt")
        printer, job_id = await on_its_way(found)
        await printer.switch(snmp="silent")
        await seen(found, lambda status: status.blind)
        await printer.switch(snmp="answers")
        job = await found.until(job_id, COMPLETED, PAUSED)
        assert (job.state, job.evidence, printer.machine.page_count) == ("completed", "page-counter", 2**32 + 1)


@pytest.mark.parametrize("pages", [1, 3])
async def test_somebody_elses_pages_are_not_taken_for_ours(tmp_path: Path, pages: int) -> None:
    """Ours lies unread in the printer's socket while the other's pages come out."""
    async with house_with(tmp_path, SLOW, pt="PT-P750W 12mm") as found:
        printer = found.emulators["pt"]
        blank = Raster(70, 300, bytes(9 * 300))
        theirs = PT.encode("PT-P750W", TAPE_12, [blank] * pages).whole
        _, writer = await asyncio.open_connection(printer.host, printer.port)
        job_id = await found.print(printer="pt")
        await found.until(job_id, PRINTING)
        writer.write(theirs)
        await writer.drain()
        job = await found.until(job_id)
        assert (job.state, job.evidence, printer.machine.page_count) == ("completed", "page-counter", pages + 1)
        assert printer.machine.pages[-1].raster != blank
        writer.close()


async def test_a_printer_disabled_and_enabled_while_it_prints_keeps_its_job(tmp_path: Path) -> None:
    async with virtual(SLOW, pt="PT-P750W 12mm") as emulators, house(tmp_path, settings_for(tmp_path)) as found:
        printer = emulators["pt"]
        connection = {"host": printer.host, "port": printer.port, "snmp_port": printer.snmp_port}
        added = await found.client.post("/api/printers", json={"name": "pt", "model": "PT-P750W", "connection": connection})
        await found.seen("pt")
        job_id = await found.print(printer="pt")
        await printer.wait_until(lambda machine: machine.printing)
        for enabled in (False, True, False, True):
            answer = await found.client.patch(f"/api/printers/{added.json()['id']}", json={"enabled": enabled})
            assert answer.status_code == 200
        assert (await found.until(job_id, COMPLETED, PAUSED)).evidence == "page-counter"
        assert (await found.until(await found.print(printer="pt"))).state == "completed"
        assert printer.machine.page_count == 2


async def test_a_label_for_any_media_waits_while_nobody_knows_what_is_in_the_printer(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as found:
        printer = found.emulators["pt"]
        await printer.unplug()
        found.hub.board.forget(found.hub.printer("pt").id)  # as after a start of the hub
        job_id = (await found.client.post("/api/printers/pt/test")).json()["job_id"]
        await found.until(job_id, QUEUED, reason="printer-unreachable")
        await printer.switch(snmp="silent")
        await printer.plug()
        await found.until(job_id, QUEUED, reason="media-needed")
        refused = await found.client.post("/api/printers/pt/test")
        assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (422, "media-unsupported")
        await printer.switch(snmp="answers")
        assert (await found.until(job_id)).state == "completed"


async def test_a_two_color_roll_put_in_between_two_connections_of_a_batch_is_printed_on(tmp_path: Path) -> None:
    tried = []
    for attempt in range(6):  # on a machine with much to do the second connection may begin before the roll is in
        async with house_with(tmp_path / str(attempt), {"mm_per_s": 4000.0}, ql="QL-820NWB 62mm") as found:
            printer = found.emulators["ql"]
            job_id = await found.print("qr-text-62mm", data={"qr_payload": "1", **ASSET}, printer="ql", options={"copies": 25})
            await printer.wait_for_pages(20)
            await printer.load(media_from_word("QL-820NWB", "62mm-red"))
            job = await found.until(job_id, COMPLETED, PAUSED)
            tried.append((job.state, printer.machine.page_count, list(printer.machine.violations)))
        if tried[-1] == ("completed", 25, []):
            return
    raise AssertionError(tried)


async def test_a_silent_printer_that_refuses_while_busy_is_woken_once_and_not_for_each_job(tmp_path: Path) -> None:
    async with house_with(tmp_path, {"mm_per_s": 400.0}, pt="PT-P750W 12mm") as found:
        printer = found.emulators["pt"]
        await printer.switch(snmp="silent", refuse_while_busy=True)
        first = await found.until(await found.print(printer="pt"))
        assert first.evidence == "sent"
        await printer.unplug()
        await seen(found, lambda status: not status.online)
        await printer.plug()
        await seen(found, lambda status: bool(status.online))
        assert found.hub.board.of(found.hub.printer("pt").id).reasons == ()
        assert (await found.until(await found.print(printer="pt"))).evidence == "sent"


async def test_one_label_does_not_wait_for_a_hundred_printers_that_are_off(tmp_path: Path) -> None:
    off = [{"name": f"off {n}", "model": "PT-P750W", "host": "127.0.0.1", "port": 1 + n, "snmp_port": 20_000 + n} for n in range(100)]
    async with virtual(pt="PT-P750W 12mm") as emulators:
        one = emulators["pt"]
        well = {"name": "pt", "slug": "pt", "model": "PT-P750W", "host": one.host, "port": one.port, "snmp_port": one.snmp_port}
        settings = settings_for(tmp_path, [*off, well], probe_timeout_s=5.0, probe_interval_s=0.05)
        async with house(tmp_path, settings) as found:
            begun = asyncio.get_running_loop().time()
            assert (await found.until(await found.print(printer="pt"))).state == "completed"
            assert asyncio.get_running_loop().time() - begun < 30  # a round over those that are off takes sixty
