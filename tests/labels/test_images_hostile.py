"""Picture files made to do harm: a picture or ImageInvalid, soon and in little memory."""

from __future__ import annotations

import random
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable

import pytest
from PIL import Image

from labelhub.errors import ImageInvalid
from labelhub.labels import images_drawing, images_pdf, images_svg, images_vector
from labelhub.labels.images import decoded
from tests.labels.hostile_pdfs import FORM, PDFS, document, stream
from tests.labels.hostile_svgs import STOP, SVGS
from tests.labels.images_at_hand import chunk, logo, photo, png, saved, svg

SOON_S = 0.4
"""Four times what is promised, in time of the CPU: the machine may be busy with other tests."""

MEMORY_KIB = 50 * 1024


def webp(content: bytes, name: bytes) -> bytes:
    inner = b"WEBP" + name + struct.pack("<I", len(content)) + content
    return b"RIFF" + struct.pack("<I", len(inner)) + inner


def jpeg(width: int, height: int, marker: int = 0xC0, scans: int = 1) -> bytes:
    plain = saved(photo().resize((64, 64)), "JPEG")
    at = plain.index(b"\xff\xc0")
    return (
        plain[: at + 1]
        + bytes([marker])
        + plain[at + 2 : at + 5]
        + struct.pack(">HH", height, width)
        + plain[at + 9 :]
        + b"\xff\xda" * scans
    )


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "of no kind that labels take; save it as PNG"),
    "text": (lambda: b"hello", "of no kind"),
    "gif": (lambda: saved(logo(), "GIF"), "of no kind"),
    "html": (lambda: b"<html><svg/></html>", "of no kind"),
    "too many bytes": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(11_000_000), "save it with at most 10 MiB"),
    "billion pixels png": (lambda: png(30_000, 30_000), "at most 16 million are read; save it smaller"),
    "endless png": (lambda: png(2**31 - 1, 2**31 - 1), "save it with 1 to 30000 a side"),
    "empty png": (lambda: png(0, 5), "save it with 1 to"),
    "truncated png": (lambda: saved(photo())[:9000], "the PNG is broken or breaks off early"),
    "png without rows": (lambda: png(4000, 4000), "the PNG is broken"),
    "png of chunks": (lambda: png(8, 8, *[chunk(b"teSt", b"")] * 30_000), "the PNG is broken"),
    "animated png": (lambda: png(8, 8, chunk(b"acTL", bytes(8))), "is animated"),
    "billion pixels jpeg": (lambda: jpeg(30_000, 30_000), "at most 64 million are read"),
    "progressive jpeg": (lambda: jpeg(5_000, 5_000, 0xC2), "at most 16 million are read"),
    "jpeg of scans": (lambda: jpeg(4_000, 4_000, 0xC2, 5_000), "save it as a plain"),
    "truncated jpeg": (lambda: saved(photo(), "JPEG")[:3000], "the JPEG is broken or breaks off early"),
    "jpeg head": (lambda: b"\xff\xd8\xff\xe0\x00\x00" * 9, "the JPEG is broken"),
    "huge webp": (lambda: webp(bytes(4) + b"\xff\xff\xff" * 2, b"VP8X"), "save it with 1 to 30000"),
    "large webp": (lambda: webp(b"\x2f" + struct.pack("<I", 0x0FFFFFFF) + bytes(9), b"VP8L"), "at most 16 million"),
    "animated webp": (lambda: saved(logo(), "WEBP", save_all=True, append_images=[photo().resize((200, 200))]), "is animated"),
    "truncated webp": (lambda: saved(photo(), "WEBP")[:400], "the WebP is broken"),
    "svg with a file": (lambda: svg('<image href="/etc/hostname" width="9" height="9"/>'), "has <image>"),
    "svg with a style from outside": (lambda: svg("<style>@import 'http://example.org/a.css';</style>"), "has a style"),
    "svg with a paint from outside": (lambda: svg('<rect fill="url(http://example.org/#a)"/>'), "a reference to another file"),
    "svg with a stylesheet": (lambda: b'<?xml version="1.0"?><?xml-stylesheet href="a.css"?>' + svg(""), "of no kind|xml-stylesheet"),
    "svg with a script": (lambda: svg("<script>for(;;){}</script>"), "has <script>"),
    "svg with a page": (lambda: svg("<foreignObject/>"), "has <foreignobject>"),
    "broken svg": (lambda: svg("<g>"), "the SVG is broken"),
}
REFUSED_BY_THE_DRAWING: dict[str, tuple[Callable[[], bytes], str]] = {
    "pages that lead to themselves": (PDFS["pages that lead to themselves"], "the PDF has no page 1|page 1 of the PDF is broken"),
    "breaks off": (PDFS["breaks off"], "the PDF is broken"),
    "nothing of a PDF": (PDFS["nothing of a PDF"], "the PDF is broken"),
    "needs a password": (PDFS["needs a password"], "save it without one"),
    "pdf like a thread": (PDFS["like a thread"], "crop it"),
}
"""These take the library no time: it is the one that knows."""

