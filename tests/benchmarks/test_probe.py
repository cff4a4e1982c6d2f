"""What it costs to know how five hundred printers feel, beside the SNMP library alone."""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
import uvloop
from gufo.snmp.aio import SnmpSession

from labelhub.drivers.brother import PT
from labelhub.printers.look import OIDS
from labelhub.printers.printer import Address
from labelhub.printers.probe import IN_FLIGHT, Board, Probe
from labelhub.printers.snmp import Snmp
from labelhub.printers.usb import UsbPorts
from tests.printers.printers_at_hand import HOST, printer

pytestmark = pytest.mark.bench
PRINTERS, ROUNDS = 500, 9
MOST_CPU_MS, MOST_MS = 0.3, 150


def now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def replaying() -> AsyncIterator[list[int]]:
    """The ports of agents in another process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.benchmarks.replaying", str(PRINTERS), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield [int(port) for port in (await process.stdout.readline()).split()]
    finally:
        process.kill()
        await process.wait()


async def measured(work: Callable[[], Awaitable[object]]) -> tuple[float, float]:
    """Median milliseconds of a round, and of this process' CPU for each printer in it."""
    walls, cpus = [], []
    for _ in range(ROUNDS):
        wall, cpu = time.perf_counter(), time.process_time()
        await work()
        walls.append((time.perf_counter() - wall) * 1000)
        cpus.append((time.process_time() - cpu) * 1000 / PRINTERS)
    return statistics.median(walls), statistics.median(cpus)


async def compared() -> tuple[tuple[float, float], tuple[float, float], int]:
    async with replaying() as ports:
        printers = [printer(number, address=Address(HOST, 9100, True, port)) for number, port in enumerate(ports)]
        board = Board(now, lambda *_: None)
        probe = Probe(board, Snmp(), UsbPorts(), now)
        ours = await measured(lambda: probe.round((one, PT) for one in printers))
        seen = sum(board.of(one.id).online is True and board.of(one.id).media is not None for one in printers)
        bound = asyncio.Semaphore(IN_FLIGHT)

        async def ask(port: int) -> object:
            async with bound:
                return await SnmpSession(HOST, port, "public", timeout=1.0).get_many(OIDS)

        floor = await measured(lambda: asyncio.gather(*(ask(port) for port in ports)))
        return ours, floor, seen


def test_five_hundred_printers_are_probed_and_none_is_lost() -> None:
    """On the loop that the hub runs on."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        (ours_ms, ours_cpu_ms), (floor_ms, floor_cpu_ms), seen = runner.run(compared())
    rows = ((f"{PRINTERS} printers probed once", ours_ms, floor_ms), ("of it the hub's CPU a printer", ours_cpu_ms, floor_cpu_ms))
    for what, ours, floor in rows:
        sys.__stdout__.write(f"\n| {what} | {ours:.2f} | | gufo-snmp alone | {floor:.2f} | {ours / floor:.2f} |\n")  # type: ignore[union-attr]
    assert seen == PRINTERS
    assert ours_cpu_ms <= MOST_CPU_MS
    assert ours_ms <= MOST_MS
