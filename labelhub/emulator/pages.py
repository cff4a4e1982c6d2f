"""A page between its bytes and the piece of media it comes out on: does it fit, what is wrong with it, how is it cut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from labelhub.drivers.brother.decode import crop
from labelhub.drivers.brother.geometry import geometry_of
from labelhub.drivers.brother.received import PageEnd, Rule, Violation
from labelhub.drivers.brother.rows import FINE_KIND, Language, ModelRow
from labelhub.drivers.brother.tables import media_row
from labelhub.drivers.driver import EncodeOptions, Geometry
from labelhub.media import Media, millimetres
from labelhub.raster import Raster


class Cut(StrEnum):
    """What the cutter does behind a page."""

    NONE = "none"
    HALF = "half"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Page:
    """A printed page: its dots on the media, and the piece it came out on."""

    number: int
    """The life counter after it: the first page of a new machine is 1."""
    raster: Raster
    media: Media
    length_mm: float
    """With the margins before and after, and with the feed that a piece too short to be cut gets behind it."""
    dpi_across: int
    dpi_along: int
    cut: Cut
    last: bool
    """The last page of its job."""
    leader_mm: float = 0
    """Blank tape before it."""


def is_fine(model: ModelRow, page: PageEnd) -> bool:
    """At high resolution, where the model has one."""
    return page.settings.high_resolution and model.high_resolution


def length_mm(model: ModelRow, page: PageEnd) -> float:
    """What the page asks for, with both margins."""
    dpi_along = model.dpi * (2 if is_fine(model, page) else 1)
    return millimetres(page.raster.height_dots + 2 * page.settings.margin_dots, dpi_along)


def geometry(model: ModelRow, media: Media, page: PageEnd) -> Geometry:
    """How the page lies on the media."""
    return geometry_of(model, media_row(model, media), media, EncodeOptions(high_resolution=page.settings.high_resolution))


def dots(model: ModelRow, media: Media, page: PageEnd) -> Raster:
    """The dots that reach the media, mirrored where the page wants it and the model can."""
    place = geometry(model, media, page)
    raster = crop(page.raster, place.right_dots, place.printable_dots)
    return raster.mirrored() if page.settings.mirror and model.language is Language.PT else raster


def cut_behind(model: ModelRow, page: PageEnd, number: int) -> Cut:
    """The cut behind the page that is `number` in its job, from 1."""
    settings = page.settings
    if not model.cutter:
        return Cut.NONE
    if page.last:
        ends_cut = settings.cut_at_end if model.expanded_mode else settings.auto_cut
        return Cut.FULL if ends_cut else Cut.NONE
    if settings.auto_cut:
        return Cut.NONE if number % min(settings.cut_each, model.max_cut_each) else Cut.FULL
    return Cut.HALF if settings.half_cut and model.half_cutter else Cut.NONE


def misfit(model: ModelRow, media: Media, page: PageEnd) -> str | None:
    """Why the page is for other media than this, None when it is for it."""
    claimed = page.information
    row = media_row(model, media)
    if claimed is None:
        return None
    if claimed.width_code not in (None, row.width_code):
        return f"the job is for media {claimed.width_code} mm wide, {media.name} is loaded"
    if claimed.kind_code not in (None, 0, row.type_code) and not _is_fine_kind(model, page, claimed.kind_code):
        return f"the job is for media of type {claimed.kind_code:02x}, {media.kind} is loaded"
    if claimed.length_code not in (None, row.length_code):
        return f"the job is for labels {claimed.length_code} mm long, {media.name} is loaded"
    if media.two_color and model.two_color and not page.settings.two_color:
        return "a two-colour roll takes two-colour jobs only"
    return None


def _is_fine_kind(model: ModelRow, page: PageEnd, kind_code: int | None) -> bool:
    return model.numbers_last_page and is_fine(model, page) and kind_code == FINE_KIND


def broken_on_arrival(model: ModelRow, page: PageEnd, number: int) -> Iterator[Violation]:
    """The rules a page breaks whatever media is loaded; it is `number` in its job, from 1."""
    numbered = page.information.page_number if page.information else None
    expected = model.page_number(number - 1, page.last)
    if numbered not in (None, expected):
        yield Violation(Rule.PAGE_NUMBER, f"ESC i z numbers page {number} with {numbered}; a {model.name} expects {expected}")
    settings = page.settings
    asked = (
        (settings.high_resolution and not model.high_resolution, "high resolution"),
        (settings.half_cut and not model.half_cutter, "half cuts"),
        (settings.mirror and model.language is not Language.PT, "mirrored printing"),
    )
    for is_asked, what in asked:
        if is_asked:
            yield Violation(Rule.NOT_FOR_THIS_MODEL, f"a {model.name} has no {what}")


def broken_on_media(model: ModelRow, media: Media, page: PageEnd) -> Iterator[Violation]:
    """The rules a page breaks on the media it is printed on."""
    place = geometry(model, media, page)
    rows, canvas = page.raster.height_dots, place.canvas
    if not canvas.min_length_dots <= rows <= canvas.max_length_dots:
        yield Violation(Rule.PAGE_LENGTH, f"{rows} rows; {media.name} takes {canvas.min_length_dots} to {canvas.max_length_dots}")
    fine = canvas.dpi_along // place.dpi
    least, most = place.margin_dots * fine, (model.max_margin_dots if place.margin_dots else 0) * fine
    if not least <= page.settings.margin_dots <= most:
        yield Violation(Rule.MARGIN, f"a margin of {page.settings.margin_dots} dots; {media.name} takes {least} to {most}")
    if _ink(page.raster) != _ink(crop(page.raster, place.right_dots, place.printable_dots)):
        yield Violation(Rule.INK_BESIDE_MEDIA, f"dots outside the {place.printable_dots} that reach {media.name}")


def _ink(page: Raster) -> int:
    return sum(int.from_bytes(plane).bit_count() for plane in (page.black, page.red) if plane)
