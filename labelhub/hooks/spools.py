"""Spools: which of those that a Spoolman lists were added since it was last followed.

The list is read page by page, the highest number first, until a page has nothing new. New is what has a higher number than any
before, or was registered later than any before: so a Spoolman that was set up anew, which counts from 1 again, is caught up too, and
a number that was free again. Pages overlap, for others add and delete meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from labelhub.integrations.client import Parameters

PAGE, OVERLAP = 200, 20
MOST = 5000
"""Of spools that were added while nobody listened, so many are printed, the latest."""
MOST_CHARACTERS = 20_000_000
"""All that is kept of them together."""

Spool = Mapping[str, Any]
Ask = Callable[[Parameters], Awaitable[list[Any]]]
"""Spoolman's list of spools, as `GET /api/v1/spool` gives it for these parameters."""


@dataclass(frozen=True, slots=True)
class Followed:
    """How far a source was followed: to which number, and to what was registered when; None where no time is known."""

    number: int
    registered_at: datetime | None = None

    def has(self, spool: Spool) -> bool:
        """False for one that was added since."""
        number, at = number_of(spool), registered_at(spool)
        later = self.registered_at is not None and at is not None and at > self.registered_at
        return number is None or (number <= self.number and not later)


@dataclass(slots=True)
class Listed:
    """What the list has: `end` is its highest number, `added` are the new ones as JSON, by number, without archived ones."""

    end: int = 0
    registered_at: datetime | None = None
    added: dict[int, str] = field(default_factory=dict)
    cut: bool = False
    """There may be more new ones, with lower numbers."""

    def take(self, spool: Any, since: Followed | None) -> bool:
        """True for a new one."""
        number = number_of(spool) if isinstance(spool, dict) else None
        if number is None:
            return False
        self.end = max(self.end, number)
        self.registered_at = latest(self.registered_at, registered_at(spool))
        if since is None or since.has(spool):
            return False
        if spool.get("archived") is not True:
            self.added[number] = json.dumps(spool)
        return True


async def listed(ask: Ask, since: Followed | None, most_characters: int = MOST_CHARACTERS) -> Listed:
    """What is new `since`; with None, only how far the list goes. IntegrationError."""
    found, offset, characters = Listed(), 0, 0
    while True:
        rows = await ask({"sort": "id:desc", "limit": PAGE, "offset": offset, "allow_archived": "true"})
        known = len(found.added)
        new = sum([found.take(row, since) for row in rows])
        characters += sum(len(text) for text in list(found.added.values())[known:])
        if not new or len(rows) < PAGE:
            return found
        offset += PAGE - OVERLAP
        if offset + PAGE > MOST or characters > most_characters:
            found.cut = True
            return found


def number_of(spool: Spool) -> int | None:
    """Its number, where it has one."""
    number = spool.get("id")
    return number if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 2**53 else None


def registered_at(spool: Spool) -> datetime | None:
    """When it was registered, by Spoolman's clock, which is UTC where it says nothing else."""
    text = spool.get("registered")
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) and len(text) <= 40 else None
        return None if at is None else at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def latest(*times: datetime | None) -> datetime | None:
    """The last of those that are known."""
    return max((at for at in times if at is not None), default=None)
