"""Fonts: the two faces labels are set in, and how their ink measures in whole dots."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from PIL import ImageFont, features

from labelhub.errors import StartRefused

FOLDER = "fonts"
REGULAR = "DejaVuSansCondensed.ttf"
BOLD = "DejaVuSansCondensed-Bold.ttf"
SMALLEST_DOTS = {False: 11, True: 13}
"""The smallest legible em by boldness; below it the dots of i and ö run into their letters (docs/why/fonts.md)."""

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
    if not features.check("raqm"):
        raise StartRefused("texts cannot be set: Pillow finds no FriBiDi. Install it with `apt-get install libfribidi0`.")
    where = folder or _path("")
    missing = [name for name in (REGULAR, BOLD) if not (where / name).is_file()]
    if missing:
        raise StartRefused(f"fonts are missing in {where}: {', '.join(missing)}. Build the assets with `make install`.")


@lru_cache(maxsize=256)
def font(bold: bool, size_dots: int) -> ImageFont.FreeTypeFont:
    """The face at an em of so many dots. Threads may share it: every call into it holds the interpreter's lock."""
    return ImageFont.truetype(_path(BOLD if bold else REGULAR), size_dots, layout_engine=ImageFont.Layout.RAQM)


@lru_cache(maxsize=2048)
def ink(text: str, bold: bool, size_dots: int) -> Ink:
    """The box of a line's ink, hinted for 1-bit drawing; of no height or width for a text that leaves none."""
    left, top, right, bottom = font(bold, size_dots).getbbox(text, mode="1", anchor="ls")
    return Ink(int(left), int(top), int(right), int(bottom))


@lru_cache(maxsize=4096)
def advance(text: str, bold: bool, size_dots: int) -> float:
    """How far a text moves the pen, in dots: about its width, and what adds up when words make a line."""
    return font(bold, size_dots).getlength(text, mode="1")


def _path(name: str) -> Path:
    return Path(str(resources.files("labelhub.labels") / FOLDER / name))
