"""Proof: a label as it would be printed, dot for dot, with what a person wants to see around it: the whole media, and a scale in mm."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from labelhub.drivers.driver import Geometry
from labelhub.labels.page import Page
from labelhub.labels.render import BLACK, RED, WHITE
from labelhub.late import Image, ImageDraw, ImageFont
from labelhub.media import Media, dots, millimetres
from labelhub.raster import INK

MAX_SCALE = 8
MAX_PIXELS = 16_000_000
"""Of a picture; a long label is enlarged less."""

UNPRINTABLE, EDGE = (226, 230, 236), (150, 158, 170)
RULER_MM = 5.0
GAP_MM = 1.0
TICKS_MM = {10: 2.2, 5: 1.5, 1: 0.9}
"""How long a tick is, by the mm it divides."""

_NUMBER_MM = 2.3


@dataclass(frozen=True, slots=True)
class Look:
    """What to show around the label: `ruler` a scale in mm, `frame` the whole media with what cannot be printed on shaded.

    `scale`: pixels a dot.
    """

    ruler: bool = False
    frame: bool = False
    scale: int = 1

    @property
    def plain(self) -> bool:
        """True for the dots alone."""
        return not self.ruler and not self.frame and self.scale == 1


@dataclass(frozen=True, slots=True)
class Proof:
    """A page with the media it lies on. All lengths are dots of the feed's resolution, both ways, in reading direction."""

    page: Page
    media: Media
    geometry: Geometry

    @property
    def dpi(self) -> int:
        """Dots an inch of the picture."""
        return self.geometry.canvas.dpi_along

    def planes(self) -> list[tuple[tuple[int, int, int], Image.Image]]:
        """Each colour with its dots, as a mode "1" picture whose dots are square: dark is ink."""
        raster = self.page.raster
        planes = [(BLACK, raster.picture(turned=self.page.turned))]
        red = raster.red_picture(turned=self.page.turned)
        if red is not None:
            planes.append((RED, red))
        return [(color, self._square(picture)) for color, picture in planes]

    def blank(self) -> tuple[int, int, int, int]:
        """The media beyond the printable dots: left, top, right, bottom."""
        head_dpi, canvas = self.geometry.dpi, self.geometry.canvas
        across = max(0, dots(self.media.width_mm, head_dpi) - canvas.width_dots) * self.page.stretch
        first, last = across // 2, across - across // 2
        margin = self.geometry.margin_dots * self.page.stretch
        ends = margin, margin
        if self.media.length_mm is not None:
            missing = max(0, dots(self.media.length_mm, self.dpi) - self.page.raster.height_dots)
            ends = missing // 2, missing - missing // 2
        return (ends[0], first, ends[1], last) if self.page.turned else (first, ends[0], last, ends[1])

    def _square(self, picture: Image.Image) -> Image.Image:
        """The picture with as many dots across the head as along the feed."""
        if self.page.stretch == 1:
            return picture
        width, height = picture.size
        extent = (width, height * self.page.stretch) if self.page.turned else (width * self.page.stretch, height)
        return picture.resize(extent, Image.Resampling.NEAREST)


@dataclass(frozen=True, slots=True)
class Plan:
    """Where everything lies on the finished picture, in dots."""

    width: int
    height: int
    label: tuple[int, int, int, int]
    """The printable dots: left, top, right, bottom; right and bottom are outside."""
    media: tuple[int, int, int, int]
    """What the ruler measures: the media, or the printable dots where there is no frame."""
    rulers: tuple[tuple[int, int], ...]
    """The start of the scale below and of the one at the right, where there are any."""


