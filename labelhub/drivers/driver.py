"""The contract of a printer language. Plug-ins name an object of this shape in the entry-point group `labelhub.drivers`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from labelhub.drivers.status import Report
from labelhub.media import Media, Need, need_for, size_of, sizes_of
from labelhub.raster import Canvas, Raster


@dataclass(frozen=True, slots=True)
class Model:
    """One printer model as its maker names it, with where its facts come from and whether somebody has tried it."""

    name: str
    driver: str
    source: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Cutting:
    """What a model can do about the end of a label, and what that costs in media."""

    cutter: bool = True
    half_cutter: bool = False
    most_together: int = 1
    """Labels between two cuts, at most."""
    leader_mm: float = 0
    """Blank media before a job that begins behind a cut: what lies between head and cutter. No piece can be shorter."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """How one model prints on one media: all lengths in dots of the head's own grid unless the name says mm."""

    dpi: int
    head_dots: int
    """All dots of the head, printable on this media or not."""
    printable_dots: int
    """The dots that reach this media."""
    right_dots: int
    """Unused head dots on the right of the printable ones, seen as in `labelhub.raster`."""
    margin_dots: int
    """Blank feed before and after a page that the printer adds itself."""
    canvas: Canvas
    cutting: Cutting = Cutting()


@dataclass(frozen=True, slots=True)
class EncodeOptions:
    """What a job asks of the printer beside its dots. What a model cannot do is left out, never refused."""

    auto_cut: bool = True
    """Cut between labels; without, the pages of a job hang together."""
    half_cut: bool = False
    """Between labels cut the tape and leave its backing."""
    high_resolution: bool = False
    mirror: bool = False
    """Left and right changed, for clear tape seen from behind."""
    chain: bool = False
    """Leave the end of the job uncut in the printer, where the next job goes on without a blank leader."""
    cut_each: int = 1
    """Labels between two cuts."""
    margin_mm: float | None = None
    """Blank feed before and after a label; None: the least that the printer can."""


@dataclass(frozen=True, slots=True)
class EncodedPage:
    """Everything of one page but what ends it. The first page of a job holds the job's opening as well."""

    body: bytes
    body_if_last: bytes | None = None
    """What leaves instead when no page follows, where the page itself says so at its beginning; None where `body` serves both ways."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """One job in the parts it leaves in: between two pages comes `more`, and `last` ends the job after whichever page is its last.

    Both are empty in a language whose pages end by themselves. The job may be ended after any page.
    """

    pages: tuple[EncodedPage, ...]
    more: bytes = b""
    last: bytes = b""

    @property
    def whole(self) -> bytes:
        """The bytes of the job when all its pages leave."""
        return self.up_to(len(self.pages))

    def up_to(self, pages: int) -> bytes:
        """The bytes of the job that is ended after so many pages, one at least."""
        return b"".join(self.part(number, number + 1 == pages) for number in range(pages))

    def part(self, number: int, ends: bool) -> bytes:
        """What leaves for one page, counted from 0: the end of the page before it, and, where it `ends` the job, its own as well."""
        page = self.pages[number]
        body = page.body if not ends or page.body_if_last is None else page.body_if_last
        return (self.more if number else b"") + body + (self.last if ends else b"")

    @property
    def says_last(self) -> bool:
        """True when a page says at its beginning whether it is the last: who sends it has to know by then."""
        return any(page.body_if_last is not None for page in self.pages)


class Driver(Protocol):
    """Pure: bytes and dots in, dots and bytes out. `model` is always one of `models` by name, any letter case."""

    name: str
    models: tuple[Model, ...]

    def media(self, model: str) -> tuple[Media, ...]:
        """Every media the model takes, in its plainest colours."""
        ...

    def geometry(self, model: str, media: Media, options: EncodeOptions = ...) -> Geometry:
        """How the model prints on the media. MediaUnsupported when it cannot."""
        ...

    def encode(self, model: str, media: Media, pages: Sequence[Raster], options: EncodeOptions) -> Encoded:
        """The parts of a job of one or more pages. LabelTooLong, MediaUnsupported; ValueError for a page of the wrong width."""
        ...

    def parse_status(self, block: bytes, model: str | None = None) -> Report:
        """What a raw status block says. ReplyInvalid, whatever the garbage, or when it is that of a printer unlike `model`."""
        ...

    def media_named(self, model: str, name: str) -> Media | None:
        """The media that the Printer MIB's prtInputMediaName tells by its size alone, None when it tells nothing."""
        ...

    def status_request(self, model: str) -> bytes:
        """What to send on USB to be told the status; empty when the model never answers."""
        ...


def part_of(need: Need, driver: Driver, model: str) -> Need | None:
    """As much of the need as the model takes; None where it takes none of it."""
    taken = {size_of(media) for media in driver.media(model)}
    return need_for(one for one in sizes_of(need) if one in taken)


@dataclass(frozen=True, slots=True)
class Drivers:
    """All drivers at hand, found by the printer model they drive."""

    by_model: Mapping[str, tuple[Driver, Model]]

    @classmethod
    def of(cls, drivers: Iterable[Driver]) -> Drivers:
        """The drivers by lower-case model name; of two that drive one model the first stays."""
        by_model: dict[str, tuple[Driver, Model]] = {}
        for driver in drivers:
            for model in driver.models:
                by_model.setdefault(model.name.lower(), (driver, model))
        return cls(by_model)

    def find(self, model: str) -> tuple[Driver, Model] | None:
        """The driver and the model as its maker writes it; None for a model nobody drives."""
        return self.by_model.get(model.strip().lower())

    def driver_of(self, model: str) -> Driver | None:
        """The driver of a model; None for a model nobody drives."""
        found = self.find(model)
        return found[0] if found else None

    def recognise(self, text: str) -> str | None:
        """The model that a device's own description names, as in `Brother QL-820NWBc`; the longest that occurs in it."""
        words = re.split(r"[^a-z0-9-]+", text.lower())
        found = [name for name in self.by_model if any(word.startswith(name) for word in words)]
        return self.by_model[max(found, key=len)][1].name if found else None

    @property
    def model_names(self) -> list[str]:
        """Every model that can be driven, sorted."""
        return sorted(model.name for _, model in self.by_model.values())
