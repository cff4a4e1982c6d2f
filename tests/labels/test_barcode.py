from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labelhub.errors import BarcodeInvalid
from labelhub.labels import barcode
from labelhub.labels.page import Page
from labelhub.raster import Canvas, Raster
from tests.labels.labels_at_hand import drawn, printed, tape

QR = '  barcode: {value: "{code}"}\n'


def test_a_symbol_is_the_smallest_that_holds_its_payload() -> None:
    assert [barcode.encode("x" * length, "qr").modules for length in (17, 18, 32, 33, 53, 54)] == [21, 25, 25, 29, 29, 33]


@pytest.mark.parametrize(("length", "level"), [(7, "H"), (8, "Q"), (12, "M"), (17, "L")])
def test_error_correction_is_raised_where_it_costs_no_module(length: int, level: str) -> None:
    symbol = barcode.encode("x" * length, "qr")
    assert (symbol.level, symbol.modules) == (level, 21)


@pytest.mark.parametrize("payload", ["x" * 2954, "x" * 3001, "\ud800"])
def test_a_payload_no_symbol_holds_is_refused(payload: str) -> None:
    with pytest.raises(BarcodeInvalid, match="cannot hold"):
        barcode.encode(payload, "qr")


@pytest.mark.parametrize(
    ("modules_payload", "width_mm", "module_dots"),
    [("x" * 17, 12, 3), ("x" * 18, 12, 2), ("x" * 60, 12, 2), ("x" * 17, 18, 5), ("x" * 39, 18, 3), ("x" * 17, 24, 6), ("x" * 39, 24, 4)],
)
def test_modules_are_whole_dots_and_as_many_as_the_tape_gives(modules_payload: str, width_mm: float, module_dots: int) -> None:
    page = drawn(QR, {"code": modules_payload}, tape(width_mm), head=f"media: {{family: tape, width_mm: {width_mm}}}")
    assert page.barcodes[0].module_dots == module_dots
    barcode.check(page)


@pytest.mark.parametrize(("canvas", "floor_dots"), [(tape(12), 2), (Canvas(306, None, 150, 11811, 300, 300), 3)])
def test_no_module_is_smaller_than_a_quarter_of_a_millimetre(canvas: Canvas, floor_dots: int) -> None:
    def printed_until_refused() -> None:
        for length in range(1, 1000, 19):
            page = drawn(QR, {"code": "x" * length}, canvas, head="length: {max_mm: 400}")
            assert page.barcodes[0].module_dots >= floor_dots
            barcode.check(page)

    with pytest.raises(BarcodeInvalid, match="modules a side and needs") as refusal:
        printed_until_refused()
    assert refusal.value.extra["needed_mm"] > canvas.width_dots * 25.4 / canvas.dpi_across


def test_without_blank_tape_beyond_the_head_the_quiet_zone_is_inside() -> None:
    page = drawn(QR, {"code": "x"}, tape(12))
    symbol = page.barcodes[0]
    assert symbol.y >= 2 * symbol.module_dots
    assert symbol.x >= 2 * symbol.module_dots


@pytest.mark.parametrize("key", ["snipeit-12mm", "snipeit-18mm", "snipeit-24mm", "qr-text-62mm"])
def test_four_modules_are_blank_between_a_symbol_and_the_text(key: str) -> None:
    page = printed(key)
    symbol = page.barcodes[0]
    assert min(line.x for line in page.texts) - (symbol.x + symbol.width) >= 4 * symbol.module_dots


@pytest.mark.parametrize(
    "payload", ["Größe Übermaß", "日本語", "😀", "\x00\x1d\x7f", "A\nB\r\n", "<script>", "12345", "HTTPS://EXAMPLE.ORG"]
)
def test_payloads_of_every_kind_read_back(payload: str) -> None:
    barcode.check(drawn(QR, {"code": payload}, tape(24)))


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=60))
def test_any_payload_reads_back_or_is_refused(payload: str) -> None:
    try:
        page = drawn(QR, {"code": payload}, tape(24), head="length: {max_mm: 100}")
    except BarcodeInvalid:
        return
    barcode.check(page)


def test_a_symbol_that_was_damaged_is_named() -> None:
    page = printed("snipeit-12mm")
    picture = page.raster.picture(turned=page.turned)
    symbol = page.barcodes[0]
    picture.paste(0, (symbol.x, symbol.y, symbol.x + 20, symbol.y + 20))
    damaged = replace(page, raster=Raster.from_picture(picture, turned=page.turned))
    with pytest.raises(BarcodeInvalid, match=r"'https://snipe.example.org/hardware/1001' cannot be read on the finished label"):
        barcode.check(damaged)


def test_a_symbol_that_says_something_else_is_named() -> None:
    page = printed("snipeit-12mm")
    other = replace(page, barcodes=(replace(page.barcodes[0], payload="A-1002", read=b"A-1002"),))
    with pytest.raises(BarcodeInvalid, match="for 'A-1002' reads as 'https://snipe"):
        barcode.check(other)


def test_a_page_without_symbols_is_fine() -> None:
    barcode.check(Page(Raster.from_picture(Image.new("1", (8, 8), 255)), False, 1.0, (), ()))


def test_a_finer_feed_keeps_the_symbol_readable() -> None:
    page = drawn(QR, {"code": "A-1001"}, Canvas(70, None, 62, 14172, 180, 360), head="media: {family: tape, width_mm: 12}")
    assert page.stretch == 2
    barcode.check(page)
