"""Faults of the wire: what a sender and an SNMP client see, and what they see when the fault is over."""

from __future__ import annotations

import asyncio
import socket

import pytest
from gufo.snmp import NoSuchInstance, SnmpVersion
from gufo.snmp.aio import SnmpSession

from labelhub.drivers import mib
from labelhub.drivers.brother import PT
from labelhub.emulator.faults import Faults, SecondConnection, Snmp
from labelhub.emulator.machine import State
from labelhub.emulator.server import Emulator
from labelhub.errors import ValidationFailed
from tests.drivers.pictures import busy_page
from tests.emulator.jobs import ROLL, TAPE, job, strip

MODEL = "PT-P750W"
SHORT_S, LONG_S = 0.05, 30
Pipe = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def connect(emulator: Emulator) -> Pipe:
    return await asyncio.open_connection(emulator.host, emulator.port)


async def send(emulator: Emulator, data: bytes) -> bytes:
    """Send and read until the printer closes."""
    reader, writer = await connect(emulator)
    writer.write(data)
    try:
        async with asyncio.timeout(LONG_S):
            await writer.drain()
            return await reader.read()
    finally:
        writer.close()


async def rest(reader: asyncio.StreamReader) -> bytes:
    """What comes until the printer closes."""
    async with asyncio.timeout(LONG_S):
        return await reader.read()


def session(emulator: Emulator, version: SnmpVersion = SnmpVersion.v2c, timeout_s: float = 5.0) -> SnmpSession:
    return SnmpSession(addr=emulator.host, port=emulator.snmp_port, community="public", version=version, timeout=timeout_s)


async def asked(
    emulator: Emulator, oid: str = mib.PRT_CONSOLE_TEXT, version: SnmpVersion = SnmpVersion.v2c, timeout_s: float = 5.0
) -> object:
    """What SNMP answers. TimeoutError when it does not."""
    async with session(emulator, version, timeout_s) as client:
        return await client.get(oid)


async def is_silent(emulator: Emulator) -> bool:
    """True when SNMP does not answer for a short while."""
    try:
        await asked(emulator, timeout_s=SHORT_S)
    except TimeoutError:
        return True
    return False


# Machine faults as the wire shows them


async def test_tape_that_ends_is_seen_by_snmp_and_new_tape_prints_the_label_without_sending_it_again() -> None:
    async with Emulator(MODEL, TAPE, mm_per_s=2000) as emulator:
        await emulator.switch(media_left_mm=30)
        assert await send(emulator, job(MODEL)) == b""
        await emulator.wait_until(lambda machine: machine.stopped_by == ("media-empty",))
        block = await asked(emulator, mib.BROTHER_STATUS)
        assert isinstance(block, bytes)
        assert (block[8], block[18], block[19], block[10]) == (0x02, 0x02, 0x01, 12)
        assert await asked(emulator, mib.HR_PRINTER_DETECTED_ERROR_STATE) == b"\x40"
        await emulator.load(TAPE)
        await emulator.wait_for_pages(1)
        assert await asked(emulator, mib.PRT_MARKER_LIFE_COUNT) == 1
        assert not emulator.machine.violations


async def test_a_jammed_cutter_holds_the_rest_of_the_job_until_it_is_freed() -> None:
    async with Emulator(MODEL, TAPE, mm_per_s=2000, faults=Faults(cutter_jam=True)) as emulator:
        sending = asyncio.create_task(send(emulator, strip(MODEL, 3)))
        await emulator.wait_until(lambda machine: machine.stopped_by == ("cutter-jam",))
        assert await asked(emulator, mib.PRT_MARKER_LIFE_COUNT) == 1
        assert await asked(emulator, mib.HR_PRINTER_DETECTED_ERROR_STATE) == b"\x04"
        await emulator.clear_jam()
        await emulator.wait_for_pages(3)
        assert await sending == b""
        assert emulator.faults == Faults()


async def test_pages_wait_while_the_head_is_too_hot() -> None:
    async with Emulator(MODEL, TAPE) as emulator:
        await emulator.switch(cooling=True)
        await send(emulator, job(MODEL))
        assert await asked(emulator, mib.BROTHER_STATUS) == emulator.machine.status_block()
        assert emulator.machine.page_count == 0
        await emulator.switch(cooling=False)
        assert emulator.machine.page_count == 1


