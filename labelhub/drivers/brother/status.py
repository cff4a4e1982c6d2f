"""What a status block means, in the words of IPP. The captures behind it taught two things that the manuals hide: an empty
printer reports no error, only width and type 0; one with its cover open reports no media.
"""

from __future__ import annotations

from collections.abc import Mapping

from labelhub.drivers.brother import block as raw
from labelhub.drivers.brother.block import StatusBlock
from labelhub.drivers.brother.rows import Language, ModelRow
from labelhub.drivers.brother.tables import MODELS, model_row
from labelhub.drivers.brother.tapes import (
    FABRIC,
    FLEXIBLE_ID,
    LAMINATED,
    NON_LAMINATED,
    SATIN,
    SHRINK_2_TO_1,
    SHRINK_3_TO_1,
    TAPE_COLORS,
    TEXT_COLORS,
)
from labelhub.drivers.status import PrinterState, Reason, Report
from labelhub.errors import ReplyInvalid
from labelhub.media import Media, MediaKind

Bits = Mapping[int, Reason]

_ERRORS_1: Bits = {raw.NO_MEDIA: Reason.MEDIA_EMPTY, raw.END_OF_MEDIA: Reason.MEDIA_EMPTY, raw.CUTTER_JAM: Reason.CUTTER_JAM}
_ERRORS_2: Bits = {raw.WRONG_MEDIA: Reason.MEDIA_NEEDED, raw.COVER_OPEN: Reason.COVER_OPEN}
_BUFFER_FULL: Bits = {raw.BUFFER_FULL: Reason.BUSY}
_IN_USE, _TURNED_OFF, _CANNOT_FEED, _OWN_BUFFER_FULL = 0x10, 0x20, 0x40, 0x08
_QL_1: Bits = {**_ERRORS_1, _IN_USE: Reason.BUSY, _TURNED_OFF: Reason.OFFLINE}
_QL_2: Bits = {**_ERRORS_2, **_BUFFER_FULL, _CANNOT_FEED: Reason.MEDIA_JAM}
_PT_2: Bits = {**_ERRORS_2, raw.TOO_HOT: Reason.COOLING}
_P900_2: Bits = {**_PT_2, **_BUFFER_FULL, _OWN_BUFFER_FULL: Reason.BUSY}
_P900_3 = {0x10: Reason.MEDIA_EMPTY, 0x21: Reason.MEDIA_NEEDED}
_P900_HEAD_DOTS = 560

_KINDS = {
    Language.PT: {
        LAMINATED: MediaKind.TAPE_LAMINATED,
        NON_LAMINATED: MediaKind.TAPE_NON_LAMINATED,
        FABRIC: MediaKind.TAPE_NON_LAMINATED,
        FLEXIBLE_ID: MediaKind.TAPE_NON_LAMINATED,
        SATIN: MediaKind.TAPE_NON_LAMINATED,
        SHRINK_2_TO_1: MediaKind.TAPE_HEAT_SHRINK,
        SHRINK_3_TO_1: MediaKind.TAPE_HEAT_SHRINK,
    },
    Language.QL: {
        0x0A: MediaKind.ROLL_CONTINUOUS,
        0x4A: MediaKind.ROLL_CONTINUOUS,
        0x0B: MediaKind.ROLL_DIE_CUT,
        0x4B: MediaKind.ROLL_DIE_CUT,
    },
}
_SIZES = {
    (row.type_code, row.width_code, row.length_code): (row.media.width_mm, row.media.length_mm) for model in MODELS for row in model.media
}


def parse_block(block: bytes, language: Language, model: str | None = None) -> Report:
    """What the block says. ReplyInvalid when it is none, or that of a printer whose head or language is not the model's."""
    found = raw.read(block)
    senders = [row for row in MODELS if (row.series_code, row.model_code) == (found.series, found.model)]
    if model is not None and senders and not any(_alike(row, model_row(model)) for row in senders):
        names = " or ".join(row.name for row in senders)
        raise ReplyInvalid(f"the printer says it is a {names}, and is set up here as a {model}: correct its model")
    wide = any(row.head_dots == _P900_HEAD_DOTS for row in senders or ([model_row(model)] if model else []))
    media = _media(found, language)
    reasons = _reasons(found, language, wide, media)
    return Report(_state(found, reasons), reasons, media, page_done=found.status_type == raw.TYPE_PRINTED)


def _alike(one: ModelRow, other: ModelRow) -> bool:
    return (one.language, one.head_dots) == (other.language, other.head_dots)


def _media(block: StatusBlock, language: Language) -> Media | None:
    if not block.width_mm or not block.media_type:
        return None
    kind = _KINDS[language].get(block.media_type, MediaKind.UNKNOWN)
    if language is Language.PT:
        type_code = NON_LAMINATED if kind is MediaKind.TAPE_NON_LAMINATED else block.media_type
        width_mm, _ = _SIZES.get((type_code, block.width_mm, 0), (float(block.width_mm), None))
        return Media(kind, width_mm, None, TAPE_COLORS.get(block.tape_color, ""), TEXT_COLORS.get(block.text_color, ""))
    length = block.length_mm if kind is MediaKind.ROLL_DIE_CUT else 0
    told = float(block.width_mm), float(length) or None
    width_mm, length_mm = _SIZES.get((block.media_type & 0x0F, block.width_mm, length), told)
    return Media(kind, width_mm, length_mm, two_color=bool(block.text_color & raw.TWO_COLOR))


def _reasons(block: StatusBlock, language: Language, wide: bool, media: Media | None) -> tuple[Reason, ...]:
    ql = language is Language.QL
    found = [*_bits(block.error_1, _QL_1 if ql else _ERRORS_1), *_bits(block.error_2, _QL_2 if ql else _P900_2 if wide else _PT_2)]
    if wide and block.error_3:
        found.append(_P900_3.get(block.error_3, Reason.OTHER))
    if block.status_type == raw.TYPE_TURNED_OFF:
        found.append(Reason.OFFLINE)
    if block.notification == raw.COOLING_STARTED:
        found.append(Reason.COOLING)
    if block.phase == raw.PRINTING and block.phase_number == raw.COVER_OPEN_WHILE_RECEIVING:
        found.append(Reason.COVER_OPEN)
    if media is None and not found:
        found.append(Reason.MEDIA_EMPTY)
    if media is not None and media.kind is MediaKind.UNKNOWN:
        found.append(Reason.MEDIA_NEEDED)
    if block.status_type == raw.TYPE_ERROR and not found:
        found.append(Reason.OTHER)
    return tuple(dict.fromkeys(found))


def _bits(value: int, names: Bits) -> list[Reason]:
    return [names.get(bit, Reason.OTHER) for bit in (1, 2, 4, 8, 16, 32, 64, 128) if value & bit]


def _state(block: StatusBlock, reasons: tuple[Reason, ...]) -> PrinterState:
    if Reason.OFFLINE in reasons:
        return PrinterState.OFFLINE
    if reasons:
        return PrinterState.STOPPED
    return PrinterState.PRINTING if block.phase == raw.PRINTING else PrinterState.IDLE
