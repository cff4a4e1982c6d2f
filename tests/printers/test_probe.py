"""Looks at printers that are well, away, set up wrongly or mad; and what the board makes of them."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from labelhub.drivers.brother import PT
from labelhub.drivers.brother.words import media_from_word
from labelhub.drivers.status import PrinterState, Reason, Report
from labelhub.emulator.agent import Agent, values_of
from labelhub.emulator.machine import Machine
from labelhub.emulator.server import Emulator
from labelhub.errors import PrinterError, PrinterUnreachable, ReplyInvalid
from labelhub.printers.printer import Address, Printer, Status
from labelhub.printers.probe import SNMP_TRIES, Board, Probe, look
from tests.house import Clock
from tests.printers.printers_at_hand import HOST, LATER, THEN, agent, dead_port, peer, printer

QUICK_S = 0.05
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


async def test_an_agent_without_the_status_block_is_no_printer_of_ours() -> None:
    values = {oid: value for oid, value in values_of(Machine("PT-P750W", TAPE), "A1", lambda: 0.0).items() if oid[6] != 2435}
    with pytest.raises(ReplyInvalid, match="is it the printer"):
        await look_at_agent(Agent(values, "public"))


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
    begun = time.perf_counter()
    async with agent(lambda _request: [garbage, garbage]) as port:
        with pytest.raises(PrinterError):
            await look(at(port), PT, QUICK_S)
    assert time.perf_counter() - begun < 10 * SNMP_TRIES * QUICK_S


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
    status = await Probe(board, QUICK_S).look_at(printer(model="X-1"), None)
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
        begun = time.perf_counter()
        await Probe(board, QUICK_S).round((one, PT) for one in printers)
        took_s = time.perf_counter() - begun
    assert took_s < 3
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
    await Probe(board).round((one, PT) for one in printers)
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
