"""A retry is a new job: of all labels, or of those that are not known to be out."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from labelhub.db.schema import events, jobs
from labelhub.drivers.driver import EncodeOptions
from labelhub.errors import JobNotFound, JobStateConflict, NothingMissing, PrinterDisabled
from labelhub.jobs import store
from labelhub.jobs.job import Job, LabelOrder
from tests.jobs.queue_at_hand import LATER, NEED_12, PRINTER, TAPE_12, Queue

LATEST = LATER.replace(hour=10)


def again(queue: Queue, job: Job, **more: Any) -> Job:
    """The retry of a job, with its labels."""
    made = queue(store.retry, job.id, "me", LATEST, **more)
    found: Job = queue(store.shown, made.id)
    return found


def copies(job: Job) -> list[tuple[int, int]]:
    """Which labels a job prints, and how often."""
    return [(label.fields["n"], label.copies) for label in job.labels]


def test_a_retry_prints_all_of_it_again_as_it_was_asked_for(queue: Queue) -> None:
    options = EncodeOptions(half_cut=True)
    old = queue.completed(2, 1, need=NEED_12, priority=3, options=options, submitted_by="you")
    new = again(queue, old)
    assert (new.parent_job_id, new.state, new.submitted_by, new.created_at, new.labels_done) == (old.id, "queued", "me", LATEST, 0)
    assert (new.need, new.priority, new.options, new.template_key, new.template_digest) == (
        NEED_12, 3, options, old.template_key, old.template_digest
    )  # fmt: skip
    assert new.labels == (LabelOrder({"n": 0}, 2), LabelOrder({"n": 1}, 1))
    assert queue.job(old) == old
    claimed = queue.claim()
    assert claimed is not None
    assert claimed.id == new.id


def test_a_job_that_ended_in_any_way_is_retried(queue: Queue) -> None:
    failed = queue.printing()
    queue(store.give_up, failed, "label-too-long", "too long", None, LATER)
    cancelled = queue(store.cancel, queue.submit().id, LATER)
    for old in (failed, cancelled, queue.completed()):
        new = again(queue, old)
        assert (new.state, new.parent_job_id) == ("queued", old.id)
        queue(store.cancel, new.id, LATEST)


@pytest.mark.parametrize("missing", [False, True])
def test_a_job_that_may_still_print_by_itself_is_not_retried(queue: Queue, missing: bool) -> None:
    paused = queue(store.pause, queue.submit().id, LATER)
    printing = queue.begun()
    for old in (printing, paused, queue.submit()):
        told = queue.counts(jobs, events)
        with pytest.raises(JobStateConflict):
            queue(store.retry, old.id, "me", LATEST, missing=missing)
        assert queue.counts(jobs, events) == told
    with pytest.raises(JobNotFound):
        queue(store.retry, uuid4(), "me", LATEST, missing=missing)


def test_the_retry_of_a_job_of_unknown_outcome_ends_it(queue: Queue) -> None:
    old = queue.lost()
    new = again(queue, old)
    queue.shows(
        old, state="failed", reason="outcome-unknown", error="outcome unknown", finished_at=LATEST, detail=f"retried as job {new.id}"
    )
    assert (new.state, new.labels_total) == ("queued", 3)
    assert queue(store.depths) == {PRINTER: 1}
    with pytest.raises(JobStateConflict):
        queue(store.confirm, old.id, True, None, LATEST)


def test_a_retry_that_cannot_be_made_leaves_the_job_of_unknown_outcome_as_it_is(queue: Queue) -> None:
    old = queue.lost()
    queue.set_printer(enabled=False)
    with pytest.raises(PrinterDisabled):
        queue(store.retry, old.id, "me", LATEST)
    assert queue.job(old) == old


def test_the_retry_of_a_job_for_any_printer_is_for_any(queue: Queue) -> None:
    new = again(queue, queue.completed(printer_id=None))
    assert (new.printer_id, new.any_printer) == (None, True)


@pytest.mark.parametrize(
    ("done", "wanted"),
    [
        (0, [(0, 2), (1, 1), (2, 3)]), (1, [(0, 1), (1, 1), (2, 3)]), (2, [(1, 1), (2, 3)]), (3, [(2, 3)]), (4, [(2, 2)]), (5, [(2, 1)])
    ],
)  # fmt: skip
def test_only_what_is_missing_is_what_comes_after_the_pages_that_are_out(queue: Queue, done: int, wanted: list[tuple[int, int]]) -> None:
    job = queue.printing(2, 1, 3)
    if done:
        queue.send(job, done)
        queue(store.progress, job, done, "status", TAPE_12, LATER)
    queue.send(job, done + 1)
    queue(store.lose, job, "gone", LATER)
    new = again(queue, job, missing=True)
    assert copies(new) == wanted
    assert new.labels_total == sum(each for _, each in wanted)


def test_only_what_is_missing_has_the_labels_that_were_left_out_in_their_place(queue: Queue) -> None:
    job = queue.printing(2, 1, 3, 1)
    for first_page in (0, 3):
        job = queue(store.leave_out, job, first_page, "label-too-long", "too long", LATER)
    queue.send(job, 1)
    queue(store.progress, job, 1, "status", TAPE_12, LATER)
    queue(store.cancel, job.id, LATER)
    queue(store.requeue, job, None, None, LATER)
    assert copies(again(queue, job, missing=True)) == [(0, 2), (2, 3), (3, 1)]


def test_of_a_completed_job_only_what_was_left_out_is_missing(queue: Queue) -> None:
    job = queue.printing(2, 1)
    job = queue(store.leave_out, job, 0, "label-too-long", "too long", LATER)
    queue(store.complete, job, "status", TAPE_12, LATER)
    assert copies(again(queue, job, missing=True)) == [(0, 2)]


def test_a_retry_of_what_is_missing_of_a_whole_job_is_refused(queue: Queue) -> None:
    old = queue.completed(2)
    told = queue.counts(jobs, events)
    with pytest.raises(NothingMissing):
        queue(store.retry, old.id, "me", LATEST, missing=True)
    assert queue.counts(jobs, events) == told
