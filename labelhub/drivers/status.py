"""What a printer says of itself: state, reasons and loaded media, in the words of IPP (printer-state, printer-state-reasons)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from labelhub.media import Media


class PrinterState(StrEnum):
    """The `state` of the HTTP contract."""

    IDLE = "idle"
    PRINTING = "printing"
    STOPPED = "stopped"
    OFFLINE = "offline"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """The `reasons[]` of the HTTP contract: IPP printer-state-reasons."""

    COVER_OPEN = "cover-open"
    MEDIA_EMPTY = "media-empty"
    MEDIA_NEEDED = "media-needed"
    MEDIA_JAM = "media-jam"
    CUTTER_JAM = "cutter-jam"
    COOLING = "cooling"
    OFFLINE = "offline"
    ASLEEP = "asleep"
    BUSY = "busy"
    OTHER = "other"


PASSING = frozenset({Reason.COOLING, Reason.BUSY, Reason.ASLEEP})
"""Reasons that end by themselves: the printer goes on without a person."""


@dataclass(frozen=True, slots=True)
class Report:
    """One answer of a printer, without the time it was seen at (the printers room adds that).

    `media` is None when none is loaded or the printer hides it (a Brother with its cover open does).
    `page_count` is the life counter of printed pages where the answer held one. `page_done` is True for word that one page
    has been printed, which printers send unasked on USB. `blind` says why nothing could be seen of a printer that was
    reached all the same: its state is unknown then, and so is its media. `uptime_s` is the time since it was switched on.
    """

    state: PrinterState
    reasons: tuple[Reason, ...] = ()
    media: Media | None = None
    page_count: int | None = None
    page_done: bool = False
    blind: str | None = None
    uptime_s: float | None = field(default=None, compare=False)
