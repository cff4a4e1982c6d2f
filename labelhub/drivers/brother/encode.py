"""Pages to the bytes of one job, page by page. Pure; the row of the model decides everything that differs between models.

    once     00 x invalidate_bytes, ESC @                    fill a half-sent command, forget an earlier job
    a page   ESC i a 01                                      raster mode, which a printer forgets when it is switched off
             ESC i z flags kind width length lines(4) page 0 what it is for; other media loaded: error, nothing printed
             ESC i M n      40 cut automatically
             ESC i A n      cut after every n labels         only with M 40
             ESC i K n      01 two colours, 04 half cut, 08 feed and cut at the end, 40 high resolution
             ESC i d lo hi  margin before and after, in dots along the feed
             M 02           packbits
             lines          see `lines`
             0C, or 1A after the last page           not part of the page: it is not known yet when the page leaves
A model is never sent a command it does not know: no ESC i a to a QL-500 to 570 or 700, no M where lines are sent plain, no
ESC i K to a QL-500 or 550, no ESC i M where there is no cutter. Source: OFF-PT 2.1, captured jobs of Brother's own drivers.

Print information: a PT job claims its width alone (flags 84) as Brother's driver does, for the type reported is not
reliable (12 mm heat shrink tube was seen as 03); at high resolution a P900 job claims kind 09 as well. A QL job claims
quality, kind, width and, die-cut, length (C6, CE); with two colours quality is not allowed. All ask the printer to recover
by itself (80). A two-colour roll takes two-colour jobs only, so a black label on it has an empty red plane.

Cutting: with half cuts the pages of a job hang together, half cut between and cut at the end: each page says M 00, K 0C
(ptouch's order, tried on a P900W and a P750W). Without automatic cuts the job comes out as one strip with one cut at its
end; chained, not even that one. A printer without a half cutter cuts as without that wish.
A P900 is told in the print information of a page whether it is the last, so each of its pages has a second form for that.
Automatic status notifications are not switched off: over the network these printers send none, on USB they are the evidence.
The mirror bit of ESC i M is left alone: rolls do not have it, and no source tells which way it turns. Dots are mirrored here.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from labelhub.drivers.brother.lines import lines_of
from labelhub.drivers.brother.rows import FINE_KIND, Language, MediaRow, ModelRow
from labelhub.drivers.driver import Encoded, EncodedPage, EncodeOptions, Geometry
from labelhub.errors import LabelTooLong
from labelhub.media import millimetres
from labelhub.raster import Canvas, Raster

ESC_I = b"\x1bi"
MORE, LAST = b"\x0c", b"\x1a"


def encode_job(model: ModelRow, media: MediaRow, geometry: Geometry, pages: Sequence[Raster], options: EncodeOptions) -> Encoded:
    """A job page by page. LabelTooLong; ValueError for no page, or one that is too short or of the wrong width or planes."""
    if not pages:
        raise ValueError("a job has at least one page")
    for page in pages:
        _check(page, geometry.canvas)
    opening = bytes(model.invalidate_bytes) + b"\x1b@"
    job: list[EncodedPage] = []
    for number, page in enumerate(pages):
        lines = lines_of(model, geometry, page.mirrored() if options.mirror else page)
        as_last, as_other = (
            b"".join((b"" if number else opening, _control(model, media, geometry, page.height_dots, numbered, options), lines))
            for numbered in (model.page_number(number, True), model.page_number(number, False))
        )
        job.append(EncodedPage(as_last) if number == len(pages) - 1 or as_last == as_other else EncodedPage(as_other, as_last))
    return Encoded(tuple(job), MORE, LAST)


def _check(page: Raster, canvas: Canvas) -> None:
    if page.width_dots != canvas.width_dots:
        raise ValueError(f"a page here is {canvas.width_dots} dots wide, not {page.width_dots}")
    if page.red is not None and "red" not in canvas.colors:
        raise ValueError("this media has no red")
    if page.height_dots > canvas.max_length_dots:
        length_mm, max_mm = (millimetres(length, canvas.dpi_along) for length in (page.height_dots, canvas.max_length_dots))
        raise LabelTooLong(f"the label is {length_mm:.1f} mm long, this printer and media take {max_mm:.1f} mm")
    if page.height_dots < canvas.min_length_dots:
        raise ValueError(f"a page here has at least {canvas.min_length_dots} rows, not {page.height_dots}")


def _control(model: ModelRow, media: MediaRow, geometry: Geometry, lines: int, page_number: int, options: EncodeOptions) -> bytes:
    mode, expanded = _cutting(model, options)
    fine = geometry.canvas.dpi_along // geometry.dpi
    if fine > 1:
        expanded |= 0x40
    if "red" in geometry.canvas.colors:
        expanded |= 0x01
    cut_each = max(1, min(options.cut_each, model.max_cut_each))
    return b"".join(
        (
            ESC_I + b"a\x01" if model.mode_switch else b"",
            ESC_I + b"z" + _print_information(model, media, geometry, lines, page_number),
            ESC_I + b"M" + bytes((mode,)) if model.cutter else b"",
            ESC_I + b"A" + bytes((cut_each,)) if mode & 0x40 and model.max_cut_each > 1 else b"",
            ESC_I + b"K" + bytes((expanded,)) if model.expanded_mode else b"",
            ESC_I + b"d" + struct.pack("<H", geometry.margin_dots * fine),
            b"M\x02" if model.compression else b"",
        )
    )


def _print_information(model: ModelRow, media: MediaRow, geometry: Geometry, lines: int, page_number: int) -> bytes:
    if model.language is Language.PT:
        fine_p900 = model.numbers_last_page and geometry.canvas.dpi_along > geometry.dpi
        flags, kind = (0x86, FINE_KIND) if fine_p900 else (0x84, 0x00)
    else:
        flags, kind = 0x86, media.type_code
        flags |= 0x08 if media.length_code else 0
        flags |= 0 if "red" in geometry.canvas.colors else 0x40
    return struct.pack("<4BI2B", flags, kind, media.width_code, media.length_code, lines, page_number, 0)


def _cutting(model: ModelRow, options: EncodeOptions) -> tuple[int, int]:
    """The operands of ESC i M and ESC i K."""
    at_end = 0x00 if options.chain else 0x08
    if options.half_cut and model.half_cutter:
        return 0x00, 0x04 | at_end
    return (0x40, at_end) if options.auto_cut else (0x00, at_end)
