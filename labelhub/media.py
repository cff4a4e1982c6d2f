"""Media: what a printer prints on, and the one place where millimetres become dots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache
from itertools import groupby
from typing import Any, Self

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

    @property
    def word(self) -> str:
        """`tape:12`, `roll:29x90`: how a set of them is written, every digit told."""
        return f"{self.family}:{'x'.join(_told(mm) for mm in (self.width_mm, self.length_mm) if mm is not None)}"


@dataclass(frozen=True)
class MediaSet:
    """The media a template is drawn for where any of several sizes will do: two of them at least, in order."""

    sizes: tuple[MediaNeed, ...]

    @classmethod
    def of(cls, sizes: Iterable[MediaNeed]) -> Self:
        """The same for the same sizes, however they are given."""
        return cls(tuple(sorted(set(sizes), key=lambda one: (one.family != "tape", one.family, one.width_mm, one.length_mm or 0))))

    def met_by(self, media: Media) -> bool:
        """True when the media is of one of the sizes."""
        return any(one.met_by(media) for one in self.sizes)

    @cached_property
    def name(self) -> str:
        """`12mm, 18mm or 24mm tape`, `24mm tape or 62mm roll`: for messages to a person."""
        families = groupby(self.sizes, key=lambda one: one.family)
        return " or ".join(f"{_either([one.size for one in ones])} {family}" for family, ones in families)

    @cached_property
    def words(self) -> str:
        """` tape:18 tape:24 `: as it is kept, each size with a blank on both sides."""
        return f" {' '.join(one.word for one in self.sizes)} "


Need = MediaNeed | MediaSet


@lru_cache(256)
def set_of(words: str) -> MediaSet:
    """The set back from its words."""
    return MediaSet(tuple(map(_size_of, words.split())))


def size_of(media: Media) -> MediaNeed:
    """What only this size of media meets."""
    return MediaNeed(media.kind.family, media.width_mm, media.length_mm)


def sizes_of(need: Need) -> tuple[MediaNeed, ...]:
    """The sizes that meet a need."""
    return need.sizes if isinstance(need, MediaSet) else (need,)


def without(need: Need | None, media: Media) -> Need | None:
    """Of a set what is left of it without this size; None of all else, and where nothing is."""
    return need_for(one for one in need.sizes if not one.met_by(media)) if isinstance(need, MediaSet) else None


def need_for(sizes: Iterable[MediaNeed]) -> Need | None:
    """What any of the sizes meets; None where there is none."""
    found = MediaSet.of(sizes)
    return found if len(found.sizes) > 1 else next(iter(found.sizes), None)


def _size_of(word: str) -> MediaNeed:
    family, size = word.split(":")
    return MediaNeed(family, *map(float, size.split("x")))


def _told(mm: float) -> str:
    return repr(float(mm)).removesuffix(".0")


def _either(names: list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


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
