"""A database that several hubs share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.databases import Server


@pytest.fixture
def shared_url(postgres: Server) -> Iterator[str]:
    """A PostgreSQL database with the tables of this program and nothing in them."""
    name = postgres.create()
    yield postgres.url(name)
    postgres.drop(name)
