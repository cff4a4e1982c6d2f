"""Hostile printers: whatever is at the other end of the wire, nothing is sent twice, nothing is called printed that is not."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pyasn1.codec.ber import decoder, encoder  # type: ignore[import-untyped]
from pysnmp.proto.api import v2c  # type: ignore[import-untyped]

from labelhub.drivers import mib
from labelhub.drivers.brother import PT
from labelhub.drivers.brother.block import HEAD
from labelhub.drivers.status import Report
from labelhub.errors import HubError, PrinterError
from labelhub.jobs import store
from labelhub.jobs.job import JobState
from labelhub.printers.printer import Address
from tests.house import WAIT_S, House, house, settings_for, virtual
from tests.printers.printers_at_hand import look

ENDED = (JobState.COMPLETED, JobState.PAUSED)
IDLE = bytes.fromhex("80204230 68300000 00000c01".replace(" ", "")) + bytes(20)
GARBAGE_REPLIES = 150


class RawPrinter:
    """A TCP server that takes `takes` bytes of each job and then ends it as told; what it took is counted by connection."""

    def __init__(self, takes: int, *, reset: bool) -> None:
        self._takes = takes
        self._reset = reset
        self.taken: list[int] = []
        self.asked = asyncio.Event()
        """Set when the first byte of a job came."""
        self.port = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[RawPrinter]:
        """While it takes connections."""
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setblocking(False)
        self.port = listener.getsockname()[1]
        serving = asyncio.create_task(self._serve(listener))
        try:
            yield self
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
            listener.close()

    async def _serve(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            connection, _ = await loop.sock_accept(listener)
            left = self._takes
            while left and (chunk := await loop.sock_recv(connection, left)):
                left -= len(chunk)
                self.asked.set()
            self.taken.append(self._takes - left)
            if self._reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()


class RawAgent(asyncio.DatagramProtocol):
    """An SNMP agent whose every answer a function makes from the request; None is silence."""

    def __init__(self, reply: Callable[[bytes], bytes | None]) -> None:
        self.reply = reply
        self.requests = 0
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.requests += 1
        answer = self.reply(data)
        if answer is not None and self._transport is not None:
            self._transport.sendto(answer, addr)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """Its port, while it answers."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        try:
            yield transport.get_extra_info("sockname")[1]
        finally:
            transport.close()


def reply_to(request: bytes, block: Any = IDLE, count: Any = 1000, request_id: int | None = None) -> bytes:
    """A proper answer with this status block and page counter."""
    message, _ = decoder.decode(request, asn1Spec=v2c.Message())
    answer = v2c.apiPDU.get_response(v2c.apiMessage.get_pdu(message))
    values = (v2c.OctetString(block) if isinstance(block, bytes) else block, v2c.Counter32(count) if isinstance(count, int) else count)
    names = (mib.BROTHER_STATUS, mib.PRT_MARKER_LIFE_COUNT)
    v2c.apiPDU.set_varbinds(answer, [(v2c.ObjectIdentifier(name), value) for name, value in zip(names, values, strict=True)])
    if request_id is not None:
        v2c.apiPDU.set_request_id(answer, request_id)
    v2c.apiMessage.set_pdu(message, answer)
    encoded: bytes = encoder.encode(message)
    return encoded


def at(port: int, snmp_port: int | None = None, name: str = "raw") -> dict[str, Any]:
    """A declared printer."""
    snmp = {"snmp": False} if snmp_port is None else {"snmp_port": snmp_port}
    return {"name": name, "model": "PT-P750W", "host": "127.0.0.1", "port": port, **snmp}


@asynccontextmanager
async def house_beside(folder: Path, raw: dict[str, Any]) -> AsyncIterator[House]:
    """A hub with one hostile and one honest printer; the honest one must have printed at the end."""
    async with virtual(honest="PT-P750W 12mm") as emulators:
        honest = emulators["honest"]
        printers = [raw, at(honest.port, honest.snmp_port, "honest")]
        async with house(folder, settings_for(folder, printers)) as found:
            yield found
            job = await found.until(await found.print(printer="honest"))
            assert (job.state, job.evidence, honest.machine.page_count) == ("completed", "page-counter", 1)


@pytest.mark.parametrize("takes", [1, 300])
async def test_a_printer_that_breaks_off_inside_a_job_leaves_the_outcome_unknown(tmp_path: Path, takes: int) -> None:
    async with RawPrinter(takes, reset=True).listening() as printer, house_beside(tmp_path, at(printer.port)) as found:
        job = await found.until(await found.print(printer="raw", options={"copies": 3}), *ENDED)
        assert (job.state, job.reason) == ("paused", "outcome-unknown")
        assert [size for size in printer.taken if size] == [takes]  # never a second time


async def test_a_printer_that_closes_with_most_of_the_job_unread_has_not_printed_it(tmp_path: Path) -> None:
    async with RawPrinter(100, reset=False).listening() as printer, house_beside(tmp_path, at(printer.port)) as found:
        job = await found.until(await found.print(printer="raw", options={"copies": 3}), *ENDED)
        assert (job.state, job.reason, job.evidence) == ("paused", "outcome-unknown", None)
        assert [size for size in printer.taken if size] == [100]


