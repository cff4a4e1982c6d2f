from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from labelhub.db.engine import Database
from labelhub.db.kind import Limits
from labelhub.errors import DatabaseUnusable
from tests.db.numbers_at_hand import add, count, make


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'one.db'}", limits=Limits(busy_s=0.05))
    await database.write(make)
    yield database
    database.close()


def pragmas(conn: sa.Connection) -> tuple[object, ...]:
    return tuple(
        conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    )


async def test_every_connection_is_durable_and_checks_keys(database: Database) -> None:
    assert await database.write(pragmas) == ("wal", 2, 1, 50)  # 2 = FULL
    assert await database.read(pragmas) == ("wal", 2, 1, 50)


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


async def test_no_other_process_is_heard_of_for_there_is_none(database: Database) -> None:
    listening = asyncio.create_task(database.listen())
    await database.write(add, 1)
    assert (database.commits, listening.done()) == (2, False)
    listening.cancel()
