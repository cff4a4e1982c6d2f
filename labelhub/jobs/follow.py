"""Send a connection's pages and follow the printer until it is known what became of them.

The printer is looked at from the first byte on: while it reads, prints, cools and stands open. Evidence counts once the last
byte has left. What moves is waited for; where nothing moves any more, and nobody can know, the outcome is unknown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from labelhub.drivers.status import PASSING, PrinterState
from labelhub.errors import OutcomeUnknown
from labelhub.jobs.job import Evidence
from labelhub.printers.printer import Status
from labelhub.printers.transport import Pipe, Receipt

FIRST_LOOK_S, SLOWEST_LOOK_S = 0.005, 0.5
COUNTER_WRAP = 2**32
COUNTER_SLACK = 1000
"""Pages that others may have printed meanwhile."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the hub waits for a printer to say that it is done, all in seconds.

    `quiet_s`: with no sign of work from a printer that has read everything. `unread_s`: from one that has not, which may be
    serving somebody else first. `fault_s`: while it shows a fault a person can clear, or cools. `settle_s`: idle but without
    having counted the pages, before its word alone is taken.
    """

    quiet_s: float = 30.0
    unread_s: float = 90.0
    fault_s: float = 900.0
    settle_s: float = 3.0


Look = Callable[[], Awaitable[Status]]
Tell = Callable[[int, Status], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Watch:
    """What is to be followed: so many pages from the status before them on; `tell` hears of pages done and faults on the way.

    `counted_as` is the evidence that a count of pages is: a life counter, or a printer's own word on USB. Of one that `may_be_mute`
    nothing is known where others would leave the outcome unknown: it was sent, and that is all there will ever be.
    """

    pages: int
    before: Status
    look: Look
    tell: Tell
    patience: Patience
    counted_as: Evidence = Evidence.PAGE_COUNTER
    may_be_mute: bool = False


async def send_and_follow(pipe: Pipe, data: bytes, watch: Watch, alive: Callable[[], None]) -> Evidence:
    """How the hub knows that the pages are out. OutcomeUnknown when nobody can know."""
    sending = asyncio.create_task(pipe.send(data, stall_timeout_s=watch.patience.fault_s, close_timeout_s=0, alive=alive))
    try:
        return await _follow(pipe, sending, len(data), watch)
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


async def _follow(pipe: Pipe, sending: asyncio.Task[Receipt], size_bytes: int, watch: Watch) -> Evidence:
    clock, patience = asyncio.get_running_loop().time, watch.patience
    done, sent_bytes, wait_s, worked = 0, 0, FIRST_LOOK_S, False
    sent_at = quiet_since = fault_since = clock()
    while True:
        sent = sending.done()  # before the look: what it shows then came after the last byte
        status = await watch.look()
        now = clock()
        counted = _counted(watch.before, status, watch.pages)
        if sent and counted is not None and counted >= watch.pages:
            return watch.counted_as
        if sent:
            sending.result()
        passing = bool(status.online and PASSING.intersection(status.reasons))
        faulty = bool(status.online and set(status.reasons) - PASSING)
        # Seen at work, without a fault or a power cut since: only then does its falling idle mean that it is done.
        worked = bool(status.online) and not faulty and (worked or status.state == PrinterState.PRINTING)
        idle = status.online and status.state == PrinterState.IDLE and not status.reasons
        believable = worked or (watch.before.page_count is None and status.page_count is None)
        settled = now - quiet_since > patience.settle_s
        if sent and idle and believable and not counted and settled and await pipe.closed_by_printer():
            return Evidence.STATUS
        moved = pipe.sent_bytes > sent_bytes or (counted or 0) > done
        if moved or status.state == PrinterState.PRINTING or passing or faulty:
            quiet_since = now
        if not status.reasons:
            fault_since = now
        done, sent_bytes = max(done, counted or 0), pipe.sent_bytes
        await watch.tell(done, status)
        quiet_s = now - quiet_since
        # Another may be served first where the job has not been read; one that is away, or has read it all, has no such excuse.
        if quiet_s > patience.quiet_s and quiet_s <= patience.unread_s and status.online:
            quiet_s = quiet_s if sending.done() and (await pipe.closed_by_printer() or await pipe.gone()) else 0.0
        if now - fault_since > patience.fault_s or quiet_s > patience.quiet_s:
            if sent and watch.may_be_mute and status.online and status.state is PrinterState.UNKNOWN and not counted:
                return Evidence.SENT
            raise OutcomeUnknown(_doubt(status, done, watch.pages, now - sent_at, sent_bytes, size_bytes))
        if sending.done():
            await asyncio.sleep(wait_s)
        else:
            await asyncio.wait({sending}, timeout=wait_s)
        wait_s = FIRST_LOOK_S if sending.done() and not sent else min(wait_s * 1.5, SLOWEST_LOOK_S)


def _counted(before: Status, now: Status, pages: int) -> int | None:
    """Pages counted since; None where it cannot be told, also after a counter was set back or is another printer's."""
    if not now.online or before.page_count is None or now.page_count is None:
        return None
    counted = (now.page_count - before.page_count) % COUNTER_WRAP
    return counted if counted <= pages + COUNTER_SLACK else None


def _doubt(status: Status, done: int, pages: int, waited_s: float, sent_bytes: int, size_bytes: int) -> str:
    why = status.last_error if not status.online else ", ".join(status.reasons) or f"it says {status.state}"
    sent = "all bytes were sent" if sent_bytes == size_bytes else f"the printer took {sent_bytes} of {size_bytes} bytes"
    return f"{sent}, but after {waited_s:.0f} s it had confirmed {done} of {pages} labels: {why}"
