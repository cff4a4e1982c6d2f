"""Jobs for any printer: whoever has the media and nothing else to do prints them, and why nobody does is told by name."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from labelhub.drivers.brother.words import media_from_word
from labelhub.jobs.job import JobState
from tests.flows.at_the_printer import TINY, TINY_24, all_end, codes, job, many, named, one, slug_of, wish
from tests.house import declared, house, house_with, settings_for, virtual

PAUSED, PRINTING, QUEUED = JobState.PAUSED, JobState.PRINTING, JobState.QUEUED
TAPE_12, TAPE_24 = media_from_word("PT-P750W", "12mm"), media_from_word("PT-P750W", "24mm")
SLOW = {"mm_per_s": 200.0}


async def test_a_job_goes_to_the_printer_that_has_its_media(tmp_path: Path) -> None:
    async with house_with(tmp_path, a="PT-P750W 24mm", b="PT-P750W 12mm", c="PT-P750W 24mm") as found:
        ids = [await one(found, f"L-{number}") for number in range(3)]
        assert await all_end(found, ids) == ["completed"] * 3
        assert [codes(found.emulators[slug]) for slug in "abc"] == [[], named(3), []]
        assert (await job(found, ids[0]))["printer_id"] == str(found.hub.printer("b").id)


async def test_of_two_printers_with_the_media_the_idle_one_takes_what_comes(tmp_path: Path) -> None:
    async with house_with(tmp_path, a="PT-P750W 12mm", b="PT-P750W 12mm") as found:
        await found.emulators["a"].set_speed(1.0)
        long = await one(found, "long", printer="a")
        await found.until(long, PRINTING)
        ids = [await one(found, f"L-{number}") for number in range(4)]
        assert await all_end(found, ids) == ["completed"] * 4
        await found.emulators["a"].set_speed(None)
        await found.until(long)
        assert [codes(found.emulators[slug]) for slug in "ab"] == [["long"], named(4)]


async def test_a_job_that_nobody_has_the_media_for_says_who_could_be_loaded_and_prints_once_one_is_across_a_restart(
    tmp_path: Path,
) -> None:
    async with virtual(a="PT-P750W 12mm", b="PT-P750W 12mm", ql="QL-820NWB 62mm") as emulators:
        settings = settings_for(tmp_path, declared(emulators))
        async with house(tmp_path, settings) as before:
            for slug in emulators:
                await before.seen(slug)
            body = {"template": TINY_24, "data": {"qr_payload": "L-0"}}
            refused = await wish(before, "print", 409, body)
            assert slug_of(refused) == "media-mismatch"
            assert (refused["expected"], refused["loaded"]) == ("24mm", "12mm")
            job_id = await before.print(TINY_24, {"qr_payload": "L-0"}, on_media_mismatch="queue")
            held = await before.until(job_id, QUEUED, reason="media-needed")
            assert (held.printer_id, held.detail) == (None, "load 24mm tape into a or b")
        async with house(tmp_path, settings) as after:
            assert (await after.until(job_id, QUEUED, reason="media-needed")).printer_id is None
            assert (await after.until(await one(after, "other"))).state == "completed"
            await emulators["b"].load(TAPE_24)
            await after.seen("b")
            ended = await after.until(job_id)
            assert (ended.state, ended.reason, ended.printer_id) == ("completed", None, after.hub.printer("b").id)
        assert emulators["ql"].machine.page_count == 0
        assert sorted(codes(emulators["a"]) + codes(emulators["b"])) == ["L-0", "other"]


async def test_a_job_whose_media_only_a_printer_that_is_away_holds_says_so_and_prints_when_it_is_back(tmp_path: Path) -> None:
    async with house_with(tmp_path, a="PT-P750W 12mm", b="PT-P750W 24mm") as found:
        await found.emulators["a"].unplug()
        await found.seen("a")
        job_id = await one(found, "L-0")
        held = await found.until(job_id, QUEUED, reason="printer-unreachable")
        assert held.printer_id is None
        assert held.detail is not None
        assert held.detail.startswith("a holds 12mm tape, but")
        await found.emulators["a"].plug()
        await found.seen("a")
        assert (await found.until(job_id)).state == "completed"
        assert [codes(found.emulators[slug]) for slug in "ab"] == [["L-0"], []]


async def test_a_job_whose_media_a_paused_printer_holds_says_so_and_goes_to_another_that_is_loaded(tmp_path: Path) -> None:
    async with house_with(tmp_path, a="PT-P750W 12mm", b="PT-P750W 24mm") as found:
        await wish(found, "printers/a/pause", 204)
        job_id = await one(found, "L-0")
        held = await found.until(job_id, QUEUED, reason="printer-paused")
        assert (held.printer_id, (held.detail or "")[:24]) == (None, "a holds 12mm tape, but t")
        await found.emulators["b"].load(TAPE_12)
        await found.seen("b")
        assert (await found.until(job_id)).state == "completed"
        assert [codes(found.emulators[slug]) for slug in "ab"] == [[], ["L-0"]]


async def test_printers_that_nobody_has_seen_yet_are_not_said_to_need_media(tmp_path: Path) -> None:
    async with virtual(a="PT-P750W 12mm", b="PT-P750W 24mm") as emulators:
        for emulator in emulators.values():
            await emulator.unplug()
        async with house(tmp_path, settings_for(tmp_path, declared(emulators))) as found:
            for slug in emulators:
                await found.seen(slug)
            job_id = await one(found, "L-0")
            held = await found.until(job_id, QUEUED, reason="printer-unreachable")
            assert (held.detail or "")[:2] in ("a ", "b ")
            for slug, emulator in emulators.items():
                await emulator.plug()
                await found.seen(slug)
            assert (await found.until(job_id)).state == "completed"
        assert [codes(emulator) for emulator in emulators.values()] == [["L-0"], []]


async def test_a_batch_for_any_printer_that_is_stopped_in_the_middle_is_finished_by_another(tmp_path: Path) -> None:
    async with house_with(tmp_path, SLOW, a="PT-P750W 12mm", b="PT-P750W 24mm") as found:
        a, b = found.emulators.values()
        job_id = await many(found, 26)
        await a.wait_for_pages(2)
        await wish(found, "printers/a/pause", 204)
        held = await found.until(job_id, QUEUED, reason="printer-paused")
        assert (held.printer_id, codes(a)) == (None, named(held.labels_done))
        await b.set_speed(None)
        await b.load(TAPE_12)
        await found.seen("b")
        assert (await found.until(job_id)).printer_id == found.hub.printer("b").id
        assert codes(a) + codes(b) == named(26)


async def test_a_job_that_was_moved_off_to_one_printer_is_for_that_one_alone(tmp_path: Path) -> None:
    async with house_with(tmp_path, a="PT-P750W 12mm", b="PT-P750W 12mm") as found:
        for slug in found.emulators:
            await wish(found, f"printers/{slug}/pause", 204)
        job_id = await one(found, "L-0")
        assert (await job(found, job_id))["printer_id"] is None
        await wish(found, f"jobs/{job_id}", 200, {"printer": "b"}, "PATCH")
        await wish(found, "printers/a/resume", 204)
        await found.until(await one(found, "other", printer="a"))
        await wish(found, "printers/b/resume", 204)
        assert (await found.until(job_id)).state == "completed"
        assert [codes(found.emulators[slug]) for slug in "ab"] == [["other"], ["L-0"]]


@pytest.mark.sqlite_file  # it is about printers, and the longest of all
async def test_two_hundred_jobs_for_three_strict_printers_all_come_out_once_where_they_belong(tmp_path: Path) -> None:
    strict = {"mm_per_s": 20000.0, "refuse_while_busy": True}
    async with house_with(tmp_path, strict, a="PT-P750W 12mm", b="PT-P750W 12mm", c="PT-P750W 12mm") as found:
        target = [None, "a", None, "b", None, "c"]
        wishes = [(f"L-{number}", target[number % 6]) for number in range(200)]
        posts = (found.print(TINY, {"qr_payload": code}, **({"printer": slug} if slug else {})) for code, slug in wishes)
        ids = await asyncio.gather(*posts)
        assert Counter(await all_end(found, ids)) == {"completed": 200}
        out = {slug: codes(emulator) for slug, emulator in found.emulators.items()}
        assert sorted(code for printed in out.values() for code in printed) == sorted(named(200))
        for slug, printed in out.items():
            assert {code for code, wanted in wishes if wanted == slug} <= set(printed)
