"""What the hub believes after it has sent: a sequence of looks, and what follows from it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import uvloop

from labelhub.drivers.driver import Encoded, EncodedPage
from labelhub.drivers.status import PrinterState, Reason
from labelhub.errors import OutcomeUnknown
from labelhub.jobs.follow import Outcome, Patience, Watch, send_and_follow
from labelhub.jobs.job import Evidence
from labelhub.printers.printer import Status
from labelhub.printers.tcp import connect
from labelhub.printers.transport import Holds, Receipt, always

PATIENCE = Patience(quiet_s=0.15, unread_s=0.3, fault_s=0.6, settle_s=0.01)
MORE, LAST = b"+", b"."


def job(pages: int) -> Encoded:
    """A job of pages that are one byte and its end each."""
    return Encoded((EncodedPage(b"-"),) * pages, MORE, LAST)


async def go_on(number: int) -> bool:
    return True


class Taking:
    """A pipe to a printer that takes the job at its own pace: `reads` is awaited before the job's last byte counts as taken."""

    def __init__(self, closed: bool = True, reads: asyncio.Event | None = None) -> None:
        self.taken = b""
        self.aborted = False
        self._closed = closed
        self._reads = reads

    @property
    def sent_bytes(self) -> int:
        return len(self.taken)

    async def write(self, data: bytes, *, stall_timeout_s: float = 1, alive: Callable[[], None] = always, holds: Holds = always) -> None:
        holds()
        self.taken += data.removesuffix(LAST)
        if data.endswith(LAST):
            if self._reads is not None:
                await self._reads.wait()
            self.taken += LAST

    async def finish(self, *, close_timeout_s: float = 1, alive: Callable[[], None] = always) -> Receipt:
        return Receipt(self.sent_bytes, self._closed, b"")

    async def gone(self) -> bool:
        return False

    async def closed_by_printer(self) -> bool:
        return self._closed

    def abort(self) -> None:
        self.aborted = True

    async def close(self) -> None:
        pass


def idle(count: int | None = None) -> Status:
    return Status(online=True, state=PrinterState.IDLE, page_count=count)


def works(count: int | None = None) -> Status:
    return Status(online=True, state=PrinterState.PRINTING, page_count=count)


def cooling(count: int | None = None) -> Status:
    return Status(online=True, state=PrinterState.STOPPED, reasons=(Reason.COOLING,), page_count=count)


def open_cover(count: int | None = None) -> Status:
    return Status(online=True, state=PrinterState.STOPPED, reasons=(Reason.COVER_OPEN,), page_count=count)


def booted(uptime_s: float) -> Status:
    return Status(online=True, state=PrinterState.IDLE, uptime_s=uptime_s)


BLIND = Status(online=True, state=PrinterState.UNKNOWN, blind_since=datetime(2026, 1, 31, tzinfo=UTC))
GONE = Status(online=False, state=PrinterState.OFFLINE, last_error="no answer")


async def outcome(
    before: int | None, looks: Sequence[Status], *, pages: int = 2, closed: bool = True, patience: Patience = PATIENCE
) -> tuple[str, list[int]]:
    """The evidence or `unknown`, and the pages told to be done on the way; the last look repeats."""
    left, told = list(looks), []

    async def look() -> Status:
        return left.pop(0) if len(left) > 1 else left[0]

    async def tell(done: int, status: Status) -> None:
        told.append(done)

    try:
        found = await send_and_follow(Taking(closed), job(pages), Watch(idle(before), look, tell, patience), go_on)
    except OutcomeUnknown:
        return "unknown", told
    assert found.pages == pages
    return found.evidence or "none", told


@pytest.mark.parametrize(
    ("before", "looks", "wanted"),
    [
        (7, [works(7), works(8), idle(9)], Evidence.PAGE_COUNTER),
        (2**32 - 1, [works(0), idle(1)], Evidence.PAGE_COUNTER),
        (7, [works(7), open_cover(7), works(7), idle(9)], Evidence.PAGE_COUNTER),
        (7, [works(7), works(7), idle(7)], Evidence.STATUS),
        (None, [works(), idle()], Evidence.STATUS),
        (None, [idle()], Evidence.STATUS),
        (7, [works(7), cooling(7), cooling(8), works(8), idle(9)], Evidence.PAGE_COUNTER),
        (None, [works(), cooling(), idle()], Evidence.STATUS),
        (7, [cooling(7)], "unknown"),
        (7, [idle(7)], "unknown"),
        (7, [works(7), idle(8)], "unknown"),
        (7, [works(7), GONE, idle(7)], "unknown"),
        (7, [works(7), open_cover(7), idle(7)], "unknown"),
        (100, [idle(3)], "unknown"),
        (7, [idle(5_000_000)], "unknown"),
        (100, [works(100), idle(3)], "unknown"),
        (7, [works(7), idle(5_000_000)], "unknown"),
        (7, [works(7), works(8), idle()], "unknown"),
        (None, [works(), GONE, idle()], "unknown"),
        (None, [works(), BLIND, idle()], "unknown"),
        (None, [booted(500), booted(3)], "unknown"),
        (7, [works(9), open_cover(9)], "unknown"),
        (7, [GONE], "unknown"),
        (7, [open_cover(7)], "unknown"),
        (7, [works(7)] * 3 + [GONE], "unknown"),
    ],
    ids=[
        "counted",
        "counted past the wrap",
        "counted after a fault",
        "seen at work and idle again",
        "no counter, seen at work",
        "no counter, idle",
        "counted after cooling",
        "cooled and idle again, no counter",
        "cools for ever",
        "idle but never seen at work",
        "counted too few",
        "a power cut between",
        "a fault between",
        "counter set back",
        "another printer's counter",
        "counter set back after it was seen at work",
        "another printer's counter after it was seen at work",
        "a page counted, then no counter",
        "a power cut without a counter",
        "a silence without a counter",
        "a power cut between two looks, told by the time it is on",
        "counted, but something is left undone",
        "never heard again",
        "a fault nobody clears",
        "went away",
    ],
)
async def test_a_label_is_believed_printed_only_with_evidence(before: int | None, looks: list[Status], wanted: str) -> None:
    assert (await outcome(before, looks))[0] == wanted


