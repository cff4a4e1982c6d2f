"""Shapes: the words `line`, a rule across a row or column, `box`, a frame around an element, and `swatch`, a colour shown by its dots."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace

from labelhub.errors import ImageInvalid, LabelTooLong
from labelhub.labels import images_dots
from labelhub.labels.element import COLORS, MAX_LENGTH_MM, Block, DoesNotFit, Edges, Element, Setup, Within, Word, measured
from labelhub.labels.fields import PHRASE, Phrase
from labelhub.labels.grammar import Kind, Number, OneOf
from labelhub.labels.images_dots import Cut
from labelhub.labels.page import Placed, PlacedInk
from labelhub.late import Image, ImageDraw
from labelhub.media import dots
from labelhub.raster import INK, PAPER

MAX_COLORS = 8
SWATCH_MM = 8.0
MIN_SWATCH_MM = 2.0
_FLAT = Cut("ordered", stretch_tones=False)
_HEX = re.compile(r"#?(?:0x)?([0-9a-f]{6})(?:[0-9a-f]{2})?", re.I)
_SHORT = re.compile(r"#?([0-9a-f]{3})", re.I)


@dataclass(frozen=True, slots=True)
class PlacedRule(PlacedInk):
    """A line, whole or of dashes as long as the gaps between them; it begins and ends with a whole dash."""

    horizontal: bool
    dash_dots: int = 0

    def draw_ink(self, picture: Image.Image) -> None:
        """Put it on the plane that it is on."""
        length = self.width if self.horizontal else self.height
        pen = ImageDraw.Draw(picture)
        for start, end in dashes(length, self.dash_dots):
            if self.horizontal:
                pen.rectangle((self.x + start, self.y, self.x + end - 1, self.y + self.height - 1), fill=INK)
            else:
                pen.rectangle((self.x, self.y + start, self.x + self.width - 1, self.y + end - 1), fill=INK)


@dataclass(frozen=True, slots=True)
class PlacedFrame(PlacedInk):
    """A frame; the box holds it with what is inside."""

    border_dots: int
    radius_dots: int = 0

    def draw_ink(self, picture: Image.Image) -> None:
        """Put it on the plane that it is on."""
        corners = (self.x, self.y, self.x + self.width - 1, self.y + self.height - 1)
        ImageDraw.Draw(picture).rounded_rectangle(corners, self.radius_dots, outline=INK, width=self.border_dots)


@dataclass(frozen=True, slots=True)
class PlacedSwatch(Placed):
    """Colours beside each other in a border; the box holds all of it."""

    planes: images_dots.Planes = field(compare=False, repr=False)

    def draw(self, picture: Image.Image) -> None:
        """Put its black dots on the picture."""
        picture.paste(self.planes.black, (self.x, self.y))

    def draw_red(self, picture: Image.Image) -> None:
        """Put its red dots on the red plane."""
        if self.planes.red is not None:
            picture.paste(self.planes.red, (self.x, self.y))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line(Element):
    """A line between the items of a row or column: across it, as long as the longest of them, or `length_mm` where that is shorter.

    Elsewhere it lies level and is as long as its room.
    """

    thickness_mm: float = 0.3
    length_mm: float | None = None
    dash_mm: float = 0
    color: str = "black"
    share: float | None = None

    def measure(self, setup: Setup, width: int, height: int) -> Block:
        """Its block in the room."""
        thick = self._thick(setup)
        if thick > height or width < 1:
            raise DoesNotFit(LabelTooLong("a line does not fit on this media"))
        return self._rule(setup, width, thick, horizontal=True)

    def along_stack(self, setup: Setup, vertical: bool) -> Block:
        """Its thickness along the stack."""
        thick = self._thick(setup)
        return Block(0, thick) if vertical else Block(thick, 0)

    def stretched(self, setup: Setup, block: Block, longest: int, vertical: bool) -> Block:
        """As long as the longest thing beside it."""
        return self._rule(setup, longest, block.height if vertical else block.width, horizontal=vertical)

    def _thick(self, setup: Setup) -> int:
        return max(1, dots(self.thickness_mm, setup.dpi))

    def _rule(self, setup: Setup, room: int, thick: int, *, horizontal: bool) -> Block:
        length = room if self.length_mm is None else min(room, dots(self.length_mm, setup.dpi))
        extent = (length, thick) if horizontal else (thick, length)
        if length < 1:
            return Block(*extent)
        dash = max(1, dots(self.dash_mm, setup.dpi)) if self.dash_mm else 0
        rule = PlacedRule(0, 0, *extent, horizontal=horizontal, dash_dots=dash, red=setup.is_red(self.color))
        return Block(*extent, (rule,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Box(Element):
    """A frame around an element, with so much blank between them, and more where a bar code needs it or corners are round."""

    item: Element
    border_mm: float = 0.3
    radius_mm: float = 0
    padding_mm: float = 1
    color: str = "black"

    def within(self) -> tuple[Element, ...]:
        """Its item."""
        return (self.item,)

    def own_align(self, vertical: bool) -> str | None:
        """As its item."""
        return self.item.own_align(vertical)

    def measure(self, setup: Setup, width: int, height: int) -> Block | None:
        """Its block in the room."""
        border = max(1, dots(self.border_mm, setup.dpi))
        radius = dots(self.radius_mm, setup.dpi)
        least = max(border + dots(self.padding_mm, setup.dpi), math.ceil(radius - (radius - border) / math.sqrt(2)))
        pads = Edges(least, least, least, least)
        inner = _framed(setup)
        for _ in range(3):
            room = width - pads.left - pads.right, height - pads.top - pads.bottom
            if min(room) < 1:
                break
            block = measured(self.item, inner, *room)
            if block is None:
                return None
            pads = Edges(*(max(least, pad, border + quiet) for pad, quiet in zip(pads, block.quiet, strict=True)))
            wide, high = block.width + pads.left + pads.right, block.height + pads.top + pads.bottom
            if wide <= width and high <= height:
                corners = min(radius, wide // 2, high // 2)
                frame = PlacedFrame(0, 0, wide, high, border, corners, red=setup.is_red(self.color))
                return Block(wide, high, (frame,), inner=(Within(pads.left, pads.top, block),), from_right=block.from_right)
        raise DoesNotFit(LabelTooLong("a box and what is in it do not fit on this media"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Swatch(Element):
    """One or more colours as patterns of dots as light as they are, side by side in a border."""

    color: Phrase
    width_mm: float = SWATCH_MM
    height_mm: float = SWATCH_MM
    border_mm: float = 0.25
    share: float | None = None

    def phrases(self) -> tuple[Phrase, ...]:
        """Its phrase."""
        return (self.color,)

    def measure(self, setup: Setup, width: int, height: int) -> Block | None:
        """Its block in the room."""
        colors = colors_of(setup.filled(self.color, ","))
        if not colors:
            return None
        wanted = dots(self.width_mm, setup.dpi), dots(self.height_mm, setup.dpi)
        extent = min(width, wanted[0]), min(height, wanted[1])
        least = dots(MIN_SWATCH_MM, setup.dpi)
        border = max(1, dots(self.border_mm, setup.dpi))
        if extent[0] < min(least, wanted[0]) or extent[1] < min(least, wanted[1]) or max(extent) < len(colors) * (border + 3) + border:
            raise DoesNotFit(LabelTooLong("a swatch does not fit on this media"))
        return Block(*extent, (PlacedSwatch(0, 0, *extent, planes=swatch(colors, extent, border, red=setup.red)),))


def colors_of(text: str) -> tuple[tuple[int, int, int], ...]:
    """The colours of a text such as `FF0000` or `#ff0000,00FF00`, none for a blank one; transparency is left out. ImageInvalid."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    if len(words) > MAX_COLORS:
        raise ImageInvalid(f"a swatch shows at most {MAX_COLORS} colours, not {len(words)}")
    return tuple(_color(word) for word in words)


