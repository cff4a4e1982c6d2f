"""The pages of a job: copies unrolled, resumed at any of them, and those left out that cannot be printed."""

from __future__ import annotations

from itertools import accumulate
from random import Random
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from labelhub.db.schema import job_labels
from labelhub.jobs import store
from labelhub.jobs.job import Job, Sheet
from labelhub.jobs.store import Hand
from labelhub.jobs.store.inhand import REPORTED_PROBLEMS
from tests.jobs.queue_at_hand import AT, LATER, NODE, PRINTER, TAPE_12, Queue, order

CASES = 300
BAD = ("label-too-long", "too long")


def test_copies_are_unrolled(queue: Queue) -> None:
    job = queue.submit(2, 1)
    first, second, third = Sheet(0, 0, {"n": 0}), Sheet(1, 0, {"n": 0}), Sheet(2, 2, {"n": 1})
    assert queue(store.sheets, job, 0, 20) == [first, second, third]
    assert queue(store.sheets, job, 1, 1) == [second]
    assert queue(store.sheets, job, 3, 20) == []


def naive(copies: list[int], bad: set[int], start: int, limit: int) -> list[Sheet]:
    """What `sheets` has to give, told page by page."""
    pages, first = [], 0
    for number, each in enumerate(copies):
        pages += [Sheet(first + copy, first, {"n": number}) for copy in range(each) if number not in bad]
        first += each
    return pages[start : start + limit]


