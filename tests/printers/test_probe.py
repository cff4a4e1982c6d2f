"""Looks at printers that are well, away, set up wrongly or mad; and what the board makes of them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from labelhub.drivers import mib
from labelhub.drivers.brother import PT
from labelhub.drivers.brother.words import media_from_word
from labelhub.drivers.status import PrinterState, Reason, Report
from labelhub.emulator.agent import Agent, values_of
from labelhub.emulator.machine import Machine
from labelhub.emulator.server import Emulator
from labelhub.errors import PrinterError, PrinterUnreachable, ReplyInvalid
from labelhub.printers.printer import Address, Printer, Status
from labelhub.printers.probe import Board, Probe
from labelhub.printers.snmp import Snmp
from labelhub.printers.usb import UsbPorts
from tests.house import Clock
from tests.printers.printers_at_hand import HOST, LATER, THEN, agent, dead_port, look, peer, printer

QUICK_S = 0.05
LONG_S = 30
"""All looks are far shorter together, and one without a bound is longer."""
TAPE = media_from_word("PT-P750W", "12mm")
IDLE = Report(PrinterState.IDLE, (), TAPE, 3)


def at(snmp_port: int, **more: Any) -> Address:
    return replace(Address(HOST, 1, True, snmp_port), **more)


# One look


async def test_a_printer_tells_its_state_media_and_page_count() -> None:
    async with Emulator("PT-P750W", TAPE) as emulator:
        emulator.machine.page_count = 41
        assert await look(at(emulator.snmp_port), PT) == Report(PrinterState.IDLE, (), TAPE, 41)
        await emulator.open_cover()
        assert (await look(at(emulator.snmp_port), PT)).reasons == (Reason.COVER_OPEN,)


async def test_a_host_name_is_resolved() -> None:
    async with Emulator("PT-P750W", TAPE) as emulator:
        # The old short form of 127.0.0.1: a name to our code, and it resolves on machines that know no other.
        assert (await look(at(emulator.snmp_port, host="127.1"), PT)).media == TAPE


async def test_a_lost_datagram_is_asked_for_again() -> None:
    real = Agent(values_of(Machine("PT-P750W", TAPE), "A1", lambda: 0.0), "public")
    asked = []

    def answer(request: bytes) -> Iterator[bytes]:
        asked.append(request)
        if len(asked) > 1:
            yield real.answer(request) or b""

    async with agent(answer) as port:
        assert (await look(at(port), PT, QUICK_S)).media == TAPE
    assert len(asked) == 2


async def test_a_wrong_community_is_told_as_a_possible_reason() -> None:
    async with Emulator("PT-P750W", TAPE) as emulator:
        with pytest.raises(PrinterUnreachable, match=r"no SNMP answer.*community") as caught:
            await look(at(emulator.snmp_port, snmp_community="hunter2"), PT, QUICK_S)
    assert "hunter2" not in caught.value.detail


@pytest.mark.parametrize("community", ["", "ä\0" * 100, "x" * 255])
async def test_an_odd_community_is_no_worse_than_a_wrong_one(community: str) -> None:
    async with Emulator("PT-P750W", TAPE) as emulator:
        with pytest.raises(PrinterUnreachable):
            await look(at(emulator.snmp_port, snmp_community=community), PT, QUICK_S)


async def test_a_dead_port_is_unreachable() -> None:
    with pytest.raises(PrinterUnreachable, match="is the printer on"):
        await look(at(dead_port()), PT, QUICK_S)


@pytest.mark.parametrize("host", ["nowhere.invalid", "", "a..b", "x" * 300, "a\0b", "ä" * 70, "[::1]", "255.255.255.255"])
async def test_a_host_that_is_none_is_unreachable(host: str) -> None:
    with pytest.raises(PrinterUnreachable):
        await look(at(161, host=host), PT, QUICK_S)


async def test_a_printer_without_snmp_is_seen_by_its_open_port() -> None:
    async with Emulator("PT-P750W", TAPE, snmp=False) as emulator:
        address = Address(HOST, emulator.port, snmp=False)
        assert await look(address, PT) == Report(PrinterState.UNKNOWN)
        await emulator.unplug()
        with pytest.raises(PrinterUnreachable):
            await look(address, PT)
        assert emulator.machine.page_count == 0


def values_without(machine: Machine, *branches: tuple[int, ...]) -> dict[Any, Any]:
    """What a printer answers that does not know these branches of the tree."""
    values = values_of(machine, "A1", lambda: 0.0)
    return {oid: value for oid, value in values.items() if not any(oid[: len(branch)] == branch for branch in branches)}


BROTHER, HOST_MIB = (1, 3, 6, 1, 4, 1, 2435), (1, 3, 6, 1, 2, 1, 25)


async def test_an_agent_without_any_printer_status_is_no_printer_of_ours() -> None:
    with pytest.raises(ReplyInvalid, match="is it the printer"):
        await look_at_agent(Agent(values_without(Machine("PT-P750W", TAPE), BROTHER, HOST_MIB), "public"))


async def test_a_printer_without_its_makers_status_block_is_read_by_the_standard() -> None:
    machine = Machine("PT-P750W", TAPE, page_count=41)
    agent_without_block = Agent(values_without(machine, BROTHER), "public")
    report = await look_at_agent(agent_without_block)
    assert report == Report(PrinterState.IDLE, (), TAPE, 41)
    assert report.media is not None
    assert report.media.media_color == ""  # its name tells the size and nothing more
    machine.open_cover()
    assert (await look_at_agent(agent_without_block)).reasons == (Reason.COVER_OPEN,)
    machine.close_cover()
    machine.remove_media()
    assert (await look_at_agent(agent_without_block)).reasons == (Reason.MEDIA_EMPTY,)


async def test_a_printer_that_knows_v1_alone_is_asked_in_v1_one_number_at_a_time() -> None:
    real, asked = Agent(values_without(Machine("PT-P750W", TAPE, page_count=7), (*HOST_MIB, 3)), "public"), []

    def answer(request: bytes) -> Iterator[bytes]:
        version = request[4] if request[1] < 0x80 else request[5]
        asked.append(version)
        if version == 0:
            yield real.answer(request) or b""

    snmp = Snmp(QUICK_S)
    async with agent(answer) as port:
        values = await snmp.get(at(port), (mib.HR_DEVICE_DESCR, mib.PRT_MARKER_LIFE_COUNT))
        assert values == {mib.PRT_MARKER_LIFE_COUNT: 7}  # what it does not know fails alone
        assert asked == [1, 1, 0, 0]
        await snmp.get(at(port), (mib.PRT_MARKER_LIFE_COUNT,))
        assert asked == [1, 1, 0, 0, 0]  # remembered


async def test_a_printer_whose_snmp_is_silent_is_reached_by_its_open_port_and_nothing_is_guessed() -> None:
    async with Emulator("PT-P750W", TAPE, snmp=False) as emulator:
        report = await look(Address(HOST, emulator.port, True, dead_port()), PT, QUICK_S)
        assert (report.state, report.media, report.reasons) == (PrinterState.UNKNOWN, None, ())
        assert "no SNMP answer" in (report.blind or "")
        await emulator.unplug()
        with pytest.raises(PrinterUnreachable, match="is the printer on"):
            await look(Address(HOST, emulator.port, True, dead_port()), PT, QUICK_S)


async def test_a_printer_of_another_kind_than_its_settings_say_is_told_by_its_own_name() -> None:
    async with Emulator("QL-820NWB", media_from_word("QL-820NWB", "62mm")) as emulator:
        with pytest.raises(ReplyInvalid, match=r"says it is a QL-820NWB.*PT-P750W"):
            await look(at(emulator.snmp_port), PT, QUICK_S)


async def test_a_block_that_is_none_is_no_status() -> None:
    values = values_of(Machine("PT-P750W", TAPE), "A1", lambda: 0.0)
    name = next(value for oid, value in values.items() if oid[:7] == (1, 3, 6, 1, 2, 1, 1))
    with pytest.raises(ReplyInvalid):
        await look_at_agent(Agent(dict.fromkeys(values, name), "public"))


async def look_at_agent(real: Agent) -> Report:
    async with agent(lambda request: [real.answer(request) or b""]) as port:
        return await look(at(port), PT, QUICK_S)


@pytest.mark.parametrize("garbage", [b"", b"\0", b"garbage", b"\x30\x82\xff\xff", b"\xff" * 2000, bytes(60_000)])
async def test_garbage_is_one_typed_error_within_the_bound(garbage: bytes) -> None:
    async with agent(lambda _request: [garbage, garbage]) as port, asyncio.timeout(LONG_S):
        with pytest.raises(PrinterError):
            await look(at(port), PT, QUICK_S)


async def test_an_echo_is_no_answer() -> None:
    async with agent(lambda request: [request]) as port:
        with pytest.raises(PrinterError):
            await look(at(port), PT, QUICK_S)


async def test_no_damaged_answer_does_worse_than_a_typed_error(capfd: pytest.CaptureFixture[str]) -> None:
    """Some of these make the SNMP library panic; it says so on standard error, too."""
    real = Agent(values_of(Machine("PT-P750W", TAPE), "A1", lambda: 0.0), "public")
    dice = random.Random(1)
    panics = 0

    def damaged(request: bytes) -> list[bytes]:
        reply = bytearray(real.answer(request) or b"")
        for _ in range(dice.randint(1, 6)):
            reply[dice.randrange(len(reply))] = dice.randrange(256)
        return [bytes(reply[: dice.randint(1, len(reply))] if dice.random() < 0.3 else reply)]

    async with agent(damaged) as port:
        for _ in range(300):
            try:
                await look(at(port), PT, 0.01)
            except PrinterError as error:
                panics += type(error.__cause__).__name__ == "PanicException"
    capfd.readouterr()
    assert panics, "the library panics no more: take the handling of it out"


# The board


class Ear:
    """Hears of changes."""

    def __init__(self) -> None:
        self.heard: list[tuple[Printer, Status, Status]] = []

    def __call__(self, one: Printer, before: Status, after: Status) -> None:
        self.heard.append((one, before, after))


def test_the_board_tells_only_what_a_person_would_see() -> None:
    clock, ear, one = Clock(THEN), Ear(), printer()
    board = Board(clock, ear)
    outcomes: list[tuple[Report | PrinterError, bool]] = [
        (IDLE, True),
        (IDLE, False),
        (replace(IDLE, page_count=4), False),
        (replace(IDLE, state=PrinterState.PRINTING), True),
        (replace(IDLE, reasons=(Reason.COOLING,)), True),
        (replace(IDLE, media=media_from_word("PT-P750W", "24mm")), True),
        (replace(IDLE, media=replace(TAPE, media_color="red")), True),
        (replace(IDLE, media=replace(TAPE, media_color="red", text_color="gold")), True),
        (PrinterUnreachable("no answer"), True),
        (PrinterUnreachable("no answer"), False),
        (PrinterUnreachable("another reason"), True),
        (IDLE, True),
    ]
    for outcome, tells in outcomes:
        clock.forward(30)
        before, count = board.of(one.id), len(ear.heard)
        after = board.record(one, outcome)
        assert after == board.of(one.id)
        assert after.captured_at == clock.now
        assert ear.heard[count:] == ([(one, before, after)] if tells else []), outcome


def test_the_board_knows_nothing_of_a_printer_never_seen_or_forgotten() -> None:
    board, one = Board(Clock(THEN), Ear()), printer()
    assert board.of(one.id) == Status()
    board.record(one, IDLE)
    board.forget(one.id)
    board.forget(one.id)
    assert board.of(one.id) == Status()


def test_a_look_that_ends_after_the_printer_was_changed_is_not_recorded() -> None:
    ear = Ear()
    board = Board(Clock(THEN), ear, lambda one: one.name != "old")
    old = printer(name="old")
    assert board.record(old, IDLE).online
    assert board.of(old.id) == Status()
    assert ear.heard == []


# The round


async def test_a_look_at_a_model_nobody_drives_says_so() -> None:
    board = Board(Clock(LATER), Ear())
    status = await Probe(board, Snmp(QUICK_S), UsbPorts(), Clock(LATER)).look_at(printer(model="X-1"), None)
    assert (status.online, status.captured_at, status.last_seen_at) == (False, LATER, None)
    assert "'X-1'" in (status.last_error or "")


async def test_a_round_over_fifty_mad_and_dead_printers_stays_within_its_bound() -> None:
    board = Board(Clock(THEN), Ear())
    hosts = [HOST, "nowhere.invalid", "a\0b"]

    async def stay_silent(_connection: object) -> None:
        pass

    async with agent(lambda _request: []) as silent, agent(lambda _request: [b"garbage"]) as mad, peer(stay_silent) as open_port:
        addresses = [Address(hosts[n % 3], 1, n % 2 == 0, (silent, mad, dead_port())[n % 5 % 3]) for n in range(49)]
        printers = [printer(n, address=address) for n, address in enumerate([*addresses, Address(HOST, open_port, snmp=False)])]
        async with asyncio.timeout(LONG_S):
            await Probe(board, Snmp(QUICK_S), UsbPorts(), Clock(THEN)).round((one, PT) for one in printers)
    statuses = [board.of(one.id) for one in printers]
    assert [status.online for status in statuses] == [False] * 49 + [True]
    assert all(status.last_error for status in statuses[:49])


async def test_no_more_looks_are_under_way_than_the_sockets_bear() -> None:
    under_way, most = 0, 0

    async def take(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        writer.close()

    server = await asyncio.start_server(take, HOST, 0, backlog=200)
    port = server.sockets[0].getsockname()[1]
    printers = [printer(n, address=Address(HOST, port, snmp=False)) for n in range(100)]
    board = Board(Clock(THEN), Ear())
    await Probe(board, Snmp(), UsbPorts(), Clock(THEN)).round((one, PT) for one in printers)
    server.close()
    assert 0 < most <= 32
    assert all(board.of(one.id).online for one in printers)


def test_the_clock_of_the_board_is_the_one_it_was_given() -> None:
    clock = Clock(THEN)
    board = Board(clock, Ear())
    board.record(printer(), IDLE)
    clock.forward(90)
    status = board.record(printer(), PrinterUnreachable("away"))
    assert (status.last_seen_at, status.captured_at) == (THEN, THEN + timedelta(seconds=90))
