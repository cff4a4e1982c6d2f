"""What it costs to tell a thousand clients what happens, and to be asked how the hub and its printers are."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.benchmarks.asking import asking, quantiles
from tests.benchmarks.client import Clients, clients
from tests.benchmarks.test_queue import Works, works
from tests.benchmarks.told import row

pytestmark = pytest.mark.bench

SUBSCRIBERS = 1000
EVENTS, APART_S = 40, 0.25
ASKERS, ASKED = 32, 4000
MOST_FAN_OUT_MS, MOST_KB = 150, 60
READY_A_SECOND = 1000


class Ear(asyncio.Protocol):
    """One who listens, and notes when it heard of each new job, and how old that was then."""

    def __init__(self) -> None:
        self.status = 0
        self.ages_ms: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"GET /api/events?types=job.state_changed HTTP/1.1\r\nhost: localhost\r\n\r\n")

    def data_received(self, data: bytes) -> None:
        now = time.time()
        if not self.status:
            self.status = int(data[9:12])
        for found in re.finditer(rb'"from_state":null.*?"timestamp":"([^"]+)"', data):
            self.ages_ms.append((now - datetime.fromisoformat(found[1].decode()).timestamp()) * 1000)


@asynccontextmanager
async def ears(address: str, count: int) -> AsyncIterator[list[Ear]]:
    """So many who listen, each answered."""
    place, loop = urlsplit(address), asyncio.get_running_loop()
    host, port = str(place.hostname), int(place.port or 80)
    pairs = []
    for begun in range(0, count, 100):
        some = (loop.create_connection(Ear, host, port) for _ in range(min(100, count - begun)))
        pairs += await asyncio.gather(*some)
    while not all(ear.status for _, ear in pairs):  # noqa: ASYNC110 - it happens in another process
        await asyncio.sleep(0.01)
    yield [ear for _, ear in pairs]
    for transport, _ in pairs:
        transport.close()


async def subscribers(at: Works) -> float:
    """As readiness tells."""
    found: float = (await at.client.get("/readiness")).json()["checks"]["sse_bus"]["metric"]
    return found


async def happens(at: Works, begun: int) -> None:
    """So much that is told to who listens."""
    for number in range(EVENTS):
        await asyncio.sleep(APART_S)
        await at.print(1 + begun + number)
    await asyncio.sleep(1)


async def none_left(at: Works) -> None:
    while await subscribers(at):  # noqa: ASYNC110 - it happens in another process
        await asyncio.sleep(0.05)


async def test_a_thousand_clients_hear_of_what_happens(tmp_path: Path) -> None:
    async with works(tmp_path, snmp=True) as at:
        address = str(at.client.base_url)
        await at.client.post("/api/printers/sink/pause")
        async with ears(address, 100):
            await at.print(0)
        await none_left(at)
        async with asking(address) as idle:
            await asyncio.sleep(4)
        async with asking(address) as alone:
            await happens(at, 0)
        before_mb = at.rss_mb
        async with ears(address, SUBSCRIBERS) as found:
            assert {ear.status for ear in found} == {200}
            assert await subscribers(at) == SUBSCRIBERS
            per_client_kb = (at.rss_mb - before_mb) * 1000 / SUBSCRIBERS
            async with ears(address, 1) as refused:
                assert refused[0].status == 429
            cpu = at.cpu_s
            async with asking(address) as busy:
                await happens(at, EVENTS)
            cpu_ms = (at.cpu_s - cpu) * 1000 / EVENTS
            heard = [age_ms for ear in found for age_ms in ear.ages_ms]
            assert len(heard) == SUBSCRIBERS * EVENTS
            held_kb = (at.rss_mb - before_mb) * 1000 / SUBSCRIBERS
        median_ms, p99_ms = quantiles(heard)
        row(f"from a job's submit to {SUBSCRIBERS} subscribers, median, p99 | {median_ms:.0f} ms, {p99_ms:.0f} ms | | | "
            f"CPU of the hub {cpu_ms:.0f} ms an event |")  # fmt: skip
        row(f"memory a subscriber, joined and after {EVENTS} events | {per_client_kb:.1f} KB, {held_kb:.1f} KB | | | |")
        for number, what in enumerate(("GET /healthz", "a line echoed")):
            (median_ms, late_ms), beside, floor = (quantiles([one[number] for one in asked]) for asked in (busy, alone, idle))
            row(f"{what}, meanwhile, median, p99 | {median_ms:.2f} ms, {late_ms:.2f} ms | nobody listens; nothing happens | "
                f"{beside[0]:.2f} ms, {beside[1]:.2f} ms; {floor[0]:.2f} ms, {floor[1]:.2f} ms | {late_ms / floor[1]:.1f} |")  # fmt: skip
        await none_left(at)
        async with ears(address, SUBSCRIBERS):
            begun = time.perf_counter()
            at.hub.terminate()
            await at.hub.wait()
            ended_s = time.perf_counter() - begun
        row(f"SIGTERM to the end with {SUBSCRIBERS} streams open | {ended_s:.2f} s | | | |")
        assert p99_ms <= MOST_FAN_OUT_MS
        assert held_kb < MOST_KB
        assert ended_s < 2


async def test_status_and_readiness_are_as_quick_as_healthz_with_every_printer_unplugged(tmp_path: Path) -> None:
    async with works(tmp_path, snmp=True) as at:
        assert at.sink.stdin is not None
        at.sink.stdin.close()
        await at.sink.wait()
        while (await at.client.get("/api/printers/sink/status")).json()["online"] is not False:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.1)
        async with clients(str(at.client.base_url), ASKERS) as many:
            told: dict[str, tuple[float, float]] = {}
            for path in ("/healthz", "/api/printers/sink/status", "/readiness") * 3:
                rate, p99_ms = await asked(many, path)
                best = told.get(path, (0.0, 1e9))
                told[path] = (max(best[0], rate), min(best[1], p99_ms))
        (floor, floor_ms), (status, status_ms), (ready, ready_ms) = told.values()
        for what, rate, p99_ms in (("status, printer unplugged", status, status_ms), ("readiness, printer unplugged", ready, ready_ms)):
            row(f"GET {what}, {ASKERS} clients | {rate:.0f} a second, p99 {p99_ms:.1f} ms | GET /healthz | "
                f"{floor:.0f} a second, p99 {floor_ms:.1f} ms | {rate / floor:.2f}, {p99_ms / floor_ms:.2f} |")  # fmt: skip
        assert status >= floor / 2
        assert status_ms <= floor_ms * 2
        assert ready >= READY_A_SECOND


async def asked(many: Clients, path: str) -> tuple[float, float]:
    """Answers a second, and the 99th percentile in milliseconds."""
    numbers, times = iter(range(ASKED)), []

    async def client() -> None:
        for _ in numbers:
            begun = time.perf_counter()
            status, _ = await many.ask("GET", path)
            times.append((time.perf_counter() - begun) * 1000)
            assert status == 200

    begun = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(ASKERS)))
    return ASKED / (time.perf_counter() - begun), quantiles(times)[1]