async def test_all_faults_off_lets_everything_out() -> None:
    async with Emulator(MODEL, TAPE, faults=Faults(cooling=True, snmp=Snmp.SILENT)) as emulator:
        await send(emulator, job(MODEL))
        await emulator.set_faults(Faults())
        assert await asked(emulator, mib.PRT_MARKER_LIFE_COUNT) == 1


async def test_an_unknown_fault_is_refused_and_changes_nothing() -> None:
    async with Emulator(MODEL, TAPE, snmp=False) as emulator:
        with pytest.raises(ValidationFailed, match="on_fire"):
            await emulator.switch(cooling=True, on_fire=True)
        assert emulator.faults == Faults()


# Asleep, gone


async def test_asleep_it_is_silent_until_a_connection_comes_and_a_while_later_it_answers() -> None:
    async with Emulator(MODEL, TAPE, faults=Faults(asleep=True, wake_s=0.1)) as emulator:
        assert await is_silent(emulator)
        assert await send(emulator, job(MODEL)) == b""
        await emulator.wait_for_pages(1)
        await emulator.wait_until(lambda machine: not machine.faults.asleep)
        assert await asked(emulator, mib.PRT_MARKER_LIFE_COUNT) == 1
        await emulator.switch(asleep=True)
        assert await is_silent(emulator)
        await emulator.switch(asleep=False)
        assert await asked(emulator) == b"READY"


async def test_a_person_wakes_it_at_once() -> None:
    async with Emulator(MODEL, TAPE, faults=Faults(asleep=True, wake_s=600)) as emulator:
        await send(emulator, job(MODEL))
        assert await is_silent(emulator)
        await emulator.switch(asleep=False)
        assert await asked(emulator) == b"READY"


async def test_half_open_it_takes_connections_reads_nothing_and_comes_back_with_nothing() -> None:
    async with Emulator(MODEL, TAPE, faults=Faults(cooling=True)) as emulator:
        await send(emulator, job(MODEL))
        assert emulator.machine.backlog == 1
        reader, writer = await connect(emulator)
        writer.write(job(MODEL)[:-1])
        await emulator.wait_until(lambda machine: machine.state is State.ERROR and not machine.between_jobs)
        await emulator.switch(half_open=True, cooling=False)
        read_bytes = emulator.connections[-1].size_bytes
        writer.write(job(MODEL)[-1:])
        other_reader, other = await connect(emulator)
        other.write(job(MODEL))
        for silent in (reader, other_reader):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(silent.read(1), SHORT_S)
        assert await is_silent(emulator)
        assert (emulator.connections[-1].size_bytes, emulator.machine.page_count) == (read_bytes, 0)
        await emulator.switch(half_open=False)
        for broken in (reader, other_reader):
            with pytest.raises(ConnectionResetError):
                await asyncio.wait_for(broken.read(1), LONG_S)
        writer.close()
        other.close()
        assert await asked(emulator) == b"READY"
        assert (emulator.machine.page_count, emulator.machine.lost_pages) == (0, 1)
        assert await send(emulator, job(MODEL)) == b""
        await emulator.wait_for_pages(1)
        assert not emulator.machine.violations


async def test_pulling_the_plug_of_a_half_open_printer_and_putting_it_in_makes_it_well() -> None:
    async with Emulator(MODEL, TAPE, snmp=False) as emulator:
        await emulator.switch(half_open=True)
        await emulator.unplug()
        await emulator.plug()
        assert emulator.faults == Faults()
        assert await send(emulator, job(MODEL)) == b""


# Who may connect


async def test_told_to_refuse_while_it_is_busy_it_refuses_at_once_and_told_not_to_it_takes_again() -> None:
    async with Emulator(MODEL, TAPE, snmp=False, faults=Faults(cooling=True)) as emulator:
        await send(emulator, job(MODEL))
        await emulator.switch(refuse_while_busy=True)
        with pytest.raises(ConnectionRefusedError):
            await connect(emulator)
        await emulator.switch(refuse_while_busy=False)
        assert await send(emulator, job(MODEL)) == b""
        await emulator.switch(refuse_while_busy=True, cooling=False)
        await emulator.wait_for_pages(2)
        assert await send(emulator, job(MODEL)) == b""


