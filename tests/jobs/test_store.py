"""The queue's rows: states, order, claims and reasons, on a real database file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from labelhub.db.engine import Database
from labelhub.db.migrate import migrate
from labelhub.db.schema import jobs as table
from labelhub.errors import HubError, JobNotFound, JobStateConflict
from labelhub.events import tail
from labelhub.jobs import store
from labelhub.jobs.job import TRANSITIONS, Job, JobState, LabelOrder, NewJob
from labelhub.jobs.store import Block
from labelhub.labels import store as templates
from labelhub.labels.template import builtin
from labelhub.media import Media, MediaKind, MediaNeed
from labelhub.printers import store as printers
from labelhub.printers.printer import Address, Printer

AT = datetime(2026, 1, 31, 8, 30, tzinfo=UTC)
LATER = AT + timedelta(minutes=1)
TAPE_12, TAPE_24 = Media(MediaKind.TAPE_LAMINATED, 12), Media(MediaKind.TAPE_NON_LAMINATED, 24)
PRINTER = uuid4()


class Queue:
    """Store functions on one database, each in a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def __call__(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        return self.database.write_now(fn, *args, **kwargs)

    def submit(self, *, need: MediaNeed | None = None, priority: int = 0, copies: int = 1, printer_id: UUID = PRINTER) -> Job:
        stored = self(templates.get, "snipeit-12mm")
        new = NewJob(printer_id, "snipeit-12mm", stored.digest, need, (LabelOrder({"n": 1}, copies),), priority=priority)
        job: Job = self(store.submit, new, AT)
        return job

    def claim(self, loaded: Media | None = TAPE_12, printer_id: UUID = PRINTER) -> Job | None:
        job: Job | None = self(store.claim, printer_id, loaded, LATER)
        return job

    def state(self, job: Job) -> tuple[JobState, str | None]:
        now = self(store.get, job.id)
        return now.state, now.reason


def put(conn: sa.Connection, job: Job, state: JobState) -> None:
    """Change a row behind the store's back."""
    conn.execute(sa.update(table).where(table.c.id == job.id).values(state=state))


def delete(conn: sa.Connection, job: Job) -> None:
    """Take a row away behind the store's back."""
    conn.execute(sa.delete(table).where(table.c.id == job.id))


@pytest.fixture(name="queue")
def _queue(tmp_path: Path) -> Iterator[Queue]:
    url = f"sqlite:///{tmp_path / 'labelhub.db'}"
    migrate(url)
    database = Database(url)
    queue = Queue(database)
    queue(templates.seed, builtin()[:12], AT)
    queue(
        printers.insert, Printer(PRINTER, "pt", "PT", "PT-P750W", "brother-pt", "tcp", Address("127.0.0.1"), True, False, False, AT, AT)
    )
    yield queue
    database.close()


def test_a_job_and_its_event_are_stored_together(queue: Queue) -> None:
    job = queue.submit(copies=3)
    (event,) = queue(tail, 0)
    assert (job.state, job.labels_total, job.labels_done) == ("queued", 3, 0)
    assert (event.type, event.job_id, event.data["to_state"], event.data["queue_depth"]) == ("job.state_changed", job.id, "queued", 1)
    assert event.data["timestamp"] == "2026-01-31T08:30:00.000000Z"


def test_nothing_of_a_submit_that_fails_is_stored(queue: Queue) -> None:
    def submit_and_fail(conn: sa.Connection) -> None:
        stored = templates.get(conn, "snipeit-12mm")
        store.submit(conn, NewJob(PRINTER, "x", stored.digest, None, (LabelOrder({}),)), AT)
        raise JobNotFound

    with pytest.raises(JobNotFound):
        queue(submit_and_fail)
    assert queue(tail, 0) == []


def test_claims_follow_priority_and_then_the_order_of_submits(queue: Queue) -> None:
    first, second, urgent = queue.submit(), queue.submit(), queue.submit(priority=5)
    for wanted in (urgent, first, second):
        claimed = queue.claim()
        assert claimed is not None
        assert (claimed.id, claimed.state, claimed.started_at) == (wanted.id, "printing", LATER)
        queue(store.complete, claimed, "status", {}, LATER)
    assert queue.claim() is None


def test_only_jobs_whose_media_is_loaded_are_claimed(queue: Queue) -> None:
    wide, narrow = queue.submit(need=MediaNeed("tape", 24)), queue.submit(need=MediaNeed("tape", 12))
    assert queue.claim(Media(MediaKind.ROLL_CONTINUOUS, 12)) is None
    claimed = queue.claim(TAPE_12)
    assert claimed is not None
    assert claimed.id == narrow.id
    queue(store.complete, claimed, "status", {}, LATER)
    assert queue.claim(TAPE_24).id == wide.id  # type: ignore[union-attr]


def test_with_unknown_media_the_first_job_is_claimed_that_says_what_it_needs(queue: Queue) -> None:
    any_media = queue.submit()
    first, _ = queue.submit(need=MediaNeed("tape", 24)), queue.submit(need=MediaNeed("tape", 12))
    assert queue.claim(None).id == first.id  # type: ignore[union-attr]
    queue(store.explain, PRINTER, None, None, LATER)
    assert queue.state(any_media) == ("queued", "media-needed")


def test_the_database_refuses_two_printing_jobs_on_one_printer(queue: Queue) -> None:
    queue.submit()
    second = queue.submit()
    assert queue.claim() is not None
    assert queue.claim() is None
    with pytest.raises(HubError):
        queue(put, second, JobState.PRINTING)


@pytest.mark.parametrize("column", ["enabled", "paused"])
def test_a_printer_that_is_paused_or_disabled_claims_nothing(queue: Queue, column: str) -> None:
    queue.submit()
    queue(lambda conn: conn.execute(sa.text(f"UPDATE printers SET {column} = NOT {column}")))
    assert queue.claim() is None


def test_every_transition_that_is_not_in_the_table_is_refused(queue: Queue) -> None:
    moves: dict[JobState, Callable[[Job], Any]] = {
        JobState.QUEUED: lambda job: queue(store.requeue, job, None, None, LATER),
        JobState.COMPLETED: lambda job: queue(store.complete, job, "status", {}, LATER),
        JobState.FAILED: lambda job: queue(store.fail, job, "label-too-long", "too long", LATER),
        JobState.PAUSED: lambda job: queue(store.lose, job, "gone", LATER),
        JobState.CANCELLED: lambda job: queue(store.end_cancelled, job, LATER),
    }
    for before, allowed in TRANSITIONS.items():
        for after, move in moves.items():
            job = queue.submit()
            queue(put, job, before)
            if after in allowed:
                move(job)
                assert queue.state(job)[0] == after
            else:
                with pytest.raises(JobStateConflict):
                    move(job)
                assert queue.state(job)[0] == before
            queue(delete, job)


def test_reasons_are_told_once_and_taken_back(queue: Queue) -> None:
    narrow, wide = queue.submit(need=MediaNeed("tape", 12)), queue.submit(need=MediaNeed("tape", 24))
    block = Block("printer-unreachable", "it is off")
    assert [queue(store.explain, PRINTER, block, None, LATER) for _ in range(2)] == [2, 0]
    assert queue.state(narrow) == ("queued", "printer-unreachable")
    assert queue(store.explain, PRINTER, None, TAPE_12, LATER) == 2
    assert (queue.state(narrow)[1], queue.state(wide)[1]) == (None, "media-needed")
    assert queue(store.explain, PRINTER, Block("media-needed", "empty"), None, LATER) == 2
    assert queue(store.get, wide.id).detail == "load 24mm tape: the printer holds none"


def test_a_waiting_job_is_cancelled_at_once_and_an_ended_one_not_at_all(queue: Queue) -> None:
    job = queue.submit()
    assert queue(store.cancel, job.id, LATER).state == "cancelled"
    with pytest.raises(JobStateConflict) as refused:
        queue(store.cancel, job.id, LATER)
    assert refused.value.extra == {"state": "cancelled"}


def test_a_cancel_while_printing_stops_what_has_not_left(queue: Queue) -> None:
    job = queue.submit(copies=40)
    queue.claim()
    assert queue(store.sending, job, TAPE_12, 20, LATER)
    assert queue(store.cancel, job.id, LATER).cancel_requested
    queue(store.progress, job, 20, LATER)
    assert not queue(store.sending, job, TAPE_12, 40, LATER)
    queue(store.end_cancelled, job, LATER)
    assert (queue(store.get, job.id).labels_done, queue.state(job)) == (20, ("cancelled", "cancelled-by-user"))


def test_a_cancel_after_the_last_label_left_is_too_late(queue: Queue) -> None:
    job = queue.submit()
    queue.claim()
    queue(store.sending, job, TAPE_12, 1, LATER)
    with pytest.raises(JobStateConflict):
        queue(store.cancel, job.id, LATER)


def test_a_cancel_is_honoured_when_the_job_comes_back_to_the_queue(queue: Queue) -> None:
    job = queue.submit()
    queue.claim()
    queue(store.cancel, job.id, LATER)
    queue(store.requeue, job, "printer-unreachable", "it is off", LATER)
    assert queue.state(job) == ("cancelled", "cancelled-by-user")


def test_after_a_crash_what_had_not_left_prints_again_and_what_had_is_for_a_person(queue: Queue) -> None:
    before = queue.submit()
    queue.claim()
    assert queue(store.recover, None, LATER) == (1, 0)
    assert queue.state(before) == ("queued", None)
    queue.claim()
    queue(store.sending, before, TAPE_12, 1, LATER)
    assert queue(store.recover, None, LATER) == (0, 1)
    assert queue.state(before) == ("paused", "outcome-unknown")
    assert queue.claim() is None
    assert queue(store.recover, None, LATER) == (0, 0)


def test_a_fault_of_the_hub_itself_never_prints_a_label_twice(queue: Queue) -> None:
    def given_up(conn: sa.Connection, job: Job, at: datetime) -> None:
        store.give_up(conn, job, "a bug", at)

    for settle, waits, lost in ((store.give_back, "queued", "paused"), (given_up, "failed", "paused")):
        for sent, wanted in ((False, waits), (True, lost)):
            job = queue.submit()
            queue.claim()
            if sent:
                queue(store.sending, job, TAPE_12, 1, LATER)
            queue(settle, job, LATER)
            assert queue.state(job)[0] == wanted
            queue(delete, job)


def test_a_retry_is_a_new_job_of_the_same_labels(queue: Queue) -> None:
    job = queue.submit(need=MediaNeed("tape", 12), priority=3, copies=2)
    queue.claim()
    queue(store.complete, job, "status", {}, LATER)
    again = queue(store.retry, job.id, "me", LATER)
    assert (again.parent_job_id, again.state, again.submitted_by) == (job.id, "queued", "me")
    assert (again.labels, again.need, again.priority, again.template_digest) == (job.labels, job.need, 3, job.template_digest)


def test_history_comes_newest_first_in_pages(queue: Queue) -> None:
    ids = [queue.submit().id for _ in range(5)]
    anything = {"state": None, "printer_id": None, "since": None}
    page = queue(store.history, **anything, before_number=None, limit=2)
    rest = queue(store.history, **anything, before_number=page[-1].number, limit=10)
    assert [job.id for job in (*page, *rest)] == ids[::-1]
    assert queue(store.history, **anything | {"state": JobState.FAILED}, before_number=None, limit=10) == []
    assert queue(store.history, **anything | {"since": LATER}, before_number=None, limit=10) == []
    assert queue(store.history, **anything | {"printer_id": uuid4()}, before_number=None, limit=10) == []


def test_an_unknown_job_is_not_found(queue: Queue) -> None:
    with pytest.raises(JobNotFound):
        queue(store.get, uuid4())


def test_the_queue_shows_the_printing_job_first(queue: Queue) -> None:
    queue.submit()
    printing = queue.claim()
    urgent = queue.submit(priority=9)
    assert printing is not None
    assert [job.id for job in queue(store.queue, PRINTER, 10)] == [printing.id, urgent.id]
    assert queue(store.depths) == {PRINTER: 2}
    assert queue(store.clear, PRINTER, LATER) == 1
    assert queue.state(printing)[0] == "printing"
