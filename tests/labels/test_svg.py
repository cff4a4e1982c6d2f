"""Proofs: the same dots as PNG and SVG, and what is drawn around them."""

from __future__ import annotations

import random
import re
from base64 import b64decode
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw

from labelhub.drivers.brother import PT, QL
from labelhub.drivers.driver import EncodeOptions
from labelhub.labels.page import Page
from labelhub.labels.proof import MAX_PIXELS, UNPRINTABLE, Look, Proof, drawn, plan, scale_of
from labelhub.labels.render import BLACK, png, render
from labelhub.labels.svg import MAX_RECTANGLES, rectangles, svg
from labelhub.labels.template import builtin
from labelhub.media import dots
from labelhub.raster import INK, Raster

TEMPLATES = {template.key: template for template in builtin()}
CASES = [
    ("snipeit-12mm", PT, "PT-P750W", "12mm", EncodeOptions()),
    ("snipeit-24mm", PT, "PT-P750W", "24mm", EncodeOptions(high_resolution=True)),
    ("address-62mm", QL, "QL-820NWB", "62mm", EncodeOptions()),
    ("printer-test", QL, "QL-820NWB", "29x90mm", EncodeOptions()),
    ("printer-test", PT, "PT-P750W", "3.5mm", EncodeOptions()),
]
LOOKS = [Look(), Look(ruler=True), Look(frame=True), Look(True, True), Look(True, True, 3)]
NAMESPACE = "{http://www.w3.org/2000/svg}"


def proof_of(key: str, driver: Any, model: str, name: str, options: EncodeOptions) -> Proof:
    media = next(media for media in driver.media(model) if media.name == name)
    geometry = driver.geometry(model, media, options)
    template = TEMPLATES[key]
    return Proof(render(template, template.example, geometry.canvas, media), media, geometry)


def painted(document: str) -> Image.Image:
    """The rectangles of an SVG's black path on white, as another reads them."""
    root = ElementTree.fromstring(document)
    width, height = map(int, root.attrib["viewBox"].split()[2:])
    picture = Image.new("1", (width, height), 255)
    pen = ImageDraw.Draw(picture)
    for path in root.findall(f"{NAMESPACE}path"):
        if path.attrib["fill"] == "#000000":
            for found in re.findall(r"M(\d+) (\d+)h(\d+)v(\d+)h-(\d+)z", path.attrib["d"]):
                x, y, wide, high, back = map(int, found)
                assert wide == back
                pen.rectangle((x, y, x + wide - 1, y + high - 1), fill=INK)
    return picture


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} {case[3]}")
def test_the_dots_are_those_of_the_page_in_every_look_and_format(case: Any) -> None:
    proof = proof_of(*case)
    page = proof.page
    plain = Image.open(BytesIO(png(page.raster, page.turned))).convert("L")
    square = proof.planes()[0][1].convert("L")
    along, across = (page.stretch if page.turned else 1), (1 if page.turned else page.stretch)
    assert square.resize(plain.size, Image.Resampling.NEAREST).tobytes() == plain.tobytes()
    assert (square.width * along, square.height * across) == (plain.width * page.stretch, plain.height * page.stretch)
    for look in LOOKS:
        there = plan(proof, look)
        left, top, right, bottom = (edge * look.scale for edge in there.label)
        shown = drawn(proof, look).crop((left, top, right, bottom)).resize(square.size, Image.Resampling.NEAREST).convert("L")
        assert ImageChops.difference(shown, square).getbbox() is None, look
        assert painted(svg(proof, look)).crop(there.label).convert("L").tobytes() == square.tobytes(), look


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} {case[3]}")
def test_the_frame_is_as_wide_as_the_media_and_shades_what_cannot_be_printed(case: Any) -> None:
    proof = proof_of(*case)
    there, look = plan(proof, Look(frame=True)), Look(frame=True)
    left, top, right, bottom = there.media
    across, along = (bottom - top, right - left) if proof.page.turned else (right - left, bottom - top)
    assert abs(across - dots(proof.media.width_mm, proof.dpi)) <= proof.page.stretch
    margins = 2 * proof.geometry.margin_dots * proof.page.stretch
    length = dots(proof.media.length_mm, proof.dpi) if proof.media.length_mm else proof.page.raster.height_dots + margins
    assert along == length
    picture = drawn(proof, look)
    assert picture.size == (there.width, there.height)
    assert picture.getpixel((left, top)) == picture.getpixel((right - 1, bottom - 1)) == UNPRINTABLE
    document = ElementTree.fromstring(svg(proof, look))
    assert float(document.attrib["width"].removesuffix("mm")) == pytest.approx(there.width * 25.4 / proof.dpi, abs=0.001)


