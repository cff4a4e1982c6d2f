"""Pictures of labels in the colours of tape and ink, with the very dots of the label."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from labelhub.drivers.brother.tapes import TAPE_COLORS, TEXT_COLORS
from labelhub.media import Media, MediaKind
from labelhub.raster import Raster
from labelhub.web.catalogue import words
from labelhub.web.media_look import COLORS, media_picture, media_text
from labelhub.web.pictures import colored_png
from tests.house import House
from tests.web.browsing import Browser

NO_COLORS = {"other", "cleaning", "stencil", "incompatible"}


def colored(raster: Raster, media: Media | None) -> Image.Image:
    return Image.open(BytesIO(colored_png(raster, media, turned=False))).convert("RGB")


def test_paper_and_ink_have_the_colours_of_the_media() -> None:
    raster = Raster(8, 2, bytes([0b10000000, 0b00000001]))
    for media, paper, ink in (
        (Media(MediaKind.TAPE_LAMINATED, 12, None, "yellow", "black"), "yellow", "black"),
        (Media(MediaKind.TAPE_LAMINATED, 12, None, "black", "gold"), "black", "gold"),
        (Media(MediaKind.TAPE_LAMINATED, 12, None, "red", "white"), "red", "white"),
        (None, "white", "black"),
    ):
        shown = colored(raster, media)
        assert shown.size == (8, 2)
        dots = {(x, y) for x in range(8) for y in range(2) if shown.getpixel((x, y)) == _rgb(COLORS[ink])}
        assert dots == {(0, 0), (7, 1)}
        assert shown.getpixel((3, 1)) == _rgb(COLORS[paper])


def test_the_red_plane_is_red() -> None:
    roll = Media(MediaKind.ROLL_CONTINUOUS, 62, None, "white", "black and red", two_color=True)
    shown = colored(Raster(8, 1, bytes([0b10000000]), bytes([0b01000000])), roll)
    assert [shown.getpixel((x, 0)) for x in range(3)] == [_rgb(COLORS["black"]), _rgb(COLORS["red"]), (255, 255, 255)]


def test_every_colour_that_a_printer_tells_is_drawn_and_named() -> None:
    told = {*TAPE_COLORS.values(), *TEXT_COLORS.values()} - NO_COLORS
    assert told <= COLORS.keys()
    for language in ("en", "de"):
        t = words(language)
        for color in told:
            media = Media(MediaKind.TAPE_LAMINATED, 12, None, color, "black")
            assert media_text(media, t).startswith("12 mm ")
            assert f'fill="{COLORS[color]}"' in media_picture(media, t)
            assert t.of("color", color.replace(" ", "-"))


@pytest.mark.parametrize("media", [Media(MediaKind.ROLL_DIE_CUT, 29, 90), Media(MediaKind.ROLL_DIE_CUT, 62, 29), None])
def test_a_picture_of_media_says_what_it_is(media: Media | None) -> None:
    drawn = media_picture(media, words("en"))
    assert f'aria-label="{media_text(media, words("en")) if media else "media not known"}"' in drawn


@pytest.mark.asyncio(loop_scope="module")
async def test_the_picture_of_a_job_has_the_dots_of_the_label(browser: Browser, shared_house: House) -> None:
    job_id = await shared_house.print(printer="pt")
    await shared_house.until(job_id)
    answer = await browser.client.get(f"/jobs/{job_id}/labels/1.png")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert "immutable" in answer.headers["cache-control"]
    plain = await shared_house.picture(f"/api/jobs/{job_id}/labels/1.png")
    shown = Image.open(BytesIO(answer.content)).convert("RGB")
    assert shown.size == plain.size
    assert shown.convert("L").point(lambda value: 255 if value > 127 else 0).tobytes() == plain.convert("L").tobytes()
    for number in (0, 2):
        assert (await browser.client.get(f"/jobs/{job_id}/labels/{number}.png")).status_code == 404


@pytest.mark.asyncio(loop_scope="module")
async def test_a_label_that_cannot_be_drawn_yet_is_an_outline(browser: Browser, shared_house: House) -> None:
    await shared_house.hub.fleet.pause(shared_house.hub.printer("pt"), True)
    job_id = await shared_house.print("any-text", {"text": "Later"}, printer="pt")
    await shared_house.emulators["pt"].open_cover()
    await shared_house.seen("pt")
    answer = await browser.client.get(f"/jobs/{job_id}/labels/1.png")
    await shared_house.emulators["pt"].close_cover()
    await shared_house.seen("pt")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    assert (await browser.client.get(f"/jobs/{job_id}/labels/1.png")).headers["content-type"] == "image/png"


def _rgb(color: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(color[1:]))
