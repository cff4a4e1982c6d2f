from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw

from labelhub.labels import images_dots
from labelhub.labels.images_dots import Cut, dither_for, otsu, planes, scaled
from tests.labels.images_at_hand import logo, photo


def coverage(ink: Image.Image) -> float:
    histogram = ink.convert("L").histogram()
    return histogram[0] / sum(histogram)


def letters() -> Image.Image:
    picture = Image.new("L", (300, 80), 255)
    ImageDraw.Draw(picture).text((5, 5), "Werkstatt 42", fill=0, font_size=40)
    return picture


def test_line_art_is_cut_and_a_photo_is_dithered() -> None:
    drawings = [letters(), logo().convert("L"), Image.new("L", (9, 9), 255)]
    assert [dither_for(one, Cut()) for one in drawings] == ["threshold"] * 3
    gradient = Image.linear_gradient("L")
    assert [dither_for(one, Cut()) for one in (photo().convert("L"), gradient)] == ["floyd-steinberg"] * 2
    assert dither_for(gradient, Cut(threshold=9)) == "threshold"


def test_line_art_of_two_colours_is_cut_half_way_between_them() -> None:
    picture = Image.new("L", (100, 100), 200)
    picture.paste(100, (0, 0, 50, 100))
    threshold, part = otsu(picture.histogram())
    assert (threshold, round(part, 6)) == (150, 1)
    black, _ = planes(picture)
    assert black.crop((0, 0, 50, 100)).getextrema() == (0, 0)
    assert black.crop((50, 0, 100, 100)).getextrema() == (255, 255)


def test_a_thin_line_is_still_there_in_half_the_size() -> None:
    picture = Image.new("L", (200, 200), 255)
    ImageDraw.Draw(picture).line((0, 100, 200, 100), width=2)
    black, _ = planes(scaled(picture, 100, 100))
    assert coverage(black) == pytest.approx(0.01)


@pytest.mark.parametrize(("threshold", "ink"), [(0, 0), (128, 0), (129, 1), (255, 1)])
def test_the_threshold_is_the_first_grey_that_is_paper(threshold: int, ink: float) -> None:
    assert coverage(planes(Image.new("L", (8, 8), 128), Cut(threshold=threshold)).black) == ink


@pytest.mark.parametrize("dither", ["floyd-steinberg", "ordered"])
def test_darker_greys_have_more_ink_and_mid_grey_has_less_than_half(dither: str) -> None:
    parts = [coverage(planes(Image.new("L", (64, 64), grey), Cut(dither, stretch_tones=False)).black) for grey in range(0, 256, 15)]
    assert parts == sorted(parts, reverse=True)
    assert (parts[0], parts[-1]) == (1, 0)
    assert 0.35 < coverage(planes(Image.new("L", (64, 64), 128), Cut(dither, stretch_tones=False)).black) < 0.45


def test_inverted_ink_is_paper() -> None:
    plain, inverted = (planes(letters(), Cut("threshold", 128, invert)).black for invert in (False, True))
    assert plain.tobytes() == ImageChops.invert(inverted.convert("L")).convert("1").tobytes()


def test_red_goes_to_the_red_plane_and_to_black_where_there_is_none() -> None:
    black, red = planes(logo(), red=True)
    assert red is not None
    assert red.getpixel((100, 110)) == 0 != black.getpixel((100, 110))
    assert black.getpixel((20, 100)) == 0 != red.getpixel((20, 100))
    assert planes(logo()).red is None
    assert planes(logo()).black.getpixel((100, 110)) == 0
    assert planes(letters().convert("RGB"), red=True).red is None


@pytest.mark.parametrize(
    ("color", "is_red"),
    [
        ("#ff0000", True),
        ("#8b0000", True),
        ("#ff6347", True),
        ("#ffa500", False),
        ("#ffc0cb", False),
        ("#dcaa8c", False),
        ("#ff00ff", False),
    ],
)
def test_orange_pink_and_skin_are_not_red(color: str, is_red: bool) -> None:
    assert (planes(Image.new("RGB", (9, 9), color), Cut("threshold"), red=True).red is not None) is is_red


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    to=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    seed=st.binary(min_size=3, max_size=90),
    cut=st.builds(Cut, st.sampled_from(images_dots.DITHERS), st.none() | st.integers(0, 255), st.booleans()),
    red=st.booleans(),
    cover=st.booleans(),
)
def test_no_dot_of_any_picture_is_grey_or_has_both_inks(
    size: tuple[int, int], to: tuple[int, int], seed: bytes, cut: Cut, red: bool, cover: bool
) -> None:
    content = (seed * (size[0] * size[1] * 3 // len(seed) + 1))[: size[0] * size[1] * 3]
    picture = scaled(Image.frombytes("RGB", size, content), *to, cover=cover)
    black, reds = planes(picture, cut, red=red)
    assert (black.mode, black.size) == ("1", to)
    if reds is not None:
        assert red
        assert (reds.mode, reds.size) == ("1", to)
        both = ImageChops.logical_or(black, reds)
        assert both.getextrema() == (255, 255)
