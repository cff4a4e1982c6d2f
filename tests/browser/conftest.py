"""One browser and one program for all browser tests of a worker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.browser.browser_at_hand import Windows, browser
from tests.browser.demo_at_hand import Demo, demo

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """They share one event loop; `tests/conftest.py` sees to it that few workers have any: a browser starts longer than a test takes."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session", name="film")
def _film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the browser's camera shows: written by the test that looks through it, before its page is opened."""
    return tmp_path_factory.mktemp("camera") / "film.y4m"


@pytest_asyncio.fixture(scope="session", loop_scope="session", name="chromium")
async def _chromium(film: Path) -> AsyncIterator[Windows]:
    async with browser(film) as found:
        yield found


@pytest_asyncio.fixture(scope="session", loop_scope="session", name="served")
async def _served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    async with demo(tmp_path_factory.mktemp("hub")) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session", name="program")
async def _program(served: Demo) -> AsyncIterator[Demo]:
    """The program with every printer well, before and after."""
    await served.heal()
    yield served
    await served.heal()
