from __future__ import annotations

from typing import cast

import pytest
from PIL import Image, ImageChops

from labelhub.errors import ImageInvalid
from labelhub.labels import images
from labelhub.labels.images import Pictures, decoded
from tests.labels.images_at_hand import logo, pdf, photo, png, saved, svg, uri


@pytest.mark.parametrize(("kind", "far"), [("PNG", 0), ("JPEG", 40), ("WEBP", 40)])
def test_a_picture_keeps_its_size_and_colours(kind: str, far: int) -> None:
    picture = decoded(saved(logo(), kind))
    assert (picture.mode, picture.size) == ("RGB", (200, 200))
    for place in ((100, 100), (20, 100), (100, 60)):
        difference = ImageChops.difference(*(one.crop((*place, place[0] + 1, place[1] + 1)) for one in (picture, logo())))
        assert max(high for _, high in cast(tuple[tuple[int, int], ...], difference.getextrema())) <= far


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_stands_upright_whichever_way_the_camera_was_held(orientation: int) -> None:
    upright = Image.new("L", (40, 20), 255)
    upright.paste(0, (0, 0, 10, 10))
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the transposition that each orientation undoes
    held = upright.transpose(Image.Transpose(back[orientation])) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = decoded(saved(held, "PNG", exif=exif.tobytes()))
    assert (found.size, found.tobytes()) == (upright.size, upright.tobytes())


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_what_is_transparent_is_white(mode: str) -> None:
    clear = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    clear.paste((0, 0, 0, 255), (0, 0, 2, 4))
    found = decoded(saved(clear.convert(mode)))
    assert (found.mode, found.getpixel((0, 0)), found.getpixel((3, 0))) == ("L", 0, 255)


def test_a_palette_with_a_transparent_colour_is_white_there() -> None:
    picture = Image.new("P", (4, 4), 1)
    picture.putpalette([0, 0, 0, 255, 0, 0])
    picture.paste(0, (0, 0, 2, 4))
    found = decoded(saved(picture, transparency=0))
    assert (found.getpixel((0, 0)), found.getpixel((3, 0))) == ((255, 255, 255), (255, 0, 0))


def test_sixteen_bits_one_bit_and_cmyk_become_eight_bits() -> None:
    deep = Image.new("I", (4, 4), 0x8000).convert("I;16")
    assert decoded(saved(deep)).getpixel((1, 1)) == 0x80
    assert decoded(saved(Image.new("1", (4, 4), 1))).getpixel((1, 1)) == 255
    red, green, _ = decoded(saved(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG")).getpixel((1, 1))  # type: ignore[misc]
    assert red > 200 > 100 > green


def test_a_large_photo_is_reduced_and_keeps_its_shape() -> None:
    found = decoded(saved(photo().resize((4000, 3000)), "JPEG"))
    assert found.width * found.height <= images.MAX_KEPT_PIXELS
    assert found.width > 1000
    assert found.width / found.height == pytest.approx(4 / 3, abs=0.01)


def test_an_svg_is_drawn_in_its_own_shape_with_text_in_the_hubs_font() -> None:
    found = decoded(svg('<rect width="100" height="50"/><text x="10" y="90" font-size="30">Hi</text>'))
    assert found.width == found.height
    side = found.width
    assert found.getpixel((side // 2, side // 4)) == 0
    assert found.getpixel((side // 2, side * 6 // 10)) == 255
    assert found.crop((0, side * 6 // 10, side, side)).getextrema() == (0, 255)


@pytest.mark.parametrize(
    "head", ['width="40mm" height="20mm"', 'width="40" height="20"', 'viewBox="0 0 40 20"', 'viewBox="0,0,2,1" width="100%"']
)
def test_an_svg_says_its_shape_in_several_ways(head: str) -> None:
    found = decoded(svg("<g/>", head))
    assert found.width / found.height == pytest.approx(2, abs=0.02)


def test_the_page_asked_for_of_a_pdf_is_drawn() -> None:
    found = decoded(pdf(2), 2)
    assert found.height / found.width == pytest.approx(2, abs=0.01)
    with pytest.raises(ImageInvalid, match="the PDF has no page 3, but 2 in all"):
        decoded(pdf(2), 3)
    with pytest.raises(ImageInvalid, match="only a PDF has pages"):
        decoded(saved(logo()), 2)


def test_what_a_file_is_is_told() -> None:
    found = [
        images.check(source) for source in (saved(logo()), saved(logo(), "JPEG"), saved(logo(), "WEBP"), png(8, 9, rows=b"\0\0" * 9))
    ]
    assert [(one.kind, one.width, one.height) for one in found] == [
        ("png", 200, 200),
        ("jpeg", 200, 200),
        ("webp", 200, 200),
        ("png", 8, 9),
    ]
    vector = images.check(svg("<g/>"))
    assert vector.kind == "svg"
    assert vector.width == vector.height > 500


def test_a_data_uri_holds_base64_or_percent_signs() -> None:
    content = saved(logo())
    assert images.data_uri(uri(content)) == content
    assert images.data_uri(uri(content).replace(",", ",\n ").replace("+", "%2B")) == content
    assert images.data_uri("data:image/svg+xml;charset=utf-8,%3Csvg/>") == b"<svg/>"


@pytest.mark.parametrize(
    "text", ["data:", "data:image/png;base64", "data:image/png;base64,***", "data:image/png;base64,ä", "data:;base64,A"]
)
def test_a_broken_data_uri_is_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(ImageInvalid, match=r"data: URI is (broken; write|no base64; encode)"):
        images.data_uri(text)


def test_a_stored_picture_is_found_by_name_and_nothing_is_fetched() -> None:
    asked: list[str] = []

    def find(name: str) -> bytes | None:
        asked.append(name)
        return saved(logo()) if name == "logo" else None

    pictures = Pictures(find)
    assert pictures.picture("logo").size == (200, 200)
    with pytest.raises(ImageInvalid, match="no picture named 'other'; in a field, write it"):
        pictures.picture("other")
    for address in ("http://example.org/a.png", "file:///etc/passwd", "x" * 1000):
        with pytest.raises(ImageInvalid, match="nothing is fetched"):
            pictures.picture(address)
    assert asked == ["logo", "other"]
    with pytest.raises(ImageInvalid, match=r"^.{400,500}$"):  # each of its characters is told as six
        pictures.picture("\u2066" * 200)


def test_decoded_pictures_are_kept_within_their_bytes() -> None:
    pictures = Pictures(kept_bytes=3 * 200 * 200 + 100)
    first = uri(saved(logo()))
    second = uri(saved(logo().rotate(90)))
    kept = pictures.picture(first)
    assert pictures.picture(first) is kept
    pictures.picture(second)
    assert pictures.picture(first) is not kept