def test_any_pages_of_any_job_are_those_of_a_list_of_all_pages(queue: Queue) -> None:
    random = Random(4)

    def compare(conn: sa.Connection) -> None:
        for _ in range(CASES // 10):
            copies = [random.choice((1, 1, 1, 2, 3, 7, 30)) for _ in range(random.randint(1, 12))]
            bad = {number for number in range(len(copies)) if random.random() < random.choice((0, 0.2, 0.6))}
            job = taken(conn, *copies)
            for number in bad:
                job = store.leave_out(conn, job, sum(copies[:number]), *BAD, LATER)
            assert job.labels_failed == sum(copies[number] for number in bad)
            for _ in range(10):
                start, limit = random.randint(0, job.labels_good + 1), random.randint(1, 25)
                assert store.sheets(conn, job, start, limit) == naive(copies, bad, start, limit), (copies, bad, start, limit)
            store.complete(conn, job, "status", TAPE_12, LATER)

    queue(compare)


def taken(conn: sa.Connection, *copies: int) -> Job:
    """A job that the printer has just taken."""
    store.submit(conn, order(*copies), AT)
    job = store.claim(conn, Hand(PRINTER, NODE, uuid4()), TAPE_12, LATER)
    assert job is not None
    return job


def drawn(conn: sa.Connection, job: Job, unprintable: set[int], limit: int) -> tuple[Job, list[int]]:
    """The job after its pages were drawn, and those that came out: bad ones are met on the way, as the press does."""
    done, pages = job.labels_done, []
    while sheets := store.sheets(conn, job, done, limit):
        bad = {sheet.first_page for sheet in sheets if sheet.fields["n"] in unprintable}
        for first_page in bad:
            job = store.leave_out(conn, job, first_page, *BAD, LATER)
        good = [sheet.page for sheet in sheets if sheet.first_page not in bad]
        pages += good
        done += len(good)
    return job, pages


def test_bad_labels_are_met_while_drawing_and_every_good_page_comes_out_once(queue: Queue) -> None:
    random = Random(5)

    def draw(conn: sa.Connection) -> None:
        for _ in range(40):
            copies = [random.choice((1, 1, 2, 5, 25)) for _ in range(random.randint(1, 10))]
            bad = {number for number in range(len(copies)) if random.random() < 0.3}
            job, pages = drawn(conn, taken(conn, *copies), bad, random.randint(1, 20))
            assert pages == [sheet.page for sheet in naive(copies, bad, 0, 1000)], (copies, bad)
            store.complete(conn, job, "status", TAPE_12, LATER)
            assert store.get(conn, job.id).state == ("completed" if pages else "failed")

    queue(draw)


def test_a_label_is_left_out_once_with_all_its_copies(queue: Queue) -> None:
    job = queue.printing(2, 3)
    for _ in range(2):
        job = queue(store.leave_out, job, 2, *BAD, LATER)
        assert (job.labels_total, job.labels_failed, job.labels_good) == (5, 3, 2)


@pytest.mark.parametrize(("copies", "done", "bad"), [((18, 3, 3), 20, 20), ((30, 10), 20, 20)])
def test_of_a_label_that_is_partly_out_the_rest_is_left_out_and_all_others_still_print(
    queue: Queue, copies: tuple[int, ...], done: int, bad: int
) -> None:
    job = queue.printing(*copies)
    queue.send(job, done)
    assert queue(store.progress, job, done, "page-counter", TAPE_12, LATER)
    job = queue(store.leave_out, job, bad, *BAD, LATER)
    left_out = next(end for end in accumulate(copies) if end > bad) - bad
    assert (job.labels_failed, job.labels_done) == (left_out, done)
    rest = queue(store.sheets, job, done, 50)
    assert [sheet.page for sheet in rest] == list(range(bad + left_out, sum(copies)))
    queue.send(job, done + len(rest))
    queue(store.complete, job, "page-counter", TAPE_12, LATER)
    queue.shows(job, state="completed", labels_done=sum(copies) - left_out)
    missing = queue(store.retry, job.id, "me", LATER, missing=True)
    assert missing.labels_total == left_out


def test_a_done_job_lists_the_labels_that_were_left_out(queue: Queue) -> None:
    job = queue.printing(2, 3, 1)
    queue.send(job, 2)
    job = queue(store.leave_out, job, 2, *BAD, LATER)
    queue(store.complete, job, "status", TAPE_12, LATER)
    left_out = [{"label": 3, "copies": 3, "problem": "label-too-long", "detail": "too long"}]
    queue.shows(job, state="completed", labels_done=3, labels_sent=3, labels_failed=3)
    queue.shows(job, result={"labels": 3, "media": "12mm", "labels_failed": 3, "left_out": left_out}, error=None)


def test_a_job_of_which_no_label_can_be_printed_fails_as_the_first_one_does(queue: Queue) -> None:
    job = queue.printing(1, 2)
    queue(store.leave_out, job, 1, "barcode-invalid", "does not scan", LATER)
    queue(store.leave_out, job, 0, *BAD, LATER)
    queue(store.complete, job, "sent", TAPE_12, LATER)
    queue.shows(job, state="failed", reason="label-too-long", detail="too long", error="too long", evidence=None, labels_done=0)
    result = queue.job(job).result
    assert result is not None
    assert [one["problem"] for one in result["left_out"]] == ["label-too-long", "barcode-invalid"]


def test_a_job_that_ends_early_lists_the_labels_that_were_left_out_until_then(queue: Queue) -> None:
    def begun(sent: bool = True) -> Job:
        job = queue.printing(2, 3, 1)
        if sent:
            queue.send(job, 2)
        left: Job = queue(store.leave_out, job, 2, *BAD, LATER)
        return left

    def ended(job: Job, *, lost: bool, fn: Any, more: tuple[Any, ...]) -> None:
        if lost:
            queue(store.lose, job, "gone", LATER)
        queue(fn, job.id if lost else job, *more, LATER)
        left_out = [{"label": 3, "copies": 3, "problem": "label-too-long", "detail": "too long"}]
        media = {} if queue.job(job).media is None else {"media": "12mm"}
        queue.shows(job, result={"labels": 0, "labels_failed": 3, "left_out": left_out} | media)

    ended(begun(), lost=True, fn=store.cancel, more=())
    ended(begun(), lost=True, fn=store.confirm, more=(False, None))
    ended(begun(sent=False), lost=False, fn=store.give_up, more=("label-too-long", "too long", None))
    wished = begun()
    queue(store.cancel, wished.id, LATER)
    ended(wished, lost=False, fn=store.requeue, more=(None, None))


def test_of_many_labels_left_out_the_first_are_named_and_all_are_counted(queue: Queue) -> None:
    job = queue.printing(*[1] * (REPORTED_PROBLEMS + 5))
    queue(lambda conn: [store.leave_out(conn, job, page, *BAD, LATER) for page in range(1, REPORTED_PROBLEMS + 5)])
    queue(store.complete, job, "status", TAPE_12, LATER)
    result = queue.job(job).result
    assert result is not None
    assert (result["labels"], result["labels_failed"], len(result["left_out"])) == (1, REPORTED_PROBLEMS + 4, REPORTED_PROBLEMS)


@pytest.mark.parametrize("done", range(4))
def test_a_batch_is_resumed_at_any_page(queue: Queue, done: int) -> None:
    job = queue.printing(2, 1, 2)
    job = queue(store.leave_out, job, 2, *BAD, LATER)
    if done:
        queue.send(job, done)
        queue(store.progress, job, done, "status", TAPE_12, LATER)
    queue(store.requeue, job, None, None, LATER)
    again = queue.claim()
    assert again is not None
    assert [sheet.page for sheet in queue(store.sheets, again, again.labels_done, 20)] == [0, 1, 3, 4][done:]


def test_the_fields_of_any_page_are_found(queue: Queue) -> None:
    job = queue.submit(2, 1, 30)
    assert [queue(store.fields_of, job.id, page)["n"] for page in (0, 1, 2, 3, 32)] == [0, 0, 1, 2, 2]
    assert queue(store.labels_of, job.id, 2) == [{"n": 0}, {"n": 1}]
    assert queue.counts(job_labels) == {"job_labels": 3}
