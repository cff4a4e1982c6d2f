"""Pictures of every page: phone and desktop, light and dark, English and German, into the folder `screenshots` or the one named.

`screenshots.py [folder] [word ...]` makes those whose names hold all the words: `print phone dark de`.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from labelhub.errors import HubError
from tests.browser.browser_at_hand import DESKTOP, PHONE, PICTURES, Windows, browser, window
from tests.browser.demo_at_hand import Demo, demo
from tests.browser.pages_at_hand import PAGES

SIZES = {"phone": PHONE, "desktop": DESKTOP}


async def main(folder: Path, words: list[str]) -> None:
    """Makes them all."""
    with tempfile.TemporaryDirectory() as place:
        async with demo(Path(place)) as program, browser() as made:
            await fill(program)
            for size in SIZES:
                for scheme in ("light", "dark"):
                    for language in ("en", "de"):
                        wanted = [name for name in PAGES if all(word in (name, size, scheme, language) for word in words)]
                        await shoot(made, program, folder, size, scheme, language, wanted)


async def shoot(made: Windows, program: Demo, folder: Path, size: str, scheme: str, language: str, names: list[str]) -> None:
    """The pages of these names in one look."""
    if not names:
        return
    async with window(made, program.url, SIZES[size], expected=" ", color_scheme=scheme, locale=language) as seen:
        page = await seen.open()
        for name in names:
            await page.goto(program.url + PAGES[name])
            await page.evaluate(PICTURES)
            await page.screenshot(path=folder / f"{name}-{size}-{scheme}-{language}.png", full_page=True, animations="disabled")


async def fill(program: Demo) -> None:
    """A few labels of each kind, so that the pages have something to show."""
    house = program.house
    for tag in ("MS-00107", "MS-00311", "MS-00042"):
        item = (await house.client.get(f"/api/lookup/snipeit/{tag}")).json()
        await house.until(await house.print("snipeit-12mm", item["fields"], printer="pt"))
    for template, data in (
        ("any-text", {"text": "Screws M3 × 12\nShelf 4"}),
        ("any-price", {"title": "Mountain cheese", "price": "12.5", "unit": "100 g"}),
        ("any-address", {"name": "Ada Lovelace", "lines": ["12 St James's Square", "London"]}),
    ):
        try:
            await house.until(await house.print(template, data, printer="ql"))
        except (AssertionError, HubError) as error:
            print(f"{template}: {error}", file=sys.stderr)
    await house.emulators["pt"].open_cover()
    await house.seen("pt")
    await house.print("snipeit-12mm", {"primary_id": "MS-00350", "title": "Label printer", "qr_payload": "MS-00350"}, printer="pt")
    await house.seen("pt")


if __name__ == "__main__":
    given = sys.argv[1:]
    into = Path(given[0] if given else "screenshots")
    into.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(into, given[1:]))
