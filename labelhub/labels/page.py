"""Page: one finished label, as dots and as a list of what was drawn where."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from labelhub.labels import fonts
from labelhub.labels.faces import BUILTIN, Faces
from labelhub.labels.fonts import Ink
from labelhub.late import Image, ImageChops
from labelhub.raster import INK, PAPER, Raster

if TYPE_CHECKING:
    from labelhub.labels.ruler import PlacedRuler


_TURNS = {1: "ROTATE_90", 2: "ROTATE_180", 3: "ROTATE_270"}


@dataclass(frozen=True, slots=True)
class Placed:
    """Something drawn: its box in dots, from the picture's top left corner, and its quarter turns against the clock."""

    x: int
    y: int
    width: int
    height: int
    turn: int = field(default=0, kw_only=True)

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom; right and bottom are outside."""
        return self.x, self.y, self.x + self.width, self.y + self.height

    def put(self, picture: Image.Image, *, red: bool = False) -> None:
        """Draw it, turned as it is; `red`: what is red of it, on the red plane."""
        if not self.turn:
            (self.draw_red if red else self.draw)(picture)
            return
        width, height = (self.width, self.height) if self.turn == 2 else (self.height, self.width)
        upright = Image.new("1", (width, height), PAPER)
        replace(self, x=0, y=0, width=width, height=height, turn=0).put(upright, red=red)
        ink = ImageChops.invert(upright.transpose(Image.Transpose[_TURNS[self.turn]]))
        picture.paste(INK, (self.x, self.y), ink)

    def draw(self, picture: Image.Image) -> None:
        """Put it upright on a mode "1" picture of the head's resolution."""

    def draw_red(self, picture: Image.Image) -> None:
        """Put what is red of it on the red plane, a picture like that of the black one. Only asked for where media prints red."""

    def draw_fine(self, picture: Image.Image, stretch: int, dpi: int) -> None:
        """Put on what wants the feed's own resolution, `stretch` times the head's, on a picture that is already so fine."""


@dataclass(frozen=True, slots=True)
class PlacedInk(Placed):
    """Something drawn in one colour: red where that was asked for and the media prints it, else black."""

    red: bool = field(default=False, kw_only=True)

    def draw(self, picture: Image.Image) -> None:
        """Put it on the picture, unless it is red."""
        if not self.red:
            self.draw_ink(picture)

    def draw_red(self, picture: Image.Image) -> None:
        """Put it on the red plane, if it is red."""
        if self.red:
            self.draw_ink(picture)

    def draw_ink(self, picture: Image.Image) -> None:
        """Put it on the plane that it is on."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class PlacedLine(PlacedInk):
    """One line of text; the box holds its ink."""

    text: str
    bold: bool
    size_dots: int
    ink: Ink
    faces: Faces = field(default=BUILTIN, compare=False, repr=False)

    def draw_ink(self, picture: Image.Image) -> None:
        """Put it on the plane that it is on."""
        fonts.draw(picture, (self.x - self.ink.left, self.y - self.ink.top), self.text, self.bold, self.size_dots, self.faces)


@dataclass(frozen=True, slots=True)
class PlacedSymbol(PlacedInk):
    """One bar code; the box holds its modules without the quiet zone.

    `read` is what a reader must find in it, `picture` its modules upright, one dot each; bars have one row, as high as the box.
    """

    payload: str
    symbology: str
    module_dots: int
    read: bytes
    picture: Image.Image = field(compare=False, repr=False)

    def draw_ink(self, picture: Image.Image) -> None:
        """Put it on the plane that it is on."""
        picture.paste(self.picture.resize((self.width, self.height), Image.Resampling.NEAREST), (self.x, self.y))


@dataclass(frozen=True, slots=True)
class Page:
    """A finished page: its dots, and what was drawn where in the picture a person reads.

    `turned`: the picture's left edge leaves the printer first. Boxes count dots of the head's resolution both ways; where the feed
    is finer (`dpi_along` > `dpi_across`) the raster holds each row `stretch` times.
    """

    raster: Raster
    turned: bool
    length_mm: float
    barcodes: tuple[PlacedSymbol, ...]
    texts: tuple[PlacedLine, ...]
    stretch: int = 1
    rulers: tuple[PlacedRuler, ...] = ()
    others: tuple[Placed, ...] = ()
    """Whatever else was drawn: pictures, lines and the like."""