async def test_a_second_connection_is_reset_when_told_to_and_the_first_goes_on() -> None:
    async with Emulator(MODEL, TAPE, snmp=False) as emulator:
        await emulator.switch(second_connection=SecondConnection.RESET)
        reader, writer = await connect(emulator)
        writer.write(job(MODEL)[:-1])
        await emulator.wait_until(lambda machine: machine.state is State.RECEIVING)
        with pytest.raises(ConnectionResetError):
            await send(emulator, b"")
        writer.write(job(MODEL)[-1:])
        assert await rest(reader) == b""
        writer.close()
        await emulator.wait_for_pages(1)
        assert [connection.broken for connection in emulator.connections] == [False, True]


async def test_a_connection_that_waits_is_reset_too_when_that_is_switched_on() -> None:
    async with Emulator(MODEL, TAPE, snmp=False) as emulator:
        _, first = await connect(emulator)
        first.write(job(MODEL)[:-1])
        await emulator.wait_until(lambda machine: machine.state is State.RECEIVING)
        waiting, waiting_writer = await connect(emulator)
        await emulator.switch(second_connection="reset")
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(waiting.read(), LONG_S)
        for writer in (first, waiting_writer):
            writer.close()


# How it reads


async def test_a_slow_reader_takes_its_time_and_a_quick_one_again_does_not() -> None:
    async with Emulator(MODEL, TAPE, snmp=False, faults=Faults(read_bytes_per_s=200)) as emulator:
        data = PT.encode(MODEL, TAPE, [busy_page(70, 3000)]).whole
        begun = asyncio.get_running_loop().time()
        sending = asyncio.create_task(send(emulator, data))
        await emulator.wait_until(lambda machine: bool(emulator.connections and emulator.connections[0].size_bytes >= 30))
        assert emulator.connections[0].size_bytes <= 10 + 200 * (asyncio.get_running_loop().time() - begun)
        assert not sending.done()
        await emulator.switch(read_bytes_per_s=None)
        assert await sending == b""
        await emulator.wait_for_pages(1)


@pytest.mark.parametrize("at_byte", [1, 200, len(job(MODEL)) - 1, len(job(MODEL))])
async def test_a_connection_is_reset_once_after_exactly_so_many_bytes(at_byte: int) -> None:
    async with Emulator(MODEL, TAPE, snmp=False, keep_bytes=True) as emulator:
        await emulator.switch(reset_at_byte=at_byte)
        with pytest.raises(ConnectionResetError):
            await send(emulator, job(MODEL))
        (connection,) = emulator.connections
        assert (connection.size_bytes, connection.broken) == (at_byte, True)
        assert bytes(connection.data or b"") == job(MODEL)[:at_byte]
        assert emulator.faults == Faults()
        came_out = int(at_byte == len(job(MODEL)))
        assert emulator.machine.page_count == came_out
        assert await send(emulator, job(MODEL)) == b""
        await emulator.wait_for_pages(came_out + 1)
        assert not emulator.machine.violations


async def test_a_look_that_only_connects_does_not_use_the_reset_up() -> None:
    async with Emulator(MODEL, TAPE, snmp=False, faults=Faults(reset_at_byte=50)) as emulator:
        _, writer = await connect(emulator)
        writer.close()
        await emulator.wait_until(lambda machine: bool(emulator.connections and emulator.connections[0].closed_at_s))
        with pytest.raises(ConnectionResetError):
            await send(emulator, job(MODEL))


async def test_it_answers_a_status_request_on_tcp_when_told_to_but_not_while_it_prints() -> None:
    async with Emulator(MODEL, TAPE, snmp=False, mm_per_s=1, faults=Faults(answers_status=True)) as emulator:
        reader, writer = await connect(emulator)
        writer.write(b"\x1biS")
        async with asyncio.timeout(LONG_S):
            assert await reader.readexactly(32) == emulator.machine.status_block()
        writer.write(strip(MODEL, 2)[:-1])
        await emulator.wait_until(lambda machine: machine.printing)
        writer.write(b"\x1biS" + strip(MODEL, 2)[-1:])
        assert await rest(reader) == b""
        assert emulator.machine.printing
        writer.close()


