"""Every fault of a printer: the reason that status and job show, what happens once it is over, and that others print meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from labelhub.drivers.brother.words import media_from_word
from labelhub.drivers.status import Reason
from labelhub.emulator.server import Emulator
from labelhub.events import PRINTER_STATUS, tail
from labelhub.jobs.job import Job, JobState
from tests.house import WAIT_S, Clock, House, declared, house, house_with, settings_for, virtual

QUEUED, PRINTING, PAUSED = JobState.QUEUED, JobState.PRINTING, JobState.PAUSED
TAPE_12, TAPE_24 = (media_from_word("PT-P750W", word) for word in ("12mm", "24mm"))
BRISK = {"mm_per_s": 400.0}
LONG: dict[str, Any] = {"options": {"copies": 5}}


@asynccontextmanager
async def two_printers(folder: Path, options: dict[str, Any] | None = None) -> AsyncIterator[tuple[House, Emulator]]:
    """A hub with the printer of the test and another one, which must print while the first is at fault (`others_print`)."""
    async with house_with(folder, options or BRISK, pt="PT-P750W 12mm", other="PT-P750W 12mm") as found:
        yield found, found.emulators["pt"]
        assert not found.emulators["other"].machine.violations
        assert found.emulators["other"].machine.page_count > 0, "the test never asked the other printer"


async def others_print(found: House) -> None:
    assert (await found.until(await found.print(printer="other"))).evidence == "page-counter"


async def shows(found: House, *reasons: str) -> None:
    """The status shows these reasons, as soon as somebody has looked."""
    async with asyncio.timeout(WAIT_S):
        while True:
            await found.seen("pt")
            status = (await found.client.get("/api/printers/pt/status")).json()
            if status["reasons"] == list(reasons):
                assert status["error_state"] == (", ".join(reasons) or None)
                return


async def completed(found: House, job_id: str, pages: int, evidence: str = "page-counter") -> Job:
    job = await found.until(job_id)
    emulator = found.emulators["pt"]
    assert (job.state, job.evidence, job.labels_done) == ("completed", evidence, job.labels_total), job.detail
    await emulator.wait_for_pages(pages)
    assert emulator.machine.page_count == pages
    assert not emulator.machine.violations
    return job


async def test_an_open_cover_holds_the_job_until_it_is_closed(tmp_path: Path) -> None:
    async with two_printers(tmp_path) as (found, printer):
        await printer.open_cover()
        job_id = await found.print(printer="pt")
        await found.until(job_id, QUEUED, reason="printer-not-ready")
        await shows(found, "cover-open")
        await others_print(found)
        await printer.close_cover()
        await completed(found, job_id, 1)


async def test_a_cover_opened_while_printing_is_told_and_the_printer_goes_on_by_itself(tmp_path: Path) -> None:
    async with two_printers(tmp_path, {"mm_per_s": 60.0}) as (found, printer):
        job_id = await found.print(printer="pt", **LONG)
        await printer.wait_for_pages(1)
        await printer.open_cover()
        await found.until(job_id, PRINTING, reason="printer-not-ready")
        await shows(found, "cover-open")
        await others_print(found)
        await printer.close_cover()
        await completed(found, job_id, 5)


async def test_an_empty_printer_holds_the_job_until_media_is_loaded(tmp_path: Path) -> None:
    async with two_printers(tmp_path) as (found, printer):
        await printer.remove_media()
        job_id = await found.print(printer="pt")
        await found.until(job_id, QUEUED, reason="media-needed")
        await shows(found, "media-empty")
        await others_print(found)
        await printer.load(TAPE_12)
        await completed(found, job_id, 1)


async def test_media_that_ends_in_the_middle_is_told_and_after_the_change_the_printer_prints_the_rest(tmp_path: Path) -> None:
    async with two_printers(tmp_path) as (found, printer):
        await printer.switch(media_left_mm=100)
        job_id = await found.print(printer="pt", **LONG)
        await found.until(job_id, PRINTING, reason="media-needed")
        await shows(found, "media-empty")
        out = printer.machine.page_count
        assert 0 < out < 5
        await others_print(found)
        await printer.load(TAPE_12)
        job = await completed(found, job_id, 5)
        assert job.labels_sent == 5
        assert len([one for one in printer.connections if one.size_bytes]) == 1  # nothing was sent again


async def test_other_media_holds_the_job_until_the_right_one_is_loaded(tmp_path: Path) -> None:
    async with two_printers(tmp_path) as (found, printer):
        await printer.load(TAPE_24)
        job_id = await found.print(printer="pt", on_media_mismatch="queue")
        waiting = await found.until(job_id, QUEUED, reason="media-needed")
        assert "12mm" in (waiting.detail or "")
        await others_print(found)
        await printer.load(TAPE_12)
        await completed(found, job_id, 1)


async def test_media_changed_between_the_look_and_the_first_byte_prints_nothing_and_says_media_needed(tmp_path: Path) -> None:
    async with two_printers(tmp_path) as (found, printer):
        await printer.switch(read_bytes_per_s=400)
        job_id = await found.print(printer="pt")
        await found.until(job_id, PRINTING)
        await printer.load(TAPE_24)
        await printer.switch(read_bytes_per_s=None)
        lost = await found.until(job_id, PAUSED, reason="outcome-unknown")
        await shows(found, "media-needed")
        assert (printer.machine.page_count, lost.labels_done) == (0, 0)
        await others_print(found)
        await printer.load(TAPE_12)
        await found.client.post(f"/api/jobs/{job_id}/confirm", json={"printed": False})
        again = (await found.client.post(f"/api/jobs/{job_id}/retry")).json()["job_id"]
        assert (await found.until(again)).state == "completed"
        assert printer.machine.page_count == 1


async def test_a_jammed_cutter_is_told_and_once_it_is_free_the_rest_comes_out(tmp_path: Path) -> None:
    async with two_printers(tmp_path) as (found, printer):
        await printer.switch(cutter_jam=True)
        job_id = await found.print(printer="pt", **LONG)
        await found.until(job_id, PRINTING, reason="printer-not-ready")
        await shows(found, "cutter-jam")
        await others_print(found)
        await printer.clear_jam()
        await completed(found, job_id, 5)


async def test_a_hot_printer_is_waited_for_before_and_while_it_prints(tmp_path: Path) -> None:
    async with two_printers(tmp_path, {"mm_per_s": 60.0}) as (found, printer):
        await printer.switch(cooling=True)
        job_id = await found.print(printer="pt", **LONG)
        await found.until(job_id, QUEUED, reason="printer-not-ready")
        await shows(found, "cooling")
        await printer.switch(cooling=False)
        await printer.wait_for_pages(1)
        await printer.switch(cooling=True)
        await found.until(job_id, PRINTING, reason="printer-not-ready")
        await others_print(found)
        await printer.switch(cooling=False)
        await completed(found, job_id, 5)


async def test_a_sleeping_printer_is_woken_and_prints_with_evidence(tmp_path: Path) -> None:
    async with two_printers(tmp_path) as (found, printer):
        await printer.switch(asleep=True, wake_s=0.2)
        await shows(found, "asleep")
        job_id = await found.print(printer="pt")
        await others_print(found)
        await completed(found, job_id, 1)


async def test_a_printer_that_refuses_while_it_prints_gets_every_job_in_turn(tmp_path: Path) -> None:
    async with two_printers(tmp_path, {"mm_per_s": 800.0, "refuse_while_busy": True}) as (found, printer):
        ids = [await found.print(printer="pt") for _ in range(6)]
        await others_print(found)
        assert [(await found.until(job_id)).state for job_id in ids] == ["completed"] * 6
        assert printer.machine.page_count == 6


async def test_somebody_elses_open_connection_is_waited_for_and_nothing_is_sent_twice(tmp_path: Path) -> None:
    async with two_printers(tmp_path) as (found, printer):
        _, holding = await asyncio.open_connection(printer.host, printer.port)
        holding.write(bytes(50))  # a job begun by another program
        await holding.drain()
        job_id = await found.print(printer="pt")
        await found.until(job_id, QUEUED, PRINTING)
        await others_print(found)
        assert printer.machine.page_count == 0
        holding.close()
        await holding.wait_closed()
        job = await found.until(job_id)
        assert (job.state, printer.machine.page_count) == ("completed", 1)


async def test_a_slow_reader_is_followed_page_by_page_to_its_end(tmp_path: Path) -> None:
    async with two_printers(tmp_path) as (found, printer):
        await printer.switch(read_bytes_per_s=6000)
        job_id = await found.print(printer="pt", **LONG)
        await others_print(found)
        await completed(found, job_id, 5)


async def test_a_connection_reset_in_the_middle_asks_a_person_and_the_next_job_prints(tmp_path: Path) -> None:
    async with two_printers(tmp_path) as (found, printer):
        await printer.switch(reset_at_byte=300)
        job_id = await found.print(printer="pt")
        await found.until(job_id, PAUSED, reason="outcome-unknown")
        await others_print(found)
        assert (await found.until(await found.print(printer="pt"))).state == "completed"
        assert printer.machine.page_count == 1


async def test_a_printer_that_vanishes_without_a_word_asks_a_person_and_takes_jobs_again_when_it_is_back(tmp_path: Path) -> None:
    async with two_printers(tmp_path, {"mm_per_s": 60.0}) as (found, printer):
        job_id = await found.print(printer="pt", **LONG)
        await printer.wait_for_pages(1)
        await printer.switch(half_open=True)
        await found.until(job_id, PAUSED, reason="outcome-unknown")
        await others_print(found)
        await printer.switch(half_open=False)
        await printer.unplug()
        await printer.plug()
        out = printer.machine.page_count
        assert (await found.until(await found.print(printer="pt"))).state == "completed"
        assert printer.machine.page_count == out + 1


async def test_a_printer_whose_snmp_is_silent_prints_unseen_and_every_place_says_so(tmp_path: Path) -> None:
    async with two_printers(tmp_path) as (found, printer):
        await printer.switch(snmp="silent")
        job_id = await found.print(printer="pt")
        await completed(found, job_id, 1, evidence="sent")
        status = (await found.client.get("/api/printers/pt/status")).json()
        assert (status["online"], status["state"], status["tape_loaded"], status["media"]) == (True, "unknown", None, None)
        assert "without knowing what it holds" in status["note"]
        assert "no SNMP answer" in status["last_error"]
        page = (await found.client.get("/")).text
        assert "Online, not seen" in page
        assert "does not say what state it is in or what it holds" in page
        assert "no SNMP answer" in (await found.client.get("/printers/pt")).text
        await others_print(found)
        await printer.switch(snmp="answers")
        await shows(found)
        assert (await found.until(await found.print(printer="pt"))).evidence == "page-counter"


async def test_a_silent_printer_prints_at_once_again_once_it_was_given_its_time_to_wake(tmp_path: Path) -> None:
    async with two_printers(tmp_path) as (found, printer):
        await printer.switch(snmp="silent")
        assert (await found.until(await found.print(printer="pt"))).evidence == "sent"
        (*_, last) = await found.hub.database.read(tail, 0)
        assert (await found.until(await found.print(printer="pt"))).evidence == "sent"
        since = await found.hub.database.read(tail, last.id or 0)
        assert [event.data["reasons"] for event in since if event.type == PRINTER_STATUS and "asleep" in event.data["reasons"]] == []
        await others_print(found)


async def test_readiness_counts_only_answers_as_contact_with_a_printer_that_should_answer(tmp_path: Path) -> None:
    clock = Clock(datetime(2026, 1, 31, tzinfo=UTC))
    async with virtual(pt="PT-P750W 12mm") as emulators:
        settings = settings_for(tmp_path, declared(emulators), probe_interval_s=3600)
        async with house(tmp_path, settings, clock=clock) as found:
            found.emulators = emulators
            await found.seen("pt")
            await emulators["pt"].switch(snmp="silent")
            for seconds, wanted in ((60, "ok"), (100, "stale"), (500, "fail")):
                clock.forward(seconds)
                await found.seen("pt")
                answer = (await found.client.get("/readiness")).json()
                assert answer["checks"]["snmp_discovery"]["status"] == wanted, answer["checks"]["snmp_discovery"]
            assert answer["status"] == "degraded"
            assert (await found.client.get("/api/printers/pt/status")).json()["online"] is True


async def test_garbage_from_an_agent_holds_the_job_until_it_talks_sense(tmp_path: Path) -> None:
    async with two_printers(tmp_path) as (found, printer):
        await printer.switch(snmp="garbage")
        job_id = await found.print(printer="pt")
        await found.until(job_id, QUEUED, reason="reply-invalid")
        await others_print(found)
        await printer.switch(snmp="answers")
        await completed(found, job_id, 1)


@pytest.mark.parametrize("snmp", ["no-raw", "v1-only"])
async def test_a_printer_with_less_snmp_is_still_seen_and_confirmed(tmp_path: Path, snmp: str) -> None:
    async with two_printers(tmp_path) as (found, printer):
        await printer.switch(snmp=snmp)
        await others_print(found)
        async with asyncio.timeout(WAIT_S):
            while found.hub.board.of(found.hub.printer("pt").id).media != TAPE_12:
                await found.seen("pt")
        await completed(found, await found.print(printer="pt", **LONG), 5)
        await printer.open_cover()
        await shows(found, Reason.COVER_OPEN)


async def test_a_strip_of_ten_half_cut_labels_leaves_one_leader(tmp_path: Path) -> None:
    async with two_printers(tmp_path) as (found, printer):
        await completed(found, await found.print(printer="pt", options={"copies": 10, "half_cut": True}), 10)
        strip_mm = printer.machine.tape_used_mm
        labels_mm = sum(page.length_mm for page in printer.machine.pages)
        assert [page.cut for page in printer.machine.pages] == ["half"] * 9 + ["full"]
        assert strip_mm - labels_mm == pytest.approx(printer.machine.model.leader_mm)
        for _ in range(10):
            assert (await found.until(await found.print(printer="pt"))).state == "completed"
        assert printer.machine.tape_used_mm - strip_mm == pytest.approx(labels_mm + 10 * printer.machine.model.leader_mm)
        await others_print(found)


async def test_options_reach_the_printer_and_the_preview_shows_a_mirrored_label(tmp_path: Path) -> None:
    async with two_printers(tmp_path) as (found, printer):
        options = {"copies": 4, "mirror": True, "cut_each": 2, "margin_mm": 5, "chain": True}
        job_id = await found.print(printer="pt", options=options)
        await completed(found, job_id, 4)
        assert [page.cut for page in printer.machine.pages] == ["none", "full", "none", "none"]  # the end stays in
        shown = await found.picture(f"/api/jobs/{job_id}/labels/1.png")
        printed = printer.machine.pages[0].raster.picture(turned=True)
        assert shown.convert("1").tobytes() == printed.tobytes()
        plain = await found.until(await found.print(printer="pt"))
        assert printer.machine.pages[-1].raster.mirrored() == printer.machine.pages[0].raster
        assert plain.state == "completed"
        assert printer.machine.pages[0].length_mm - printer.machine.pages[-1].length_mm == pytest.approx(
            2 * (5 - 14 * 25.4 / 180), abs=0.3
        )
        await others_print(found)
