"""Every kind of bar code on every media: what is drawn reads back, and what cannot be drawn is refused with a reason."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelhub.errors import BarcodeInvalid, LabelTooLong
from labelhub.labels import barcode
from labelhub.labels.barcode import SYMBOLOGIES, Room, Wish, fitted, shapes
from labelhub.labels.barcode.digits import check_digit
from labelhub.labels.barcode.fitting import least_module
from labelhub.labels.page import Page
from labelhub.raster import PAPER, Canvas, Raster
from tests.labels.barcodes_at_hand import CANVASES, PAYLOADS, labelled
from tests.labels.labels_at_hand import drawn, roll, tape
from tests.labels.test_render import assert_legal, assert_whole


def test_every_symbology_has_payloads_to_be_tried_with() -> None:
    assert set(PAYLOADS) == set(SYMBOLOGIES)


def tried(symbology: str, canvas: Canvas, chance: random.Random) -> bool:
    """True for a label that was drawn and read back, False for one that was refused for want of room."""
    payload = PAYLOADS[symbology](chance)
    turned = chance.choice(["", ", turned: true", ", turned: false"]) + (", color: red" if "red" in canvas.colors else "")
    try:
        page = labelled(payload, canvas, f"symbology: {symbology}{turned}", chance.choice(["", "A-1001"]))
    except LabelTooLong:
        return False
    except BarcodeInvalid as refusal:
        if "needed_mm" not in refusal.extra:
            raise
        return False
    assert len(page.barcodes) == (1 if payload.strip() else 0), payload
    barcode.check(page)
    assert_whole(page)
    assert_legal(page, canvas)
    return True


@pytest.mark.parametrize("symbology", SYMBOLOGIES)
def test_codes_of_any_payload_read_back_on_any_media(symbology: str) -> None:
    chance = random.Random(symbology)
    done = [tried(symbology, canvas, chance) for canvas in CANVASES.values()]
    assert sum(done) >= 3


@pytest.mark.soak
@pytest.mark.parametrize("media", CANVASES)
@pytest.mark.parametrize("symbology", SYMBOLOGIES)
def test_two_hundred_codes_of_any_payload_read_back(symbology: str, media: str) -> None:
    chance = random.Random(symbology + media)
    done = [tried(symbology, CANVASES[media], chance) for _ in range(200)]
    if media in ("24mm", "24mm fine", "62mm", "62mm fine"):
        assert any(done)


@pytest.mark.parametrize("symbology", SYMBOLOGIES)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    payload=st.text(max_size=40)
    | st.text("0123456789", max_size=30)
    | st.sampled_from(["", "\x00", "x" * 5000, "\ud800", "(01)", "(" * 90])
)
def test_any_text_is_a_symbol_or_is_refused(symbology: str, payload: str) -> None:
    try:
        found = shapes(payload, symbology)
    except BarcodeInvalid:
        return
    assert found
    assert all(symbol.read for symbol in found)


def test_a_upce_that_is_written_in_another_way_is_refused_with_the_upca() -> None:
    with pytest.raises(BarcodeInvalid, match="use upca for 09308000005"):
        shapes("093080" + "5", "upce")


def only(symbology: str, payload: str, **keys: object) -> Page:
    written = "".join(f", {key}: {value}" for key, value in keys.items())
    return drawn(f'  barcode: {{value: "{{code}}", symbology: {symbology}{written}}}\n', {"code": payload}, roll())


@pytest.mark.parametrize(
    ("symbology", "given_", "read"),
    [
        ("ean13", "400638133393", "4006381333931"), ("ean13", "4006381333931", "4006381333931"), ("ean8", "9638507", "96385074"),
        ("upca", "03600029145", "0036000291452"), ("upce", "123450", "0012000003455"), ("upce", "0123456", "0012345000065"),
        ("upce", "01234565", "0012345000065"), ("itf14", "1540014128876", "15400141288763"), ("codabar", "40156", "A40156A"),
        ("gs1-128", "(01)9506000134352", "0109506000134352"),
        ("gs1-datamatrix", "(01)09506000134352(10)ABC(17)261231", "010950600013435210ABC\x1d17261231"),
        ("gs1-link", "(01)09506000134352(17)261231(10)A/1", "https://id.gs1.org/01/09506000134352/10/A%2F1?17=261231"),
    ],
)  # fmt: skip
def test_what_was_left_out_is_put_in(symbology: str, given_: str, read: str) -> None:
    page = only(symbology, given_)
    assert page.barcodes[0].read.decode() == read
    barcode.check(page)


@pytest.mark.parametrize(
    ("symbology", "payload", "right"),
    [("ean13", "4006381333932", "1"), ("ean8", "96385073", "4"), ("upca", "036000291453", "2"), ("upce", "01234560", "5"),
     ("itf14", "15400141288760", "3"), ("gs1-128", "(01)09506000134351", "2"), ("gs1-link", "(00)095060001343520007", "0")],
)  # fmt: skip
def test_a_wrong_check_digit_is_refused_with_the_right_one(symbology: str, payload: str, right: str) -> None:
    with pytest.raises(BarcodeInvalid, match=f"should be {right}") as refusal:
        shapes(payload, symbology)
    assert refusal.value.extra["check_digit"] == right


def test_check_digits_are_those_of_the_gs1_general_specifications() -> None:
    assert [check_digit(digits) for digits in ("629104150021", "9638507", "37610425002123456")] == ["3", "4", "9"]


@pytest.mark.parametrize(
    ("symbology", "payload", "reason"),
    [
        ("ean13", "12345", "13 digits"), ("ean13", "40063813339٣", "13 digits"), ("itf", "123", "put a 0 in front"),
        ("itf", "12a4", "digits alone"),
        ("code39", "abc", "code128"), ("codabar", "A1", "two digits"), ("code128", "ä", "ASCII alone"),
        ("code128", "x" * 121, "at most 120"),
        ("micro-qr", "x" * 16, "cannot hold"), ("datamatrix-rectangular", "x" * 80, "cannot hold"),
        ("qr", "\ud800", "half of a character"),
    ],
)  # fmt: skip
def test_a_payload_the_symbology_cannot_hold_is_refused_with_what_to_do(symbology: str, payload: str, reason: str) -> None:
    with pytest.raises(BarcodeInvalid, match=reason):
        shapes(payload, symbology)


def test_a_level_the_symbology_has_not_is_refused() -> None:
    with pytest.raises(BarcodeInvalid, match="no levels of error correction"):
        shapes("A", "code128", "Q")
    with pytest.raises(BarcodeInvalid, match="has the levels M, H, not Q"):
        shapes("A", "rmqr", "Q")


@pytest.mark.parametrize("level", "LMQH")
def test_a_level_asked_for_is_kept_or_passed(level: str) -> None:
    symbol = barcode.encode("https://example.org/a", "qr", level)
    assert "LMQH".index(symbol.level) >= "LMQH".index(level)


def test_bars_are_whole_dots_and_as_high_as_asked() -> None:
    page = only("code128", "A-1001", module_mm=0.34, height_mm=8)
    code = page.barcodes[0]
    assert (code.module_dots, code.height) == (4, 94)
    assert code.width == code.picture.width * 4
    barcode.check(page)


def test_a_module_asked_for_that_is_too_small_is_refused_with_the_smallest() -> None:
    with pytest.raises(BarcodeInvalid, match=r"too small to scan at 300 dpi: module_mm must be at least 0.25") as refusal:
        only("code128", "A-1001", module_mm=0.15)
    assert refusal.value.extra["needed_mm"] == 0.25


@pytest.mark.parametrize("symbology", ["code128", "pdf417", "datamatrix-rectangular", "rmqr"])
def test_a_code_that_is_turned_is_as_high_as_it_was_wide_and_reads_back(symbology: str) -> None:
    plain, turned = only(symbology, "A-1001"), only(symbology, "A-1001", turned="true")
    assert turned.barcodes[0].height > turned.barcodes[0].width
    assert plain.barcodes[0].width > plain.barcodes[0].height
    barcode.check(plain)
    barcode.check(turned)


def test_a_code_that_fits_in_no_other_way_is_turned_by_itself() -> None:
    symbols = shapes("A-1001", "code128")
    assert fitted(symbols, Room(60, 400), 180).turn == 1
    assert fitted(symbols, Room(400, 60), 180).turn == 0
    with pytest.raises(BarcodeInvalid, match="needs"):
        fitted(symbols, Room(60, 400), 180, Wish(turned=False))


@pytest.mark.parametrize("symbology", SYMBOLOGIES)
@pytest.mark.parametrize("dpi", [180, 300, 360])
def test_the_smallest_size_told_is_enough(symbology: str, dpi: int) -> None:
    symbols = shapes(PAYLOADS[symbology](random.Random(7)), symbology)
    with pytest.raises(BarcodeInvalid) as refusal:
        fitted(symbols, Room(9, 9), dpi, Wish(turned=False))
    enough = int(float(refusal.value.extra["needed_mm"]) * dpi / 25.4) + 2
    fit = fitted(symbols, Room(enough, enough), dpi, Wish(turned=False))
    assert fit.module >= least_module(dpi)
    with pytest.raises(BarcodeInvalid):
        fitted(symbols, Room(enough - 5, enough - 5), dpi, Wish(turned=False))


def test_a_rectangle_takes_the_shape_that_gives_the_largest_module() -> None:
    symbols = shapes("123456789012", "datamatrix-rectangular")
    fits = [fitted(symbols, Room(*room), 180, Wish(max_mm=200)) for room in ((900, 40), (200, 100))]
    assert [(fit.symbol.rows, fit.module) for fit in fits] == [(8, 4), (12, 7)]


def test_bars_keep_ten_modules_clear_of_their_neighbours() -> None:
    for symbology, modules in (("code128", 10), ("ean13", 7), ("ean8", 7)):
        page = labelled("12345670" if symbology == "ean8" else "400638133393", roll(), f"symbology: {symbology}, turned: false", "A-1001")
        code, text = page.barcodes[0], page.texts[0]
        assert text.x - (code.x + code.width) >= modules * code.module_dots
        assert code.x >= 5 * code.module_dots


def spoiled(page: Page, x: int, y: int, ink: int) -> Page:
    picture = page.raster.picture(turned=page.turned)
    picture.putpixel((x, y), ink)
    return replace(page, raster=Raster.from_picture(picture, turned=page.turned))


@pytest.mark.parametrize("canvas", [tape(24), roll()])
def test_one_dot_over_a_code_or_in_its_quiet_zone_is_seen(canvas: Canvas) -> None:
    page = labelled("A-1001", canvas, "symbology: code128")
    code = page.barcodes[0]
    assert code.picture.getpixel((0, 0)) == 0
    with pytest.raises(BarcodeInvalid, match="is not whole"):
        barcode.check(spoiled(page, code.x, code.y + 3, PAPER))
    with pytest.raises(BarcodeInvalid, match="quiet zone"):
        barcode.check(spoiled(page, code.x - 3, code.y + 3, 0))
    barcode.check(spoiled(page, code.x, code.y + 3, 0))


def test_a_code_of_another_kind_with_the_same_text_is_seen() -> None:
    page = only("gs1-datamatrix", "(01)09506000134352")
    with pytest.raises(BarcodeInvalid, match="another kind of code, ]d2"):
        barcode.check(replace(page, barcodes=(replace(page.barcodes[0], symbology="datamatrix"),)))
    with pytest.raises(BarcodeInvalid, match="cannot be read"):
        barcode.check(replace(page, barcodes=(replace(page.barcodes[0], symbology="aztec"),)))


def test_a_code_that_is_said_to_lie_beyond_the_label_is_refused() -> None:
    page = only("qr", "A-1001")
    with pytest.raises(BarcodeInvalid, match="does not lie on the label"):
        barcode.check(replace(page, barcodes=(replace(page.barcodes[0], x=5000),)))


def test_a_share_leaves_room_for_the_text_below() -> None:
    layout = (
        '  column:\n    gap_mm: 0.4\n    align: center\n    items:\n      - barcode: {value: "{code}", symbology: code128, share: 3}\n'
        '      - text: {value: "{code}", size_mm: {min: 1.8, max: 2.4}, share: 1}\n'
    )
    page = drawn(layout, {"code": "A-1001"}, tape(12))
    assert page.barcodes[0].height >= 21
    assert page.texts[0].y > page.barcodes[0].y + page.barcodes[0].height
    barcode.check(page)
