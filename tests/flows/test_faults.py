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

from labelhub.drivers.brother.words import media_from_word
from labelhub.emulator.server import Emulator
from labelhub.errors import OutcomeUnknown
from labelhub.events import tail
from labelhub.jobs.job import JobState
from labelhub.printers.tcp import connect
from tests.house import ASSET, QUICK, declared, house, house_with, settings_for, virtual

SLOW = {"mm_per_s": 25.0}


@pytest.mark.long
async def test_a_hub_killed_while_a_label_prints_learns_from_the_page_counter_that_it_came_out(tmp_path: Path) -> None:
    async with virtual(SLOW, pt="PT-P750W 12mm") as emulators:
        ids = await killed_in_the_middle(tmp_path, emulators["pt"])
        async with house(tmp_path, settings_for(tmp_path, declared(emulators))) as found:
            jobs = [await found.until(job_id) for job_id in ids]
            assert [(job.state, job.evidence) for job in jobs] == [("completed", "page-counter")] * 2
            assert emulators["pt"].machine.page_count == 2


async def killed_in_the_middle(folder: Path, emulator: Emulator) -> list[str]:
    """Two jobs on a hub that is killed while the first one prints."""
    printers = [{"name": "pt", "model": "PT-P750W", "host": emulator.host, "port": emulator.port, "snmp_port": emulator.snmp_port}]
    settings = settings_for(folder, printers)
    environment = os.environ | {"LABELHUB_PRINTERS": httpx.Request("POST", "http://x", json=printers).content.decode()}
    environment["LABELHUB_DATABASE_URL"] = settings.database
    command = [sys.executable, "-m", "labelhub", "serve", "--listen", "127.0.0.1:0", "--data-dir", str(settings.data_dir)]
    process = await asyncio.create_subprocess_exec(*command, env=environment, stderr=asyncio.subprocess.PIPE)
    assert process.stderr is not None
    address = ""
    while not address:
        line = (await asyncio.wait_for(process.stderr.readline(), 60)).decode()
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

    from labelhub.db.schema import job_labels

    assert isinstance(conn, sa.Connection)
    conn.execute(sa.update(job_labels).where(job_labels.c.job_id == UUID(job_id)).values(fields={}))


async def test_a_hub_closes_quickly_while_jobs_wait(tmp_path: Path) -> None:
    async with virtual(pt="PT-P750W 12mm") as emulators:
        async with house(tmp_path, settings_for(tmp_path, declared(emulators)), pace=QUICK) as found:
            await emulators["pt"].unplug()
            await found.until(await found.print(), JobState.QUEUED, reason="printer-unreachable")
            (worker,) = [task for task in asyncio.all_tasks() if task.get_name() == "worker pt"]
        assert (worker.done(), worker.cancelled()) == (True, False)  # it ended by itself, before the time for that was up


async def test_a_printer_that_never_reads_leaves_the_outcome_unknown() -> None:
    never = asyncio.Event()

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await never.wait()
        writer.close()

    server = await asyncio.start_server(deaf, "127.0.0.1", 0, limit=1024)
    async with server:
        pipe = await connect("127.0.0.1", server.sockets[0].getsockname()[1])
        with pytest.raises(OutcomeUnknown):
            await pipe.write(b"x" * 30_000_000, stall_timeout_s=0.2)
        await pipe.close()
        never.set()


async def test_a_batch_paused_in_the_middle_stops_after_the_pages_on_their_way_and_goes_on_later(tmp_path: Path) -> None:
    async with house_with(tmp_path, {"mm_per_s": 2000.0}, pt="PT-P750W 12mm") as house:
        emulator = house.emulators["pt"]
        job_id = await house.print(options={"copies": 45})
        await emulator.wait_for_pages(1)
        await house.client.post("/api/printers/pt/pause")
        waiting = await house.until(job_id, JobState.QUEUED, reason="printer-paused")
        assert waiting.labels_done == emulator.machine.page_count < 20
        await house.client.post("/api/printers/pt/resume")
        assert (await house.until(job_id)).labels_done == emulator.machine.page_count == 45


