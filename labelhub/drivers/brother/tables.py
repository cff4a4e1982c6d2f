"""What Brother printers and their media measure: one row a model, one row a media. A new model is a new row.

Pins and dots are the head's own grid. Pin 0 (most significant bit of byte 0) lies at the right of a label leaving the
printer with its feed upwards, so `right_dots` of a media row is the number of its first printing pin.

Sources, as named in the rows:
    OFF-PT   Raster Command Reference PT-E550W/P750W/P710BT v1.01, pages 20-21 (pins, lengths) and 24-30 (status codes)
    OFF-QL   Raster Command Reference QL-800/810W/820NWB v1.01 (status codes, margins, lengths), read second-hand
    BQL      label and model tables of brother_ql-inventree 1.3; 29x90 mm agrees with a captured job of Brother's driver
`verified` is True only where a label came out of that device and was measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from labelhub.errors import MediaUnsupported, ValidationFailed
from labelhub.media import Media, MediaKind


class Language(StrEnum):
    """The two dialects: `G` lines on tape, `g` lines on rolls."""

    PT = "PT"
    QL = "QL"


@dataclass(frozen=True, slots=True)
class MediaRow:
    """Where one media lies under one head, and the bytes it has on the wire."""

    media: Media
    printable_dots: int
    right_dots: int
    width_code: int
    """Whole mm on the wire: 3.5 mm tape is 4."""
    type_code: int
    """The media type a printer reports for it."""
    source: str
    length_dots: int | None = None
    """Rows of a die-cut label, exactly."""
    max_rows: int | None = None
    """Longest page where the media allows less than the model."""
    verified: bool = False


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model. Lengths of a page are rows sent, without the margins, which the printer adds itself."""

    name: str
    language: Language
    dpi: int
    head_dots: int
    invalidate_bytes: int
    """Zeros that fill whatever command an earlier job left half sent."""
    margin_dots: int
    """The smallest margin of continuous media, and the one used. Die-cut labels have none."""
    max_margin_dots: int
    min_rows: int
    max_rows: int
    series_code: int
    model_code: int
    power_code: int
    """Byte 6 of the status block."""
    two_color: bool
    media: tuple[MediaRow, ...]
    source: str
    verified: bool = False

    @property
    def head_bytes(self) -> int:
        """Bytes in one unpacked raster line."""
        return self.head_dots // 8


def _tapes(
    kind: MediaKind, type_code: int, pins: tuple[tuple[float, int, int, int], ...], max_rows: int | None = None
) -> tuple[MediaRow, ...]:
    colors = ("white", "black")
    return tuple(
        MediaRow(Media(kind, width_mm, None, *colors), printable, right, code, type_code, "OFF-PT", max_rows=max_rows)
        for width_mm, code, printable, right in pins
    )


def _rolls(measures: tuple[tuple[float, int, int], ...]) -> tuple[MediaRow, ...]:
    return tuple(
        MediaRow(Media(MediaKind.ROLL_CONTINUOUS, width_mm, None, "white", "black"), printable, right, int(width_mm), 0x0A, "BQL")
        for width_mm, printable, right in measures
    )


def _labels(measures: tuple[tuple[float, float, int, int, int], ...]) -> tuple[MediaRow, ...]:
    return tuple(
        MediaRow(
            Media(MediaKind.ROLL_DIE_CUT, width_mm, length_mm, "white", "black"),
            printable,
            right,
            int(width_mm),
            0x0B,
            "BQL",
            length_dots,
        )
        for width_mm, length_mm, printable, length_dots, right in measures
    )


# width on the cassette, width on the wire, printing pins, pins right of them (as many lie left of them)
_TAPE_PINS_128 = ((3.5, 4, 24, 52), (6, 6, 32, 48), (9, 9, 50, 39), (12, 12, 70, 29), (18, 18, 112, 8), (24, 24, 128, 0))
_SHRINK_PINS_128 = ((5.8, 6, 28, 50), (8.8, 9, 48, 40), (11.7, 12, 66, 31), (17.7, 18, 106, 11), (23.6, 24, 128, 0))
_SHRINK_MAX_ROWS_128 = 3543 - 2 * 14  # 500 mm with its margins

