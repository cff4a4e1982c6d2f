"""Page: one finished label, as dots and as a list of what was drawn where."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from labelhub.labels import fonts
from labelhub.labels.fonts import Ink
from labelhub.raster import INK, Raster

if TYPE_CHECKING:
    from labelhub.labels.ruler import PlacedRuler


@dataclass(frozen=True, slots=True)
class Placed:
    """Something drawn: its box in dots, from the picture's top left corner."""

    x: int
    y: int
    width: int
    height: int

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom; right and bottom are outside."""
        return self.x, self.y, self.x + self.width, self.y + self.height

    def draw(self, picture: Image.Image) -> None:
        """Put it on a mode "1" picture of the head's resolution."""

    def draw_fine(self, picture: Image.Image, stretch: int, dpi: int) -> None:
        """Put on what wants the feed's own resolution, `stretch` times the head's, on a picture that is already so fine."""


@dataclass(frozen=True, slots=True)
class PlacedLine(Placed):
    """One line of text; the box holds its ink."""

    text: str
    bold: bool
    size_dots: int
    ink: Ink

    def draw(self, picture: Image.Image) -> None:
        """Put it on the picture."""
        pen = ImageDraw.Draw(picture)
        pen.fontmode = "1"
        at = (self.x - self.ink.left, self.y - self.ink.top)
        pen.text(at, self.text, fill=INK, font=fonts.font(self.bold, self.size_dots), anchor="ls")


@dataclass(frozen=True, slots=True)
class PlacedSymbol(Placed):
    """One bar code; the box holds its modules without the quiet zone."""

    payload: str
    symbology: str
    module_dots: int
    picture: Image.Image = field(compare=False, repr=False)

    def draw(self, picture: Image.Image) -> None:
        """Put it on the picture."""
        picture.paste(self.picture, (self.x, self.y))


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
