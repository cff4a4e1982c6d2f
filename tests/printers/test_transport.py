"""The byte pipe against peers that behave as printers do when things go wrong."""

from __future__ import annotations

import asyncio
import socket

import pytest

from labelhub.errors import OutcomeUnknown, PrinterUnreachable
from labelhub.printers.tcp import MAX_REPLY_BYTES, connect
from labelhub.printers.transport import ALIVE_S, Receipt, in_slices
from tests.printers.printers_at_hand import HOST, dead_port, peer, read, reset

JOB = bytes(range(256)) * 64
LONG_JOB = bytes(8 * 1024 * 1024)  # more than the system buffers by itself


async def test_a_printer_that_reads_all_and_closes_gives_a_receipt() -> None:
    received = []

    async def take(connection: socket.socket) -> None:
        received.append(await read(connection, len(JOB)))
        connection.close()

    async with peer(take) as port:
        pipe = await connect(HOST, port)
        await pipe.write(JOB)
        assert await pipe.finish() == Receipt(len(JOB), True, b"")
        await pipe.close()
    assert received == [JOB]


async def test_nothing_is_sent_before_it_is_written_and_closing_sends_nothing() -> None:
    received = asyncio.get_running_loop().create_future()

    async def take(connection: socket.socket) -> None:
        received.set_result(await read(connection, 1))
        connection.close()

    async with peer(take) as port, asyncio.timeout(30):
        pipe = await connect(HOST, port)
        await pipe.close()
        assert await received == b""


async def test_a_printer_that_never_closes_is_waited_for_no_longer_than_the_bound() -> None:
    async def take(connection: socket.socket) -> None:
        await read(connection, len(JOB))

    async with peer(take) as port, asyncio.timeout(30):
        pipe = await connect(HOST, port)
        await pipe.write(JOB)
        assert await pipe.finish(close_timeout_s=0.05) == Receipt(len(JOB), False, b"")
        await pipe.close()


async def test_what_a_printer_says_is_kept_and_bounded() -> None:
    async def talk(connection: socket.socket) -> None:
        await read(connection, len(JOB))
        await asyncio.get_running_loop().sock_sendall(connection, b"status" * 5000)
        connection.close()

    async with peer(talk) as port:
        pipe = await connect(HOST, port)
        await pipe.write(JOB)
        receipt = await pipe.finish()
        await pipe.close()
    assert receipt.closed_by_printer
    assert receipt.reply == (b"status" * 5000)[:MAX_REPLY_BYTES]


async def test_a_printer_that_talks_without_end_is_left_at_the_bound() -> None:
    async def babble(connection: socket.socket) -> None:
        await read(connection, len(JOB))
        while True:
            await asyncio.get_running_loop().sock_sendall(connection, b"x" * 4096)

    async with peer(babble) as port, asyncio.timeout(30):
        pipe = await connect(HOST, port)
        await pipe.write(JOB)
        receipt = await pipe.finish(close_timeout_s=0.05)
        await pipe.close()
    assert (receipt.closed_by_printer, len(receipt.reply)) == (False, MAX_REPLY_BYTES)


async def test_a_printer_that_breaks_off_halfway_leaves_the_outcome_unknown() -> None:
    async def break_off(connection: socket.socket) -> None:
        await read(connection, 100_000)
        reset(connection)

    async with peer(break_off) as port, asyncio.timeout(30):
        pipe = await connect(HOST, port)
        with pytest.raises(OutcomeUnknown, match=r"broke after about \d+ bytes"):
            await pipe.write(LONG_JOB)
        await pipe.close()


async def test_a_printer_that_breaks_off_after_the_last_byte_leaves_the_outcome_unknown() -> None:
    async def break_off(connection: socket.socket) -> None:
        await read(connection, len(JOB))
        reset(connection)

    async with peer(break_off) as port, asyncio.timeout(30):
        pipe = await connect(HOST, port)
        await pipe.write(JOB)
        with pytest.raises(OutcomeUnknown, match=f"{len(JOB)} bytes"):
            await pipe.finish()
        await pipe.close()


async def test_a_printer_that_stops_reading_leaves_the_outcome_unknown_after_the_bound() -> None:
    async def never_read(connection: socket.socket) -> None:
        pass

    async with peer(never_read) as port, asyncio.timeout(30):
        pipe = await connect(HOST, port)
        with pytest.raises(OutcomeUnknown, match=r"stopped reading after about \d+ bytes .* 0.05 s"):
            await pipe.write(LONG_JOB, stall_timeout_s=0.05)
        await pipe.close()


async def test_a_printer_that_reads_slowly_is_not_given_up() -> None:
    """Each pause is shorter than the bound, all of them together longer."""
    size_bytes = 600_000

    async def sip(connection: socket.socket) -> None:
        left = size_bytes
        while left:
            left -= len(await read(connection, min(left, 60_000)))
            await asyncio.sleep(0.02)  # a printer that prints between two sips; no event tells of it
        connection.close()

    async with peer(sip) as port, asyncio.timeout(30):
        pipe = await connect(HOST, port)
        await pipe.write(bytes(size_bytes), stall_timeout_s=0.15)
        receipt = await pipe.finish()
        await pipe.close()
    assert receipt.closed_by_printer


async def test_whoever_waits_for_a_printer_that_does_not_read_is_asked_now_and_then_whether_it_still_may() -> None:
    asked = []

    async def write(slice_s: float) -> None:
        raise TimeoutError

    def holds() -> None:
        asked.append(True)
        if len(asked) == 2:
            raise PrinterUnreachable("another one drives it")

    with pytest.raises(PrinterUnreachable):
        await in_slices(write, 100 * ALIVE_S, lambda: None, holds)


async def test_a_pipe_that_is_cut_off_drops_what_was_not_read_and_can_be_cut_off_again() -> None:
    ended = asyncio.get_running_loop().create_future()

    async def take(connection: socket.socket) -> None:
        try:
            while await asyncio.get_running_loop().sock_recv(connection, 4096):
                pass
            ended.set_result("closed")
        except ConnectionResetError:
            ended.set_result("reset")

    async with peer(take) as port, asyncio.timeout(30):
        pipe = await connect(HOST, port)
        await pipe.write(JOB)
        pipe.abort()
        pipe.abort()
        await pipe.close()
        pipe.abort()
        assert await ended == "reset"


async def test_a_port_nobody_listens_on_is_unreachable() -> None:
    port = dead_port()
    with pytest.raises(PrinterUnreachable, match=f"{HOST}:{port} cannot be reached"):
        await connect(HOST, port)


@pytest.mark.parametrize("host", ["nowhere.invalid", "", "a..b", "x" * 300, "a\0b", "ä" * 70, "127.0.0.1\n", "[::1]", "fe80::1%none"])
async def test_a_host_that_is_none_is_unreachable(host: str) -> None:
    with pytest.raises(PrinterUnreachable, match="cannot be reached"):
        await connect(host, 9100)


@pytest.mark.parametrize("port", [-1, 0, 65536])
async def test_a_port_that_is_none_is_unreachable(port: int) -> None:
    with pytest.raises(PrinterUnreachable, match="cannot be reached"):
        await connect(HOST, port)


async def test_a_printer_that_takes_no_connection_is_unreachable_after_the_bound() -> None:
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind((HOST, 0))
        full.listen(0)
        for waiting in (first, second):  # one is in the queue, one before it: nobody else gets an answer
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        with pytest.raises(PrinterUnreachable, match=r"did not answer within 0\.05 s"):
            await connect(HOST, full.getsockname()[1], 0.05)