def _color(word: str) -> tuple[int, int, int]:
    short, long = _SHORT.fullmatch(word), _HEX.fullmatch(word)
    digits = "".join(digit * 2 for digit in short[1]) if short else long[1] if long else ""
    if not digits:
        raise ImageInvalid(f"{word[:30]!r} is no colour; write it as six hexadecimal digits, such as FF8000, several with commas between")
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue


def swatch(colors: tuple[tuple[int, int, int], ...], extent: tuple[int, int], border: int, *, red: bool) -> images_dots.Planes:
    """The dots of colours side by side along the longer side, in a border and with lines between them."""
    picture = Image.new("RGB", extent, "white")
    lines = Image.new("1", extent, PAPER)
    pen = ImageDraw.Draw(lines)
    pen.rectangle((0, 0, extent[0] - 1, extent[1] - 1), outline=INK, width=border)
    longer = max(extent)
    for place, color in enumerate(colors):
        start, end = (longer * at // len(colors) for at in (place, place + 1))
        level = extent[0] >= extent[1]
        picture.paste(color, (start, 0, end, extent[1]) if level else (0, start, extent[0], end))
        if place:
            first = start - border // 2
            last = first + border - 1
            pen.rectangle((first, 0, last, extent[1] - 1) if level else (0, first, extent[0] - 1, last), fill=INK)
    found = images_dots.planes(picture, _FLAT, red=red)
    return images_dots.Planes(images_dots.either(found.black, lines), found.red and images_dots.without(found.red, lines))


def dashes(length: int, dash: int) -> list[tuple[int, int]]:
    """Start and end of each dash of a line so long; 0: a line without gaps. All dashes and gaps are as even as whole dots allow."""
    if not dash or length < 3 * dash:
        return [(0, length)]
    parts = round(length / dash)
    parts -= parts % 2 == 0
    return [(length * place // parts, length * (place + 1) // parts) for place in range(0, parts, 2)]


def _framed(setup: Setup) -> Setup:
    """The same, without the media's blank edge: a frame stands in between."""
    return replace(setup, blank_x_dots=0, blank_y_dots=0)


def words(item: Kind) -> tuple[Word, ...]:
    """The words, given how an element is written."""
    color = OneOf(COLORS)
    return (
        Word(
            "line",
            Line,
            optional={
                "thickness_mm": Number(0.05, 20),
                "length_mm": Number(0.5, MAX_LENGTH_MM),
                "dash_mm": Number(0.2, 50),
                "color": color,
            },
            without=("share",),
        ),
        Word(
            "box",
            Box,
            {"item": item},
            {"border_mm": Number(0.05, 10), "radius_mm": Number(0, 50), "padding_mm": Number(0, 50), "color": color},
        ),
        Word(
            "swatch",
            Swatch,
            {"color": PHRASE},
            {"width_mm": Number(1, 300), "height_mm": Number(1, 300), "border_mm": Number(0.05, 5)},
        ),
    )
