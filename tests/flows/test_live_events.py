"""Live events of a whole hub: who loses the connection misses nothing, and a plug that is pulled is told by the next look."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from labelhub.errors import DatabaseUnusable
from labelhub.events import JOB_STATE_CHANGED, PRINTER_STATUS, last_id, tail
from labelhub.jobs.job import JobState
from tests.flows.test_supervision import database_away
from tests.house import WAIT_S, House, declared, house, house_with, settings_for, virtual
from tests.streams import Listener, serving

PRINTED_MEANWHILE = 5


async def test_who_loses_the_connection_and_comes_back_with_the_last_id_misses_nothing(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as found, serving(found.hub, found.app) as (address, _):
        one = await Listener.open(address)
        first = await found.print()
        await one.until(JOB_STATE_CHANGED, job_id=first, to_state="completed")
        one.close()
        last = one.frames[-1].id
        meanwhile = [await found.print() for _ in range(PRINTED_MEANWHILE)]
        for job_id in meanwhile:
            await found.until(job_id)
        again = await Listener.open(address, headers={"Last-Event-ID": str(last)})
        late = await found.print()
        await again.until(JOB_STATE_CHANGED, job_id=late, to_state="completed")
        happened = [event for event in await found.hub.database.read(tail, last) if (event.id or 0) <= again.frames[-1].id]
        assert [(frame.id, frame.event, frame.data) for frame in again.frames] == [(one.id, one.type, one.data) for one in happened]
        assert {frame.data["job_id"] for frame in again.frames if frame.event == JOB_STATE_CHANGED} == {*meanwhile, late}
        again.close()


async def test_a_pulled_plug_is_told_by_the_next_look_and_so_is_the_printer_that_is_back(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as found, serving(found.hub, found.app) as (address, _):
        one = await Listener.open(address, "?printer_id=pt&types=printer.status")
        await found.emulators["pt"].unplug()
        await found.seen("pt")
        gone = await one.until(PRINTER_STATUS, online=False)
        assert (gone.data["state"], gone.data["tape_loaded"], gone.data["last_error"] is None) == ("offline", "12mm", False)
        await found.emulators["pt"].plug()
        await found.seen("pt")
        async with asyncio.timeout(20):
            while not one.frames[-1].data["online"]:
                assert await one.read()
        assert one.frames[-1].data["last_error"] is None
        one.close()


@pytest.mark.sqlite_file
async def test_a_printer_is_looked_at_at_once_after_a_print_a_fault_and_a_wake_up(tmp_path: Path) -> None:
    async with virtual({"mm_per_s": 200.0}, pt="PT-P750W 12mm") as emulators:
        settings = settings_for(tmp_path, declared(emulators), probe_interval_s=3600)  # nobody looks but for a reason
        async with house(tmp_path, settings) as found:
            printer = emulators["pt"]
            await found.seen("pt")
            done = await found.until(await found.print(printer="pt"), JobState.COMPLETED)
            shown = await until_shown(found, "idle")
            assert done.started_at is not None
            assert datetime.fromisoformat(shown["captured_at"]) > done.started_at
            job_id = await found.print(printer="pt", options={"copies": 5})
            await printer.wait_for_pages(2)
            await printer.open_cover()
            await until_shown(found, "stopped", "cover-open")
            await printer.close_cover()
            await found.until(job_id, JobState.COMPLETED)
            await until_shown(found, "idle")
            await printer.switch(asleep=True, wake_s=0.2)
            await found.seen("pt")
            await until_shown(found, "unknown", "asleep")
            await found.until(await found.print(printer="pt"), JobState.COMPLETED)
            await until_shown(found, "idle")


async def until_shown(found: House, state: str, *reasons: str) -> dict[str, Any]:
    """The printer's status, once it is so; nobody is asked to look."""
    async with asyncio.timeout(WAIT_S):
        while True:
            shown: dict[str, Any] = (await found.client.get("/api/printers/pt/status")).json()
            if (shown["state"], shown["reasons"]) == (state, list(reasons)):
                return shown
            await asyncio.sleep(0.01)


async def test_what_could_not_be_written_down_of_a_printer_is_told_once_the_database_is_back(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as found, serving(found.hub, found.app) as (address, _):
        one = await Listener.open(address, "?types=printer.status")
        async with database_away(found):
            await found.emulators["pt"].unplug()
            await found.seen("pt")
            with pytest.raises(DatabaseUnusable):
                await found.hub.database.write(last_id)
        await found.hub.lookout.round(lambda: frozenset())
        await one.until(PRINTER_STATUS, online=False)
        one.close()