def test_the_ruler_has_a_tick_at_every_millimetre_of_the_media() -> None:
    proof = proof_of(*CASES[0])
    look = Look(ruler=True, frame=True)
    there, picture = plan(proof, look), drawn(proof, look)
    (x, below), (beside, y) = there.rulers
    row = [picture.getpixel((place, below)) == BLACK for place in range(picture.width)]
    found = [place - x for place in range(x, there.media[2] + 1) if row[place]]
    assert found == [dots(mm, proof.dpi) for mm in range(int((there.media[2] - x) * 25.4 / proof.dpi) + 1)]
    column = [place - y for place in range(y, there.media[3] + 1) if picture.getpixel((beside, place)) == BLACK]
    assert column == [dots(mm, proof.dpi) for mm in range(13)]
    texts = [text.text for text in ElementTree.fromstring(svg(proof, look)).iter(f"{NAMESPACE}text")]
    assert texts == ["0 mm", "10", "20", "30", "40", "0", "10"]


def test_a_picture_never_gets_huge() -> None:
    proof = proof_of(*CASES[2])
    raster = Raster(696, 11811, bytes(87 * 11811))
    long = Proof(Page(raster, False, 1000.0, (), ()), proof.media, proof.geometry)
    there = plan(long, Look(scale=8))
    scale = scale_of(Look(scale=8), there)
    assert scale == 1
    assert drawn(long, Look(scale=8)).size == (696, 11811)
    small = plan(proof, Look(scale=8))
    assert small.width * small.height * scale_of(Look(scale=8), small) ** 2 <= MAX_PIXELS


def test_red_dots_are_red_in_both() -> None:
    proof = proof_of(*CASES[2])
    black = proof.page.raster.black
    both = Raster(proof.page.raster.width_dots, proof.page.raster.height_dots, bytes(len(black)), black)
    red = Proof(Page(both, False, 10.0, (), ()), proof.media, proof.geometry)
    colors = {color for _, color in drawn(red, Look()).getcolors() or ()}
    assert colors == {(255, 255, 255), (200, 0, 0)}
    assert 'fill="#c80000" d="M' in svg(red, Look())
    assert 'fill="#000000" d="M' not in svg(red, Look())


def test_a_photo_stands_in_the_svg_as_a_picture_of_the_same_dots() -> None:
    proof = proof_of(*CASES[2])
    width, height = 696, 600
    noise = bytearray(random.Random(1).randbytes(87 * height))
    photo = Raster(width, height, bytes(noise))
    shown = Proof(Page(photo, False, 50.0, (), ()), proof.media, proof.geometry)
    assert len(rectangles(photo.picture())) > MAX_RECTANGLES
    document = svg(shown, Look())
    assert len(document) < 200_000
    found = ElementTree.fromstring(document).find(f"{NAMESPACE}image")
    assert found is not None
    inside = Image.open(BytesIO(b64decode(found.attrib["href"].partition(",")[2]))).convert("RGBA")
    assert inside.getchannel("A").point(lambda value: 255 - value).tobytes() == photo.picture().convert("L").tobytes()


@settings(max_examples=40, derandomize=True, deadline=None)
@given(st.integers(1, 40), st.integers(1, 12), st.randoms(use_true_random=False))
def test_rectangles_cover_the_dark_dots_each_once(width: int, height: int, chance: random.Random) -> None:
    picture = Image.new("1", (width, height), 255)
    for _ in range(chance.randrange(width * height + 1)):
        picture.putpixel((chance.randrange(width), chance.randrange(height)), INK)
    covered = Image.new("L", (width, height), 0)
    for x, y, wide, high in rectangles(picture):
        for place in ((x + dx, y + dy) for dx in range(wide) for dy in range(high)):
            assert covered.getpixel(place) == 0
            covered.putpixel(place, 255)
    assert ImageChops.invert(covered).tobytes() == picture.convert("L").tobytes()
