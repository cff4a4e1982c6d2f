from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest
from gufo.snmp import NoSuchInstance, SnmpVersion
from gufo.snmp.aio import SnmpSession
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labelhub.drivers import mib
from labelhub.drivers.brother import PT
from labelhub.drivers.brother.words import media_from_word
from labelhub.drivers.driver import EncodeOptions
from labelhub.emulator.agent import Agent, values_of
from labelhub.emulator.machine import Machine
from labelhub.emulator.server import Emulator
from tests.drivers.pictures import page

MODEL = "PT-P750W"
TAPE = media_from_word(MODEL, "12mm")
BOTH = pytest.mark.parametrize("version", [SnmpVersion.v1, SnmpVersion.v2c], ids=["v1", "v2c"])
GET_SYS_NAME_V2C = bytes.fromhex("302902010104067075626c6963a01c02040ed11ecb020100020100300e300c06082b060102010105000500")


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator(MODEL, TAPE, serial="E1Z234567") as running:
        yield running


def session(emulator: Emulator, version: SnmpVersion, community: str = "public", timeout_s: float = 5.0) -> SnmpSession:
    return SnmpSession(addr=emulator.host, port=emulator.snmp_port, community=community, version=version, timeout=timeout_s)


@BOTH
async def test_every_number_of_the_mib_is_answered_from_the_state_of_the_machine(emulator: Emulator, version: SnmpVersion) -> None:
    async with session(emulator, version) as client:
        answers = await client.get_many(
            [
                mib.BROTHER_STATUS,
                mib.PRT_CONSOLE_TEXT,
                mib.HR_PRINTER_STATUS,
                mib.HR_PRINTER_DETECTED_ERROR_STATE,
                mib.PRT_MARKER_LIFE_COUNT,
                mib.PRT_INPUT_MEDIA_NAME,
                mib.HR_DEVICE_DESCR,
                mib.SYS_OBJECT_ID,
                mib.PRT_SERIAL_NUMBER,
                mib.BROTHER_SERIAL,
            ]
        )
        uptime = await client.get(mib.SYS_UP_TIME)
        identity = await client.get(mib.IEEE1284_ID)
    assert answers == {
        mib.BROTHER_STATUS: emulator.machine.status_block(),
        mib.PRT_CONSOLE_TEXT: b"READY",
        mib.HR_PRINTER_STATUS: 3,
        mib.HR_PRINTER_DETECTED_ERROR_STATE: b"\0",
        mib.PRT_MARKER_LIFE_COUNT: 0,
        mib.PRT_INPUT_MEDIA_NAME: b'12mm(0.47")',
        mib.HR_DEVICE_DESCR: b"Brother PT-P750W",
        mib.SYS_OBJECT_ID: mib.BROTHER_SYSTEM,
        mib.PRT_SERIAL_NUMBER: b"E1Z234567",
        mib.BROTHER_SERIAL: b"E1Z234567",
    }
    assert isinstance(uptime, int)
    assert identity == b"MFG:Brother;CMD:PJL;MDL:PT-P750W;CLS:PRINTER;DES:Brother PT-P750W;"


@BOTH
async def test_a_walk_sees_every_number_once_in_order(emulator: Emulator, version: SnmpVersion) -> None:
    async with session(emulator, version) as client:
        seen = [oid async for oid, _ in client.getnext("1.3.6.1")]
    order = [tuple(map(int, oid.split("."))) for oid in seen]
    assert order == sorted(values_of(emulator.machine, "", lambda: 0.0))


async def test_a_bulk_walk_sees_the_same(emulator: Emulator) -> None:
    async with session(emulator, SnmpVersion.v2c) as client:
        bulk = [oid async for oid, _ in client.getbulk("1.3.6.1")]
        single = [oid async for oid, _ in client.getnext("1.3.6.1")]
    assert bulk == single


async def test_a_number_that_does_not_exist_is_said_to(emulator: Emulator) -> None:
    async with session(emulator, SnmpVersion.v2c) as client:
        with pytest.raises(NoSuchInstance):
            await client.get("1.3.6.1.2.1.9999.0")


