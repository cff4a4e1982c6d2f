"""Printers in a browser: looked for, added, tested, changed, left alone and deleted, and every other browser sees it at once."""

from __future__ import annotations

from typing import Any

from playwright.async_api import expect

from tests.browser.browser_at_hand import DESKTOP, SIZES, Windows, window
from tests.browser.demo_at_hand import Demo


@SIZES
async def test_a_printer_is_added_changed_and_deleted_and_another_browser_sees_it(
    program: Demo, chromium: Windows, size: dict[str, Any]
) -> None:
    async with window(chromium, program.url, size) as one, window(chromium, program.url, DESKTOP, locale="en-US") as other:
        there = await other.open("/printers")
        page = await one.open("/printers/find?seconds=0.2")
        await expect(page.get_by_text("No printer made itself known")).to_be_visible()
        await page.get_by_role("link", name="Type its address").click()
        await page.get_by_label("Name", exact=True).fill("Attic")
        await page.get_by_label("Model").select_option("QL-800")
        await page.get_by_label("Address", exact=True).fill("127.0.0.1")
        await page.locator("summary", has_text="Ports").click()
        await page.locator("#port").fill("9")
        await page.get_by_role("button", name="Add a printer").click()
        await page.wait_for_url("**/printers/attic")
        await expect(there.locator("#printer-attic")).to_be_visible()
        await page.get_by_role("link", name="Edit").click()
        await page.get_by_label("Name", exact=True).fill("Loft")
        await page.get_by_role("button", name="Save").click()
        await expect(there.get_by_role("link", name="Loft")).to_be_visible()
        await page.get_by_role("button", name="Take out of use").click()
        await expect(there.locator("#printer-attic .state")).to_have_text("Out of use")
        await page.locator("summary", has_text="Delete").click()
        await page.get_by_role("button", name="Delete").click()
        await expect(there.locator("#printer-attic")).to_have_count(0)


@SIZES
async def test_a_test_label_comes_out_and_waiting_ones_are_cleared(program: Demo, chromium: Windows, size: dict[str, Any]) -> None:
    printer = program.house.emulators["pt"]
    before = printer.machine.page_count
    async with window(chromium, program.url, size) as seen:
        page = await seen.open("/printers/pt")
        await page.get_by_role("button", name="Print a test label on Workshop").click()
        await expect(page.get_by_role("status").filter(has_text="A test label")).to_be_visible()
        await printer.wait_for_pages(len(printer.machine.pages) + (printer.machine.page_count == before))
        await page.get_by_role("button", name="Pause Workshop").click()
        await program.house.print("qr-only-12mm", {"qr_payload": "NEVER"}, printer="pt")
        await expect(page.get_by_text("1 in the queue")).to_be_visible()
        await page.locator("summary", has_text="Clear").click()
        await page.get_by_role("button", name="Clear").click()
        await expect(page.get_by_text("Nothing waits")).to_be_visible()
    assert printer.machine.page_count == before + 1
