"""Why jobs wait: told once, taken back, and each printer's and nobody's jobs apart."""

from __future__ import annotations

from labelhub.events import Event
from labelhub.jobs import store
from labelhub.jobs.store import Block
from labelhub.jobs.store.claim import EXPLAINED_AT_ONCE
from tests.jobs.queue_at_hand import AT, LATER, NEED_12, NEED_24, OTHER, PRINTER, TAPE_12, Queue, order

OFF = Block("printer-unreachable", "it is off")


def told(events: list[Event]) -> list[tuple[object, ...]]:
    return [(event.job_id, event.data["from_state"], event.data["to_state"], event.data["reason"]) for event in events]


def test_reasons_are_told_once_with_an_event_each_and_taken_back(queue: Queue) -> None:
    narrow, wide = queue.submit(need=NEED_12), queue.submit(need=NEED_24)
    found = queue.heard(store.explain, PRINTER, OFF, None, LATER)
    assert told(found) == [(job.id, "queued", "queued", "printer-unreachable") for job in (narrow, wide)]
    assert {(event.printer_id, event.data["queue_depth"]) for event in found} == {(PRINTER, 2)}
    assert queue.heard(store.explain, PRINTER, OFF, None, LATER) == []
    queue.shows(narrow, reason="printer-unreachable", detail="it is off", updated_at=LATER, state="queued")
    assert queue(store.explain, PRINTER, None, TAPE_12, LATER) == 2
    assert (queue.state(narrow)[1], queue.state(wide)[1]) == (None, "media-needed")


def test_each_job_is_told_what_it_needs(queue: Queue) -> None:
    narrow, wide, any_media = queue.submit(need=NEED_12), queue.submit(need=NEED_24), queue.submit()
    empty = Block("media-needed", "empty")
    for block, loaded, wanted in (
        (None, TAPE_12, (None, "load 24mm tape: the printer holds 12mm", None)),
        (None, None, (None, None, "the label is drawn for the media in the printer, and the hub does not know which one that is")),
        (empty, None, tuple(f"load {what}: the printer holds none" for what in ("12mm tape", "24mm tape", "media"))),
        (empty, TAPE_12, (
            "the printer refuses the 12mm it holds: open and close its cover, or load it again",
            "load 24mm tape: the printer holds 12mm",
            "the printer refuses the 12mm it holds: open and close its cover, or load it again",
        )),
    ):  # fmt: skip
        queue(store.explain, PRINTER, block, loaded, LATER)
        for job, words in zip((narrow, wide, any_media), wanted, strict=True):
            queue.shows(job, detail=words, reason="media-needed" if words else None)


def test_only_queued_jobs_of_the_printer_itself_are_told(queue: Queue) -> None:
    printing = queue.printing()
    paused, other, unclaimed, ended = queue.submit(), queue.submit(printer_id=OTHER), queue.submit(printer_id=None), queue.submit()
    queue(store.pause, paused.id, LATER)
    queue(store.cancel, ended.id, LATER)
    before = [queue.job(job) for job in (printing, paused, other, unclaimed, ended)]
    assert queue(store.explain, PRINTER, OFF, None, LATER.replace(hour=9)) == 0
    assert [queue.job(job) for job in before] == before


def test_jobs_for_any_printer_are_told_by_the_media_they_need(queue: Queue) -> None:
    narrow, wide, any_media = (queue.submit(need=need, printer_id=None) for need in (NEED_12, NEED_24, None))
    own = queue.submit(need=NEED_24)
    assert queue(store.unclaimed_needs) == {NEED_12, NEED_24, None}
    reasons = {NEED_12: None, NEED_24: Block("media-needed", "load 24mm tape"), None: OFF}
    found = queue.heard(store.explain_unclaimed, reasons, LATER)
    assert told(found) == [(wide.id, "queued", "queued", "media-needed"), (any_media.id, "queued", "queued", "printer-unreachable")]
    assert {(event.printer_id, event.data["queue_depth"]) for event in found} == {(None, 3)}
    assert queue(store.explain_unclaimed, reasons, LATER) == 0
    assert [queue.state(job)[1] for job in (narrow, own)] == [None, None]
    assert queue(store.explain_unclaimed, {}, LATER) == 2


def test_those_in_front_are_told_and_those_behind_when_they_come_nearer(queue: Queue) -> None:
    queue(lambda conn: [store.submit(conn, order(), AT) for _ in range(EXPLAINED_AT_ONCE)])
    behind = queue.submit(priority=-1)
    assert queue(store.explain, PRINTER, OFF, None, LATER) == EXPLAINED_AT_ONCE
    assert queue.state(behind) == ("queued", None)
    queue(store.prioritise, behind.id, 1, LATER)
    assert queue(store.explain, PRINTER, OFF, None, LATER) == 1
    assert queue.state(behind) == ("queued", "printer-unreachable")
