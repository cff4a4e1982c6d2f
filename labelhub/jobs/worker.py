"""Worker: drives one printer. The row is the truth; a wake-up is only a hint to look at it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace

from labelhub.db.engine import Database
from labelhub.drivers.driver import Driver, Encoded
from labelhub.drivers.status import PASSING, PrinterState, Reason
from labelhub.errors import (
    DatabaseUnusable,
    HubError,
    JobStateConflict,
    MediaMismatch,
    OutcomeUnknown,
    PrinterError,
    PrinterNotReady,
    PrinterUnreachable,
)
from labelhub.jobs import printing, store
from labelhub.jobs.follow import Outcome, Patience, Tell, Watch, send_and_follow, send_unseen
from labelhub.jobs.job import MEDIA_NEEDED, PRINTER_PAUSED, Evidence, Job
from labelhub.jobs.sending import Gate
from labelhub.jobs.store import Block
from labelhub.media import Media
from labelhub.printers.printer import Address, Printer, Status
from labelhub.printers.probe import WAKE_S, Clock
from labelhub.printers.transport import CLOSE_TIMEOUT_S, Pipe

log = logging.getLogger(__name__)

FRESH_S = 2.0
"""A status seen this recently is good enough to begin a label with."""
HEARTBEAT_S = 5.0
KNOCK_S = 0.1
CLOSE_TIMEOUT_A_PAGE_S = 3.0
"""A printer without SNMP closes when it has read everything, and it reads no faster than it prints."""
DATABASE_RETRY_S = 1.0
MEDIA_REASONS = frozenset({Reason.MEDIA_EMPTY, Reason.MEDIA_NEEDED})


@dataclass(frozen=True, slots=True)
class Pace:
    """The waits of a worker: how often it looks at a printer that jobs wait for, and its patience after sending.

    `wake_s`: how long a printer that takes connections and says nothing is given to wake up, looked at every `wake_look_s`.
    """

    hold_s: float = 2.0
    wake_s: float = WAKE_S
    wake_look_s: float = 1.0
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True, slots=True)
class Reach:
    """How a worker reaches its printer: `now` looks, `last` tells what the last look of anybody saw, `pipe_to` opens the way there."""

    now: Callable[[Printer], Awaitable[Status]]
    last: Callable[[Printer], Status]
    pipe_to: Callable[[Address], AbstractAsyncContextManager[Pipe]]


class Worker:
    """Takes the jobs of one printer in order and prints each, one at a time."""

    def __init__(self, printer: Printer, driver: Driver, database: Database, reach: Reach, clock: Clock, pace: Pace) -> None:
        self.printer = printer
        self.heard_at: float = asyncio.get_running_loop().time()
        self._driver = driver
        self._database = database
        self._reach = reach
        self._clock = clock
        self._pace = pace
        self._wake = asyncio.Event()
        self._stopping = False
        self._told: tuple[Block | None, Media | None] | None = None
        self._refused = False
        self._looks = False
        self.sending = False
        """True while a label is on its way: the printer is looked at from here then, and from nowhere else."""

    def wake(self, printer: Printer | None = None) -> None:
        """Something changed: a job came, the printer's row or its status is another."""
        self.printer = printer or self.printer
        self._told = None
        self._wake.set()

    def seen(self) -> None:
        """Somebody saw another status of the printer; what this worker sees itself is no news to it."""
        if not self._looks:
            self._wake.set()

    def stop(self) -> None:
        """End after the job in hand."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Drive the printer until stopped. What an earlier worker left in the middle is settled first."""
        await self._settle(store.recover, None, self.printer.id)
        while not self._stopping:
            self._alive()
            self._wake.clear()
            try:
                wait_s = await self._step()
            except DatabaseUnusable as error:
                log.error("worker %s: %s", self.printer.slug, error.detail)
                wait_s = DATABASE_RETRY_S
            if wait_s and not self._stopping:
                await self._wait(wait_s)

    def _alive(self) -> None:
        self.heard_at = asyncio.get_running_loop().time()

    async def _wait(self, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _step(self) -> float:
        """Seconds to wait before the next step; 0 after a job."""
        printer = self.printer  # one look and one label belong to one address, whatever changes meanwhile
        if not await self._database.read(store.has_queued, printer.id):
            return HEARTBEAT_S
        status = await self._fresh_status(printer)
        block = _block(printer, status)
        if block is None and self._refused:
            block = await self._knock(printer)
        job = None if block else await self._database.write(store.claim, printer.id, status.media, self._clock())
        if job is not None:
            return await self._print(printer, job, status)
        await self._explain(printer, block, status)
        return self._pace.wake_look_s if Reason.ASLEEP in status.reasons else self._pace.hold_s

    async def _explain(self, printer: Printer, block: Block | None, status: Status) -> None:
        if self._told != (block, status.media):
            self._told = (block, status.media)
            await self._database.write(store.explain, printer.id, block, status.media, self._clock())

    async def _knock(self, printer: Printer) -> Block | None:
        """Whether a printer that refused the last label takes connections again, before another job is claimed for it."""
        try:
            async with self._reach.pipe_to(printer.address) as pipe:
                await asyncio.sleep(KNOCK_S)  # one that hangs up does it at once
                if await pipe.gone():
                    raise PrinterUnreachable("the printer takes connections and closes them at once")
            self._refused = False
            return None
        except PrinterError as error:
            return Block(error.slug, error.detail)

    async def _fresh_status(self, printer: Printer) -> Status:
        status = self._reach.last(printer)
        seen_at = status.last_seen_at
        fresh = seen_at is not None and 0 <= (self._clock() - seen_at).total_seconds() < FRESH_S
        ready = status.online and status.state in (PrinterState.IDLE, PrinterState.UNKNOWN) and not status.reasons
        if printer.paused or (fresh and ready and not status.blind and not status.answers(printer.address)):
            return status
        return await self._look(printer)

    async def _look(self, printer: Printer) -> Status:
        self._looks = True
        try:
            return await self._reach.now(printer)
        finally:
            self._looks = False

    async def _print(self, printer: Printer, job: Job, before: Status) -> float:
        """Seconds to wait before the next step."""
        log.info("job %s: printing %s on %s", job.id, job.template_key, printer.slug)
        try:
            await self._print_pages(printer, job, before)
        except OutcomeUnknown as error:
            log.warning("job %s: outcome unknown, a person has to look: %s", job.id, error.detail)
            await self._settle(store.lose, job, error.detail)
        except PrinterError as error:  # nothing of the next page has left
            self._refused = isinstance(error, PrinterUnreachable)
            await self._settle(store.requeue, job, error.slug, error.detail)
            return self._pace.hold_s
        except JobStateConflict as error:
            log.warning("job %s: %s", job.id, error.detail)
        except DatabaseUnusable:
            await self._settle(store.give_back, job)
        except HubError as error:
            await self._settle(store.fail, job, error.slug, error.detail)
        except Exception as error:  # the worker lives on, whatever one job does
            log.exception("job %s: unexpected", job.id)
            await self._settle(store.give_up, job, f"unexpected {type(error).__name__}; the log tells more")
        return 0

    async def _print_pages(self, printer: Printer, job: Job, before: Status) -> None:
        template = await self._database.read(printing.template_version, job.template_digest)
        media = printing.choose_media(self._driver, printer.model, template, before.media)
        sheets, evidence = job.pages, Evidence.SENT
        for start in range(job.labels_done, len(sheets), printing.PAGES_A_CONNECTION):
            part = sheets[start : start + printing.PAGES_A_CONNECTION]
            if start > job.labels_done:
                await self._settle(store.progress, job, start)
                before = await self._ready_for_more(printer, media)
                media = before.media or media  # as wide and as long, and perhaps of other colours
            encoded = await asyncio.to_thread(printing.encode, template, part, self._driver, printer.model, media, job.options)
            outcome = await self._send(printer, job, media, start, encoded, before)
            if outcome.evidence is None or outcome.pages < len(part):
                await self._settle(store.progress, job, start + outcome.pages)
                return await self._settle(store.end_cancelled, job)
            evidence = outcome.evidence
        result = {"labels": len(sheets), "media": media.name}
        await self._settle(store.complete, job, evidence, result)
        log.info("job %s: completed on %s (%s)", job.id, printer.slug, evidence)
        return None

    async def _ready_for_more(self, printer: Printer, media: Media) -> Status:
        """The status before the next connection of a batch. PrinterNotReady, MediaMismatch when it has to wait."""
        if self._stopping or self.printer.address != printer.address:
            raise PrinterNotReady("the printer was changed, or the hub stops: the rest of the batch waits")
        status = await self._look(printer)
        block = _block(self.printer, status)
        if block is not None:
            raise PrinterNotReady(block.detail)
        if status.answers(printer.address) and status.media not in (None, media):
            raise MediaMismatch(f"the batch was begun on {media.name}: load it again")
        return status

    async def _send(self, printer: Printer, job: Job, media: Media, start: int, encoded: Encoded, before: Status) -> Outcome:
        """What is known of one connection's pages: fewer than there are, or none, when a user cancelled meanwhile."""
        async with self._reach.pipe_to(printer.address) as pipe:

            async def gate(number: int) -> bool:
                if not await self._database.write(store.sending, job, media, start + number + 1, self._clock()):
                    return False
                if number == 0 and await pipe.gone():
                    raise PrinterUnreachable(
                        "the printer took the connection and closed it at once: it may be busy, or something stands between"
                    )
                self._refused = False
                return True

            self.sending = True
            try:
                return await self._deliver(pipe, printer, job, start, encoded, gate, before)
            finally:
                self.sending = False

    async def _deliver(self, pipe: Pipe, printer: Printer, job: Job, start: int, encoded: Encoded, gate: Gate, before: Status) -> Outcome:
        answers, usb, patience = before.answers(printer.address), printer.address.scheme == "usb", self._pace.patience
        close_timeout_s = CLOSE_TIMEOUT_S + CLOSE_TIMEOUT_A_PAGE_S * len(encoded.pages)
        if not answers and not usb:
            outcome = await send_unseen(pipe, encoded, gate, alive=self._alive, close_timeout_s=close_timeout_s)
            # A closed connection counts where it was agreed on as the only word; of a printer that should answer it proves too little.
            return replace(outcome, evidence=Evidence.SENT) if before.blind and outcome.evidence else outcome
        watch = Watch(
            replace(before, page_count=0) if usb else before,
            lambda: self._look(printer),
            self._teller(job, start),
            patience if answers else replace(patience, quiet_s=min(patience.quiet_s, close_timeout_s)),
            Evidence.STATUS if usb else Evidence.PAGE_COUNTER,
            may_be_mute=not answers,
        )
        # The pipe stays open until the pages are out: some printers drop what they have not read when it closes.
        return await send_and_follow(pipe, encoded, watch, gate, alive=self._alive)

    def _teller(self, job: Job, start: int) -> Tell:
        said: tuple[int, tuple[Reason, ...]] = (0, ())

        async def tell(done: int, status: Status) -> None:
            nonlocal said
            self._alive()
            if said == (done, status.reasons):
                return
            said = (done, status.reasons)
            reason = MEDIA_NEEDED if MEDIA_REASONS.intersection(status.reasons) else "printer-not-ready"
            why = (reason, "the printer says: " + ", ".join(status.reasons)) if status.reasons else (None, None)
            await self._settle(store.note, job, start + done, *why)

        return tell

    async def _settle(self, change: Callable[..., object], job: Job | None, *args: object) -> None:
        """Write down what became of a job; a database that is gone is waited for, since the label is out already."""
        while True:
            try:
                await self._database.write(change, *(() if job is None else (job,)), *args, self._clock())
                return
            except DatabaseUnusable as error:
                log.error("worker %s: an outcome waits for the database: %s", self.printer.slug, error.detail)
                self._alive()
                await asyncio.sleep(DATABASE_RETRY_S)


def _block(printer: Printer, status: Status) -> Block | None:
    """Why nothing can print now, None when something may."""
    if printer.paused:
        return Block(PRINTER_PAUSED, "the printer is paused in the hub; resume it to print")
    if not status.online:
        return Block(status.fault or "printer-unreachable", status.last_error or "the printer did not answer")
    if MEDIA_REASONS.intersection(status.reasons):
        return Block(MEDIA_NEEDED, "no media that fits is loaded")
    if Reason.ASLEEP in status.reasons:
        return Block("printer-not-ready", "the printer takes connections but does not answer: it may be asleep and is being woken")
    if status.reasons:
        passing = set(status.reasons) <= PASSING
        return Block("printer-not-ready", "the printer says: " + ", ".join(status.reasons) + (", which passes" if passing else ""))
    if status.state == PrinterState.PRINTING:
        return Block("printer-not-ready", "the printer is busy with something else")
    return None
