"""The shape of what is known of Brother's printers and media: one row a model, one row a media. A new model is a new row.

Pins and dots are the head's own grid. Pin 0 (most significant bit of byte 0) lies at the right of a label leaving the
printer with its feed upwards, so `right_dots` of a media row is the number of its first printing pin.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from labelhub.media import Media

FINE_KIND = 0x09
"""The kind that Brother's driver claims of any tape for a P900 at high resolution."""
_PLAIN_NUMBERS = 1


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
    length_code: int = 0
    """Whole mm on the wire, die-cut only: a label of 86.7 mm, sold as 86, is 87."""
    max_rows: int | None = None
    """Longest page where the media allows less than the model."""
    two_color: bool = False
    """There is a roll of it with red beside black (DK-22251)."""
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
    """The smallest margin of continuous media, and the one used unless a job asks for more. Die-cut labels have none."""
    max_margin_dots: int
    min_rows: int
    max_rows: int
    series_code: int
    model_code: int
    usb_id: int
    """The USB product id beside the vendor's 04f9."""
    media: tuple[MediaRow, ...]
    source: str
    speed_mm_per_s: float
    """As advertised; what a virtual printer takes for real."""
    leader_mm: float = 0
    """Blank tape in front of a job: what lies between head and cutter after the cut before."""
    network: bool = False
    """It can be reached on TCP 9100; else USB (or Bluetooth, which the hub does not speak)."""
    two_color: bool = False
    high_resolution: bool = False
    """Twice the lines along the feed."""
    compression: bool = True
    """It reads packed lines; else neither M nor Z are sent."""
    mode_switch: bool = True
    """It knows ESC i a; one that does not is always in raster mode."""
    expanded_mode: bool = True
    """It knows ESC i K."""
    cutter: bool = True
    half_cutter: bool = False
    max_cut_each: int = 1
    """Most labels between two cuts that ESC i A can ask for; 1: it does not know the command."""
    last_page_number: int = _PLAIN_NUMBERS
    """What ESC i z says in n9 on the last page of a job; a single page is a last one."""
    status_request: bool = True
    """It answers ESC i S on USB."""
    verified: bool = False

    @property
    def head_bytes(self) -> int:
        """Bytes in one unpacked raster line."""
        return self.head_dots // 8

    @property
    def numbers_last_page(self) -> bool:
        """It is told the last page of a job (P900 family); else the first from the others and no more."""
        return self.last_page_number != _PLAIN_NUMBERS

    def page_number(self, index: int, last: bool) -> int:
        """What ESC i z says in n9 of a page, counted from 0."""
        return self.last_page_number if last and self.numbers_last_page else min(index, 1)

    def takes_red(self, media: MediaRow) -> bool:
        """True where it prints red beside black: on the one roll that there is for that."""
        return self.two_color and media.two_color
