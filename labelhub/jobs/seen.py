"""What the looks at a printer have shown of a connection's pages, and what may be concluded from it.

Evidence counts once the last byte has left. What moves is waited for; where nothing moves any more, and nobody can know, the
outcome is unknown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from labelhub.drivers.status import PASSING, PrinterState
from labelhub.errors import OutcomeUnknown
from labelhub.jobs.job import Evidence
from labelhub.printers.printer import Status
from labelhub.printers.transport import Pipe

FIRST_LOOK_S, SLOWEST_LOOK_S = 0.005, 0.5
LOOKS_A_PAGE, LOOKS_A_LAST_PAGE = 4, 10
LAST_PAGE_LOOK_S = 0.05
"""While the last page is waited for, behind which the next connection begins."""
LIVELY_S = 5.0
"""A printer that shows nothing new for so long is looked at no more often than needed."""
LONG_PAGE = 6
"""A printer that says it works is given so many times `uncounted_s` for one page, which is a metre of tape in a slow one."""
USUAL_PAGES = 3
"""Or so many times as long as the longest page took so far."""
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
    `settle_s`: idle but without having counted the pages, before its word alone is taken. `uncounted_s`: without a fault and a page
    counted, before the next pages leave all the same: some count at the end of a job, or never. `page_s`: what one page takes at
    most, of a printer that was found at work.
    """

    quiet_s: float = 30.0
    unread_s: float = 90.0
    fault_s: float = 900.0
    settle_s: float = 3.0
    uncounted_s: float = 5.0
    page_s: float = 45.0

    @property
    def held_back_s(self) -> float:
        """`uncounted_s`, but always less than what leaves the outcome unknown."""
        return min(self.uncounted_s, self.quiet_s / 3)


