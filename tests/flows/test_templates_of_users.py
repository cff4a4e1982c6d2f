"""Templates of users on their way through the queue: several media, counted labels, and versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from labelhub.drivers.brother.words import media_from_word
from labelhub.jobs.job import JobState
from tests.flows.at_the_printer import all_end, codes, job, named, slug_of, wish
from tests.house import House, dots_of, house_with, same_dots

QUEUED = JobState.QUEUED
TAPE_12, TAPE_24 = media_from_word("PT-P750W", "12mm"), media_from_word("PT-P750W", "24mm")

CODE = """
schema_version: 1
key: {key}
name: Code
media: {{family: tape, width_mm: [12, 24]}}
fields: [{{name: code, required: true}}]
layout: {{barcode: {{value: "{value}", symbology: qr}}}}
"""


async def put(found: House, key: str, value: str) -> None:
    answer = await found.client.put(
        f"/api/templates/{key}", content=CODE.format(key=key, value=value), headers={"content-type": "application/yaml"}
    )
    assert answer.status_code in (200, 201), answer.text


async def printed(found: House, template: str, *labels: str, **more: Any) -> str:
    return await found.print(template, labels=[{"data": {"code": one}} for one in labels], **more)


async def test_labels_of_a_batch_are_counted_and_keep_their_numbers_when_they_are_printed_again(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as found:
        await put(found, "counted", "{code} {_number|counter:3} of {_total}")
        job_id = await printed(found, "counted", *"abc")
        assert (await found.until(job_id)).state == "completed"
        again = (await wish(found, f"jobs/{job_id}/retry", 201))["job_id"]
        assert (await found.until(again)).state == "completed"
        assert codes(found.emulators["pt"]) == ["a 001 of 3", "b 002 of 3", "c 003 of 3"] * 2


async def test_a_job_for_several_media_is_printed_on_the_first_of_them_that_is_loaded(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 18mm") as found:
        printer = found.emulators["pt"]
        await put(found, "either-tape", "{code}")
        await printer.remove_media()
        await found.seen("pt")
        small = await printed(found, "either-tape", "small", printer="pt", on_media_mismatch="queue")
        large = await printed(found, "either-tape", "x" * 200, printer="pt", on_media_mismatch="queue")  # more than 12 mm holds
        held = await found.until(small, QUEUED, reason="media-needed")
        assert held.detail == "load 12mm or 24mm tape: the printer holds none"
        for language, words in (("en", "Load 12 or 24 mm tape, and"), ("de", "12 oder 24 mm Band einlegen")):
            for page in ("/queue", f"/jobs/{small}"):
                assert words in (await found.client.get(page, headers={"accept-language": language})).text
        await printer.load(TAPE_12)
        assert (await found.until(small)).state == "completed"
        assert "load 24mm tape" in str((await found.until(large, QUEUED, reason="media-needed")).detail)
        again = (await wish(found, f"jobs/{small}/retry", 201))["job_id"]
        assert (await found.until(again)).state == "completed"
        same, other = (dots_of(page) for page in printer.machine.pages)
        await printer.load(TAPE_24)
        assert (await found.until(large)).state == "completed"
        assert same_dots(same, other)
        assert [page.media.width_mm for page in printer.machine.pages] == [12, 12, 24]
        assert codes(printer) == ["small", "small", "x" * 200]


async def test_a_job_for_several_media_and_any_printer_goes_where_the_first_of_them_is_loaded(tmp_path: Path) -> None:
    async with house_with(tmp_path, a="PT-P750W 18mm", b="PT-P750W 18mm", ql="QL-820NWB 62mm") as found:
        await put(found, "either-tape", "{code}")
        ids = [await printed(found, "either-tape", code, on_media_mismatch="queue") for code in ("one", "two")]
        held = await found.until(ids[0], QUEUED, reason="media-needed")
        assert (held.printer_id, held.detail) == (None, "load 12mm or 24mm tape into a or b")
        await found.emulators["b"].load(TAPE_24)
        await found.seen("b")
        assert await all_end(found, ids) == ["completed"] * 2
        assert [codes(found.emulators[slug]) for slug in ("a", "b", "ql")] == [[], ["one", "two"], []]


@pytest.mark.sqlite_file  # what is kept of it is tested on both
async def test_the_rest_of_a_batch_for_several_media_waits_for_the_one_it_was_begun_on(tmp_path: Path) -> None:
    async with house_with(tmp_path, {"mm_per_s": 200.0}, pt="PT-P750W 12mm") as found:
        printer = found.emulators["pt"]
        await put(found, "either-tape", "{code}")
        job_id = await printed(found, "either-tape", *named(24))
        await printer.wait_for_pages(2)
        await wish(found, f"jobs/{job_id}/pause", 202)
        await found.until(job_id, JobState.PAUSED)
        await printer.set_speed(None)
        await printer.load(TAPE_24)
        await found.seen("pt")
        await wish(found, f"jobs/{job_id}/resume", 202)
        assert (await found.until(job_id, QUEUED, reason="media-needed")).detail == "load 12mm tape: the printer holds 24mm"
        await printer.load(TAPE_12)
        await found.seen("pt")
        assert (await found.until(job_id)).state == "completed"
        assert {page.media.width_mm for page in printer.machine.pages} == {12}
        assert codes(printer) == named(24)


async def test_a_template_for_several_media_is_refused_where_none_of_them_is_loaded(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 18mm") as found:
        await put(found, "either-tape", "{code}")
        body = {"template": "either-tape", "printer": "pt", "data": {"code": "x"}}
        refused = await wish(found, "print", 409, body)
        assert (slug_of(refused), refused["loaded"]) == ("media-mismatch", "18mm")
        assert refused["expected"] == "12 or 24 mm tape"


async def test_a_job_for_several_media_moves_to_a_printer_that_holds_another_of_them(tmp_path: Path) -> None:
    async with house_with(tmp_path, a="PT-P750W 12mm", b="PT-P750W 24mm") as found:
        await put(found, "either-tape", "{code}")
        await wish(found, "printers/a/pause", 204)
        job_id = await printed(found, "either-tape", "moved", printer="a")
        await wish(found, f"jobs/{job_id}", 200, {"printer": "b"}, "PATCH")
        assert (await found.until(job_id)).state == "completed"
        assert [codes(found.emulators[slug]) for slug in "ab"] == [[], ["moved"]]


async def test_a_changed_template_prints_as_it_is_now_and_a_job_as_it_was_then(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as found:
        await put(found, "changing", "{code} one")
        first = await printed(found, "changing", "a")
        await found.until(first)
        await put(found, "changing", "{code} two")
        second = await printed(found, "changing", "a")
        again = (await wish(found, f"jobs/{first}/retry", 201))["job_id"]
        assert await all_end(found, [second, again]) == ["completed"] * 2
        assert codes(found.emulators["pt"]) == ["a one", "a two", "a one"]
        assert (await job(found, again))["parent_job_id"] == first
