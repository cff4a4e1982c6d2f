"""Every model on every media it takes, at each resolution and in each colour it has: what the differential tests go through."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import pytest
from PIL import Image

from labelhub.drivers.brother import PT, QL, BrotherDriver
from labelhub.drivers.brother.rows import Language, MediaRow, ModelRow
from labelhub.drivers.driver import EncodeOptions, Geometry
from labelhub.media import Media
from labelhub.raster import Raster
from tests.drivers.pictures import asymmetric

CONTINUOUS_ROWS = 40


@dataclass(frozen=True)
class Case:
    """One model, one of its media, one resolution."""

    model: ModelRow
    row: MediaRow
    media: Media
    options: EncodeOptions

    def __str__(self) -> str:
        fine = ", fine" if self.options.high_resolution else ""
        return f"{self.model.name} {self.media.kind} {self.media.name}{', red' if self.two_color else ''}{fine}"

    @property
    def two_color(self) -> bool:
        return self.media.two_color and self.model.two_color

    @property
    def is_told_elsewhere(self) -> bool:
        """True for a whole label at high resolution: all it says the same label says, or endless media at high resolution."""
        return self.row.length_dots is not None and self.options.high_resolution

    @property
    def driver(self) -> BrotherDriver:
        return driver_of(self.model)

    @property
    def geometry(self) -> Geometry:
        return self.driver.geometry(self.model.name, self.media, self.options)

    def page(self) -> Raster:
        """A page for it: a whole die-cut label, a short piece of continuous media."""
        canvas = self.geometry.canvas
        size = canvas.width_dots, max(canvas.min_length_dots, CONTINUOUS_ROWS)
        black = Raster.from_picture(picture(*size))
        return replace(black, red=Raster.from_picture(red_picture(*size)).black) if self.two_color else black

    def job(self, *pages: Raster) -> bytes:
        return self.driver.encode(self.model.name, self.media, pages or [self.page()], self.options).whole


EVERY = pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.soak)], ids=["most", "every"])
"""Of cases that another program is asked for too, which takes its time for each line: those told elsewhere in a soak alone."""


def driver_of(model: ModelRow) -> BrotherDriver:
    return PT if model.language is Language.PT else QL


def cases(model: ModelRow) -> Iterator[Case]:
    """All of one model."""
    for fine in (False, True) if model.high_resolution else (False,):
        for row in model.media:
            yield Case(model, row, row.media, EncodeOptions(high_resolution=fine))
            if row.two_color and model.two_color:
                yield Case(model, row, replace(row.media, two_color=True), EncodeOptions(high_resolution=fine))


@cache
def picture(width_dots: int, height_dots: int) -> Image.Image:
    """Shapes with ink to the corners and a patch of noise: nothing symmetric, blank lines, short runs and long ones."""
    whole = asymmetric(width_dots, height_dots)
    size = max(1, width_dots * 2 // 3), min(height_dots // 4, 50)
    noise = random.Random(width_dots).randbytes((size[0] + 7) // 8 * size[1])
    whole.paste(Image.frombytes("1", size, noise), (width_dots // 4, height_dots // 4))
    return whole


@cache
def red_picture(width_dots: int, height_dots: int) -> Image.Image:
    """What is red on a page: a bar of its own, where `picture` has no ink."""
    red = Image.new("1", (width_dots, height_dots), 255)
    black = picture(width_dots, height_dots)
    red.paste(0, (width_dots // 2, height_dots // 7, width_dots - 3, height_dots // 2))
    return Image.composite(Image.new("1", red.size, 255), red, black.point(lambda value: 255 - value))
