"""From a thing or a text to the printed label, on a phone and at a desk, with JavaScript and without."""

from __future__ import annotations

import time
from statistics import median
from typing import Any

import pytest
import zxingcpp
from playwright.async_api import Page, expect

from labelhub.emulator.server import Emulator
from tests.browser.browser_at_hand import DESKTOP, SIZES, Windows, window
from tests.browser.demo_at_hand import Demo
from tests.house import dots_of


async def printed(page: Page) -> None:
    """Waits until the page of a job says by itself that the label came out."""
    await page.wait_for_url("**/jobs/**")
    await expect(page.locator(".heading .state")).to_have_text("Printed", timeout=20_000)


def code_on(emulator: Emulator) -> str:
    """The code on the last label that came out."""
    (found,) = zxingcpp.read_barcodes(dots_of(emulator.machine.pages[-1]).convert("L"))
    return found.text


@SIZES
async def test_a_thing_is_printed_in_three_taps(program: Demo, chromium: Windows, size: dict[str, Any]) -> None:
    async with window(chromium, program.url, size) as seen:
        page = await seen.open("/")
        await page.get_by_role("link", name="Print", exact=True).click()
        await page.get_by_role("link", name="Cordless drill").click()
        assert await page.get_by_role("radio", name="Workshop").is_checked()  # it has the media
        await expect(page.get_by_role("img", name="as it will come out")).to_be_visible()
        await page.get_by_role("button", name="Print", exact=True).click()
        await printed(page)
    assert code_on(program.house.emulators["pt"]).endswith("/hardware/2")


@SIZES
async def test_the_picture_follows_what_is_typed_and_another_printer_is_chosen(
    program: Demo, chromium: Windows, size: dict[str, Any]
) -> None:
    before = program.house.emulators["ql"].machine.page_count
    async with window(chromium, program.url, DESKTOP) as seen:
        page = await seen.open("/print")
        await page.get_by_label("What the label says").fill("Shelf 4")
        await page.get_by_role("button", name="See the label").click()
        picture = page.get_by_role("img", name="as it will come out")
        first = await picture.get_attribute("src")
        await page.get_by_label("Text", exact=True).fill("Shelf 4, bottom, M3 screws")
        await expect(picture).not_to_have_attribute("src", first or "")
        await page.get_by_role("radio", name="Front desk").check()
        await expect(page.locator(".proof-size")).to_contain_text("62 mm roll")
        await page.get_by_label("Copies").fill("2")
        await page.get_by_role("button", name="Print", exact=True).click()
        await printed(page)
    assert program.house.emulators["ql"].machine.page_count == before + 2


@SIZES
async def test_what_cannot_be_printed_is_said_in_the_place_of_the_picture(program: Demo, chromium: Windows, size: dict[str, Any]) -> None:
    async with window(chromium, program.url) as seen:
        page = await seen.open("/print/label?template=any-text&f.text=Short&printer=pt")
        await page.get_by_label("Text", exact=True).fill("far too much for one label " * 60)
        await expect(page.locator(".proof-fault")).to_be_visible()
        await page.get_by_label("Text", exact=True).fill("Short again")
        await expect(page.get_by_role("img", name="as it will come out")).to_be_visible()


@SIZES
async def test_without_javascript_a_thing_is_searched_and_printed(program: Demo, chromium: Windows, size: dict[str, Any]) -> None:
    async with window(chromium, program.url, java_script_enabled=False) as seen:
        page = await seen.open("/print")
        await page.get_by_role("searchbox").fill("oscilloscope")
        await page.get_by_role("button", name="Search").click()
        await page.get_by_role("link", name="Oscilloscope").click()
        await page.get_by_label("Title").fill("The old oscilloscope")
        await page.get_by_role("button", name="See the label").click()
        assert await page.get_by_label("Title").input_value() == "The old oscilloscope"
        await page.get_by_role("button", name="Print", exact=True).click()
        await page.wait_for_url("**/jobs/**")
        await page.get_by_text("The old oscilloscope").first.wait_for()
        await program.house.emulators["pt"].wait_for_pages(1)
        await page.goto(f"{program.url}/queue?show=all&q=The+old+oscilloscope")
        assert await page.get_by_text("The old oscilloscope").count() >= 1


@SIZES
async def test_a_fault_is_shown_with_its_reason_and_the_label_prints_once_it_is_cleared(
    program: Demo, chromium: Windows, size: dict[str, Any]
) -> None:
    # With the cover open nobody knows the media, so there is no picture of a label for any media either.
    async with window(chromium, program.url, expected="status of 422") as seen:
        virtual = await seen.open("/virtual")
        workshop = virtual.locator("#virtual-pt")
        await workshop.get_by_role("button", name="Open the cover").click()
        await expect(workshop).to_contain_text("The cover is open: close it.")
        page = await seen.open("/print/label?template=any-text&f.text=Later&printer=pt")
        await page.get_by_role("button", name="Print", exact=True).click()
        await page.wait_for_url("**/jobs/**")
        await expect(page.locator("#live")).to_contain_text("Waits")
        home = await seen.open("/")
        await expect(home.locator("#printer-pt")).to_contain_text("The cover is open: close it.")
        await workshop.get_by_role("button", name="Close the cover").click()
        await printed(page)
        await expect(home.locator("#printer-pt .state")).to_have_text("Online")
        number = program.house.emulators["pt"].machine.pages[-1].number
        await expect(virtual.locator(f"#pt-page-{number}")).to_be_visible()


async def test_two_browsers_see_what_the_other_does_at_once(program: Demo, chromium: Windows) -> None:
    async with window(chromium, program.url) as one, window(chromium, program.url, DESKTOP) as other:
        here, there = await one.open("/"), await other.open("/printers/ql")
        await there.get_by_role("button", name="Pause Front desk").click()
        await expect(here.locator("#printer-ql .state")).to_have_text("Paused")
        await here.get_by_role("button", name="Resume Front desk").click()
        await expect(there.get_by_role("button", name="Pause Front desk")).to_be_visible()


@pytest.mark.bench
async def test_what_one_browser_does_another_shows_at_once(program: Demo, chromium: Windows) -> None:
    taken = []
    async with window(chromium, program.url) as one, window(chromium, program.url, DESKTOP) as other:
        here, there = await one.open("/"), await other.open("/printers/ql")
        for word, next_word in (("Pause", "Resume"), ("Resume", "Pause")) * 5:
            button = there.get_by_role("button", name=f"{word} Front desk")
            shown = here.get_by_role("button", name=f"{next_word} Front desk")
            await button.wait_for()
            begun = time.perf_counter()
            await button.click()
            await shown.wait_for()
            taken.append(time.perf_counter() - begun)
    print(f"\none browser shows what another did after {median(taken) * 1000:.0f} ms, at most {max(taken) * 1000:.0f} ms")
    assert median(taken) < 0.4


@SIZES
async def test_without_javascript_the_queue_is_paused_and_a_label_cancelled(
    program: Demo, chromium: Windows, size: dict[str, Any]
) -> None:
    async with window(chromium, program.url, java_script_enabled=False) as seen:
        page = await seen.open("/queue?printer=ql")
        await page.get_by_role("button", name="Pause Front desk").click()
        job_id = await program.house.print("any-text", {"text": "Never mind"}, printer="ql")
        await page.reload()
        await page.get_by_role("button", name="Cancel Never mind").click()
        assert await page.get_by_role("status").text_content() == "Cancelled."
        await page.get_by_role("button", name="Resume Front desk").click()
        await page.get_by_role("button", name="Pause Front desk").wait_for()
    assert (await program.house.until(job_id)).state == "cancelled"
