"""Pictures as dots: scaled first, then made ink or paper, so that no dot is ever grey; and red apart from black where media prints both.

Line art is cut at a threshold, which keeps its edges; photos are dithered. Which of both a picture is, its histogram tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from labelhub.late import Image, ImageChops, ImageOps

DITHERS = ("auto", "threshold", "floyd-steinberg", "ordered")
LINE_ART = 0.86
"""Part of a picture's variance that lies between dark and light (Otsu's criterion) from which it is line art.

Measured: a logo 0.99, large letters 0.96, small soft ones 0.88, a soft code 0.86; a landscape 0.83, an even gradient 0.75, noise 0.65.
"""

GAMMA = 1.25
"""Heat spreads, so dots come out larger than they are sent and mid tones darker: they are lightened first. Not measured on paper yet."""

RED_CHROMA = 100
"""How far red must lie above green and blue, of 255, to be printed red: orange and skin are not, tomato and brown are."""

_BAYER = (
    (0, 32, 8, 40, 2, 34, 10, 42),
    (48, 16, 56, 24, 50, 18, 58, 26),
    (12, 44, 4, 36, 14, 46, 6, 38),
    (60, 28, 52, 20, 62, 30, 54, 22),
    (3, 35, 11, 43, 1, 33, 9, 41),
    (51, 19, 59, 27, 49, 17, 57, 25),
    (15, 47, 7, 39, 13, 45, 5, 37),
    (63, 31, 55, 23, 61, 29, 53, 21),
)
"""B. E. Bayer, "An optimum method for two-level rendition of continuous-tone pictures", 1973."""


class Planes(NamedTuple):
    """Two pictures of mode "1" and one size, dark = ink; `red` None: there is none. No dot has both inks."""

    black: Image.Image
    red: Image.Image | None


class Cut(NamedTuple):
    """How a picture becomes dots. `dither`: one of `DITHERS`; `threshold` None: the one that divides its tones best (Otsu)."""

    dither: str = "auto"
    threshold: int | None = None
    invert: bool = False
    stretch_tones: bool = True


PLAIN = Cut()


def scaled(picture: Image.Image, width: int, height: int, *, cover: bool = False) -> Image.Image:
    """The picture at exactly so many dots; `cover`: cropped to that shape rather than pressed into it."""
    if cover:
        return ImageOps.fit(picture, (width, height), _filter(picture, width, height))
    if picture.size == (width, height):
        return picture
    return picture.resize((width, height), _filter(picture, width, height))


def planes(picture: Image.Image, cut: Cut = PLAIN, *, red: bool = False) -> Planes:
    """The dots of a picture of mode L or RGB; `red`: the media prints red as well, and what is red in the picture goes there."""
    dither = dither_for(picture.convert("L"), cut) if cut.dither == "auto" else cut.dither
    if cut.invert:
        picture = ImageChops.invert(picture)
    grey = picture.convert("L")
    mask, chroma = _reds(picture) if red and picture.mode == "RGB" else (None, None)
    if mask is None or chroma is None or mask.getbbox() is None:
        return Planes(_cut(grey, dither, cut), None)
    if dither == "threshold":
        black, reds = _cut(grey, dither, cut), ImageChops.invert(mask).convert("1", dither=Image.Dither.NONE)
        return Planes(without(black, reds), reds)
    shade = Image.composite(picture.getchannel("R"), grey, mask)
    black = _cut(shade, dither, cut)
    paler = Image.composite(ImageChops.invert(chroma), Image.new("L", grey.size, 255), mask)
    reds = without(_cut(paler, dither, cut._replace(stretch_tones=False)), black)
    return Planes(black, reds)


def without(ink: Image.Image, other: Image.Image) -> Image.Image:
    """The dots of the one plane where the other has none."""
    return ImageChops.logical_or(ink, ImageChops.invert(other))


def either(ink: Image.Image, other: Image.Image) -> Image.Image:
    """The dots of both planes together."""
    return ImageChops.logical_and(ink, other)


def dither_for(grey: Image.Image, cut: Cut) -> str:
    """`threshold` for line art and `floyd-steinberg` for photos, unless it is told."""
    if cut.dither != "auto":
        return cut.dither
    return "threshold" if cut.threshold is not None or otsu(grey.histogram())[1] >= LINE_ART else "floyd-steinberg"


def otsu(histogram: Sequence[int]) -> tuple[int, float]:
    """The first value that is paper, and what part of the variance that division explains. N. Otsu, 1979.

    The middle of all values that divide as well, so that a clean drawing is cut half way between its ink and its paper.
    """
    count, total = sum(histogram), sum(value * number for value, number in enumerate(histogram))
    squares = sum(value * value * number for value, number in enumerate(histogram))
    best, first, last, below, weight = 0.0, 128, 128, 0, 0
    for value, number in enumerate(histogram):
        below, weight = below + number, weight + value * number
        if not 0 < below < count:
            continue
        between = (total * below - weight * count) ** 2 / (below * (count - below))
        if between > best:
            best, first = between, value
        if between >= best:
            last = value
    variance = count * squares - total * total
    return (first + last) // 2 + 1 if variance else 128, min(1.0, best / variance) if variance else 1.0


def _filter(picture: Image.Image, width: int, height: int) -> Image.Resampling:
    """A mean of all pixels that make a dot, or a smooth edge where one pixel makes several."""
    smaller = width * height < picture.width * picture.height
    return Image.Resampling.BOX if smaller else Image.Resampling.BICUBIC


def _cut(grey: Image.Image, dither: str, cut: Cut) -> Image.Image:
    if dither == "threshold":
        threshold = otsu(grey.histogram())[0] if cut.threshold is None else cut.threshold
        return grey.point([0] * threshold + [255] * (256 - threshold), "1")
    if cut.stretch_tones:
        grey = ImageOps.autocontrast(grey, cutoff=1)
    grey = grey.point(_toned())
    if dither == "floyd-steinberg":
        return grey.convert("1", dither=Image.Dither.FLOYDSTEINBERG)
    return ImageChops.subtract(grey, _thresholds(*grey.size)).point([0] + [255] * 255, "1")


@lru_cache(maxsize=1)
def _toned() -> list[int]:
    return [round(255 * (value / 255) ** (1 / GAMMA)) for value in range(256)]


@lru_cache(maxsize=8)
def _thresholds(width: int, height: int) -> Image.Image:
    """The matrix, repeated over so many dots; cached because the pictures of a batch are of few sizes."""
    tile = Image.new("L", (8, 8))
    tile.putdata([value * 4 + 1 for row in _BAYER for value in row])
    row = Image.new("L", (width, 8))
    for x in range(0, width, 8):
        row.paste(tile, (x, 0))
    whole = Image.new("L", (width, height))
    for y in range(0, height, 8):
        whole.paste(row, (0, y))
    return whole


def _reds(picture: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Where the picture is red, and how far red lies above the other colours there."""
    red, green, blue = picture.split()
    chroma = ImageChops.subtract(red, ImageChops.lighter(green, blue))
    return chroma.point([0] * RED_CHROMA + [255] * (256 - RED_CHROMA)), chroma
