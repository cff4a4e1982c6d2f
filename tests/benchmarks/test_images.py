"""What a label of 62 x 100 mm with a photo over all of it costs, the picture being decoded already; and what decoding costs."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from labelhub.labels.images import Pictures, decoded
from labelhub.labels.render import render
from labelhub.labels.template import parse
from labelhub.raster import Canvas
from tests.benchmarks.told import told
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
