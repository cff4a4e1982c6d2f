"""Brother label printers: `PT` speaks P-touch raster to tape printers, `QL` the raster of roll printers.

`geometry` maps the lengths of the manuals to page rows: where they count the margins (PT: 31 to 7086 dots with 14 before
and 14 after) the rows are that less both margins, at high resolution everything along the feed doubles. A shorter label
has to be padded with blank rows by whoever draws it; `encode` refuses it. A die-cut page has exactly its label's rows.
"""

from __future__ import annotations

from collections.abc import Sequence

from labelhub.drivers.brother.encode import encode_job
from labelhub.drivers.brother.geometry import PLAIN, geometry_of
from labelhub.drivers.brother.rows import Language
from labelhub.drivers.brother.status import parse_block
from labelhub.drivers.brother.tables import MODELS, media_row, model_row
from labelhub.drivers.brother.words import media_from_name
from labelhub.drivers.driver import Encoded, EncodeOptions, Geometry, Model
from labelhub.drivers.status import Report
from labelhub.media import Media
from labelhub.raster import Raster

STATUS_REQUEST = b"\x1biS"


class BrotherDriver:
    """One dialect with every model that speaks it: the contract is `labelhub.drivers.driver.Driver`."""

    def __init__(self, name: str, language: Language) -> None:
        self.name = name
        self.language = language
        self.models = tuple(Model(row.name, name, row.source, row.verified) for row in MODELS if row.language is language)

    def media(self, model: str) -> tuple[Media, ...]:
        """Every media the model takes, white with black ink."""
        return tuple(row.media for row in model_row(model).media)

    def geometry(self, model: str, media: Media, options: EncodeOptions = PLAIN) -> Geometry:
        """How the model prints on the media. MediaUnsupported when it cannot."""
        row = model_row(model)
        return geometry_of(row, media_row(row, media), media, options)

    def encode(self, model: str, media: Media, pages: Sequence[Raster], options: EncodeOptions = PLAIN) -> Encoded:
        """One job in the parts it leaves in. LabelTooLong, MediaUnsupported; ValueError for a page of the wrong width or too short."""
        row = model_row(model)
        return encode_job(row, media_row(row, media), self.geometry(model, media, options), pages, options)

    def parse_status(self, block: bytes, model: str | None = None) -> Report:
        """What a raw status block of 32 bytes says. ReplyInvalid, whatever the garbage, or when no printer like `model` sent it."""
        return parse_block(block, self.language, model)

    def media_named(self, model: str, name: str) -> Media | None:
        """The media of a prtInputMediaName; its colours are not known, and of tapes of one width the plain laminated one is told."""
        return media_from_name(model, name)

    def status_request(self, model: str) -> bytes:
        """ESC i S, or nothing for a model that does not answer it."""
        return STATUS_REQUEST if model_row(model).status_request else b""


PT = BrotherDriver("brother-pt", Language.PT)
QL = BrotherDriver("brother-ql", Language.QL)
