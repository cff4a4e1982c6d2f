"""The queue with its script: buttons act where they stand, what happens elsewhere appears by itself, and nothing is lost on the way."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Route, expect

from tests.browser.browser_at_hand import SIZES, Windows, window
from tests.browser.demo_at_hand import Demo
from tests.browser.test_printing import printed
from tests.web.test_queue import lost

MARK = "() => { window.same = true; }"


async def pause(program: Demo, paused: bool = True) -> None:
    await program.house.client.post(f"/api/printers/pt/{'pause' if paused else 'resume'}")


async def newest_job(program: Demo) -> str:
    found: str = (await program.house.client.get("/api/jobs", params={"limit": 1})).json()[0]["id"]
    return found


@SIZES
async def test_buttons_act_in_place_and_an_open_menu_stays_open(program: Demo, chromium: Windows, size: dict[str, Any]) -> None:
    await pause(program)
    first = await program.house.print("qr-only-12mm", {"qr_payload": "FIRST"}, printer="pt")
    second = await program.house.print("qr-only-12mm", {"qr_payload": "SECOND"}, printer="pt")
    async with window(chromium, program.url, size) as browser:
        page = await browser.open("/queue?printer=pt")
        await page.evaluate(MARK)
        await page.get_by_role("button", name="Pause FIRST").click()
        await expect(page.get_by_role("status").filter(has_text="Paused.")).to_be_visible()
        menu = page.locator(f"#menu-{second}")
        await menu.locator("summary").click()
        await program.house.client.post(f"/api/jobs/{first}/cancel")
        await expect(page.locator(f"#job-{first}")).to_have_count(0)
        await expect(menu.get_by_role("button", name="Print it next")).to_be_in_viewport(ratio=1)
        await page.keyboard.press("Escape")
        await expect(menu.get_by_role("button", name="Print it next")).to_be_hidden()
        await page.get_by_role("button", name="Cancel SECOND").click()
        await expect(page.locator(f"#job-{second}")).to_have_count(0)
        assert await page.evaluate("window.same"), "the page was loaded anew"


@SIZES
async def test_what_comes_too_late_is_said_in_place(program: Demo, chromium: Windows, size: dict[str, Any]) -> None:
    await pause(program)
    job_id = await program.house.print("qr-only-12mm", {"qr_payload": "LATE"}, printer="pt")
    async with window(chromium, program.url, size, expected="409") as browser:
        await browser.context.route("**/api/events", lambda route: route.fulfill(status=204))  # so that the button is still there
        page = await browser.open("/queue?printer=pt")
        await page.evaluate(MARK)
        await program.house.client.post(f"/api/jobs/{job_id}/cancel")
        await page.get_by_role("button", name="Pause LATE").click()
        await expect(page.get_by_role("alert")).to_contain_text("The job is cancelled")
        assert await page.evaluate("window.same")


@SIZES
async def test_a_person_says_that_a_label_did_not_come_out_and_it_prints_again(
    program: Demo, chromium: Windows, size: dict[str, Any]
) -> None:
    job_id = await lost(program.house)
    async with window(chromium, program.url, size) as browser:
        page = await browser.open("/")
        await page.get_by_role("link", name="Answer").click()
        asked = page.locator(f"#job-{job_id}")
        await asked.get_by_role("link").first.click()
        await page.get_by_role("button", name="No, print it again").click()
        await page.get_by_role("link", name="the label before").wait_for()
        assert page.url != f"{program.url}/jobs/{job_id}"
        await expect(page.get_by_role("status").filter(has_text="In the queue again")).to_be_visible()  # said on the page that follows
        await printed(page)


async def test_an_answer_that_got_lost_prints_nothing_twice_and_leads_nowhere(program: Demo, chromium: Windows) -> None:
    async with window(chromium, program.url, expected="ERR_") as browser:
        page = await browser.open("/")

        async def lose(route: Route) -> None:
            await route.fetch()
            await route.abort("connectionreset")

        await browser.context.route("**/printers/pt/test", lose, times=1)
        tested = page.get_by_role("button", name="Print a test label on Workshop")
        await tested.click()
        await expect(page.get_by_role("alert").filter(has_text="nothing prints twice")).to_be_visible()
        newest = await newest_job(program)
        await expect(page.locator(f"#job-{newest}")).to_contain_text("Printed")  # what is live on the page was made anew since
        await browser.context.route("**/healthz", lambda route: route.abort())
        await browser.context.route(lambda url: url == f"{program.url}/", lambda route: route.abort())
        await page.evaluate("document.dispatchEvent(new Event('hub:ask'))")
        await expect(page.get_by_role("alert").filter(has_text="what you see may be old")).to_be_visible()
        await page.get_by_role("link", name="Queue", exact=True).click()
        await expect(page).to_have_url(f"{program.url}/")  # not the browser's page that there is nothing
        await browser.context.unroute_all()
        await expect(page.get_by_role("alert").filter(has_text="what you see may be old")).to_be_hidden()
        await tested.click()
        await expect(page.get_by_role("status").filter(has_text="A test label is in the queue")).to_be_visible()
        assert await newest_job(program) == newest


async def test_whoever_was_signed_out_is_led_to_where_to_sign_in(program: Demo, chromium: Windows) -> None:
    async with window(chromium, program.url, expected="401") as browser:
        page = await browser.open("/queue?show=all")
        await browser.context.route("**/queue**", lambda route: route.fulfill(status=303, headers={"location": "/login?next=/"}))
        await page.evaluate("document.dispatchEvent(new Event('hub:ask'))")
        out = page.get_by_role("alert").filter(has_text="signed out")
        assert await out.get_by_role("link", name="Sign in").get_attribute("href") == "/login?next=%2Fqueue%3Fshow%3Dall"
        await page.goto(f"{program.url}/print")
        await browser.context.route("**/print/label", lambda route: route.fulfill(status=401, body="no"))
        await page.get_by_label("What the label says").fill("Kept")
        await page.get_by_role("button", name="Print at once").click()
        await expect(out).to_be_visible()
        assert await page.get_by_label("What the label says").input_value() == "Kept"


@SIZES
async def test_a_label_waits_for_another_printer_and_is_found_among_all(program: Demo, chromium: Windows, size: dict[str, Any]) -> None:
    await pause(program)
    job_id = await program.house.print("any-text", {"text": "Wanderer"}, printer="pt")
    async with window(chromium, program.url, size) as browser:
        page = await browser.open("/queue")
        menu = page.locator(f"#menu-{job_id}")
        await menu.locator("summary").click()
        await menu.get_by_label("Print it on").select_option("ql")
        await menu.get_by_role("button", name="Move").click()
        await expect(page.locator(f"#job-{job_id}")).to_have_count(0)
        await program.house.until(job_id)
        await page.get_by_role("link", name="All labels").click()
        await page.get_by_label("Text on the label").fill("Wanderer")
        await page.get_by_role("button", name="Find").click()
        found = page.locator(f"#job-{job_id}")
        await expect(found).to_contain_text("Front desk")
        await found.get_by_role("button", name="Print again").click()
        await expect(page.get_by_role("status").filter(has_text="In the queue again")).to_be_visible()


@SIZES
async def test_a_job_is_followed_to_its_last_label(program: Demo, chromium: Windows, size: dict[str, Any]) -> None:
    await pause(program)
    labels = [{"data": {"qr_payload": f"L-{number}"}} for number in range(3)]
    job_id = await program.house.print("qr-only-12mm", labels=labels, printer="pt")
    async with window(chromium, program.url, size) as browser:
        page = await browser.open(f"/jobs/{job_id}")
        await expect(page.get_by_text("0 of 3 labels")).to_be_visible()
        await pause(program, False)
        await expect(page.get_by_text("3 of 3 labels")).to_be_visible()
        await expect(page.get_by_text("The printer's own counter went up.")).to_be_visible()
        await expect(page.get_by_role("button", name="Print again: L-0")).to_be_visible()
