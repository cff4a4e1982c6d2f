"""Worker: drives one printer. The row is the truth; a wake-up is only a hint to look at it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

from labelhub.db.engine import Database
from labelhub.drivers.driver import Driver
from labelhub.drivers.status import PASSING, PrinterState, Reason
from labelhub.errors import (
    BarcodeInvalid,
    DatabaseUnusable,
    HubError,
    JobStateConflict,
    LabelTooLong,
    LeaseLost,
    MediaUnsupported,
    OutcomeUnknown,
    PrinterError,
    PrinterNotReady,
    PrinterUnreachable,
)
from labelhub.jobs import store
from labelhub.jobs.drawing import Drawing
from labelhub.jobs.follow import Patience, settle_by_count
from labelhub.jobs.job import MEDIA_NEEDED, PRINTER_PAUSED, Job, JobState
from labelhub.jobs.lease import TTL_S
from labelhub.jobs.press import MEDIA_REASONS, Press, Printed, Reach, counted_by
from labelhub.jobs.printing import PAGES_A_CONNECTION
from labelhub.jobs.store import Block, Hand, Leaving, Taken
from labelhub.logs import JOB_ID, REQUEST_ID
from labelhub.media import Media
from labelhub.metrics import Metrics
from labelhub.printers.printer import Printer, Status
from labelhub.printers.probe import WAKE_S, Clock

log = logging.getLogger(__name__)

FRESH_S = 2.0
"""A status seen this recently is good enough to begin a label with."""
JUST_NOW_S = 0.05
HEARTBEAT_S = 5.0
KNOCK_S = 0.1
DATABASE_RETRY_S = 1.0
EXPLAIN_EVERY_S = 1.0
OF_THE_MEDIA = (BarcodeInvalid, LabelTooLong, MediaUnsupported)
"""What is wrong with a label on one size of media, and may not be on another."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The waits of a worker: how often it looks at a printer that jobs wait for, and its patience after sending.

    `wake_s`: how long a printer that takes connections and says nothing is given to wake up, looked at every `wake_look_s`.
    `lease_s`: when so much time has passed without a word of it, another node may drive the printer. `share_s`: how often nodes
    tell each other what they see.
    """

    hold_s: float = 2.0
    wake_s: float = WAKE_S
    wake_look_s: float = 1.0
    patience: Patience = field(default_factory=Patience)
    lease_s: float = TTL_S
    share_s: float = 2.0


class Worker:
    """Takes the jobs of one printer in order and prints each, one at a time. `owner` is the node, which holds the printer's lease."""

    def __init__(
        self, printer: Printer, driver: Driver, database: Database, reach: Reach, clock: Clock, pace: Pace, drawing: Drawing, owner: str,
        metrics: Metrics,
    ) -> None:  # fmt: skip
        self.printer = printer
        self.heard_at: float = asyncio.get_running_loop().time()
        self._database = database
        self._reach = replace(reach, now=self._look)
        self._look_now = reach.now
        self._clock = clock
        self._pace = pace
        self._owner = owner
        self._metrics = metrics
        self._press = Press(driver, database, self._reach, clock, pace.patience, drawing, self._settle, self._alive, metrics)
        self._wake = asyncio.Event()
        self._stopping = False
        self._recovered = False
        self._taken: Taken | None = None
        self._taken_for: tuple[Printer, Media | None, int | None] = (printer, None, None)
        self._claim: UUID | None = None
        self._told: tuple[Block | None, Media | None] | None = None
        self._block: Block | None = None
        self._explained_at = 0.0
        self._looks = False

    @property
    def sending(self) -> bool:
        """True while a label is on its way: the printer is looked at from here then, and from nowhere else."""
        return self._press.sending

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
        """End after the job in hand; of a batch after the pages on their way."""
        self._stopping = self._press.stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Drive the printer until stopped."""
        REQUEST_ID.set(None)  # of the request that this worker was started by, it lives long after
        await self._drive()
        if self._taken is not None:
            await self._settle(store.requeue, self._taken.job, None, None)

    async def _drive(self) -> None:
        while not self._stopping:
            JOB_ID.set(None)
            self._alive()
            self._wake.clear()
            try:
                wait_s = await self._step()
            except DatabaseUnusable as error:
                log.error("worker %s: %s", self.printer.slug, error.detail)
                self._forget()
                wait_s = DATABASE_RETRY_S
            except LeaseLost as error:
                log.warning("worker %s: %s", self.printer.slug, error.detail)
                wait_s = self._pace.hold_s
            if wait_s and not self._stopping:
                await self._wait(wait_s)

    def _forget(self) -> None:
        """Whether the last change was made nobody knows, nor what is in hand: a look at the rows tells."""
        self._recovered, self._taken = False, None

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
        if not self._recovered:
            await self._recover(printer)
        if self._taken is None and not await self._database.read(store.has_queued, printer.id):
            return HEARTBEAT_S
        status = await self._fresh_status(printer)
        block = block_of(printer, status)
        if block is None and self._press.refused:
            block = await self._knock(printer)
        taken = await self._turn(printer, block, status)
        if taken is not None:
            await self._explain_now_and_then(printer, status)
            return await self._print(printer, taken, status)
        await self._explain(printer, block, status)
        return self._pace.wake_look_s if Reason.ASLEEP in status.reasons else self._pace.hold_s

    async def _turn(self, printer: Printer, block: Block | None, status: Status) -> Taken | None:
        """The job to print now. One that was taken as the one before ended goes back when the printer is not as it was then."""
        loaded, (taken, self._taken) = status.media, (self._taken, None)
        if taken is not None and block is None and self._taken_for == (printer, loaded, counted_by(printer, status)):
            return taken
        if taken is not None:
            await self._settle(store.requeue, taken.job, None, None)
        # Looked for first: a job that waits for other media is no reason to write.
        if block is not None or not await self._database.read(store.claimable, printer.id, loaded):
            return None
        return await self._database.write_first(store.take, self._hand(printer), loaded, PAGES_A_CONNECTION, self._clock())

    def _hand(self, printer: Printer) -> Hand:
        self._claim = uuid4()
        return Hand(printer.id, self._owner, self._claim)

    async def _complete(self, printer: Printer, job: Job, printed: Printed) -> None:
        """Write down that the job is out and, where the printer may go on, take the next one in the same transaction."""
        status, how = self._reach.last(printer), (printed.evidence, printed.media)
        if self._stopping or printer != self.printer or block_of(printer, status) is not None:
            ended = await self._settle(store.complete, job, *how)
        else:
            loaded, counted = status.media, counted_by(printer, status)
            leaving = Leaving(counted), PAGES_A_CONNECTION
            settled = await self._settle(store.complete_and_take, job, *how, self._hand(printer), loaded, *leaving)
            ended, self._taken = settled or (None, None)
            self._taken_for = (printer, loaded, counted)
        if ended is not None:
            self._count(ended)
        log.info("job %s: completed on %s (%s)", job.id, printer.slug, printed.evidence)

    def _count(self, job: Job) -> None:
        if job.outcome is None:
            return
        slug = self._metrics.printer(self.printer.slug)
        self._metrics.jobs.add(slug, job.outcome)
        if job.state == JobState.COMPLETED and job.finished_at is not None:
            self._metrics.printed_s.add((job.finished_at - job.created_at).total_seconds(), slug)

    async def _recover(self, printer: Printer) -> None:
        """Settle what an earlier worker, of this node or another, left in the middle."""
        unsent = self._claim if self._claim != self._press.begun else None  # taken here, and then the database was lost
        job = await self._database.write(store.take_over, self._hand(printer), unsent)
        out = None
        if job is not None and job.sending_at is not None:
            log.warning("job %s was left in the middle on %s", job.id, printer.slug)
            out = await self._out_since(printer, job)
        if job is not None:
            await self._settle(store.found_out, job, out)
        self._recovered = True

    async def _out_since(self, printer: Printer, job: Job) -> int | None:
        """How many of the pages on their way are out; None where the printer cannot tell."""
        if job.count_base is None:
            return None
        expected, pages, sending_at = (
            job.count_base + job.labels_sent,
            job.labels_sent - job.labels_done,
            job.sending_at or job.updated_at,
        )
        was_off = False

        async def look() -> Status:
            nonlocal was_off
            self._alive()
            status = await self._look(printer)
            since_s = (self._clock() - sending_at).total_seconds()
            was_off = was_off or (bool(status.online) and status.uptime_s is not None and status.uptime_s < since_s)
            return status

        out: int | None = await settle_by_count(look, expected, pages, self._pace.patience)
        # Switched off since, it lost what it had not printed: what it counted after that is somebody else's.
        return None if was_off else out

    async def _explain_now_and_then(self, printer: Printer, status: Status) -> None:
        """While one job after another prints, tell those behind why they wait every so often, and not for each that comes."""
        now = asyncio.get_running_loop().time()
        if self._block is not None or now - self._explained_at > EXPLAIN_EVERY_S:
            await self._explain(printer, None, status)

    async def _explain(self, printer: Printer, block: Block | None, status: Status) -> None:
        if self._told != (block, status.media):
            self._told, self._block = (block, status.media), block
            self._explained_at = asyncio.get_running_loop().time()
            await self._database.write(store.explain, printer.id, block, status.media, self._clock())

    async def _knock(self, printer: Printer) -> Block | None:
        """Whether a printer that refused the last label takes connections again, before another job is claimed for it."""
        try:
            async with self._reach.pipe_to(printer.address) as pipe:
                await asyncio.sleep(KNOCK_S)  # one that hangs up does it at once
                if await pipe.gone():
                    raise PrinterUnreachable("the printer takes connections and closes them at once")
            self._press.refused = False
            return None
        except PrinterError as error:
            return Block(error.slug, error.detail)

    async def _fresh_status(self, printer: Printer) -> Status:
        status = self._reach.last(printer)
        answers = status.answers(printer.address)
        # One that answers was looked at as the label before came out: another look tells no more than that one, if it follows at once.
        fresh_s = JUST_NOW_S if answers and self._taken else 0 if answers else FRESH_S
        seen_at = status.last_seen_at
        fresh = seen_at is not None and 0 <= (self._clock() - seen_at).total_seconds() < fresh_s
        ready = status.online and status.state in (PrinterState.IDLE, PrinterState.UNKNOWN) and not status.reasons
        if printer.paused or (fresh and ready and not status.blind):
            return status
        return await self._look(printer)

    async def _look(self, printer: Printer) -> Status:
        self._looks = True
        try:
            return await self._look_now(printer)
        finally:
            self._looks = False

    async def _print(self, printer: Printer, taken: Taken, before: Status) -> float:
        """Seconds to wait before the next step."""
        job = taken.job
        JOB_ID.set(str(job.id))
        log.info("job %s: printing %s on %s", job.id, job.template_key, printer.slug)
        try:
            printed = await self._press.print(printer, taken, before, self._refuse_blocked)
            if printed is not None:
                await self._complete(printer, job, printed)
        except OutcomeUnknown as error:
            log.warning("job %s: outcome unknown, a person has to look: %s", job.id, error.detail)
            await self._settle(store.lose, job, error.detail)
        except PrinterError as error:  # nothing of the next page has left
            self._press.refused = isinstance(error, PrinterUnreachable)
            await self._settle(store.requeue, job, error.slug, error.detail)
            return self._pace.hold_s
        except LeaseLost as error:
            log.warning("job %s: %s", job.id, error.detail)
            await self._settle(store.give_back, job)
            return self._pace.hold_s
        except JobStateConflict as error:
            log.warning("job %s: %s", job.id, error.detail)
        except DatabaseUnusable:
            await self._recall(job)
            await self._settle(store.give_back, job)
        except HubError as error:
            await self._recall(job)
            unfit = before.media if isinstance(error, OF_THE_MEDIA) else None
            await self._settle(store.give_up, job, error.slug, error.detail, unfit)
        except Exception as error:  # the worker lives on, whatever one job does
            log.exception("job %s: unexpected", job.id)
            await self._recall(job)
            await self._settle(store.give_up, job, "internal-error", f"unexpected {type(error).__name__}; the log tells more", None)
        return 0

    async def _recall(self, job: Job) -> None:
        """It came to grief before its first byte: a job that was taken to leave at once is not on its way."""
        if job.sending_at is not None and job.claim != self._press.begun:
            await self._settle(store.recall, job)

    def _refuse_blocked(self, status: Status) -> None:
        block = block_of(self.printer, status)
        if block is not None:
            raise PrinterNotReady(block.detail)

    async def _settle(self, change: Callable[..., Any], job: Job, *args: object) -> Any:
        """Write down what became of a job; a database that is gone is waited for, since the label is out already."""
        while True:
            try:
                settled = await self._database.write_first(change, job, *args, self._clock())
                if isinstance(settled, Job) and change is not store.complete:
                    self._count(settled)
                return settled
            except JobStateConflict as error:  # written already when the answer was lost, or another node settled it
                self._forget()
                log.warning("job %s: %s", job.id, error.detail)
                return None
            except DatabaseUnusable as error:
                log.error("worker %s: an outcome waits for the database: %s", self.printer.slug, error.detail)
                self._alive()
                await asyncio.sleep(DATABASE_RETRY_S)


def block_of(printer: Printer, status: Status) -> Block | None:
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
