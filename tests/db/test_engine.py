from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from labelhub.db.clock import now
from labelhub.db.engine import Database
from labelhub.errors import DatabaseUnusable, HubError
from tests.db.numbers_at_hand import add, count, make


@pytest.fixture
async def database(empty_database_url: str) -> AsyncIterator[Database]:
    database = Database(empty_database_url)
    await database.write(make)
    yield database
    database.close()


def add_and_fail(conn: sa.Connection) -> None:
    add(conn, 1)
    raise LookupError("no")


async def test_a_write_gives_what_its_function_returns_and_is_committed(database: Database) -> None:
    assert await database.write(add, 7) == 7
    assert await database.read(count) == 1


async def test_a_write_that_raises_changes_nothing_and_its_error_comes_through(database: Database) -> None:
    with pytest.raises(LookupError):
        await database.write(add_and_fail)
    assert await database.read(count) == 0
    assert await database.write(add, 1) == 1


async def test_writers_queue_here_instead_of_failing_there(database: Database) -> None:
    assert await asyncio.gather(*(database.write(add, number) for number in range(40))) == list(range(40))
    assert await database.read(count) == 40


async def test_readers_see_one_snapshot_while_a_writer_writes(database: Database) -> None:
    looked, written = threading.Event(), threading.Event()

    def look_twice(conn: sa.Connection) -> tuple[int, int]:
        first = count(conn)
        looked.set()
        assert written.wait(5)
        return first, count(conn)

    reading = asyncio.create_task(database.read(look_twice))
    await asyncio.to_thread(looked.wait, 5)
    await database.write(add, 1)
    written.set()
    assert await reading == (0, 0)
    assert await database.read(count) == 1


async def test_a_statement_that_makes_no_sense_is_told_too(database: Database) -> None:
    with pytest.raises(DatabaseUnusable, match=r"no such table|does not exist"):
        await database.read(lambda conn: conn.exec_driver_sql("SELECT * FROM nowhere").all())
    with pytest.raises(HubError, match="refused a change"):
        await database.write(lambda conn: [add(conn, 1), add(conn, 1)])
    with pytest.raises(HubError, match="cannot do this"):
        await database.read(lambda conn: conn.execute(sa.select(sa.bindparam("never", required=True))).all())


async def test_waiting_ends_with_the_commit_that_makes_the_condition_true(database: Database) -> None:
    waiting = asyncio.create_task(database.until(lambda found: found == 2, count))
    await database.write(add, 1)
    assert not waiting.done()
    await database.write(add, 2)
    async with asyncio.timeout(30):
        assert await waiting == 2


async def test_what_holds_already_is_not_waited_for(database: Database) -> None:
    async with asyncio.timeout(30):
        assert await database.until(lambda found: found == 0, count) == 0


async def test_a_commit_is_heard_of_even_when_whoever_wrote_was_cancelled(database: Database) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slowly(conn: sa.Connection) -> None:
        add(conn, 1)
        begun.set()
        assert go_on.wait(5)

    writing = asyncio.create_task(database.write(slowly))
    await asyncio.to_thread(begun.wait, 5)
    waiting = asyncio.create_task(database.until(lambda found: found == 1, count))
    await database.read(count)  # by now the waiting one has looked, too
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    go_on.set()
    async with asyncio.timeout(30):
        assert await waiting == 1


async def test_close_waits_for_the_write_in_hand(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    writing = asyncio.create_task(database.write(make))
    await asyncio.sleep(0)
    database.close()
    await writing
    again = Database(empty_database_url)
    assert await again.read(count) == 0
    again.close()


async def test_no_commit_is_missed_between_two_looks(database: Database) -> None:
    seen = database.commits
    await database.write(add, 1)
    await database.write(add, 2)
    async with asyncio.timeout(30):
        seen = await database.next_commit(seen)
    assert seen == database.commits
    waiting = asyncio.create_task(database.next_commit(seen))
    await database.write(add, 3)
    async with asyncio.timeout(30):
        assert await waiting == database.commits == seen + 1


async def test_a_quiet_write_is_committed_and_wakes_nobody(database: Database) -> None:
    seen = database.commits
    assert await database.write_quietly(add, 1) == 1
    assert await database.read(count) == 1
    assert database.commits == seen


async def test_the_databases_clock_is_aware_and_in_utc(database: Database) -> None:
    before = datetime.now(UTC)
    found = [await call(now) for call in (database.read, database.write)]
    assert all(at.tzinfo is UTC and abs(at - before) < timedelta(seconds=60) for at in found)
    assert found == sorted(found)


@pytest.mark.parametrize("url", ["mysql://hub:hunter2@db/labels", "hunter2", ""])
def test_a_url_of_neither_database_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(DatabaseUnusable, match="LABELHUB_DATABASE_URL") as caught:
        Database(url)
    assert "hunter2" not in caught.value.detail


async def test_a_write_is_heard_of_that_is_committed_together_with_a_quiet_one(database_url: str) -> None:
    database, held = Database(database_url), threading.Event()
    try:
        seen = database.commits
        first = asyncio.create_task(database.write_quietly(lambda conn: held.wait(10)))
        others = [
            asyncio.create_task(write(lambda conn: None)) for write in (database.write_quietly, database.write, database.write_quietly)
        ]
        await asyncio.sleep(0)  # all of them are waiting now
        held.set()
        await asyncio.gather(first, *others)
        async with asyncio.timeout(30):
            assert await database.next_commit(seen) == seen + 1
    finally:
        database.close()
