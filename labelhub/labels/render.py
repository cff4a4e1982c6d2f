"""Render: template, fields and the canvas of a printer become one page of dots.

A label is as long as its content needs. Texts shrink before it passes the template's `prefer_mm`, then it grows to `max_mm`;
what still does not fit is LabelTooLong. On die-cut media the length is given and texts shrink into it.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from labelhub.errors import LabelTooLong, MediaUnsupported
from labelhub.labels.element import PLACE, Block, DoesNotFit, Element, Setup, measured, walk
from labelhub.labels.faces import BUILTIN, Faces
from labelhub.labels.formats import NUMBER, TOTAL
from labelhub.labels.images import Pictures
from labelhub.labels.layout import Either
from labelhub.labels.page import Page, Placed, PlacedLine, PlacedSymbol
from labelhub.labels.ruler import PlacedRuler
from labelhub.labels.template import Template
from labelhub.labels.values import MAX_CHARACTERS
from labelhub.late import Image, ImageChops
from labelhub.media import Media, dots, millimetres
from labelhub.raster import INK, PAPER, Canvas, Raster

WHITE, BLACK, RED = (255, 255, 255), (0, 0, 0), (200, 0, 0)
"""What paper and inks look like on a screen."""

_LENGTH_STEP_DOTS = 8


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The page while its length is sought: the fixed extent and the allowed lengths, in dots of the head's resolution."""

    template: Template
    setup: Setup
    breadth: int
    shortest: int
    preferred: int
    longest: int

    @property
    def margins(self) -> tuple[int, int]:
        """Blank at the left and right, and at the top and bottom of the picture."""
        ends, sides = (dots(mm, self.setup.dpi) for mm in (self.template.margin.ends_mm, self.template.margin.sides_mm))
        return (ends, sides) if self.setup.along else (sides, ends)

    def extent(self, length: int) -> tuple[int, int]:
        """Width and height of the picture of a label so long."""
        return (length, self.breadth) if self.setup.along else (self.breadth, length)


