"""Looking at jobs: newest first in pages, in print order, and as many of their labels as are wanted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from labelhub.jobs import store
from labelhub.jobs.job import Job, JobState, LabelOrder
from labelhub.jobs.store.history import SHOWN_PAGES
from tests.jobs.queue_at_hand import AT, LATER, OTHER, PRINTER, Queue, order

ANYTHING: dict[str, Any] = {"state": None, "printer_id": None, "since": None, "before_number": None, "limit": 10}
MINUTE = timedelta(minutes=1)


def ids(queue: Queue, **wanted: Any) -> list[UUID]:
    return [job.id for job in queue(store.history, **ANYTHING | wanted)]


def test_history_comes_newest_first_in_pages(queue: Queue) -> None:
    given = [queue.submit().id for _ in range(7)]
    found: list[UUID] = []
    number = None
    while page := queue(store.history, **ANYTHING | {"limit": 3, "before_number": number}):
        found += [job.id for job in page]
        number = page[-1].number
    assert found == given[::-1]


def test_history_is_filtered_by_state_and_printer_and_both(queue: Queue) -> None:
    done, waiting, other = queue.completed(), queue.submit(), queue.submit(printer_id=OTHER)
    unclaimed = queue.submit(printer_id=None)
    assert ids(queue, state=JobState.QUEUED) == [unclaimed.id, other.id, waiting.id]
    assert ids(queue, printer_id=PRINTER) == [waiting.id, done.id]
    assert ids(queue, printer_id=PRINTER, state=JobState.COMPLETED) == [done.id]
    assert ids(queue, printer_id=OTHER, state=JobState.COMPLETED) == []
    assert ids(queue, state=JobState.QUEUED, before_number=unclaimed.number, limit=1) == [other.id]
    assert ids(queue, printer_id=uuid4()) == []


def test_history_is_searched_for_what_labels_say(queue: Queue) -> None:
    says: list[dict[str, Any]] = [
        {"title": "Größe 8", "lines": ["50 %"]},
        {"title": 'A "quoted" \\ one'},
        {"title": "日本語", "qr_payload": "a_b"},
    ]
    given = [queue(store.submit, replace(order(), labels=(LabelOrder(fields),)), AT, None).id for fields in says]
    by_person = queue.submit(submitted_by="key from 192.0.2.7").id
    for text, wanted in (
        ("größe", given[:1]), ("GRÖßE", given[:1]), ("50 %", given[:1]), ("5_ %", []), ('"QUOTED"', given[1:2]), ("\\", given[1:2]),
        ("本", given[2:3]), ("a_b", given[2:3]), ("a.b", []), ("192.0.2.7", [by_person]), ("demo", [*given, by_person]), ("'; DROP", []),
    ):  # fmt: skip
        assert ids(queue, text=text) == wanted[::-1], text
    assert ids(queue, text="demo", limit=1, printer_id=PRINTER, state=JobState.QUEUED) == [by_person]
    assert ids(queue, text="demo", printer_id=OTHER) == []


def test_history_since_a_time_has_every_job_from_that_very_moment_on(queue: Queue) -> None:
    given = [queue.submit(at=AT + number * MINUTE, printer_id=(PRINTER, OTHER)[number % 2]).id for number in range(9)]
    for first in range(9):
        assert ids(queue, since=AT + first * MINUTE) == given[first:][::-1]
    assert ids(queue, since=AT - 1000 * MINUTE) == given[::-1]
    assert ids(queue, since=AT + 8 * MINUTE + timedelta(microseconds=1)) == []
    assert ids(queue, since=AT + 3 * MINUTE, printer_id=OTHER, state=JobState.QUEUED) == [given[number] for number in (7, 5, 3)]
    assert ids(queue, since=AT + 3 * MINUTE, printer_id=PRINTER, state=JobState.FAILED) == []


def test_history_since_a_time_has_jobs_of_nodes_whose_clocks_differ(queue: Queue) -> None:
    seconds = (0, 100, 70, 130, 80, 200)
    given = [queue.submit(at=AT + timedelta(seconds=second)).id for second in seconds]
    for since in seconds:
        wanted = [job_id for job_id, second in zip(given, seconds, strict=True) if second >= since]
        assert ids(queue, since=AT + timedelta(seconds=since)) == wanted[::-1]


def test_the_queue_shows_the_printing_job_and_then_those_that_wait_in_print_order(queue: Queue) -> None:
    printing = queue.begun()
    first, urgent = queue.submit(), queue.submit(priority=9)
    paused = queue(store.pause, queue.submit(priority=5).id, LATER)
    queue.submit(printer_id=OTHER)
    queue(store.cancel, queue.submit().id, LATER)
    wanted = [job.id for job in (printing, urgent, paused, first)]
    assert [job.id for job in queue(store.queue, PRINTER, 10)] == wanted
    assert [job.id for job in queue(store.queue, PRINTER, 2)] == wanted[:2]
    assert queue(store.queue, uuid4(), 10) == []
    for place, job in enumerate(queue(store.queue, PRINTER, 10)):
        behind = queue(store.queue, PRINTER, 10, after=store.place_of(job))
        assert [one.id for one in behind] == wanted[place + 1 :]


@pytest.mark.parametrize("copies", [(1,) * (SHOWN_PAGES + 5), (SHOWN_PAGES - 1, 7, 3), (5000,)])
def test_lists_show_the_labels_of_the_first_pages_and_a_job_alone_all_of_them(queue: Queue, copies: tuple[int, ...]) -> None:
    job = queue.submit(*copies)
    (listed,), (queued,) = queue(store.history, **ANYTHING), queue(store.queue, PRINTER, 10)
    starts = [sum(copies[:number]) for number in range(len(copies))]
    shown = sum(start < SHOWN_PAGES for start in starts)
    whole: Job = queue(store.shown, job.id)
    assert [(label.fields["n"], label.copies) for label in whole.labels] == list(enumerate(copies))
    assert listed.labels == queued.labels == whole.labels[:shown]
    assert whole.payload["labels"][0] == {"data": {"n": 0}, "copies": copies[0]}
    assert queue(store.get, job.id).labels == ()


def test_each_job_of_a_list_has_its_own_labels(queue: Queue) -> None:
    sizes = (3, 1, 2)
    queue(lambda conn: [store.submit(conn, order(*[1] * size), AT) for size in sizes])
    assert [len(job.labels) for job in queue(store.history, **ANYTHING)] == [2, 1, 3]


def test_a_batch_of_five_thousand_labels_is_stored_and_read_back(queue: Queue) -> None:
    def many(conn: sa.Connection) -> int:
        job = store.submit(conn, order(*[1] * 5000), AT)
        return len(store.shown(conn, job.id).labels)

    assert queue(many) == 5000
