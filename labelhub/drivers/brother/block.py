"""The 32 bytes a Brother printer tells its status in, taken apart: every byte by its name, not yet what it means.

    off  field         PT                                  QL
    0-2  head          80 20 42                            same
    3-4  series, model 30 68 is a PT-P750W                 34 41 is a QL-820NWB
    5    country       30                                  30
    6    power         04 AC adapter (captured on PT-P950NW and QL-820NWB alone), else 00 or 30
    7    error 3       P900 family: 10 end of FLe labels, 1D bad resolution, 1E adapter, 21 incompatible media
    8    error 1       01 no media, 02 end of media, 04 cutter jam, 08 weak battery, 40 adapter voltage
                                                           01 02 04 as PT, 10 in use, 20 turned off, 40 adapter, 80 fan
    9    error 2       01 wrong media, 10 cover open, 20 too hot; P900 family also 02 buffer full, 04 transmission,
                       08 its buffer, 40 black mark, 80 system
                                                           01 10 as PT, 02 buffer full, 04 transmission, 20 (unused),
                                                           40 cannot feed, 80 system
    10   width mm      0 none, 4 means 3.5                 0 none
    11   media type    00 01 03 11 17 FF, P900 04 13 14 15 0A or 4A continuous, 0B or 4B die-cut
    14   sensor        unset                               what the media sensor sees
    15   mode          what ESC i M said last
    17   length mm     0                                   die-cut labels
    18   status type   00 reply, 01 printed, 02 error, 03 left interface mode, 04 turned off, 05 notification, 06 phase change
    19   phase         00 receiving, 01 printing
    20-1 phase number  big endian; 0014 while printing: cover open while receiving
    22   notification  01 cover open, 02 closed; 03 cooling, 04 cooled (P900 family and QL)
    24   tape colour   see `tapes`                         00
    25   text colour   see `tapes`                         bit 7: a two-colour roll is loaded
    26-9 settings      of the hardware

Sources: OFF-PT p. 24-30, OFF-H500, OFF-P900, OFF-QL; captures of a PT-P950NW and a QL-820NWB.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from labelhub.errors import ReplyInvalid

SIZE_BYTES = 32
HEAD = b"\x80\x20\x42"
_LAYOUT = struct.Struct(">3x7B2B2xBBxBBBHBxBB4s2x")

NO_MEDIA, END_OF_MEDIA, CUTTER_JAM = 0x01, 0x02, 0x04
WRONG_MEDIA, BUFFER_FULL, COVER_OPEN, TOO_HOT = 0x01, 0x02, 0x10, 0x20
TYPE_REPLY, TYPE_PRINTED, TYPE_ERROR, TYPE_TURNED_OFF, TYPE_NOTIFICATION, TYPE_PHASE = 0x00, 0x01, 0x02, 0x04, 0x05, 0x06
RECEIVING, PRINTING = 0x00, 0x01
COOLING_STARTED, COOLING_ENDED = 0x03, 0x04
TWO_COLOR = 0x80
COVER_OPEN_WHILE_RECEIVING = 0x0014


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusBlock:
    """The bytes by name, in their order."""

    series: int
    model: int
    country: int = 0x30
    power: int = 0
    error_3: int = 0
    error_1: int = 0
    error_2: int = 0
    width_mm: int = 0
    media_type: int = 0
    sensor: int = 0
    mode: int = 0
    length_mm: int = 0
    status_type: int = TYPE_REPLY
    phase: int = RECEIVING
    phase_number: int = 0
    notification: int = 0
    tape_color: int = 0
    text_color: int = 0
    settings: bytes = bytes(4)


def read(block: bytes) -> StatusBlock:
    """The block taken apart. ReplyInvalid when it is none."""
    if len(block) != SIZE_BYTES or not block.startswith(HEAD):
        raise ReplyInvalid(
            f"a Brother status block has {SIZE_BYTES} bytes and begins with 80 20 42, not {len(block)}: {block[:8].hex(' ')}"
        )
    return StatusBlock(**dict(zip(_NAMES, _LAYOUT.unpack(block), strict=True)))


def write(block: StatusBlock) -> bytes:
    """The 32 bytes, the way back from `read`; bytes without a name are 0."""
    packed = _LAYOUT.pack(*(getattr(block, name) for name in _NAMES))
    return HEAD + packed[len(HEAD) :]


_NAMES = StatusBlock.__slots__
