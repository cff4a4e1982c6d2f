"""What the hub answers before it is open, and how a start ends that comes to nothing."""

from __future__ import annotations

import asyncio
import fcntl
import shutil
import signal
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path

import httpx
import pytest
from starlette.responses import PlainTextResponse

from labelhub import __version__
from labelhub.cli.front import Front
from labelhub.cli.serve import run
from tests.cli.test_serve import end, free_port, logs_as_before
from tests.house import seeded_file, settings_for

__all__ = ["logs_as_before"]
LONG_S = 30


@pytest.fixture
def held(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """The database of `tmp_path`, being written by somebody else until the connection is rolled back."""
    shutil.copyfile(seeded_file(), tmp_path / "labelhub.db")
    with closing(sqlite3.connect(tmp_path / "labelhub.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


@asynccontextmanager
async def starting(folder: Path) -> AsyncIterator[tuple[httpx.AsyncClient, asyncio.Task[None]]]:
    """A hub that listens, open or not, and makes requests wait no time for it."""
    port = free_port()
    serving = asyncio.create_task(run(settings_for(folder, listen=f"127.0.0.1:{port}", revision="4711"), patience_s=0.01))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=LONG_S) as client:
        try:
            yield client, serving
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


async def test_a_hub_that_is_starting_is_alive_and_not_ready(tmp_path: Path, held: sqlite3.Connection) -> None:
    async with starting(tmp_path) as (client, serving):
        alive = await client.get("/healthz")
        readiness = await client.get("/readiness")
        refused = await client.get("/api/printers?limit=5")
        assert not serving.done()
        held.execute("ROLLBACK")
        async with asyncio.timeout(LONG_S):
            while (ready := await client.get("/readiness")).status_code != 200:  # asked as a probe asks
                assert ready.json()["title"] == "Starting"
                await asyncio.sleep(0.05)
        assert (await client.get("/api/printers")).status_code == 200
        as_before = await client.get("/healthz")
    assert alive.json() == {"status": "ok", "version": __version__, "revision": "4711", "build_date": None, "repository": None}
    assert (alive.content, alive.headers["content-type"]) == (as_before.content, as_before.headers["content-type"])
    assert set(as_before.headers) - set(alive.headers) == {"x-request-id"}
    assert (readiness.status_code, refused.status_code) == (503, 503)
    assert (refused.headers["retry-after"], refused.headers["content-type"]) == ("1", "application/problem+json")
    assert refused.json() == {
        "type": f"{client.base_url}/problems/starting".replace("//problems", "/problems"),
        "title": "Starting",
        "status": 503,
        "detail": "The hub is starting; send the request again in a second.",
        "instance": "/api/printers",
        "retry_after_s": 1,
    }


async def test_a_signal_ends_a_start_that_is_under_way(tmp_path: Path, held: sqlite3.Connection) -> None:
    async with starting(tmp_path) as (client, serving):
        async with asyncio.timeout(LONG_S):
            while not (tmp_path / "labelhub.db.lock").exists():  # noqa: ASYNC110 - no event tells that the database is being opened
                await asyncio.sleep(0.01)
        assert (await client.get("/healthz")).status_code == 200
        await end(serving, signal.SIGTERM)
        with pytest.raises(httpx.ConnectError):
            await client.get("/healthz")
    held.execute("ROLLBACK")
    with (tmp_path / "labelhub.db.lock").open() as file:
        await asyncio.to_thread(fcntl.flock, file, fcntl.LOCK_EX)  # let go by the thread that was under way
    async with starting(tmp_path) as (client, _), asyncio.timeout(LONG_S):
        while (await client.get("/readiness")).status_code != 200:  # noqa: ASYNC110 - asked as a probe asks
            await asyncio.sleep(0.05)


async def test_a_request_waits_for_the_hub_to_open_and_is_let_go_when_it_does_not() -> None:
    settings = settings_for(Path("unused"), public_url="https://labels.example")
    ended: list[bool] = []
    for opens in (True, False):
        front = Front(settings, patience_s=LONG_S)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(front), base_url="http://hub.test") as client:
            asked = asyncio.create_task(client.get("/api/printers"))
            assert (await client.get("/healthz")).status_code == 200
            assert (await client.head("/readiness")).status_code == 503
            assert not asked.done()
            if opens:
                front.open(PlainTextResponse("from the hub"), partial(ended.append, True))
                assert (await asked).text == "from the hub"
            front.end()
            answer = await asked
    assert ended == [True]
    assert (answer.status_code, answer.json()["type"]) == (503, "https://labels.example/problems/starting")