HARMLESS = {
    "as large as a city",
    "brackets 200,000 deep",
}
"""Made to do harm, and drawn in no time: the libraries leave out what nobody could see."""


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_made_to_do_harm_is_refused_at_once_with_what_to_do(name: str) -> None:
    make, reason = REFUSED[name]
    source = make()
    begun = time.thread_time()
    with pytest.raises(ImageInvalid, match=reason):
        decoded(source)
    assert time.thread_time() - begun < SOON_S


@pytest.mark.parametrize("name", SVGS)
def test_an_svg_made_to_do_harm_is_refused_before_anything_draws_it(name: str) -> None:
    if name in HARMLESS:
        images_svg.check_svg(SVGS[name]())
        return
    source = SVGS[name]()
    begun = time.thread_time()
    with pytest.raises(
        (ImageInvalid, images_drawing.Refused), match=r"; (simplify it|save it as plain SVG|give it a|crop it|save it with)"
    ):
        images_drawing.extent(*images_svg.check_svg(source), 1_000_000)
    assert time.thread_time() - begun < SOON_S


@pytest.mark.parametrize("name", PDFS)
def test_a_pdf_made_to_do_harm_is_refused_before_anything_draws_it(name: str) -> None:
    source = PDFS[name]()
    if name in HARMLESS or PDFS[name] in [make for make, _ in REFUSED_BY_THE_DRAWING.values()]:
        images_pdf.check_pdf(source)
        return
    begun = time.thread_time()
    with pytest.raises(ImageInvalid, match=r"more work to draw than a label is worth: .*; simplify it, or save the page as PNG"):
        images_pdf.check_pdf(source)
    assert time.thread_time() - begun < SOON_S


@pytest.mark.parametrize("name", REFUSED_BY_THE_DRAWING)
def test_a_vector_file_made_to_do_harm_is_refused_by_the_process_that_draws(name: str) -> None:
    make, reason = REFUSED_BY_THE_DRAWING[name]
    with pytest.raises(ImageInvalid, match=reason):
        decoded(make())


def test_an_svg_in_the_letters_of_old_windows_is_read_as_what_it_says() -> None:
    text = svg("<text>gr\u00f6\u00dfer</text>").decode()
    assert images_svg.written(f'<?xml version="1.0" encoding="windows-1252"?>{text}'.encode("cp1252")).endswith(text)
    with pytest.raises(ImageInvalid, match="the SVG is broken"):
        images_svg.written(text.encode("cp1252"))


def test_who_draws_lets_all_others_go_first() -> None:
    limited = "import os; from labelhub.labels.images_drawing import limit; before = os.nice(0); limit(); print(os.nice(0) - before)"
    done = subprocess.run([sys.executable, "-c", limited], capture_output=True, text=True, check=True)
    assert int(done.stdout) == images_drawing.NICENESS > 0


def test_a_drawing_that_ends_its_process_is_one_typed_error_here() -> None:
    with pytest.raises(ImageInvalid, match="takes too long or too much memory to draw; simplify it"):
        images_vector.drawn_svg(svg("<g>" * 900 + "</g>" * 900), 100, 100)


@pytest.mark.soak
@pytest.mark.parametrize("name", sorted(HARMLESS))
def test_what_a_look_lets_pass_is_drawn_or_ended_soon(name: str) -> None:
    begun, source = time.perf_counter(), (SVGS.get(name) or PDFS[name])()
    assert decoded(source).width <= 1500
    assert time.perf_counter() - begun < 2 * images_vector.TIMEOUT_S


def test_drawings_as_people_make_them_are_let_pass() -> None:
    gradients = "".join(
        f'<linearGradient id="l{number}" href="#l{number // 2 or 99}">{STOP * 5}</linearGradient>' for number in range(40)
    )
    shapes = "".join(
        f'<path class="a{number % 90}" style="fill:url(#l{number % 40});opacity:{number % 2}" d="M{number} 0h9v9z"/>'
        for number in range(1500)
    )
    rules = "".join(f".a{number},.b{number} path{{stroke:#123456;clip-path:none}}" for number in range(90))
    clips = '<clipPath id="c"><rect width="9" height="9"/></clipPath>' + '<g clip-path="url(#c)"><path d="M0 0h9"/></g>' * 300
    arrows = '<marker id="m"><path d="M0 0h9"/></marker>' + '<path marker-end="url(#m)" d="M0 0h9"/>' * 200
    dots = '<symbol id="s"><circle r="2"/></symbol>' + '<use href="#s"/>' * 3000
    traced = f'<path d="M0 0{" 12.5 9.25" * 60_000}"/>'
    size = 'viewBox="0 0 1500 1500"'
    assert images_svg.check_svg(svg(f"<style>{rules}</style>{gradients}{shapes}{clips}{arrows}{dots}{traced}", size)) == (1500, 1500)


