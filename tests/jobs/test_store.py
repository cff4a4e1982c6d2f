"""Jobs come in: row, labels, event and depth in one transaction."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
import sqlalchemy as sa

from labelhub.db.schema import depths, events, idempotency_keys, job_labels, jobs
from labelhub.drivers.driver import EncodeOptions
from labelhub.errors import HubError, JobNotFound, JobStateConflict, PrinterDisabled, PrinterNotFound
from labelhub.jobs import store
from labelhub.jobs.job import TRANSITIONS, Job, JobState, LabelOrder
from labelhub.jobs.store import Once
from labelhub.jobs.store.rows import change
from tests.jobs.queue_at_hand import AT, DIGEST, LATER, NEED_12, OTHER, PRINTER, TAPE_12, Queue, order

WRITTEN = (jobs, job_labels, events, depths, idempotency_keys)
NOTHING = {table.name: 0 for table in WRITTEN}


def test_a_job_its_labels_its_event_and_its_depth_are_stored_together(queue: Queue) -> None:
    (event,) = queue.heard(store.submit, order(3, 1, need=NEED_12, priority=2, submitted_by="me"), AT)
    (job,) = queue(store.queue, PRINTER, 10)
    assert (job.state, job.labels_total, job.labels_failed, job.labels_sent, job.labels_done) == ("queued", 4, 0, 0, 0)
    assert (job.printer_id, job.any_printer, job.need, job.priority, job.submitted_by) == (PRINTER, False, NEED_12, 2, "me")
    assert (job.template_key, job.template_digest, job.created_at, job.updated_at) == ("demo", DIGEST, AT, AT)
    assert (job.started_at, job.sending_at, job.finished_at, job.claim, job.result, job.media) == (None,) * 6
    assert job.labels == (LabelOrder({"n": 0}, 3), LabelOrder({"n": 1}, 1))
    assert (event.type, event.job_id, event.printer_id, event.at) == ("job.state_changed", job.id, PRINTER, AT)
    assert event.data == {
        "job_id": str(job.id), "printer_id": str(PRINTER), "from_state": None, "to_state": "queued", "reason": None, "queue_depth": 1,
        "labels_done": 0, "labels_total": 4, "timestamp": "2026-01-31T08:30:00.000000Z",
    }  # fmt: skip


def test_a_job_for_any_printer_belongs_to_none_yet(queue: Queue) -> None:
    (event,) = queue.heard(store.submit, order(printer_id=None), AT)
    assert (event.printer_id, event.data["printer_id"], event.data["queue_depth"]) == (None, None, 1)
    job = queue(store.get, event.job_id)
    assert (job.printer_id, job.any_printer) == (None, True)
    assert queue(store.depths) == {}


def test_options_come_back_as_they_were_asked_for(queue: Queue) -> None:
    options = EncodeOptions(auto_cut=False, half_cut=True, cut_each=3, margin_mm=1.5)
    job = queue.submit(options=options)
    assert queue.job(job).options == options
    assert queue(store.shown, job.id).payload["options"]["margin_mm"] == 1.5


def test_nothing_of_a_submit_that_fails_is_stored(queue: Queue) -> None:
    def submit_and_fail(conn: sa.Connection) -> None:
        store.submit(conn, order(2), AT, Once("me", "key", "a"))
        raise JobNotFound

    with pytest.raises(JobNotFound):
        queue(submit_and_fail)
    assert queue.counts(*WRITTEN) == NOTHING


def test_a_job_for_a_printer_that_is_gone_or_disabled_is_refused_and_leaves_nothing(queue: Queue) -> None:
    with pytest.raises(PrinterNotFound):
        queue.submit(printer_id=uuid4(), once=Once("me", "key", "a"))
    queue.set_printer(enabled=False)
    with pytest.raises(PrinterDisabled):
        queue.submit(once=Once("me", "key", "a"))
    assert queue.counts(*WRITTEN) == NOTHING
    queue.set_printer(OTHER, paused=True)
    assert queue.submit(printer_id=OTHER).state == "queued"


def test_a_job_of_a_template_that_is_not_there_is_refused_and_leaves_nothing(queue: Queue) -> None:
    with pytest.raises(HubError, match="refused"):
        queue(store.submit, replace(order(), template_digest="1" * 64), AT)
    assert queue.counts(*WRITTEN) == NOTHING


def test_numbers_follow_the_order_of_submits_and_depths_are_counted_per_printer(queue: Queue) -> None:
    numbers = [queue.submit(printer_id=printer_id).number for printer_id in (PRINTER, OTHER, PRINTER, None)]
    assert numbers == sorted(set(numbers))
    assert queue(store.depths) == {PRINTER: 2, OTHER: 1}
    assert [queue(store.has_queued, printer_id) for printer_id in (PRINTER, OTHER, uuid4())] == [True, True, True]


def test_a_printer_without_a_job_of_its_own_or_for_any_has_none_queued(queue: Queue) -> None:
    queue(store.pause, queue.submit().id, LATER)
    queue.submit(printer_id=OTHER)
    assert (queue(store.has_queued, PRINTER), queue(store.has_queued, OTHER)) == (False, True)


def test_an_unknown_job_is_not_found(queue: Queue) -> None:
    for look in (store.get, store.shown):
        with pytest.raises(JobNotFound):
            queue(look, uuid4())


def in_state(queue: Queue, state: JobState) -> Job:
    """A job that came into a state the way jobs do."""
    if state in (JobState.QUEUED, JobState.PAUSED, JobState.CANCELLED):
        job = queue.submit()
        if state != JobState.QUEUED:
            queue(store.pause if state == JobState.PAUSED else store.cancel, job.id, LATER)
        return queue.job(job)
    job = queue.printing()
    if state == JobState.COMPLETED:
        queue(store.complete, job, "status", TAPE_12, LATER)
    if state == JobState.FAILED:
        queue(store.give_up, job, "label-too-long", "too long", None, LATER)
    return queue.job(job)


@pytest.mark.parametrize("before", JobState)
def test_whatever_is_not_in_the_table_of_transitions_is_refused(queue: Queue, before: JobState) -> None:
    for after in JobState:
        job = in_state(queue, before)
        assert job.state == before
        if after in TRANSITIONS[before]:
            job = queue(change, job, after, LATER)
            assert queue.job(job) == job
        else:
            with pytest.raises(JobStateConflict) as refused:
                queue(change, job, after, LATER)
            assert refused.value.extra == {"state": before}
            assert queue.job(job) == job
        if JobState.CANCELLED in TRANSITIONS[job.state]:
            queue(change, job, JobState.CANCELLED, LATER)


def test_a_change_from_a_state_that_the_job_has_left_is_refused(queue: Queue) -> None:
    job = queue.submit()
    queue(store.cancel, job.id, LATER)
    with pytest.raises(JobStateConflict) as refused:
        queue(change, job, JobState.PAUSED, LATER)
    assert refused.value.extra == {"state": "cancelled"}
    with pytest.raises(JobNotFound):
        queue(change, replace(job, id=uuid4()), JobState.PAUSED, LATER)
