"""Choice: the media a template is drawn for, one size, several, or a range of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from labelhub.labels.document import Value
from labelhub.labels.grammar import Forms, Kind, ListOf, Made, Number, OneOf, Range, Table
from labelhub.media import Media, MediaNeed

FAMILIES = ("tape", "roll")
MAX_SIZES = 24
MOST_MM = 3000


@dataclass(frozen=True, slots=True)
class Sizes:
    """Some sizes in mm, and everything from `least_mm` to `most_mm` where those are given."""

    each_mm: tuple[float, ...] = ()
    least_mm: float | None = None
    most_mm: float | None = None

    def hold(self, size_mm: float) -> bool:
        """True when the size is one of them."""
        ranged = self.least_mm is not None and self.most_mm is not None and self.least_mm <= size_mm <= self.most_mm
        return ranged or size_mm in self.each_mm

    @property
    def name(self) -> str:
        """`12`, `12, 18 or 24`, `6 to 24`: for messages to a person."""
        if self.least_mm is not None:
            return f"{self.least_mm:g} to {self.most_mm:g}"
        *others, last = (f"{size:g}" for size in self.each_mm)
        return f"{', '.join(others)} or {last}" if others else last


@dataclass(frozen=True, slots=True)
class Kinds:
    """Media of a family and some widths; continuous ones without `lengths`, die-cut ones of those lengths with it."""

    family: str
    widths: Sizes
    lengths: Sizes | None = None

    def take(self, media: Media) -> bool:
        """True for media of these kinds."""
        fits = media.kind.family == self.family and self.widths.hold(media.width_mm)
        if self.lengths is None or media.length_mm is None:
            return fits and self.lengths is None and media.length_mm is None
        return fits and self.lengths.hold(media.length_mm)

    @property
    def only(self) -> MediaNeed | None:
        """The one size there is, if there is one."""
        sizes = [self.widths] if self.lengths is None else [self.widths, self.lengths]
        if any(len(one.each_mm) != 1 for one in sizes):
            return None
        return MediaNeed(self.family, self.widths.each_mm[0], self.lengths.each_mm[0] if self.lengths else None)

    @property
    def name(self) -> str:
        """`12 or 18 mm tape`, `29 x 42 to 90 mm roll`: for messages to a person."""
        size = self.widths.name if self.lengths is None else f"{self.widths.name} x {self.lengths.name}"
        return f"{size} mm {self.family}"


Choice = tuple[Kinds, ...]
"""Any of several kinds of media; none of them: any media at all."""


def takes(choice: Choice, media: Media) -> bool:
    """True when a label drawn for the choice may be printed on the media."""
    return not choice or any(kinds.take(media) for kinds in choice)


def only(choice: Choice) -> MediaNeed | None:
    """The one size of the choice; None where there are several, or any will do."""
    return choice[0].only if len(choice) == 1 else None


def name(choice: Choice) -> str:
    """The choice for messages to a person."""
    return " or ".join(kinds.name for kinds in choice) or "any media"


def _sizes(most_mm: float) -> Kind:
    number = Number(1, most_mm)
    return Made(Forms(number, table=Range(1, most_mm), entries=ListOf(number, MAX_SIZES)), _read_sizes)


def _read_sizes(value: Value, read: Any) -> Sizes:
    if isinstance(read, float):
        return Sizes((read,))
    return Sizes(read) if isinstance(value.content, list) else Sizes((), *read)


def _kinds(family: str, width_mm: Sizes, length_mm: Sizes | None = None) -> Kinds:
    return Kinds(family, width_mm, length_mm)


def _choice(_: Value, read: Kinds | Sequence[Kinds]) -> Choice:
    return (read,) if isinstance(read, Kinds) else tuple(read)


_ONE = Table({"family": OneOf(FAMILIES), "width_mm": _sizes(1000)}, {"length_mm": _sizes(MOST_MM)}, _kinds)
MEDIA = Made(Forms(_ONE, entries=ListOf(_ONE, MAX_SIZES)), _choice)
"""How `media` is written: a family with a width, a list of widths or a range of them, or a list of such."""
