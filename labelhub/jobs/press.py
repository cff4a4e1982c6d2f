"""Press: prints one job that a worker has claimed, connection by connection, and writes down what becomes of it.

While one connection's pages are printed the next one's are drawn: the printer never waits for the hub.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from labelhub.db.engine import Database
from labelhub.drivers.driver import Driver, Encoded
from labelhub.drivers.status import Reason
from labelhub.errors import (
    DatabaseUnusable,
    HubError,
    JobStateConflict,
    LeaseLost,
    MediaMismatch,
    PrinterNotReady,
    PrinterUnreachable,
)
from labelhub.jobs import printing, store
from labelhub.jobs.drawing import Drawing
from labelhub.jobs.follow import Outcome, Patience, Tell, Watch, send_and_follow, send_unseen
from labelhub.jobs.job import MEDIA_NEEDED, Evidence, Job, Sheet
from labelhub.jobs.printing import Setting, Template
from labelhub.media import Media
from labelhub.metrics import Metrics
from labelhub.printers.printer import Address, Printer, Status
from labelhub.printers.probe import Clock
from labelhub.printers.transport import CLOSE_TIMEOUT_S, Pipe

log = logging.getLogger(__name__)

KEPT_TEMPLATES = 16
UNCOUNTED_TOGETHER = 4
"""Pages that leave together to a printer that tells of none of them when it is out."""
CLOSE_TIMEOUT_A_PAGE_S = 3.0
"""A printer without SNMP closes when it has read everything, and it reads no faster than it prints."""
MEDIA_REASONS = frozenset({Reason.MEDIA_EMPTY, Reason.MEDIA_NEEDED})


def counted_by(printer: Printer, status: Status) -> int | None:
    """What the printer's page counter shows, for one that tells it while it prints."""
    return status.page_count if status.answers(printer.address) and printer.address.scheme != "usb" else None


@dataclass(frozen=True, slots=True)
class Printed:
    """A whole job that is out: how the hub knows, and the media it is on."""

    evidence: Evidence
    media: Media


Settle = Callable[..., Awaitable[Any]]
"""`settle(change, job, *args)`: write down what became of a job, however long the database is away."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How a printer is reached: `now` looks, `last` tells what the last look of anybody saw, `pipe_to` opens the way there.

    `check` raises LeaseLost once another node may drive the printer.
    """

    now: Callable[[Printer], Awaitable[Status]]
    last: Callable[[Printer], Status]
    pipe_to: Callable[[Address], AbstractAsyncContextManager[Pipe]]
    check: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class _Part:
    """The pages of one connection, encoded."""

    job: Job
    rows: Sequence[int] = ()
    """Of each page, in dots along the feed."""
    encoded: Encoded | None = None

    @property
    def pages(self) -> int:
        """How many."""
        return len(self.rows)