async def test_a_batch_whose_tape_is_changed_in_the_middle_waits_for_the_first_one(tmp_path: Path) -> None:
    async with house_with(tmp_path, {"mm_per_s": 2000.0}, pt="PT-P750W 12mm") as house:
        emulator = house.emulators["pt"]
        job_id = await house.print("snipeit-12mm", options={"copies": 30})
        await emulator.wait_for_pages(20)
        await emulator.load(media_from_word("PT-P750W", "24mm"))
        await house.until(job_id, JobState.QUEUED, reason="media-needed")
        assert emulator.machine.page_count == 20
        await emulator.load(media_from_word("PT-P750W", "12mm"))
        assert (await house.until(job_id)).labels_done == 30
        assert not emulator.machine.violations


async def test_a_lost_part_of_a_batch_is_settled_by_a_person_and_the_rest_still_prints(tmp_path: Path) -> None:
    async with house_with(tmp_path, {"mm_per_s": 2000.0}, pt="PT-P750W 12mm") as house:
        emulator = house.emulators["pt"]
        job_id = await house.print(options={"copies": 45})
        await emulator.wait_for_pages(25)
        await emulator.unplug()
        lost = await house.until(job_id, JobState.PAUSED, reason="outcome-unknown")
        assert 20 <= lost.labels_done <= lost.labels_sent <= lost.labels_done + 3
        out = emulator.machine.page_count
        await emulator.plug()
        told = (await house.client.post(f"/api/jobs/{job_id}/confirm", json={"printed": True})).json()
        assert (told["state"], told["labels_done"]) == ("queued", lost.labels_sent)
        assert (await house.until(job_id)).state == "completed"
        assert emulator.machine.page_count == out + 45 - lost.labels_sent


async def test_a_printer_that_answers_but_refuses_connections_costs_no_row_change_a_try(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        printer = house.hub.printer("pt")
        dead = {"name": "dead", "slug": "dead", "model": "PT-P750W"}
        connection = {"host": "127.0.0.1", "port": 1, "snmp_port": printer.address.snmp_port}
        assert (await house.client.post("/api/printers", json=dead | {"connection": connection})).status_code == 201
        job_id = await house.print(printer="dead")
        await house.until(job_id, JobState.QUEUED, reason="printer-unreachable")
        before = len(await house.hub.database.read(tail, 0))
        for _ in range(8):  # each waits for the worker's own look at the printer
            await house.seen("dead")
            await house.hub.database.read(tail, 0)
        (worker,) = [task for task in asyncio.all_tasks() if task.get_name() == "worker dead"]
        await asyncio.wait([worker], timeout=0.6)
        assert len(await house.hub.database.read(tail, 0)) - before < 6


async def test_a_job_left_printing_by_a_worker_that_died_frees_its_printer_again(tmp_path: Path) -> None:
    async with house_with(tmp_path, {"mm_per_s": 25.0}, pt="PT-P750W 12mm") as house:
        emulator = house.emulators["pt"]
        first, second = [await house.print() for _ in range(2)]
        await emulator.wait_until(lambda machine: machine.backlog == 1)
        (task,) = [task for task in asyncio.all_tasks() if task.get_name() == "worker pt"]
        task.cancel()
        jobs = [await house.until(job_id) for job_id in (first, second)]
        assert [(job.state, job.evidence) for job in jobs] == [("completed", "page-counter")] * 2
        assert emulator.machine.page_count == 2


@pytest.mark.sqlite_file
async def test_a_database_file_that_is_deleted_stops_accepting_and_says_so(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        await house.until(await house.print())
        (tmp_path / "labelhub.db").unlink()
        refused = await house.client.post("/api/print", json={"template": "snipeit-12mm", "data": ASSET})
        assert (refused.status_code, "deleted" in refused.json()["detail"]) == (503, True)
        await house.hub.feel_pulse()
        assert (await house.client.get("/readiness")).status_code == 503
        assert house.emulators["pt"].machine.page_count == 1
