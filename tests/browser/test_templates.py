"""Templates in a browser: found by media, copied, changed with the picture following, taken back, deleted."""

from __future__ import annotations

from typing import Any

from playwright.async_api import expect

from tests.browser.browser_at_hand import SIZES, Windows, window
from tests.browser.demo_at_hand import Demo


@SIZES
async def test_a_template_is_found_copied_changed_and_deleted(program: Demo, chromium: Windows, size: dict[str, Any]) -> None:
    async with window(chromium, program.url, size, expected="status of 422") as seen:
        page = await seen.open("/templates")
        await page.get_by_label("Media").select_option("12mm")
        await page.get_by_role("button", name="Show").click()
        await page.get_by_role("link", name="Text, any media").click()
        await expect(page.get_by_role("img", name="On 12 mm tape, black on white")).to_be_visible()
        await page.get_by_label("Name for programs").fill("shelf-label")
        await page.get_by_role("button", name="Copy").click()
        await page.wait_for_url("**/templates/shelf-label")
        text = page.locator("#text")
        written = await text.input_value()
        await text.fill(written.replace("bold: true", "bold: perhaps"))
        await expect(page.locator("#draft")).to_contain_text("bold")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("alert")).to_contain_text("Template not valid.")
        assert "perhaps" in await text.input_value()  # what was typed stays, and so does its place on the screen
        await text.fill(written.replace("Schrauben", "Bolts"))
        await expect(page.locator("#draft img")).to_be_visible()
        looks = page.get_by_role("img", name="On 12 mm tape, black on white")
        before = await looks.screenshot()
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("status")).to_contain_text("Saved as a new version")
        await expect(page.get_by_role("alert")).to_have_count(0)
        await looks.evaluate("(image) => image.decode()")
        assert await looks.screenshot() != before
        await page.get_by_role("link", name="version 1").click()
        assert "Bolts" not in await page.locator("#text").input_value()
        await page.get_by_role("link", name="Print with it").click()
        await expect(page.locator("#proof")).to_have_text("Fill in the fields to see the label.")
        await page.goto(f"{program.url}/templates/shelf-label")
        await page.locator("summary", has_text="Delete").click()
        await page.get_by_role("button", name="Delete").click()
        await expect(page).to_have_url(f"{program.url}/templates")
        assert await page.get_by_text("shelf-label").count() == 0


@SIZES
async def test_a_template_is_tried_with_a_real_thing(program: Demo, chromium: Windows, size: dict[str, Any]) -> None:
    async with window(chromium, program.url, size, expected="status of 422") as seen:
        page = await seen.open("/templates/snipeit-12mm")
        await page.get_by_label("Code, tag or number").fill("MS-00371")
        await page.get_by_role("button", name="See its label").click()
        await expect(page.get_by_label("Title")).to_have_value("Soldering station Ersa i-CON")
        await expect(page.get_by_role("img", name="as it will come out")).to_be_visible()
