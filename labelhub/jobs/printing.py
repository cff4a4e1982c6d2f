"""The straight line of one print: media, geometry, render, check, encode, send, confirm. Labels and printers meet here alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
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
from labelhub.printers.transport import TcpPipe, connect

__all__ = ["choose_media", "confirm", "encode", "lay_out", "pipe_to", "template_version"]

PAGES_A_CONNECTION = 20
"""More would make a batch that cannot be stopped."""
FIRST_LOOK_S, SLOWEST_LOOK_S = 0.005, 0.5
COUNTER_WRAP = 2**32
COUNTER_SLACK = 1000
"""Pages that others may have printed meanwhile."""


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


@asynccontextmanager
async def pipe_to(printer: Printer) -> AsyncIterator[TcpPipe]:
    """An open pipe, closed at the end. PrinterUnreachable."""
    pipe = await connect(printer.address.host, printer.address.port)
    try:
        yield pipe
    finally:
        await pipe.close()


async def confirm(
    closed: Callable[[], Awaitable[bool]], before: Status, pages: int, look: Look, tell: Tell, patience: Patience
) -> tuple[Evidence, Status]:
    """How the hub knows that the pages are out, and the printer's status then. `tell` hears of pages done and faults on the way.

    `closed` tells whether the printer has read the whole job and closed. OutcomeUnknown when nobody can know.
    """
    clock = asyncio.get_running_loop().time
    done, wait_s, worked = 0, FIRST_LOOK_S, False
    sent_at = quiet_since = fault_since = clock()
    while True:
        status = await look()
        now = clock()
        counted = _counted(before, status, pages)
        if counted is not None and counted >= pages:
            return Evidence.PAGE_COUNTER, status
        faulty = bool(status.online and status.reasons)
        # Seen at work, without a fault or a power cut since: only then does its falling idle mean that it is done.
        worked = bool(status.online) and not faulty and (worked or status.state == PrinterState.PRINTING)
        idle = status.online and status.state == PrinterState.IDLE and not faulty
        believable = worked or (before.page_count is None and status.page_count is None)
        if idle and believable and not counted and now - quiet_since > patience.settle_s and await closed():
            return Evidence.STATUS, status
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


def _counted(before: Status, now: Status, pages: int) -> int | None:
    """Pages counted since; None where it cannot be told, also after a counter was set back or is another printer's."""
    if not now.online or before.page_count is None or now.page_count is None:
        return None
    counted = (now.page_count - before.page_count) % COUNTER_WRAP
    return counted if counted <= pages + COUNTER_SLACK else None


def _doubt(status: Status, done: int, pages: int, waited_s: float) -> str:
    why = status.last_error if not status.online else ", ".join(status.reasons) or f"it says {status.state}"
    return f"all bytes were sent, but after {waited_s:.0f} s the printer had confirmed {done} of {pages} labels: {why}"
