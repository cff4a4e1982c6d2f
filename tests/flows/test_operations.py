"""What can be wished of waiting jobs and of printers, proved by what came out of the printer, and again after a restart."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID

from labelhub.jobs import store
from labelhub.jobs.job import Job, JobState
from tests.flows.at_the_printer import all_end, codes, job, many, named, one, patch, slug_of, wish
from tests.house import declared, house, house_with, settings_for, virtual

PAUSED, PRINTING, QUEUED = JobState.PAUSED, JobState.PRINTING, JobState.QUEUED
SLOW = {"mm_per_s": 200.0}


async def test_a_paused_job_is_passed_over_until_it_is_resumed_even_across_a_restart(tmp_path: Path) -> None:
    async with virtual(pt="PT-P750W 12mm") as emulators:
        settings = settings_for(tmp_path, declared(emulators))
        async with house(tmp_path, settings) as before:
            await wish(before, "printers/pt/pause", 204)
            ids = [await one(before, f"L-{number}") for number in range(4)]
            for _ in range(2):  # idempotent
                assert (await wish(before, f"jobs/{ids[1]}/pause", 202))["reason"] == "paused-by-user"
            await wish(before, f"jobs/{ids[2]}/pause", 202)
            await wish(before, "printers/pt/resume", 204)
            assert await all_end(before, [ids[0], ids[3]]) == ["completed"] * 2
        async with house(tmp_path, settings) as after:
            await after.until(await one(after, "L-4"))
            assert codes(emulators["pt"]) == ["L-0", "L-3", "L-4"]
            assert (await job(after, ids[1]))["state"] == "paused"
            await wish(after, "printers/pt/pause", 204)
            later = await one(after, "L-5")
            for job_id in (ids[2], ids[1]):
                for _ in range(2):
                    assert (await wish(after, f"jobs/{job_id}/resume", 202))["state"] == "queued"
            await wish(after, "printers/pt/resume", 204)
            assert await all_end(after, [*ids, later]) == ["completed"] * 5
        assert codes(emulators["pt"])[3:] == ["L-1", "L-2", "L-5"]


async def test_what_was_cancelled_or_cleared_never_arrives_not_even_after_a_restart(tmp_path: Path) -> None:
    async with virtual(pt="PT-P750W 12mm") as emulators:
        settings = settings_for(tmp_path, declared(emulators))
        await emulators["pt"].unplug()
        async with house(tmp_path, settings) as before:
            ids = [await one(before, f"L-{number}") for number in range(4)]
            await before.until(ids[3], QUEUED, reason="printer-unreachable")
            await wish(before, f"jobs/{ids[0]}/cancel", 202)
            await wish(before, f"jobs/{ids[1]}/pause", 202)
            await wish(before, f"jobs/{ids[2]}/pause", 202)
            assert (await wish(before, f"jobs/{ids[2]}/cancel", 202))["state"] == "cancelled"
        async with house(tmp_path, settings) as after:
            await wish(after, "printers/pt/queue/clear", 204)
            assert await wish(after, "printers/pt/queue", 200, method="GET") == []
            last = await one(after, "last")
            await emulators["pt"].plug()
            assert await all_end(after, [*ids, last]) == ["cancelled"] * 4 + ["completed"]
            assert (await wish(after, "printers/pt", 200, method="GET"))["queue_depth"] == 0
        assert codes(emulators["pt"]) == ["last"]


async def test_a_job_moved_to_another_printer_arrives_there_and_only_there(tmp_path: Path) -> None:
    async with virtual(a="PT-P750W 12mm", b="PT-P750W 12mm") as emulators:
        settings = settings_for(tmp_path, declared(emulators))
        async with house(tmp_path, settings) as before:
            for slug in emulators:
                await wish(before, f"printers/{slug}/pause", 204)
            ids = [await one(before, f"L-{number}", printer="a") for number in range(3)]
            b = before.hub.printer("b")
            assert (await patch(before, ids[1], 200, printer="b"))["printer_id"] == str(b.id)
            await wish(before, f"jobs/{ids[2]}/pause", 202)
            moved = await patch(before, ids[2], 200, printer=str(b.id), priority=3)
            assert (moved["state"], moved["priority"]) == ("paused", 3)
            queues = [await wish(before, f"printers/{slug}/queue", 200, method="GET") for slug in "ab"]
            assert [[one["id"] for one in queue] for queue in queues] == [[ids[0]], [ids[2], ids[1]]]
        async with house(tmp_path, settings) as after:
            await wish(after, f"jobs/{ids[2]}/resume", 202)
            for slug in emulators:
                await wish(after, f"printers/{slug}/resume", 204)
            assert await all_end(after, ids) == ["completed"] * 3
        assert [codes(emulators[slug]) for slug in "ab"] == [["L-0"], ["L-2", "L-1"]]


async def test_a_job_can_not_be_moved_where_it_can_not_print_and_stays_as_it_was(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm", off="PT-P750W 12mm", ql="QL-820NWB 62mm") as found:
        await wish(found, "printers/pt/pause", 204)
        await wish(found, "printers/off", 200, {"enabled": False}, "PATCH")
        ids = [await one(found, "L-0", printer="pt"), await many(found, 30, printer="pt")]
        for job_id in ids:
            before = await job(found, job_id)
            for target, status, slug in (
                ("off", 409, "printer-disabled"),
                ("nowhere", 404, "printer-not-found"),
                ("ql", 422, "media-unsupported"),
            ):
                assert slug_of(await patch(found, job_id, status, printer=target, priority=7)) == slug
            assert slug_of(await patch(found, job_id, 422)) == "validation-failed"
            await patch(found, job_id, 422, priority=101)
            await patch(found, job_id, 422, colour="red")
            assert await job(found, job_id) | {"reason": 0, "detail": 0, "updated_at": 0} == before | {
                "reason": 0,
                "detail": 0,
                "updated_at": 0,
            }


async def test_a_priority_changed_while_waiting_overtakes(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as found:
        await wish(found, "printers/pt/pause", 204)
        ids = [await one(found, f"L-{number}") for number in range(4)]
        assert (await patch(found, ids[2], 200, priority=1))["priority"] == 1
        await patch(found, ids[3], 200, priority=5)
        await patch(found, ids[0], 200, priority=-1)
        await wish(found, "printers/pt/resume", 204)
        assert await all_end(found, ids) == ["completed"] * 4
        assert codes(found.emulators["pt"]) == ["L-3", "L-2", "L-1", "L-0"]


async def test_a_higher_priority_overtakes_a_long_batch_after_twenty_labels_and_an_equal_one_does_not(tmp_path: Path) -> None:
    async with house_with(tmp_path, SLOW, pt="PT-P750W 12mm") as found:
        batch = await many(found, 23)
        await found.emulators["pt"].wait_for_pages(1)
        equal = await one(found, "equal")
        urgent = await one(found, "urgent", options={"priority": 1})
        await found.emulators["pt"].set_speed(None)
        assert await all_end(found, [batch, equal, urgent]) == ["completed"] * 3
        out = codes(found.emulators["pt"])
        assert (out.index("urgent"), out.index("equal")) == (20, 24)
        assert [code for code in out if code.startswith("L-")] == named(23)


async def test_wishes_that_come_too_late_are_conflicts_and_change_nothing(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as found:
        done = await one(found, "L-0")
        await found.until(done)
        await wish(found, "printers/pt/pause", 204)
        gone = await one(found, "L-1")
        await wish(found, f"jobs/{gone}/cancel", 202)
        for job_id in (done, gone):
            before = await job(found, job_id)
            for verb, body in (("cancel", None), ("pause", None), ("resume", None), ("confirm", {"printed": True})):
                refused = await wish(found, f"jobs/{job_id}/{verb}", 409, body)
                assert (slug_of(refused), refused["state"]) == ("job-state-conflict", before["state"])
            for changes in ({"priority": 3}, {"printer": "pt"}, {"printer": "pt", "priority": 3}):
                assert slug_of(await patch(found, job_id, 409, **changes)) == "job-state-conflict"
            assert await job(found, job_id) == before
        waiting = await one(found, "L-2")
        assert slug_of(await wish(found, f"jobs/{waiting}/retry", 409)) == "job-state-conflict"
        assert slug_of(await wish(found, f"jobs/{waiting}/confirm", 409, {"printed": False})) == "job-state-conflict"
        await wish(found, "printers/pt/resume", 204)
        await found.until(waiting)
        assert codes(found.emulators["pt"]) == ["L-0", "L-2"]


async def test_a_label_that_has_left_whole_can_not_be_cancelled_paused_or_moved(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm", other="PT-P750W 12mm") as found:
        emulator = found.emulators["pt"]
        await emulator.set_speed(1.0)
        job_id = await one(found, "L-0", printer="pt")
        await emulator.wait_until(lambda machine: machine.printing and machine.ended_jobs == 1)
        await found.until(job_id, PRINTING)
        for verb in ("cancel", "pause", "resume"):
            assert slug_of(await wish(found, f"jobs/{job_id}/{verb}", 409)) == "job-state-conflict"
        assert slug_of(await patch(found, job_id, 409, printer="other")) == "job-state-conflict"
        assert slug_of(await patch(found, job_id, 409, priority=3)) == "job-state-conflict"
        await emulator.set_speed(None)
        assert (await found.until(job_id)).state == "completed"
        assert [codes(found.emulators[slug]) for slug in ("pt", "other")] == [["L-0"], []]


async def test_a_change_of_printer_and_priority_is_seen_as_one(tmp_path: Path) -> None:
    async with house_with(tmp_path, a="PT-P750W 12mm", b="PT-P750W 12mm") as found:
        await wish(found, "printers/a/pause", 204)
        await wish(found, "printers/b/pause", 204)
        job_id = await one(found, "L-0", printer="a")
        seen: set[tuple[UUID | None, int]] = set()

        def changed(now: Job) -> bool:
            seen.add((now.printer_id, now.priority))
            return now.priority == 4

        watching = asyncio.create_task(found.hub.database.until(changed, store.get, UUID(job_id)))
        await patch(found, job_id, 200, printer="b", priority=4)
        await watching
        assert seen <= {(found.hub.printer("a").id, 0), (found.hub.printer("b").id, 4)}
