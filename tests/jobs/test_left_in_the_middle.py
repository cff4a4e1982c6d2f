"""Jobs that somebody who is gone left in the middle: taken over, found out, stranded."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from labelhub.jobs import store
from labelhub.jobs.job import Job
from labelhub.jobs.store import Hand
from tests.jobs.queue_at_hand import LATER, NEED_12, NODE, OTHER, PRINTER, TAPE_12, Queue

LATEST = LATER.replace(hour=10)


def left(queue: Queue, labels: int, done: int, sent: int, **more: Any) -> Job:
    """A job left with so many labels out and so many sent, and taken over; `sent` 0: none of the next page left."""
    job = queue.printing(labels, **more)
    if done:
        queue.send(job, done)
        assert queue(store.progress, job, done, "status", TAPE_12, LATER)
    if sent > done:
        queue.send(job, sent, count_base=100 - done)
    taken: Job = queue(store.take_over, Hand(PRINTER, NODE, uuid4()))
    return taken


def test_only_a_printing_job_of_the_very_printer_is_taken_over(queue: Queue) -> None:
    queue.submit()
    assert queue(store.take_over, Hand(PRINTER, NODE, uuid4())) is None
    job, other = queue.claim(), queue.printing(printer_id=OTHER)
    claim = uuid4()
    assert job is not None
    assert queue.heard(store.take_over, Hand(PRINTER, NODE, claim)) == []
    assert (queue.job(job).claim, queue.job(other).claim) == (claim, other.claim)


def test_of_which_nothing_had_left_prints_again_at_its_old_place(queue: Queue) -> None:
    job = left(queue, 5, 2, 0)
    queue(store.found_out, job, None, LATEST)
    queue.shows(job, state="queued", reason=None, labels_done=2, labels_sent=2, claim=None)


def test_all_of_which_is_out_is_done(queue: Queue) -> None:
    job = left(queue, 5, 2, 5)
    queue(store.found_out, job, 3, LATEST)
    queue.shows(job, state="completed", evidence="page-counter", labels_done=5, result={"labels": 5, "media": "12mm"})


def test_all_of_which_is_out_that_was_sent_goes_on_with_its_rest(queue: Queue) -> None:
    job = left(queue, 5, 2, 4)
    queue(store.found_out, job, 2, LATEST)
    queue.shows(job, state="queued", labels_done=4, labels_sent=4, sending_at=None, count_base=None, claim=None)


def test_all_of_which_is_out_that_can_be_printed_is_done(queue: Queue) -> None:
    job = queue.printing(2, 3)
    job = queue(store.leave_out, job, 2, "label-too-long", "too long", LATER)
    queue.send(job, 2)
    queue(store.found_out, queue(store.take_over, Hand(PRINTER, NODE, uuid4())), 2, LATEST)
    queue.shows(job, state="completed", labels_done=2)


@pytest.mark.parametrize(("out", "done"), [(None, 2), (0, 2), (1, 3), (2, 4)])
def test_some_of_which_are_not_known_to_be_out_is_for_a_person(queue: Queue, out: int | None, done: int) -> None:
    job = left(queue, 6, 2, 5)
    queue(store.found_out, job, out, LATEST)
    queue.shows(job, state="paused", reason="outcome-unknown", labels_done=done, labels_sent=5, claim=None)
    queue(store.confirm, job.id, True, None, LATEST)
    queue.shows(job, state="queued", labels_done=5, labels_sent=5)


@pytest.mark.parametrize("out", [-1, 4, 1000])
def test_a_page_counter_that_cannot_be_right_tells_nothing(queue: Queue, out: int) -> None:
    job = left(queue, 6, 2, 5)
    queue(store.found_out, job, out, LATEST)
    queue.shows(job, state="paused", reason="outcome-unknown", labels_done=2, labels_sent=5)


@pytest.mark.parametrize(("wish", "wanted"), [(store.cancel, "cancelled"), (store.pause, "paused")])
def test_what_a_user_wished_before_it_was_left_is_honoured(queue: Queue, wish: Any, wanted: str) -> None:
    for sent, out in ((0, None), (4, 2)):
        job = left(queue, 5, 2, sent)
        queue(wish, job.id, LATER)
        queue(store.found_out, job, out, LATEST)
        queue.shows(job, state=wanted, labels_done=max(2, sent))
        if wanted == "paused":
            queue(store.cancel, job.id, LATEST)


def test_on_printers_that_nobody_drives_any_more_is_stranded(queue: Queue) -> None:
    sent, held = queue.printing(2), queue.printing(2, printer_id=OTHER)
    queue.send(sent, 1)
    assert queue(store.strand, set(), LATEST) == 0  # somebody has their leases
    queue(store.leases.release, NODE)
    assert queue(store.strand, {PRINTER, OTHER}, LATEST) == 0
    assert queue(store.strand, {OTHER}, LATEST) == 1
    assert (queue.state(sent), queue.state(held)) == (("paused", "outcome-unknown"), ("printing", None))
    assert queue(store.strand, set(), LATEST) == 1
    assert queue.state(held) == ("queued", None)
    assert queue(store.strand, set(), LATEST) == 0


def test_a_job_for_any_printer_that_is_stranded_before_it_left_is_nobodys_again(queue: Queue) -> None:
    job = queue.printing(need=NEED_12, printer_id=None)
    queue(store.leases.release, NODE)
    queue(store.strand, set(), LATEST)
    queue.shows(job, state="queued", printer_id=None)
