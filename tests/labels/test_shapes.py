from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labelhub.errors import ImageInvalid, LabelTooLong
from labelhub.labels import barcode
from labelhub.labels.page import Page, Placed
from labelhub.labels.shapes import PlacedFrame, PlacedRule, PlacedSwatch, colors_of, dashes, swatch
from labelhub.media import dots
from labelhub.raster import Canvas
from tests.labels.labels_at_hand import drawn, roll, tape
from tests.labels.test_images_element import ACROSS, TWO_COLORS, red_of

TEXT = 'text: {value: "{t}", size_mm: {min: 2, max: 4}}'


def marks_of(page: Page, kind: type[Placed]) -> list[Placed]:
    return [mark for mark in page.others if isinstance(mark, kind)]


@pytest.mark.parametrize(("word", "level"), [("column", True), ("row", False)])
def test_a_line_lies_across_its_row_or_column_as_long_as_the_longest_thing_there(word: str, level: bool) -> None:
    layout = f"  {word}:\n    items:\n      - {TEXT}\n      - line: {{thickness_mm: 0.5}}\n      - {TEXT}\n"
    page = drawn(layout, {"t": "Words"}, tape(24))
    (rule,) = marks_of(page, PlacedRule)
    longest = max(line.width if level else line.height for line in page.texts)
    assert (rule.width, rule.height) == ((longest, 4) if level else (4, longest))
    first, second = page.texts
    assert (first.y + first.height <= rule.y < second.y) if level else (first.x + first.width <= rule.x < second.x)
    assert page.raster.picture(turned=True).crop(rule.box).getextrema() == (0, 0)


def test_a_line_may_be_shorter_and_fills_its_room_where_it_stands_alone() -> None:
    layout = f"  column:\n    items:\n      - {TEXT}\n      - line: {{length_mm: 5}}\n"
    (rule,) = marks_of(drawn(layout, {"t": "Some more words"}, tape(24)), PlacedRule)
    assert rule.width == dots(5, 180)
    (alone,) = marks_of(drawn("  line: {thickness_mm: 1}\n", {}, roll(), ACROSS), PlacedRule)
    assert (alone.width, alone.height) == (696, dots(1, 300))
    with pytest.raises(LabelTooLong, match="a line does not fit"):
        drawn("  line: {thickness_mm: 20}\n", {}, tape(6))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.integers(1, 2000), st.integers(0, 100))
def test_a_dashed_line_begins_and_ends_with_a_dash(length: int, dash: int) -> None:
    found = dashes(length, dash)
    assert (found[0][0], found[-1][1]) == (0, length)
    lengths = {end - start for start, end in found}
    gaps = {after[0] - before[1] for before, after in pairwise(found)}
    assert max(lengths | gaps) - min(lengths | gaps) <= 1
    if len(found) > 1:
        assert 0.75 * dash - 1 <= min(lengths) <= max(lengths) <= 2 * dash


@pytest.mark.parametrize(("radius", "padding"), [(0, 1), (3, 0), (0.5, 2), (50, 0)])
def test_a_box_stands_around_its_element_and_touches_it_nowhere(radius: float, padding: float) -> None:
    page = drawn(f"  box:\n    radius_mm: {radius}\n    padding_mm: {padding}\n    item:\n      {TEXT}\n", {"t": "HHH"}, roll(), ACROSS)
    (frame,) = marks_of(page, PlacedFrame)
    (line,) = page.texts
    border = dots(0.3, 300)
    assert min(line.x - frame.x, frame.x + frame.width - line.x - line.width) >= border + dots(padding, 300)
    assert min(line.y - frame.y, frame.y + frame.height - line.y - line.height) >= border + dots(padding, 300)
    picture = page.raster.picture()
    alone = drawn(f"  {TEXT}\n", {"t": "HHH"}, roll(), ACROSS)
    assert picture.crop(line.box).tobytes() == alone.raster.picture().crop(alone.texts[0].box).tobytes()
    middle = frame.y + frame.height // 2
    assert [picture.getpixel((frame.x + at, middle)) for at in range(border + 1)] == [0] * border + [255]


def test_a_round_box_has_paper_in_its_corners() -> None:
    page = drawn(f"  box:\n    radius_mm: 2\n    item:\n      {TEXT}\n", {"t": "H"}, roll(), ACROSS)
    (frame,) = marks_of(page, PlacedFrame)
    picture = page.raster.picture()
    right, bottom = frame.x + frame.width - 1, frame.y + frame.height - 1
    assert {picture.getpixel(at) for at in ((frame.x, frame.y), (right, frame.y), (frame.x, bottom), (right, bottom))} == {255}


