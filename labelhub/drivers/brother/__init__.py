"""Brother label printers: `PT` speaks P-touch raster to tape printers, `QL` the raster of roll printers.

`geometry` maps the lengths of the manuals to page rows: where they count the margins (PT: 31 to 7086 dots with 14 before
and 14 after) the rows are that less both margins, at high resolution everything along the feed doubles. A shorter label
has to be padded with blank rows by whoever draws it; `encode` refuses it. A die-cut page has exactly its label's rows.
"""

from __future__ import annotations

from collections.abc import Sequence

from labelhub.drivers.brother.encode import encode_job
from labelhub.drivers.brother.status import parse_block
from labelhub.drivers.brother.tables import MODELS, Language, MediaRow, ModelRow, media_row, model_row
from labelhub.drivers.driver import EncodeOptions, Geometry, Model
from labelhub.drivers.status import Report
from labelhub.media import Media
from labelhub.raster import Canvas, Raster

PLAIN = EncodeOptions()


class BrotherDriver:
    """One dialect with every model that speaks it: the contract is `labelhub.drivers.driver.Driver`."""

    def __init__(self, name: str, language: Language) -> None:
        self.name = name
        self.language = language
        self.models = tuple(Model(row.name, name, "tcp", row.source, row.verified) for row in MODELS if row.language is language)

    def media(self, model: str) -> tuple[Media, ...]:
        """Every media the model takes, white with black ink."""
        return tuple(row.media for row in model_row(model).media)

    def geometry(self, model: str, media: Media, options: EncodeOptions = PLAIN) -> Geometry:
        """How the model prints on the media. MediaUnsupported when it cannot."""
        row = model_row(model)
        return geometry_of(row, media_row(row, media), media, options)

    def encode(self, model: str, media: Media, pages: Sequence[Raster], options: EncodeOptions = PLAIN) -> bytes:
        """The bytes of one job. LabelTooLong, MediaUnsupported; ValueError for a page of the wrong width or too short."""
        row = model_row(model)
        return encode_job(row, media_row(row, media), self.geometry(model, media, options), pages, options)

    def parse_status(self, block: bytes) -> Report:
        """What a raw status block of 32 bytes says. ReplyInvalid, whatever the garbage."""
        return parse_block(block, self.language)


def geometry_of(model: ModelRow, row: MediaRow, media: Media, options: EncodeOptions) -> Geometry:
    """The geometry of one media under one head; `media` says whether the roll prints red as well."""
    fine = 2 if options.high_resolution else 1
    length = row.length_dots * fine if row.length_dots else None
    canvas = Canvas(
        width_dots=row.printable_dots,
        length_dots=length,
        min_length_dots=length or model.min_rows * fine,
        max_length_dots=length or min(model.max_rows, row.max_rows or model.max_rows) * fine,
        dpi_across=model.dpi,
        dpi_along=model.dpi * fine,
        colors=("black", "red") if media.two_color and model.two_color else ("black",),
    )
    margin = 0 if row.length_dots else model.margin_dots
    return Geometry(model.dpi, model.head_dots, row.printable_dots, row.right_dots, margin, canvas)


PT = BrotherDriver("brother-pt", Language.PT)
QL = BrotherDriver("brother-ql", Language.QL)