TAPES_128 = (
    *_tapes(MediaKind.TAPE_LAMINATED, 0x01, _TAPE_PINS_128),
    *_tapes(MediaKind.TAPE_NON_LAMINATED, 0x03, _TAPE_PINS_128),
    *_tapes(MediaKind.TAPE_HEAT_SHRINK, 0x11, _SHRINK_PINS_128, _SHRINK_MAX_ROWS_128),
)

ROLLS_720 = (
    *_rolls(((62, 696, 12), (12, 106, 29), (29, 306, 6), (38, 413, 12), (50, 554, 12), (54, 590, 0))),
    *_labels(
        (
            (17, 54, 165, 566, 0),
            (17, 87, 165, 956, 0),
            (23, 23, 202, 202, 42),
            (29, 42, 306, 425, 6),
            (29, 90, 306, 991, 6),
            (38, 90, 413, 991, 12),
            (39, 48, 425, 495, 6),
            (52, 29, 578, 271, 0),
            (54, 29, 598, 271, 60),
            (60, 86, 672, 954, 18),
            (62, 29, 696, 271, 12),
            (62, 100, 696, 1109, 12),
            (12, 12, 94, 94, 113),
            (24, 24, 236, 236, 42),
            (58, 58, 618, 618, 51),
        )
    ),
)

MODELS = (
    ModelRow(
        name="PT-P750W",
        language=Language.PT,
        dpi=180,
        head_dots=128,
        invalidate_bytes=100,
        margin_dots=14,
        max_margin_dots=900,
        min_rows=31 - 2 * 14,  # the manual's 4.4 mm and 1000 mm count the margins
        max_rows=7086 - 2 * 14,
        series_code=0x30,
        model_code=0x68,
        power_code=0x00,
        two_color=False,
        media=TAPES_128,
        source="OFF-PT",
    ),
    ModelRow(
        name="QL-820NWB",
        language=Language.QL,
        dpi=300,
        head_dots=720,
        invalidate_bytes=400,
        margin_dots=35,
        max_margin_dots=1500,
        # 12.7 mm and 1 m; the sources do not say whether the margins count, so the page keeps to both readings.
        min_rows=150,
        max_rows=11811 - 2 * 35,
        series_code=0x34,
        model_code=0x41,
        power_code=0x04,
        two_color=True,
        media=ROLLS_720,
        source="OFF-QL, BQL",
    ),
)

TAPE_COLORS = {
    0x01: "white", 0x02: "other", 0x03: "clear", 0x04: "red", 0x05: "blue", 0x06: "yellow", 0x07: "green", 0x08: "black",
    0x09: "clear", 0x20: "matte white", 0x21: "matte clear", 0x22: "matte silver", 0x23: "satin gold", 0x24: "satin silver",
    0x30: "blue", 0x31: "red", 0x40: "fluorescent orange", 0x41: "fluorescent yellow", 0x50: "berry pink", 0x51: "light gray",
    0x52: "lime green", 0x60: "yellow", 0x61: "pink", 0x62: "blue", 0x70: "white", 0x90: "white", 0x91: "yellow",
    0xF0: "cleaning", 0xF1: "stencil", 0xFF: "incompatible",
}  # fmt: skip
TEXT_COLORS = {
    0x01: "white", 0x02: "other", 0x04: "red", 0x05: "blue", 0x08: "black", 0x0A: "gold", 0x62: "blue",
    0xF0: "cleaning", 0xF1: "stencil", 0xFF: "incompatible",
}  # fmt: skip


def model_row(name: str) -> ModelRow:
    """The row of a model by its maker's name, any letter case. ValidationFailed when there is none."""
    for row in MODELS:
        if row.name.lower() == name.lower():
            return row
    known = ", ".join(row.name for row in MODELS)
    raise ValidationFailed(f"{name!r} is no Brother model known here. Known are {known}.")


def media_row(model: ModelRow, media: Media) -> MediaRow:
    """Where the media lies under the model's head. MediaUnsupported when the model does not take it."""
    for row in model.media:
        if row.media == media:
            return row
    raise MediaUnsupported(f"the {model.name} does not take {media.name} ({media.kind})")
