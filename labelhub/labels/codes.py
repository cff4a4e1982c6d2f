"""Codes: the word `barcode`, a symbol of whole dots a module."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from labelhub.errors import BarcodeInvalid
from labelhub.labels import barcode
from labelhub.labels.element import Block, DoesNotFit, Edges, Element, Setup, Word
from labelhub.labels.fields import PHRASE, Phrase
from labelhub.labels.grammar import Number, OneOf
from labelhub.labels.page import PlacedSymbol
from labelhub.media import dots

SYMBOLOGIES = ("qr",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Barcode(Element):
    """A symbol of whole dots a module, as large as its room and `max_mm` allow. Without a share it takes its room first."""

    value: Phrase
    symbology: str = "qr"
    max_mm: float | None = None
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
        symbol = barcode.encode(payload, self.symbology)
        room = [(width, setup.blank_x_dots), (height, setup.blank_y_dots)]
        if self.max_mm is not None:
            room.append((dots(self.max_mm, setup.dpi), height))
        try:
            module = barcode.module_dots(symbol, room, setup.dpi)
        except BarcodeInvalid as error:
            raise DoesNotFit(error) from error
        side = symbol.modules * module
        picture = symbol.picture.resize((side, side), Image.Resampling.NEAREST)
        quiet = barcode.QUIET_MODULES * module
        mark = PlacedSymbol(0, 0, side, side, payload, self.symbology, module, picture)
        return Block(side, side, (mark,), Edges(quiet, quiet, quiet, quiet))


WORD = Word(
    "barcode",
    Barcode,
    required={"value": PHRASE},
    optional={"symbology": OneOf(SYMBOLOGIES), "max_mm": Number(2, 300)},
)
