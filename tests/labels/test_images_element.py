from __future__ import annotations

import io
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from labelhub.errors import ImageInvalid, LabelTooLong, TemplateInvalid
from labelhub.labels.images import Pictures
from labelhub.labels.page import Page, Placed
from labelhub.labels.render import render
from labelhub.labels.template import parse
from labelhub.media import dots
from labelhub.raster import Canvas
from tests.labels.images_at_hand import logo, photo, saved, svg, uri
from tests.labels.labels_at_hand import drawn, roll, tape

TWO_COLORS = Canvas(696, None, 150, 11811, 300, 300, ("black", "red"))
ACROSS = "orientation: across"


def red_of(page: Page) -> Image.Image:
    assert page.raster.red is not None
    picture = Image.frombytes("1", (page.raster.width_dots, page.raster.height_dots), page.raster.red, "raw", "1;I")
    return picture.transpose(Image.Transpose.ROTATE_90) if page.turned else picture


def assert_inside(page: Page) -> None:
    """Every box lies on the page, boxes of elements lie apart, and all ink of both colours lies in one."""
    picture = page.raster.picture(turned=page.turned).convert("L")
    if page.raster.red is not None:
        both = ImageChops.logical_or(picture.convert("1"), red_of(page))
        assert both.getextrema() == (255, 255)
        picture = ImageChops.darker(picture, red_of(page).convert("L"))
    marks: list[Placed] = [*page.texts, *page.barcodes, *page.others]
    for place, one in enumerate(marks):
        left, top, right, bottom = one.box
        assert 0 <= left < right <= picture.width
        assert 0 <= top < bottom <= picture.height
        picture.paste(255, one.box)
        for other in marks[place + 1 :]:
            assert right <= other.x or other.x + other.width <= left or bottom <= other.y or other.y + other.height <= top, (one, other)
    assert picture.getextrema() == (255, 255)


def only(page: Page) -> Placed:
    (mark,) = page.others
    return mark


def test_a_picture_is_as_large_as_its_room_and_keeps_its_shape() -> None:
    mark = only(drawn('  image: {source: "{p}"}\n', {"p": uri(saved(photo()))}, tape(24)))
    assert mark.height == 128
    assert mark.width / mark.height == pytest.approx(450 / 350, abs=0.01)


def test_a_picture_is_no_larger_than_told_and_covers_what_it_is_told_to() -> None:
    data = {"p": uri(saved(photo()))}
    whole = only(drawn('  image: {source: "{p}", width_mm: 20, height_mm: 20}\n', data, roll(), ACROSS))
    assert (whole.width, whole.height) == (dots(20, 300), round(dots(20, 300) * 350 / 450))
    cover = only(drawn('  image: {source: "{p}", width_mm: 20, height_mm: 20, fit: cover}\n', data, roll(), ACROSS))
    assert (cover.width, cover.height) == (dots(20, 300), dots(20, 300))


@pytest.mark.parametrize(("degrees", "place"), [(0, (0, 0)), (90, (1, 0)), (180, (1, 1)), (270, (0, 1))])
def test_a_picture_is_turned_clockwise(degrees: int, place: tuple[int, int]) -> None:
    corner = Image.new("L", (60, 60), 255)
    corner.paste(0, (0, 0, 30, 30))
    page = drawn(f'  image: {{source: "{{p}}", height_mm: 8, rotate: {degrees}}}\n', {"p": uri(saved(corner))}, tape(12))
    mark = only(page)
    picture = page.raster.picture(turned=True).crop(mark.box)
    quarter = picture.width // 4
    for x in (0, 1):
        for y in (0, 1):
            dark = picture.getpixel((quarter + 2 * quarter * x, quarter + 2 * quarter * y)) == 0
            assert dark is ((x, y) == place)


