"""What goes wrong in the middle: killed hubs, dead workers, printers that lie. Nothing is lost and nothing comes out twice."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import struct
import sys
from pathlib import Path

import httpx
import pytest

from labelhub.emulator.server import Emulator
from labelhub.errors import OutcomeUnknown
from labelhub.jobs.job import JobState
from labelhub.printers.transport import connect
from tests.house import ASSET, QUICK, declared, house, house_with, settings_for, virtual

SLOW = {"mm_per_s": 25.0}


async def test_a_hub_killed_while_a_label_prints_asks_a_person_and_prints_the_rest(tmp_path: Path) -> None:
    async with virtual(SLOW, pt="PT-P750W 12mm") as emulators:
        ids = await killed_in_the_middle(tmp_path, emulators["pt"])
        async with house(tmp_path, settings_for(tmp_path, declared(emulators))) as found:
            lost = await found.until(ids[0], JobState.PAUSED, reason="outcome-unknown")
            assert (await found.until(ids[1])).state == "completed"
            assert lost.labels_done == 0
            assert emulators["pt"].machine.page_count == 2  # the killed hub's label came out, and it alone is in doubt


async def killed_in_the_middle(folder: Path, emulator: Emulator) -> list[str]:
    """Two jobs on a hub that is killed while the first one prints."""
    printers = [{"name": "pt", "model": "PT-P750W", "host": emulator.host, "port": emulator.port, "snmp_port": emulator.snmp_port}]
    settings = settings_for(folder, printers)
    environment = os.environ | {"LABELHUB_PRINTERS": httpx.Request("POST", "http://x", json=printers).content.decode()}
    command = [sys.executable, "-m", "labelhub", "serve", "--listen", "127.0.0.1:0", "--data-dir", str(settings.data_dir)]
    process = await asyncio.create_subprocess_exec(*command, env=environment, stderr=asyncio.subprocess.PIPE)
    assert process.stderr is not None
    address = ""
    while not address:
        line = (await asyncio.wait_for(process.stderr.readline(), 20)).decode()
        assert line, "the hub ended before it listened"
        address = line.partition("listens on ")[2].strip()
    async with httpx.AsyncClient(base_url=address, trust_env=False) as client:
        answers = [await client.post("/api/print", json={"template": "snipeit-12mm", "data": ASSET, "printer": "pt"}) for _ in range(2)]
    await emulator.wait_until(lambda machine: machine.backlog >= 1, 20)
    process.send_signal(signal.SIGKILL)
    await process.wait()
    return [answer.json()["job_id"] for answer in answers]


async def test_a_worker_that_dies_is_started_again_and_loses_no_job(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        await house.client.post("/api/printers/pt/pause")
        ids = [await house.print() for _ in range(3)]
        (task,) = [task for task in asyncio.all_tasks() if task.get_name() == "worker pt"]
        task.cancel()
        await asyncio.wait([task])
        await house.client.post("/api/printers/pt/resume")
        assert [(await house.until(job_id)).state for job_id in ids] == ["completed"] * 3


async def test_a_printer_that_takes_half_a_job_and_hangs_up_is_never_sent_it_again(tmp_path: Path) -> None:
    connections = 0

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        if await reader.read(200):  # a look only connects
            connections += 1
        # Linger 0: a reset, not a proper end.
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    printers = [{"name": "pt", "model": "PT-P750W", "host": "127.0.0.1", "port": port, "snmp": False}]
    async with server, house(tmp_path, settings_for(tmp_path, printers)) as found:
        job = await found.until(await found.print(printer="pt", options={"copies": 5}), JobState.PAUSED)
        assert (job.reason, connections) == ("outcome-unknown", 1)
        assert (await found.client.post(f"/api/jobs/{job.id}/cancel")).json()["state"] == "cancelled"


async def test_a_printer_that_dies_between_two_connections_of_a_batch_goes_on_where_it_stopped(tmp_path: Path) -> None:
    async with house_with(tmp_path, {"mm_per_s": 2000.0}, pt="PT-P750W 12mm") as house:
        emulator = house.emulators["pt"]
        job_id = await house.print(options={"copies": 30})
        await house.until(job_id, JobState.PRINTING)
        await emulator.wait_for_pages(20)
        await emulator.open_cover()
        await house.until(job_id, JobState.PRINTING, JobState.QUEUED, reason="printer-not-ready")
        await emulator.close_cover()
        job = await house.until(job_id)
        assert (job.state, job.labels_done, emulator.machine.page_count) == ("completed", 30, 30)


async def test_a_label_that_can_not_be_drawn_for_the_media_found_fails_alone(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        await house.emulators["pt"].unplug()
        job_id = await house.print(printer="pt")
        await house.hub.database.write(spoil, job_id)
        await house.emulators["pt"].plug()
        job = await house.until(job_id)
        assert (job.state, job.reason, bool(job.error)) == ("failed", "field-missing", True)
        assert (await house.until(await house.print(printer="pt"))).state == "completed"
        assert house.emulators["pt"].machine.page_count == 1


def spoil(conn: object, job_id: str) -> None:
    """Take the fields out of a waiting job."""
    from uuid import UUID

    import sqlalchemy as sa

    from labelhub.db.schema import jobs

    assert isinstance(conn, sa.Connection)
    payload = {"labels": [{"data": {}, "copies": 1}], "options": {"auto_cut": True, "half_cut": False, "high_resolution": False}}
    conn.execute(sa.update(jobs).where(jobs.c.id == UUID(job_id)).values(payload=payload))


async def test_a_hub_closes_quickly_while_jobs_wait(tmp_path: Path) -> None:
    async with virtual(pt="PT-P750W 12mm") as emulators:
        async with house(tmp_path, settings_for(tmp_path, declared(emulators)), pace=QUICK) as found:
            await emulators["pt"].unplug()
            await found.until(await found.print(), JobState.QUEUED, reason="printer-unreachable")
            begun = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - begun < 2


async def test_a_printer_that_never_reads_leaves_the_outcome_unknown() -> None:
    never = asyncio.Event()

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await never.wait()
        writer.close()

    server = await asyncio.start_server(deaf, "127.0.0.1", 0, limit=1024)
    async with server:
        pipe = await connect("127.0.0.1", server.sockets[0].getsockname()[1])
        with pytest.raises(OutcomeUnknown):
            await pipe.send(b"x" * 30_000_000, stall_timeout_s=0.2)
        await pipe.close()
        never.set()
