"""Worker: drives one printer. The row is the truth; a wake-up is only a hint to look at it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from labelhub.db.engine import Database
from labelhub.drivers.driver import Driver
from labelhub.drivers.status import PrinterState, Reason
from labelhub.errors import DatabaseUnusable, HubError, JobStateConflict, OutcomeUnknown, PrinterError
from labelhub.jobs import printing, store
from labelhub.jobs.job import MEDIA_NEEDED, PRINTER_PAUSED, Evidence, Job
from labelhub.jobs.store import Block
from labelhub.media import Media
from labelhub.printers.printer import Printer, Status
from labelhub.printers.transport import Receipt

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
FRESH_S = 2.0
"""A status seen this recently is good enough to begin a label with."""
HEARTBEAT_S = 5.0
DATABASE_RETRY_S = 1.0
MEDIA_REASONS = frozenset({Reason.MEDIA_EMPTY, Reason.MEDIA_NEEDED})


@dataclass(frozen=True, slots=True)
class Pace:
    """The waits of a worker: how often it looks at a printer that jobs wait for, and its patience after sending."""

    hold_s: float = 2.0
    patience: printing.Patience = field(default_factory=printing.Patience)


@dataclass(frozen=True, slots=True)
class Looking:
    """How a worker sees its printer: `now` looks, `last` tells what the last look of anybody saw."""

    now: Callable[[Printer], Awaitable[Status]]
    last: Callable[[Printer], Status]


class Worker:
    """Takes the jobs of one printer in order and prints each, one at a time."""

    def __init__(self, printer: Printer, driver: Driver, database: Database, looking: Looking, clock: Clock, pace: Pace) -> None:
        self.printer = printer
        self.heard_at: float = asyncio.get_running_loop().time()
        self._driver = driver
        self._database = database
        self._looking = looking
        self._clock = clock
        self._pace = pace
        self._wake = asyncio.Event()
        self._stopping = False
        self._told: tuple[Block | None, Media | None] | None = None
        self._explained = True  # what an earlier worker told may be out of date

    def wake(self, printer: Printer | None = None) -> None:
        """Something changed: a job came, the printer's row or its status is another."""
        self.printer = printer or self.printer
        self._told = None
        self._wake.set()

    def stop(self) -> None:
        """End after the job in hand."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Drive the printer until stopped."""
        while not self._stopping:
            self.heard_at = asyncio.get_running_loop().time()
            self._wake.clear()
            try:
                wait_s = await self._step()
            except DatabaseUnusable as error:
                log.error("worker %s: %s", self.printer.slug, error.detail)
                wait_s = DATABASE_RETRY_S
            if wait_s and not self._stopping:
                await self._wait(wait_s)

    async def _wait(self, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _step(self) -> float:
        """Seconds to wait before the next step; 0 after a job."""
        if not await self._database.read(store.has_queued, self.printer.id):
            return HEARTBEAT_S
        status = await self._fresh_status()
        block = self._block(status)
        job = None if block else await self._database.write(store.claim, self.printer.id, status.media, self._clock())
        if job is not None:
            if self._explained:  # those behind it no longer wait for what they said
                self._explained = False
                await self._database.write(store.explain, self.printer.id, None, status.media, self._clock())
            await self._print(job, status)
            return 0
        if self._told != (block, status.media):
            self._told = (block, status.media)
            self._explained = True
            await self._database.write(store.explain, self.printer.id, block, status.media, self._clock())
        return self._pace.hold_s

    async def _fresh_status(self) -> Status:
        status = self._looking.last(self.printer)
        seen_at = status.last_seen_at
        fresh = seen_at is not None and 0 <= (self._clock() - seen_at).total_seconds() < FRESH_S
        ready = status.online and status.state in (PrinterState.IDLE, PrinterState.UNKNOWN) and not status.reasons
        if self.printer.paused or (fresh and ready and not self.printer.address.snmp):
            return status
        return await self._looking.now(self.printer)

    def _block(self, status: Status) -> Block | None:
        """Why nothing can print now, None when something may."""
        if self.printer.paused:
            return Block(PRINTER_PAUSED, "the printer is paused in the hub; resume it to print")
        if not status.online:
            return Block("printer-unreachable", status.last_error or "the printer did not answer")
        if MEDIA_REASONS.intersection(status.reasons):
            return Block(MEDIA_NEEDED, "no media that fits is loaded")
        if status.reasons:
            return Block("printer-not-ready", "the printer says: " + ", ".join(status.reasons))
        if status.state == PrinterState.PRINTING:
            return Block("printer-not-ready", "the printer is busy with something else")
        return None

    async def _print(self, job: Job, before: Status) -> None:
        log.info("job %s: printing %s on %s", job.id, job.template_key, self.printer.slug)
        try:
            await self._print_pages(job, before)
        except OutcomeUnknown as error:
            await self._settle(store.lose, job, error.detail)
        except PrinterError as error:  # nothing of the next page has left
            await self._settle(store.requeue, job, error.slug, error.detail)
        except JobStateConflict as error:
            log.warning("job %s: %s", job.id, error.detail)
        except HubError as error:
            if isinstance(error, DatabaseUnusable):
                await self._settle(store.give_back, job)
            else:
                await self._settle(store.fail, job, error.slug, error.detail)
        except Exception as error:  # the worker lives on, whatever one job does
            log.exception("job %s: unexpected", job.id)
            await self._settle(store.give_up, job, f"unexpected {type(error).__name__}; the log tells more")

    async def _print_pages(self, job: Job, before: Status) -> None:
        template = await self._database.read(printing.template_version, job.template_digest)
        media = printing.choose_media(self._driver, self.printer.model, template, before.media)
        sheets, evidence = job.pages, None
        for start in range(job.labels_done, len(sheets), printing.PAGES_A_CONNECTION):
            part = sheets[start : start + printing.PAGES_A_CONNECTION]
            data = await asyncio.to_thread(printing.encode, template, part, self._driver, self.printer.model, media, job.options)

            async def going(labels_sent: int = start + len(part)) -> bool:
                return await self._database.write(store.sending, job, media, labels_sent, self._clock())

            receipt = await printing.send(self.printer, data, going)
            if receipt is None:
                return await self._settle(store.end_cancelled, job)
            evidence = await self._confirm(job, start, len(part), receipt, before)
            if start + len(part) < len(sheets):
                await self._settle(store.progress, job, start + len(part))
                before = self._looking.last(self.printer)
        result = {"labels": len(sheets), "media": media.name}
        await self._settle(store.complete, job, str(evidence), result)
        log.info("job %s: completed on %s (%s)", job.id, self.printer.slug, evidence)
        return None

    async def _confirm(self, job: Job, start: int, pages: int, receipt: Receipt, before: Status) -> Evidence:
        snmp, patience = self.printer.address.snmp, self._pace.patience
        return await printing.confirm(
            receipt, before, pages, lambda: self._looking.now(self.printer), self._teller(job, start), patience, snmp
        )

    def _teller(self, job: Job, start: int) -> printing.Tell:
        said: tuple[int, tuple[Reason, ...]] = (0, ())

        async def tell(done: int, status: Status) -> None:
            nonlocal said
            self.heard_at = asyncio.get_running_loop().time()
            if said == (done, status.reasons):
                return
            said = (done, status.reasons)
            reason = "printer-not-ready" if status.reasons else None
            detail = "the printer says: " + ", ".join(status.reasons) if status.reasons else None
            await self._settle(store.note, job, start + done, reason, detail)

        return tell

    async def _settle(self, change: Callable[..., None], job: Job, *args: object) -> None:
        """Write down what became of a job; a database that is gone is waited for, since the label is out already."""
        while True:
            try:
                await self._database.write(change, job, *args, self._clock())
                return
            except DatabaseUnusable as error:
                log.error("job %s: its outcome waits for the database: %s", job.id, error.detail)
                self.heard_at = asyncio.get_running_loop().time()
                await asyncio.sleep(DATABASE_RETRY_S)