async def test_an_idle_printer_that_has_not_read_everything_is_not_believed() -> None:
    assert (await outcome(None, [works(), idle()], closed=False))[0] == "unknown"


async def test_pages_are_told_as_they_are_counted_and_never_backwards() -> None:
    evidence, told = await outcome(0, [works(0), works(1), works(3), GONE, works(3), works(4), idle(5)], pages=5)
    assert evidence == Evidence.PAGE_COUNTER
    assert told == sorted(told)
    assert {1, 3, 4} <= set(told)


async def test_pages_that_come_out_while_the_job_is_still_being_read_are_told_and_prove_nothing_yet() -> None:
    reads, told = asyncio.Event(), []

    async def look() -> Status:
        return idle(2) if reads.is_set() else works(2)

    async def tell(done: int, status: Status) -> None:
        told.append(done)
        if len(told) == 3:
            reads.set()

    watch = Watch(idle(0), look, tell, PATIENCE)
    assert await send_and_follow(Taking(reads=reads), job(2), watch, go_on) == Outcome(Evidence.PAGE_COUNTER, 2)
    assert told[1:] == [2, 2]  # the first look came before the first page had begun


async def test_a_printer_that_stops_reading_and_shows_nothing_leaves_the_outcome_unknown() -> None:
    async def look() -> Status:
        return idle(0)

    async def tell(done: int, status: Status) -> None:
        pass

    watch = Watch(idle(0), look, tell, PATIENCE)
    with pytest.raises(OutcomeUnknown, match="the printer took 1 bytes, but after 0 s it had confirmed 0 of 1 labels"):
        await send_and_follow(Taking(False, asyncio.Event()), job(1), watch, go_on)


async def test_a_connection_that_broke_in_the_middle_is_unknown_whatever_the_counter_says() -> None:
    class Breaking(Taking):
        async def write(self, data: bytes, **_bounds: object) -> None:
            self.taken = b"-"
            raise OutcomeUnknown("broke after 1 of 3 bytes")

    async def look() -> Status:
        return idle(9)

    async def tell(done: int, status: Status) -> None:
        pass

    with pytest.raises(OutcomeUnknown, match="broke"):
        await send_and_follow(Breaking(), job(2), Watch(idle(7), look, tell, PATIENCE), go_on)


async def test_a_printer_that_says_it_works_and_moves_nothing_is_not_followed_for_ever() -> None:
    async with asyncio.timeout(30):
        assert (await outcome(7, [works(7)]))[0] == "unknown"


async def test_a_job_that_lies_unread_is_waited_for_longer_than_one_that_was_read() -> None:
    clock, patience = asyncio.get_running_loop().time, replace(PATIENCE, unread_s=3.0, fault_s=6.0)
    spent_s = []
    for closed in (True, False):
        begun = clock()
        assert (await outcome(7, [idle(7)], closed=closed, patience=patience))[0] == "unknown"
        spent_s.append(clock() - begun)
    assert patience.quiet_s < spent_s[0] < patience.unread_s < spent_s[1]


def test_a_printer_that_reads_for_a_while_never_has_its_stream_read_twice_at_once() -> None:
    """On the loop that the hub runs on, which wakes its tasks in another order."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(_read_slowly(40)) == [Outcome(Evidence.PAGE_COUNTER, 1)] * 40


async def _read_slowly(jobs: int) -> list[Outcome]:
    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = len(long_job)
        while left and (chunk := await reader.read(4096)):
            left -= len(chunk)
            await asyncio.sleep(0.001)  # the printer's own pace
        writer.close()

    long_job, found = bytes(40_000), []
    encoded = Encoded((EncodedPage(long_job),))
    server = await asyncio.start_server(take, "127.0.0.1", 0, limit=2048)
    async with server:
        for _ in range(jobs):
            pipe = await connect("127.0.0.1", server.sockets[0].getsockname()[1])
            ends_at = asyncio.get_running_loop().time() + 0.06

            async def look(ends_at: float = ends_at) -> Status:
                return idle(1) if asyncio.get_running_loop().time() > ends_at else works(0)

            async def tell(done: int, status: Status) -> None:
                pass

            found.append(await send_and_follow(pipe, encoded, Watch(idle(0), look, tell, PATIENCE), go_on))
            await pipe.close()
    return found
