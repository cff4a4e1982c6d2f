"""How printers feel: the board that keeps the last look of each, and the probe that keeps it fresh."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

from labelhub.drivers.driver import Driver
from labelhub.drivers.status import Report
from labelhub.errors import PrinterError
from labelhub.metrics import Metrics
from labelhub.printers.look import look
from labelhub.printers.printer import Printer, Status
from labelhub.printers.snmp import Snmp
from labelhub.printers.usb import UsbPorts

log = logging.getLogger(__name__)

IN_FLIGHT = 32
"""Looks of a round at once: unbounded, a start with hundreds of printers overruns the socket buffers."""
WORKERS_IN_FLIGHT = 128
"""Looks of workers at once, which do not stand in line behind a round: a label on its way must not wait for printers that are off."""
WAKE_S = 30.0
"""How long a printer that takes connections and says nothing may be asleep, before it is printed on unseen."""

Clock = Callable[[], datetime]


class Board:
    """The last status of every printer: written by looks, read by everything, never waited for."""

    def __init__(
        self,
        clock: Clock,
        changed: Callable[[Printer, Status, Status], None],
        current: Callable[[Printer], bool] = lambda printer: True,
        wake_s: float = WAKE_S,
    ) -> None:
        """`current` tells whether a printer is still the one that was looked at: a look that ends late is not kept."""
        self._clock = clock
        self._changed = changed
        self._current = current
        self._wake_s = wake_s
        self._statuses: dict[UUID, Status] = {}

    def of(self, printer_id: UUID) -> Status:
        """The last status; one that knows nothing for a printer never looked at."""
        return self._statuses.get(printer_id, Status())

    def record(self, printer: Printer, outcome: Report | PrinterError, begun: datetime | None = None) -> Status:
        """The new status; `changed` hears of it when a person would see a difference.

        A failure of a look that had `begun` before the printer answered another is no news.
        """
        before = self.of(printer.id)
        failed = isinstance(outcome, PrinterError) or outcome.blind is not None
        if failed and begun is not None and before.last_seen_at is not None and begun < before.last_seen_at:
            return before
        after = self._after(before, outcome)
        if self._current(printer):
            self._statuses[printer.id] = after
            if after.differs(before):
                self._changed(printer, before, after)
        return after

    def _after(self, before: Status, outcome: Report | PrinterError) -> Status:
        now = self._clock()
        if isinstance(outcome, PrinterError):
            return before.missed(outcome.detail, now, outcome.slug)
        if outcome.blind is not None:
            return before.reached(outcome.blind, now, self._wake_s)
        return before.seen(outcome, now)

    def adopt(self, printer_id: UUID, status: Status) -> None:
        """Take what another node saw."""
        self._statuses[printer_id] = status

    def forget(self, printer_id: UUID) -> None:
        """Drop the status of a printer that is gone."""
        self._statuses.pop(printer_id, None)


class Probe:
    """Looks at printers, so many at once and no more, and puts what it saw on the board."""

    def __init__(self, board: Board, snmp: Snmp, usb: UsbPorts, clock: Clock, metrics: Metrics | None = None) -> None:
        self._board = board
        self._snmp = snmp
        self._usb = usb
        self._clock = clock
        self._metrics = metrics or Metrics()
        self._in_round = asyncio.Semaphore(IN_FLIGHT)
        self._of_workers = asyncio.Semaphore(WORKERS_IN_FLIGHT)

    async def look_at(self, printer: Printer, driver: Driver | None) -> Status:
        """The status after one look now; never raises."""
        async with self._of_workers:
            return await self._look(printer, driver)

    async def round(
        self, targets: Iterable[tuple[Printer, Driver | None]], busy: Callable[[Printer], bool] = lambda printer: False
    ) -> None:
        """One look at each but those that are `busy` when their turn comes."""

        async def look_in_turn(printer: Printer, driver: Driver | None) -> None:
            async with self._in_round:
                if not busy(printer):
                    await self._look(printer, driver)

        looks = (look_in_turn(printer, driver) for printer, driver in targets)
        for outcome in await asyncio.gather(*looks, return_exceptions=True):
            if isinstance(outcome, Exception):  # a driver's own fault: it must not end the looks at the others
                log.error("a look failed", exc_info=outcome)

    async def _look(self, printer: Printer, driver: Driver | None) -> Status:
        begun = self._clock()
        started = time.monotonic()
        outcome = await self._outcome(printer, driver)
        word = outcome.slug if isinstance(outcome, PrinterError) else "answered" if outcome.blind is None else "silent"
        self._metrics.probes.add(self._metrics.printer(printer.slug), word)
        self._metrics.probe_s.add(time.monotonic() - started, word)
        return self._board.record(printer, outcome, begun)

    async def _outcome(self, printer: Printer, driver: Driver | None) -> Report | PrinterError:
        if driver is None:
            return PrinterError(f"no driver here knows the model {printer.model!r}; correct the model, or disable the printer")
        try:
            return await look(printer.address, driver, printer.model, self._snmp, self._usb)
        except PrinterError as error:
            log.debug("look at %s: %s", printer.slug, error.detail)
            return error
