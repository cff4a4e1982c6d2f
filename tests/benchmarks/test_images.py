"""What a label of 62 x 100 mm with a photo over all of it costs, the picture being decoded already; and what decoding costs."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from labelhub.errors import ImageInvalid
from labelhub.labels import images_pdf, images_svg
from labelhub.labels.images import Pictures, decoded
from labelhub.labels.images_drawing import Refused, extent
from labelhub.labels.render import render
from labelhub.labels.template import parse
from labelhub.raster import Canvas
from tests.benchmarks.told import row, told
from tests.labels.hostile_pdfs import PDFS
from tests.labels.hostile_svgs import SVGS
from tests.labels.images_at_hand import photo, saved, svg

pytestmark = pytest.mark.bench
ROUNDS = 30
CANVAS = Canvas(696, None, 150, 11811, 300, 300)
TWO_COLORS = Canvas(696, None, 150, 11811, 300, 300, ("black", "red"))
SOURCE = """
schema_version: 1
key: photo
name: Photo
orientation: across
layout:
  image: {source: photo, fit: cover, height_mm: 100, dither: %s}
"""


def costs_ms(work: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """What each round took of this thread, and of nobody else."""
    times = []
    for _ in range(rounds):
        begun = time.thread_time()
        work()
        times.append(1000 * (time.thread_time() - begun))
    return times


@pytest.mark.parametrize("dither", ["threshold", "floyd-steinberg", "ordered"])
@pytest.mark.parametrize("canvas", [CANVAS, TWO_COLORS], ids=["black", "red"])
def test_a_photo_over_a_whole_label(dither: str, canvas: Canvas) -> None:
    pictures = Pictures({"photo": saved(photo().resize((1600, 1200)), "JPEG")}.get)
    template = parse(SOURCE % dither)
    assert 99 < render(template, {}, canvas, pictures=pictures).length_mm < 101
    name = f"photo on 62 x 100 mm, {dither}, {' and '.join(canvas.colors)}"
    took_ms = told(name, costs_ms(lambda: render(template, {}, canvas, pictures=pictures)))
    assert took_ms < (15 if len(canvas.colors) == 1 else 40)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_decoding_a_photo_of_twelve_million_pixels(kind: str) -> None:
    content = saved(photo().resize((4000, 3000)), kind)
    assert told(f"decode 4000 x 3000 pixels of {kind}", costs_ms(lambda: decoded(content), 3)) < 2000


def test_drawing_an_svg_in_a_process_of_its_own() -> None:
    content = svg('<circle cx="50" cy="50" r="40"/><text x="9" y="50">Label</text>')
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        decoded(content)
        times.append(1000 * (time.perf_counter() - begun))
    assert told("draw a small SVG, whole time", times) < 2000


def looked_through(source: bytes) -> str:
    """Why a file is refused before anything draws it; "" where it is not."""
    try:
        if source[:4] == b"%PDF":
            images_pdf.check_pdf(source)
        else:
            extent(*images_svg.check_svg(source), 1_000_000)
    except (ImageInvalid, Refused):
        return "refused before drawing"
    return ""


def outcome(source: bytes) -> str:
    """What becomes of a file that the look lets pass."""
    try:
        picture = decoded(source)
    except ImageInvalid as error:
        return "ended by its process" if "takes too long" in error.detail else "refused by its process"
    return f"drawn, {picture.width} x {picture.height}"


def peak_kib() -> int:
    """The most memory of this process since it was asked last."""
    found = Path("/proc/self/status").read_text()
    Path("/proc/self/clear_refs").write_text("5")
    return int(found.partition("VmHWM:")[2].split()[0])


@pytest.mark.parametrize("name", [f"svg {name}" for name in SVGS] + [f"pdf {name}" for name in PDFS])
def test_a_file_made_to_do_harm_is_refused_soon_and_in_little_memory(name: str) -> None:
    kind, _, what = name.partition(" ")
    source = (SVGS if kind == "svg" else PDFS)[what]()
    peak_kib()
    before = peak_kib()
    begun = time.thread_time()
    how = looked_through(source)
    took_ms, more_mb = 1000 * (time.thread_time() - begun), (peak_kib() - before) / 1000
    if not how:
        begun = time.perf_counter()
        how = f"let pass, then {outcome(source)} in {1000 * (time.perf_counter() - begun):.0f} ms"
    row(f"{kind}: {what}, {len(source) / 1000:.0f} KB | {took_ms:.1f} ms | {more_mb:.1f} MB | {how} |")
    assert more_mb < 50
    assert took_ms < 400  # a noisy machine; the table tells the figure
