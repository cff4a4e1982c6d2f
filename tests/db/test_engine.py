from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from labelhub.db.engine import Database
from labelhub.db.kind import Limits
from labelhub.errors import DatabaseUnusable, HubError


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'one.db'}", limits=Limits(busy_s=0.05))
    await database.write(lambda conn: conn.exec_driver_sql("CREATE TABLE numbers (number INTEGER PRIMARY KEY)").close())
    yield database
    database.close()


def add(conn: sa.Connection, number: int) -> int:
    conn.exec_driver_sql("INSERT INTO numbers VALUES (?)", (number,))
    return number


def count(conn: sa.Connection) -> int:
    return int(conn.exec_driver_sql("SELECT count(*) FROM numbers").scalar_one())


def pragmas(conn: sa.Connection) -> tuple[object, ...]:
    return tuple(
        conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    )


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


async def test_every_connection_is_durable_and_checks_keys(database: Database) -> None:
    assert await database.write(pragmas) == ("wal", 2, 1, 50)  # 2 = FULL
    assert await database.read(pragmas) == ("wal", 2, 1, 50)


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


async def test_readers_go_on_while_another_program_holds_the_write_lock(database: Database, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "one.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert await database.read(count) == 0
        with pytest.raises(DatabaseUnusable, match="locked; another program holds it"):
            await database.write(add, 1)
        other.execute("ROLLBACK")
    assert await database.write(add, 1) == 1


async def test_a_database_locked_for_everybody_is_unusable_and_then_usable_again(tmp_path: Path) -> None:
    path = tmp_path / "locked.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TABLE numbers (number INTEGER PRIMARY KEY)")
        other.execute("BEGIN EXCLUSIVE")  # not in WAL mode yet, so it keeps readers out too
        database = Database(f"sqlite:///{path}", limits=Limits(busy_s=0.05))
        for call in (database.read, database.write):
            with pytest.raises(DatabaseUnusable, match="locked"):
                await call(count)
        other.execute("ROLLBACK")
    assert await database.write(add, 1) == 1
    database.close()


async def test_a_database_lost_under_the_program_is_unusable(database: Database, tmp_path: Path) -> None:
    await database.read(count)
    overwrite(tmp_path)
    for call in (database.read, database.write):
        with pytest.raises(DatabaseUnusable, match="does not answer"):
            await call(count)


def overwrite(folder: Path) -> None:
    for path in folder.iterdir():
        path.write_bytes(b"garbage" * 4000)


async def test_a_statement_that_makes_no_sense_is_told_too(database: Database) -> None:
    with pytest.raises(DatabaseUnusable, match="no such table"):
        await database.read(lambda conn: conn.exec_driver_sql("SELECT * FROM nowhere").all())
    with pytest.raises(HubError, match="cannot do this"):
        await database.read(lambda conn: conn.execute(sa.select(sa.bindparam("never", required=True))).all())


async def test_waiting_ends_with_the_commit_that_makes_the_condition_true(database: Database) -> None:
    waiting = asyncio.create_task(database.until(lambda found: found == 2, count))
    await database.write(add, 1)
    assert not waiting.done()
    await database.write(add, 2)
    async with asyncio.timeout(5):
        assert await waiting == 2


async def test_what_holds_already_is_not_waited_for(database: Database) -> None:
    async with asyncio.timeout(5):
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
    async with asyncio.timeout(5):
        assert await waiting == 1


async def test_close_waits_for_the_write_in_hand(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'one.db'}"
    database = Database(url)
    writing = asyncio.create_task(database.write(lambda conn: conn.exec_driver_sql("CREATE TABLE numbers (number INTEGER)").close()))
    await asyncio.sleep(0)
    database.close()
    await writing
    again = Database(url)
    assert await again.read(count) == 0
    again.close()
