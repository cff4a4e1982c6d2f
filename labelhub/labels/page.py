"""Page: one finished label, as dots and as a list of what was drawn where."""

from __future__ import annotations

from dataclasses import dataclass, field

from PIL import Image

from labelhub.labels.fonts import Ink
from labelhub.raster import Raster


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


@dataclass(frozen=True, slots=True)
class PlacedLine(Placed):
    """One line of text; the box holds its ink."""

    text: str
    bold: bool
    size_dots: int
    ink: Ink


@dataclass(frozen=True, slots=True)
class PlacedSymbol(Placed):
    """One bar code; the box holds its modules without the quiet zone."""

    payload: str
    symbology: str
    module_dots: int
    picture: Image.Image = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class PlacedRuler(Placed):
    """A scale in mm along the feed; the box holds its ticks, which stand on its outer edge, at the bottom or the right."""

    horizontal: bool


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
