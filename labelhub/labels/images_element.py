"""Image elements: the word `image`, a picture fitted to its room and made dots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from labelhub.errors import ImageInvalid, LabelTooLong
from labelhub.labels import images_dots
from labelhub.labels.document import Value
from labelhub.labels.element import ALIGNMENTS, COLORS, MAX_LENGTH_MM, Block, DoesNotFit, Element, Setup, Word
from labelhub.labels.fields import PHRASE, Phrase
from labelhub.labels.grammar import Flag, Number, OneOf, Schema, Whole, Words
from labelhub.labels.images import LONGEST_S
from labelhub.labels.images_dots import DITHERS, PLAIN, Cut, Planes
from labelhub.labels.images_vector import MAX_PAGE
from labelhub.labels.page import Placed
from labelhub.late import Image
from labelhub.media import dots
from labelhub.raster import PAPER

MAX_URI = 60_000
MIN_MM = 3.0
"""The shorter side is never smaller, unless the template wants it so: nobody would see what it is."""

_UNBOUND = 1_000_000
_WORK = 20
_TOOK = ("pictures took",)
_TURNS = {
    "90": "ROTATE_270",
    "180": "ROTATE_180",
    "270": "ROTATE_90",
}


class Drawing:
    """The dots of a picture in one extent, made when they are first drawn: a layout that is measured needs none."""

    __slots__ = ("_color", "_cover", "_cut", "_extent", "_picture", "_planes", "_red", "_turn")

    def __init__(self, element: Picture, picture: Image.Image, extent: tuple[int, int], red: bool) -> None:
        self._picture, self._extent, self._red = picture, extent, red
        self._cover, self._cut, self._color = element.fit == "cover", element.cut, element.color
        self._turn = _TURNS.get(element.rotate)
        self._planes: Planes | None = None

    def planes(self) -> Planes:
        """Black and, on media that has it, red."""
        if self._planes is None:
            split = self._red and not self._color
            picture = self._picture if split else self._picture.convert("L")
            dither = images_dots.dither_for(picture.convert("L"), self._cut)  # before scaling, which makes edges softer
            if self._turn is not None:
                picture = picture.transpose(Image.Transpose[self._turn])
            picture = images_dots.scaled(picture, *self._extent, cover=self._cover)
            found = images_dots.planes(picture, self._cut._replace(dither=dither), red=split)
            self._planes = in_red(found.black) if self._red and self._color == "red" else found
        return self._planes


@dataclass(frozen=True, slots=True)
class PlacedPicture(Placed):
    """A picture of one or two colours; the box holds all of it."""

    drawing: Drawing = field(compare=False, repr=False)

    def draw(self, picture: Image.Image) -> None:
        """Put its black dots on the picture."""
        picture.paste(self.drawing.planes().black, (self.x, self.y))

    def draw_red(self, picture: Image.Image) -> None:
        """Put its red dots on the red plane."""
        red = self.drawing.planes().red
        if red is not None:
            picture.paste(red, (self.x, self.y))


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture(Element):
    """A picture as large as its room and its `width_mm` and `height_mm` allow: whole (`contain`), or cropped to fill them (`cover`)."""

    source: Phrase
    fit: str = "contain"
    width_mm: float | None = None
    height_mm: float | None = None
    cut: Cut = PLAIN
    rotate: str = "0"
    page: int = 1
    align: str | None = None
    color: str = ""

    def phrases(self) -> tuple[Phrase, ...]:
        """Its phrase."""
        return (self.source,)

    def own_align(self, vertical: bool) -> str | None:
        """Its own place across a row or column."""
        return self.align

    def measure(self, setup: Setup, width: int, height: int) -> Block | None:
        """Its block in the room."""
        source = written(self.source, setup)
        if not source:
            return None
        setup.work.spend(_WORK)
        picture = self._found(setup, source)
        shape = picture.size[::-1] if self.rotate in ("90", "270") else picture.size
        extent = self._extent(setup, shape, width, height)
        mark = PlacedPicture(0, 0, *extent, drawing=Drawing(self, picture, extent, setup.red))
        return Block(*extent, (mark,))

    def _found(self, setup: Setup, source: str) -> Image.Image:
        """The picture, decoded once a label: a long `data:` URI takes time each time it is read."""
        key = (id(self), "picture")
        if key not in setup.memory:
            took_s = cast(float, setup.memory.get(_TOOK, 0.0))
            if took_s > LONGEST_S:
                raise ImageInvalid("the pictures of the label take too long together; simplify them, save them smaller, or show fewer")
            begun = setup.pictures.clock()
            setup.memory[key] = setup.pictures.picture(source, self.page)
            setup.memory[_TOOK] = took_s + setup.pictures.clock() - begun
        return cast(Image.Image, setup.memory[key])

    def _extent(self, setup: Setup, shape: tuple[int, int], width: int, height: int) -> tuple[int, int]:
        """The dots it takes. DoesNotFit when there would be too little of it to be seen."""
        least = dots(MIN_MM, setup.dpi)
        wide, high = (None if mm is None else max(1, dots(mm, setup.dpi)) for mm in (self.width_mm, self.height_mm))
        room = (width if wide is None else min(width, wide), height if high is None else min(height, high))
        wanted = _fitting(shape, (wide or _UNBOUND, high or _UNBOUND), self.fit)
        least = max(1, min(least, *wanted))
        extent = _fitting(shape, room, self.fit)
        if setup.smallest:
            extent = _smallest(shape, room, least) if self.fit == "contain" else (min(room[0], least), min(room[1], least))
        # a thread of a picture is as thin as it is: what counts is the longer side then
        thinnest = least if self.fit == "cover" or shape[0] * 8 > shape[1] > shape[0] / 8 else 1
        if min(extent) < thinnest or max(extent) < least:
            raise DoesNotFit(LabelTooLong("the picture does not fit on this media so that anybody could see what it is"))
        return extent


def written(source: Phrase, setup: Setup) -> str:
    """The name or `data:` URI that a phrase gives: an URI in a field may be longer than any text."""
    reference = source.references[0] if len(source.parts) == 1 and source.references else None
    if reference is not None and not reference.formats:
        found: object = setup.values
        for step in reference.path:
            found = found.get(step) if isinstance(found, Mapping) else None
        if isinstance(found, str) and found[:5].lower() == "data:":
            return found
    return source.filled(setup.values, "").strip()


def in_red(ink: Image.Image) -> Planes:
    """The same dots in red, and none in black."""
    return Planes(Image.new("1", ink.size, PAPER), ink)


def _fitting(shape: tuple[int, int], room: tuple[int, int], fit: str) -> tuple[int, int]:
    return _inside(shape, *room) if fit == "contain" else room


def _smallest(shape: tuple[int, int], room: tuple[int, int], least: int) -> tuple[int, int]:
    """The extent of that shape whose shorter side is the least there may be, or what the room has."""
    short, long = min(shape), max(shape)
    longer = max(least, round(least * long / short)) if long <= 8 * short else least
    width, height = (longer, least) if shape[0] >= shape[1] else (least, longer)
    return _inside(shape, min(room[0], width), min(room[1], height))


def _inside(shape: tuple[int, int], width: int, height: int) -> tuple[int, int]:
    """The largest extent of that shape in a room."""
    if width < 1 or height < 1:
        return 0, 0
    if shape[0] * height >= shape[1] * width:
        return width, max(1, min(height, round(width * shape[1] / shape[0])))
    return max(1, min(width, round(height * shape[0] / shape[1]))), height


@dataclass(frozen=True, slots=True)
class _Source:
    """A phrase; a `data:` URI written in the template is taken as it stands, braces and all."""

    def read(self, value: Value) -> Phrase:
        """The value as read. TemplateInvalid."""
        text = value.text(MAX_URI)
        return Phrase((text,)) if text[:5].lower() == "data:" else PHRASE.read(value)

    def schema(self) -> Schema:
        """Its JSON Schema."""
        return {"anyOf": [Words(MAX_URI, shape="[Dd][Aa][Tt][Aa]:.*").schema(), PHRASE.schema()]}


@dataclass(frozen=True, slots=True)
class _Threshold:
    """The first grey, 0 to 255, that is paper, or `auto`."""

    def read(self, value: Value) -> int | None:
        """The value as read. TemplateInvalid."""
        return None if value.content == "auto" else value.whole(0, 255)

    def schema(self) -> Schema:
        """Its JSON Schema."""
        return {"anyOf": [{"const": "auto"}, Whole(0, 255).schema()]}


@dataclass(frozen=True, slots=True)
class _Rotate:
    """Quarter turns clockwise, in degrees."""

    def read(self, value: Value) -> str:
        """The value as read. TemplateInvalid."""
        if value.content not in (0, 90, 180, 270) or isinstance(value.content, bool | float):
            value.refuse("must be one of: 0, 90, 180, 270")
        return str(value.content)

    def schema(self) -> Schema:
        """Its JSON Schema."""
        return {"enum": [0, 90, 180, 270]}


def _made(dither: str = "auto", threshold: int | None = None, invert: bool = False, **keys: Any) -> Picture:
    return Picture(cut=Cut(dither, threshold, invert), **keys)


WORD = Word(
    "image",
    _made,
    required={"source": _Source()},
    optional={
        "fit": OneOf(("contain", "cover")),
        "width_mm": Number(0.5, MAX_LENGTH_MM),
        "height_mm": Number(0.5, MAX_LENGTH_MM),
        "dither": OneOf(DITHERS),
        "threshold": _Threshold(),
        "invert": Flag(),
        "rotate": _Rotate(),
        "page": Whole(1, MAX_PAGE),
        "align": OneOf(ALIGNMENTS),
        "color": OneOf(COLORS),
    },
)