@pytest.mark.parametrize("canvas", [tape(18), tape(24), roll()])
def test_a_code_in_a_box_keeps_its_quiet_zone_and_scans(canvas: Canvas) -> None:
    page = drawn('  box:\n    padding_mm: 0\n    item:\n      barcode: {value: "A-1001"}\n', {}, canvas)
    (frame,) = marks_of(page, PlacedFrame)
    (symbol,) = page.barcodes
    assert symbol.x - frame.x >= 4 * symbol.module_dots
    barcode.check(page)


def test_a_box_around_nothing_is_not_there_and_one_without_room_is_refused() -> None:
    assert drawn(f"  box:\n    item:\n      {TEXT}\n", {"t": ""}, tape()).others == ()
    with pytest.raises(LabelTooLong):
        drawn(f"  box:\n    padding_mm: 9\n    item:\n      {TEXT}\n", {"t": "H"}, tape(6))


def test_red_shapes_are_red_where_media_prints_it_and_black_elsewhere() -> None:
    layout = f"  box:\n    color: red\n    item:\n      column:\n        items:\n          - {TEXT}\n          - line: {{color: red}}\n"
    page, plain = drawn(layout, {"t": "Words"}, TWO_COLORS, ACROSS), drawn(layout, {"t": "Words"}, roll(), ACROSS)
    for mark in page.others:
        assert red_of(page).getpixel((mark.x + mark.width // 2, mark.y)) == 0
        assert page.raster.picture().getpixel((mark.x + mark.width // 2, mark.y)) == 255
        assert plain.raster.picture().getpixel((mark.x + mark.width // 2, mark.y)) == 0
    assert plain.raster.red is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ()),
        (" , ", ()),
        ("FF8000", ((255, 128, 0),)),
        ("#ff8000", ((255, 128, 0),)),
        ("#f80", ((255, 136, 0),)),
        ("FF8000CC", ((255, 128, 0),)),
        ("FF0000, 00ff00", ((255, 0, 0), (0, 255, 0))),
    ],
)
def test_colours_are_read_as_spoolman_writes_them(text: str, found: tuple[tuple[int, int, int], ...]) -> None:
    assert colors_of(text) == found


@pytest.mark.parametrize("text", ["red", "12345", "#GG0000", "FF0000;00FF00", "FF0000," * 9, "\ud800", "٣٣٣٣٣٣"])
def test_what_is_no_colour_is_refused_with_how_to_write_it(text: str) -> None:
    with pytest.raises(ImageInvalid, match=r"write it as six hexadecimal digits|at most 8 colours"):
        colors_of(text)


def test_a_darker_colour_has_more_ink() -> None:
    parts = []
    for color in ((0, 0, 0), (0, 0, 255), (0, 128, 0), (255, 128, 0), (255, 255, 0), (255, 255, 255)):
        black = swatch((color,), (80, 80), 2, red=False).black.crop((2, 2, 78, 78))
        parts.append(black.convert("L").histogram()[0] / 76**2)
    assert parts == sorted(parts, reverse=True)
    assert (parts[0], parts[-1]) == (1, 0)


def test_a_white_swatch_is_seen_by_its_border_and_several_colours_by_lines_between() -> None:
    found = swatch(((255, 255, 255),) * 3, (90, 30), 2, red=False).black.convert("L")
    assert [x for x in range(90) if found.getpixel((x, 15)) == 0] == [0, 1, 29, 30, 59, 60, 88, 89]
    upright = swatch(((255, 255, 255),) * 3, (30, 90), 2, red=False).black
    assert upright.transpose(Image.Transpose.TRANSPOSE).tobytes() == found.convert("1").tobytes()


def test_a_red_swatch_is_red_on_media_that_has_it() -> None:
    page = drawn('  swatch: {color: "{c}", width_mm: 20, height_mm: 8}\n', {"c": "FF0000,0000FF"}, TWO_COLORS, ACROSS)
    (mark,) = marks_of(page, PlacedSwatch)
    assert (mark.width, mark.height) == (dots(20, 300), dots(8, 300))
    assert red_of(page).getpixel((mark.x + 20, mark.y + 20)) == 0
    assert red_of(page).crop((mark.x + mark.width // 2, mark.y, mark.x + mark.width, mark.y + mark.height)).getextrema() == (255, 255)


def test_a_swatch_shrinks_on_narrow_tape_and_is_refused_where_nobody_would_see_it() -> None:
    (mark,) = drawn('  swatch: {color: "{c}", width_mm: 12, height_mm: 12}\n', {"c": "00FF00"}, tape(6)).others
    assert mark.height == 32
    with pytest.raises(LabelTooLong, match="a swatch does not fit"):
        drawn('  swatch: {color: "{c}", width_mm: 2, height_mm: 2}\n', {"c": "00FF00," * 7}, tape(6))
