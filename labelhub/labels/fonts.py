"""Fonts: how texts measure in whole dots, and how they are drawn: from kept glyphs where that is all there is to it, else by Raqm."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import import_module
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from labelhub.errors import StartRefused
from labelhub.labels import strikes
from labelhub.labels.faces import BOLD, BUILTIN, FOLDER, JAPANESE, REGULAR, Face, Faces
from labelhub.labels.runs import Run, runs
from labelhub.labels.strikes import font
from labelhub.late import Image, ImageDraw
from labelhub.raster import INK

SMALLEST_DOTS = {False: REGULAR.smallest_dots, True: BOLD.smallest_dots}
"""The smallest legible em by boldness; below it the dots of i and ö run into their letters (docs/why/fonts.md)."""

_SQUARES = re.compile("[\u4e00-\u9fff\uac00-\ud7a3]+")
"""Ideographs, a square of one em each in every built-in font, and syllables of Hangul."""

_HANGUL_EMS = 0.92

_WIDENED_BY = 22
"""A stroke is made wider by one dot for so many of an em."""

LINE_PITCH = 1.2
"""From baseline to baseline, in ems."""


class Ink(NamedTuple):
    """The box that holds a text's dots, from the baseline's left end; y counts downwards, right and bottom are outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Dots from the first to the last column with ink."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Dots from the first to the last row with ink."""
        return self.bottom - self.top


def require(folder: Path | None = None) -> None:
    """Nothing, when texts can be set: every font is in the folder, the package's own by default, and FriBiDi is installed.

    StartRefused names what is not there. Pillow looks for FriBiDi when it runs, and without it would silently set texts otherwise.
    """
    # As `PIL.features` looks, which would load all of Pillow with it.
    if not import_module("PIL._imagingft").HAVE_RAQM:
        raise StartRefused("texts cannot be set: Pillow finds no FriBiDi. Install it with `apt-get install libfribidi0`.")
    where = folder or FOLDER
    names = dict.fromkeys(face.path.name for face in (REGULAR, BOLD, *BUILTIN.regular, *BUILTIN.bold, JAPANESE))
    missing = [name for name in names if not (where / name).is_file()]
    if missing:
        raise StartRefused(f"fonts are missing in {where}: {', '.join(missing)}. Build the assets with `make install`.")


def smallest_dots(text: str, bold: bool, faces: Faces = BUILTIN) -> int:
    """The smallest em at which every script in the text is legible. GlyphMissing for a character no font has."""
    first = faces.of(bold)[0]
    if first.plain and strikes.script_of(text):
        return first.smallest_dots
    return max((run.face.smallest_dots for run in runs(text, bold, faces)), default=SMALLEST_DOTS[bold])


@lru_cache(maxsize=2048)
def ink(text: str, bold: bool, size_dots: int, faces: Faces = BUILTIN) -> Ink:
    """The box of a line's ink, hinted for 1-bit drawing; of no height or width for a text that leaves none. GlyphMissing."""
    line = _line(text, bold, size_dots, faces)
    if line is not None:
        return Ink(line.left, line.top, line.right, line.bottom)
    boxes = [(x, *_box(run, size_dots)) for x, run in _placed(text, bold, size_dots, faces)]
    if not boxes:
        return Ink(0, 0, 0, 0)
    return Ink(
        min(x + left for x, left, _, _, _ in boxes),
        min(top for _, _, top, _, _ in boxes),
        max(x + right for x, _, _, right, _ in boxes),
        max(bottom for _, _, _, _, bottom in boxes),
    )


@lru_cache(maxsize=4096)
def advance(text: str, bold: bool, size_dots: int, faces: Faces = BUILTIN) -> float:
    """How far a text moves the pen, in dots: about its width, and what adds up when words make a line. GlyphMissing."""
    if not faces.ahead and _SQUARES.fullmatch(text):
        return size_dots * sum(_HANGUL_EMS if character >= "\uac00" else 1 for character in text)
    line = _line(text, bold, size_dots, faces)
    if line is not None:
        return line.advance / 64
    return sum(_moved(run, size_dots) for run in runs(text, bold, faces))


def draw(picture: Image.Image, at: tuple[int, int], text: str, bold: bool, size_dots: int, faces: Faces = BUILTIN) -> None:
    """Put a line on a mode "1" picture, its baseline beginning there. GlyphMissing."""
    line = _line(text, bold, size_dots, faces)
    if line is not None:
        if line.right > line.left:
            strike = strikes.strike(faces.of(bold)[0], size_dots)
            picture.paste(INK, (at[0] + line.left, at[1] - strike.base + line.shift[1]), strike.picture(line))
        return
    pen = ImageDraw.Draw(picture)
    pen.fontmode = "1"
    for x, run in _placed(text, bold, size_dots, faces):
        face = run.face.at(size_dots)
        for shift in range(_wider(face, size_dots) + 1):
            where = at[0] + x + shift, at[1]
            pen.text(where, run.text, fill=INK, font=font(face, size_dots), anchor="ls", direction=run.direction)


def _line(text: str, bold: bool, size_dots: int, faces: Faces) -> strikes.Line | None:
    """The line put together from glyphs, where its face and script allow that and enough lines have asked for it."""
    face = faces.of(bold)[0]
    # Not kept: once enough have asked, those that came before are put together as well.
    return _together(text, face, size_dots) if face.plain and strikes.strike(face, size_dots).is_worth_it() else None


@lru_cache(maxsize=128)
def _together(text: str, face: Face, size_dots: int) -> strikes.Line | None:
    script = strikes.script_of(text)
    return None if script is None else strikes.strike(face, size_dots).line(text, script)


def _placed(text: str, bold: bool, size_dots: int, faces: Faces) -> list[tuple[int, Run]]:
    """Each run and where it begins, a whole number of dots from the line's left end."""
    found = runs(text, bold, faces)
    starts = accumulate((_moved(run, size_dots) for run in found[:-1]), initial=0.0)
    return [(round(start), run) for start, run in zip(starts, found, strict=False)]


def _box(run: Run, size_dots: int) -> tuple[int, int, int, int]:
    face = run.face.at(size_dots)
    left, top, right, bottom = font(face, size_dots).getbbox(run.text, mode="1", anchor="ls", direction=run.direction)
    return int(left), int(top), int(right) + _wider(face, size_dots), int(bottom)


def _moved(run: Run, size_dots: int) -> float:
    return font(run.face.at(size_dots), size_dots).getlength(run.text, mode="1", direction=run.direction)


def _wider(face: Face, size_dots: int) -> int:
    """How many dots its strokes are wider than those of its file."""
    return size_dots // _WIDENED_BY if face.widened else 0
