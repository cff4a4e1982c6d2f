"""A street for each test that wants one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.printers.street_at_hand import Street


@pytest.fixture
async def lane() -> AsyncIterator[Street]:
    async with AsyncExitStack() as stack:
        yield Street(stack)