def render(
    template: Template,
    fields: Mapping[str, object],
    canvas: Canvas,
    media: Media | None = None,
    *,
    number: int = 1,
    total: int = 1,
    pictures: Pictures | None = None,
    faces: Faces = BUILTIN,
) -> Page:
    """One page. `media`, if known, tells how much blank tape lies beyond the printable dots.

    `number` and `total`: the label's place in its batch, for the fields `_number` and `_total` where `fields` does not hold them itself.
    `faces`: the fonts there are. FieldMissing, LabelTooLong, BarcodeInvalid, GlyphMissing; FontInvalid for a file that has gone,
    TemplateInvalid for a font that is not there; MediaUnsupported when the template is for several media, and this is none of them.
    """
    template.check_fields(fields)
    if media is not None and template.need is None and not template.takes(media):
        raise MediaUnsupported(f"template {template.key} is drawn for {template.media_name}, and not for {media.name}")
    fields = {NUMBER: number, TOTAL: total, **fields}
    stretch = max(1, canvas.dpi_along // canvas.dpi_across)
    along = template.along_on(canvas)
    sheet = _sheet(template, fields, canvas, media, along, pictures, faces)
    _check_amount(template.layout, sheet.setup)
    placed = _fitted(sheet)
    picture, marks = _drawn(placed, along, canvas, stretch)
    raster = Raster.from_picture(picture, turned=along, red=_red_plane(placed, along, canvas, stretch))
    return Page(
        raster,
        along,
        millimetres(raster.height_dots, canvas.dpi_along),
        tuple(mark for mark in marks if isinstance(mark, PlacedSymbol)),
        tuple(mark for mark in marks if isinstance(mark, PlacedLine)),
        stretch,
        tuple(mark for mark in marks if isinstance(mark, PlacedRuler)),
        tuple(mark for mark in marks if not isinstance(mark, PlacedSymbol | PlacedLine | PlacedRuler)),
    )


def _check_amount(layout: Element, setup: Setup) -> None:
    """Nothing, when texts and codes together are no longer than a label can hold. LabelTooLong."""
    characters = layout.characters(setup)
    if characters > MAX_CHARACTERS:
        raise LabelTooLong(f"texts and codes have {characters} characters together; a label holds at most {MAX_CHARACTERS}")


def png(raster: Raster, turned: bool) -> bytes:
    """The page as a person reads it: a PNG of one pixel a dot, of 1 bit, or of three colours where some of it is red."""
    out = io.BytesIO()
    picture, red = raster.picture(turned=turned), raster.red_picture(turned=turned)
    if red is None:
        picture.save(out, "PNG", optimize=False)
        return out.getvalue()
    colored = Image.new("P", picture.size, 0)
    colored.putpalette([*WHITE, *BLACK, *RED])
    for index, plane in ((1, picture), (2, red)):
        colored.paste(index, mask=ImageChops.invert(plane.convert("L")))
    colored.save(out, "PNG", bits=2)
    return out.getvalue()


def _sheet(
    template: Template,
    fields: Mapping[str, object],
    canvas: Canvas,
    media: Media | None,
    along: bool,
    pictures: Pictures | None,
    faces: Faces,
) -> _Sheet:
    dpi, stretch = canvas.dpi_across, max(1, canvas.dpi_along // canvas.dpi_across)
    blank = _blank_beyond(template, canvas, media)
    setup = Setup(fields, dpi, *((0, blank) if along else (blank, 0)), along=along, exact=canvas.length_dots is not None)
    setup = replace(setup, red="red" in canvas.colors, pictures=pictures or Pictures(), faces=faces)
    if canvas.length_dots is not None:
        exact = canvas.length_dots // stretch
        return _Sheet(template, setup, canvas.width_dots, exact, exact, exact)
    shortest = max(math.ceil(canvas.min_length_dots / stretch), dots(template.length.min_mm, dpi))
    if shortest > canvas.max_length_dots // stretch:
        most_mm = millimetres(canvas.max_length_dots, canvas.dpi_along)
        raise LabelTooLong(f"the template wants labels of {template.length.min_mm:g} mm, this printer makes at most {most_mm:.0f} mm")
    longest = max(shortest, min(canvas.max_length_dots // stretch, dots(template.length.max_mm, dpi)))
    preferred = min(max(shortest, dots(template.length.prefer_mm, dpi)), longest)
    return _Sheet(template, setup, canvas.width_dots, shortest, preferred, longest)


def _blank_beyond(template: Template, canvas: Canvas, media: Media | None) -> int:
    """Blank dots between the printable ones and each edge of the media."""
    width_mm = media.width_mm if media is not None else template.tape_width_mm
    if width_mm is None:
        return 0
    return max(0, (dots(width_mm, canvas.dpi_across) - canvas.width_dots) // 2)


def _fitted(sheet: _Sheet) -> tuple[tuple[int, int], tuple[Placed, ...]]:
    """The picture's extent and everything on it, at the shortest length that serves.

    A longer label comes before a plainer drawing, which shows less of what the label is for.
    """
    setup = sheet.setup
    drawings = max((len(one.items) for one in walk(sheet.template.layout) if isinstance(one, Either)), default=1)
    setup.work.renew()
    with suppress(LabelTooLong):  # this may take long, and a plainer label is better than none
        for plainest in range(drawings - 1):
            with suppress(DoesNotFit):
                return _shortest(replace(sheet, setup=replace(setup, plainest=plainest)))
    setup.work.renew()
    try:
        return _shortest(sheet)
    except DoesNotFit as still:
        return _cut_short(sheet, still)


def _shortest(sheet: _Sheet) -> tuple[tuple[int, int], tuple[Placed, ...]]:
    """As `_fitted`, with nothing cut short. DoesNotFit."""
    try:
        return _placed(sheet, sheet.preferred)
    except DoesNotFit:
        best = _placed(sheet, sheet.longest)
    low, high = sheet.preferred, min(sheet.longest, best[0][0] if sheet.setup.along else best[0][1])
    while high - low > _LENGTH_STEP_DOTS:
        middle = (low + high) // 2
        try:
            best, high = _placed(sheet, middle), middle
        except DoesNotFit:
            low = middle
    return best


def _cut_short(sheet: _Sheet, still: DoesNotFit) -> tuple[tuple[int, int], tuple[Placed, ...]]:
    try:
        return _placed(replace(sheet, setup=replace(sheet.setup, shorten=True)), sheet.longest)
    except DoesNotFit:
        if not isinstance(still.error, LabelTooLong):
            raise still.error from still
        max_mm = round(millimetres(sheet.longest, sheet.setup.dpi), 1)
        reason = (
            f"{still.error.detail}; a label of this template is at most {max_mm:g} mm long. Shorten the text or choose another template."
        )
        raise LabelTooLong(reason, max_mm=max_mm) from still


def _placed(sheet: _Sheet, length: int) -> tuple[tuple[int, int], tuple[Placed, ...]]:
    """Everything at its place on a picture no longer than `length`. DoesNotFit."""
    width, height = sheet.extent(length)
    block, pads = _with_pads(sheet, width, height)
    needed = block.width + pads[0] + pads[2] if sheet.setup.along else block.height + pads[1] + pads[3]
    width, height = sheet.extent(max(needed, sheet.shortest))
    before = PLACE[sheet.template.align]
    x = pads[0] + round((width - pads[0] - pads[2] - block.width) * (1 - before if block.from_right else before))
    y = pads[1] + (height - pads[1] - pads[3] - block.height) // 2
    return (width, height), tuple(block.placed(x, y))


def _with_pads(sheet: _Sheet, width: int, height: int) -> tuple[Block, tuple[int, int, int, int]]:
    """The layout as a block and the blank it needs on each side of the picture."""
    pads = sheet.margins * 2
    for _ in range(3):
        room = width - pads[0] - pads[2], height - pads[1] - pads[3]
        block = measured(sheet.template.layout, sheet.setup, *room) or Block(0, 0)
        pads = _pads(sheet, block)
        if block.width + pads[0] + pads[2] <= width and block.height + pads[1] + pads[3] <= height:
            return block, pads
    raise DoesNotFit(LabelTooLong("the content and its margins do not fit on this media"))


def _pads(sheet: _Sheet, block: Block) -> tuple[int, int, int, int]:
    """The margin, or half the quiet zone where that is wider: the other half is the printer's feed or the tape's blank edge."""
    beside, above = sheet.margins
    blank_x, blank_y = sheet.setup.blank_x_dots, sheet.setup.blank_y_dots
    left, top, right, bottom = (math.ceil(side / 2) for side in block.quiet)
    return max(beside, left - blank_x), max(above, top - blank_y), max(beside, right - blank_x), max(above, bottom - blank_y)


def _red_plane(placed: tuple[tuple[int, int], tuple[Placed, ...]], along: bool, canvas: Canvas, stretch: int) -> Image.Image | None:
    """What is red on the label; None where nothing is, or the media has no red."""
    if "red" not in canvas.colors:
        return None
    extent, marks = placed
    picture = Image.new("1", extent, PAPER)
    for mark in marks:
        mark.put(picture, red=True)
    return _stretched(picture, along, canvas, stretch) if INK in picture.getextrema() else None


def _drawn(
    placed: tuple[tuple[int, int], tuple[Placed, ...]], along: bool, canvas: Canvas, stretch: int
) -> tuple[Image.Image, tuple[Placed, ...]]:
    """The picture, drawn without a grey dot, and the things on it."""
    extent, marks = placed
    picture = Image.new("1", extent, PAPER)
    for mark in marks:
        mark.put(picture)
    picture = _stretched(picture, along, canvas, stretch)
    for mark in marks:
        mark.draw_fine(picture, stretch, canvas.dpi_along)
    return picture, marks


def _stretched(picture: Image.Image, along: bool, canvas: Canvas, stretch: int) -> Image.Image:
    """The picture at the feed's resolution, and exactly as long as die-cut media is."""
    if stretch > 1:
        extent = (picture.width * stretch, picture.height) if along else (picture.width, picture.height * stretch)
        picture = picture.resize(extent, Image.Resampling.NEAREST)
    missing = 0 if canvas.length_dots is None else canvas.length_dots - (picture.width if along else picture.height)
    if missing:
        whole = Image.new("1", (picture.width + missing, picture.height) if along else (picture.width, picture.height + missing), PAPER)
        whole.paste(picture, (0, 0))
        return whole
    return picture
