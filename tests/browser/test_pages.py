"""What holds for every page: no barrier that axe knows of, nothing that the policy forbids, and little to carry to a phone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import CDPSession

from tests.browser.browser_at_hand import PHONE, PICTURES, SIZES, Windows, barriers, window
from tests.browser.demo_at_hand import Demo
from tests.browser.pages_at_hand import PAGES

MAX_FIRST_PAGE_BYTES = 120_000
FINDING = "/printers/find?seconds=0.2"
UNDRAWABLE = "status of 422"
"""A template on a media that is too narrow for its examples has no picture there, and the page says nothing of it."""


async def found_on(program: Demo, chromium: Windows, paths: list[str], size: dict[str, Any], **more: Any) -> list[str]:
    """The barriers on these pages."""
    found = []
    async with window(chromium, program.url, size, expected=UNDRAWABLE, **more) as seen:
        page = await seen.open()
        for path in paths:
            await page.goto(program.url + path)
            found += await barriers(page)
    return found


@pytest.mark.parametrize("half", [0, 1])
async def test_no_page_has_a_barrier(program: Demo, chromium: Windows, half: int) -> None:
    job_id = await program.house.print()
    await program.house.until(job_id)
    if half == 0:
        await program.house.emulators["ql"].open_cover()  # for the colours of what is wrong
        await program.house.seen("ql")
    found = await found_on(
        program, chromium, [*PAGES.values(), f"/jobs/{job_id}", FINDING][half::2], PHONE, color_scheme=("dark", "light")[half]
    )
    assert not found, "\n".join(found)


@pytest.mark.soak
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "de"])
@SIZES
async def test_no_page_has_a_barrier_in_any_look(
    program: Demo, chromium: Windows, size: dict[str, Any], language: str, scheme: str
) -> None:
    job_id = await program.house.print()
    await program.house.until(job_id)
    found = await found_on(program, chromium, [*PAGES.values(), f"/jobs/{job_id}", FINDING], size, color_scheme=scheme, locale=language)
    assert not found, "\n".join(found)


async def test_the_first_page_is_light(program: Demo, chromium: Windows) -> None:
    await program.house.until(await program.house.print())
    carried = []
    async with window(chromium, program.url) as seen:
        page = seen.first
        session: CDPSession = await seen.context.new_cdp_session(page)
        await session.send("Network.enable")
        await session.send("Network.clearBrowserCache")
        session.on("Network.loadingFinished", lambda told: carried.append(told["encodedDataLength"]))
        await page.goto(program.url, wait_until="load")
        await page.evaluate(PICTURES)
        assert len(carried) >= 4  # the page, its look, its script, and pictures
    print(f"\nthe first page carries {sum(carried)} bytes in {len(carried)} files")
    assert sum(carried) < MAX_FIRST_PAGE_BYTES


async def test_webassembly_runs_on_the_scan_page_alone(program: Demo) -> None:
    for name, path in PAGES.items():
        answer = await program.house.client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "unsafe-inline" not in policy, name
        assert "'unsafe-eval'" not in policy, name
        assert ("wasm-unsafe-eval" in policy) == (name == "scan"), name
