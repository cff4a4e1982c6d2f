"""Printing again: all of it or what is missing, after whatever end; and what a person says of an unknown one."""

from __future__ import annotations

from pathlib import Path

from labelhub.emulator.server import Emulator
from labelhub.jobs.job import JobState
from tests.flows.at_the_printer import codes, job, many, named, one, slug_of, wish
from tests.house import House, declared, house, house_with, settings_for, virtual

PAUSED, PRINTING, QUEUED = JobState.PAUSED, JobState.PRINTING, JobState.QUEUED
SLOW = {"mm_per_s": 200.0}
MISSING = {"only": "missing"}


async def again(found: House, job_id: str, body: dict[str, str] | None = None) -> str:
    """The id of the job that prints another again."""
    new: str = (await wish(found, f"jobs/{job_id}/retry", 201, body))["job_id"]
    return new


async def lost(found: House, count: int, after: int) -> str:
    """A batch whose printer lost its power in the middle, and has it again."""
    emulator = found.emulators["pt"]
    job_id = await many(found, count)
    await emulator.wait_for_pages(after)
    await emulator.unplug()
    await found.until(job_id, PAUSED, reason="outcome-unknown")
    await emulator.set_speed(None)
    await emulator.plug()
    return job_id


async def test_what_a_cancelled_batch_did_not_print_can_be_printed_alone_and_after_a_restart(tmp_path: Path) -> None:
    async with virtual(SLOW, pt="PT-P750W 12mm") as emulators:
        settings, emulator = settings_for(tmp_path, declared(emulators)), emulators["pt"]
        async with house(tmp_path, settings) as before:
            old = await many(before, 24)
            await emulator.wait_for_pages(3)
            await wish(before, f"jobs/{old}/cancel", 202)
            out = (await before.until(old)).labels_done
            await emulator.set_speed(None)
            await wish(before, "printers/pt/pause", 204)
            new = await again(before, old, MISSING)
            assert (await job(before, new))["labels_total"] == 24 - out
        async with house(tmp_path, settings) as after:
            await wish(after, "printers/pt/resume", 204)
            ended = await after.until(new)
            assert (ended.state, str(ended.parent_job_id)) == ("completed", old)
            assert slug_of(await wish(after, f"jobs/{new}/retry", 409, MISSING)) == "nothing-missing"
        assert codes(emulator) == named(24)


async def test_a_retry_of_the_whole_prints_every_label_again_and_keeps_its_options(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as found:
        old = await many(found, 3, options={"copies": 2, "half_cut": True, "priority": 4})
        await found.until(old)
        new = await again(found, old)
        ended = await found.until(new)
        assert (ended.priority, ended.options.half_cut, ended.labels_total, str(ended.parent_job_id)) == (4, True, 6, old)
        assert (await job(found, new))["payload"] == (await job(found, old))["payload"]
        assert codes(found.emulators["pt"]) == ["L-0", "L-0", "L-1", "L-1", "L-2", "L-2"] * 2
        await found.until(await again(found, new, {}))
        assert found.emulators["pt"].machine.page_count == 18
        assert slug_of(await wish(found, f"jobs/{new}/retry", 422, {"only": "some"})) == "validation-failed"


async def test_what_is_not_known_to_be_out_of_a_lost_batch_can_be_printed_alone(tmp_path: Path) -> None:
    async with house_with(tmp_path, SLOW, pt="PT-P750W 12mm") as found:
        old = await lost(found, 24, 4)
        out = codes(found.emulators["pt"])
        known = (await job(found, old))["labels_done"]
        assert known <= len(out) <= known + 3
        new = await again(found, old, MISSING)
        assert (await found.until(new)).labels_total == 24 - known
        assert codes(found.emulators["pt"]) == out + named(24)[known:]
        ended = await job(found, old)
        assert (ended["state"], ended["reason"]) == ("failed", "outcome-unknown")
        assert new in ended["detail"]


async def test_a_person_says_how_many_of_a_lost_batch_are_out_and_the_others_are_printed(tmp_path: Path) -> None:
    async with virtual(SLOW, pt="PT-P750W 12mm") as emulators:
        settings, emulator = settings_for(tmp_path, declared(emulators)), emulators["pt"]
        async with house(tmp_path, settings) as before:
            before.emulators = emulators
            old = await lost(before, 24, 4)
        async with house(tmp_path, settings) as after:
            held = await after.until(old, PAUSED, reason="outcome-unknown")
            out = codes(emulator)
            for wrong in (held.labels_sent + 1, held.labels_done - 1):
                assert slug_of(await wish(after, f"jobs/{old}/confirm", 409, {"printed": False, "labels_done": wrong})) == "conflict"
            told = await wish(after, f"jobs/{old}/confirm", 200, {"printed": False, "labels_done": len(out)})
            assert (told["state"], told["labels_done"], told["evidence"]) == ("failed", len(out), None)
            assert (await after.until(await again(after, old, MISSING))).labels_total == 24 - len(out)
        assert codes(emulator) == named(24)


async def test_a_job_of_unknown_outcome_is_not_resumed_or_moved_and_nothing_of_it_is_sent_again(tmp_path: Path) -> None:
    async with house_with(tmp_path, SLOW, pt="PT-P750W 12mm", other="PT-P750W 12mm") as found:
        emulator: Emulator = found.emulators["pt"]
        job_id = await many(found, 5, printer="pt")
        await emulator.wait_for_pages(1)
        await emulator.unplug()
        await found.until(job_id, PAUSED, reason="outcome-unknown")
        await emulator.set_speed(None)
        await emulator.plug()
        out = codes(emulator)
        for verb in ("resume", "pause"):
            assert slug_of(await wish(found, f"jobs/{job_id}/{verb}", 409)) == "job-state-conflict"
        assert slug_of(await wish(found, f"jobs/{job_id}", 409, {"printer": "other"}, "PATCH")) == "job-state-conflict"
        await found.until(await one(found, "next", printer="pt"))
        assert (await wish(found, f"jobs/{job_id}/cancel", 202))["state"] == "cancelled"
        assert [codes(emulator), codes(found.emulators["other"])] == [[*out, "next"], []]
