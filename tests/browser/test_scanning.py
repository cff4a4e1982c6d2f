"""From a code to the label of the thing it means: by camera, scanner, photo and keyboard."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.async_api import FilePayload, expect

from tests.browser.browser_at_hand import SIZES, Windows, window
from tests.browser.demo_at_hand import Demo
from tests.browser.test_printing import printed
from tests.house import dots_of

WIDE, HIGH = 640, 480


async def label_of(program: Demo, tag: str) -> Image.Image:
    """A label that was printed for a thing, or of a code that nobody knows, as it lies before a camera: small, on a dark desk."""
    answer = await program.house.client.get(f"/api/lookup/snipeit/{tag}")
    fields = answer.json()["fields"] if answer.is_success else {"title": "Strange", "primary_id": tag, "qr_payload": tag}
    emulator = program.house.emulators["pt"]
    before = emulator.machine.page_count
    await program.house.until(await program.house.print("snipeit-12mm", fields, printer="pt"))
    assert emulator.machine.page_count == before + 1
    dots = dots_of(emulator.machine.pages[-1]).convert("L")
    desk = Image.new("L", (WIDE, HIGH), 90)
    paper = Image.new("L", (dots.width + 24, dots.height + 24), 235)
    paper.paste(dots.point(lambda value: 25 if value < 128 else 235), (12, 12))
    wanted = WIDE - 60
    paper = paper.resize((wanted, round(paper.height * wanted / paper.width))).rotate(3, expand=True, fillcolor=90)
    desk.paste(paper, ((WIDE - paper.width) // 2, (HIGH - paper.height) // 2))
    return desk


def put_before(film: Path, picture: Image.Image, frames: int = 2) -> None:
    """The camera sees the picture: an uncompressed film (YUV4MPEG2, 4:2:0)."""
    grey = bytes([128]) * (WIDE * HIGH // 2)
    frame = b"FRAME\n" + picture.tobytes() + grey
    film.write_bytes(f"YUV4MPEG2 W{WIDE} H{HIGH} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * frames)


def jpeg_of(picture: Image.Image) -> bytes:
    """The picture as a photo."""
    out = io.BytesIO()
    picture.convert("RGB").resize((WIDE * 2, HIGH * 2)).save(out, "JPEG", quality=80)
    return out.getvalue()


@SIZES
async def test_a_label_before_the_camera_leads_to_its_thing_and_prints(
    program: Demo, chromium: Windows, size: dict[str, Any], film: Path
) -> None:
    put_before(film, await label_of(program, "MS-00107"))
    async with window(chromium, program.url, size, permissions=["camera"]) as seen:
        page = await seen.open("/")
        await page.get_by_role("link", name="Scan").click()
        await page.wait_for_url("**/print/label?**")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Cordless drill Makita DDF453")
        await page.get_by_role("button", name="Print", exact=True).click()
        await printed(page)
        assert await page.get_by_role("link", name="Scan the next").get_attribute("href") == "/scan"


@SIZES
async def test_a_photo_is_read_in_the_browser_and_without_javascript_by_the_hub(
    program: Demo, chromium: Windows, size: dict[str, Any], film: Path
) -> None:
    put_before(film, Image.new("L", (WIDE, HIGH), 90))
    photo: FilePayload = {"name": "code.jpg", "mimeType": "image/jpeg", "buffer": jpeg_of(await label_of(program, "MS-00311"))}
    async with window(chromium, program.url, size, permissions=["camera"]) as seen:
        page = await seen.open("/scan")
        await page.get_by_label("photo of a code").set_input_files(files=[photo])
        await page.wait_for_url("**/print/label?**")
        await expect(page.get_by_role("heading", level=1)).to_have_text("ThinkPad T14 Gen 3")
    async with window(chromium, program.url, size, java_script_enabled=False) as seen:
        page = await seen.open("/scan")
        await page.get_by_label("photo of a code").set_input_files(files=[photo])
        await page.get_by_role("button", name="Read the photo").click()
        await page.wait_for_url("**/print/label?**")
        await expect(page.get_by_role("heading", level=1)).to_have_text("ThinkPad T14 Gen 3")


@SIZES
async def test_a_scanner_that_types_and_a_code_that_nobody_knows(
    program: Demo, chromium: Windows, size: dict[str, Any], film: Path
) -> None:
    put_before(film, Image.new("L", (WIDE, HIGH), 90))
    async with window(chromium, program.url, size, expected="status of 404") as seen:
        page = await seen.open("/scan")
        await page.locator("h1").click()  # the cursor is nowhere
        await page.keyboard.type("MS-00042")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/print/label?**")
        await page.goto(f"{program.url}/scan?code=NOPE-1")
        await expect(page.get_by_role("alert").first).to_contain_text("No connected system knows")
        await expect(page.get_by_label("Code, tag or number")).to_be_focused()
        await page.get_by_role("link", name="Print it as a code").click()
        assert await page.get_by_label("What the code holds").input_value() == "NOPE-1"


async def test_a_strange_code_before_the_camera_is_asked_once_and_another_typed_over_it(
    program: Demo, chromium: Windows, film: Path
) -> None:
    put_before(film, await label_of(program, "NOPE-2"))
    async with window(chromium, program.url, permissions=["camera"], expected="status of 404") as seen:
        page = await seen.open("/scan")
        await page.wait_for_url("**/scan?code=NOPE-2")
        await expect(page.locator("#told")).to_have_text("The same code again: show another one, or type it.")
        await expect(page.get_by_role("link", name="Print it as a code")).to_be_visible()
        await page.keyboard.type("MS-00042")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/print/label?**")
