"""A hub killed at random moments, again and again, while its printers go on: no job is lost, none comes out twice unsaid."""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from labelhub.drivers.brother import PT
from labelhub.drivers.brother.words import media_from_word
from labelhub.jobs.job import JobState
from labelhub.raster import Raster
from tests.flows.nodes_at_hand import of_printers, started
from tests.flows.work_at_hand import Orders, account, fast_and_slow
from tests.house import ASSET, WAIT_S, declared, house, settings_for, virtual

pytestmark = pytest.mark.sqlite_file  # on PostgreSQL, several are killed: see test_nodes_killed.py
QUICK_LIFE_S, SERVED_LIFE_S = 2.5, 6.0
"""One as users run it watches a printer for three seconds before it says what came out."""


@pytest.mark.long
async def test_three_kills_lose_no_job_and_print_none_twice_unsaid(tmp_path: Path) -> None:
    await survive(tmp_path, kills=3, seed=5, quick=True)


@pytest.mark.soak
@pytest.mark.parametrize(("seed", "quick"), [(1, True), (2, True), (3, True), (4, False)])
async def test_many_kills_lose_no_job_and_print_none_twice_unsaid(tmp_path: Path, seed: int, quick: bool) -> None:
    print(f"seed {seed}: {await survive(tmp_path, kills=50, seed=seed, quick=quick)}")


async def survive(folder: Path, *, kills: int, seed: int, quick: bool) -> dict[str, Any]:
    """What became of all jobs of a hub that was killed so often; every promise is checked on the way."""
    chance = random.Random(seed)
    async with fast_and_slow() as printers:
        orders = Orders(printers, chance)
        left: set[str] = set()
        for _ in range(kills):
            left |= await one_life(folder, chance, orders, quick=quick)
        async with house(folder, settings_for(folder, declared(printers))) as found:
            told = await account(found, orders)
    doubtful = told.pop("outcome unknown")
    assert len(doubtful) <= kills
    return {"kills": kills} | told | {"left in the middle": len(left), "settled": len(left - doubtful), "in doubt": len(doubtful)}


async def one_life(folder: Path, chance: random.Random, orders: Orders, *, quick: bool) -> set[str]:
    """Starts a hub, orders, and kills it at a random moment; the jobs that it found left in the middle."""
    async with AsyncExitStack() as stack:
        hub = await started(stack, folder, of_printers(folder, settings_for(folder).database, orders.printers), quick=quick)
        ordering = asyncio.create_task(orders.keep_ordering(hub.address))
        # The moment is the point of this test; there is no event to wait for.
        await asyncio.wait([ordering], timeout=chance.uniform(0, QUICK_LIFE_S if quick else SERVED_LIFE_S))
        if chance.random() < 0.5:
            await asyncio.wait([ordering], timeout=chance.uniform(0, 0.05))
        await hub.kill()
        await ordering
    return hub.left_in_the_middle()


async def test_a_page_that_somebody_else_printed_after_a_power_cut_is_not_taken_for_the_one_that_was_lost(tmp_path: Path) -> None:
    async with virtual({"mm_per_s": 20.0}, slow="PT-P750W 12mm") as printers, AsyncExitStack() as stack:
        printer = printers["slow"]
        variables = of_printers(tmp_path, settings_for(tmp_path).database, printers)
        hub = await started(stack, tmp_path, variables)
        async with httpx.AsyncClient(base_url=hub.address, trust_env=False) as client:
            body = {"template": "snipeit-12mm", "printer": "slow", "data": ASSET}
            job_id = (await client.post("/api/print", json=body)).json()["job_id"]
            await printer.wait_until(lambda machine: machine.printing, WAIT_S)
            await hub.kill()
        await printer.unplug()
        await printer.set_speed(None)
        await printer.plug()
        blank = Raster(70, 300, bytes(9 * 300))
        _, writer = await asyncio.open_connection(printer.host, printer.port)
        writer.write(PT.encode("PT-P750W", media_from_word("PT-P750W", "12mm"), [blank]).whole)
        await printer.wait_for_pages(1)
        writer.close()
        async with house(tmp_path, settings_for(tmp_path, declared(printers))) as found:
            job = await found.until(job_id, JobState.PAUSED, JobState.COMPLETED)
            assert (job.state, job.reason, printer.machine.page_count) == ("paused", "outcome-unknown", 1)