@pytest.mark.parametrize("reset", [False, True])
async def test_a_printer_that_hangs_up_before_it_read_anything_has_not_printed(tmp_path: Path, reset: bool) -> None:
    async with RawPrinter(0, reset=reset).listening() as printer, house_beside(tmp_path, at(printer.port)) as found:
        job_id = UUID(await found.print(printer="raw"))
        async with asyncio.timeout(WAIT_S):
            job = await found.hub.database.until(lambda job: job.reason is not None or job.state in ENDED, store.get, job_id)
        assert job.state != JobState.COMPLETED
        assert job.reason in ("outcome-unknown", "printer-unreachable")
        assert "unexpected" not in (job.detail or "")


async def test_a_page_counter_that_jumps_back_is_no_evidence(tmp_path: Path) -> None:
    count = 1000
    agent = RawAgent(lambda request: reply_to(request, count=count))
    taking = await asyncio.start_server(swallow, "127.0.0.1", 0)
    port = taking.sockets[0].getsockname()[1]
    async with taking, agent.listening() as snmp_port, house_beside(tmp_path, at(port, snmp_port)) as found:
        job_id = await found.print(printer="raw")
        await found.until(job_id, JobState.PRINTING)
        count = 3  # another main board, or a reset: nothing was printed
        job = await found.until(job_id, *ENDED)
        assert (job.state, job.reason, job.evidence) == ("paused", "outcome-unknown", None)


async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes a whole job, prints nothing."""
    while (chunk := await reader.read(4096)) and not chunk.endswith(b"\x1a"):
        pass
    writer.close()


async def test_answers_to_other_questions_do_not_make_a_look_last_for_ever() -> None:
    stop = asyncio.Event()

    class Flooder(RawAgent):
        """Answers each request a hundred times a second, each time as if another had been asked."""

        def datagram_received(self, data: bytes, addr: Any) -> None:
            self.requests += 1
            self._again(reply_to(data, request_id=12345), addr)

        def _again(self, answer: bytes, addr: Any) -> None:
            if self._transport is not None and not stop.is_set():
                self._transport.sendto(answer, addr)
                asyncio.get_running_loop().call_later(0.01, self._again, answer, addr)

    async with Flooder(lambda request: None).listening() as port:
        looking = asyncio.create_task(look(Address("127.0.0.1", 9, True, port), PT, 0.2))
        ended, _ = await asyncio.wait([looking], timeout=3)
        stop.set()
        assert isinstance((await asyncio.gather(looking, return_exceptions=True))[0], PrinterError)
    assert ended


async def test_a_status_that_is_another_at_each_look_does_not_make_the_hub_run_hot(tmp_path: Path) -> None:
    agent = RawAgent(lambda request: reply_to(request, block=IDLE[:10] + bytes([(9, 18, 24)[agent.requests % 3]]) + IDLE[11:]))
    async with agent.listening() as snmp_port, house_beside(tmp_path, at(9, snmp_port)) as found:
        await found.seen("raw")
        await found.print(printer="raw", on_media_mismatch="queue")
        clock = asyncio.get_running_loop().time
        before, begun = agent.requests, clock()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 1)
        # The quick pace of these tests looks 20 times a second; running hot it is hundreds of times.
        assert agent.requests - before < 80 * (clock() - begun)


async def test_garbage_from_an_agent_is_one_typed_error() -> None:
    chance = random.Random(2)

    def garbled(request: bytes) -> bytes:
        if chance.random() < 0.3:
            return chance.randbytes(chance.randrange(200))
        block = chance.choice([IDLE, chance.randbytes(32), HEAD + chance.randbytes(29), b"A" * 5000, v2c.Integer32(5), v2c.Null("")])
        count = chance.choice([1, v2c.Integer32(-5), v2c.Counter64(2**63), v2c.OctetString(b"x")])
        answer = bytearray(reply_to(request, block, count))
        for _ in range(chance.choice([0, 1, 3])):
            answer[chance.randrange(len(answer))] = chance.randrange(256)
        return bytes(answer[: chance.choice([None, None, chance.randrange(len(answer))])])

    async with RawAgent(garbled).listening() as port:
        outcomes = [await outcome(Address("127.0.0.1", 9, True, port)) for _ in range(GARBAGE_REPLIES)]
    assert {type(one) for one in outcomes} & {Report}
    assert all(isinstance(one, Report | PrinterError) for one in outcomes)


async def outcome(address: Address) -> Report | HubError:
    try:
        return await look(address, PT, 0.05)
    except HubError as error:
        return error


def test_any_status_block_is_a_report_or_a_typed_error() -> None:
    chance = random.Random(3)
    for _ in range(5000):
        block = bytearray(HEAD + bytes(29))
        for place in chance.sample(range(3, 32), chance.randrange(10)):
            block[place] = chance.choice([chance.randrange(256), 1, 3, 0x0B, 12, 62])
        try:
            report = PT.parse_status(bytes(block))
            assert report.media is None or PT.geometry("PT-P750W", report.media).printable_dots > 0
        except HubError:
            pass
