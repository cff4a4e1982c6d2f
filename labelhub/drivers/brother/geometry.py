"""How one media lies under one head: the canvas a page may fill, in dots and at the resolution asked for."""

from __future__ import annotations

from labelhub.drivers.brother.rows import MediaRow, ModelRow
from labelhub.drivers.driver import Cutting, EncodeOptions, Geometry
from labelhub.media import Media, dots
from labelhub.raster import Canvas

PLAIN = EncodeOptions()


def geometry_of(model: ModelRow, row: MediaRow, media: Media, options: EncodeOptions) -> Geometry:
    """The geometry of one media under one head; `media` says whether the roll prints red as well.

    A margin that is asked for is kept between the least and the most that the model takes, and its whole page within its length.
    """
    fine = 2 if options.high_resolution and model.high_resolution else 1
    margin_dots = 0 if row.length_dots else _margin_dots(model, options)
    length_dots = row.length_dots * fine if row.length_dots else None
    wider_dots = 2 * (margin_dots - model.margin_dots)
    canvas = Canvas(
        width_dots=row.printable_dots,
        length_dots=length_dots,
        min_length_dots=length_dots or model.min_rows * fine,
        max_length_dots=length_dots or (min(model.max_rows, row.max_rows or model.max_rows) - wider_dots) * fine,
        dpi_across=model.dpi,
        dpi_along=model.dpi * fine,
        colors=("black", "red") if media.two_color and model.takes_red(row) else ("black",),
    )
    cutting = Cutting(model.cutter, model.half_cutter, model.max_cut_each, model.leader_mm)
    return Geometry(model.dpi, model.head_dots, row.printable_dots, row.right_dots, margin_dots, canvas, cutting)


def _margin_dots(model: ModelRow, options: EncodeOptions) -> int:
    if options.margin_mm is None:
        return model.margin_dots
    return min(max(dots(options.margin_mm, model.dpi), model.margin_dots), model.max_margin_dots)
