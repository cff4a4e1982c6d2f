"""A node that stands still, as in a frozen or overloaded machine, loses its printers and goes on: it sends not one byte more."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from labelhub.emulator.faults import Faults, SecondConnection
from labelhub.emulator.server import Emulator
from tests.flows.nodes_at_hand import Program, drivers_of, of_printers, overlapping, started
from tests.flows.quick_node import LEASE_S
from tests.flows.work_at_hand import KEPT, Orders, account
from tests.house import ASSET, WAIT_S, declared, house, settings_for, virtual

pytestmark = [pytest.mark.long, pytest.mark.sqlite_file]  # it is about several hubs, and takes its database itself
UNREAD = Faults(second_connection=SecondConnection.RESET)
"""A printer that shows in its log whoever comes while another is read."""


@dataclass
class Pair:
    """Two nodes with one printer: the one that drives it, and the other."""

    printer: Emulator
    driver: Program
    other: Program
    at: httpx.AsyncClient
    """The other's address."""
    at_driver: httpx.AsyncClient

    async def print(self, client: httpx.AsyncClient | None = None, copies: int = 1, **data: Any) -> str:
        body = {"template": "snipeit-12mm", "printer": "pt", "data": ASSET | data, "options": {"copies": copies}}
        answer = await (client or self.at).post("/api/print", json=body)
        assert answer.status_code == 202, answer.text
        job_id: str = answer.json()["job_id"]
        return job_id

    async def until(self, job_id: str, *states: str, client: httpx.AsyncClient | None = None) -> dict[str, Any]:
        async with asyncio.timeout(WAIT_S):
            while True:
                job: dict[str, Any] = (await (client or self.at).get(f"/api/jobs/{job_id}")).json()
                if job["state"] in states:
                    return job
                await asyncio.sleep(0.05)


@asynccontextmanager
async def pair(folder: Path, url: str, *, snmp: bool = True, faults: Faults = UNREAD, **options: Any) -> AsyncIterator[Pair]:
    async with virtual({"faults": faults, **options}, pt="PT-P750W 12mm") as printers, AsyncExitStack() as stack:
        variables = of_printers(folder, url, printers, snmp=snmp)
        nodes = await asyncio.gather(*(started(stack, folder, variables) for _ in range(2)))
        (pid,) = drivers_of(url).values()
        nodes.sort(key=lambda node: node.pid != pid)
        clients = [
            await stack.enter_async_context(httpx.AsyncClient(base_url=node.address, trust_env=False, timeout=WAIT_S)) for node in nodes
        ]
        yield Pair(printers["pt"], nodes[0], nodes[1], clients[1], clients[0])


async def test_a_node_stopped_between_two_labels_leaves_the_next_to_another(tmp_path: Path, shared_url: str) -> None:
    async with pair(tmp_path, shared_url) as two:
        await two.until(await two.print(), "completed")
        two.driver.stop()
        ids = [await two.print() for _ in range(2)]
        for job_id in ids:
            assert (await two.until(job_id, "completed"))["evidence"] == "page-counter"
        two.driver.go_on()
        await two.until(await two.print(two.at_driver), "completed", client=two.at_driver)
        assert (two.printer.machine.page_count, overlapping(two.printer)) == (4, [])
        assert not any(f"job {job_id}: printing" in two.driver.log for job_id in ids)


async def test_a_node_stopped_inside_a_batch_sends_nothing_more_of_it(tmp_path: Path, shared_url: str) -> None:
    async with pair(tmp_path, shared_url, mm_per_s=100.0) as two:
        batch = await two.print(copies=8)
        await two.printer.wait_for_pages(1, WAIT_S)
        two.driver.stop()
        (old,) = (one for one in two.printer.connections if one.closed_at_s is None)
        behind = await two.print()
        job = await two.until(batch, "paused")
        assert job["reason"] == "outcome-unknown"
        sent_bytes, out = old.size_bytes, two.printer.machine.page_count
        assert (old.closed_at_s, overlapping(two.printer)) == (None, [])
        two.driver.go_on()
        assert (await two.until(behind, "completed"))["evidence"] == "page-counter"
        assert (old.size_bytes, old.broken, two.printer.machine.page_count, overlapping(two.printer)) == (sent_bytes, True, out + 1, [])
        assert (await two.until(batch, "paused"))["labels_done"] <= out


@pytest.mark.soak
async def test_a_printer_that_cannot_be_asked_gets_nothing_while_it_still_reads_from_a_stopped_node(
    tmp_path: Path, shared_url: str
) -> None:
    async with pair(tmp_path, shared_url, snmp=False, mm_per_s=30.0) as two:
        batch = await two.print(copies=8)
        await two.printer.wait_for_pages(1, WAIT_S)
        two.driver.stop()
        behind = await two.print()
        assert (await two.until(batch, "paused"))["reason"] == "outcome-unknown"
        assert (await two.until(behind, "completed"))["evidence"] == "connection-closed"
        two.driver.go_on()
        await two.printer.wait_for_pages(9, WAIT_S)
        assert all(late.size_bytes == 0 for _, late in overlapping(two.printer))


