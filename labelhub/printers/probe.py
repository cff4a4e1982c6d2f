"""How printers feel: one look at one printer, the board that keeps the last look of each, and the round that keeps it fresh."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from gufo.snmp import SnmpError, SnmpVersion
from gufo.snmp.aio import SnmpSession

from labelhub.drivers import mib
from labelhub.drivers.driver import Driver
from labelhub.drivers.status import PrinterState, Report
from labelhub.errors import PrinterError, PrinterUnreachable, ReplyInvalid
from labelhub.printers.printer import Address, Printer, Status
from labelhub.printers.transport import connect

log = logging.getLogger(__name__)

SNMP_TIMEOUT_S = 1.0
SNMP_TRIES = 2
RESOLVE_TIMEOUT_S = 3.0
CONNECT_TIMEOUT_S = 3.0
IN_FLIGHT = 32
"""Looks at once: unbounded, a start with hundreds of printers overruns the socket buffers."""

LIMIT = 1.5
"""Of the time-out: what an answer may take at most, however much else arrives meanwhile."""
CANCEL_TRIES = 10

T = TypeVar("T")
Clock = Callable[[], datetime]


async def look(address: Address, driver: Driver, timeout_s: float = SNMP_TIMEOUT_S) -> Report:
    """What the printer says of itself now. PrinterUnreachable when it is silent, ReplyInvalid when it talks nonsense."""
    if not address.snmp:
        pipe = await connect(address.host, address.port, CONNECT_TIMEOUT_S)
        await pipe.close()
        return Report(PrinterState.UNKNOWN)
    values = await _get(address, timeout_s, (mib.BROTHER_STATUS, mib.PRT_MARKER_LIFE_COUNT))
    block, page_count = values.get(mib.BROTHER_STATUS), values.get(mib.PRT_MARKER_LIFE_COUNT)
    if not isinstance(block, bytes):
        raise ReplyInvalid(f"{address.host} answers SNMP but gives no status block: is it the printer its settings name?")
    report = driver.parse_status(block)
    return Report(report.state, report.reasons, report.media, page_count if isinstance(page_count, int) else None)


async def _get(address: Address, timeout_s: float, oids: Iterable[str]) -> dict[str, object]:
    try:
        return await _ask(address, timeout_s, list(oids))
    except TimeoutError as error:
        raise PrinterUnreachable(
            f"no SNMP answer from {address.host}:{address.snmp_port}: is the printer on? "
            "If SNMP is switched off in it, or its community is not the one set here, correct that (or set snmp to false)"
        ) from error
    except (OSError, UnicodeError, ValueError) as error:
        raise PrinterUnreachable(f"{address.host}:{address.snmp_port} cannot be reached: {error}") from error
    except SnmpError as error:
        raise ReplyInvalid(f"{address.host}:{address.snmp_port} sent no proper SNMP answer: {error}") from error
    except BaseException as error:
        # gufo panics over some garbage, with a class derived from BaseException that cannot be imported.
        if type(error).__name__ != "PanicException":
            raise
        raise ReplyInvalid(f"{address.host}:{address.snmp_port} sent no proper SNMP answer") from error


async def _within(limit_s: float, work: Coroutine[Any, Any, T]) -> T:
    """The result of the work. TimeoutError at the limit, even for work that begins its own time-out anew with every datagram."""
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait([task], timeout=limit_s)
    finally:
        task.cancel()
    if done:
        return task.result()
    for _ in range(CANCEL_TRIES):  # `wait_for` of Python 3.11 swallows a cancel that meets a datagram
        await asyncio.sleep(0)
        task.cancel()
    raise TimeoutError


async def _ask(address: Address, timeout_s: float, wanted: list[str]) -> dict[str, object]:
    async with asyncio.timeout(RESOLVE_TIMEOUT_S):
        found = await asyncio.get_running_loop().getaddrinfo(address.host, address.snmp_port, type=socket.SOCK_DGRAM)
    # One datagram goes to one address: IPv4 first, for label printers that have IPv6 seldom answer SNMP on it.
    first = min(found, key=lambda one: one[0] != socket.AF_INET)
    host, community = str(first[4][0]), address.snmp_community
    session = SnmpSession(host, address.snmp_port, community, version=SnmpVersion.v2c, timeout=timeout_s)
    for _ in range(SNMP_TRIES - 1):
        with suppress(TimeoutError):
            return dict(await _within(LIMIT * timeout_s, session.get_many(wanted)))
    return dict(await _within(LIMIT * timeout_s, session.get_many(wanted)))


class Board:
    """The last status of every printer: written by looks, read by everything, never waited for."""

    def __init__(
        self, clock: Clock, changed: Callable[[Printer, Status, Status], None], current: Callable[[Printer], bool] = lambda printer: True
    ) -> None:
        """`current` tells whether a printer is still the one that was looked at: a look that ends late is not kept."""
        self._clock = clock
        self._changed = changed
        self._current = current
        self._statuses: dict[UUID, Status] = {}

    def of(self, printer_id: UUID) -> Status:
        """The last status; one that knows nothing for a printer never looked at."""
        return self._statuses.get(printer_id, Status())

    def record(self, printer: Printer, outcome: Report | PrinterError) -> Status:
        """The new status; `changed` hears of it when a person would see a difference."""
        before, now = self.of(printer.id), self._clock()
        after = before.missed(outcome.detail, now, outcome.slug) if isinstance(outcome, PrinterError) else before.seen(outcome, now)
        if self._current(printer):
            self._statuses[printer.id] = after
            if after.differs(before):
                self._changed(printer, before, after)
        return after

    def forget(self, printer_id: UUID) -> None:
        """Drop the status of a printer that is gone."""
        self._statuses.pop(printer_id, None)


class Probe:
    """Looks at printers, at most IN_FLIGHT at once, and puts what it saw on the board."""

    def __init__(self, board: Board, timeout_s: float = SNMP_TIMEOUT_S) -> None:
        self._board = board
        self._timeout_s = timeout_s
        self._in_flight = asyncio.Semaphore(IN_FLIGHT)

    async def look_at(self, printer: Printer, driver: Driver | None) -> Status:
        """The status after one look now; never raises."""
        async with self._in_flight:
            return self._board.record(printer, await self._outcome(printer, driver))

    async def _outcome(self, printer: Printer, driver: Driver | None) -> Report | PrinterError:
        if driver is None:
            return PrinterError(f"no driver here knows the model {printer.model!r}; correct the model, or disable the printer")
        try:
            return await look(printer.address, driver, self._timeout_s)
        except PrinterError as error:
            log.debug("look at %s: %s", printer.slug, error.detail)
            return error

    async def round(self, targets: Iterable[tuple[Printer, Driver | None]]) -> None:
        """One look at each."""
        looks = (self.look_at(printer, driver) for printer, driver in targets)
        for outcome in await asyncio.gather(*looks, return_exceptions=True):
            if isinstance(outcome, Exception):  # a driver's own fault: it must not end the looks at the others
                log.error("a look failed", exc_info=outcome)
