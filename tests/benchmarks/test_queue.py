"""What the queue does in a second: a hub, a printer and clients, each in a process of its own, as `labelhub serve` runs."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa

from labelhub.db.engine import Database
from labelhub.db.schema import depths, jobs
from labelhub.jobs import store
from labelhub.jobs.job import JobState, LabelOrder, NewJob
from labelhub.jobs.store import Hand
from labelhub.labels import store as templates
from labelhub.labels.template import builtin
from labelhub.media import Media, MediaKind, MediaNeed, MediaSet, Need
from labelhub.printers import store as printers
from labelhub.printers.printer import Address, Printer
from tests.benchmarks.asking import echo, quantiles, took_ms
from tests.benchmarks.client import Clients, clients
from tests.benchmarks.told import row

pytestmark = pytest.mark.bench

CLIENTS = 8
CLAIMS = 300
WATCHED_S = 15.0
BATCHES = 5
AT = datetime(2026, 1, 31, tzinfo=UTC)
TAPE, NEED = Media(MediaKind.TAPE_LAMINATED, 12), MediaNeed("tape", 12)
EITHER = MediaSet.of([NEED, MediaNeed("tape", 24)])


TEXT = {"text": "Shelf 7"}


@dataclass(slots=True)
class Works:
    """A running hub and its printer."""

    client: httpx.AsyncClient
    clients: Clients
    hub: asyncio.subprocess.Process
    sink: asyncio.subprocess.Process

    async def print(self, number: int, **more: Any) -> None:
        body = {"template": "snipeit-12mm", "printer": "sink"} | ({} if "labels" in more else {"data": asset(number)}) | more
        status, answer = await self.clients.ask("POST", "/api/print", body)
        assert status == 202, answer

    async def healthz(self) -> None:
        await self.clients.ask("GET", "/healthz")

    async def printed(self) -> None:
        """Return once nothing waits any more, and all of it was completed."""
        while (await self.client.get("/api/printers")).json()[0]["queue_depth"]:  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(0.02)
        for state in ("failed", "paused"):
            assert (await self.client.get(f"/api/jobs?state={state}")).json() == []

    async def told(self) -> dict[str, Any]:
        """What the printer tells."""
        assert self.sink.stdin is not None
        assert self.sink.stdout is not None
        self.sink.stdin.write(b"\n")
        found: dict[str, Any] = json.loads(await self.sink.stdout.readline())
        return found

    @property
    def rss_mb(self) -> float:
        pages = int(Path(f"/proc/{self.hub.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    @property
    def cpu_s(self) -> float:
        user, system = Path(f"/proc/{self.hub.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def asset(number: int) -> dict[str, Any]:
    url = f"https://snipe.example/hardware/{number}"
    return {"title": "ThinkPad T14 Gen 3", "primary_id": f"A-{number}", "qr_payload": url, "secondary": ["Büro 2"]}


@asynccontextmanager
async def works(
    folder: Path, *, snmp: bool, speed: str = "none", printer: str = "PT-P750W", media: str = "12mm", when: str = "at once"
) -> AsyncIterator[Works]:
    """A hub that has seen its printer, which works at once or when nobody else does (`last`)."""
    words = [sys.executable, "-m", "tests.benchmarks.sink", "snmp" if snmp else "no", speed, printer, media, when]
    sink = await asyncio.create_subprocess_exec(*words, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    assert sink.stdout is not None
    port, snmp_port = json.loads(await sink.stdout.readline())
    there = {"name": "sink", "slug": "sink", "model": printer, "host": "127.0.0.1", "port": port, "snmp": snmp, "snmp_port": snmp_port}
    environment = os.environ | {"LABELHUB_PRINTERS": json.dumps([there]), "LABELHUB_LOG_LEVEL": "warning"}
    command = [sys.executable, "-c", SERVE, str(folder)]
    hub = await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.PIPE)
    assert hub.stdout is not None
    address = (await hub.stdout.readline()).decode().strip()
    client = httpx.AsyncClient(base_url=address, trust_env=False, timeout=60)
    async with client, clients(address, CLIENTS) as many:
        while (await client.get("/api/printers/sink/status")).json().get("online") is not True:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)
        try:
            yield Works(client, many, hub, sink)
        finally:
            with suppress(ProcessLookupError):  # ended already
                hub.terminate()
            await hub.wait()
            assert sink.stdin is not None
            sink.stdin.close()
            await sink.wait()


SERVE = """
import socket, sys
from labelhub.cli import serve
made = serve.listen
def listen(settings):
    listener = made(settings)
    print(serve.address_of(listener), flush=True)
    return listener
