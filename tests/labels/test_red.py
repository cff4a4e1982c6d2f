"""Texts and codes in red: on the red plane where the media prints red, the very same dots in black elsewhere."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from PIL import Image, ImageDraw

from labelhub.errors import BarcodeInvalid, TemplateInvalid
from labelhub.labels import barcode
from labelhub.labels.page import Page
from labelhub.labels.render import BLACK, RED, WHITE, png, render
from labelhub.raster import INK, PAPER, Raster
from tests.labels.labels_at_hand import drawn, roll, seeds
from tests.labels.test_images_element import ACROSS, TWO_COLORS, red_of
from tests.labels.test_render import assert_whole

DATA = {"t": "Größe Übermaß 東京", "c": "A-1001"}
WORDS = (
    'text: {value: "{t}", size_mm: {min: 2, max: 6}COLOR}',
    'turned: {item: {text: {value: "{t}", size_mm: {min: 2, max: 6}COLOR}}}',
    'barcode: {value: "{c}", max_mm: 15COLOR}',
    'barcode: {value: "{c}", symbology: code128, height_mm: 8COLOR}',
    'turned: {item: {barcode: {value: "{c}", symbology: aztec, max_mm: 12COLOR}}}',
)


def both_on(layout: str) -> Page:
    return drawn(layout, DATA, TWO_COLORS, ACROSS)


@pytest.mark.parametrize("word", WORDS)
def test_what_is_asked_for_in_red_has_the_dots_that_it_has_in_black(word: str) -> None:
    red, plain = f"  {word.replace('COLOR', ', color: red')}\n", f"  {word.replace('COLOR', '')}\n"
    page, black = both_on(red), drawn(plain, DATA, roll(), ACROSS)
    assert page.raster.picture().getextrema() == (PAPER, PAPER)
    assert page.raster.red == black.raster.black
    assert drawn(red, DATA, roll(), ACROSS).raster == black.raster
    assert both_on(plain).raster == black.raster
    assert_whole(page)
    barcode.check(page)


def test_black_and_red_stand_beside_each_other() -> None:
    page = both_on(
        '  column:\n    items:\n      - text: {value: "{t}", size_mm: {min: 2, max: 6}}\n'
        '      - text: {value: "{c}", size_mm: {min: 2, max: 6}, color: red}\n      - barcode: {value: "{c}", max_mm: 15}\n'
    )
    first, second = page.texts
    assert [line.red for line in page.texts] == [False, True]
    planes = {"black": page.raster.picture(), "red": red_of(page)}
    assert [planes["black"].crop(line.box).getextrema() for line in (first, second)] == [(INK, PAPER), (PAPER, PAPER)]
    assert [planes["red"].crop(line.box).getextrema() for line in (first, second)] == [(PAPER, PAPER), (INK, PAPER)]
    assert_whole(page)
    barcode.check(page)


@pytest.mark.parametrize("code_is_red", [True, False])
def test_a_code_with_the_other_colour_over_it_or_in_its_quiet_zone_is_refused(code_is_red: bool) -> None:
    page = both_on(f'  barcode: {{value: "{{c}}", max_mm: 15{", color: red" if code_is_red else ""}}}\n')
    (code,) = page.barcodes
    for spot in ((code.x + code.width // 2, code.y + code.height // 2), (code.x - code.module_dots, code.y)):
        over = Image.new("1", (page.raster.width_dots, page.raster.height_dots), PAPER)
        ImageDraw.Draw(over).rectangle((*spot, spot[0] + code.module_dots, spot[1] + 2), fill=INK)
        symbol = red_of(page) if code_is_red else page.raster.picture()
        black, red = (over, symbol) if code_is_red else (symbol, over)
        with pytest.raises(BarcodeInvalid, match="on the finished label"):
            barcode.check(replace(page, raster=Raster.from_picture(black, red=red)))


def test_a_picture_of_a_label_shows_its_red() -> None:
    page = both_on('  text: {value: "{t}", size_mm: {min: 2, max: 6}, color: red}\n')
    with Image.open(io.BytesIO(png(page.raster, turned=page.turned))) as shown:
        assert set(shown.convert("RGB").get_flattened_data()) == {WHITE, RED}
    with Image.open(io.BytesIO(png(replace(page.raster, red=page.raster.black, black=page.raster.red or b""), turned=False))) as shown:
        assert set(shown.convert("RGB").get_flattened_data()) == {WHITE, BLACK}


def test_a_colour_that_no_printer_has_is_refused() -> None:
    with pytest.raises(TemplateInvalid, match="must be one of: black, red"):
        both_on('  text: {value: "{t}", size_mm: {min: 2, max: 6}, color: green}\n')


def test_the_test_label_of_a_roll_that_prints_red_shows_both_colours() -> None:
    page = render(seeds()["printer-test"], seeds()["printer-test"].example, TWO_COLORS)
    assert page.raster.picture().getextrema() == red_of(page).getextrema() == (INK, PAPER)
    assert_whole(page)
