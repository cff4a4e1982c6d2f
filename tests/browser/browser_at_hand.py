"""A Chromium for tests, and pages that are watched: whatever a page must not do fails the test."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Request, async_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = ROOT / ".browser/browser"
AXE = ROOT / ".browser/npm/node_modules/axe-core/axe.min.js"
WAIT_MS = 20_000
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
SIZES = pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
"""Every flow is driven at both."""
WATCH = """addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));"""
PICTURES = """Promise.all([...document.images].map((one) => {
  one.loading = "eager";
  return one.decode().catch(() => null);
}))"""
"""Fetches all pictures of a page, those further down as well."""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass
class Watched:
    """A window of a browser. `faults` is what its pages did that no page may: errors, reports of the policy, requests to elsewhere."""

    context: BrowserContext
    first: Page
    url: str = ""
    faults: list[str] = field(default_factory=list)
    used: bool = False

    async def open(self, path: str = "/") -> Page:
        """A page of the hub: the first in the window's own tab, others in tabs beside it."""
        page = await self.context.new_page() if self.used else self.first
        self.used = True
        await page.goto(self.url + path)
        return page

    def watch(self, page: Page) -> None:
        """From now on the page's faults are noted."""
        page.on("console", lambda said: self.faults.append(f"{page.url}: {said.text}") if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.on("request", self._asked)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.url, "data:", "blob:", "about:")):
            self.faults.append(f"{request.frame.url}: asks {request.url}")

    async def leave(self) -> list[str]:
        """The faults; nothing is left of what was done in the window but the files that the browser keeps."""
        for page in self.context.pages:
            if page is not self.first:
                await page.close()
        await self.context.unroute_all()
        await self.first.goto("about:blank")
        await self.context.clear_cookies()
        found, self.faults, self.used = self.faults, [], False
        return found


@dataclass
class Windows:
    """A browser and its windows. A window is kept for whoever wants one of its kind next: a new one takes as long as many a test."""

    browser: Browser
    kept: dict[str, Watched] = field(default_factory=dict)

    async def take(self, options: dict[str, Any]) -> Watched:
        """A window that nobody uses."""
        key = repr(sorted(options.items()))
        if (found := self.kept.pop(key, None)) is not None:
            return found
        context = await self.browser.new_context(**options)
        context.set_default_timeout(WAIT_MS)
        await context.add_init_script(WATCH)
        first = await context.new_page()
        made = Watched(context, first)
        made.watch(first)
        context.on("page", made.watch)
        return made

    async def put_back(self, used: Watched, options: dict[str, Any]) -> list[str]:
        """The faults of a window that was used; it is kept for the next one."""
        found = await used.leave()
        self.kept[repr(sorted(options.items()))] = used
        return found


@asynccontextmanager
async def browser(camera: Path | None = None) -> AsyncIterator[Windows]:
    """The browser; `camera` is a film (Y4M) that its camera shows. Fails where `make browser` has not run."""
    if not CHROMIUM.exists() or not AXE.exists():
        pytest.fail("the browser tests need a browser: run `make browser`")
    shown = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={camera}"]
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-gpu"]
    async with async_playwright() as driver:
        made = await driver.chromium.launch(executable_path=CHROMIUM, args=[*quiet, *(shown if camera else ())])
        yield Windows(made)
        await made.close()


@asynccontextmanager
async def window(made: Windows, url: str, kind: dict[str, Any] = PHONE, *, expected: str = "", **more: Any) -> AsyncIterator[Watched]:
    """A window whose pages are watched until its end. `expected`: faults with these words are what the test is about."""
    options = {"reduced_motion": "reduce", "locale": "en-GB"} | kind | more
    found = await made.take(options)
    found.url = url
    try:
        yield found
    except BaseException:
        await found.context.close()
        raise
    unexpected = [fault for fault in await made.put_back(found, options) if not expected or expected not in fault]
    assert not unexpected, "\n".join(unexpected)


async def barriers(page: Page) -> list[str]:
    """What axe finds on the page as it is now, a line for each rule and place."""
    await page.evaluate(AXE.read_text())
    found = await page.evaluate("(tags) => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", TAGS)
    return [
        f"{page.url} {rule['id']}: {json.dumps(node['target'])} {node.get('failureSummary', '')}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
