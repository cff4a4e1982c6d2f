"""Whole queues cleared, and printers taken away."""

from __future__ import annotations

import pytest

from labelhub.db.schema import printers
from labelhub.errors import PrinterInUse, PrinterNotFound
from labelhub.jobs import store
from labelhub.jobs.job import Job
from labelhub.jobs.store.wishes import CLEARED_AT_ONCE
from tests.jobs.queue_at_hand import AT, LATER, OTHER, PRINTER, Queue, order

LATEST = LATER.replace(hour=10)


def submit_many(queue: Queue, count: int) -> list[Job]:
    found: list[Job] = queue(lambda conn: [store.submit(conn, order(priority=number % 3), AT) for number in range(count)])
    return found


def test_a_long_queue_is_cleared_in_parts_and_what_comes_meanwhile_stays(queue: Queue) -> None:
    printing, other, unclaimed = queue.printing(2), queue.submit(printer_id=OTHER), queue.submit(printer_id=None)
    many = submit_many(queue, CLEARED_AT_ONCE + 20)
    paused, meanwhile = queue(store.pause, many[0].id, LATER), []
    cleared, up_to = queue(store.clear, PRINTER, None, LATEST)
    assert (cleared, up_to) == (CLEARED_AT_ONCE, many[-1].number)
    while up_to is not None:
        meanwhile.append(queue.submit(priority=9))
        more, up_to = queue(store.clear, PRINTER, up_to, LATEST)
        cleared += more
    assert cleared == len(many)
    for job in (many[1], many[-1], paused):
        queue.shows(job, state="cancelled", reason="cancelled-by-user", finished_at=LATEST, updated_at=LATEST)
    assert {queue.state(job) for job in (other, unclaimed, *meanwhile)} == {("queued", None)}
    assert queue.state(printing) == ("printing", None)
    assert queue(store.depths) == {PRINTER: 1 + len(meanwhile), OTHER: 1}


def test_each_cleared_job_is_told_and_the_first_in_line_go_first(queue: Queue) -> None:
    unknown, late, first = queue.lost(), queue.submit(), queue.submit(priority=1)
    stopped = queue(store.pause, queue.submit().id, LATER)
    told = [(one.job_id, one.data["from_state"], one.data["to_state"], one.data["queue_depth"]) for one in queue.heard(
        store.clear, PRINTER, None, LATEST
    )]  # fmt: skip
    assert told[:2] == [(job.id, "queued", "cancelled", 0) for job in (first, late)]
    assert {row[0] for row in told[2:]} == {stopped.id, unknown.id}
    assert queue.heard(store.clear, PRINTER, None, LATEST) == []


def test_a_printer_for_which_jobs_wait_is_removed_by_force_alone(queue: Queue) -> None:
    printing = queue.begun()
    held, other, unclaimed = queue.submit(), queue.submit(printer_id=OTHER), queue.submit(printer_id=None)
    with pytest.raises(PrinterInUse):
        queue(store.remove_printer, PRINTER, False, LATEST)
    queue(store.remove_printer, PRINTER, True, LATEST)
    assert queue.counts(printers) == {"printers": 1}
    assert (queue.state(held), queue.state(other), queue.state(unclaimed)) == (
        ("cancelled", "cancelled-by-user"),
        ("queued", None),
        ("queued", None),
    )
    assert not queue(store.progress, printing, 2, "status", None, LATEST)
    queue.shows(printing, state="cancelled", labels_done=2)


def test_a_printer_without_jobs_is_removed_and_its_history_stays(queue: Queue) -> None:
    job = queue.completed()
    queue(store.remove_printer, PRINTER, False, LATEST)
    assert queue.counts(printers) == {"printers": 1}
    assert queue(store.shown, job.id).printer_id == PRINTER
    with pytest.raises(PrinterNotFound):
        queue(store.retry, job.id, "me", LATEST)