class Press:
    """Prints claimed jobs on one printer. `alive` is called whenever something moves, `settle` outlasts a database that is away."""

    def __init__(
        self, driver: Driver, database: Database, reach: Reach, clock: Clock, patience: Patience, drawing: Drawing, settle: Settle,
        alive: Callable[[], None], metrics: Metrics,
    ) -> None:  # fmt: skip
        self._driver = driver
        self._database = database
        self._reach = reach
        self._clock = clock
        self._patience = patience
        self._drawing = drawing
        self._settle = settle
        self._alive = alive
        self._metrics = metrics
        self._templates: dict[str, Template] = {}
        self.stopping = False
        """Between two connections: leave the rest of a batch in the queue."""
        self.sending = False
        """True while a label is on its way: the printer is looked at from here then, and from nowhere else."""
        self.refused = False
        """The printer did not take the last connection."""
        self.begun: UUID | None = None
        """The claim of the last job of which a byte may have left."""

    async def print(self, printer: Printer, taken: store.Taken, before: Status, ready: Callable[[Status], None]) -> Printed | None:
        """Print what is left of the job; None when the rest waits and is written down so.

        `ready` raises PrinterNotReady when the rest of a batch has to wait.
        PrinterError, LeaseLost: nothing of the next page has left. OutcomeUnknown: nobody knows. MediaUnsupported: it never can.
        """
        job = taken.job
        template = await self._template(job.template_digest)
        media = printing.choose_media(self._driver, printer.model, template, before.media, job.need)
        setting = Setting(template, job.template_digest, self._driver, printer.model, media, job.options)
        evidence, done = Evidence(job.evidence or Evidence.SENT), job.labels_done
        part = await self._part(job, setting, done, taken.sheets)
        while part.encoded is not None:
            ahead = asyncio.create_task(self._part(part.job, setting, done + part.pages))
            try:
                outcome = await self._send(printer, part, setting.media, done, before)
                if outcome.evidence is None:
                    await self._settle(store.requeue, job, None, None)
                    return None
                evidence, done = outcome.evidence, done + outcome.pages
                self._count(printer, setting, part.rows[: outcome.pages])
                if done >= part.job.labels_good:
                    break
                # First of all what is known: the rest may come to grief.
                if not await self._settle(store.progress, job, done, evidence, self._reach.last(printer).media):
                    return None
                following = await ahead
            finally:
                ahead.cancel()
                await asyncio.gather(ahead, return_exceptions=True)
            if outcome.pages < part.pages or following.encoded is not None:
                before = await self._ready_for_more(printer, setting.media, ready)
                held, setting = setting, replace(setting, media=before.media or setting.media)
                if outcome.pages < part.pages or setting.key != held.key:  # ended early, or as wide as before and of other colours
                    following = await self._part(part.job, setting, done)
            part = following
        return Printed(evidence, setting.media)

    def _count(self, printer: Printer, setting: Setting, rows: Sequence[int]) -> None:
        slug = self._metrics.printer(printer.slug)
        self._metrics.labels.add(slug, by=len(rows))
        self._metrics.media_mm.add(slug, by=printing.media_mm(setting, rows))

    async def _template(self, digest: str) -> Template:
        """What a digest stands for never changes."""
        template = self._templates.get(digest)
        if template is None:
            template = await self._database.read(printing.template_version, digest)
            if not template.pictures:  # those are large
                self._templates = dict([*self._templates.items(), (digest, template)][-KEPT_TEMPLATES:])
        return template

    async def _part(self, job: Job, setting: Setting, start: int, sheets: Sequence[Sheet] = ()) -> _Part:
        """The next pages that can be printed, of `sheets` if they are known; those that cannot are left out of the job."""
        while start < job.labels_good:
            sheets = sheets or await self._database.read(store.sheets, job, start, printing.PAGES_A_CONNECTION)
            if not sheets:
                break
            begun, faulty = time.monotonic(), -1
            ready = await self._drawing.to_print(setting, [sheet.fields for sheet in sheets])
            self._metrics.render_s.add((time.monotonic() - begun) / len(sheets))
            for sheet, rows in zip(sheets, ready.rows, strict=True):
                if not isinstance(rows, HubError):
                    continue
                if job.labels_total == 1:
                    raise rows
                if sheet.first_page != faulty:
                    faulty = sheet.first_page
                    job = await self._without(job, sheet, rows)
            sheets = ()
            if ready.encoded is not None:
                return _Part(job, [rows for rows in ready.rows if not isinstance(rows, HubError)], ready.encoded)
        return _Part(job)

    async def _without(self, job: Job, sheet: Sheet, error: HubError) -> Job:
        log.warning("job %s: label %d left out: %s", job.id, sheet.first_page + 1, error.detail)
        left: Job | None = await self._settle(store.leave_out, job, sheet.page, error.slug, error.detail)
        if left is None:
            raise JobStateConflict("the job is not in this hand any more")
        return left

    async def _ready_for_more(self, printer: Printer, media: Media, ready: Callable[[Status], None]) -> Status:
        """The status before the next connection of a batch. PrinterNotReady, MediaMismatch when it has to wait."""
        if self.stopping:
            raise PrinterNotReady("the printer was changed, or the hub stops: the rest of the batch waits")
        status = await self._reach.now(printer)
        ready(status)
        if status.answers(printer.address) and status.media not in (None, media):
            raise MediaMismatch(f"the batch was begun on {media.name}: load it again")
        return status

    async def _send(self, printer: Printer, part: _Part, media: Media, start: int, before: Status) -> Outcome:
        """What is known of one connection's pages."""
        assert part.encoded is not None
        async with self._reach.pipe_to(printer.address) as pipe:
            self.sending = True
            try:
                begun = time.monotonic()
                outcome = await self._deliver(pipe, printer, part, media, start, before)
                if outcome.evidence is not None:
                    self._metrics.send_s.add(time.monotonic() - begun, self._metrics.printer(printer.slug))
                return outcome
            except LeaseLost:
                if pipe.sent_bytes == 0:  # and so nobody has to be asked
                    await self._settle(store.requeue, part.job, None, None)
                raise
            finally:
                self.sending = False

    async def _deliver(self, pipe: Pipe, printer: Printer, part: _Part, media: Media, start: int, before: Status) -> Outcome:
        assert part.encoded is not None
        answers, usb, patience = before.answers(printer.address), printer.address.scheme == "usb", self._patience
        close_timeout_s = CLOSE_TIMEOUT_S + CLOSE_TIMEOUT_A_PAGE_S * part.pages
        counted = counted_by(printer, before)
        gate = self._gate(pipe, printer, part, media, start, None if counted is None else counted - start)
        if not answers and not usb:
            outcome = await send_unseen(pipe, part.encoded, gate, self._reach.check, self._alive, close_timeout_s=close_timeout_s)
            # A closed connection counts where it was agreed on as the only word; of a printer that should answer it proves too little.
            return replace(outcome, evidence=Evidence.SENT) if before.blind and outcome.evidence else outcome
        watch = Watch(
            replace(before, page_count=0) if usb else before,
            lambda: self._reach.now(printer),
            self._teller(part.job, start),
            patience if answers else replace(patience, quiet_s=min(patience.quiet_s, close_timeout_s)),
            Evidence.STATUS if usb else Evidence.PAGE_COUNTER,
            may_be_mute=not answers,
        )
        # The pipe stays open until the pages are out: some printers drop what they have not read when it closes.
        return await send_and_follow(pipe, part.encoded, watch, gate, self._reach.check, self._alive)

    def _gate(
        self, pipe: Pipe, printer: Printer, part: _Part, media: Media, start: int, base: int | None
    ) -> Callable[[int], Awaitable[bool]]:
        # A printer that counts gets each page by itself; to another they leave as fast as it takes them anyway.
        together = UNCOUNTED_TOGETHER if base is None and printer.address.scheme != "usb" else 1

        async def may_leave(page: int) -> bool:
            """Written down before it is done, a page or a few at once, for what is written down is what may be in doubt."""
            if page and self.stopping:
                return False
            self._reach.check()  # a page that cannot leave any more is not written down as one that may have
            if page % together:
                return True
            labels_sent = start + min(page + together, part.pages)
            if part.job.sending_at is None:  # else it was written down as the job was taken
                try:
                    if not await self._database.write_first(store.sending, part.job, media, labels_sent, base, self._clock()):
                        return False
                except DatabaseUnusable:  # what has left is ended properly; the rest waits for the database
                    return False
            if page == 0 and await pipe.gone():
                raise PrinterUnreachable(
                    "the printer took the connection and closed it at once: it may be busy, or something stands between"
                )
            self.refused, self.begun = False, part.job.claim
            return True

        return may_leave

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
