"""The 32-byte status block, as SNMP gives it and a printer on USB sends it: what it says, and its bytes by name.

    off  field         PT                                  QL
    0-2  head          80 20 42                            same
    3-4  series, model 30 68 is a PT-P750W                 34 41 is a QL-820NWB
    8    error 1       01 no media, 02 end of media, 04 cutter jam, 08 weak battery, 40 adapter voltage
                                                           01 02 04 as PT, 10 in use, 20 turned off, 80 fan
    9    error 2       01 wrong media, 10 cover open, 20 too hot
                                                           01 10 as PT, 02 04 transmission, 40 cannot feed, 80 system
    10   width mm      0 none, 4 means 3.5                 0 none
    11   media type    01 03 11 17 FF                      0A or 4A continuous, 0B or 4B die-cut
    17   length mm     0                                   die-cut labels
    18   status type   00 reply, 01 printed, 02 error, 04 turned off, 05 notification, 06 phase change
    19   phase         00 receiving, 01 printing
    20-1 phase number  0014 while printing: cover open     big endian
    22   notification  01 cover open, 02 closed, 03 cooling, 04 cooled
    24   tape colour   see tables                          00
    25   text colour   see tables                          bit 7: a two-colour roll is loaded

Sources: OFF-PT pages 24-30, OFF-QL, captures of a PT-P950NW and a QL-820NWB. They taught two things the manuals hide:
an empty printer reports no error, only width and type 0; one with its cover open reports no media.
"""

from __future__ import annotations

from labelhub.drivers.brother.tables import TAPE_COLORS, TAPES_128, TEXT_COLORS, Language
from labelhub.drivers.status import PrinterState, Reason, Report
from labelhub.errors import ReplyInvalid
from labelhub.media import Media, MediaKind

SIZE_BYTES = 32
HEAD = b"\x80\x20\x42"
ERROR_1, ERROR_2, WIDTH, MEDIA_TYPE, SENSOR, MODE, LENGTH = 8, 9, 10, 11, 14, 15, 17
STATUS_TYPE, PHASE, PHASE_NUMBER, NOTIFICATION, TAPE_COLOR, TEXT_COLOR = 18, 19, 20, 22, 24, 25

NO_MEDIA, END_OF_MEDIA, CUTTER_JAM = 0x01, 0x02, 0x04
WRONG_MEDIA, COVER_OPEN = 0x01, 0x10
TYPE_REPLY, TYPE_ERROR, TYPE_TURNED_OFF = 0x00, 0x02, 0x04
PRINTING = 0x01
COOLING_STARTED = 0x03
TWO_COLOR = 0x80

_ERRORS_1 = {
    Language.PT: {NO_MEDIA: Reason.MEDIA_EMPTY, END_OF_MEDIA: Reason.MEDIA_EMPTY, CUTTER_JAM: Reason.CUTTER_JAM},
    Language.QL: {
        NO_MEDIA: Reason.MEDIA_EMPTY,
        END_OF_MEDIA: Reason.MEDIA_EMPTY,
        CUTTER_JAM: Reason.CUTTER_JAM,
        0x10: Reason.BUSY,
        0x20: Reason.OFFLINE,
    },
}
_ERRORS_2 = {
    Language.PT: {WRONG_MEDIA: Reason.MEDIA_NEEDED, COVER_OPEN: Reason.COVER_OPEN, 0x20: Reason.COOLING},
    Language.QL: {WRONG_MEDIA: Reason.MEDIA_NEEDED, COVER_OPEN: Reason.COVER_OPEN, 0x40: Reason.MEDIA_JAM},
}
_KINDS = {
    Language.PT: {
        0x01: MediaKind.TAPE_LAMINATED,
        0x03: MediaKind.TAPE_NON_LAMINATED,
        0x11: MediaKind.TAPE_HEAT_SHRINK,
        0x17: MediaKind.TAPE_HEAT_SHRINK,
    },
    Language.QL: {
        0x0A: MediaKind.ROLL_CONTINUOUS,
        0x4A: MediaKind.ROLL_CONTINUOUS,
        0x0B: MediaKind.ROLL_DIE_CUT,
        0x4B: MediaKind.ROLL_DIE_CUT,
    },
}
_WIDTHS_MM = {(row.media.kind, row.width_code): row.media.width_mm for row in TAPES_128}


def parse_block(block: bytes, language: Language) -> Report:
    """What the block says in the words of IPP. ReplyInvalid when it is none."""
    if len(block) != SIZE_BYTES or not block.startswith(HEAD):
        raise ReplyInvalid(
            f"a Brother status block has {SIZE_BYTES} bytes and begins with 80 20 42, not {len(block)}: {block[:8].hex(' ')}"
        )
    media = _media(block, language)
    reasons = _reasons(block, language, media)
    return Report(_state(block, reasons), reasons, media)


def _media(block: bytes, language: Language) -> Media | None:
    width_code, type_code = block[WIDTH], block[MEDIA_TYPE]
    if not width_code or not type_code:
        return None
    kind = _KINDS[language].get(type_code, MediaKind.UNKNOWN)
    if language is Language.PT:
        width_mm = _WIDTHS_MM.get((kind, width_code), float(width_code))
        colors = TAPE_COLORS.get(block[TAPE_COLOR], ""), TEXT_COLORS.get(block[TEXT_COLOR], "")
        return Media(kind, width_mm, None, *colors)
    length_mm = float(block[LENGTH]) if kind is MediaKind.ROLL_DIE_CUT else None
    return Media(kind, float(width_code), length_mm, two_color=bool(block[TEXT_COLOR] & TWO_COLOR))


def _reasons(block: bytes, language: Language, media: Media | None) -> tuple[Reason, ...]:
    found = [*_bits(block[ERROR_1], _ERRORS_1[language]), *_bits(block[ERROR_2], _ERRORS_2[language])]
    if block[STATUS_TYPE] == TYPE_TURNED_OFF:
        found.append(Reason.OFFLINE)
    if block[NOTIFICATION] == COOLING_STARTED:
        found.append(Reason.COOLING)
    if block[PHASE] == PRINTING and block[PHASE_NUMBER : PHASE_NUMBER + 2] == b"\x00\x14":
        found.append(Reason.COVER_OPEN)
    if media is None and not found:
        found.append(Reason.MEDIA_EMPTY)
    if media is not None and media.kind is MediaKind.UNKNOWN:
        found.append(Reason.MEDIA_NEEDED)
    if block[STATUS_TYPE] == TYPE_ERROR and not found:
        found.append(Reason.OTHER)
    return tuple(dict.fromkeys(found))


def _bits(value: int, names: dict[int, Reason]) -> list[Reason]:
    return [names.get(bit, Reason.OTHER) for bit in (1, 2, 4, 8, 16, 32, 64, 128) if value & bit]


def _state(block: bytes, reasons: tuple[Reason, ...]) -> PrinterState:
    if Reason.OFFLINE in reasons:
        return PrinterState.OFFLINE
    if reasons:
        return PrinterState.STOPPED
    return PrinterState.PRINTING if block[PHASE] == PRINTING else PrinterState.IDLE
