"""Lookout: keeps an eye on every printer, and writes down and passes on what changes about them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Set
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from labelhub.db.engine import Database
from labelhub.db.schema import text_of
from labelhub.drivers.driver import Drivers
from labelhub.errors import DatabaseUnusable
from labelhub.events import PRINTER_STATUS, PRINTER_TAPE_CHANGED, Event, append_all
from labelhub.media import Media
from labelhub.metrics import Metrics
from labelhub.printers import store
from labelhub.printers.identity import Identities
from labelhub.printers.printer import Printer, Status
from labelhub.printers.probe import Board, Clock, Probe
from labelhub.printers.snmp import Snmp
from labelhub.printers.usb import UsbPorts

log = logging.getLogger(__name__)


class Spawn(Protocol):
    """Starts work in the background, under a name for the log."""

    def __call__(self, name: str, work: Coroutine[Any, Any, object], /) -> asyncio.Task[Any]:
        """The running task."""
        ...


class Lookout:
    """Looks at printers, now and in rounds. `printers` is everybody's view of them by id, and learns their serial numbers here."""

    def __init__(
        self,
        printers: dict[UUID, Printer],
        drivers: Drivers,
        database: Database,
        clock: Clock,
        spawn: Spawn,
        *,
        snmp: Snmp,
        usb: UsbPorts,
        wake_s: float,
        metrics: Metrics,
    ) -> None:
        self.board = Board(clock, self._changed, self._is_current, wake_s)
        self.probe = Probe(self.board, snmp, usb, clock, metrics)
        self.identities = Identities(snmp, drivers)
        self.minds: Callable[[UUID], bool] = lambda printer_id: True
        """Whether this node looks at a printer; others do at the rest."""
        self.seen: Callable[[UUID], None] = lambda printer_id: None
        """Called when a printer that answers shows another status."""
        self._printers = printers
        self._drivers = drivers
        self._database = database
        self._clock = clock
        self._spawn = spawn
        self._media: dict[UUID, Media | None] = {}
        self._untold: set[UUID] = set()

    async def look_at(self, printer: Printer) -> Status:
        """The status after one look now; never raises."""
        return await self.probe.look_at(printer, self._drivers.driver_of(printer.model))

    async def round(self, busy: Callable[[], Set[UUID]]) -> None:
        """One look at each enabled printer but those that are `busy` when its turn comes: others have their eyes on them then,
        and a connection more may be one too many there.
        """
        targets = [(printer, self._drivers.driver_of(printer.model)) for printer in self._printers.values()
                   if printer.enabled and self.minds(printer.id)]  # fmt: skip
        await self.probe.round(targets, lambda printer: printer.id in busy())
        for printer, _ in targets:
            self._learn_once(printer)
        if self._untold:
            await self._tell_again()

    def statuses(self, printer_id: UUID | None) -> list[Event]:
        """What is known of each printer now, or of one, as the event of its last change would tell it."""
        now = self._clock()
        wanted = self._printers.keys() if printer_id is None else [printer_id]
        return [_event(one, self.board.of(one), now) for one in wanted]

    def forget(self, printer_id: UUID) -> None:
        """Leave behind what was known of a printer that is gone, or is another one now."""
        self.board.forget(printer_id)
        self.identities.forget(printer_id)
        self._media.pop(printer_id, None)

    def _is_current(self, printer: Printer) -> bool:
        """False for a look that began before the printer moved or went."""
        now = self._printers.get(printer.id)
        return now is not None and now.enabled and (now.address, now.model) == (printer.address, printer.model)

    def _changed(self, printer: Printer, before: Status, after: Status) -> None:
        now = self._clock()
        found = [_event(printer.id, after, now)]
        if after.online and not after.blind:
            found += self._tape_changes(printer, after.media, now)
        if before.online != after.online:
            log.info("printer %s is %s", printer.slug, "online" if after.online else f"offline: {after.last_error}")
        self._spawn("status event", self._store(found))
        if after.online:
            self.seen(printer.id)
            self._learn_once(printer)
        else:
            self.identities.forget(printer.id)

    def _tape_changes(self, printer: Printer, media: Media | None, at: datetime) -> list[Event]:
        """The event of other media than was last seen; looks that see nothing lie between without counting."""
        known, before = printer.id in self._media, self._media.get(printer.id)
        self._media[printer.id] = media
        if not known or before == media:
            return []
        tapes = {"from": before.name if before else None, "to": media.name if media else None}
        return [Event(PRINTER_TAPE_CHANGED, {"printer_id": str(printer.id), **tapes}, at, printer.id)]

    async def _store(self, found: list[Event]) -> None:
        try:
            await self._database.write(append_all, found)
        except DatabaseUnusable as error:
            log.error("an event waits for the database: %s", error.detail)
            self._untold |= {event.printer_id for event in found if event.printer_id is not None}

    async def _tell_again(self) -> None:
        """How printers feel whose last change could not be written down."""
        untold, self._untold = self._untold & self._printers.keys(), set()
        await self._store([event for printer_id in untold for event in self.statuses(printer_id)])

    def _learn_once(self, printer: Printer) -> None:
        status = self.board.of(printer.id)
        if status.online and not status.blind and self.identities.wants(printer):
            self._spawn("identity", self._learn(printer))

    async def _learn(self, printer: Printer) -> None:
        """Ask a printer who it is, and keep its serial number when it is another one."""
        identity = await self.identities.learn(printer)
        current = self._printers.get(printer.id)
        if identity is None or current is None or identity.serial in ("", current.serial):
            return
        if current.serial is not None:
            told = "printer %s has another serial number, %s and no longer %s: it was exchanged"
            log.warning(told, printer.slug, identity.serial, current.serial)
        try:
            await self._database.write(store.set_serial, printer.id, identity.serial)
        except DatabaseUnusable as error:
            log.error("the serial number of %s was not kept: %s", printer.slug, error.detail)
        if current := self._printers.get(printer.id):
            self._printers[printer.id] = replace(current, serial=identity.serial)


def _event(printer_id: UUID, status: Status, at: datetime) -> Event:
    return Event(PRINTER_STATUS, _json(status.fields(printer_id)), at, printer_id)


def _json(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: text_of(value) if isinstance(value, datetime) else value for name, value in fields.items()}