def plan(proof: Proof, look: Look) -> Plan:
    """How large the picture is, and what lies where."""
    width, height = proof.planes()[0][1].size
    left, top, right, bottom = proof.blank() if look.frame else (0, 0, 0, 0)
    around = 1 if look.frame else 0  # the media's edge
    x, y = around + left, around + top
    media = (around, around, x + width + right, y + height + bottom)
    beyond = dots(GAP_MM + RULER_MM, proof.dpi) if look.ruler else 0
    start = dots(GAP_MM, proof.dpi)
    rulers = ((media[0], media[3] + start), (media[2] + start, media[1])) if look.ruler else ()
    end = dots(_NUMBER_MM, proof.dpi) if look.ruler else 0  # a number at the end of a scale stands beyond it
    return Plan(
        max(media[2] + around + beyond, media[2] + end), max(media[3] + around + beyond, media[3] + end),
        (x, y, x + width, y + height), media, rulers,
    )  # fmt: skip


def drawn(proof: Proof, look: Look) -> Image.Image:
    """The proof as a picture of `scale` pixels a dot; of a long label fewer, so that no picture has more than MAX_PIXELS."""
    there = plan(proof, look)
    scale = scale_of(look, there)
    picture = Image.new("RGB", (there.width, there.height), WHITE)
    pen = ImageDraw.Draw(picture)
    if look.frame:
        left, top, right, bottom = there.media
        pen.rectangle((left - 1, top - 1, right, bottom), fill=UNPRINTABLE, outline=EDGE)
        pen.rectangle((there.label[0], there.label[1], there.label[2] - 1, there.label[3] - 1), fill=WHITE)
    for color, dark in proof.planes():
        picture.paste(color, there.label, dark.point(lambda value: 255 if value == INK else 0))
    if scale > 1:
        picture = picture.resize((there.width * scale, there.height * scale), Image.Resampling.NEAREST)
    _rulers(picture, proof, there, scale)
    return picture


def scale_of(look: Look, there: Plan) -> int:
    """The scale that the picture may have."""
    most = int((MAX_PIXELS / (there.width * there.height)) ** 0.5)
    return max(1, min(look.scale, most))


def ticks(length_dots: int, dpi: int) -> list[tuple[int, int, float]]:
    """Every whole mm of a scale: its number, its place in dots, and how long its tick is in mm."""
    found = []
    for mm in range(int(millimetres(length_dots, dpi) + 0.01) + 1):
        long = next(length for step, length in TICKS_MM.items() if mm % step == 0)
        found.append((mm, dots(mm, dpi), long))
    return found


@lru_cache(maxsize=8)
def _numbers(size: int) -> ImageFont.FreeTypeFont:
    """The face of the numbers, which are no part of the label."""
    file = resources.files("labelhub.labels") / "fonts" / "DejaVuSansCondensed.ttf"
    return ImageFont.truetype(str(file), max(10, size), layout_engine=ImageFont.Layout.BASIC)


def _rulers(picture: Image.Image, proof: Proof, there: Plan, scale: int) -> None:
    """Scales are drawn on the enlarged picture, for their lines and numbers stay fine."""
    pen = ImageDraw.Draw(picture)
    pen.fontmode = "L"
    face = _numbers(dots(_NUMBER_MM, proof.dpi) * scale)
    left, top, right, bottom = there.media
    for horizontal, (x, y) in zip((True, False), there.rulers, strict=False):
        for mm, at, long in ticks(right - left if horizontal else bottom - top, proof.dpi):
            length, place = dots(long, proof.dpi), at
            start = ((x + place) * scale, y * scale) if horizontal else (x * scale, (y + place) * scale)
            end = (start[0], (y + length) * scale) if horizontal else ((x + length) * scale, start[1])
            pen.line((start, end), fill=BLACK, width=max(1, scale // 2))
            if mm % 10 == 0:
                beside = 1 + dots(0.3, proof.dpi) * scale
                where, anchor = ((end[0] + beside, end[1]), "ls") if horizontal else ((end[0], end[1] + beside), "lt")
                where = (where[0], where[1] + (dots(_NUMBER_MM, proof.dpi) * scale) // 2) if horizontal else where
                pen.text(where, str(mm) if mm or not horizontal else "0 mm", fill=BLACK, font=face, anchor=anchor)