def test_a_picture_stands_in_the_template_or_is_found_by_name() -> None:
    source = 'schema_version: 1\nkey: x\nname: X\nfields: [{name: n}]\nlayout:\n  image: {source: "%s"}\n'
    written = render(parse(source % uri(saved(logo().resize((60, 60))))), {}, tape(12))
    stored = Pictures({"logo": saved(logo().resize((60, 60)))}.get)
    named = render(parse(source % "logo"), {}, tape(12), pictures=stored)
    by_field = render(parse(source % "{n}"), {"n": "logo"}, tape(12), pictures=stored)
    assert written.raster == named.raster == by_field.raster
    with pytest.raises(ImageInvalid, match="no picture named 'logo'"):
        render(parse(source % "logo"), {}, tape(12))


def test_an_svg_may_be_written_in_the_template_with_its_braces() -> None:
    text = svg("<style>rect{fill:#000}</style><rect width='100' height='100'/>").decode().replace('"', "'").replace("#", "%23")
    page = drawn(f'  image: {{source: "data:image/svg+xml,{text}"}}\n', {}, tape(12))
    assert page.raster.picture(turned=True).crop(only(page).box).getextrema() == (0, 0)


def test_a_picture_in_a_required_field_may_be_longer_than_any_text() -> None:
    data = {"item": {"p": uri(saved(photo()))}, "p": uri(saved(photo()))}
    assert len(str(data["p"])) > 100_000
    for name in ("p", "item.p"):
        page = drawn(
            f'  image: {{source: "{{{name}}}"}}\n',
            data,
            tape(12),
            fields=f"  - {{name: {name.split('.')[0]}, required: {str(name == 'p').lower()}}}\n",
        )
        assert only(page).height == 70


def test_without_its_field_there_is_no_picture_and_its_room_goes_to_others() -> None:
    layout = '  row:\n    items:\n      - image: {source: "{p}"}\n      - text: {value: "{t}", size_mm: {min: 2, max: 6}}\n'
    page = drawn(layout, {"p": "", "t": "Alone"}, tape(12))
    assert page.others == ()
    assert page.texts[0].x < 5


def test_a_picture_too_small_to_be_seen_is_refused() -> None:
    layout = "  row:\n    items:\n" + '      - image: {source: "{p}"}\n' * 20
    with pytest.raises(LabelTooLong, match="the picture does not fit on this media"):
        drawn(layout, {"p": uri(saved(photo()))}, tape(12), "length: {max_mm: 20}")


def test_pictures_and_texts_share_a_row() -> None:
    layout = (
        '  row:\n    gap_mm: 1\n    items:\n      - image: {source: "{p}"}\n      - text: {value: "{t}", size_mm: {min: 2, max: 9}}\n'
    )
    page = drawn(
        layout, {"p": uri(saved(photo())), "t": "Some words beside the picture"}, tape(24), "length: {prefer_mm: 40, max_mm: 40}"
    )
    assert_inside(page)
    assert len(page.others) == len(page.texts) == 1
    assert page.length_mm <= 40


def test_red_of_a_picture_is_printed_red_where_media_has_it_and_black_elsewhere() -> None:
    data = {"p": uri(saved(logo()))}
    layout = '  image: {source: "{p}", height_mm: 20}\n'
    page = drawn(layout, data, TWO_COLORS, ACROSS)
    assert_inside(page)
    mark = only(page)
    middle = mark.x + mark.width // 2, mark.y + mark.height // 2
    assert red_of(page).getpixel(middle) == 0
    assert page.raster.picture().getpixel(middle) == 255
    plain = drawn(layout, data, roll(), ACROSS)
    assert plain.raster.red is None
    assert plain.raster.picture().getpixel(middle) == 0


def test_a_picture_may_be_one_colour_whatever_its_own_are() -> None:
    data = {"p": uri(saved(logo()))}
    red = drawn('  image: {source: "{p}", height_mm: 20, color: red}\n', data, TWO_COLORS, ACROSS)
    black = drawn('  image: {source: "{p}", height_mm: 20, color: black}\n', data, TWO_COLORS, ACROSS)
    assert red.raster.picture().getextrema() == (255, 255)
    assert black.raster.red is None
    assert red.raster.red == black.raster.black
    assert drawn('  image: {source: "{p}", height_mm: 20, color: red}\n', data, roll(), ACROSS).raster.black == black.raster.black


