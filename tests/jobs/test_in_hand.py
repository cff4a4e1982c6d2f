"""A job in a worker's hand: what may leave, how far it is, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from labelhub.db.schema import events, job_labels, jobs
from labelhub.errors import JobStateConflict
from labelhub.jobs import store
from labelhub.jobs.job import Job
from labelhub.jobs.store import Hand
from labelhub.media import Media, MediaKind, MediaNeed, MediaSet, need_for
from tests.jobs.queue_at_hand import AT, LATER, NEED_12, NEED_24, NODE, OTHER, PRINTER, TAPE_12, TAPE_24, Queue

LATEST = LATER.replace(hour=10)
IN_HAND: dict[str, Callable[[Queue, Job], Any]] = {
    "sending": lambda queue, job: queue.send(job, 2),
    "note": lambda queue, job: queue(store.note, job, 1, "cover-open", "it is open", LATEST),
    "progress": lambda queue, job: queue(store.progress, job, 1, "status", TAPE_12, LATEST),
    "requeue": lambda queue, job: queue(store.requeue, job, None, None, LATEST),
    "leave_out": lambda queue, job: queue(store.leave_out, job, 1, "label-too-long", "too long", LATEST),
    "complete": lambda queue, job: queue(store.complete, job, "status", TAPE_12, LATEST),
    "lose": lambda queue, job: queue(store.lose, job, "gone", LATEST),
    "give_back": lambda queue, job: queue(store.give_back, job, LATEST),
    "give_up": lambda queue, job: queue(store.give_up, job, "internal-error", "a bug", None, LATEST),
    "found_out": lambda queue, job: queue(store.found_out, job, 1, LATEST),
}


@pytest.mark.parametrize("write", IN_HAND.values(), ids=IN_HAND)
def test_what_another_hand_writes_is_refused_and_changes_nothing(queue: Queue, write: Callable[[Queue, Job], Any]) -> None:
    late = queue.printing(1, 1)
    queue.send(late, 1)
    taken = queue(store.take_over, Hand(PRINTER, NODE, uuid4()))
    assert (taken.id, taken.state) == (late.id, "printing")
    assert taken.claim != late.claim
    before = (queue.job(late), queue.counts(events, job_labels))
    with pytest.raises(JobStateConflict):
        write(queue, late)
    assert (queue.job(late), queue.counts(events, job_labels)) == before
    write(queue, taken)


@pytest.mark.parametrize("write", IN_HAND.values(), ids=IN_HAND)
def test_a_job_that_is_in_no_hand_any_more_is_refused_and_changes_nothing(queue: Queue, write: Callable[[Queue, Job], Any]) -> None:
    late = queue.printing(1, 1)
    queue(store.requeue, late, None, None, LATER)
    before = (queue.job(late), queue.counts(events, jobs))
    with pytest.raises(JobStateConflict) as refused:
        write(queue, late)
    assert refused.value.extra == {"state": "queued"}
    assert (queue.job(late), queue.counts(events, jobs)) == before


def test_what_is_sent_is_written_down_and_only_the_first_page_of_a_connection_says_when_and_from_which_count(queue: Queue) -> None:
    job = queue.printing(40)
    assert queue.heard(store.sending, job, TAPE_12, 1, 100, LATER) == []
    queue.shows(job, labels_sent=1, labels_done=0, sending_at=LATER, count_base=100, media=TAPE_12, state="printing")
    assert queue(store.sending, job, TAPE_24, 2, 999, LATEST)
    queue.shows(job, labels_sent=2, sending_at=LATER, count_base=100, media=TAPE_12, updated_at=LATEST)
    assert queue(store.progress, job, 2, "status", TAPE_12, LATEST)
    queue.shows(job, labels_sent=2, labels_done=2, sending_at=None, count_base=None)
    assert queue(store.sending, job, TAPE_24, 3, None, LATEST)
    queue.shows(job, labels_sent=3, sending_at=LATEST, count_base=None, media=TAPE_24)


def test_the_colours_of_the_media_are_kept(queue: Queue) -> None:
    job = queue.printing()
    red = Media(MediaKind.TAPE_LAMINATED, 12, None, "red", "black", True)
    queue(store.sending, job, red, 1, None, LATER)
    found = queue.job(job).media
    assert found is not None
    assert (found, found.media_color, found.text_color, found.two_color) == (red, "red", "black", True)


WANTED_OTHERWISE: dict[str, Callable[[Queue, Job], Any]] = {
    "cancelled": lambda queue, job: queue(store.cancel, job.id, LATER),
    "paused": lambda queue, job: queue(store.pause, job.id, LATER),
    "printer paused": lambda queue, _: queue.set_printer(paused=True),
    "printer disabled": lambda queue, _: queue.set_printer(enabled=False),
    "printer removed": lambda queue, _: queue(store.remove_printer, PRINTER, True, LATER),
}


@pytest.mark.parametrize("wish", WANTED_OTHERWISE.values(), ids=WANTED_OTHERWISE)
@pytest.mark.parametrize("sent", [0, 1], ids=["first page", "later page"])
def test_no_page_may_leave_that_a_user_wants_otherwise(queue: Queue, wish: Callable[[Queue, Job], Any], sent: int) -> None:
    job = queue.printing(3)
    assert sent == 0 or queue.send(job, sent)
    wish(queue, job)
    before = queue.job(job)
    assert not queue.send(job, sent + 1, at=LATEST)
    assert queue.job(job) == before


def test_the_pause_of_another_printer_stops_nothing(queue: Queue) -> None:
    job = queue.printing()
    queue.set_printer(OTHER, paused=True, enabled=False)
    assert queue.send(job, 1)


def test_how_far_a_job_is_is_told_once(queue: Queue) -> None:
    job = queue.printing(3)
    queue.send(job, 2, count_base=7)
    (event,) = queue.heard(store.note, job, 1, "media-needed", "empty", LATEST)
    told = {name: event.data[name] for name in ("from_state", "to_state", "reason", "labels_done", "labels_total", "queue_depth")}
    assert list(told.values()) == ["printing", "printing", "media-needed", 1, 3, 1]
    assert queue.heard(store.note, job, 1, "media-needed", "empty", LATEST) == []
    queue.shows(job, labels_done=1, labels_sent=2, reason="media-needed", detail="empty", sending_at=LATER, count_base=7, claim=job.claim)


def test_a_batch_goes_on_between_two_connections(queue: Queue) -> None:
    job = queue.printing(3)
    queue.send(job, 2)
    queue(store.note, job, 1, "media-needed", "empty", LATEST)
    queue.submit(priority=9, need=NEED_24)
    (event,) = queue.heard(store.progress, job, 1, "status", TAPE_12, LATEST)
    assert (event.data["to_state"], event.data["labels_done"], event.data["reason"]) == ("printing", 1, None)
    queue.shows(job, labels_done=1, labels_sent=1, reason=None, detail=None, claim=job.claim)


def test_a_batch_lets_a_job_of_higher_priority_pass_and_goes_on_after_it(queue: Queue) -> None:
    job = queue.printing(3)
    queue.send(job, 2)
    urgent = queue.submit(priority=1, printer_id=None)
    assert not queue(store.progress, job, 2, "status", TAPE_12, LATEST)
    queue.shows(job, state="queued", printer_id=PRINTER, labels_done=2, labels_sent=2, claim=None, reason=None, sending_at=None)
    for wanted in (urgent, job):
        claimed = queue.claim()
        assert claimed is not None
        assert claimed.id == wanted.id
        queue(store.complete, claimed, "status", TAPE_12, LATEST)


@pytest.mark.parametrize(
    ("wish", "state", "reason"), [(store.cancel, "cancelled", "cancelled-by-user"), (store.pause, "paused", "paused-by-user")]
)
def test_a_batch_ends_between_two_connections_as_a_user_wished(queue: Queue, wish: Any, state: str, reason: str) -> None:
    job = queue.printing(3)
    queue.send(job, 2)
    assert queue(wish, job.id, LATER).state == "printing"
    assert not queue(store.progress, job, 2, "status", TAPE_12, LATEST)
    finished_at = LATEST if state == "cancelled" else None
    queue.shows(job, state=state, reason=reason, labels_done=2, labels_sent=2, claim=None, pause_requested=False, finished_at=finished_at)


def test_back_in_the_queue_a_job_has_its_old_place_and_says_why(queue: Queue) -> None:
    job, behind = queue.printing(3), queue.submit()
    queue.send(job, 1, count_base=5)
    (event,) = queue.heard(store.requeue, job, "printer-unreachable", "it is off", LATEST)
    assert (event.data["from_state"], event.data["to_state"], event.data["reason"]) == ("printing", "queued", "printer-unreachable")
    queue.shows(job, labels_sent=0, sending_at=None, count_base=None, claim=None, reason="printer-unreachable", detail="it is off")
    assert [one.id for one in queue(store.queue, PRINTER, 10)] == [job.id, behind.id]


def test_back_in_the_queue_a_job_for_any_printer_is_nobodys_again(queue: Queue) -> None:
    job = queue.printing(3, printer_id=None)
    assert queue(store.depths) == {PRINTER: 1}
    (event,) = queue.heard(store.requeue, job, None, None, LATEST)
    assert (event.printer_id, event.data["queue_depth"]) == (None, 1)
    queue.shows(job, printer_id=None, any_printer=True, state="queued")
    assert queue(store.depths) == {}
    assert queue.claim(printer_id=OTHER) is not None


@pytest.mark.parametrize("printer_id", [PRINTER, None], ids=["own", "any"])
def test_back_in_the_queue_what_a_user_wished_meanwhile_is_honoured(queue: Queue, printer_id: Any) -> None:
    job = queue.printing(3, printer_id=printer_id)
    queue(store.pause, job.id, LATER)
    queue(store.requeue, job, "printer-unreachable", "it is off", LATEST)
    queue.shows(job, state="paused", reason="paused-by-user", detail=None, pause_requested=False, claim=None, printer_id=PRINTER)
    queue(store.resume, job.id, LATEST)
    queue.shows(job, state="queued", reason=None, printer_id=printer_id)
    job = queue.claim()  # type: ignore[assignment]
    queue(store.pause, job.id, LATER)
    queue(store.cancel, job.id, LATER)
    queue(store.requeue, job, "printer-unreachable", "it is off", LATEST)
    queue.shows(job, state="cancelled", reason="cancelled-by-user", finished_at=LATEST)


def test_a_printed_job_says_how_the_hub_knows(queue: Queue) -> None:
    job = queue.printing(3)
    queue.send(job, 3, count_base=1)
    queue(store.note, job, 2, "media-needed", "empty", LATER)
    (event,) = queue.heard(store.complete, job, "page-counter", TAPE_12, LATEST)
    assert (event.data["to_state"], event.data["labels_done"], event.data["queue_depth"]) == ("completed", 3, 0)
    queue.shows(job, evidence="page-counter", labels_done=3, labels_sent=3, reason=None, detail=None, claim=None, finished_at=LATEST)
    queue.shows(job, result={"labels": 3, "media": "12mm"}, sending_at=None, count_base=None, created_at=AT)


def test_a_job_that_can_never_print_fails_with_why(queue: Queue) -> None:
    job = queue.printing()
    queue(store.give_up, job, "label-too-long", "too long", None, LATEST)
    queue.shows(job, state="failed", reason="label-too-long", detail="too long", error="too long", finished_at=LATEST, claim=None)
    assert queue(store.depths) == {}


def test_a_job_of_unknown_outcome_waits_for_a_person_and_keeps_what_was_sent(queue: Queue) -> None:
    job = queue.printing(5)
    queue.send(job, 2)
    queue(store.pause, job.id, LATER)
    queue(store.lose, job, "the cable", LATEST)
    queue.shows(job, state="paused", reason="outcome-unknown", detail="the cable", claim=None, labels_sent=2, labels_done=0)
    queue.shows(job, pause_requested=False, finished_at=None)
    assert queue.claim() is None
    assert queue(store.depths) == {PRINTER: 1}


def test_a_label_that_one_size_of_media_is_unfit_for_waits_for_the_others_and_fails_when_none_is_left(queue: Queue) -> None:
    sizes = NEED_12, NEED_24, MediaNeed("tape", 18)
    job = queue.submit(need=MediaSet.of(sizes))
    for left, loaded in (((NEED_24, sizes[2]), TAPE_12), ((sizes[2],), TAPE_24)):
        queue(store.give_up, queue.claim(loaded), "label-too-long", "too long", loaded, LATEST)
        queue.shows(job, state="queued", reason=None, need=need_for(left), labels_done=0, claim=None)
        assert queue.claim(loaded) is None
    tape_18 = Media(MediaKind.TAPE_LAMINATED, 18)
    queue(store.give_up, queue.claim(tape_18), "label-too-long", "too long", tape_18, LATEST)
    assert queue.state(job) == ("failed", "label-too-long")


def test_the_rest_of_a_job_for_several_sizes_stays_with_the_one_it_was_begun_on(queue: Queue) -> None:
    either = MediaSet.of([NEED_12, NEED_24])
    for rest in ("requeued", "confirmed", "unsent"):
        job = queue.printing(3, need=either)
        if rest != "unsent":
            queue.send(job, 1)
        if rest == "confirmed":
            queue(store.lose, job, "gone", LATER)
            queue(store.confirm, job.id, True, None, LATEST)
        else:
            done = 1 if rest == "requeued" else 0
            queue(store.note, job, done, None, None, LATER)
            queue(store.requeue, job, None, None, LATEST)
        queue.shows(job, state="queued", need=either if rest == "unsent" else NEED_12)
        queue(store.cancel, job.id, LATEST)


@pytest.mark.parametrize("sent", [0, 1])
def test_a_fault_of_the_hub_itself_never_prints_a_label_twice(queue: Queue, sent: int) -> None:
    for write, wanted in (("give_back", ("queued", None)), ("give_up", ("failed", "internal-error"))):
        job = queue.printing(3)
        if sent:
            queue.send(job, sent)
        IN_HAND[write](queue, job)
        assert queue.state(job) == (("paused", "outcome-unknown") if sent else wanted)
        if queue.job(job).finished_at is None:
            queue(store.cancel, job.id, LATEST)
