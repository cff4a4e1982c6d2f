"""Jobs for tests of the virtual printers: any model, any media, and the words for what its status says."""

from __future__ import annotations

from collections.abc import Sequence

from labelhub.drivers.brother import PT, QL, BrotherDriver
from labelhub.drivers.brother.received import Rule
from labelhub.drivers.brother.rows import Language
from labelhub.drivers.brother.tables import model_row
from labelhub.drivers.brother.words import media_from_word
from labelhub.drivers.driver import EncodeOptions
from labelhub.drivers.status import Report
from labelhub.emulator.machine import Machine, Page
from labelhub.media import Media
from labelhub.raster import Raster
from tests.drivers.pictures import page

PLAIN = EncodeOptions()
TAPE, ROLL = media_from_word("PT-P750W", "12mm"), media_from_word("QL-820NWB", "62mm")


def driver_of(model: str) -> BrotherDriver:
    return PT if model_row(model).language is Language.PT else QL


def media_of(model: str) -> Media:
    """12 mm tape, or the 62 mm roll."""
    return TAPE if model_row(model).language is Language.PT else ROLL


def job(model: str, *pages: Raster, media: Media | None = None, options: EncodeOptions = PLAIN, rows: int = 400) -> bytes:
    """One job; without pages one of so many rows."""
    on = media or media_of(model)
    return driver_of(model).encode(model, on, pages or [sheet(model, rows, on)], options).whole


def strip(model: str, count: int, rows: int = 400, options: EncodeOptions = PLAIN) -> bytes:
    """One job of several pages."""
    return job(model, *[sheet(model, rows)] * count, options=options)


def sheet(model: str, rows: int = 400, media: Media | None = None) -> Raster:
    """A page in which nothing is symmetric."""
    on = media or media_of(model)
    canvas = driver_of(model).geometry(model, on).canvas
    return page(canvas.width_dots, canvas.length_dots or rows)


def report(machine: Machine) -> Report:
    """What the hub reads in the raw status block."""
    model = machine.model.name
    return driver_of(model).parse_status(machine.status_block(), model)


def printed(machine: Machine, *jobs: bytes) -> list[Page]:
    """What comes out of jobs sent on one connection each."""
    out: list[Page] = []
    for data in jobs:
        machine.receive(data)
        machine.connection_closed()
        out += print_all(machine)
    return out


def print_all(machine: Machine) -> list[Page]:
    """What comes out of what waits, until nothing does or something stops it."""
    out: list[Page] = []
    while machine.start_page() is not None and (finished := machine.finish_page()):
        out.append(finished)
    return out


def rules(machine: Machine) -> Sequence[Rule]:
    return [violation.rule for violation in machine.violations]
