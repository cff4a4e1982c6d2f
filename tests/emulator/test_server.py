from __future__ import annotations

import asyncio

import pytest

from labelhub.drivers.brother import PT
from labelhub.drivers.brother.received import Rule
from labelhub.drivers.brother.words import media_from_word
from labelhub.drivers.driver import EncodeOptions
from labelhub.emulator.machine import State
from labelhub.emulator.server import Emulator
from tests.drivers.pictures import busy_page, page

MODEL = "PT-P750W"
TAPE = media_from_word(MODEL, "12mm")


def job(pages: int = 1, rows: int = 100) -> bytes:
    return PT.encode(MODEL, TAPE, [page(70, rows)] * pages, EncodeOptions()).whole


async def send(emulator: Emulator, data: bytes) -> bytes:
    """Send and read until the printer closes."""
    reader, writer = await asyncio.open_connection(emulator.host, emulator.port)
    writer.write(data)
    await writer.drain()
    answer = await rest(reader)
    writer.close()
    return answer


async def rest(reader: asyncio.StreamReader) -> bytes:
    """What comes until the printer closes."""
    async with asyncio.timeout(30):
        return await reader.read()


async def test_it_closes_once_the_whole_job_was_read_and_answers_nothing() -> None:
    async with Emulator(MODEL, TAPE, snmp=False) as emulator:
        assert await send(emulator, b"\x1biS" + job()) == b""
        (printed,) = await emulator.wait_for_pages(1)
        assert printed.raster == page(70, 100)
        (connection,) = emulator.connections
        assert connection.size_bytes == len(job()) + 3
        assert connection.closed_at_s is not None
        assert connection.closed_at_s >= connection.opened_at_s
        assert not connection.broken
        assert not emulator.machine.violations


async def test_a_job_in_many_small_pieces_is_one_job() -> None:
    async with Emulator(MODEL, TAPE, snmp=False) as emulator:
        reader, writer = await asyncio.open_connection(emulator.host, emulator.port)
        data = job()
        for at in range(0, len(data), 37):
            writer.write(data[at : at + 37])
            await writer.drain()
        assert await rest(reader) == b""
        writer.close()
        assert len(await emulator.wait_for_pages(1)) == 1
        assert not emulator.machine.violations


async def test_two_jobs_on_one_connection_are_both_read() -> None:
    async with Emulator(MODEL, TAPE, snmp=False) as emulator:
        await send(emulator, job() + job())
        assert len(await emulator.wait_for_pages(2)) == 2


async def test_a_second_connection_waits_for_the_first() -> None:
    async with Emulator(MODEL, TAPE, snmp=False) as emulator:
        first_reader, first = await asyncio.open_connection(emulator.host, emulator.port)
        first.write(job()[:-1])
        await first.drain()
        second = asyncio.create_task(send(emulator, job(rows=60)))
        await emulator.wait_until(lambda machine: machine.state is State.RECEIVING)
        assert len(emulator.connections) == 1
        first.write(job()[-1:])
        assert await rest(first_reader) == b""
        first.close()
        await second
        pages = await emulator.wait_for_pages(2)
        assert [one.raster.height_dots for one in pages] == [100, 60]
        times = [
            at_s for one in emulator.connections for at_s in (one.opened_at_s, one.first_byte_at_s, one.last_byte_at_s, one.closed_at_s)
        ]
        assert None not in times
        assert times == sorted(times)  # type: ignore[type-var]  # never two at once


async def test_its_display_says_busy_while_a_connection_is_open_inside_a_page_and_no_longer() -> None:
    async with Emulator(MODEL, TAPE, snmp=False) as emulator:
        assert emulator.machine.panel.console_text == "READY"
        for half in (job()[:-1], job(2)[: len(job())]):  # a page without its end, and one behind which another was to follow
            _, writer = await asyncio.open_connection(emulator.host, emulator.port)
            writer.write(half)
            await emulator.wait_until(lambda machine: machine.state is State.RECEIVING)
            assert emulator.machine.panel.console_text == "BUSY"
            writer.close()
            await emulator.wait_until(lambda machine: machine.state is State.IDLE)
            assert emulator.machine.panel.console_text == "READY"
        await send(emulator, job())
        await emulator.wait_for_pages(1)
        assert {one.rule for one in emulator.machine.violations} == {Rule.JOB_INCOMPLETE, Rule.JOB_NOT_ENDED, Rule.PAGE_LOST}


