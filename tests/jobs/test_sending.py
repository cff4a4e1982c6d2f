"""Pages that leave one by one: what gate, room and `holds` let through, against a pipe and against virtual printers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from labelhub.drivers.brother import PT, BrotherDriver
from labelhub.drivers.brother.received import Rule
from labelhub.drivers.brother.words import media_from_word
from labelhub.drivers.driver import Encoded, EncodedPage
from labelhub.emulator.machine import Machine
from labelhub.emulator.printer import VirtualPrinter
from labelhub.emulator.server import Connection, Emulator
from labelhub.emulator.usb import UsbEmulator
from labelhub.errors import DatabaseUnusable, LeaseLost
from labelhub.jobs.follow import Gate, Outcome, Patience, Watch, send_and_follow, send_unseen
from labelhub.jobs.job import Evidence
from labelhub.printers.look import look as look_at
from labelhub.printers.printer import Address, Status
from labelhub.printers.schemes import Transports
from labelhub.printers.snmp import Snmp
from labelhub.printers.tcp import CHUNK_BYTES
from labelhub.printers.transport import Holds, always
from labelhub.printers.usb import UsbPorts
from tests.drivers.pictures import busy_page, page
from tests.jobs.test_follow import PATIENCE, Taking, go_on, idle, job, open_cover, works

MODEL, TAPE = "PT-P750W", media_from_word("PT-P750W", "12mm")
P900W = "PT-P900W"
QUICK = Patience(quiet_s=2.0, unread_s=4.0, fault_s=10.0, settle_s=0.1, uncounted_s=0.1)
SLOW_MM_PER_S = 250.0
"""About a tenth of a second for a page."""


def until(pages: int) -> Gate:
    """A gate that closes behind so many pages."""

    async def gate(number: int) -> bool:
        return number < pages

    return gate


def breaks_at(page_number: int) -> Gate:
    async def gate(number: int) -> bool:
        if number == page_number:
            raise DatabaseUnusable("gone")
        return True

    return gate


def watching(looks: list[Status], patience: Patience = PATIENCE) -> Watch:
    """The printer before all, then as it looks each time; the last look repeats."""
    before, left = looks[0], looks[1:]

    async def look() -> Status:
        return left.pop(0) if len(left) > 1 else left[0]

    async def tell(done: int, status: Status) -> None:
        pass

    return Watch(before, look, tell, patience)


# Against a pipe


async def test_a_gate_that_closes_ends_the_job_behind_the_page_before() -> None:
    pipe = Taking()
    found = await send_and_follow(pipe, job(9), watching([idle(0), works(1), works(2), idle(3)]), until(3))
    assert (found, pipe.taken, pipe.aborted) == (Outcome(Evidence.PAGE_COUNTER, 3), b"-+-+-.", False)


async def test_a_gate_that_never_opens_sends_nothing_and_looks_at_nothing() -> None:
    pipe = Taking()
    assert await send_and_follow(pipe, job(2), watching([idle(0)]), until(0)) == Outcome(None, 0)
    assert await send_unseen(pipe, job(2), until(0), close_timeout_s=1) == Outcome(None, 0)
    assert (pipe.taken, pipe.aborted) == (b"", False)


async def test_an_error_of_the_gate_before_the_first_byte_goes_through_and_nothing_left() -> None:
    pipe = Taking()
    with pytest.raises(DatabaseUnusable):
        await send_and_follow(pipe, job(2), watching([idle(0)]), breaks_at(0))
    assert (pipe.taken, pipe.aborted) == (b"", False)


async def test_an_error_of_the_gate_between_two_pages_ends_nothing_and_drops_the_connection() -> None:
    pipe = Taking()
    with pytest.raises(DatabaseUnusable):
        await send_and_follow(pipe, job(3), watching([idle(0), works(0)]), breaks_at(2))
    assert (pipe.taken, pipe.aborted) == (b"-+-", True)


async def test_pages_that_say_whether_they_are_the_last_are_let_through_one_ahead() -> None:
    encoded = Encoded((EncodedPage(b"a", b"A"), EncodedPage(b"b", b"B"), EncodedPage(b"C")), b"+", b".")
    for pages, left in ((1, b"A."), (2, b"a+B."), (3, b"a+b+C.")):
        pipe = Taking()
        found = await send_unseen(pipe, encoded, until(pages), close_timeout_s=1)
        assert (found.pages, pipe.taken) == (pages, left)
        assert encoded.up_to(pages) == left


async def test_a_page_begins_when_all_before_it_but_two_are_counted() -> None:
    count, begun, most = 0, 0, 0

    async def gate(number: int) -> bool:
        nonlocal begun, most
        begun, most = number + 1, max(most, number + 1 - count)
        return True

    async def look() -> Status:
        nonlocal count
        count = min(count + 1, begun - 1) if begun < 9 else min(count + 1, 9)
        return idle(9) if count == 9 else works(count)

    async def tell(done: int, status: Status) -> None:
        pass

    pipe = Taking()
    assert await send_and_follow(pipe, job(9), Watch(idle(0), look, tell, PATIENCE), gate) == Outcome(Evidence.PAGE_COUNTER, 9)
    assert most == 3


@pytest.mark.parametrize("state", [idle, works])
async def test_a_counter_that_moves_at_the_end_alone_holds_nothing_back_for_ever(state: Callable[[int], Status]) -> None:
    pipe = Taking()

    async def look() -> Status:
        return idle(6) if pipe.taken.endswith(b".") else state(0)

    async def tell(done: int, status: Status) -> None:
        pass

    async with asyncio.timeout(30):
        found = await send_and_follow(pipe, job(6), Watch(idle(0), look, tell, PATIENCE), go_on)
    assert found == Outcome(Evidence.PAGE_COUNTER, 6)


async def test_pages_are_held_back_while_a_fault_is_shown() -> None:
    pipe, looks = Taking(), 0

    async def look() -> Status:
        nonlocal looks
        looks += 1
        if asyncio.get_running_loop().time() < closed_at:
            assert pipe.taken.count(b"-") <= 3
            return open_cover(0)
        return idle(5) if pipe.taken.endswith(b".") else works(pipe.taken.count(b"-") - 1)

    async def tell(done: int, status: Status) -> None:
        pass

    closed_at = asyncio.get_running_loop().time() + 2 * PATIENCE.quiet_s
    found = await send_and_follow(pipe, job(5), Watch(idle(0), look, tell, PATIENCE), go_on)
    assert found == Outcome(Evidence.PAGE_COUNTER, 5)


# Against virtual printers


class Bench:
    """A virtual printer, and connections to it as the hub makes them."""

    def __init__(self, printer: VirtualPrinter, address: Address, driver: BrotherDriver, usb: UsbPorts) -> None:
        self.printer = printer
        self.machine: Machine = printer.machine
        self._address, self._driver, self._usb, self._snmp = address, driver, usb, Snmp(0.2)

    async def look(self) -> Status:
        report = await look_at(self._address, self._driver, self.machine.model.name, self._snmp, self._usb)
        return Status().seen(report, datetime.now(UTC))

    def encoded(self, pages: int, rows: int = 150) -> Encoded:
        assert self.machine.media is not None
        width_dots = self._driver.geometry(self.machine.model.name, self.machine.media).canvas.width_dots
        return self._driver.encode(self.machine.model.name, self.machine.media, [page(width_dots, rows)] * pages)

    async def send(self, encoded: Encoded, gate: Gate = go_on, holds: Holds = always, patience: Patience = QUICK) -> Outcome:
        """Send and follow, as a worker does it."""

        async def tell(done: int, status: Status) -> None:
            self.done = done

        before, on_usb = await self.look(), self._address.scheme == "usb"
        if on_usb:
            before = Status(online=True, state=before.state, media=before.media, page_count=0)
        watch = Watch(before, self.look, tell, patience, Evidence.STATUS if on_usb else Evidence.PAGE_COUNTER)
        async with Transports(self._usb).pipe_to(self._address) as pipe:
            return await send_and_follow(pipe, encoded, watch, gate, holds)


@asynccontextmanager
async def on_network(model: str = MODEL, mm_per_s: float | None = None, *, keep_bytes: bool = False) -> AsyncIterator[Bench]:
    async with Emulator(model, media_from_word(model, "12mm"), mm_per_s=mm_per_s, keep_bytes=keep_bytes) as printer:
        address = Address(printer.host, printer.port, snmp_port=printer.snmp_port)
        yield Bench(printer, address, PT, UsbPorts())


@asynccontextmanager
async def on_usb(folder: Path, model: str = P900W, mm_per_s: float | None = None) -> AsyncIterator[Bench]:
    async with UsbEmulator(model, media_from_word(model, "12mm"), link=folder / "lp0", mm_per_s=mm_per_s) as printer:
        yield Bench(printer, Address("usb://lp0"), PT, UsbPorts(folder))


def connection_of(bench: Bench) -> Connection:
    """The last one the printer saw."""
    assert isinstance(bench.printer, Emulator)
    return bench.printer.connections[-1]


async def closed(bench: Bench) -> Connection:
    """The last connection, once the printer is done with it."""
    await bench.printer.wait_until(lambda _: connection_of(bench).closed_at_s is not None)
    return connection_of(bench)


@pytest.mark.parametrize("model", [MODEL, P900W])
async def test_a_batch_stopped_in_the_middle_ends_behind_the_pages_on_their_way(model: str) -> None:
    async with on_network(model, SLOW_MM_PER_S) as bench:
        stopped: list[int] = []

        async def gate(number: int) -> bool:
            return not stopped

        sending = asyncio.create_task(bench.send(bench.encoded(20), gate))
        await bench.printer.wait_for_pages(4)
        stopped.append(bench.machine.page_count)
        found = await sending
        on_their_way = 4 if model == P900W else 3  # a P900 is told of the last page when it begins: one more has been let through
        assert stopped[0] <= found.pages <= stopped[0] + on_their_way
        assert (found.evidence, bench.machine.page_count) == (Evidence.PAGE_COUNTER, found.pages)
        assert (bench.machine.backlog, list(bench.machine.violations)) == (0, [])
        assert bench.machine.pages[-1].last


async def test_a_batch_on_usb_is_paced_by_what_the_printer_says_and_can_be_stopped(tmp_path: Path) -> None:
    async with on_usb(tmp_path, MODEL, SLOW_MM_PER_S) as bench:
        most = 0

        async def gate(number: int) -> bool:
            nonlocal most
            most = max(most, number - bench.machine.page_count)
            return number < 7

        assert await bench.send(bench.encoded(20), gate) == Outcome(Evidence.STATUS, 7)
        assert most <= 2
        assert (bench.machine.page_count, bench.machine.backlog, list(bench.machine.violations)) == (7, 0, [])


async def test_no_more_than_three_pages_are_ever_in_doubt() -> None:
    async with on_network(mm_per_s=SLOW_MM_PER_S) as bench:
        most = 0

        async def gate(number: int) -> bool:
            nonlocal most
            most = max(most, number + 1 - bench.machine.page_count)
            return True

        assert await bench.send(bench.encoded(8), gate) == Outcome(Evidence.PAGE_COUNTER, 8)
        assert most == 3
        assert not bench.machine.violations


async def test_the_parts_of_a_job_are_the_job() -> None:
    async with on_network(keep_bytes=True) as bench:
        encoded = bench.encoded(5)
        assert await bench.send(encoded) == Outcome(Evidence.PAGE_COUNTER, 5)
        assert bytes(connection_of(bench).data or b"") == encoded.whole


def late_after(writes: int) -> Holds:
    """Raises once so many writes were let through."""
    left = writes

    def holds() -> None:
        nonlocal left
        if not left:
            raise LeaseLost("another one drives the printer")
        left -= 1

    return holds


async def test_what_loses_its_printer_inside_a_page_sends_not_one_more_byte() -> None:
    async with on_network(mm_per_s=None) as bench:
        encoded = PT.encode(MODEL, TAPE, [busy_page(70, 5000)] * 3)
        with pytest.raises(LeaseLost):
            await bench.send(encoded, holds=late_after(4))
        seen = await closed(bench)
        assert len(encoded.pages[0].body) > 4 * CHUNK_BYTES
        assert (seen.size_bytes <= 4 * CHUNK_BYTES, seen.broken, bench.machine.page_count) == (True, True, 0)


async def test_what_loses_its_printer_while_that_reads_nothing_drops_what_is_unread(tmp_path: Path) -> None:
    """Its page prints so slowly that the rest stays in the network."""
    async with on_network(mm_per_s=SLOW_MM_PER_S) as bench:
        lost = False

        def holds() -> None:
            if lost:
                raise LeaseLost("another one drives the printer")

        encoded = PT.encode(MODEL, TAPE, [busy_page(70, 900)] * 9)
        sending = asyncio.create_task(bench.send(encoded, holds=holds))
        await bench.printer.wait_for_pages(1)
        lost = True
        with pytest.raises(LeaseLost):
            await sending
        await closed(bench)
        await bench.printer.wait_until(lambda machine: not machine.printing and machine.backlog <= 1)
        assert bench.machine.page_count <= 4


async def test_what_loses_its_printer_while_a_page_is_held_back_lets_go_of_it() -> None:
    async with on_network() as bench:
        lost = asyncio.Event()

        def holds() -> None:
            if lost.is_set():
                raise LeaseLost("another one drives the printer")

        async def gate(number: int) -> bool:
            if number == 2:
                await bench.printer.open_cover()
            return True

        sending = asyncio.create_task(bench.send(bench.encoded(9), gate, holds))
        await bench.printer.wait_until(lambda machine: machine.cover_open and machine.backlog == 2)
        lost.set()
        with pytest.raises(LeaseLost):
            await sending
        await bench.printer.close_cover()  # it reads no more before that, and does not see that the connection is gone
        assert (await closed(bench)).broken


async def test_a_page_without_its_end_is_thrown_away_by_the_next_job_and_does_not_look_like_work() -> None:
    async with on_network() as bench:
        with pytest.raises(DatabaseUnusable):
            await bench.send(bench.encoded(5), breaks_at(3))
        await closed(bench)
        assert (await bench.look()).state == "idle"
        assert bench.machine.page_count == 2
        assert await bench.send(bench.encoded(1)) == Outcome(Evidence.PAGE_COUNTER, 1)
        assert {violation.rule for violation in bench.machine.violations} <= {Rule.JOB_INCOMPLETE, Rule.PAGE_LOST}


async def test_a_printer_that_reads_between_two_pages_shows_that_it_is_taken() -> None:
    async with on_network() as bench:
        states, begun = [], asyncio.Event()

        async def gate(number: int) -> bool:
            if number == 2:
                begun.set()
                await bench.printer.wait_for_pages(1)  # the second page is inside, its end is held back
                states.append((await bench.look()).state)
            return True

        assert await bench.send(bench.encoded(3), gate) == Outcome(Evidence.PAGE_COUNTER, 3)
        assert states == ["printing"]
        assert (await bench.look()).state == "idle"


async def test_a_printer_that_counts_nothing_is_sent_everything_all_the_same() -> None:
    async with on_network(mm_per_s=100.0) as bench:  # slow enough to be seen at work on a busy machine
        real = bench.look

        async def stuck() -> Status:
            return replace(await real(), page_count=0)

        bench.look = stuck  # type: ignore[method-assign]
        async with asyncio.timeout(30):
            assert await bench.send(bench.encoded(6)) == Outcome(Evidence.STATUS, 6)  # seen at work and idle again
        assert bench.machine.page_count == 6
