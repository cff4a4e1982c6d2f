"""What is old goes, with all that belongs to it alone, and nothing else does."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from labelhub.db.schema import events, idempotency_keys, job_labels, jobs, metadata, template_versions, templates
from labelhub.events import JOB_STATE_CHANGED, Event, append_all, last_id
from labelhub.jobs import store
from labelhub.jobs.job import Job
from labelhub.jobs.store import Once
from labelhub.jobs.store.history import FORGOTTEN_AT_ONCE, KEPT_EVENTS
from tests.jobs.queue_at_hand import AT, LATER, PRINTER, Queue, order

MONTH, DAY = timedelta(days=30), timedelta(days=1)
NOW = AT + 2 * MONTH
BEFORE = AT + MONTH


def ended(queue: Queue, at: datetime, *copies: int, once: Once | None = None) -> Job:
    """A job that was cancelled at a time."""
    job = queue.submit(*copies, once=once)
    cancelled: Job = queue(store.cancel, job.id, at)
    return cancelled


def forget_all(queue: Queue, before: datetime = BEFORE, at: datetime = NOW) -> int:
    """How many jobs are deleted, as often as there is something to delete, and then the rest."""
    found = 0
    while more := queue(store.forget, before, at):
        found += more
    return found


def everything(queue: Queue) -> dict[str, int]:
    return queue.counts(*metadata.sorted_tables)


def test_jobs_that_ended_before_the_time_go_with_their_labels_and_nothing_else_does(queue: Queue) -> None:
    old = [ended(queue, BEFORE - DAY, 2, 1), ended(queue, BEFORE - timedelta(microseconds=1))]
    lost, printing = queue.lost(), queue.begun()
    kept = [lost, printing, ended(queue, BEFORE, 2, 1), queue.submit(3, 3), queue(store.pause, queue.submit().id, LATER)]
    before, seen = everything(queue), [queue(store.shown, job.id) for job in kept]
    assert forget_all(queue) == 2
    assert everything(queue) == before | {"jobs": before["jobs"] - 2, "job_labels": before["job_labels"] - 3}
    assert [queue(store.shown, job.id) for job in kept] == seen
    assert not {job.id for job in old} & set(queue(lambda conn: conn.execute(sa.select(jobs.c.id)).scalars().all()))


def test_nothing_is_forgotten_when_nothing_is_old(queue: Queue) -> None:
    ended(queue, LATER, once=Once("me", "key", "a"))
    queue.submit()
    before = everything(queue)
    assert forget_all(queue, AT, AT) == 0
    assert everything(queue) == before


def test_many_old_jobs_go_some_at_a_time_the_oldest_first(queue: Queue) -> None:
    def end_many(conn: sa.Connection, count: int, at: datetime) -> None:
        for _ in range(count):
            store.submit(conn, order(1, 1), AT)
        store.clear(conn, PRINTER, None, at)

    queue(end_many, 3, BEFORE - timedelta(seconds=1))
    queue(end_many, FORGOTTEN_AT_ONCE, BEFORE - DAY)
    assert queue(store.forget, BEFORE, NOW) == FORGOTTEN_AT_ONCE
    assert [job.number for job in history(queue)] == [3, 2, 1]
    assert queue(store.forget, BEFORE, NOW) == 3
    assert queue(store.forget, BEFORE, NOW) == 0
    assert queue.counts(jobs, job_labels) == {"jobs": 0, "job_labels": 0}


def history(queue: Queue) -> list[Job]:
    found: list[Job] = queue(store.history, state=None, printer_id=None, since=None, before_number=None, limit=10)
    return found


def put_events(queue: Queue, *times: tuple[datetime, int]) -> None:
    """So many events of each time."""
    queue(append_all, [Event(JOB_STATE_CHANGED, {}, at, PRINTER) for at, count in times for _ in range(count)])


def test_old_events_go_but_for_the_newest_thousand(queue: Queue) -> None:
    put_events(queue, (AT, KEPT_EVENTS + 5), (NOW, 7))
    last = queue(last_id)
    forget_all(queue)
    left = queue(lambda conn: conn.execute(sa.select(events.c.id).order_by(events.c.id)).scalars().all())
    assert left == list(range(last - KEPT_EVENTS + 1, last + 1))


def test_events_of_the_last_day_stay_however_many_there_are(queue: Queue) -> None:
    put_events(queue, (AT, 3), (NOW - DAY - timedelta(microseconds=1), 4), (NOW - DAY, KEPT_EVENTS + 50))
    forget_all(queue)
    assert queue.counts(events) == {"events": KEPT_EVENTS + 50}


def test_a_thousand_events_stay_although_numbers_are_missing_between_them(queue: Queue) -> None:
    put_events(queue, (AT, KEPT_EVENTS))
    queue(lambda conn: conn.execute(sa.update(events).where(events.c.id <= KEPT_EVENTS // 2).values(id=events.c.id - 10_000)))
    forget_all(queue)
    assert queue.counts(events) == {"events": KEPT_EVENTS}


def test_keys_that_have_expired_go_and_those_that_live_stay(queue: Queue) -> None:
    queue.submit(once=Once("me", "old", "a"), at=NOW - DAY)
    live = queue.submit(once=Once("me", "new", "a"), at=NOW - DAY + timedelta(microseconds=1))
    forget_all(queue)
    assert queue.counts(idempotency_keys) == {"idempotency_keys": 1}
    assert queue(store.submitted, Once("me", "new", "a"), NOW) == live


def test_template_versions_that_nothing_uses_go(queue: Queue) -> None:
    def put(conn: sa.Connection) -> None:
        for digest, at in (("current", AT), ("unused", AT), ("new", NOW)):
            conn.execute(sa.insert(template_versions).values(digest=digest, definition="key: demo", created_at=at))
        values = {"id": PRINTER, "key": "demo", "digest": "current", "source": "user", "created_at": AT, "updated_at": AT}
        conn.execute(sa.insert(templates).values(values))

    def digests() -> set[str]:
        return set(queue(lambda conn: conn.execute(sa.select(template_versions.c.digest)).scalars().all()))

    queue(put)
    job = queue.submit()
    forget_all(queue)
    assert digests() == {"current", "new", job.template_digest}
    queue(store.cancel, job.id, AT)
    forget_all(queue)
    assert digests() == {"current", "new"}
    assert queue.counts(templates) == {"templates": 1}


def test_what_is_forgotten_changes_no_depth(queue: Queue) -> None:
    queue.submit()
    ended(queue, AT)
    depths = queue(store.depths)
    forget_all(queue)
    assert queue(store.depths) == depths == {PRINTER: 1}
