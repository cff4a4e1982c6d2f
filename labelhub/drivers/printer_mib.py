"""A printer's state from the standard MIBs alone, for one that does not tell its maker's own status block.

hrPrinterDetectedErrorState (RFC 2790, RFC 3805) is a string of bits, the most significant of its first octet first:
    lowPaper noPaper lowToner noToner doorOpen jammed offline serviceRequested
    inputTrayMissing outputTrayMissing markerSupplyMissing outputNearFull outputFull inputTrayEmpty overduePreventMaint -
"""

from __future__ import annotations

from collections.abc import Mapping

from labelhub.drivers import mib
from labelhub.drivers.status import PASSING, PrinterState, Reason, Report
from labelhub.media import Media

Values = Mapping[str, object]

OIDS = (
    mib.HR_PRINTER_STATUS,
    mib.HR_PRINTER_DETECTED_ERROR_STATE,
    mib.PRT_INPUT_MEDIA_NAME,
    mib.PRT_MARKER_LIFE_COUNT,
    mib.PRT_CONSOLE_TEXT,
)
_BITS = (
    {
        mib.ERROR_NO_PAPER: Reason.MEDIA_EMPTY,
        mib.ERROR_DOOR_OPEN: Reason.COVER_OPEN,
        mib.ERROR_JAMMED: Reason.MEDIA_JAM,
        mib.ERROR_OFFLINE: Reason.OFFLINE,
        mib.ERROR_SERVICE_REQUESTED: Reason.OTHER,
    },
    {
        mib.ERROR_INPUT_TRAY_MISSING: Reason.MEDIA_NEEDED,
        mib.ERROR_OUTPUT_TRAY_MISSING: Reason.OTHER,
        mib.ERROR_OUTPUT_FULL: Reason.OTHER,
        mib.ERROR_INPUT_TRAY_EMPTY: Reason.MEDIA_EMPTY,
    },
)
_BUSY_WORDS = ("PRINTING", "BUSY", "RECEIVING")
_COOLING_WORD = "COOLING"
_COVER_WORD = "COVER OPEN"
_ERROR_WORD = "ERROR"


def report_of(values: Values, media: Media | None) -> Report | None:
    """What the answers say; `media` is what the name of the media meant to the driver. None when they say nothing at all."""
    status = values.get(mib.HR_PRINTER_STATUS)
    errors = values.get(mib.HR_PRINTER_DETECTED_ERROR_STATE)
    if not isinstance(status, int) and not isinstance(errors, bytes):
        return None
    octets = errors if isinstance(errors, bytes) else b""
    reasons = [reason for octet, names in zip(octets, _BITS, strict=False) for reason in _named(octet, names)]
    reasons += _said(console_text(values))
    name = values.get(mib.PRT_INPUT_MEDIA_NAME)
    if not reasons and isinstance(name, bytes) and not name.strip(b" \0"):
        reasons.append(Reason.MEDIA_EMPTY)
    # The display alone tells a jammed cutter or a hot head; hrPrinterStatus says `other` of both, and of standby as well.
    if not reasons and console_text(values).startswith(_ERROR_WORD):
        reasons.append(Reason.OTHER)
    return Report(_state(status, reasons, values), tuple(dict.fromkeys(reasons)), media, page_count(values))


def with_console(report: Report, values: Values) -> Report:
    """The report of a status block, with what the display says beside it: a printer still taking a job in is not idle."""
    said = tuple(reason for reason in _said(console_text(values)) if reason in PASSING and reason not in report.reasons)
    state = PrinterState.STOPPED if said else report.state
    if state is PrinterState.IDLE and console_text(values) in _BUSY_WORDS:
        state = PrinterState.PRINTING
    return Report(state, report.reasons + said, report.media, page_count(values), report.page_done)


def page_count(values: Values) -> int | None:
    """The life counter of printed pages."""
    count = values.get(mib.PRT_MARKER_LIFE_COUNT)
    return count if isinstance(count, int) else None


def console_text(values: Values) -> str:
    """What stands on the display, in capitals."""
    words = values.get(mib.PRT_CONSOLE_TEXT)
    return words[:80].decode("ascii", "replace").strip(" \0").upper() if isinstance(words, bytes) else ""


def _named(octet: int, names: Mapping[int, Reason]) -> list[Reason]:
    return [reason for bit, reason in names.items() if octet & bit]


def _said(words: str) -> list[Reason]:
    if words.startswith(_COOLING_WORD):
        return [Reason.COOLING]
    return [Reason.COVER_OPEN] if words == _COVER_WORD else []


def _state(status: object, reasons: list[Reason], values: Values) -> PrinterState:
    if Reason.OFFLINE in reasons:
        return PrinterState.OFFLINE
    if reasons:
        return PrinterState.STOPPED
    if status in (mib.HR_STATUS_PRINTING, mib.HR_STATUS_WARMUP) or console_text(values) in _BUSY_WORDS:
        return PrinterState.PRINTING
    return PrinterState.IDLE if status == mib.HR_STATUS_IDLE else PrinterState.UNKNOWN
