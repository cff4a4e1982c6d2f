"""Database: runs synchronous store functions on its own threads and owns their transactions.

Store functions take `conn` first and never commit. There is one writer thread, for either kind of database takes one writer at a
time, and a few readers, each with its own connection and a consistent snapshot.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from labelhub.db.kind import READERS, Kind, Limits
from labelhub.db.url import parsed
from labelhub.db.writer import Writer

P = ParamSpec("P")
T = TypeVar("T")


class Database:
    """The configured database. Open it once, close it at the end; `write` and `read` may be awaited from any task."""

    def __init__(self, url: str, *, limits: Limits | None = None) -> None:
        """`url` begins with sqlite:/// or postgresql://; nothing is connected to yet."""
        self.url = url
        self._kind = kind_of(url, limits or Limits())
        self._writer = Writer(self._kind)
        self._read_threads = ThreadPoolExecutor(READERS, thread_name_prefix="db-read")
        self._commits = 0
        self._next_commit = asyncio.Event()

    async def write(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `fn(conn, ...)` returns, committed; rolled back when it raises. DatabaseUnusable, HubError when it refuses.

        A connection lost in the very moment of the commit is DatabaseUnusable too, though the server may have committed: what is
        written must stand being written twice, or tell that it was there already.
        """
        result: T = await self._writer.begin(self._kind.writer, lambda conn: fn(conn, *args, **kwargs), self._committed)
        return result

    async def write_first(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`write` that goes before others that wait: for what a printer waits for."""
        result: T = await self._writer.begin(self._kind.writer, lambda conn: fn(conn, *args, **kwargs), self._committed, urgent=True)
        return result

    async def write_quietly(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`write` that wakes nobody, here or elsewhere: for heartbeats and the like, which nobody waits for."""
        result: T = await self._writer.begin(self._kind.quiet_writer, lambda conn: fn(conn, *args, **kwargs), None)
        return result

    async def read(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `fn(conn, ...)` returns, from one consistent snapshot. DatabaseUnusable when the database fails."""
        call = partial(self._run, self._kind.reader, fn, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._read_threads, call)

    async def until(
        self, condition: Callable[[T], bool], fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What `read` gives once the condition holds for it; looked at again after every commit that is heard of, for ever."""
        while True:
            seen = self._commits
            value = await self.read(fn, *args, **kwargs)
            if condition(value):
                return value
            await self.next_commit(seen)

    @property
    def shared(self) -> bool:
        """True when other nodes may use it at the same time."""
        return not self.url.startswith("sqlite")

    @property
    def commits(self) -> int:
        """How many commits were heard of: this process's, and while `listen` runs, other nodes', several of them as one."""
        return self._commits

    async def next_commit(self, seen: int) -> int:
        """The count of `commits`, once it is no longer `seen`. Begin with `commits`, then hand in what came back: none is missed."""
        while self._commits == seen:
            await self._next_commit.wait()
        return self._commits

    async def listen(self) -> None:
        """Hear of other nodes' commits until cancelled; a lost connection is made again for ever. On SQLite there are none to hear of."""
        await self._kind.listen(self._committed)

    def _committed(self) -> None:
        self._commits += 1
        committed, self._next_commit = self._next_commit, asyncio.Event()
        committed.set()

    def write_now(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`write` on the calling thread: for start-up and the command line."""
        return self._run(self._kind.writer, fn, *args, **kwargs)

    def _run(self, engine: Engine, fn: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        try:
            with engine.begin() as conn:
                self._kind.check()
                return fn(conn, *args, **kwargs)
        except SQLAlchemyError as error:
            raise self._kind.fault(error) from error

    def close(self) -> None:
        """Wait for what is running, then let go of every connection."""
        self._writer.close()
        self._read_threads.shutdown()
        self._kind.close()


def kind_of(url: str, limits: Limits) -> Kind:
    """The engines of this database, with all that is special about them."""
    found = parsed(url)
    if found.get_backend_name() == "sqlite":
        from labelhub.db.sqlite import Sqlite

        return Sqlite(found, limits)
    from labelhub.db.postgres import Postgres

    return Postgres(found, limits)
