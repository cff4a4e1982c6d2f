"""The test label on every media under every head, and the words of the template language that make it fit."""

from __future__ import annotations

import pytest
from PIL import Image

from labelhub.drivers.brother import PT, QL
from labelhub.drivers.driver import Driver, EncodeOptions
from labelhub.errors import LabelTooLong
from labelhub.labels import barcode, ruler
from labelhub.labels.page import Page
from labelhub.labels.render import render
from labelhub.media import Media, dots, millimetres
from labelhub.raster import Canvas
from tests.labels.labels_at_hand import drawn, roll, seeds, tape
from tests.labels.test_render import assert_legal, assert_whole

FINE = EncodeOptions(high_resolution=True)
# models with heads alike are drawn for alike: the one with the longest name stands for all
EVERY = {
    (driver.geometry(model.name, media), driver.geometry(model.name, media, FINE)): pytest.param(
        driver, model.name, media, id=f"{model.name}-{media.kind}-{media.name}"
    )
    for driver in (PT, QL)
    for model in sorted(driver.models, key=lambda model: len(model.name))
    for media in driver.media(model.name)
}.values()
CODE = "6f1b3c7e-9d6a-4f48-9a8c-d4e0e1c5a3b2"
TOO_NARROW_FOR_A_CODE = {"3.5mm", "6mm", "9mm", "5.2mm", "5.8mm", "8.8mm", "11.2mm", "12x12mm"}
SCALE = """
  across:
    items:
      - text: {value: "{t}", size_mm: {min: 1.6, max: 2}}
      - ruler: {size_mm: {min: 2, max: 3}, length_mm: 40}
"""


def labelled(driver: Driver, model: str, media: Media, name: str, options: EncodeOptions) -> tuple[Page, Canvas]:
    canvas = driver.geometry(model, media, options).canvas
    fields = {"model": model, "media": media.name, "name": name, "qr_payload": CODE}
    return render(seeds()["printer-test"], fields, canvas, media), canvas


@pytest.mark.parametrize(("driver", "model", "media"), EVERY)
def test_the_test_label_comes_out_whole(driver: Driver, model: str, media: Media) -> None:
    # a model without fine dots draws both alike, and needs one of them
    every = {driver.geometry(model, media, options): options for options in (EncodeOptions(), FINE)}.values()
    for name in ("", "Werkstatt", "Größter Drucker im Übergabelager, zweites Obergeschoss links " * 2):
        for options in every:
            page, canvas = labelled(driver, model, media, name, options)
            assert_whole(page)
            assert_legal(page, canvas)
            assert page.length_mm <= max(121, millimetres(canvas.length_dots or 0, canvas.dpi_along)), (name, options)
            assert model in " ".join(line.text for line in page.texts), (name, options)
            assert len(page.rulers) == 1, (name, options)
            barcode.check(page)


@pytest.mark.parametrize(("driver", "model", "media"), EVERY)
def test_the_test_label_has_a_code_wherever_one_scans(driver: Driver, model: str, media: Media) -> None:
    page, _ = labelled(driver, model, media, "Werkstatt", EncodeOptions())
    assert [symbol.payload for symbol in page.barcodes] == ([] if media.name in TOO_NARROW_FOR_A_CODE else [CODE])
    assert media.name in " ".join(line.text for line in page.texts)
    assert "Werkstatt" in " ".join(line.text for line in page.texts)


def scale_dots(page: Page, stretch: int) -> list[int]:
    """Where ticks begin, along the feed from the scale's zero, read from the outermost dots of the label."""
    (scale,) = page.rulers
    picture = page.raster.picture(turned=page.turned).convert("L")
    if not scale.horizontal:
        picture = picture.transpose(Image.Transpose.TRANSPOSE)
    start, length = (scale.x, scale.width) if scale.horizontal else (scale.y, scale.height)
    outer = (scale.y + scale.height if scale.horizontal else scale.x + scale.width) - 1
    row = [picture.getpixel((start * stretch + at, outer)) == 0 for at in range(length * stretch)]
    return [at for at, ink in enumerate(row) if ink and not (at and row[at - 1])]


