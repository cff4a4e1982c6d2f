"""The process that draws one SVG or PDF page: `python -m labelhub.labels.images_drawing svg|pdf PAGE PIXELS`, the file on standard input.

It writes width and height (4 bytes each) and RGB rows, or ends with code 3 and a sentence for a person. Whatever else goes wrong
in it, even a crash, is told by its exit code alone.
"""

from __future__ import annotations

import importlib
import io
import math
import re
import resource
import sys
from typing import Any

CPU_S = 2
MEMORY_BYTES = 768 * 1024 * 1024
_MAX_SIDE = 12_000


class Refused(Exception):
    """What to tell a person."""


def limit() -> None:
    """Bound what this process may take, and let it write no file."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def extent(width: float, height: float, pixels: int) -> tuple[int, int]:
    """Whole pixels of that shape, about so many in all. Refused when the shape has no area or is a thread."""
    if not (math.isfinite(width) and math.isfinite(height) and width > 0 and height > 0):
        raise Refused("the drawing has no size; give it a width and a height")
    scale = math.sqrt(pixels / (width * height))
    across, down = max(1, round(width * scale)), max(1, round(height * scale))
    if max(across, down) > _MAX_SIDE:
        raise Refused("the drawing is much longer than it is wide; crop it to what is to be printed")
    return across, down


def draw_svg(source: bytes, pixels: int) -> Any:
    """The SVG on white."""
    from PIL import Image

    resvg: Any = importlib.import_module("resvg_py")
    text = source.decode("utf-8-sig")
    families = ("font_family", "serif_family", "sans_serif_family", "cursive_family", "fantasy_family", "monospace_family")
    options = {
        "svg_string": text,
        "skip_system_fonts": True,
        "dpi": 96.0,  # by default none, and then millimetres are nothing
        "font_files": _fonts(text),
        "background": "#ffffff",
        **dict.fromkeys(families, "DejaVu Sans"),
    }
    try:
        across, down = extent(*_svg_size(source), pixels)
    except ValueError as error:
        raise Refused("the SVG has no size; give it a viewBox, or a width and a height") from error
    return Image.open(io.BytesIO(resvg.svg_to_bytes(**options, width=across, height=down))).convert("RGB")


def _svg_size(source: bytes) -> tuple[float, float]:
    """Width and height in the SVG's own units: those of its viewBox, or its attributes."""
    from xml.parsers import expat

    found: dict[str, str] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        if not found:
            found.update({"": name} | attributes)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.Parse(source, True)
    sides = [re.fullmatch(r"\s*([\d.]+(?:e[+-]?\d+)?)(px|pt|mm|cm|in|pc)?\s*", found.get(key, ""), re.I) for key in ("width", "height")]
    unit = {None: 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}
    if sides[0] and sides[1]:
        return float(sides[0][1]) * unit[(sides[0][2] or "px").lower()], float(sides[1][1]) * unit[(sides[1][2] or "px").lower()]
    _, _, width, height = (float(part) for part in re.split(r"[\s,]+", found.get("viewBox", "").strip()))
    return width, height


def _fonts(text: str) -> list[str]:
    """The fonts that a text needs: those beyond Latin, Greek and Cyrillic are large, and most drawings have none of it."""
    from importlib import resources

    files = [path for path in (resources.files("labelhub.labels") / "fonts").iterdir() if path.name.endswith(".ttf")]
    plain = max(text, default="") < "\u0530"
    return [str(path) for path in files if path.name.startswith("DejaVu") or not plain]


def draw_pdf(source: bytes, page: int, pixels: int) -> Any:
    """The page on white."""
    pdfium: Any = importlib.import_module("pypdfium2")
    try:
        document = pdfium.PdfDocument(source)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise Refused("the PDF needs a password; save it without one") from error
        raise Refused("the PDF is broken or breaks off early; save or download it again") from error
    if page > len(document):
        raise Refused(f"the PDF has no page {page}, but {len(document)} in all")
    sheet = document[page - 1]
    width, height = sheet.get_size()
    across, _ = extent(width, height, pixels)
    return sheet.render(scale=across / width, fill_color=(255, 255, 255, 255)).to_pil().convert("RGB")


def main(kind: str, page: int, pixels: int) -> int:
    """Draw what stands on standard input."""
    limit()
    source = sys.stdin.buffer.read()
    try:
        picture = draw_svg(source, pixels) if kind == "svg" else draw_pdf(source, page, pixels)
    except (Refused, ValueError) as refusal:
        reason = str(refusal) if isinstance(refusal, Refused) else f"the {kind.upper()} cannot be read: {refusal}"
        sys.stdout.buffer.write(reason.encode()[:300])
        return 3
    sys.stdout.buffer.write(picture.width.to_bytes(4) + picture.height.to_bytes(4) + picture.tobytes())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
