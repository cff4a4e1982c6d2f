"""Node: this hub among those that share its database. What it drives, what it tells the others, and what it hears from them.

The database is all there is between nodes. Each drives the printers of its site whose leases it holds; the rest it knows from rows.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from labelhub.db.engine import Database
from labelhub.db.migrate import current_revision
from labelhub.errors import DatabaseUnusable
from labelhub.events import JOB_STATE_CHANGED, last_id, tail
from labelhub.jobs import store
from labelhub.jobs.crew import Crew
from labelhub.jobs.lease import Leases
from labelhub.jobs.routing import Candidate, reasons
from labelhub.labels import store as template_store
from labelhub.media import Need
from labelhub.printers import store as printer_store
from labelhub.printers.lookout import Lookout
from labelhub.printers.printer import Printer, Status
from labelhub.printers.probe import Clock

log = logging.getLogger(__name__)

HOUSEKEEPING = "housekeeping"
"""The lease of what one node does for all: telling jobs for any printer why they wait, and forgetting old ones."""
LEFT_ALONE = "no node of its site is running: nobody looks at it or prints on it"
PAUSE_BETWEEN_DELETES_S = 0.05
NOTHING_WAITS = store.Backlog({}, {})
HEARD_AT_ONCE_S = 0.02
"""Commits of others are looked at together, so many a second at most."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """What the last look at the database found, and when (on the loop's clock)."""

    at: float
    latency_ms: float | None = None
    revision: str | None = None
    templates: int = 0
    printer_ids: frozenset[UUID] = frozenset()
    leased_elsewhere: frozenset[str] = frozenset()
    """What other nodes drive."""
    backlog: store.Backlog = NOTHING_WAITS
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """What a node works with: the hub's own parts. `adopt` and `drop` tell the hub of printers that other nodes changed."""

    printers: dict[UUID, Printer]
    lookout: Lookout
    crew: Crew
    clock: Clock
    drivable: Callable[[Printer], bool]
    part_of: Callable[[Need, Printer], Need | None]
    adopt: Callable[[Printer, Printer | None], Awaitable[object]]
    drop: Callable[[UUID], None]


class Node:
    """One node. `mind` at least every third of a lease's time, the rest now and then."""

    def __init__(self, database: Database, leases: Leases, site: str, parts: Parts) -> None:
        self._database = database
        self.leases = leases
        self.site = site
        self._parts = parts
        self._heard_event = 0
        self._shared: dict[UUID, datetime | None] = {}
        self._terms: dict[UUID, object] = {}
        self.unclaimed = asyncio.Event()
        """Set when jobs for any printer may wait for another reason than they say."""

    def minds(self, printer_id: UUID) -> bool:
        """True while this node drives the printer."""
        return self.leases.holds(str(printer_id))

    async def mind(self) -> None:
        """Keep this node's leases, take those that are free, and drive exactly the printers they are for."""
        self.assign()  # who is dismissed first is known to be leaving
        mine = {printer.id for printer in self._parts.printers.values() if printer.enabled and self._could_drive(printer)}
        mine |= self._parts.crew.leaving  # a label in hand is ended under the lease it was begun with
        try:
            await self.leases.keep([HOUSEKEEPING, *map(str, sorted(mine))])
        except DatabaseUnusable as error:
            log.error("the leases of this node were not renewed: %s", error.detail)
        self.assign()

    def assign(self) -> None:
        """Drive exactly the printers whose leases this node holds.

        A worker whose lease ran out before it was taken again goes: somebody in between may have left a label in the middle, which
        the one after it looks for first.
        """
        mine = [printer for printer in self._parts.printers.values() if self.minds(printer.id) and self._parts.drivable(printer)]
        terms = {printer.id: self.leases.term(str(printer.id)) for printer in mine}
        kept = [printer for printer in mine if self._terms.get(printer.id, terms[printer.id]) is terms[printer.id]]
        if len(kept) < len(mine):
            self._parts.crew.assign(kept)
        self._parts.crew.assign(mine)
        self._terms = terms

    def _could_drive(self, printer: Printer) -> bool:
        """A printer of this site, with a driver here; where no other node can be, without one as well: it is looked at all the same."""
        return printer.site == self.site and (self._parts.drivable(printer) or not self._database.shared)

    async def strand(self) -> None:
        """Settle what was left in the middle on printers that nobody drives any more, if this node is the one to do it."""
        if not self.leases.holds(HOUSEKEEPING) or not await self._database.read(store.printing_on):
            return
        drivable = {printer.id for printer in self._parts.printers.values() if printer.enabled and self._driven_somewhere(printer)}
        drivable |= self._parts.crew.driven | self._parts.crew.leaving
        if left := await self._database.write(store.strand, drivable, self._parts.clock()):
            log.warning("%d jobs were left in the middle on printers that nobody drives", left)

    def _driven_somewhere(self, printer: Printer) -> bool:
        return printer.site != self.site or self._parts.drivable(printer)

    async def share(self) -> None:
        """Tell the others what this node saw of its printers, and take from them what they saw of theirs."""
        board = self._parts.lookout.board
        seen = {printer_id: board.of(printer_id) for printer_id in self._parts.printers if self.minds(printer_id)}
        news = {printer_id: status for printer_id, status in seen.items() if self._shared.get(printer_id) != status.captured_at}
        if news:
            stored = {printer_id: status.stored() for printer_id, status in news.items()}
            await self._database.write_quietly(printer_store.share_statuses, stored)
            self._shared |= {printer_id: status.captured_at for printer_id, status in news.items()}
        driven = await self._database.read(store.leases.held)
        for printer_id, told in (await self._database.read(printer_store.statuses)).items():
            if printer_id in self._parts.printers and not self.minds(printer_id):
                with suppress(KeyError, TypeError, ValueError):  # of a node of another version
                    status = Status.restored(told)
                    left = status.online and str(printer_id) not in driven
                    board.adopt(printer_id, status.missed(LEFT_ALONE, self._parts.clock()) if left else status)

    async def refresh(self) -> None:
        """Take over what other nodes changed about printers."""
        known, before_read = self._parts.printers, set(self._parts.printers)
        rows = {printer.id: printer for printer in await self._database.read(printer_store.every)}
        for printer in rows.values():
            before = known.get(printer.id)
            if before is None or (before != printer and before.updated_at <= printer.updated_at):
                await self._parts.adopt(printer, before)
        for printer_id in before_read - rows.keys():
            self._parts.drop(printer_id)

    async def hear(self) -> None:
        """Follow what other nodes commit, for ever: wake who has something to do now."""
        seen = self._database.commits
        self._heard_event = await self._database.read(last_id)
        while True:
            seen = await self._database.next_commit(seen)
            await asyncio.sleep(HEARD_AT_ONCE_S)
            await self.refresh()
            while found := await self._database.read(tail, self._heard_event):
                self._heard_event = found[-1].id or self._heard_event
                self._wake(
                    event.printer_id for event in found if event.type == JOB_STATE_CHANGED and event.data.get("to_state") == "queued"
                )

    def _wake(self, printer_ids: Iterable[UUID | None]) -> None:
        for printer_id in set(printer_ids):
            self.wake(printer_id)

    def wake(self, printer_id: UUID | None) -> None:
        """A job waits for this printer now; with None, for any."""
        if printer_id is None:
            self.unclaimed.set()
            self._parts.crew.wake_all()
        else:
            self._parts.crew.wake(printer_id)

    async def route(self) -> None:
        """Tell jobs for any printer why they wait, if this node is the one to do it."""
        self.unclaimed.clear()
        if not self.leases.holds(HOUSEKEEPING):
            return
        needs = await self._database.read(store.unclaimed_needs)
        if not needs:
            return
        board = self._parts.lookout.board
        enabled = [printer for printer in self._parts.printers.values() if printer.enabled]
        there = [Candidate(printer, board.of(printer.id), self._parts_of(needs, printer)) for printer in enabled]
        await self._database.write(store.explain_unclaimed, reasons(needs, there), self._parts.clock())

    def _parts_of(self, needs: Iterable[Need | None], printer: Printer) -> dict[Need | None, Need | None]:
        parts = {need: None if need is None else self._parts.part_of(need, printer) for need in needs}
        return {need: part for need, part in parts.items() if need is None or part is not None}

    async def forget(self, keep_days: float) -> int:
        """How many old events, and jobs that ended longer ago than so many days, were deleted; a few at a time: others write between."""
        if not self.leases.holds(HOUSEKEEPING):
            return 0
        now, forgotten = self._parts.clock(), 0
        while found := await self._database.write_quietly(store.forget, now - timedelta(days=keep_days), now):
            forgotten += found
            await asyncio.sleep(PAUSE_BETWEEN_DELETES_S)
        if forgotten:
            log.info("%d events of more than a day ago and jobs that ended more than %g days ago were deleted", forgotten, keep_days)
        return forgotten

    async def feel(self, before: Pulse) -> Pulse:
        """One look at the database; what was known before, with the fault, when it does not answer."""
        clock = asyncio.get_running_loop().time
        begun = clock()
        try:
            revision = await self._database.read(current_revision)
            latency_ms = (clock() - begun) * 1000
            templates = await self._database.read(template_store.count)
            ids = frozenset(printer.id for printer in await self._database.read(printer_store.every))
            elsewhere = await self._database.read(store.leases.held, but_of=self.leases.owner)
            backlog = await self._database.read(store.backlog)
            return Pulse(clock(), latency_ms, revision, templates, ids, elsewhere, backlog)
        except DatabaseUnusable as error:
            return replace(before, at=clock(), error=error.detail)
