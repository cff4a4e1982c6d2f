"""Codes: the word `barcode`, a symbol of whole dots a module. What a person reads of it is a text element of the template's own."""

from __future__ import annotations

from dataclasses import dataclass

from labelhub.errors import BarcodeInvalid
from labelhub.labels import barcode
from labelhub.labels.barcode.gs1 import DOMAIN
from labelhub.labels.element import COLORS, Block, DoesNotFit, Edges, Element, Setup, Word
from labelhub.labels.fields import PHRASE, Phrase
from labelhub.labels.grammar import Flag, Number, OneOf, Words
from labelhub.labels.page import PlacedSymbol

SYMBOLOGIES = tuple(barcode.SYMBOLOGIES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Barcode(Element):
    """A symbol of whole dots a module, as large as its room and `max_mm` allow. Without a share it takes its room first.

    Modules of bars and rectangles grow to 0.4 mm by themselves and bars to 10 mm; in a column they want `height_mm` or a share to
    leave room for a text. `turned`: by a quarter; without it only what fits in no other way. `domain` begins a GS1 Digital Link.
    """

    value: Phrase
    symbology: str = "qr"
    level: str = ""
    max_mm: float | None = None
    module_mm: float | None = None
    height_mm: float | None = None
    turned: bool | None = None
    domain: str = ""
    color: str = "black"
    share: float | None = None

    def phrases(self) -> tuple[Phrase, ...]:
        """Its phrase."""
        return (self.value,)

    def characters(self, setup: Setup) -> int:
        """How much text it shows."""
        return len(setup.filled(self.value, ", "))

    def measure(self, setup: Setup, width: int, height: int) -> Block | None:
        """Its block in the room."""
        payload = setup.filled(self.value, ",")
        if not payload:
            return None
        symbols = barcode.shapes(payload, self.symbology, self.level, self.domain)
        room = barcode.Room(width, height, setup.blank_x_dots, setup.blank_y_dots)
        smallest = setup.smallest and self.share is not None
        wish = barcode.Wish(self.max_mm, self.module_mm, self.height_mm, self.turned, smallest)
        try:
            fit = barcode.fitted(symbols, room, setup.dpi, wish)
        except BarcodeInvalid as error:
            raise DoesNotFit(error) from error
        return _block(payload, fit, setup.is_red(self.color))


def _block(payload: str, fit: barcode.Fit, red: bool) -> Block:
    own, symbol = fit.own, fit.symbol
    name = symbol.symbology.name
    mark = PlacedSymbol(
        own.left, own.top, fit.width, fit.height, payload, name, fit.module, symbol.read, symbol.picture, turn=fit.turn, red=red
    )
    width, height = own.left + fit.width + own.right, own.top + fit.height + own.bottom
    return Block(width, height, (mark,), Edges(*(wanted - brought for wanted, brought in zip(fit.quiet, own, strict=True))))


WORD = Word(
    "barcode",
    Barcode,
    required={"value": PHRASE},
    optional={
        "symbology": OneOf(SYMBOLOGIES),
        "level": OneOf(("L", "M", "Q", "H")),
        "max_mm": Number(2, 300),
        "module_mm": Number(0.1, 10),
        "height_mm": Number(barcode.LEAST_HEIGHT_MM, 100),
        "turned": Flag(),
        "color": OneOf(COLORS),
        "domain": Words(300, DOMAIN, "must begin with https:// or http:// and have no blanks and no query"),
    },
)