async def test_a_node_that_goes_on_settles_what_the_one_after_it_left_in_the_middle(tmp_path: Path, shared_url: str) -> None:
    async with pair(tmp_path, shared_url, mm_per_s=100.0) as two:
        await two.until(await two.print(), "completed")
        two.driver.stop()
        left = await two.print(copies=8)
        await two.printer.wait_for_pages(2, WAIT_S)
        await two.other.kill()
        await asyncio.sleep(LEASE_S)  # its lease runs out, seen by nobody
        two.driver.go_on()
        job = await two.until(left, "paused", "completed", client=two.at_driver)
        assert job["reason"] == "outcome-unknown"
        assert (await two.until(await two.print(two.at_driver), "completed", client=two.at_driver))["evidence"] == "page-counter"


def reads(printer: Emulator) -> bool:
    """True while a label is on its way."""
    return any(one.closed_at_s is None and one.first_byte_at_s is not None for one in printer.connections)


@pytest.mark.soak
async def test_nodes_stopped_at_random_lose_no_job_and_print_none_twice_unsaid(tmp_path: Path, shared_url: str) -> None:
    chance, stops = random.Random(7), 25
    always_busy = KEPT | {"faults": UNREAD, "mm_per_s": 60.0}
    async with virtual(always_busy, fast="PT-P750W 12mm", slow="PT-P750W 12mm") as printers, AsyncExitStack() as stack:
        orders = Orders(printers, chance)
        nodes = [await started(stack, tmp_path, of_printers(tmp_path, shared_url, printers)) for _ in range(2)]
        ordering = [asyncio.create_task(orders.keep_ordering(node.address)) for node in nodes]
        cut_off = 0
        for _ in range(stops):
            for printer in chance.sample(list(printers.values()), chance.choice((0, 1, 1))):
                await printer.wait_until(lambda _: reads(printer), WAIT_S)  # noqa: B023
            # The moment is the point of this test; there is no event to wait for.
            await asyncio.sleep(chance.uniform(0, 0.5))
            drivers = set(drivers_of(shared_url).values())
            node = chance.choice([one for one in nodes if one.pid in drivers] or nodes)
            node.stop()
            await asyncio.sleep(LEASE_S * 0.8)  # from here on it has no lease any more
            still_open = [one for printer in printers.values() for one in printer.connections if one.closed_at_s is None]
            await asyncio.sleep(chance.uniform(LEASE_S, 2 * LEASE_S))
            held = {one.peer: one.size_bytes for one in still_open if one.closed_at_s is None}
            node.go_on()
            cut_off += len(held)
            for printer in printers.values():
                await printer.wait_until(lambda _: all(one.closed_at_s for one in printer.connections if one in still_open), WAIT_S)  # noqa: B023
            assert held == {one.peer: one.size_bytes for one in still_open if one.peer in held}
        for node in nodes:
            await node.kill()
        await asyncio.gather(*ordering)
        async with house(tmp_path, settings_for(tmp_path, declared(printers), database_url=shared_url)) as found:
            told = await account(found, orders)
        assert not [both for printer in printers.values() for both in overlapping(printer)]
    doubtful = told.pop("outcome unknown")
    assert len(doubtful) <= stops + 2
    print({"stops": stops, "inside a label": cut_off} | told | {"in doubt": len(doubtful)})


@pytest.mark.soak
async def test_a_node_stopped_while_it_writes_does_not_hold_up_the_others_for_long(tmp_path: Path, shared_url: str) -> None:
    stops, slowest_s, clock = 25, [], asyncio.get_running_loop().time
    async with pair(tmp_path, shared_url) as two:
        await two.at.post("/api/printers/pt/pause")

        async def write(client: httpx.AsyncClient, spent_s: list[float]) -> None:
            while True:
                begun = clock()
                await two.print(client)
                spent_s.append(clock() - begun)
                moved.set()

        chance, moved = random.Random(3), asyncio.Event()
        for _ in range(stops):
            spent_s: list[float] = []
            busy = [asyncio.create_task(write(two.at_driver, [])) for _ in range(3)]
            measured = asyncio.create_task(write(two.at, spent_s))
            await asyncio.sleep(chance.uniform(0.2, 0.6))  # at random: somewhere in a transaction
            two.driver.stop()
            before = len(spent_s)
            async with asyncio.timeout(WAIT_S):
                while len(spent_s) < before + 3:  # the one under way, and some that were begun while it stood still
                    moved.clear()
                    await moved.wait()
            measured.cancel()
            two.driver.go_on()
            for task in busy:
                task.cancel()
            results = await asyncio.gather(*busy, measured, return_exceptions=True)
            assert not [one for one in results if isinstance(one, AssertionError)], results
            slowest_s.append(max(spent_s))
        held_up = [spent for spent in slowest_s if spent > 1]
        print(f"{len(held_up)} of {stops} stops held others up, {max(slowest_s):.1f} s at worst")
        assert max(slowest_s) < LEASE_S + 3