@pytest.mark.parametrize(
    ("canvas", "head"),
    [
        (tape(12), ""),
        (Canvas(70, None, 62, 14172, 180, 360), ""),
        (roll(), "orientation: across"),
        (Canvas(696, None, 300, 23622, 300, 600), "orientation: across"),
        (roll(271), "orientation: auto"),
    ],
)
def test_a_tick_of_the_ruler_begins_at_the_very_dot_of_its_millimetre(canvas: Canvas, head: str) -> None:
    page = drawn(SCALE, {"t": "Werkstatt"}, canvas, head=head)
    stretch = canvas.dpi_along // canvas.dpi_across
    found = scale_dots(page, stretch)
    assert len(found) in (range(22, 24) if canvas.length_dots else range(40, 42))
    assert found == [dots(mm, canvas.dpi_along) for mm in range(len(found))]


def test_every_fifth_tick_is_longer_and_every_tenth_has_its_number() -> None:
    page = drawn(SCALE, {"t": "Werkstatt"}, tape(12))
    (scale,) = page.rulers
    picture = page.raster.picture(turned=True).convert("L")

    def height(mm: int) -> int:
        return sum(picture.getpixel((scale.x + dots(mm, 180), y)) == 0 for y in range(scale.y, scale.y + scale.height))

    assert scale.height == height(10) == height(20) > height(35) > height(36) == height(39) > 2
    assert [line.text for line in page.texts] == ["Werkstatt", "0 mm", "10", "20", "30"]


def test_a_ruler_is_as_long_as_what_lies_beside_it() -> None:
    page = drawn(SCALE, {"t": "A long name that is wider than forty millimetres of tape"}, tape(12))
    assert page.rulers[0].width == page.texts[0].width > dots(40, 180)


def test_a_ruler_takes_the_whole_length_of_a_die_cut_label() -> None:
    assert drawn(SCALE, {"t": "x"}, Canvas(306, 991, 991, 991, 300, 300)).rulers[0].width == 991


def test_a_thin_ruler_has_no_numbers_and_no_ruler_fits_where_there_is_no_room() -> None:
    layout = "  across:\n    items:\n      - ruler: {size_mm: {min: 1.5, max: 1.5}, length_mm: 40}\n"
    assert drawn(layout, {}, tape(6)).texts == ()
    with pytest.raises(LabelTooLong, match="the ruler does not fit"):
        drawn(layout.replace("1.5", "5"), {}, tape(6))


def test_ticks_end_with_the_scale() -> None:
    assert list(ruler.ticks(15, 180)) == [(0, 0), (1, 7), (2, 14)]
    assert list(ruler.ticks(0, 180)) == []


@pytest.mark.parametrize(("width_mm", "shown"), [(24, "roomy"), (6, "narrow")])
def test_of_either_the_first_that_fits_is_taken(width_mm: float, shown: str) -> None:
    items = "".join(
        f'      - text: {{value: "{text}", size_mm: {{min: {size}, max: 9}}}}\n' for text, size in (("roomy", 8), ("narrow", 2))
    )
    assert [line.text for line in drawn(f"  either:\n    items:\n{items}", {}, tape(width_mm)).texts] == [shown]


def test_across_is_a_column_along_the_tape_and_a_row_across_the_roll() -> None:
    items = "".join(f'      - text: {{value: "{text}", size_mm: {{min: 2, max: 4}}}}\n' for text in "AB")
    for canvas in (tape(24), roll()):
        first, second = drawn(f"  across:\n    gap_mm: 1\n    items:\n{items}", {}, canvas, head="orientation: auto").texts
        assert (second.y > first.y + first.height) is (canvas.dpi_across == 180)
        assert (second.x > first.x + first.width) is (canvas.dpi_across == 300)


LONG_PRICE = {"title": "Bio-Vollmilch 3,8 % Fett, Ökodorf Brodowin", "price": "1234.50", "unit": "1 l = 1,39 €", "ean": "4006381333931"}


@pytest.mark.parametrize(
    ("driver", "model", "size", "template", "fields"),
    [
        (PT, "PT-P750W", "24mm", "any-price", LONG_PRICE),
        (PT, "PT-P900W", "36mm", "any-price", LONG_PRICE),
        (PT, "PT-P900W", "36mm", "any-asset", {}),
        (QL, "QL-820NWB", "38mm", "any-qr", {}),
        (QL, "QL-820NWB", "39x48mm", "any-asset", {"title": "Lenovo ThinkPad X1 Carbon Gen 11 (21HM)", "primary_id": "IT-2024-000123"}),
    ],
)
def test_a_long_name_takes_no_code_from_a_label(driver: Driver, model: str, size: str, template: str, fields: dict[str, str]) -> None:
    media = next(media for media in driver.media(model) if media.name == size)
    found = seeds()[template]
    page = render(found, found.example | fields, driver.geometry(model, media).canvas, media)
    assert len(page.barcodes) == 1
    barcode.check(page)
