"""What waits, waits safely: printers that are away or not ready, restarts, cancels. Proved at the printer, not in the database."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID

import pytest

from labelhub.drivers.brother.words import media_from_word
from labelhub.jobs import store
from labelhub.jobs.job import JobState
from tests.house import ASSET, declared, house, house_with, settings_for, virtual

QUEUED = JobState.QUEUED


async def test_a_printer_that_is_off_holds_the_job_and_prints_it_when_it_is_back(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        emulator = house.emulators["pt"]
        await emulator.unplug()
        job_id = await house.print()
        job = await house.until(job_id, QUEUED, reason="printer-unreachable")
        assert emulator.machine.page_count == 0
        await emulator.plug()
        ended = await house.until(job_id)
        assert (ended.state, ended.reason, emulator.machine.page_count) == ("completed", None, 1)
    assert job.detail


async def test_jobs_that_wait_survive_a_restart_and_print_once_in_order(tmp_path: Path) -> None:
    async with virtual(pt="PT-P750W 12mm") as emulators:
        settings = settings_for(tmp_path, declared(emulators))
        await emulators["pt"].unplug()
        async with house(tmp_path, settings) as before:
            ids = [await before.print(data=ASSET | {"primary_id": f"A-{number}"}) for number in range(5)]
            await before.until(ids[0], QUEUED, reason="printer-unreachable")
        await emulators["pt"].plug()
        async with house(tmp_path, settings) as after:
            jobs = [await after.until(job_id) for job_id in ids]
            assert [job.state for job in jobs] == ["completed"] * 5
            finished = [job.finished_at for job in jobs]
            assert finished == sorted(finished, key=str)
            assert emulators["pt"].machine.page_count == 5


async def test_a_cover_left_open_holds_the_job_until_it_is_closed(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        await house.emulators["pt"].open_cover()
        job_id = await house.print()
        job = await house.until(job_id, QUEUED, reason="printer-not-ready")
        assert "cover-open" in (job.detail or "")
        await house.emulators["pt"].close_cover()
        assert (await house.until(job_id)).state == "completed"


async def test_a_job_for_other_media_waits_for_it_and_lets_those_that_fit_pass(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        emulator = house.emulators["pt"]
        wide = await house.print("snipeit-24mm", printer="pt", on_media_mismatch="queue")
        held = await house.until(wide, QUEUED, reason="media-needed")
        assert "24mm" in (held.detail or "")
        assert (await house.until(await house.print("snipeit-12mm"))).state == "completed"
        await emulator.load(media_from_word("PT-P750W", "24mm"))
        assert (await house.until(wide)).state == "completed"
        assert [page.media.width_mm for page in emulator.machine.pages] == [12, 24]


async def test_a_printer_emptied_holds_the_job_as_media_needed(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        await house.emulators["pt"].remove_media()
        job_id = await house.print(on_media_mismatch="queue", printer="pt")
        await house.until(job_id, QUEUED, reason="media-needed")
        await house.emulators["pt"].load(media_from_word("PT-P750W", "12mm"))
        assert (await house.until(job_id)).state == "completed"


async def test_a_cover_opened_while_printing_is_told_and_the_printer_finishes_by_itself(tmp_path: Path) -> None:
    async with house_with(tmp_path, {"mm_per_s": 25.0}, pt="PT-P750W 12mm") as house:
        emulator = house.emulators["pt"]
        job_id = await house.print()
        await emulator.wait_until(lambda machine: machine.backlog == 1)
        await emulator.open_cover()
        told = await house.until(job_id, JobState.PRINTING, reason="printer-not-ready")
        assert "cover-open" in (told.detail or "")
        await emulator.close_cover()
        job = await house.until(job_id)
        assert (job.state, job.reason, emulator.machine.page_count) == ("completed", None, 1)
        assert len(emulator.connections) == 1  # nothing was sent again


async def test_a_plug_pulled_while_printing_leaves_the_outcome_to_a_person_and_sends_nothing_again(tmp_path: Path) -> None:
    async with house_with(tmp_path, {"mm_per_s": 25.0}, pt="PT-P750W 12mm") as house:
        emulator = house.emulators["pt"]
        job_id = await house.print()
        await emulator.wait_until(lambda machine: machine.backlog == 1)
        await emulator.unplug()
        job = await house.until(job_id, JobState.PAUSED, reason="outcome-unknown")
        await emulator.plug()
        assert job.labels_done == 0
        again = await house.client.post(f"/api/jobs/{job_id}/retry")
        assert again.status_code == 201
        retried = await house.until(again.json()["job_id"])
        assert (retried.state, str(retried.parent_job_id)) == ("completed", job_id)
        assert (await house.until(job_id)).state == "failed"
        assert emulator.machine.page_count == 1


async def test_a_paused_printer_prints_nothing_until_resumed_even_across_a_restart(tmp_path: Path) -> None:
    async with virtual(pt="PT-P750W 12mm") as emulators:
        settings = settings_for(tmp_path, declared(emulators))
        async with house(tmp_path, settings) as before:
            for _ in range(2):  # idempotent
                assert (await before.client.post("/api/printers/pt/pause")).status_code == 204
            ids = [await before.print(data=ASSET | {"primary_id": f"A-{number}"}) for number in range(3)]
            await before.until(ids[2], QUEUED, reason="printer-paused")
        async with house(tmp_path, settings) as after:
            await after.until(ids[0], QUEUED, reason="printer-paused")
            assert emulators["pt"].machine.page_count == 0
            assert (await after.client.post("/api/printers/pt/resume")).status_code == 204
            for job_id in ids:
                assert (await after.until(job_id)).state == "completed"
            assert emulators["pt"].machine.page_count == 3


async def test_cancelled_and_cleared_jobs_never_arrive(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        await house.client.post("/api/printers/pt/pause")
        first, second, third = [await house.print() for _ in range(3)]
        assert (await house.client.post(f"/api/jobs/{first}/cancel")).json()["state"] == "cancelled"
        assert (await house.client.post(f"/api/jobs/{first}/cancel")).status_code == 409
        assert (await house.client.post("/api/printers/pt/queue/clear")).status_code == 204
        await house.client.post("/api/printers/pt/resume")
        last = await house.until(await house.print())
        assert last.state == "completed"
        assert [(await house.until(job_id)).reason for job_id in (first, second, third)] == ["cancelled-by-user"] * 3
        assert house.emulators["pt"].machine.page_count == 1


async def test_a_batch_cancelled_in_the_middle_stops_after_the_pages_on_their_way(tmp_path: Path) -> None:
    async with house_with(tmp_path, {"mm_per_s": 2000.0}, pt="PT-P750W 12mm") as house:
        emulator = house.emulators["pt"]
        job_id = await house.print(options={"copies": 60})
        await emulator.wait_until(lambda machine: machine.page_count >= 1)
        answer = await house.client.post(f"/api/jobs/{job_id}/cancel")
        assert answer.status_code == 202
        job = await house.until(job_id)
        assert job.state == "cancelled"
        assert job.labels_done == emulator.machine.page_count < 20
        assert not emulator.machine.violations


async def test_a_retry_of_a_completed_job_prints_the_same_again(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        job = await house.until(await house.print())
        again = await house.client.post(f"/api/jobs/{job.id}/retry")
        assert again.headers["location"] == f"/api/jobs/{again.json()['job_id']}"
        await house.until(again.json()["job_id"])
        first, second = await house.emulators["pt"].wait_for_pages(2)
        assert first.raster == second.raster


async def test_a_job_can_not_be_retried_while_it_may_still_print(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        await house.emulators["pt"].unplug()
        job_id = await house.print()
        refused = await house.client.post(f"/api/jobs/{job_id}/retry")
        assert (refused.status_code, refused.json()["state"]) == (409, "queued")


async def test_twenty_submits_at_once_to_a_printer_that_refuses_while_it_prints_all_come_out(tmp_path: Path) -> None:
    async with house_with(tmp_path, {"mm_per_s": 2000.0, "refuse_while_busy": True}, pt="PT-P750W 12mm") as house:
        emulator = house.emulators["pt"]
        ids = await asyncio.gather(*(house.print() for _ in range(20)))
        assert [(await house.until(job_id)).state for job_id in ids] == ["completed"] * 20
        assert emulator.machine.page_count == 20


@pytest.mark.parametrize("priority_first", [True, False])
async def test_a_higher_priority_overtakes_what_waits(tmp_path: Path, priority_first: bool) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        await house.client.post("/api/printers/pt/pause")
        low, high = {"priority": 0}, {"priority": 5}
        ids = [await house.print(options=options) for options in ((high, low) if priority_first else (low, high))]
        queue = (await house.client.get("/api/printers/pt/queue")).json()
        await house.client.post("/api/printers/pt/resume")
        jobs = [await house.until(job_id) for job_id in ids]
    assert [job["priority"] for job in queue] == [5, 0]
    begun = sorted(jobs, key=lambda job: str(job.started_at))
    assert [job.priority for job in begun] == [5, 0]


async def test_what_waits_behind_a_printing_job_no_longer_says_the_printer_is_away(tmp_path: Path) -> None:
    async with house_with(tmp_path, {"mm_per_s": 25.0}, pt="PT-P750W 12mm") as house:
        await house.emulators["pt"].unplug()
        first, second = [await house.print() for _ in range(2)]
        await house.until(second, QUEUED, reason="printer-unreachable")
        await house.emulators["pt"].plug()
        await house.until(first, JobState.PRINTING)
        behind = await house.hub.database.until(lambda job: job.reason is None, store.get, UUID(second))
        assert behind.state == "queued"


async def test_a_test_label_for_a_printer_that_never_answered_waits_for_it(tmp_path: Path) -> None:
    async with virtual(pt="PT-P750W 18mm") as emulators:
        await emulators["pt"].unplug()
        async with house(tmp_path, settings_for(tmp_path, declared(emulators))) as found:
            answer = await found.client.post("/api/printers/pt/test")
            assert answer.status_code == 202, answer.text
            job_id = answer.json()["job_id"]
            await found.until(job_id, QUEUED, reason="printer-unreachable")
            assert (await found.client.get(f"/api/jobs/{job_id}/labels/1.png")).status_code == 422
            await emulators["pt"].plug()
            assert (await found.until(job_id)).state == "completed"
            assert (await found.picture(f"/api/jobs/{job_id}/labels/1.png")).height == 112


async def test_a_person_settles_an_unknown_outcome(tmp_path: Path) -> None:
    async with house_with(tmp_path, {"mm_per_s": 25.0}, pt="PT-P750W 12mm") as house:
        emulator = house.emulators["pt"]
        for number, (printed, state, evidence) in enumerate(((True, "completed", "person"), (False, "failed", None)), start=1):
            job_id = await house.print(printer="pt")
            early = await house.client.post(f"/api/jobs/{job_id}/confirm", json={"printed": printed})
            assert early.status_code == 409
            await emulator.wait_until(lambda machine: machine.backlog == 1)
            await emulator.unplug()
            await house.until(job_id, JobState.PAUSED, reason="outcome-unknown")
            assert (await house.client.post(f"/api/jobs/{job_id}/confirm", json={"printed": "yes"})).status_code == 422
            job = (await house.client.post(f"/api/jobs/{job_id}/confirm", json={"printed": printed})).json()
            assert (job["state"], job["evidence"]) == (state, evidence)
            assert emulator.machine.lost_pages == number
            await emulator.plug()
        assert emulator.machine.page_count == 0
