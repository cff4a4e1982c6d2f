"""The next job is taken as the one before ends, in one transaction."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from labelhub.db.schema import jobs
from labelhub.errors import JobStateConflict, TemplateOutdated
from labelhub.jobs import store
from labelhub.jobs.job import JobState
from labelhub.jobs.store import Hand, Leaving, Taken
from tests.jobs.queue_at_hand import AT, LATER, NEED_12, NODE, PRINTER, TAPE_12, TAPE_24, Queue, order


def turn(queue: Queue, job: object, loaded: object = TAPE_12, owner: str = NODE) -> Taken | None:
    hand = Hand(PRINTER, owner, uuid4())
    taken: Taken | None
    _, taken = queue(store.complete_and_take, job, "status", TAPE_12, hand, loaded, Leaving(7), 2, LATER)
    return taken


def test_the_next_job_comes_with_the_first_of_its_pages(queue: Queue) -> None:
    job = queue.printing()
    following = queue.submit(2, 1)
    taken = turn(queue, job)
    assert taken is not None
    assert (taken.job.id, taken.job.state) == (following.id, JobState.PRINTING)
    assert [(sheet.page, sheet.first_page, sheet.fields) for sheet in taken.sheets] == [(0, 0, {"n": 0}), (1, 0, {"n": 0})]
    assert queue.state(job) == (JobState.COMPLETED, None)


def test_a_job_begun_before_comes_with_the_pages_that_are_left(queue: Queue) -> None:
    half = queue.printing(3)
    queue.send(half, 2)
    assert queue(store.progress, half, 2, "status", TAPE_12, LATER)
    queue(store.requeue, half, None, None, LATER)
    first = queue.submit(priority=5)
    assert queue.claim() == queue.job(first)
    taken = turn(queue, queue.job(first))
    assert taken is not None
    assert (taken.job.id, [sheet.page for sheet in taken.sheets]) == (half.id, [2])


@pytest.mark.parametrize("why", ["nothing waits", "paused", "disabled", "other media", "lease lost"])
def test_what_ends_has_ended_where_nothing_can_follow(queue: Queue, why: str) -> None:
    job = queue.printing()
    waiting = queue.submit(need=NEED_12) if why != "nothing waits" else None
    if why in ("paused", "disabled"):
        queue.set_printer(PRINTER, **({"paused": True} if why == "paused" else {"enabled": False}))
    assert turn(queue, job, TAPE_24 if why == "other media" else TAPE_12, "node-2" if why == "lease lost" else NODE) is None
    assert queue.state(job) == (JobState.COMPLETED, None)
    assert waiting is None or queue.state(waiting) == (JobState.QUEUED, None)


def test_nothing_is_taken_by_one_whose_job_is_in_another_hand(queue: Queue) -> None:
    job = queue.printing()
    waiting = queue.submit()
    queue(store.take_over, Hand(PRINTER, NODE, uuid4()))
    with pytest.raises(JobStateConflict):
        turn(queue, job)
    assert queue.state(waiting) == (JobState.QUEUED, None)


@pytest.mark.parametrize("printer_id", [PRINTER, None], ids=["for a printer", "for any"])
def test_a_job_of_a_template_that_was_changed_meanwhile_is_not_stored(queue: Queue, printer_id: UUID | None) -> None:
    with pytest.raises(TemplateOutdated):
        queue(store.submit, order(printer_id=printer_id), AT, newest=True)  # its key has no template at all
    assert queue.counts(jobs) == {"jobs": 0}


def test_a_single_label_is_written_down_as_on_its_way_with_that(queue: Queue) -> None:
    job, following = queue.printing(), queue.submit()
    taken = turn(queue, job)
    assert taken is not None
    queue.shows(following, sending_at=LATER, labels_sent=1, labels_done=0, count_base=7, media=TAPE_12)
    queue.shows(job, media=TAPE_12, result={"labels": 1, "media": "12mm"}, evidence="status", labels_done=1, claim=None, sending_at=None)


def test_labels_that_leave_one_after_another_are_not(queue: Queue) -> None:
    job, following = queue.printing(), queue.submit(2)
    assert turn(queue, job) is not None
    queue.shows(following, sending_at=None, labels_sent=0, count_base=None)


def test_one_that_came_to_grief_before_its_first_byte_can_fail_and_can_go_back(queue: Queue) -> None:
    job, following = queue.printing(), queue.submit()
    taken = turn(queue, job)
    assert taken is not None
    queue(store.recall, taken.job, LATER)
    queue.shows(following, sending_at=None, labels_sent=0, count_base=None, state="printing", claim=taken.job.claim)
    queue(store.give_up, taken.job, "label-too-long", "too long", None, LATER)
    assert queue.state(following) == (JobState.FAILED, "label-too-long")


@pytest.mark.parametrize("known", [True, False], ids=["by who took it", "by anybody else"])
def test_one_of_which_nothing_left_goes_back_when_that_is_known(queue: Queue, known: bool) -> None:
    job, following = queue.printing(), queue.submit()
    taken = turn(queue, job)
    assert taken is not None
    left = queue(store.take_over, Hand(PRINTER, NODE, uuid4()), taken.job.claim if known else uuid4())
    queue(store.found_out, left, None, LATER)
    assert queue.state(following) == ((JobState.QUEUED, None) if known else (JobState.PAUSED, "outcome-unknown"))
