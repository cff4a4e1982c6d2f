"""Several hubs on one PostgreSQL: sites, what each shows of the others' printers, and who takes over from whom."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from labelhub.drivers.brother.words import media_from_word
from labelhub.emulator.server import Emulator
from labelhub.jobs.job import JobState
from labelhub.jobs.worker import HEARTBEAT_S
from tests.databases import Server
from tests.house import QUICK, WAIT_S, House, declared, house, settings_for, virtual

pytestmark = [pytest.mark.long, pytest.mark.sqlite_file]  # it is about several hubs, and takes its database itself
LEASE_S = 2.0
PACE = replace(QUICK, lease_s=LEASE_S, share_s=0.1)
QUITE_SLOW = {"mm_per_s": 150.0}
NORTH, SOUTH = "north", "south"


@asynccontextmanager
async def node(folder: Path, url: str, printers: dict[str, Emulator], site: str = "", lease_s: float = LEASE_S) -> AsyncIterator[House]:
    """A hub that shares the database."""
    settings = settings_for(folder, declared(printers), database_url=url, site=site, probe_interval_s=0.2)
    async with house(folder, settings, pace=replace(PACE, lease_s=lease_s)) as found:
        found.emulators = printers
        yield found


@asynccontextmanager
async def two_sites(folder: Path, url: str) -> AsyncIterator[tuple[House, House]]:
    """A node in the north with printer `pt`, one in the south with `ql`; each has seen its own."""
    async with (
        virtual(pt="PT-P750W 12mm") as northern,
        virtual(ql="QL-820NWB 62mm") as southern,
        node(folder, url, northern, NORTH) as north,
        node(folder, url, southern, SOUTH) as south,
    ):
        for found in (north, south):
            for slug in ("pt", "ql"):
                await shows(found, f"/api/printers/{slug}/status", lambda one: one["online"])
        yield north, south


SOON_S = 10.0
"""What happens at one node is told by the others within half a second, if they have little else to do."""


async def shows(found: House, path: str, holds: Callable[[Any], object], within_s: float = WAIT_S) -> None:
    """A node shows this sooner or later; what comes from others is heard of by a look now and then, so looks are all there is."""
    async with asyncio.timeout(within_s):
        while True:
            answer = await found.client.get(path)
            if answer.status_code == 200 and holds(answer.json()):
                return
            await asyncio.sleep(0.02)


async def test_each_node_drives_the_printers_of_its_site_alone(tmp_path: Path, shared_url: str) -> None:
    async with two_sites(tmp_path, shared_url) as (north, south):
        assert north.hub.crew.driven == {north.hub.printer("pt").id}
        assert south.hub.crew.driven == {south.hub.printer("ql").id}
        for found in (north, south):
            await shows(found, "/readiness", lambda one: one["status"] == "ready")


async def test_a_job_for_a_printer_elsewhere_leaves_at_once(tmp_path: Path, shared_url: str) -> None:
    async with two_sites(tmp_path, shared_url) as (north, south):
        printer, waits_s = north.emulators["pt"], []
        clock = asyncio.get_running_loop().time
        for number in range(5):
            begun = clock()
            job_id = await south.print(printer="pt")
            await printer.wait_for_pages(number + 1)
            last = printer.connections[-1].first_byte_at_s
            assert last is not None
            waits_s.append(last - begun)
            assert (await south.until(job_id)).state == "completed"
        assert min(waits_s) < HEARTBEAT_S / 2, "a worker that heard of none would look so often, and each came right after a look"


async def test_what_a_node_sees_of_its_printers_is_shown_by_the_others(tmp_path: Path, shared_url: str) -> None:
    async with two_sites(tmp_path, shared_url) as (north, south):
        await north.emulators["pt"].load(media_from_word("PT-P750W", "24mm"))
        await shows(south, "/api/printers/pt/status", lambda one: one["tape_loaded"] == "24mm", SOON_S)
        await north.emulators["pt"].open_cover()
        await shows(south, "/api/printers/pt/status", lambda one: "cover-open" in one["reasons"], SOON_S)
        await north.emulators["pt"].unplug()
        await shows(south, "/api/printers/pt/status", lambda one: one["online"] is False, SOON_S)


async def test_what_is_wished_at_one_node_is_done_at_another(tmp_path: Path, shared_url: str) -> None:
    async with two_sites(tmp_path, shared_url) as (north, south):
        printer = north.emulators["pt"]
        assert (await south.client.post("/api/printers/pt/pause")).status_code == 204
        waits, goes = await south.print(printer="pt"), await south.print(printer="pt")
        await south.until(waits, JobState.QUEUED, reason="printer-paused")
        await shows(north, "/api/printers/pt", lambda one: one["paused"], SOON_S)
        assert (await south.client.post(f"/api/jobs/{goes}/cancel")).status_code == 202
        assert (await south.client.post("/api/printers/pt/resume")).status_code == 204
        assert (await south.until(waits)).state == "completed"
        assert (await south.until(goes)).state == "cancelled"
        assert printer.machine.page_count == 1
        pt = north.hub.printer("pt").id
        assert (await south.client.patch(f"/api/printers/{pt}", json={"enabled": False})).status_code == 200
        await shows(north, "/api/printers/pt", lambda one: not one["enabled"], SOON_S)
        async with asyncio.timeout(SOON_S):
            seen = north.hub.database.commits
            while north.hub.crew.driven:
                seen = await north.hub.database.next_commit(seen)
        assert (await south.client.patch(f"/api/printers/{pt}", json={"enabled": True})).status_code == 200
        assert (await south.until(await south.print(printer="pt"))).state == "completed"


async def test_a_batch_is_cancelled_between_its_pages_from_another_node(tmp_path: Path, shared_url: str) -> None:
    async with two_sites(tmp_path, shared_url) as (north, south):
        printer = north.emulators["pt"]
        await printer.set_speed(150.0)
        job_id = await south.print(printer="pt", options={"copies": 15})
        await printer.wait_for_pages(2)
        assert (await south.client.post(f"/api/jobs/{job_id}/cancel")).status_code == 202
        job = await south.until(job_id)
        assert (job.state, job.labels_done) == ("cancelled", printer.machine.page_count)
        assert 2 <= job.labels_done < 8


async def test_printers_come_move_and_go_at_all_nodes(tmp_path: Path, shared_url: str) -> None:
    async with two_sites(tmp_path, shared_url) as (north, south), virtual(first="PT-P750W 12mm", second="PT-P750W 12mm") as more:
        places = {slug: {"host": one.host, "port": one.port, "snmp_port": one.snmp_port} for slug, one in more.items()}
        added = await south.client.post("/api/printers", json={"name": "new", "model": "PT-P750W", "connection": places["first"]})
        assert added.status_code == 201
        path = f"/api/printers/{added.json()['id']}"
        await shows(north, f"{path}/status", lambda one: one["online"], SOON_S)
        assert (await north.until(await north.print(printer="new"))).state == "completed"
        assert (await north.client.patch(path, json={"name": "newer", "connection": places["second"]})).status_code == 200
        await shows(south, path, lambda one: one["name"] == "newer", SOON_S)
        assert (await north.until(await north.print(printer="new"))).state == "completed"
        assert [one.machine.page_count for one in more.values()] == [1, 1]
        assert (await north.client.delete(path)).status_code == 204
        await shows(south, "/api/printers", lambda ones: all(one["id"] != added.json()["id"] for one in ones), SOON_S)
        assert UUID(added.json()["id"]) not in south.hub.crew.driven
        assert (await south.client.get(path)).status_code == 404


async def test_a_node_that_ends_gives_its_printers_to_another_at_once(tmp_path: Path, shared_url: str) -> None:
    async with virtual(pt="PT-P750W 12mm") as printers, AsyncExitStack() as stack:
        long_s = 4 * LEASE_S  # a lease that nobody gave back would be waited for so long
        first = await stack.enter_async_context(node(tmp_path, shared_url, printers, lease_s=long_s))
        second = await stack.enter_async_context(node(tmp_path, shared_url, printers, lease_s=long_s))
        await shows(second, "/api/printers/pt/status", lambda one: one["online"])
        await shows(second, "/readiness", lambda one: one["status"] == "ready")
        assert second.hub.crew.driven == frozenset()
        await first.hub.close()
        clock = asyncio.get_running_loop().time
        begun = clock()
        assert (await second.until(await second.print(printer="pt"))).state == "completed"
        assert clock() - begun < long_s


async def test_a_label_in_hand_is_ended_before_a_node_ends(tmp_path: Path, shared_url: str) -> None:
    async with virtual(QUITE_SLOW, pt="PT-P750W 12mm") as printers, AsyncExitStack() as stack:
        first = await stack.enter_async_context(node(tmp_path, shared_url, printers))
        second = await stack.enter_async_context(node(tmp_path, shared_url, printers))
        job_id = await second.print(printer="pt", options={"copies": 6})
        await printers["pt"].wait_for_pages(1, WAIT_S)
        await first.hub.close()
        job = await second.until(job_id)
        assert (job.state, job.evidence, printers["pt"].machine.page_count) == ("completed", "page-counter", 6)


class Between:
    """Stands between a node and its PostgreSQL; `cut` breaks the connections, and refuses others until `mend`."""

    def __init__(self, folder: Path, server: Server) -> None:
        self._place, self._behind = folder / ".s.PGSQL.5432", server.folder / ".s.PGSQL.5432"
        self._open: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None

    async def mend(self) -> None:
        self._listener = await asyncio.start_unix_server(self._join, self._place)

    async def cut(self) -> None:
        assert self._listener is not None
        self._listener.close()
        self._place.unlink(missing_ok=True)
        for writer in tuple(self._open):
            writer.transport.abort()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_unix_connection(self._behind)
        for ends in ((reader, far_writer), (far_reader, writer)):
            task = asyncio.create_task(self._pump(*ends))
            self._pumps.add(task)
            task.add_done_callback(self._pumps.discard)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with suppress(OSError):
            while found := await reader.read(65536):
                writer.write(found)
                await writer.drain()
        writer.transport.abort()
        self._open.discard(writer)


async def test_a_node_without_its_database_starts_no_label_and_takes_up_work_again(
    tmp_path: Path, shared_url: str, postgres: Server
) -> None:
    between = Between(tmp_path, postgres)
    await between.mend()
    through = shared_url.replace(str(postgres.folder), str(tmp_path))
    async with virtual(QUITE_SLOW, pt="PT-P750W 12mm") as printers, AsyncExitStack() as stack:
        cut_off = await stack.enter_async_context(node(tmp_path, through, printers))
        stack.push_async_callback(between.cut)
        well = await stack.enter_async_context(node(tmp_path / "well", shared_url, printers))
        job_id = await cut_off.print(printer="pt", options={"copies": 6})
        await printers["pt"].wait_for_pages(1, WAIT_S)
        await between.cut()
        behind = await well.print(printer="pt")
        for one in (job_id, behind):
            job = await well.until(one)
            assert (job.state, job.evidence) == ("completed", "page-counter"), job
        assert printers["pt"].machine.page_count == 7
        assert not cut_off.hub.node.minds(cut_off.hub.printer("pt").id)
        readiness = await cut_off.client.get("/readiness")
        assert (readiness.status_code, readiness.json()["status"]) == (503, "not-ready")
        await between.mend()
        await shows(cut_off, "/readiness", lambda one: one["status"] == "ready")
        await well.hub.close()
        assert (await cut_off.until(await cut_off.print(printer="pt"))).state == "completed"
        assert printers["pt"].machine.page_count == 8
