"""What users want of jobs: every wish in every state, and what they saw of their labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from labelhub.db.schema import events
from labelhub.errors import Conflict, JobNotFound, JobStateConflict, PrinterDisabled, PrinterNotFound
from labelhub.jobs import store
from labelhub.jobs.job import Job
from tests.jobs.queue_at_hand import AT, LATER, OTHER, PRINTER, TAPE_12, Queue, order

LATEST = LATER.replace(hour=10)
LOST = ("paused", "outcome-unknown")
PAUSED = ("paused", "paused-by-user")
QUEUED = ("queued", None)
PRINTING = ("printing", None)
CANCELLED = ("cancelled", "cancelled-by-user")
COMPLETED = ("completed", None)
FAILED_LOST = ("failed", "outcome-unknown")


def waiting(queue: Queue) -> Job:
    return queue.submit(3)


def paused(queue: Queue) -> Job:
    job: Job = queue(store.pause, queue.submit(3).id, LATER)
    return job


def taken(queue: Queue) -> Job:
    return queue.printing(3)


def all_sent(queue: Queue) -> Job:
    job = queue.printing(3)
    queue.send(job, 3)
    return job


def to_be_cancelled(queue: Queue) -> Job:
    job: Job = queue(store.cancel, queue.begun().id, LATER)
    return job


def to_be_paused(queue: Queue) -> Job:
    job: Job = queue(store.pause, queue.begun().id, LATER)
    return job


def failed(queue: Queue) -> Job:
    job = taken(queue)
    queue(store.give_up, job, "label-too-long", "too long", None, LATER)
    return job


def cancelled(queue: Queue) -> Job:
    job: Job = queue(store.cancel, queue.submit(3).id, LATER)
    return job


WISHES: dict[str, tuple[Any, ...]] = {
    "cancel": (store.cancel,), "pause": (store.pause,), "resume": (store.resume,), "prioritise": (store.prioritise, 7),
    "move": (store.move, OTHER, None, None), "printed": (store.confirm, True, None), "not printed": (store.confirm, False, None),
}  # fmt: skip
OUTCOMES: dict[Callable[[Queue], Job], dict[str, tuple[str, str | None]]] = {
    waiting: {"cancel": CANCELLED, "pause": PAUSED, "resume": QUEUED, "prioritise": QUEUED, "move": QUEUED},
    paused: {"cancel": CANCELLED, "pause": PAUSED, "resume": QUEUED, "prioritise": PAUSED, "move": PAUSED},
    taken: {"cancel": PRINTING, "pause": PRINTING},
    Queue.begun: {"cancel": PRINTING, "pause": PRINTING},
    all_sent: {},
    to_be_cancelled: {"cancel": PRINTING},
    to_be_paused: {"cancel": PRINTING, "pause": PRINTING, "resume": PRINTING},
    Queue.lost: {"cancel": CANCELLED, "printed": QUEUED, "not printed": FAILED_LOST},
    lambda queue: queue.lost(3): {"cancel": CANCELLED, "printed": COMPLETED, "not printed": FAILED_LOST},
    Queue.completed: {},
    failed: {},
    cancelled: {},
}
"""What becomes of a job in each state by each wish; what is not here is refused."""


@pytest.mark.parametrize("wish", WISHES)
def test_every_wish_in_every_state_does_what_the_table_says_or_is_refused_and_changes_nothing(queue: Queue, wish: str) -> None:
    function, *more = WISHES[wish]
    for state, outcomes in OUTCOMES.items():
        job = queue.job(state(queue))
        told = queue.counts(events)
        if wish in outcomes:
            after = queue(function, job.id, *more, LATEST)
            assert (after.state, after.reason) == outcomes[wish], state
            assert queue.job(job) == after
        else:
            with pytest.raises(JobStateConflict) as refused:
                queue(function, job.id, *more, LATEST)
            assert refused.value.extra == {"state": job.state}
            assert (queue.job(job), queue.counts(events)) == (job, told), state
        end(queue, job)


def end(queue: Queue, job: Job) -> None:
    """Whatever the job is doing, it is over."""
    now = queue.job(job)
    if now.state == "printing":
        queue(store.give_up, now, "label-too-long", "too long", None, LATEST)
    elif now.state in ("queued", "paused"):
        queue(store.cancel, job.id, LATEST)


def test_a_wish_for_a_job_that_is_not_there_is_told(queue: Queue) -> None:
    for function, *more in WISHES.values():
        with pytest.raises(JobNotFound):
            queue(function, uuid4(), *more, LATER)


def test_wishes_while_printing_are_kept_for_the_next_page_and_a_resume_takes_a_pause_back(queue: Queue) -> None:
    job = queue.begun()
    assert queue(store.pause, job.id, LATER).pause_requested
    assert not queue.send(job, 3)
    assert not queue(store.resume, job.id, LATER).pause_requested
    assert queue.send(job, 3)


def test_a_moved_job_waits_for_its_new_printer_alone_and_for_no_old_reason(queue: Queue) -> None:
    job = queue.submit(printer_id=None)
    queue(store.explain_unclaimed, {None: store.Block("media-needed", "load it")}, LATER)
    (event,) = queue.heard(store.move, job.id, OTHER, None, None, LATEST)
    queue.shows(job, printer_id=OTHER, any_printer=False, reason=None, detail=None)
    assert (event.printer_id, event.data["queue_depth"]) == (OTHER, 1)
    for printer_id, refusal in ((uuid4(), PrinterNotFound), (PRINTER, PrinterDisabled)):
        queue.set_printer(enabled=False)
        with pytest.raises(refusal):
            queue(store.move, job.id, printer_id, None, None, LATEST)


def test_a_new_priority_is_told_once(queue: Queue) -> None:
    first, second = queue.submit(), queue.submit()
    assert len(queue.heard(store.prioritise, second.id, 3, LATEST)) == 1
    assert queue.heard(store.prioritise, second.id, 3, LATEST) == []
    assert [job.id for job in queue(store.queue, PRINTER, 10)] == [second.id, first.id]


def test_a_job_is_put_before_or_behind_all_others_however_many_wait_and_however_urgent(queue: Queue) -> None:
    done, _ = queue.completed(), queue.printing(priority=900)  # what prints is behind nobody
    queue(lambda conn: [store.submit(conn, order(priority=100), AT) for _ in range(40)])
    last, first = queue.submit(priority=-100), queue.submit()
    queue(store.place, first.id, True, LATEST)
    queue(store.place, queue.submit(priority=100).id, False, LATEST)
    found = queue(store.queue, PRINTER, 100)
    assert (found[1].id, found[1].priority, found[-1].priority, found[-2].id) == (first.id, 101, -101, last.id)
    assert queue.heard(store.place, first.id, True, LATEST) == []
    with pytest.raises(JobStateConflict):
        queue(store.place, done.id, True, LATEST)


@pytest.mark.parametrize("printer_id", [PRINTER, None], ids=["own", "any"])
def test_a_resumed_job_has_its_old_place_and_is_for_any_printer_if_it_was(queue: Queue, printer_id: UUID | None) -> None:
    job, behind = begun_and_paused(queue, printer_id), queue.submit()
    queue(store.resume, job.id, LATEST)
    queue.shows(job, printer_id=printer_id, labels_done=2, labels_sent=2)
    for wanted in (job, behind):
        claimed = queue.claim()
        assert claimed is not None
        assert claimed.id == wanted.id
        queue(store.complete, claimed, "status", TAPE_12, LATEST)


def begun_and_paused(queue: Queue, printer_id: UUID | None) -> Job:
    job = queue.printing(3, printer_id=printer_id)
    queue.send(job, 2)
    queue(store.pause, job.id, LATER)
    queue(store.progress, job, 2, "status", None, LATER)
    return job


def test_what_a_person_saw_completes_a_job(queue: Queue) -> None:
    job = queue.lost(3)
    queue(store.confirm, job.id, True, None, LATEST)
    queue.shows(job, state="completed", evidence="person", labels_done=3, reason=None, detail=None, error=None, finished_at=LATEST)
    queue.shows(job, result={"labels": 3, "media": "12mm"}, sending_at=None, count_base=None)


def test_what_a_person_saw_of_a_batch_lets_the_rest_print(queue: Queue) -> None:
    job = queue.printing(5, printer_id=None)
    queue.send(job, 2)
    queue(store.lose, job, "gone", LATER)
    queue(store.confirm, job.id, True, 2, LATEST)
    queue.shows(job, state="queued", printer_id=None, labels_done=2, labels_sent=2, sending_at=None, evidence=None, finished_at=None)


def test_a_batch_that_was_to_be_cancelled_is_when_a_person_has_said_what_came_out(queue: Queue) -> None:
    job = to_be_cancelled(queue)
    queue(store.lose, queue.job(job), "gone", LATER)
    queue(store.confirm, job.id, True, None, LATEST)
    queue.shows(job, state="cancelled", reason="cancelled-by-user", labels_done=2, finished_at=LATEST)


@pytest.mark.parametrize(("labels_done", "out"), [(None, 1), (1, 1), (2, 2), (3, 3)])
def test_what_a_person_saw_missing_fails_a_job_that_says_how_many_came_out(queue: Queue, labels_done: int | None, out: int) -> None:
    job = queue.printing(5)
    queue.send(job, 3)
    queue(store.note, job, 1, None, None, LATER)
    queue(store.lose, job, "gone", LATER)
    queue(store.confirm, job.id, False, labels_done, LATEST)
    queue.shows(job, state="failed", labels_done=out, finished_at=LATEST)
    assert f"{out} of 5 labels" in str(queue.job(job).error)
    again = queue(store.retry, job.id, "me", LATEST, missing=True)
    assert again.labels_total == 5 - out


def test_what_no_person_can_have_seen_is_refused(queue: Queue) -> None:
    job = queue.printing(5)
    queue.send(job, 3)
    queue(store.note, job, 1, None, None, LATER)
    queue(store.lose, job, "gone", LATER)
    for printed, labels_done in ((True, 0), (True, 2), (True, 4), (False, 0), (False, 4), (False, -1)):
        with pytest.raises(Conflict, match="does not fit"):
            queue(store.confirm, job.id, printed, labels_done, LATEST)
        assert queue.state(job) == LOST
