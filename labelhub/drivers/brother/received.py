"""What a decoder finds in the bytes of a job: events, settings, and the rules a job can break."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from labelhub.raster import Raster


class Rule(StrEnum):
    """What a job can do wrong. The first ones are seen by the decoder, the last ones by a printer with its media."""

    JUNK = "junk"
    UNKNOWN_COMMAND = "unknown-command"
    WRONG_LINE_COMMAND = "wrong-line-command"
    BLANK_LINE_UNCOMPRESSED = "blank-line-uncompressed"
    LINE_TOO_LONG = "line-too-long"
    LINE_UNREADABLE = "line-unreadable"
    MIXED_LINES = "mixed-lines"
    TOO_MANY_LINES = "too-many-lines"
    LINE_COUNT = "line-count"
    NOT_FOR_THIS_MODEL = "not-for-this-model"
    NO_PRINT_INFORMATION = "no-print-information"
    NO_LINES = "no-lines"
    NOT_IN_RASTER_MODE = "not-in-raster-mode"
    PAGE_NUMBER = "page-number"
    PAGE_LENGTH = "page-length"
    MARGIN = "margin"
    WRONG_MEDIA = "wrong-media"
    INK_BESIDE_MEDIA = "ink-beside-media"
    PAGE_LOST = "page-lost"
    JOB_INCOMPLETE = "job-incomplete"
    JOB_NOT_ENDED = "job-not-ended"


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule broken, and how."""

    rule: Rule
    detail: str


@dataclass(frozen=True, slots=True)
class Initialised:
    """ESC @ came: settings are forgotten, and with them `lost_lines` lines of a page that was never finished."""

    lost_lines: int


@dataclass(frozen=True, slots=True)
class ModeChosen:
    """ESC i a: 1 is raster."""

    mode: int


@dataclass(frozen=True, slots=True)
class StatusAsked:
    """ESC i S."""


@dataclass(frozen=True, slots=True)
class NotificationsSet:
    """ESC i !: from now on the printer tells by itself what happens, or it does not."""

    on: bool


@dataclass(frozen=True, slots=True)
class PrintInformation:
    """ESC i z. A code is None where its flag says it does not count."""

    kind_code: int | None
    width_code: int | None
    length_code: int | None
    lines: int
    page_number: int
    recover: bool


@dataclass(frozen=True, slots=True)
class PageSettings:
    """What ESC i M, A, K and d said last."""

    mode: int = 0
    cut_each: int = 1
    expanded: int = 0
    margin_dots: int = 0

    @property
    def auto_cut(self) -> bool:
        """Cut after each `cut_each` pages."""
        return bool(self.mode & 0x40)

    @property
    def mirror(self) -> bool:
        """Print mirrored."""
        return bool(self.mode & 0x80)

    @property
    def half_cut(self) -> bool:
        """Half cut between pages (PT)."""
        return bool(self.expanded & 0x04)

    @property
    def cut_at_end(self) -> bool:
        """Feed and cut after the last page."""
        return bool(self.expanded & 0x08)

    @property
    def high_resolution(self) -> bool:
        """Twice the lines along the feed."""
        return bool(self.expanded & 0x40)

    @property
    def two_color(self) -> bool:
        """Black and red lines (QL)."""
        return bool(self.expanded & 0x01)


@dataclass(frozen=True, slots=True)
class PageEnd:
    """A page is complete: its dots over the whole head, seen as in `labelhub.raster`, and what was said about it."""

    raster: Raster
    information: PrintInformation | None
    settings: PageSettings
    last: bool
    """Ended by 1A: the job is over."""


Event = Violation | Initialised | ModeChosen | StatusAsked | NotificationsSet | PageEnd
