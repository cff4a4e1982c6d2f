"""Vector pictures, SVG and PDF, drawn by libraries in a process of their own with limits of memory and time.

Both libraries are large parsers of hostile bytes in machine code: an SVG nested 900 deep ends the process that draws it. So that is
never the hub's own. An SVG is looked through first: what could lead out of it is refused before anything draws it.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from xml.parsers import expat

from labelhub.errors import ImageInvalid
from labelhub.labels.images_head import broken
from labelhub.late import Image

MAX_SVG_BYTES = 2 * 1024 * 1024
MAX_SVG_ELEMENTS = 20_000
MAX_SVG_DEPTH = 60
MAX_PAGE = 1000
PIXELS = 1_000_000
"""How many a vector picture is drawn with; a label of 62 x 100 mm at 300 dpi has 0.9 million."""

TIMEOUT_S = 4.0
"""The process ends itself after 2 s of work; this is for one that does not."""

_REFUSED = frozenset(("image", "filter", "foreignobject", "script", "animate", "animatemotion", "animatetransform", "set", "iframe"))
"""What leads outside, moves, or (filters) costs seconds and shows nothing on a printer without grey."""

_OUTSIDE = re.compile(r"url\(\s*['\"]?\s*(?!#)|@import|\\", re.I)


def svg(source: bytes) -> Image.Image:
    """The drawing in mode RGB on white. ImageInvalid."""
    if len(source) > MAX_SVG_BYTES:
        raise ImageInvalid(
            f"the SVG has {len(source) / 1e6:.1f} MB; simplify it to at most {MAX_SVG_BYTES // 2**20} MiB, or save it as PNG"
        )
    check_svg(source)
    return _drawn("svg", source, 1)


def pdf(source: bytes, page: int = 1) -> Image.Image:
    """One page, counted from 1, in mode RGB on white. ImageInvalid."""
    if not 1 <= page <= MAX_PAGE:
        raise ImageInvalid(f"pages of a PDF count from 1, and at most {MAX_PAGE} are read")
    return _drawn("pdf", source, page)


def check_svg(source: bytes) -> None:
    """Nothing, when the SVG is well-formed, of bounded size and leads nowhere outside itself. ImageInvalid."""
    depth = count = 0

    def start(name: str, attributes: Mapping[str, str]) -> None:
        nonlocal depth, count
        depth, count = depth + 1, count + 1
        if depth > MAX_SVG_DEPTH or count > MAX_SVG_ELEMENTS:
            raise ImageInvalid(
                f"the SVG has more than {MAX_SVG_ELEMENTS} elements or is deeper than {MAX_SVG_DEPTH}; simplify it, or save it as PNG"
            )
        _check_element(name.rpartition(":")[2].lower(), attributes)

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse_doctype(name: str, system: str | None, public: str | None, internal: bool) -> None:
        if internal:
            raise ImageInvalid("the SVG declares entities, which may grow without end; save it as plain SVG")

    def text(content: str) -> None:
        if _OUTSIDE.search(content) and ("@import" in content.lower() or "url" in content.lower()):
            raise _leads_out("a style")

    def refuse_instruction(target: str, content: str) -> None:
        raise _leads_out(f"<?{target[:30]}?>")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = refuse_doctype
    parser.CharacterDataHandler = text
    parser.ProcessingInstructionHandler = refuse_instruction
    try:
        parser.Parse(source, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise broken("SVG") from error


def _check_element(name: str, attributes: Mapping[str, str]) -> None:
    if name in _REFUSED:
        raise _leads_out(f"<{name}>")
    for key, value in attributes.items():
        plain = key.rpartition(":")[2].lower()
        if plain == "href" and name != "a" and not value.strip().startswith("#"):
            raise _leads_out("a reference to another file")
        if plain != "d" and "url" in value.lower() and _OUTSIDE.search(value):
            raise _leads_out("a reference to another file")


def _leads_out(what: str) -> ImageInvalid:
    return ImageInvalid(f"the SVG has {what}, which labels do not take; save it as plain SVG with shapes alone, or as PNG")


def _drawn(kind: str, source: bytes, page: int) -> Image.Image:
    """The picture that the other process draws."""
    command = [sys.executable, "-I", "-m", "labelhub.labels.images_drawing", kind, str(page), str(PIXELS)]
    try:
        done = subprocess.run(command, input=source, capture_output=True, timeout=TIMEOUT_S, check=False, env={})  # noqa: S603 - our own words
    except subprocess.TimeoutExpired as error:
        raise _too_involved(kind) from error
    if done.returncode == 3:
        raise ImageInvalid(done.stdout.decode("utf-8", "replace")[:300])
    if done.returncode != 0:
        raise _too_involved(kind)
    width, height = int.from_bytes(done.stdout[:4]), int.from_bytes(done.stdout[4:8])
    if len(done.stdout) != 8 + 3 * width * height or not width * height:
        raise _too_involved(kind)
    return Image.frombytes("RGB", (width, height), done.stdout[8:])


def _too_involved(kind: str) -> ImageInvalid:
    return ImageInvalid(f"the {kind.upper()} is broken, or takes too long or too much memory to draw; simplify it, or save it as PNG")