def test_a_turned_picture_keeps_its_red() -> None:
    layout = '  turned:\n    item:\n      image: {source: "{p}", height_mm: 20}\n'
    page = drawn(layout, {"p": uri(saved(logo()))}, TWO_COLORS, ACROSS)
    assert red_of(page).getextrema() == (0, 255)


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ("", "'source' is missing"),
        ("source: a, rotate: 45", "must be one of: 0, 90, 180, 270"),
        ("source: a, rotate: true", "must be one of: 0, 90, 180, 270"),
        ("source: a, threshold: 256", "from 0 to 255"),
        ("source: a, dither: none", "must be one of"),
        ("source: a, page: 0", "from 1 to 1000"),
        ("source: a, url: b", "unknown key"),
    ],
)
def test_a_picture_written_wrongly_is_refused_with_its_place(keys: str, reason: str) -> None:
    with pytest.raises(TemplateInvalid, match=reason):
        drawn(f"  image: {{{keys}}}\n", {}, tape())


KEYS = st.fixed_dictionaries(
    {},
    optional={
        "fit": st.sampled_from(["contain", "cover"]),
        "width_mm": st.floats(0.5, 120),
        "height_mm": st.floats(0.5, 120),
        "dither": st.sampled_from(["auto", "threshold", "floyd-steinberg", "ordered"]),
        "invert": st.booleans(),
        "rotate": st.sampled_from([0, 90, 180, 270]),
        "share": st.floats(0.1, 9),
        "align": st.sampled_from(["start", "center", "end"]),
    },
)
CANVASES = (tape(6), tape(12), tape(24), roll(), roll(271), TWO_COLORS, Canvas(70, None, 62, 14172, 180, 360))


def pictured(keys: list[dict[str, Any]], word: str, size: tuple[int, int], canvas: Canvas, words: str) -> Page | None:
    out = io.BytesIO()
    photo().resize(size).save(out, "PNG")
    items = [{"image": {"source": "{p}", **one}} for one in keys]
    items.insert(1, {"text": {"value": "{t}", "size_mm": {"min": 1.6, "max": 8}, "overflow": "ellipsis"}})
    layout = f"  {word}: {{gap_mm: 0.5, items: {items!r}}}\n".replace("True", "true").replace("False", "false")
    try:
        return drawn(layout, {"p": uri(out.getvalue()), "t": words}, canvas, "orientation: auto")
    except LabelTooLong:
        return None


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    st.lists(KEYS, min_size=1, max_size=3),
    st.sampled_from(["row", "column"]),
    st.tuples(st.integers(1, 300), st.integers(1, 300)),
    st.sampled_from(CANVASES),
    st.text("abc ", max_size=40),
)
def test_no_picture_leaves_its_box_or_touches_another(
    keys: list[dict[str, Any]], word: str, size: tuple[int, int], canvas: Canvas, words: str
) -> None:
    page = pictured(keys, word, size, canvas, words)
    if page is not None and page.stretch == 1:
        assert_inside(page)
    if page is not None:
        assert page.raster.width_dots == canvas.width_dots


def test_pictures_that_take_long_together_are_refused_before_others_have_waited_for_all_of_them() -> None:
    items = "".join(f'{{image: {{source: "{{p{number}}}"}}}}, ' for number in range(4))
    fields = "".join(f"{{name: p{number}}}, " for number in range(4))
    source = f"schema_version: 1\nkey: many\nname: Many\nfields: [{fields}]\nlayout: {{row: {{items: [{items}]}}}}\n"
    data = {f"p{number}": uri(saved(Image.new("L", (30, 30 + number)))) for number in range(4)}

    def page(each_s: float) -> Page:
        return render(parse(source), data, tape(24), pictures=Pictures(clock=count(0.0, each_s).__next__))

    assert len(page(1.0).others) == 4
    with pytest.raises(ImageInvalid, match="too long together"):
        page(2.5)
