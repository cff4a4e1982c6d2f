"""What it costs to fit and draw the three lines of a label that nobody has seen before, beside Raqm asked for each size and line."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from PIL import Image, ImageDraw

from labelhub.labels import fonts, strikes, textfit
from labelhub.labels.faces import REGULAR
from labelhub.raster import INK, PAPER
from tests.benchmarks.told import timed, told

pytestmark = pytest.mark.bench
ROOM = textfit.Room(300, 30, 11, 34, 1, False)
WARM = 100


def fresh() -> Iterator[tuple[str, ...]]:
    for number in itertools.count(1000):
        yield f"ThinkPad T14 Gen {number}", f"SN PF3AB{number * 7919 % 99991}E", f"Büro Köln {number * 31 % 997}"


def by_glyphs(lines: tuple[str, ...]) -> Image.Image:
    picture = Image.new("1", (320, 128), PAPER)
    for place, text in enumerate(lines):
        setting = textfit.fitted([text], ROOM)
        assert setting is not None
        fonts.draw(picture, (5, 40 * place + 30), text, False, setting.size_dots)
    return picture


def by_raqm(lines: tuple[str, ...]) -> Image.Image:
    picture = Image.new("1", (320, 128), PAPER)
    pen = ImageDraw.Draw(picture)
    pen.fontmode = "1"
    for place, text in enumerate(lines):
        size = ROOM.most_dots
        while True:
            left, top, right, bottom = strikes.font(REGULAR, size).getbbox(text, mode="1", anchor="ls")
            if right - left <= ROOM.width_dots and bottom - top <= ROOM.height_dots:
                break
            shrink = min(ROOM.width_dots / (right - left), ROOM.height_dots / (bottom - top), 1)
            size = min(size - 1, int(size * shrink) + 1)
        pen.text((5, 40 * place + 30), text, fill=INK, font=strikes.font(REGULAR, size), anchor="ls")
    return picture


def test_three_fresh_lines_are_fitted_and_drawn_in_half_a_millisecond() -> None:
    texts = fresh()
    assert all(by_glyphs(lines).tobytes() == by_raqm(lines).tobytes() for lines in itertools.islice(texts, WARM))
    ours, beside = timed(lambda: by_glyphs(next(texts))), timed(lambda: by_raqm(next(texts)))
    median = told("three lines fitted and drawn", ours, "Raqm", beside)
    assert median < 1.0


@pytest.mark.parametrize("text", ["日本語ラベル 東京", "हिन्दी कार्यालय", "מלאי A-1001 📦"])
def test_a_line_of_another_script_is_drawn_soon(text: str) -> None:
    numbers = itertools.count(100)
    times = timed(lambda: by_glyphs((f"{text} {next(numbers)}",)), 50)
    assert told(f"one line {text}", times) < 40
