"""Three hubs on one PostgreSQL, the one that drives the printers killed again and again: the others take over, and nothing is lost."""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import pytest

from labelhub.emulator.faults import Faults, SecondConnection
from labelhub.emulator.server import Connection, Emulator
from tests.flows.nodes_at_hand import Program, drivers_of, of_printers, overlapping, started
from tests.flows.quick_node import LEASE_S
from tests.flows.work_at_hand import FAST, SLOW, Orders, account, fast_and_slow
from tests.house import ASSET, WAIT_S, declared, house, settings_for, virtual

NODES = 3
NOT_AT_ONCE_S = 0.5
"""What a killed node had sent may be read so much later; no lease ends so early."""


@pytest.mark.long
@pytest.mark.sqlite_file
async def test_two_kills_among_three_nodes_lose_no_job_and_print_none_twice_unsaid(tmp_path: Path, shared_url: str) -> None:
    await Cluster(tmp_path, shared_url, seed=5, quick=True).survive(kills=2)


@pytest.mark.soak
@pytest.mark.sqlite_file
@pytest.mark.parametrize(("seed", "quick", "kills"), [(1, True, 80), (2, True, 80), (3, False, 40)])
async def test_many_kills_among_three_nodes_lose_no_job_and_print_none_twice_unsaid(
    tmp_path: Path, shared_url: str, seed: int, quick: bool, kills: int
) -> None:
    print(f"seed {seed}: {await Cluster(tmp_path, shared_url, seed, quick=quick).survive(kills)}")


class Cluster:
    """Three nodes with the same printers, which reset a connection that comes while another is read."""

    def __init__(self, folder: Path, url: str, seed: int, *, quick: bool) -> None:
        self._folder, self._url, self._quick = folder, url, quick
        self._chance = random.Random(seed)
        self._stack = AsyncExitStack()
        self._nodes: list[Program] = []
        self._ordering: set[asyncio.Task[None]] = set()
        self._left: set[str] = set()
        self._taken_s: list[float] = []

    async def survive(self, kills: int) -> dict[str, Any]:
        """The counts; every promise is checked on the way."""
        async with fast_and_slow(faults=Faults(second_connection=SecondConnection.RESET)) as printers, self._stack:
            orders = Orders(printers, self._chance)
            await asyncio.gather(*(self._start(orders) for _ in range(NODES)))
            await asyncio.gather(*(printer.wait_for_pages(1, WAIT_S) for printer in printers.values()))
            for _ in range(kills):
                await self._kill_one(orders)
            for node in self._nodes:
                await self._bury(node)
            await asyncio.gather(*self._ordering)
            settings = settings_for(self._folder, declared(printers), database_url=self._url)
            async with house(self._folder, settings) as found:
                told = await account(found, orders)
            assert not [both for printer in printers.values() for both in overlapping(printer)]
        doubtful = told.pop("outcome unknown")
        assert len(doubtful) <= kills + NODES
        assert max(self._taken_s) < 15
        counts = {"left in the middle": len(self._left), "settled": len(self._left - doubtful), "in doubt": len(doubtful)}
        times = {"taken over": len(self._taken_s), "median s": median(self._taken_s), "worst s": max(self._taken_s)}
        return {"kills": kills} | told | counts | times

    async def _start(self, orders: Orders) -> None:
        node = await started(self._stack, self._folder, of_printers(self._folder, self._url, orders.printers), quick=self._quick)
        self._nodes.append(node)
        ordering = asyncio.create_task(orders.keep_ordering(node.address))
        self._ordering.add(ordering)

    async def _kill_one(self, orders: Orders) -> None:
        """Mostly one that drives a printer; another is started in its place, and its printers are seen to print again."""
        # The moment is the point of this test; there is no event to wait for.
        await asyncio.sleep(self._chance.uniform(0, 1))
        ids = {one["slug"]: one["id"] for one in await self._printers()}
        drivers = drivers_of(self._url)
        of_slug = {slug: drivers.get(ids[slug]) for slug in (FAST, SLOW)}
        wanted = of_slug[self._chance.choice((FAST, SLOW))] if self._chance.random() < 0.8 else None
        node = next((one for one in self._nodes if one.pid == wanted), None) or self._chance.choice(self._nodes)
        await self._bury(node)
        killed_at_s = asyncio.get_running_loop().time()
        self._nodes.remove(node)
        starting = asyncio.create_task(self._start(orders))
        orphans = [orders.printers[slug] for slug, pid in of_slug.items() if pid == node.pid]
        self._taken_s += await asyncio.gather(*(_driven_again(printer, killed_at_s) for printer in orphans))
        await starting

    async def _bury(self, node: Program) -> None:
        await node.kill()
        self._left |= node.left_in_the_middle()

    async def _printers(self) -> list[dict[str, Any]]:
        async with httpx.AsyncClient(base_url=self._nodes[0].address, trust_env=False) as client:
            found: list[dict[str, Any]] = (await client.get("/api/printers")).json()
        return found


async def _driven_again(printer: Emulator, since_s: float) -> float:
    """Seconds from a time to the first byte that a new connection brought."""

    def first() -> Connection | None:
        new = (one for one in printer.connections if one.opened_at_s > since_s + NOT_AT_ONCE_S)
        return next((one for one in new if one.first_byte_at_s is not None), None)

    await printer.wait_until(lambda _: first() is not None, 2 * WAIT_S)
    found = first()
    assert found is not None
    assert found.first_byte_at_s is not None
    return found.first_byte_at_s - since_s


@pytest.mark.long
@pytest.mark.sqlite_file
async def test_a_node_alone_that_is_killed_waits_for_its_own_lease_and_no_longer(tmp_path: Path, shared_url: str) -> None:
    async with virtual(pt="PT-P750W 12mm") as printers, AsyncExitStack() as stack:
        variables = of_printers(tmp_path, shared_url, printers)
        await (await started(stack, tmp_path, variables)).kill()
        clock = asyncio.get_running_loop().time
        killed_at_s = clock()
        node = await started(stack, tmp_path, variables)
        started_s = clock() - killed_at_s
        async with httpx.AsyncClient(base_url=node.address, trust_env=False, timeout=WAIT_S) as client:
            body = {"template": "snipeit-12mm", "printer": "pt", "data": ASSET}
            assert (await client.post("/api/print", json=body)).status_code == 202
        waited_s = await _driven_again(printers["pt"], killed_at_s)
        print(f"started {started_s:.1f} s and printing {waited_s:.1f} s after it was killed")
        assert waited_s < max(started_s, LEASE_S) + LEASE_S / 3 + 2
