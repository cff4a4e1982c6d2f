"""An Idempotency-Key makes one job, however often and from however many sides it is used."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa

from labelhub.db.engine import Database
from labelhub.db.schema import events, idempotency_keys, job_labels, jobs
from labelhub.errors import HubError, IdempotencyKeyReused, JobNotFound
from labelhub.jobs import store
from labelhub.jobs.job import Job
from labelhub.jobs.store import Once
from tests.jobs.queue_at_hand import AT, LATER, Queue, order

ONCE = Once("me", "key", "a")
DAY = timedelta(hours=24)
WRITERS = 20


def test_the_same_key_and_request_give_the_same_job_and_write_nothing(queue: Queue) -> None:
    job = queue.submit(2, once=ONCE)
    before = queue.counts(jobs, job_labels, events, idempotency_keys)
    assert queue.heard(store.submit, order(2), LATER, ONCE) == []
    assert queue.submit(2, at=LATER, once=ONCE) == job
    assert queue(store.submitted, ONCE, LATER) == job
    assert queue.counts(jobs, job_labels, events, idempotency_keys) == before


def test_the_same_key_gives_the_job_also_after_it_has_ended_and_its_printer_is_disabled(queue: Queue) -> None:
    job = queue.submit(once=ONCE)
    queue(store.cancel, job.id, LATER)
    queue.set_printer(enabled=False)
    again = queue.submit(at=LATER, once=ONCE)
    assert (again.id, again.state) == (job.id, "cancelled")


def test_another_request_with_the_same_key_is_refused(queue: Queue) -> None:
    queue.submit(once=ONCE)
    for use in (lambda once: queue.submit(once=once), lambda once: queue(store.submitted, once, LATER)):
        with pytest.raises(IdempotencyKeyReused):
            use(Once("me", "key", "b"))
    assert queue.counts(jobs) == {"jobs": 1}


def test_the_same_key_of_another_caller_and_another_key_are_others(queue: Queue) -> None:
    found = {queue.submit(once=once).id for once in (ONCE, Once("you", "key", "a"), Once("me", "key-2", "a"), Once("me", "KEY", "a"))}
    assert len(found) == 4
    assert queue(store.submitted, Once("you", "key-2", "a"), AT) is None


def test_a_key_lives_24_hours_and_works_anew_after_them(queue: Queue) -> None:
    job = queue.submit(once=ONCE)
    almost = AT + DAY - timedelta(microseconds=1)
    assert queue.submit(at=almost, once=ONCE) == job
    assert queue(store.submitted, ONCE, AT + DAY) is None
    other = Once("me", "key", "b")
    again = queue.submit(at=AT + DAY, once=other)
    assert again.id != job.id
    assert queue.submit(at=AT + DAY + DAY / 2, once=other) == again
    assert queue.counts(idempotency_keys) == {"idempotency_keys": 1}


def test_a_key_is_free_again_when_its_submit_fails(queue: Queue) -> None:
    def submit_and_fail(conn: sa.Connection) -> None:
        store.submit(conn, order(), AT, ONCE)
        raise JobNotFound

    with pytest.raises(JobNotFound):
        queue(submit_and_fail)
    assert queue.submit(once=Once("me", "key", "b")).state == "queued"


def test_a_retry_with_a_key_is_one_job_too(queue: Queue) -> None:
    lost = queue.printing(2)
    queue.send(lost, 1)
    queue(store.lose, lost, "gone", LATER)
    again = queue(store.retry, lost.id, "me", LATER, once=ONCE)
    assert queue(store.retry, lost.id, "me", LATER, once=ONCE) == again
    assert queue.counts(jobs) == {"jobs": 2}
    with pytest.raises(IdempotencyKeyReused):
        queue(store.retry, lost.id, "me", LATER, missing=True, once=Once("me", "key", "b"))


def test_a_key_whose_retry_was_refused_is_free(queue: Queue) -> None:
    job = queue.submit()
    with pytest.raises(HubError):
        queue(store.retry, job.id, "me", LATER, once=ONCE)
    assert queue(store.submitted, ONCE, LATER) is None


def at_once(database_url: str, call: Callable[[Database], Job]) -> list[Job]:
    """What so many writers get that begin together, each two from a Database of their own."""
    databases = [Database(database_url) for _ in range(WRITERS // 2)]
    together = Barrier(WRITERS)

    def write(number: int) -> Job:
        together.wait()
        return call(databases[number // 2])

    try:
        with ThreadPoolExecutor(WRITERS) as threads:
            return list(threads.map(write, range(WRITERS)))
    finally:
        for database in databases:
            database.close()


def test_many_writers_at_once_with_one_key_make_one_job(queue: Queue, database_url: str) -> None:
    found = at_once(database_url, lambda database: database.write_now(store.submit, order(3), AT, ONCE))
    assert len({job.id for job in found}) == 1
    assert queue.counts(jobs, job_labels, events) == {"jobs": 1, "job_labels": 1, "events": 1}


def test_many_writers_at_once_without_a_key_make_a_job_each_and_all_are_counted(queue: Queue, database_url: str) -> None:
    found = at_once(database_url, lambda database: database.write_now(store.submit, order(), AT))
    assert len({job.number for job in found}) == WRITERS
    assert sorted(event.data["queue_depth"] for event in queue(store_events)) == list(range(1, WRITERS + 1))


def store_events(conn: sa.Connection) -> list[sa.Row[tuple[object, ...]]]:
    return list(conn.execute(sa.select(events)))
