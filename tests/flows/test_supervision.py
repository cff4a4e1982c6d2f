"""Workers that die and databases that are away while labels print: it shows, nothing stops for good, and no label is called failed."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from labelhub.jobs.job import JobState
from tests.flows.at_the_printer import TINY, all_end, codes, many, named, one, printed, wish
from tests.house import House, house_with

SLOW = {"mm_per_s": 100.0}


async def ready(found: House) -> tuple[str, str]:
    """What readiness says of all, and of the workers."""
    told = (await found.client.get("/readiness")).json()
    return told["status"], told["checks"]["print_queue"]["status"]


def worker(slug: str) -> asyncio.Task[Any]:
    """The running worker of a printer."""
    (task,) = [task for task in asyncio.all_tasks() if task.get_name() == f"worker {slug}"]
    return task


async def test_a_worker_that_dies_shows_in_readiness_until_it_is_started_again_and_the_others_go_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with house_with(tmp_path, a="PT-P750W 12mm", b="PT-P750W 12mm") as found:
        assert await ready(found) == ("ready", "ok")
        worker("a").cancel()
        await asyncio.wait([worker("a")])
        assert await ready(found) == ("degraded", "fail")
        waiting = await one(found, "L-0", printer="a")
        await found.until(await one(found, "L-1", printer="b"))
        assert (await found.until(waiting)).state == "completed"
        assert await ready(found) == ("ready", "ok")
        assert [codes(found.emulators[slug]) for slug in "ab"] == [["L-0"], ["L-1"]]
        worker("a").cancel()  # and again: after a longer pause, and it shows until that one has lived for a while
        await asyncio.wait([worker("a")])
        assert (await found.until(await one(found, "L-2", printer="a"))).state == "completed"
        checks = (await found.client.get("/readiness")).json()["checks"]
        assert (checks["print_queue"]["status"], checks["print_queue"]["detail"]) == ("fail", "the worker of a died 2 times in a row")
        assert 'labelhub_background_faults_total{loop="workers"} 2.0' in (await found.client.get("/metrics")).text
    assert [record.getMessage() for record in caplog.records if "died" in record.getMessage()] == [
        f"worker a died and is started again in {pause_s} s" for pause_s in (1, 2)
    ]


async def test_a_worker_that_dies_in_the_middle_of_a_batch_loses_no_label_and_prints_none_twice(tmp_path: Path) -> None:
    async with house_with(tmp_path, {"mm_per_s": 400.0}, pt="PT-P750W 12mm") as found:
        job_id = await many(found, 8)
        await found.emulators["pt"].wait_for_pages(2)
        worker("pt").cancel()
        ended = await found.until(job_id, JobState.COMPLETED, JobState.PAUSED)
        out = printed(found.emulators["pt"])
        assert out == named(len(out))
        if ended.state == JobState.PAUSED:
            assert (ended.reason, ended.labels_done <= len(out) <= ended.labels_sent) == ("outcome-unknown", True)
        else:
            assert len(out) == 8


@asynccontextmanager
async def database_away(found: House) -> AsyncIterator[None]:
    """Another program holds the file, or the server ends all connections and takes no new ones."""
    if found.hub.database.shared:
        url = make_url(found.hub.settings.database)
        with closing(psycopg.connect(host=str(url.query["host"]), dbname="postgres", user=url.username, autocommit=True)) as other:
            name = sql.Identifier(url.database or "")
            other.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
            other.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [url.database])
            try:
                yield
            finally:
                other.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))
        return
    await found.hub.database.write(impatient)
    with closing(sqlite3.connect(found.hub.settings.data_dir / "labelhub.db", isolation_level=None)) as other_file:
        other_file.execute("BEGIN EXCLUSIVE")
        yield


def impatient(conn: Any) -> None:
    """Make the hub's connection give up soon when others write."""
    conn.exec_driver_sql("PRAGMA busy_timeout=30")


async def test_a_database_that_goes_away_while_a_label_prints_is_waited_for_and_the_label_is_completed(tmp_path: Path) -> None:
    async with house_with(tmp_path, SLOW, pt="PT-P750W 12mm") as found:
        emulator = found.emulators["pt"]
        job_id = await one(found, "L-0")
        await emulator.wait_until(lambda machine: machine.printing and machine.ended_jobs == 1)
        async with database_away(found):
            await emulator.wait_for_pages(1)
            refused = await found.client.post("/api/print", json={"template": TINY, "data": {"qr_payload": "x"}})
            assert refused.status_code == 503
            await found.hub.feel_pulse()
        ended = await found.until(job_id)
        assert (ended.state, ended.evidence, ended.labels_done) == ("completed", "page-counter", 1)
        await found.until(await one(found, "L-1"))
        assert codes(emulator) == ["L-0", "L-1"]
        await found.hub.feel_pulse()
        assert await ready(found) == ("ready", "ok")


async def test_a_database_that_goes_away_in_the_middle_of_a_batch_ends_it_properly_and_the_rest_follows(tmp_path: Path) -> None:
    async with house_with(tmp_path, SLOW, pt="PT-P750W 12mm") as found:
        emulator = found.emulators["pt"]
        job_id = await many(found, 6)
        await emulator.wait_for_pages(1)
        async with database_away(found):
            await emulator.wait_until(lambda machine: not machine.printing and machine.backlog == 0)
            assert codes(emulator) == named(emulator.machine.page_count)
            assert emulator.machine.page_count < 6
        await emulator.set_speed(None)
        assert (await found.until(job_id)).state == "completed"
        assert codes(emulator) == named(6)


async def test_a_database_that_goes_away_before_a_label_begins_holds_it_and_every_worker_lives_on(tmp_path: Path) -> None:
    async with house_with(tmp_path, a="PT-P750W 12mm", b="PT-P750W 12mm") as found:
        for slug in "ab":
            await wish(found, f"printers/{slug}/pause", 204)
        ids = [await one(found, f"L-{number}", printer=slug) for number, slug in enumerate("ab")]
        workers = [worker(slug) for slug in "ab"]
        async with database_away(found):
            for job_id in ids:
                found.hub.node.wake(None)
                assert (await found.client.post(f"/api/jobs/{job_id}/cancel")).status_code == 503
        for slug in "ab":
            await wish(found, f"printers/{slug}/resume", 204)
        assert await all_end(found, ids) == ["completed"] * 2
        assert [worker(slug) for slug in "ab"] == workers
        assert [codes(found.emulators[slug]) for slug in "ab"] == [["L-0"], ["L-1"]]