async def test_it_says_nothing_by_itself_on_tcp_whatever_happens() -> None:
    async with Emulator(MODEL, TAPE, snmp=False, faults=Faults(answers_status=True)) as emulator:
        reader, writer = await connect(emulator)
        await emulator.open_cover()
        await emulator.close_cover()
        writer.write(strip(MODEL, 2))
        assert await rest(reader) == b""
        writer.close()


# Speed


async def test_the_speed_of_the_model_makes_a_label_take_its_time_and_none_ends_that_at_once() -> None:
    async with Emulator(MODEL, TAPE, snmp=False, mm_per_s="real") as emulator:
        assert emulator.mm_per_s == 30
        await emulator.set_speed(0.001)  # a label takes hours
        await send(emulator, strip(MODEL, 2))
        await emulator.wait_until(lambda machine: machine.printing)
        assert emulator.machine.page_count == 0
        await emulator.set_speed(None)
        await emulator.wait_for_pages(2)
        await emulator.set_speed("real")
        await send(emulator, job(MODEL))
        assert emulator.machine.page_count == 2


# SNMP


async def test_a_silent_agent_is_silent_while_tcp_goes_on() -> None:
    async with Emulator(MODEL, TAPE, faults=Faults(snmp=Snmp.SILENT)) as emulator:
        assert await is_silent(emulator)
        assert await send(emulator, job(MODEL)) == b""
        await emulator.switch(snmp="answers")
        assert await asked(emulator, mib.PRT_MARKER_LIFE_COUNT) == 1


async def test_an_agent_gone_mad_answers_bytes_that_are_no_message() -> None:
    async with Emulator(MODEL, TAPE, faults=Faults(snmp=Snmp.GARBAGE)) as emulator:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.setblocking(False)
            loop, seen = asyncio.get_running_loop(), set()
            for _ in range(10):
                await loop.sock_sendto(client, b"anything", (emulator.host, emulator.snmp_port))
                seen.add((await asyncio.wait_for(loop.sock_recvfrom(client, 2000), LONG_S))[0])
        assert len(seen) > 3
        await emulator.switch(snmp="answers")
        assert await asked(emulator) == b"READY"


async def test_an_agent_without_the_raw_block_leaves_the_printer_mib() -> None:
    async with Emulator(MODEL, TAPE, faults=Faults(snmp=Snmp.NO_RAW)) as emulator:
        with pytest.raises(NoSuchInstance):
            await asked(emulator, mib.BROTHER_STATUS)
        assert await asked(emulator, mib.BROTHER_STATUS, SnmpVersion.v1) is None
        assert await asked(emulator, mib.PRT_INPUT_MEDIA_NAME) == b'12mm(0.47")'
        async with session(emulator) as client:
            walked = [oid async for oid, _ in client.getnext("1.3.6.1")]
        assert mib.BROTHER_STATUS not in walked
        assert len(walked) > 10
        await emulator.switch(snmp="answers")
        assert await asked(emulator, mib.BROTHER_STATUS) == emulator.machine.status_block()


async def test_an_old_agent_answers_v1_alone() -> None:
    async with Emulator("QL-1060N", ROLL, faults=Faults(snmp=Snmp.V1_ONLY)) as emulator:
        assert await is_silent(emulator)
        assert await asked(emulator, version=SnmpVersion.v1) == b"READY"


async def test_answers_come_late_or_not_all_of_them() -> None:
    async with Emulator(MODEL, TAPE, faults=Faults(snmp_delay_s=4 * SHORT_S)) as emulator:
        assert await is_silent(emulator)
        assert await asked(emulator) == b"READY"
        await emulator.switch(snmp_delay_s=0, snmp_drop_each=2)
        for _ in range(2):
            assert await asked(emulator) == b"READY"
            assert await is_silent(emulator)


async def test_the_agent_names_model_serial_and_firmware() -> None:
    async with Emulator("QL-1110NWB", None, serial="Z9", firmware="2.04") as emulator:
        assert await asked(emulator, mib.HR_DEVICE_DESCR) == b"Brother QL-1110NWB"
        assert await asked(emulator, mib.PRT_SERIAL_NUMBER) == b"Z9"
        assert b"MDL:QL-1110NWB;" in str(await asked(emulator, mib.IEEE1284_ID)).encode()
        assert b"Firmware Ver.2.04" in str(await asked(emulator, mib.SYS_DESCR)).encode()
