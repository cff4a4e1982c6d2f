"""The database stores what it was told and its answer is lost: nothing is submitted twice, printed twice, or put in doubt for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pytest

from labelhub.errors import DatabaseUnusable
from labelhub.jobs import store
from labelhub.jobs.job import JobState, LabelOrder
from labelhub.jobs.submit import Wish
from tests.databases import Server
from tests.flows.at_the_printer import TINY, codes
from tests.house import House, declared, house, settings_for, virtual

pytestmark = pytest.mark.sqlite_file  # on a file no answer can be lost
T = TypeVar("T")
SOCKET = ".s.PGSQL.5432"
ENDED = b'"to_state": "completed"'
"""Said by the event of a job's end."""


class Relay:
    """Stands before a PostgreSQL server and can keep the answers to commits for itself.

    In a thread of its own: a hub that closes waits for its database without letting anybody else on.
    """

    def __init__(self, server: Path) -> None:
        self._server = server / SOCKET
        self._left = 0
        self._of = b""
        self._connections: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self.all_lost = threading.Event()

    @asynccontextmanager
    async def listening(self, folder: Path) -> AsyncIterator[None]:
        """Reachable in a folder."""
        self._thread.start()
        server = await self._there(asyncio.start_unix_server(self.accept, folder / SOCKET))
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(server.close)
            await self._there(self._hang_up())
            self._loop.call_soon_threadsafe(self._loop.stop)
            await asyncio.to_thread(self._thread.join)
            self._loop.close()

    async def _there(self, work: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    def lose(self, answers: int, of: bytes = b"") -> None:
        """The answers to so many commits from now on, and the connections with them; of transactions in which this was said."""
        self._left, self._of = answers, of
        self.all_lost.clear()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One more connection."""
        self._connections.add(asyncio.create_task(self._serve(reader, writer)))

    async def _hang_up(self) -> None:
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_unix_connection(str(self._server))
        committing = asyncio.Event()
        ways = [
            asyncio.create_task(self._ask(reader, to_server, committing)),
            asyncio.create_task(self._tell(server, writer, committing)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            to_server.close()
            writer.close()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, committing: asyncio.Event) -> None:
        meant = False
        while said := await reader.read(65536):
            meant = self._left > 0 and ((meant and b"BEGIN" not in said) or self._of in said)
            if b"COMMIT" in said and meant:
                committing.set()
            writer.write(said)

    async def _tell(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, committing: asyncio.Event) -> None:
        while said := await reader.read(65536):
            if committing.is_set():  # it was made: this is its answer
                self._left -= 1
                if not self._left:
                    self.all_lost.set()
                return
            writer.write(said)


@asynccontextmanager
async def house_behind(postgres: Server, folder: Path) -> AsyncIterator[tuple[House, Relay]]:
    """A hub with a printer, whose database is behind a relay."""
    name, relay = postgres.create(), Relay(Path(postgres.folder))
    async with relay.listening(folder), virtual(pt="PT-P750W 12mm") as emulators:
        settings = settings_for(folder, declared(emulators), database_url=f"postgresql://hub@/{name}?host={folder}")
        async with house(folder, settings) as found:
            found.emulators = emulators
            await found.seen("pt")
            yield found, relay
    postgres.drop(name)


async def test_a_job_whose_commit_was_not_answered_is_not_submitted_again(tmp_path: Path, postgres: Server) -> None:
    async with house_behind(postgres, tmp_path) as (found, relay):
        wish = Wish(TINY, (LabelOrder({"qr_payload": "once"}),), "pt", submitted_by="me")
        await found.hub.fleet.pause(found.hub.printer("pt"), True)
        first = await found.hub.submit(wish)  # from now on its template is known
        relay.lose(1, of=b"INSERT INTO jobs")
        with pytest.raises(DatabaseUnusable):
            await found.hub.submit(wish)
        stored = await found.hub.database.until(lambda jobs: len(jobs) > 1, store.queue, first.printer_id, 10)
        assert len(stored) == 2
        await found.hub.fleet.pause(found.hub.printer("pt"), False)
        for job in stored:
            await found.until(str(job.id), JobState.COMPLETED)
        assert codes(found.emulators["pt"]) == ["once", "once"]


@pytest.mark.parametrize(("answers", "of"), [(3, b""), (2, ENDED)], ids=["any", "of two ends"])
async def test_labels_are_printed_once_and_none_is_in_doubt_when_commits_are_not_answered(
    tmp_path: Path, postgres: Server, answers: int, of: bytes
) -> None:
    async with house_behind(postgres, tmp_path) as (found, relay):
        ids = []
        await found.hub.fleet.pause(found.hub.printer("pt"), True)
        for number in range(4):
            ids.append(await found.print(TINY, {"qr_payload": f"L-{number}"}, printer="pt"))
        await found.hub.fleet.pause(found.hub.printer("pt"), False)
        relay.lose(answers, of)
        assert await asyncio.to_thread(relay.all_lost.wait, 60)
        for job_id in ids:
            await found.until(job_id, JobState.COMPLETED)
        assert codes(found.emulators["pt"]) == [f"L-{number}" for number in range(4)]


async def test_the_relay_keeps_the_answer_and_not_the_commit(tmp_path: Path, postgres: Server) -> None:
    name, relay = postgres.create(), Relay(Path(postgres.folder))
    async with relay.listening(tmp_path):
        relay.lose(1)
        with pytest.raises(psycopg.OperationalError):
            await asyncio.to_thread(_make, f"postgresql://hub@/{name}?host={tmp_path}")
    with closing(psycopg.connect(postgres.url(name))) as conn:
        assert conn.execute("SELECT 1 FROM pg_tables WHERE tablename = 'made'").fetchall() == [(1,)]
    postgres.drop(name)


def _make(url: str) -> None:
    with psycopg.connect(url) as conn:
        conn.execute("CREATE TABLE made (n int)")