Look = Callable[[], Awaitable[Status]]
Tell = Callable[[int, Status], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Watch:
    """How the pages are followed, from the status before them on; `tell` hears of pages done and faults on the way.

    `counted_as` is the evidence that a count of pages is: a life counter, or a printer's own word on USB. Of one that `may_be_mute`
    nothing is known where others would leave the outcome unknown: it was sent, and that is all there will ever be.
    """

    before: Status
    look: Look
    tell: Tell
    patience: Patience
    counted_as: Evidence = Evidence.PAGE_COUNTER
    may_be_mute: bool = False


class Seen:
    """What the looks have shown so far, and what may be concluded from it."""

    def __init__(self, watch: Watch, pages: int) -> None:
        self.watch = watch
        self._pages = pages
        self._clock = asyncio.get_running_loop().time
        self._begun = self._last = self._clock()
        self._sent_bytes = 0
        self._shown = watch.before
        self._uptime_s = watch.before.uptime_s or 0.0
        self._worked = self._cut = False
        self._quiet_s = self._still_s = self._idle_s = self._held_back_s = 0.0
        self._counted_at = self._begun
        self._page_s = FIRST_LOOK_S
        self._longest_page_s = 0.0
        self._counted: int | None = None
        self.done = 0
        """Pages counted, as far as they can be this job's."""

    def add(self, status: Status, sent_bytes: int, begun: int, *, held_back: bool) -> None:
        """Take in one look, with so many pages begun and the next one held back, or not."""
        now = self._clock()
        step_s, self._last = min(now - self._last, MOST_STEP_S), now
        self._counted = _counted(self.watch.before, status, self._pages)
        counted = min(self._counted or 0, begun)
        self._time_pages(counted, now)
        moves = sent_bytes > self._sent_bytes or counted > self.done
        changes = moves or (status.state, status.reasons) != (self._shown.state, self._shown.reasons)
        self._believe(status)
        self._quiet_s = (
            0.0 if moves or status.state == PrinterState.PRINTING or (status.online and status.reasons) else self._quiet_s + step_s
        )
        self._still_s = 0.0 if changes else self._still_s + step_s
        self._idle_s = self._idle_s + step_s if is_idle(status) else 0.0
        well = status.online and not status.blind and not status.reasons
        self._held_back_s = self._held_back_s + step_s if held_back and well and counted <= self.done else 0.0
        self.done, self._sent_bytes, self._shown = max(self.done, counted), sent_bytes, status

    def _time_pages(self, counted: int, now: float) -> None:
        if counted > self.done:
            self._page_s = (now - self._counted_at) / (counted - self.done)
            self._longest_page_s = max(self._longest_page_s, self._page_s)
            self._counted_at = now

    def next_look_s(self, status: Status, waited_s: float, *, is_last: bool) -> float:
        """How long to wait before the next look: a part of what a page takes, or ever longer where nothing is to be expected."""
        if not status.online or status.reasons or self._still_s > LIVELY_S:
            return min(waited_s * 1.5, SLOWEST_LOOK_S)
        most_s, looks = (LAST_PAGE_LOOK_S, LOOKS_A_LAST_PAGE) if is_last else (SLOWEST_LOOK_S, LOOKS_A_PAGE)
        page_s = max(self._page_s, self._last - self._counted_at)
        return max(min(page_s, FIRST_LOOK_S), min(page_s / looks, most_s))

    def counts_no_pages(self, status: Status) -> bool:
        """True when a page was held back so long that its printer must be waiting for it, not the other way round."""
        most_s = self.watch.patience.held_back_s
        if status.state is PrinterState.PRINTING:
            most_s = max(most_s * LONG_PAGE, self._longest_page_s * USUAL_PAGES)
        return self._held_back_s > most_s

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

    async def evidence(self, status: Status, pipe: Pipe, pages: int) -> Evidence | None:
        """How it is known that so many pages are out, once it is; only after the last byte has left."""
        if self._counted is not None and self._counted >= pages:
            # Somebody else's pages move a life counter too. They are out, and ours as well, when the printer has read the job and
            # has nothing left to do; one that never closes has shown as much by staying idle. On USB the count is our own.
            ours = self.watch.counted_as is not Evidence.PAGE_COUNTER
            if ours or (is_idle(status) and (self._idle_s > self.watch.patience.settle_s or await pipe.closed_by_printer())):
                return self.watch.counted_as
            return None
        # Without a count: at work and idle again, the counter standing still if there is one.
        counterless = self.watch.before.page_count is None and status.page_count is None
        believable = self._counted == 0 and self._worked if not counterless else self._worked or not self._cut
        if is_idle(status) and believable and self._quiet_s > self.watch.patience.settle_s and await pipe.closed_by_printer():
            return Evidence.STATUS
        return None

    async def hopeless(self, status: Status, pipe: Pipe, read_it_all: bool) -> bool:
        """True when nothing moves any more and more waiting would tell nothing new."""
        patience = self.watch.patience
        if self._still_s > patience.fault_s or self._quiet_s > patience.unread_s:
            return True
        # Another may be served first where the job has not been read; one that is away, or has read it all, has no such excuse.
        if self._quiet_s <= patience.quiet_s:
            return False
        return not status.online or (read_it_all and (await pipe.closed_by_printer() or await pipe.gone()))

    def last_word(self, status: Status, sent_bytes: int, sent_pages: int | None) -> Evidence:
        """What is left to say then. OutcomeUnknown in all cases but one: a printer that may be mute has never said a word."""
        mute = status.online and status.state is PrinterState.UNKNOWN and not self._counted
        if self.watch.may_be_mute and mute and sent_pages is not None:
            return Evidence.SENT
        raise OutcomeUnknown(self._doubt(status, sent_bytes, sent_pages))

    def _doubt(self, status: Status, sent_bytes: int, sent_pages: int | None) -> str:
        why = status.last_error if not status.online else ", ".join(status.reasons) or f"it says {status.state}"
        sent = f"the printer took {sent_bytes} bytes" if sent_pages is None else "all bytes were sent"
        waited_s, pages = self._clock() - self._begun, self._pages if sent_pages is None else sent_pages
        return f"{sent}, but after {waited_s:.0f} s it had confirmed {self.done} of {pages} labels: {why}"


def is_idle(status: Status) -> bool:
    """True of a printer with nothing to do and nothing wrong."""
    return bool(status.online) and status.state == PrinterState.IDLE and not status.reasons


def _counted(before: Status, now: Status, pages: int) -> int | None:
    """Pages counted since; None where it cannot be told, also after a counter was set back or is another printer's."""
    if not now.online or before.page_count is None or now.page_count is None:
        return None
    counted = (now.page_count - before.page_count) % COUNTER_WRAP
    return counted if counted <= pages + COUNTER_SLACK else None
