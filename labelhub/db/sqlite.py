"""SQLite, the embedded database: one file, WAL, and one writer at a time."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from labelhub.db.kind import READERS, Limits, fault, refused, words
from labelhub.errors import DatabaseUnusable, HubError

ADVICE = {
    "BUSY": "another program holds it; end that program",
    "CANTOPEN": "make its folder writable, or set LABELHUB_DATA_DIR to one that is",
    "CORRUPT": "restore it from a backup, or move it away to start with a new one",
    "FULL": "make room on its disk",
    "IOERR": "see to the disk it is on",
    "NOTADB": "restore it from a backup, or move it away to start with a new one",
    "READONLY": "make it writable, or set LABELHUB_DATA_DIR to a folder that is",
}
"""What a person can do, by SQLite's primary result code."""


class Sqlite:
    """BEGIN IMMEDIATE for the writer, so that two writers queue instead of failing; WAL lets readers read meanwhile."""

    def __init__(self, url: URL, limits: Limits) -> None:
        self.writer = self.quiet_writer = _engine(url, begin="BEGIN IMMEDIATE", pool_size=2, busy_s=limits.busy_s)
        self.reader = _engine(url, begin="BEGIN", pool_size=READERS, busy_s=limits.busy_s)
        self._file = Path(str(url.database))
        self._inode: int | None = None
        self._held: Connection | None = None

    @contextmanager
    def writing(self, engine: Engine) -> Iterator[Connection]:
        """On a connection that is kept: to take one from the pool and give it back takes longer than most statements."""
        self._held = self._held or engine.connect()
        with self._held.begin():
            yield self._held

    def run(self, conn: Connection, statement: str) -> None:
        """A statement without values or result."""
        run(conn, statement)

    def close(self) -> None:
        """The kept one, and those of the pools."""
        if self._held is not None:
            self._held.close()
            self._held = None
        self.writer.dispose()
        self.reader.dispose()

    def check(self) -> None:
        """Whoever deletes or replaces the file leaves us writing into nothing: what was accepted then would be lost."""
        try:
            inode = self._file.stat().st_ino
        except FileNotFoundError:
            inode = -1
        self._inode = self._inode or inode
        if inode != self._inode:
            raise DatabaseUnusable(f"{self._file} was deleted or replaced while the hub runs; put it back from a backup and start again")

    def fault(self, error: SQLAlchemyError) -> HubError:
        """With advice by SQLite's result code."""
        return fault(error, _told(error), refused=refused(error))

    async def listen(self, heard: Callable[[], None]) -> None:
        """Wait until cancelled: one hub a file."""
        await asyncio.Event().wait()


def _told(error: SQLAlchemyError) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    advice = ADVICE.get(str(getattr(cause, "sqlite_errorname", "")).removeprefix("SQLITE_").partition("_")[0])
    return f"{cause}; {advice}" if advice else words(cause)


def _engine(url: URL, *, begin: str, pool_size: int, busy_s: float) -> Engine:
    # Every transaction is ended by who began it: nothing is left to be reset.
    reset, arguments = None, {"check_same_thread": False}
    engine = sa.create_engine(url, pool_size=pool_size, max_overflow=0, pool_reset_on_return=reset, connect_args=arguments)

    @sa.event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin where the listener below says, not where sqlite3 guesses
        for pragma in (f"busy_timeout={int(busy_s * 1000)}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _began(conn: Connection) -> None:
        run(conn, begin)

    return engine


def run(conn: Connection, statement: str) -> None:
    """The same as `exec_driver_sql`, which takes ten times as long: for what begins and divides every transaction."""
    connection: Any = conn.connection.dbapi_connection
    try:
        connection.execute(statement)
    except sqlite3.Error as error:
        raise DBAPIError.instance(statement, None, error, sqlite3.Error) from error
