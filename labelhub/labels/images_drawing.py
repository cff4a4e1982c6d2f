"""The process that draws one SVG or PDF page, the file on standard input.

    python -m labelhub.labels.images_drawing svg WIDTH HEIGHT FONT...    writes a PNG of so many pixels
    python -m labelhub.labels.images_drawing pdf PAGE PIXELS             writes width, height (4 bytes each), then BGR rows
    python -m labelhub.labels.images_drawing open 0 0                    writes a PDF locked without a password as an open one
Or it ends with code 3 and a sentence for a person. Whatever else goes wrong in it, even a crash, is told by its exit code alone.
It imports next to nothing: starting it is most of what a small drawing takes.
"""

from __future__ import annotations

import importlib
import math
import os
import resource
import sys
from typing import Any

CPU_S = 2
NICENESS = 5
"""Who scans, prints or looks at a page comes first."""

MEMORY_BYTES = 384 * 1024 * 1024
MAX_SIDE = 12_000
MOST_OPENED_BYTES = 32 * 1024 * 1024
_WHITE = 0xFFFFFFFF
_NEEDS_A_PASSWORD = 4
_CRASHED = 4


KINDS = {"svg": "SVG", "pdf": "PDF", "open": "PDF"}


class Refused(Exception):
    """What to tell a person."""


def limit() -> None:
    """Bound what this process may take, let it write no file, and let all others of the hub go first."""
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def extent(width: float, height: float, pixels: int) -> tuple[int, int]:
    """Whole pixels of that shape, about so many in all. Refused when the shape has no area or is a thread."""
    if not (math.isfinite(width) and math.isfinite(height) and width > 0 and height > 0):
        raise Refused("the drawing has no size; give it a width and a height")
    scale = math.sqrt(pixels) / math.sqrt(width) / math.sqrt(height)
    across, down = max(1, round(width * scale)), max(1, round(height * scale))
    if max(across, down) > MAX_SIDE:
        raise Refused("the drawing is much longer than it is wide; crop it to what is to be printed")
    return across, down


def draw_svg(source: bytes, width: int, height: int, fonts: list[str]) -> bytes:
    """The SVG on white, as a PNG."""
    resvg: Any = importlib.import_module("resvg_py")
    families = ("font_family", "serif_family", "sans_serif_family", "cursive_family", "fantasy_family", "monospace_family")
    options = {
        "svg_string": source.decode(),
        "skip_system_fonts": True,
        "dpi": 96.0,  # by default none, and then millimetres are nothing
        "font_files": fonts,
        "background": "#ffffff",
        **dict.fromkeys(families, "DejaVu Sans"),
    }
    return bytes(resvg.svg_to_bytes(**options, width=width, height=height))


def _loaded(source: bytes) -> tuple[Any, Any]:
    """The library, and the PDF as it holds it."""
    pdfium: Any = importlib.import_module("pypdfium2_raw")  # without what stands around it, which takes as long again to import
    pdfium.FPDF_InitLibraryWithConfig(pdfium.FPDF_LIBRARY_CONFIG(version=2))
    document = pdfium.FPDF_LoadMemDocument64(source, len(source), None)
    if not document:
        if pdfium.FPDF_GetLastError() == _NEEDS_A_PASSWORD:
            raise Refused("the PDF needs a password; save it without one")
        raise Refused("the PDF is broken or breaks off early; save or download it again")
    return pdfium, document


def open_pdf(source: bytes) -> bytes:
    """The PDF without its lock."""
    import ctypes

    pdfium, document = _loaded(source)
    opened = bytearray()

    def write(_: object, part: Any, size: int) -> int:
        opened.extend(ctypes.string_at(part, size))
        return int(len(opened) <= MOST_OPENED_BYTES)

    writer = pdfium.FPDF_FILEWRITE(version=1)
    writer.WriteBlock = type(writer.WriteBlock)(write)
    if not pdfium.FPDF_SaveAsCopy(document, writer, pdfium.FPDF_REMOVE_SECURITY):
        raise Refused("the PDF is locked and cannot be opened; save it without a lock")
    return bytes(opened)


def draw_pdf(source: bytes, page: int, pixels: int) -> bytes:
    """The page on white."""
    import ctypes

    pdfium, document = _loaded(source)
    count = pdfium.FPDF_GetPageCount(document)
    if page > count:
        raise Refused(f"the PDF has no page {page}, but {count} in all")
    sheet = pdfium.FPDF_LoadPage(document, page - 1)
    if not sheet:
        raise Refused(f"page {page} of the PDF is broken; save or download it again")
    width, height = pdfium.FPDF_GetPageWidthF(sheet), pdfium.FPDF_GetPageHeightF(sheet)
    across, _ = extent(width, height, pixels)
    scale = across / width
    size = math.ceil(width * scale), math.ceil(height * scale)
    rows = bytearray(3 * size[0] * size[1])
    held = (ctypes.c_ubyte * len(rows)).from_buffer(rows)
    bitmap = pdfium.FPDFBitmap_CreateEx(*size, pdfium.FPDFBitmap_BGR, held, 3 * size[0])
    pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, *size, _WHITE)
    pdfium.FPDF_RenderPageBitmap(bitmap, sheet, 0, 0, *size, 0, pdfium.FPDF_ANNOT)
    return b"".join((size[0].to_bytes(4), size[1].to_bytes(4), rows))


def main(kind: str, *words: str) -> int:
    """Draw what stands on standard input."""
    limit()
    source = sys.stdin.buffer.read()
    first, second = int(words[0]), int(words[1])
    try:
        if kind == "svg":
            drawn = draw_svg(source, first, second, [*words[2:]])
        else:
            drawn = open_pdf(source) if kind == "open" else draw_pdf(source, first, second)
    except (Refused, ValueError) as refusal:
        reason = str(refusal) if isinstance(refusal, Refused) else f"the {KINDS[kind]} cannot be read: {refusal}"
        sys.stdout.buffer.write(reason.encode()[:300])
        return 3
    except MemoryError:
        return _CRASHED
    sys.stdout.buffer.write(drawn)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
