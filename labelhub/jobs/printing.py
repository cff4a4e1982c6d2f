"""The straight line of one print: media, geometry, render, check, encode, send, confirm. Labels and printers meet here alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from labelhub.drivers.driver import Driver, EncodeOptions
from labelhub.drivers.status import PrinterState
from labelhub.errors import MediaUnsupported, OutcomeUnknown
from labelhub.jobs.job import Evidence
from labelhub.labels.barcode import check
from labelhub.labels.page import Page
from labelhub.labels.render import render
from labelhub.labels.store import version as template_version
from labelhub.labels.template import Template
from labelhub.media import Media
from labelhub.printers.printer import Printer, Status
from labelhub.printers.transport import Receipt, connect

__all__ = ["choose_media", "confirm", "encode", "lay_out", "send", "template_version"]

PAGES_A_CONNECTION = 20
"""More would make a batch that cannot be stopped."""
FIRST_LOOK_S, SLOWEST_LOOK_S = 0.02, 0.5
COUNTER_WRAP = 2**32


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the hub waits for a printer to say that it is done, all in seconds.

    `quiet_s`: with no sign of work. `fault_s`: while it shows a fault a person can clear. `settle_s`: idle but without
    having counted the pages, before its word alone is taken.
    """

    quiet_s: float = 30.0
    fault_s: float = 900.0
    settle_s: float = 3.0


Look = Callable[[], Awaitable[Status]]
Tell = Callable[[int, Status], Awaitable[None]]


def choose_media(driver: Driver, model: str, template: Template, loaded: Media | None) -> Media:
    """The media to lay a label out for: the loaded one where it fits, else the one the template asks for. MediaUnsupported."""
    if loaded is not None and (template.need is None or template.need.met_by(loaded)):
        return loaded
    if template.need is None:
        raise MediaUnsupported(f"template {template.key} takes any media, but the hub does not know which one is in the printer")
    for media in driver.media(model):
        if template.need.met_by(media):
            return media
    raise MediaUnsupported(f"template {template.key} is drawn for {template.need.name}, which a {model} does not take")


def lay_out(template: Template, fields: Mapping[str, Any], driver: Driver, model: str, media: Media, options: EncodeOptions) -> Page:
    """The very dots that are or would be printed, every bar code read back from them. FieldMissing, LabelTooLong, BarcodeInvalid."""
    page = render(template, fields, driver.geometry(model, media, options).canvas, media)
    check(page)
    return page


def encode(
    template: Template, sheets: list[Mapping[str, Any]], driver: Driver, model: str, media: Media, options: EncodeOptions
) -> bytes:
    """The bytes of one connection's pages; equal fields that follow each other (copies) are laid out once."""
    pages: list[Page] = []
    for number, fields in enumerate(sheets):
        same = number > 0 and fields is sheets[number - 1]
        pages.append(pages[-1] if same else lay_out(template, fields, driver, model, media, options))
    return driver.encode(model, media, [page.raster for page in pages], options)


async def send(printer: Printer, data: bytes, before_first_byte: Callable[[], Awaitable[bool]]) -> Receipt | None:
    """The receipt; None when `before_first_byte` said no. PrinterUnreachable while nothing left, OutcomeUnknown after."""
    pipe = await connect(printer.address.host, printer.address.port)
    try:
        if not await before_first_byte():
            return None
        return await pipe.send(data)
    finally:
        await pipe.close()


async def confirm(receipt: Receipt, before: Status, pages: int, look: Look, tell: Tell, patience: Patience, snmp: bool) -> Evidence:
    """How the hub knows that the pages are out. `tell` hears of pages done and faults on the way. OutcomeUnknown."""
    if not snmp:
        return Evidence.CONNECTION_CLOSED if receipt.closed_by_printer else Evidence.SENT
    clock = asyncio.get_running_loop().time
    done, wait_s, worked = 0, FIRST_LOOK_S, False
    sent_at = quiet_since = fault_since = clock()
    while True:
        status = await look()
        now = clock()
        counted = _counted(before, status)
        if counted is not None and counted >= pages:
            return Evidence.PAGE_COUNTER
        faulty = bool(status.online and status.reasons)
        idle = status.online and status.state == PrinterState.IDLE and not faulty
        # Where pages are counted, idle alone proves nothing: it must have been seen at work since the last fault.
        worked = (worked or status.state == PrinterState.PRINTING) and not faulty
        if idle and (worked or counted is None) and receipt.closed_by_printer and now - quiet_since > patience.settle_s:
            return Evidence.STATUS
        if status.state == PrinterState.PRINTING or (counted or 0) > done or faulty:
            quiet_since = now
        if not faulty:
            fault_since = now
        done = max(done, counted or 0)
        await tell(done, status)
        if now - quiet_since > patience.quiet_s or now - fault_since > patience.fault_s:
            raise OutcomeUnknown(_doubt(status, done, pages, now - sent_at))
        await asyncio.sleep(wait_s)
        wait_s = min(wait_s * 1.5, SLOWEST_LOOK_S)


def _counted(before: Status, now: Status) -> int | None:
    if not now.online or before.page_count is None or now.page_count is None:
        return None
    return (now.page_count - before.page_count) % COUNTER_WRAP


def _doubt(status: Status, done: int, pages: int, waited_s: float) -> str:
    why = status.last_error if not status.online else ", ".join(status.reasons) or f"it says {status.state}"
    return f"all bytes were sent, but after {waited_s:.0f} s the printer had confirmed {done} of {pages} labels: {why}"
