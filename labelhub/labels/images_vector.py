"""Vector pictures, SVG and PDF, drawn by libraries in a process of their own with limits of memory and time.

Both libraries are large parsers of hostile bytes in machine code: an SVG nested 900 deep ends the process that draws it. So that is
never the hub's own. Each file is looked through first: what leads out of it, or is more work than any label is worth, is refused
before anything draws it.
"""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Sequence
from importlib import resources

from labelhub.errors import ImageInvalid
from labelhub.labels.images_drawing import KINDS, MAX_SIDE, Refused, extent
from labelhub.labels.images_pdf import check_pdf, is_locked
from labelhub.labels.images_svg import check_svg, written
from labelhub.late import Image

MAX_PAGE = 1000
PIXELS = 1_000_000
"""How many a vector picture is drawn with; a label of 62 x 100 mm at 300 dpi has 0.9 million."""

TIMEOUT_S = 4.0
"""The process ends itself after 2 s of work; this is for one that does not."""

_LATIN_ENDS = "\u0530"


def svg(source: bytes) -> Image.Image:
    """The drawing in mode RGB on white. ImageInvalid."""
    size = check_svg(source, PIXELS)
    try:
        across, down = extent(*size, PIXELS)
    except Refused as refusal:
        raise ImageInvalid(str(refusal)) from refusal
    return drawn_svg(written(source).encode(), across, down)


def drawn_svg(source: bytes, across: int, down: int) -> Image.Image:
    """An SVG that was looked through, in so many pixels. ImageInvalid."""
    picture = Image.open(io.BytesIO(_told("svg", source, str(across), str(down), *_fonts(source))), formats=["PNG"])
    if picture.width * picture.height > 2 * PIXELS:  # never, but it is another process that says so
        raise _too_involved("svg")
    return picture.convert("RGB")


def pdf(source: bytes, page: int = 1) -> Image.Image:
    """One page, counted from 1, in mode RGB on white. ImageInvalid."""
    if not 1 <= page <= MAX_PAGE:
        raise ImageInvalid(f"pages of a PDF count from 1, and at most {MAX_PAGE} are read")
    if is_locked(source):
        source = _told("open", source, "0", "0")
    check_pdf(source, page)
    rows = _told("pdf", source, str(page), str(PIXELS))
    width, height = int.from_bytes(rows[:4]), int.from_bytes(rows[4:8])
    if len(rows) != 8 + 3 * width * height or not 0 < width <= 2 * MAX_SIDE:
        raise _too_involved("pdf")
    return Image.frombytes("RGB", (width, height), rows[8:], "raw", "BGR")


def _fonts(source: bytes) -> list[str]:
    """The fonts that a text needs: those beyond Latin, Greek and Cyrillic are large, and most drawings have none of it."""
    plain = source.isascii() and b"&#" not in source
    if not plain:
        plain = b"&#" not in source and max(source.decode("utf-8", "replace")) < _LATIN_ENDS
    files = [path for path in (resources.files("labelhub.labels") / "fonts").iterdir() if path.name.endswith(".ttf")]
    return [str(path) for path in files if path.name.startswith("DejaVu") or not plain]


def _told(kind: str, source: bytes, *words: str) -> bytes:
    """What the other process draws."""
    command: Sequence[str] = [sys.executable, "-I", "-m", "labelhub.labels.images_drawing", kind, *words]
    try:
        done = subprocess.run(command, input=source, capture_output=True, timeout=TIMEOUT_S, check=False, env={})  # noqa: S603 - our own words
    except subprocess.TimeoutExpired as error:
        raise _too_involved(kind) from error
    if done.returncode == 3:
        raise ImageInvalid(done.stdout.decode("utf-8", "replace")[:300])
    if done.returncode != 0 or not done.stdout:
        raise _too_involved(kind)
    return done.stdout


def _too_involved(kind: str) -> ImageInvalid:
    return ImageInvalid(f"the {KINDS[kind]} is broken, or takes too long or too much memory to draw; simplify it, or save it as PNG")