def test_a_pdf_with_its_objects_in_a_stream_is_looked_through_as_well() -> None:
    many = stream(b"20 0 <</XObject<</X 6 0 R>>>>", "/Type/ObjStm/N 1/First 5")
    form = stream(b"/X Do " * 90, f"{FORM}/Resources 20 0 R")
    source = document(stream(b"/X Do"), many, form, page="/Contents 4 0 R/Resources 20 0 R")
    with pytest.raises(ImageInvalid, match="a part of it shows itself"):
        images_pdf.check_pdf(source)


def test_texts_and_profiles_packed_a_thousandfold_are_never_unpacked() -> None:
    bomb = zlib.compress(bytes(50_000_000))
    chunks = [chunk(b"zTXt", b"a\0\0" + bomb), chunk(b"iCCP", b"a\0\0" + bomb), chunk(b"iTXt", b"a\0\1\0\0\0" + bomb)] * 5
    begun = time.thread_time()
    assert decoded(png(8, 9, *chunks, rows=b"\0\0" * 9)).size == (8, 9)
    assert time.thread_time() - begun < SOON_S


MEASURED = """
import resource, sys
from labelhub.errors import ImageInvalid
from labelhub.labels.images import decoded
from labelhub.labels import images_pdf, images_svg
from tests.labels.test_images_hostile import PDFS, REFUSED, SVGS
sources = [make() for make in [*(make for make, _ in REFUSED.values()), *SVGS.values(), *PDFS.values()]]
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for source in sources:
    try:
        if source[:4] == b"%PDF":
            images_pdf.check_pdf(source)
        elif b"<svg" in source[:200]:
            images_svg.check_svg(source)
        else:
            decoded(source)
    except ImageInvalid:
        pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_refusing_takes_little_memory() -> None:
    done = subprocess.run([sys.executable, "-c", MEASURED], capture_output=True, text=True, check=True)
    assert int(done.stdout) < MEMORY_KIB


LARGEST = """
import resource, sys
from labelhub.labels.images import decoded
source = sys.stdin.buffer.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert decoded(source).size == (1414, 1414)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_the_largest_picture_with_transparency_takes_little_more_than_its_pixels() -> None:
    largest = saved(Image.new("RGBA", (4000, 4000), (9, 9, 9, 9)))
    done = subprocess.run([sys.executable, "-c", LARGEST], input=largest, capture_output=True, check=True)
    assert int(done.stdout) < 200 * 1024


def bent(source: bytes, chance: random.Random) -> bytes:
    """The file with some bytes changed, cut or doubled."""
    content = bytearray(source)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(content))
        content[at] = chance.randrange(256)
    if chance.random() < 0.3:
        del content[chance.randrange(len(content)) :]
    return bytes(content)


def bend(count: int) -> None:
    chance = random.Random(7)
    small = photo().resize((60, 40))
    sources = [
        saved(small),
        saved(small, "JPEG"),
        saved(small, "JPEG", progressive=True),
        saved(small, "WEBP"),
        saved(small.convert("P")),
    ]
    for number in range(count):
        try:
            picture = decoded(bent(sources[number % len(sources)], chance))
        except ImageInvalid:
            continue
        assert picture.mode in ("L", "RGB")


def test_a_bent_file_is_a_picture_or_one_typed_error() -> None:
    bend(200)


@pytest.mark.soak
def test_many_bent_files_are_pictures_or_one_typed_error() -> None:
    bend(40_000)


_BITS = (
    b"5 0 R",
    b"<<",
    b"(",
    b"%",
    b"nan",
    b"1e999",
    b"/Kids",
    b"/Predictor 15",
    b"/LZWDecode",
    b"BI",
    b"-",
    b'"',
    b"url(#p0)",
    b"<g>",
    b"</g>",
)


def bend_vectors(count: int) -> None:
    chance = random.Random(11)
    sources = [made for make in [*SVGS.values(), *PDFS.values()][::6] if len(made := make()) < 9000]
    for number in range(count):
        content = bytearray(sources[number % len(sources)])
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(content))
            content[at : at + chance.randrange(3)] = chance.choice(_BITS)
        try:
            (images_pdf.check_pdf if content[:4] == b"%PDF" else images_svg.check_svg)(bytes(content))
        except ImageInvalid:
            continue


def test_a_bent_drawing_is_let_pass_or_one_typed_error() -> None:
    bend_vectors(120)


@pytest.mark.soak
def test_many_bent_drawings_are_let_pass_or_one_typed_error() -> None:
    bend_vectors(20_000)


def test_a_picture_of_colours_by_number_without_a_list_of_them_is_broken() -> None:
    with pytest.raises(ImageInvalid, match="PNG"):
        decoded(png(8, 9, kind=3, rows=b"\0\0" * 9))
