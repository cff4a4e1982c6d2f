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
MOST_STEP_S = 5.0
"""Of the time between two looks: what lies beyond, waiting for one or with this process stopped, was not spent watching."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the hub waits for a printer to say that it is done, all in seconds.

    `quiet_s`: with no sign of work from a printer that has read everything. `unread_s`: from one that has not, which may be
    serving somebody else first. `fault_s`: while it shows one fault or says that it works, and no byte or page moves.
    `settle_s`: idle but without having counted the pages, before its word alone is taken.
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
    seen = _Seen(watch)
    wait_s = FIRST_LOOK_S
    while True:
        sent = sending.done()  # before the look: what it shows then came after the last byte
        status = await watch.look()
        seen.add(status, pipe.sent_bytes)
        if sent and pipe.sent_bytes < size_bytes:
            sending.result()
        if sent and (evidence := await seen.evidence(status, pipe)) is not None:
            return evidence
        await watch.tell(seen.done, status)
        if await seen.hopeless(status, pipe, read_it_all=sending.done()):
            return seen.last_word(status, pipe.sent_bytes, size_bytes)
        if sending.done():
            await asyncio.sleep(wait_s)
        else:
            await asyncio.wait({sending}, timeout=wait_s)
        wait_s = FIRST_LOOK_S if sending.done() and not sent else min(wait_s * 1.5, SLOWEST_LOOK_S)


class _Seen:
    """What the looks have shown so far, and what may be concluded from it."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._clock = asyncio.get_running_loop().time
        self._begun = self._last = self._clock()
        self._sent_bytes = 0
        self._shown = watch.before
        self._uptime_s = watch.before.uptime_s or 0.0
        self._worked = self._cut = False
        self._quiet_s = self._still_s = self._idle_s = 0.0
        self._counted: int | None = None
        self.done = 0
        """Pages counted, as far as they can be this job's."""

    def add(self, status: Status, sent_bytes: int) -> None:
        """Take in one look."""
        now = self._clock()
        step_s, self._last = min(now - self._last, MOST_STEP_S), now
        self._counted = _counted(self._watch.before, status, self._watch.pages)
        counted = min(self._counted or 0, self._watch.pages)
        moves = sent_bytes > self._sent_bytes or counted > self.done
        changes = moves or (status.state, status.reasons) != (self._shown.state, self._shown.reasons)
        self._believe(status)
        self._quiet_s = (
            0.0 if moves or status.state == PrinterState.PRINTING or (status.online and status.reasons) else self._quiet_s + step_s
        )
        self._still_s = 0.0 if changes else self._still_s + step_s
        self._idle_s = self._idle_s + step_s if _idle(status) else 0.0
        self.done, self._sent_bytes, self._shown = max(self.done, counted), sent_bytes, status

    def _believe(self, status: Status) -> None:
        """Seen at work, without a fault, an answer missing or a power cut since: only then does its falling idle mean that it is done."""
        answered = bool(status.online) and not status.blind
        uptime_s = self._uptime_s if status.uptime_s is None else status.uptime_s
        self._cut = self._cut or not answered or uptime_s < self._uptime_s
        self._uptime_s = uptime_s
        if not answered or set(status.reasons) - PASSING or self._cut:
            self._worked = False
        elif status.state == PrinterState.PRINTING:
            self._worked = True

    async def evidence(self, status: Status, pipe: Pipe) -> Evidence | None:
        """How it is known that all pages are out, once it is; only after the last byte has left."""
        if self._counted is not None and self._counted >= self._watch.pages:
            # Somebody else's pages move a life counter too. They are out, and ours as well, when the printer has read the job and
            # has nothing left to do; one that never closes has shown as much by staying idle. On USB the count is our own.
            ours = self._watch.counted_as is not Evidence.PAGE_COUNTER
            if ours or (_idle(status) and (self._idle_s > self._watch.patience.settle_s or await pipe.closed_by_printer())):
                return self._watch.counted_as
            return None
        # Without a count: at work and idle again, the counter standing still if there is one.
        counterless = self._watch.before.page_count is None and status.page_count is None
        believable = self._counted == 0 and self._worked if not counterless else self._worked or not self._cut
        if _idle(status) and believable and self._quiet_s > self._watch.patience.settle_s and await pipe.closed_by_printer():
            return Evidence.STATUS
        return None

    async def hopeless(self, status: Status, pipe: Pipe, read_it_all: bool) -> bool:
        """True when nothing moves any more and more waiting would tell nothing new."""
        patience = self._watch.patience
        if self._still_s > patience.fault_s or self._quiet_s > patience.unread_s:
            return True
        # Another may be served first where the job has not been read; one that is away, or has read it all, has no such excuse.
        if self._quiet_s <= patience.quiet_s:
            return False
        return not status.online or (read_it_all and (await pipe.closed_by_printer() or await pipe.gone()))

    def last_word(self, status: Status, sent_bytes: int, size_bytes: int) -> Evidence:
        """What is left to say then. OutcomeUnknown in all cases but one: a printer that may be mute has never said a word."""
        mute = status.online and status.state is PrinterState.UNKNOWN and not self._counted
        if self._watch.may_be_mute and mute and sent_bytes == size_bytes:
            return Evidence.SENT
        raise OutcomeUnknown(_doubt(status, self.done, self._watch.pages, self._clock() - self._begun, sent_bytes, size_bytes))


def _idle(status: Status) -> bool:
    return bool(status.online) and status.state == PrinterState.IDLE and not status.reasons


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