async def test_it_stops_reading_while_two_pages_wait() -> None:
    async with Emulator(MODEL, TAPE, snmp=False) as emulator:
        await emulator.open_cover()
        data = PT.encode(MODEL, TAPE, [busy_page(70, 7000)] * 20, EncodeOptions()).whole
        sending = asyncio.create_task(send(emulator, data))
        await emulator.wait_until(lambda machine: machine.backlog >= 2)
        (connection,) = emulator.connections
        assert connection.size_bytes < len(data) / 2
        assert not sending.done()
        await emulator.close_cover()
        await sending
        await emulator.wait_for_pages(20)
        assert connection.size_bytes == len(data)


async def test_pages_count_when_the_tape_has_run() -> None:
    async with Emulator(MODEL, TAPE, snmp=False, mm_per_s=200.0) as emulator:
        await send(emulator, job(pages=2))
        assert emulator.machine.page_count < 2
        await emulator.wait_for_pages(2)
        assert emulator.machine.state is State.IDLE


async def test_a_cover_opened_while_printing_holds_the_page_until_it_is_closed() -> None:
    async with Emulator(MODEL, TAPE, snmp=False, mm_per_s=100.0) as emulator:
        await send(emulator, job())
        await emulator.wait_until(lambda machine: machine.state is State.PRINTING)
        await emulator.open_cover()
        assert emulator.machine.page_count == 0
        await emulator.close_cover()
        assert len(await emulator.wait_for_pages(1)) == 1


async def test_unplugged_it_refuses_and_plugged_in_it_has_the_same_port() -> None:
    async with Emulator(MODEL, TAPE, snmp=False) as emulator:
        port = emulator.port
        for _ in range(2):
            await emulator.unplug()
            assert (emulator.plugged, emulator.machine.state) == (False, State.OFF)
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection(emulator.host, port)
            await emulator.plug()
            assert emulator.port == port
            await send(emulator, job())
        assert len(await emulator.wait_for_pages(2)) == 2


async def test_unplugged_in_the_middle_of_a_job_the_sender_is_cut_off() -> None:
    async with Emulator(MODEL, TAPE, snmp=False) as emulator:
        reader, writer = await asyncio.open_connection(emulator.host, emulator.port)
        writer.write(job()[:-1])
        await writer.drain()
        await emulator.wait_until(lambda machine: machine.state is State.RECEIVING)
        await emulator.unplug()
        with pytest.raises(ConnectionResetError):
            await rest(reader)
        writer.close()
        (connection,) = emulator.connections
        assert connection.broken
        await emulator.plug()
        assert emulator.machine.page_count == 0


async def test_it_refuses_connections_until_everything_is_printed_when_told_to() -> None:
    async with Emulator(MODEL, TAPE, snmp=False, refuse_while_busy=True) as emulator:
        await emulator.open_cover()
        await send(emulator, job())
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(emulator.host, emulator.port)
        await emulator.close_cover()
        await emulator.wait_for_pages(1)
        await asyncio.wait_for(until_accepted(emulator), 30)
        assert len(await emulator.wait_for_pages(2)) == 2


async def until_accepted(emulator: Emulator) -> None:
    while True:
        try:
            await send(emulator, job())
        except ConnectionRefusedError:
            continue
        return


async def test_a_sender_that_leaves_in_the_middle_is_told_as_a_violation() -> None:
    async with Emulator(MODEL, TAPE, snmp=False) as emulator:
        _, writer = await asyncio.open_connection(emulator.host, emulator.port)
        writer.write(job()[:-10])
        writer.close()
        await emulator.wait_until(lambda machine: machine.violation_count > 0)
        assert emulator.machine.violations[0].rule is Rule.JOB_INCOMPLETE
        await send(emulator, job())
        assert len(await emulator.wait_for_pages(1)) == 1


async def test_media_changed_by_hand_lets_a_waiting_page_out() -> None:
    async with Emulator(MODEL, None, snmp=False) as emulator:
        await send(emulator, job())
        assert emulator.machine.state is State.ERROR
        await emulator.load(TAPE)
        await emulator.wait_for_pages(1)
        await emulator.remove_media()
        assert emulator.machine.state is State.ERROR


async def test_waiting_for_pages_that_do_not_come_ends_in_time() -> None:
    async with Emulator(MODEL, TAPE, snmp=False) as emulator:
        with pytest.raises(TimeoutError):
            await emulator.wait_for_pages(1, timeout_s=0.01)


async def test_a_port_that_is_taken_is_an_os_error() -> None:
    async with Emulator(MODEL, TAPE, snmp=False) as emulator:
        with pytest.raises(OSError, match=r"[Aa]ddress already in use"):
            await Emulator(MODEL, TAPE, port=emulator.port, snmp=False).start()
