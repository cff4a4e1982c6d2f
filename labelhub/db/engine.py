"""Database: runs synchronous store functions on its own threads and owns their transactions.

Store functions take `conn` first and never commit. On SQLite there is one writer thread (BEGIN IMMEDIATE, so two writers
queue here instead of failing there) and a few readers, each with its own connection (WAL lets them read meanwhile).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError, SQLAlchemyError

from labelhub.errors import DatabaseUnusable, HubError

P = ParamSpec("P")
T = TypeVar("T")

READERS = 4
BUSY_TIMEOUT_S = 10.0
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


class Database:
    """The configured database. Open it once, close it at the end; `write` and `read` may be awaited from any task."""

    def __init__(self, url: str, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        """`busy_timeout_s`: how long to wait for another program that holds the database."""
        self.url = url
        self._writer = _sqlite_engine(url, begin="BEGIN IMMEDIATE", pool_size=1, busy_timeout_s=busy_timeout_s)
        self._reader = _sqlite_engine(url, begin="BEGIN", pool_size=READERS, busy_timeout_s=busy_timeout_s)
        self._write_threads = ThreadPoolExecutor(1, thread_name_prefix="db-write")
        self._read_threads = ThreadPoolExecutor(READERS, thread_name_prefix="db-read")
        self._next_commit = asyncio.Event()
        self._file = Path(str(make_url(url).database))
        self._inode: int | None = None

    async def write(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `fn(conn, ...)` returns, committed; rolled back when it raises. DatabaseUnusable, HubError when it refuses."""
        loop = asyncio.get_running_loop()

        def call() -> T:
            result = self.write_now(fn, *args, **kwargs)
            # From here, so that it is heard of even when whoever began the write was cancelled meanwhile.
            loop.call_soon_threadsafe(self._committed)
            return result

        return await loop.run_in_executor(self._write_threads, call)

    async def read(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `fn(conn, ...)` returns, from one consistent snapshot. DatabaseUnusable when the database fails."""
        call = partial(self._run, self._reader, fn, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._read_threads, call)

    async def until(
        self, condition: Callable[[T], bool], fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What `read` gives once the condition holds for it; looked at again after every write of this process, for ever."""
        while True:
            next_commit = self._next_commit
            value = await self.read(fn, *args, **kwargs)
            if condition(value):
                return value
            await next_commit.wait()

    def _committed(self) -> None:
        committed, self._next_commit = self._next_commit, asyncio.Event()
        committed.set()

    def write_now(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`write` on the calling thread: for start-up and the command line."""
        return self._run(self._writer, fn, *args, **kwargs)

    def _run(self, engine: Engine, fn: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        try:
            with engine.begin() as conn:
                self._refuse_lost_file()
                return fn(conn, *args, **kwargs)
        except (IntegrityError, ProgrammingError, DataError) as error:  # will not pass by itself: a fault of the program
            raise HubError(f"the database refused a change: {_told(error.orig)}") from error
        except DBAPIError as error:
            raise DatabaseUnusable(f"the database does not answer: {_told(error.orig)}") from error
        except SQLAlchemyError as error:
            raise HubError(f"the database cannot do this: {type(error).__name__}: {error}") from error

    def _refuse_lost_file(self) -> None:
        """Whoever deletes or replaces the file leaves us writing into nothing: what was accepted then would be lost."""
        try:
            inode = self._file.stat().st_ino
        except FileNotFoundError:
            inode = -1
        self._inode = self._inode or inode
        if inode != self._inode:
            raise DatabaseUnusable(f"{self._file} was deleted or replaced while the hub runs; put it back from a backup and start again")

    def close(self) -> None:
        """Wait for what is running, then let go of every connection."""
        self._write_threads.shutdown()
        self._read_threads.shutdown()
        self._writer.dispose()
        self._reader.dispose()


def _told(error: BaseException | None) -> str:
    advice = ADVICE.get(str(getattr(error, "sqlite_errorname", "")).removeprefix("SQLITE_").partition("_")[0])
    return f"{error}; {advice}" if advice else f"{type(error).__name__}: {error}"


def _sqlite_engine(url: str, *, begin: str, pool_size: int, busy_timeout_s: float) -> Engine:
    engine = sa.create_engine(make_url(url), pool_size=pool_size, max_overflow=0, connect_args={"check_same_thread": False})

    @sa.event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin where the listener below says, not where sqlite3 guesses
        for pragma in (f"busy_timeout={int(busy_timeout_s * 1000)}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _began(conn: Connection) -> None:
        conn.exec_driver_sql(begin)

    return engine