serve.listen = listen
sys.argv = ["labelhub", "serve", "--listen", "127.0.0.1:0", "--data-dir", sys.argv[1]]
from labelhub.cli import main
main()
"""


async def at_once(count: int, call: Callable[[int], Any]) -> float:
    """Seconds that so many calls take when `CLIENTS` clients make them, each one after another."""
    numbers = iter(range(count))

    async def client() -> None:
        for number in numbers:
            await call(number)

    begun = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return time.perf_counter() - begun


@pytest.mark.parametrize("snmp", [False, True], ids=["closing", "counting"])
async def test_jobs_and_labels_a_second_into_a_fast_printer(tmp_path: Path, snmp: bool) -> None:
    sink = "a printer that counts its pages (SNMP)" if snmp else "a printer that closes the connection (no SNMP)"
    async with works(tmp_path, snmp=snmp) as at:
        await at_once(40, at.print)
        await at.printed()
        floor_s = await at_once(800, lambda _: at.clients.ask("GET", "/healthz"))
        begun, cpu = time.perf_counter(), at.cpu_s
        submitted_s = await at_once(800, lambda number: at.print(1000 + number))
        await at.printed()
        elapsed_s = time.perf_counter() - begun
        row(f"durable jobs a second, {CLIENTS} clients, {sink} | {800 / elapsed_s:.0f} | submits alone {800 / submitted_s:.0f} | "
            f"GET /healthz {800 / floor_s:.0f} | CPU of the hub {(at.cpu_s - cpu) / 0.8:.1f} ms a job")  # fmt: skip
        begun, cpu = time.perf_counter(), at.cpu_s
        await at.print(0, labels=[{"data": asset(number)} for number in range(500)])
        await at.printed()
        elapsed_s = time.perf_counter() - begun
        row(f"labels a second in a batch of 500, {sink} | {500 / elapsed_s:.0f} | | | CPU of the hub {(at.cpu_s - cpu) * 2:.1f} ms each")
        assert (await at.told())["pages"] == 40 + 800 + 500


@pytest.mark.parametrize("speed", ["none", "real"])
async def test_others_are_answered_while_a_batch_is_drawn(tmp_path: Path, speed: str) -> None:
    async with works(tmp_path, snmp=False, speed=speed, when="last") as at, echo() as echoed:
        await at_once(40 if speed == "none" else 1, at.print)
        await at.printed()
        idle: list[tuple[float, float]] = []
        busy: list[tuple[float, float]] = []
        for _ in range(
            BATCHES if speed == "none" else 1
        ):  # one alone is over after some 300 answers, of which p99 would be the third slowest
            idle += [(await took_ms(at.healthz), await took_ms(echoed)) for _ in range(500)]
            await at.print(0, labels=[{"data": asset(number)} for number in range(500)])
            end = time.monotonic() + WATCHED_S
            while (await at.client.get("/api/jobs?limit=1")).json()[0]["state"] in ("queued", "printing") and time.monotonic() < end:
                busy += [(await took_ms(at.healthz), await took_ms(echoed)) for _ in range(10)]
        printer = "a printer that takes all at once" if speed == "none" else "a printer of real speed"
        for number, what in enumerate(("GET /healthz", "a line echoed by a process that does nothing else")):
            (_, idle_ms), (median_ms, busy_ms) = (quantiles([one[number] for one in found]) for found in (idle, busy))
            row(f"{what}, while 500 labels are drawn for {printer}, p99 | {busy_ms:.2f} ms | idle p99 | {idle_ms:.2f} ms | "
                f"{busy_ms / idle_ms:.1f}; median {median_ms:.2f} ms of {len(busy)} |")  # fmt: skip
        if speed == "real":
            at.hub.kill()  # the rest of the labels would take ten minutes


async def test_memory_after_ten_thousand_jobs(tmp_path: Path) -> None:
    async with works(tmp_path, snmp=False) as at:
        await at_once(100, at.print)
        await at.printed()
        early_mb = at.rss_mb
        await at_once(9_900, lambda number: at.print(100 + number))
        await at.printed()
        late_mb = at.rss_mb
        row(f"RSS after 100 and 10,000 jobs | {early_mb:.1f} MB | {late_mb:.1f} MB | {late_mb - early_mb:+.1f} MB |")


@pytest.mark.parametrize(("printer", "media", "template"), [("QL-820NWB", "62mm", "qr-text-62mm"), ("PT-P750W", "12mm", "snipeit-12mm")])
async def test_a_run_of_a_hundred_labels_keeps_a_printer_of_real_speed_busy(
    tmp_path: Path, printer: str, media: str, template: str
) -> None:
    async with works(tmp_path, snmp=True, speed="real", printer=printer, media=media) as at:
        data = [
            asset(number) if template.startswith("snipeit") else {"text": f"A-{number}", "qr_payload": f"{number}"}
            for number in range(100)
        ]
        for how, sent in (("as one batch", 1), ("as 100 jobs", 100)):
            before = await at.told()
            if sent == 1:
                await at.print(0, template=template, labels=[{"data": one} for one in data])
            else:
                await asyncio.gather(*(at.print(0, template=template, data=one) for one in data))
            await at.printed()
            after = await at.told()
            moved_mm = after["moved_mm"] - before["moved_mm"]
            busy_s, elapsed_s = moved_mm / speed_of(printer), after["times"][1] - after["times"][0]
            row(f"100 labels at the real speed of a {printer}, {how} | busy {busy_s / elapsed_s:.1%} | {elapsed_s:.1f} s | |")


def speed_of(printer: str) -> float:
    from labelhub.drivers.brother.tables import model_row

    return model_row(printer).speed_mm_per_s


@pytest.mark.parametrize("need", [NEED, EITHER], ids=["one size", "any of several"])
def test_a_claim_among_many_that_wait(database_url: str, need: Need) -> None:
    database, printer_id = Database(database_url), uuid4()
    write = database.write_now
    write(templates.seed, builtin(), AT)
    known = Printer(printer_id, "pt", "PT", "PT-P750W", "brother-pt", "tcp", Address("127.0.0.1"), True, False, False, AT, AT)
    write(printers.insert, known)
    write(store.leases.take, "me", [str(printer_id)], 3600.0)
    digest = write(templates.get, "snipeit-12mm").digest
    new = NewJob(printer_id, "snipeit-12mm", digest, need, (LabelOrder({"n": 1}),))
    medians = {}
    for waiting in (100, 100_000):
        write(fill, new, waiting + CLAIMS)
        database.close()  # what was written just now is put in its place: those who wait came long ago
        database = Database(database_url)
        write = database.write_now
        if database.shared:
            write(lambda conn: conn.exec_driver_sql("ANALYZE jobs"))
        medians[waiting] = statistics.median(claim_ms(write, printer_id) for _ in range(CLAIMS))
    few_ms, many_ms = medians[100], medians[100_000]
    engine = "PostgreSQL" if database.shared else "SQLite"
    what = "for one size" if need is NEED else "for any of several sizes"
    row(f"claim with 100 and with 100,000 jobs waiting {what}, {engine} | {few_ms:.2f} ms | {many_ms:.2f} ms | {many_ms / few_ms:.2f} |")
    database.close()
    assert many_ms < few_ms * 2  # a noisy machine; the table tells the figure


def fill(conn: sa.Connection, new: NewJob, waiting: int) -> None:
    """So many jobs wait, all but the first copied in the database."""
    job = store.submit(conn, new, AT)
    names = [column.name for column in jobs.columns if column.name not in ("number", "id")]
    there = conn.execute(sa.select(sa.func.count()).select_from(jobs)).scalar_one()
    one = conn.execute(sa.select(*(jobs.c[name] for name in names)).where(jobs.c.id == job.id)).one()._mapping
    for begun in range(there, waiting, 5000):
        conn.execute(sa.insert(jobs), [dict(one) | {"id": uuid4()} for _ in range(min(5000, waiting - begun))])
    conn.execute(sa.update(depths).values(jobs=waiting))


def claim_ms(write: Callable[..., Any], printer_id: UUID) -> float:
    """Milliseconds of one claim; the job is done then."""
    begun = time.perf_counter()
    job = write(store.claim, Hand(printer_id, "me", uuid4()), TAPE, AT)
    elapsed_ms = (time.perf_counter() - begun) * 1000
    assert job.state == JobState.PRINTING
    write(store.complete, job, "page-counter", TAPE, AT)
    return elapsed_ms
