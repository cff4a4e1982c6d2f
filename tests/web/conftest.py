"""One running hub for all pages of a module, with two virtual printers that take no time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from functools import partial
from uuid import UUID

import pytest
import pytest_asyncio

from labelhub.jobs import store
from tests.house import House, house_with
from tests.web.browsing import Browser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """The hub; `browser` gives it back to each test with its printers going and nothing in the queue."""
    async with house_with(tmp_path_factory.mktemp("pages"), pt="PT-P750W 12mm", ql="QL-820NWB 62mm") as house:
        yield house


@pytest_asyncio.fixture(loop_scope="module")
async def browser(shared_house: House) -> AsyncIterator[Browser]:
    """A browser that starts anew, without cookies."""
    shared_house.client.cookies.clear()
    yield Browser(shared_house.client)
    for slug in ("pt", "ql"):
        printer = shared_house.hub.printer(slug)
        if not printer.enabled:
            await shared_house.hub.fleet.change(printer, {}, enabled=True)
        await shared_house.hub.fleet.clear_queue(printer)
        if printer.paused:
            await shared_house.hub.fleet.pause(shared_house.hub.printer(slug), False)
        await shared_house.hub.database.until(partial(_ended, printer.id), store.depths)


def _ended(printer_id: UUID, depths: Mapping[UUID, int]) -> bool:
    return printer_id not in depths
