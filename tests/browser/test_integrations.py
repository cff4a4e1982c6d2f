"""Systems and hooks in a browser: connected, tested, and what came put on a label by clicking."""

from __future__ import annotations

from typing import Any

from playwright.async_api import expect

from tests.browser.browser_at_hand import SIZES, Windows, barriers, window
from tests.browser.demo_at_hand import Demo
from tests.browser.test_printing import code_on


@SIZES
async def test_a_system_is_tested_connected_and_disconnected(program: Demo, chromium: Windows, size: dict[str, Any]) -> None:
    async with window(chromium, program.url, size) as seen:
        page = await seen.open("/integrations")
        await page.get_by_role("button", name="Test snipeit").click()
        await expect(page.get_by_role("status")).to_have_text("It answers.")
        url = (await program.house.client.get("/api/integrations/snipeit")).json()["url"]
        await page.get_by_label("System", exact=True).select_option("snipeit")
        await page.get_by_label("Address", exact=True).fill(url)
        await page.get_by_label("Key", exact=True).fill("an0ther-key")
        await page.locator("summary", has_text="Name, addresses").click()
        await page.get_by_label("Name for programs").fill("second")
        await page.get_by_role("button", name="Connect", exact=True).click()
        await expect(page.get_by_role("status")).to_have_text("Connected, and it answers.")
        second = page.locator("#system-second")
        await second.get_by_role("link", name="Change second").click()
        assert await page.get_by_label("Key", exact=True).input_value() == ""  # it is never shown, and stays where none is typed
        await page.get_by_label("Address for people").fill("https://people.example")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("status")).to_have_text("Connected, and it answers.")
        await expect(second.get_by_role("link", name="https://people.example")).to_be_visible()
        await second.locator("summary").click()
        await second.get_by_role("button", name="Disconnect").click()
        await expect(second).to_have_count(0)


@SIZES
async def test_what_came_to_a_hook_is_put_on_the_label_by_clicking(program: Demo, chromium: Windows, size: dict[str, Any]) -> None:
    async with window(chromium, program.url, size) as seen:
        page = await seen.open("/integrations")
        await page.get_by_label("Name of a new hook").fill("shop")
        await page.get_by_role("button", name="Make a hook").click()
        address = await page.get_by_label("Address with the token in it").input_value()
        await page.get_by_role("button", name="Copy").click()
        await expect(page.get_by_role("button", name="Copied")).to_be_visible()
        order = {"order": {"number": "R-2041", "buyer": {"name": "Ada"}}}
        await program.house.client.post(address, json=order)
        await page.goto(f"{program.url}/integrations/hooks/shop")
        await expect(page.get_by_text("Template field missing")).to_be_visible()
        await page.get_by_label("Template").select_option("qr-only-12mm")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("status")).to_contain_text("Saved")
        await page.locator("#f-qr_payload").focus()
        await page.get_by_role("button", name="order.number").click()
        assert await page.locator("#f-qr_payload").input_value() == "order.number"
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("status")).to_contain_text("Saved")
        await page.locator("summary", has_text="Copies, events").click()
        await page.get_by_label("Copies").fill("2")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("status")).to_contain_text("Saved")
        assert await barriers(page) == []
        answer = await program.house.client.post(address, json=order | {"again": True})
        assert answer.status_code == 202, answer.text
        assert (await program.house.until(answer.json()["job_id"])).labels_total == 2
        await page.goto(f"{program.url}/integrations/hooks/shop")
        await expect(page.get_by_role("link", name="Accepted")).to_be_visible()
        await page.locator("summary", has_text="Delete").click()
        await page.get_by_role("button", name="Delete").click()
        await page.wait_for_url("**/integrations")
        await expect(page.get_by_role("link", name="shop")).to_have_count(0)
    assert code_on(program.house.emulators["pt"]) == "R-2041"