async def test_in_v2c_one_unknown_number_leaves_the_others_answered(emulator: Emulator) -> None:
    async with session(emulator, SnmpVersion.v2c) as client:
        assert await client.get_many(["1.3.6.1.2.1.9999.0", mib.PRT_CONSOLE_TEXT]) == {mib.PRT_CONSOLE_TEXT: b"READY"}


def test_in_v1_one_unknown_number_fails_the_whole_request_and_is_named() -> None:
    agent = Agent(values_of(Machine(MODEL, TAPE), "S", lambda: 0.0), "public")
    request = bytes.fromhex(
        "303502010004067075626c6963a028020107020100020100301d300c06082b060102010105000500300d06092b06010201010500630500"
    )
    reply = agent.answer(request)
    assert reply is not None
    assert reply[request.index(b"\xa0")] == 0xA2
    assert bytes.fromhex("020107 020102 020102") in reply


async def test_in_v1_the_client_of_the_hub_sees_nothing_at_all_then(emulator: Emulator) -> None:
    async with session(emulator, SnmpVersion.v1) as client:
        assert await client.get("1.3.6.1.2.1.9999.0") is None
        assert await client.get_many(["1.3.6.1.2.1.9999.0", mib.PRT_CONSOLE_TEXT]) == {}


async def test_a_wrong_community_is_met_with_silence(emulator: Emulator) -> None:
    async with session(emulator, SnmpVersion.v2c, community="secret", timeout_s=0.05) as client:
        with pytest.raises(TimeoutError):
            await client.get(mib.SYS_NAME)


async def test_the_counter_grows_with_printed_pages(emulator: Emulator) -> None:
    _, writer = await asyncio.open_connection(emulator.host, emulator.port)
    writer.write(PT.encode(MODEL, TAPE, [page(70, 60)] * 3, EncodeOptions()).whole)
    await emulator.wait_for_pages(3)
    writer.close()
    async with session(emulator, SnmpVersion.v2c) as client:
        assert await client.get(mib.PRT_MARKER_LIFE_COUNT) == 3


async def test_unplugged_it_is_silent_and_plugged_in_it_answers_on_the_same_port(emulator: Emulator) -> None:
    await emulator.unplug()
    async with session(emulator, SnmpVersion.v2c, timeout_s=0.05) as client:
        with pytest.raises(TimeoutError):
            await client.get(mib.SYS_NAME)
    await emulator.plug()
    async with session(emulator, SnmpVersion.v2c) as client:
        assert await client.get(mib.SYS_NAME) == b"BRWE1Z234567"


async def test_garbage_is_ignored_and_the_next_request_answered(emulator: Emulator) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for garbage in (b"", b"\x30", b"hello", bytes(3000), GET_SYS_NAME_V2C[:-3], b"\x30\x84\xff\xff\xff\xff"):
            client.sendto(garbage, (emulator.host, emulator.snmp_port))
    async with session(emulator, SnmpVersion.v2c) as asking:
        assert await asking.get(mib.PRT_CONSOLE_TEXT) == b"READY"


def test_a_set_is_refused() -> None:
    agent = Agent(values_of(Machine(MODEL, TAPE), "S", lambda: 0.0), "public")
    reply = agent.answer(GET_SYS_NAME_V2C.replace(b"\xa0\x1c", b"\xa3\x1c"))
    assert reply is not None
    assert bytes.fromhex("020111 020101") in reply


@given(st.data())
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_no_datagram_raises_anything(data: st.DataObject) -> None:
    agent = Agent(values_of(Machine(MODEL, TAPE), "S", lambda: 0.0), "public")
    request = bytearray(GET_SYS_NAME_V2C)
    for _ in range(data.draw(st.integers(1, 6))):
        request[data.draw(st.integers(0, len(request) - 1))] = data.draw(st.integers(0, 255))
    reply = agent.answer(bytes(request[: data.draw(st.integers(0, len(request)))]) + data.draw(st.binary(max_size=20)))
    assert reply is None or isinstance(reply, bytes)


def test_pysnmp_is_not_loaded_before_an_agent_runs() -> None:
    code = "import sys, labelhub.emulator.control; raise SystemExit('pysnmp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
