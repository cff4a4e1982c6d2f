"""Media: what a printer prints on, and the one place where millimetres become dots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

MM_PER_INCH = 25.4


class MediaKind(StrEnum):
    """The words of the HTTP contract for `media.kind`."""

    TAPE_LAMINATED = "tape-laminated"
    TAPE_NON_LAMINATED = "tape-non-laminated"
    TAPE_HEAT_SHRINK = "tape-heat-shrink"
    ROLL_CONTINUOUS = "roll-continuous"
    ROLL_DIE_CUT = "roll-die-cut"
    UNKNOWN = "unknown"

    @property
    def family(self) -> str:
        """`tape`, `roll` or `unknown`: what a template asks for."""
        return self.value.split("-")[0]


@dataclass(frozen=True, slots=True)
class Media:
    """A tape, roll or die-cut label. Two are equal when a label for one fits the other: the colours do not count.

    `width_mm` is the nominal width printed on the cassette or roll (3.5 mm tape is 3.5), `length_mm` the length of one
    die-cut label and None on continuous media. Colours are words (`white`, `black`, `red`, ...), "" when not known.
    """

    kind: MediaKind
    width_mm: float
    length_mm: float | None = None
    media_color: str = field(default="", compare=False)
    text_color: str = field(default="", compare=False)
    two_color: bool = field(default=False, compare=False)

    @property
    def name(self) -> str:
        """`12mm` or, die-cut, `29x90mm`: the `tape_loaded` of the HTTP contract."""
        if self.length_mm is None:
            return f"{self.width_mm:g}mm"
        return f"{self.width_mm:g}x{self.length_mm:g}mm"


@dataclass(frozen=True, slots=True)
class MediaNeed:
    """The media a template is drawn for: a family (`tape`, `roll`), a width and, die-cut only, a length in mm."""

    family: str
    width_mm: float
    length_mm: float | None = None

    def met_by(self, media: Media) -> bool:
        """True when a label drawn for this need fits the media."""
        return (media.kind.family, media.width_mm, media.length_mm) == (self.family, self.width_mm, self.length_mm)

    @property
    def size(self) -> str:
        """`12mm`, `29x90mm`: as `Media.name`."""
        return f"{self.width_mm:g}mm" if self.length_mm is None else f"{self.width_mm:g}x{self.length_mm:g}mm"

    @property
    def name(self) -> str:
        """`12mm tape`, `62mm roll`, `29x90mm roll`: for messages to a person."""
        return f"{self.size} {self.family}"


def media_fields(media: Media) -> dict[str, Any]:
    """The media as JSON values, in the words of the HTTP contract."""
    return {
        "kind": media.kind.value,
        "width_mm": media.width_mm,
        "length_mm": media.length_mm,
        "media_color": media.media_color,
        "text_color": media.text_color,
        "two_color": media.two_color,
    }


def media_of(fields: Mapping[str, Any]) -> Media:
    """The media back from `media_fields`."""
    return Media(**{**fields, "kind": MediaKind(fields["kind"])})


def dots(length_mm: float, dpi: int) -> int:
    """Whole dots nearest to a length in mm at a resolution in dots an inch."""
    return round(length_mm * dpi / MM_PER_INCH)


def millimetres(length_dots: int, dpi: int) -> float:
    """The length in mm of so many dots."""
    return length_dots * MM_PER_INCH / dpi
