"""Batches: stopped and gone on with in the middle, rows that can not be printed, and what of them is shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from labelhub.jobs.job import JobState
from tests.flows.at_the_printer import ON_ITS_WAY, TINY, codes, job, many, named, one, patch, row, rows, wish
from tests.house import ASSET, declared, house, house_with, settings_for, virtual

PAUSED, PRINTING, QUEUED = JobState.PAUSED, JobState.PRINTING, JobState.QUEUED
SLOW = {"mm_per_s": 200.0}
"""A label in about an eighth of a second: whatever is wished comes in time."""
HUGE = "x" * 900
"""More than a QR code on 12 mm tape can hold."""
MIXED = {3: "too long", 20: "code too large", 41: "too long"}


def asset(code: str, **more: Any) -> dict[str, Any]:
    """A row of the template that has texts too."""
    return {"data": ASSET | {"qr_payload": code} | more}


def with_bad_rows(count: int) -> list[dict[str, Any]]:
    """Labels of which three can not be laid out: the texts do not fit the longest label, or the code needs more tape than there is."""
    labels = [asset(f"L-{number}") for number in range(count)]
    for number, fault in MIXED.items():
        labels[number] = asset(f"L-{number}", title="wide " * 120) if fault == "too long" else asset(HUGE)
    return labels


async def test_a_batch_cancelled_in_the_middle_stops_after_the_pages_on_their_way_and_leaves_none_in_the_printer(tmp_path: Path) -> None:
    async with house_with(tmp_path, SLOW, pt="PT-P750W 12mm") as found:
        emulator = found.emulators["pt"]
        job_id = await many(found, 60)
        await emulator.wait_for_pages(3)
        await wish(found, f"jobs/{job_id}/cancel", 202)
        out_then = emulator.machine.page_count
        ended = await found.until(job_id)
        assert (ended.state, ended.reason) == ("cancelled", "cancelled-by-user")
        out = codes(emulator)
        assert out == named(ended.labels_done)
        assert out_then <= len(out) <= out_then + ON_ITS_WAY
        await emulator.set_speed(None)
        await found.until(await one(found, "next"))  # the printer is free, and nothing of the batch follows
        assert codes(emulator) == [*out, "next"]


async def test_a_batch_paused_in_the_middle_prints_the_rest_once_and_in_order_after_a_restart(tmp_path: Path) -> None:
    async with virtual(SLOW, pt="PT-P750W 12mm") as emulators:
        settings, emulator = settings_for(tmp_path, declared(emulators)), emulators["pt"]
        async with house(tmp_path, settings) as before:
            job_id = await many(before, 24)
            await emulator.wait_for_pages(2)
            await wish(before, f"jobs/{job_id}/pause", 202)
            out_then = emulator.machine.page_count
            held = await before.until(job_id, PAUSED, reason="paused-by-user")
            assert codes(emulator) == named(held.labels_done)
            assert held.labels_done <= out_then + ON_ITS_WAY
        await emulator.set_speed(None)
        async with house(tmp_path, settings) as after:
            assert (await job(after, job_id))["labels_done"] == held.labels_done
            await after.until(await one(after, "between"))
            await wish(after, f"jobs/{job_id}/resume", 202)
            assert (await after.until(job_id)).labels_done == 24
        out = codes(emulator)
        assert out.pop(held.labels_done) == "between"
        assert out == named(24)


async def test_a_pause_taken_back_before_it_came_to_pass_changes_nothing(tmp_path: Path) -> None:
    async with house_with(tmp_path, SLOW, pt="PT-P750W 12mm") as found:
        job_id = await many(found, 9)
        await found.emulators["pt"].wait_for_pages(2)
        await wish(found, f"jobs/{job_id}/pause", 202)
        await wish(found, f"jobs/{job_id}/resume", 202)
        await found.emulators["pt"].set_speed(None)
        assert (await found.until(job_id)).state == "completed"
        assert codes(found.emulators["pt"]) == named(9)


async def test_a_hub_closed_in_the_middle_of_a_batch_goes_on_where_it_stopped(tmp_path: Path) -> None:
    async with virtual(SLOW, pt="PT-P750W 12mm") as emulators:
        settings = settings_for(tmp_path, declared(emulators))
        async with house(tmp_path, settings) as before:
            job_id = await many(before, 12)
            await emulators["pt"].wait_for_pages(2)
        assert codes(emulators["pt"]) == named(emulators["pt"].machine.page_count)
        await emulators["pt"].set_speed(None)
        async with house(tmp_path, settings) as after:
            ended = await after.until(job_id)
            assert (ended.state, ended.evidence, ended.labels_done) == ("completed", "page-counter", 12)
        assert codes(emulators["pt"]) == named(12)


async def test_rows_that_can_not_be_printed_are_left_out_and_named_and_the_others_come_out_in_order(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as found:
        job_id = await found.print("snipeit-12mm", labels=with_bad_rows(60))
        ended = await found.until(job_id)
        assert (ended.state, ended.labels_total, ended.labels_done, ended.labels_failed) == ("completed", 60, 57, 3)
        assert codes(found.emulators["pt"]) == [code for number, code in enumerate(named(60)) if number not in MIXED]
        result = (await job(found, job_id))["result"]
        assert (result["labels"], result["labels_failed"], result["media"]) == (57, 3, "12mm")
        problems = [(one["label"], one["copies"], one["problem"]) for one in result["left_out"]]
        assert problems == [(4, 1, "label-too-long"), (21, 1, "barcode-invalid"), (42, 1, "label-too-long")]
        assert all(one["detail"] for one in result["left_out"])
        again = (await wish(found, f"jobs/{job_id}/retry", 201, {"only": "missing"}))["job_id"]
        retried = await found.until(again)
        assert (retried.state, retried.labels_total, retried.reason) == ("failed", 3, "label-too-long")
        assert (str(retried.parent_job_id), found.emulators["pt"].machine.page_count) == (job_id, 57)


async def test_a_batch_of_which_nothing_can_be_printed_fails_and_the_next_one_prints(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as found:
        job_id = await found.print(TINY, labels=[row(HUGE, copies=2) for _ in range(21)])
        ended = await found.until(job_id)
        assert (ended.state, ended.reason, ended.labels_done, ended.labels_failed) == ("failed", "barcode-invalid", 0, 42)
        assert ended.error
        await found.until(await one(found, "next"))
        assert codes(found.emulators["pt"]) == ["next"]


async def test_a_batch_that_has_a_bad_row_can_be_moved_before_it_begins_and_in_its_middle(tmp_path: Path) -> None:
    async with house_with(tmp_path, SLOW, a="PT-P750W 12mm", b="PT-P750W 12mm", c="PT-P750W 12mm") as found:
        await wish(found, "printers/a/pause", 204)
        labels = rows(26)
        labels[1] = row(HUGE)
        job_id = await found.print(TINY, labels=labels, printer="a")
        await patch(found, job_id, 200, printer="b")
        await found.emulators["b"].wait_for_pages(2)
        await wish(found, f"jobs/{job_id}/pause", 202)
        await found.until(job_id, PAUSED)
        await found.emulators["c"].set_speed(None)
        await patch(found, job_id, 200, printer="c")
        await wish(found, f"jobs/{job_id}/resume", 202)
        ended = await found.until(job_id)
        assert (ended.state, ended.labels_done, ended.labels_failed) == ("completed", 25, 1)
        there = [codes(found.emulators[slug]) for slug in "abc"]
        assert there[0] == []
        assert there[1] + there[2] == ["L-0", *named(26)[2:]]


async def test_five_thousand_labels_are_taken_at_once_and_shown_whole_only_one_by_one(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as found:
        await wish(found, "printers/pt/pause", 204)
        labels = [row(code, copies=1 + (number == 0)) for number, code in enumerate(named(4999))]
        body = {"template": TINY, "labels": labels}
        assert len(json.dumps(body)) < 1024 * 1024
        job_id = (await wish(found, "print", 202, body))["job_id"]
        labels.append(row("one more"))
        assert (await found.client.post("/api/print", json=body)).status_code == 422
        (listed,) = await wish(found, "jobs", 200, method="GET")
        (waiting,) = await wish(found, "printers/pt/queue", 200, method="GET")
        shown = await job(found, job_id)
        assert [len(one["payload"]["labels"]) for one in (listed, waiting, shown)] == [19, 19, 4999]
        assert [one["labels_total"] for one in (listed, waiting, shown)] == [5000] * 3
        assert shown["payload"]["labels"][-1] == row("L-4998", copies=1)
        await wish(found, "printers/pt/resume", 204)
        await found.emulators["pt"].wait_for_pages(1)
        await wish(found, f"jobs/{job_id}/cancel", 202)
        ended = await found.until(job_id)
        assert codes(found.emulators["pt"]) == (["L-0", *named(4999)])[: ended.labels_done]


async def test_labels_done_follows_the_printer_page_by_page(tmp_path: Path) -> None:
    async with house_with(tmp_path, {"mm_per_s": 100.0}, pt="PT-P750W 12mm") as found:
        emulator = found.emulators["pt"]
        database = found.hub.database
        job_id, seen, commits = await many(found, 8), [0], database.commits
        while (now := await job(found, job_id))["state"] in ("queued", "printing"):
            assert seen[-1] <= now["labels_done"] <= emulator.machine.page_count
            seen.append(now["labels_done"])
            commits = await database.next_commit(commits)  # counted from before the look: the last may come while looking
        assert (now["state"], now["labels_done"]) == ("completed", 8)
        assert len(set(seen)) >= 5, "a machine with much to do may miss a page, and not most of them"


async def test_copies_and_labels_together_come_out_label_by_label(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as found:
        labels = [row("L-0", copies=2), row("L-1"), row("L-2", copies=9)]
        job_id = await found.print(TINY, labels=labels, options={"copies": 2})
        ended = await found.until(job_id)
        assert (ended.state, ended.labels_total, ended.labels_done) == ("completed", 24, 24)
        assert codes(found.emulators["pt"]) == ["L-0"] * 4 + ["L-1"] * 2 + ["L-2"] * 18


async def test_a_batch_whose_printer_is_disabled_in_the_middle_goes_on_when_it_is_enabled_again(tmp_path: Path) -> None:
    async with house_with(tmp_path, SLOW, pt="PT-P750W 12mm") as found:
        emulator = found.emulators["pt"]
        job_id = await many(found, 12)
        await emulator.wait_for_pages(2)
        await wish(found, "printers/pt", 200, {"enabled": False}, "PATCH")
        held = await found.until(job_id, QUEUED, reason="printer-disabled")
        assert codes(emulator) == named(held.labels_done)
        await emulator.set_speed(None)
        await wish(found, "printers/pt", 200, {"enabled": True}, "PATCH")
        assert (await found.until(job_id)).state == "completed"
        assert codes(emulator) == named(12)
