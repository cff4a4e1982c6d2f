"""Toolcrib, a system for the tools of a workshop: `GET /tools/{number}` and `GET /tools?q=&from=`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from labelhub.errors import IntegrationError, ItemNotFound
from labelhub.integrations.client import segment
from labelhub.integrations.integration import Found, Integration, Item, Reference
from labelhub.integrations.labels import label_fields
from labelhub.integrations.texts import plain, record, records


class Toolcrib(Integration):
    """Tools by their number."""

    kind: ClassVar[str] = "toolcrib"
    title: ClassVar[str] = "Toolcrib"
    types: ClassVar[tuple[str, ...]] = ("tool",)
    pages: ClassVar[Mapping[str, str]] = {"asset": "tool"}

    async def check(self) -> str:
        """How many tools there are."""
        return f"Toolcrib answers, with {len(await self._tools('', 0))} tools or more"

    async def fetch(self, reference: Reference) -> Item:
        """By number."""
        answer = await self.client.get(f"/tools/{segment(reference.id)}")
        if answer.status == 404 and record(answer.value):
            raise ItemNotFound(f"Toolcrib has no tool {reference.id}")
        return self._item(record(answer.value))

    async def search(self, query: str, cursor: str | None, limit: int, type: str = "") -> Found:
        """By name."""
        start = int(cursor) if cursor and cursor.isdecimal() and len(cursor) < 9 else 0
        rows = await self._tools(query, start)
        return Found(tuple(map(self._item, rows[:limit])), str(start + limit) if len(rows) > limit else None)

    def resolve(self, code: str) -> Reference | None:
        """`crib:<number>`."""
        found = re.fullmatch(r"crib:([A-Z]-[0-9]{1,6})", code)
        return Reference("tool", found[1]) if found else None

    async def _tools(self, query: str, start: int) -> list[Mapping[str, Any]]:
        answer = await self.client.get("/tools", {"q": query, "from": start})
        if not isinstance(answer.value, list):
            raise IntegrationError(f"{self.client.url} does not answer as Toolcrib does; look at the URL")
        return records(answer.value)

    def _item(self, row: Mapping[str, Any]) -> Item:
        number, name = plain(row.get("number")), plain(row.get("name"))
        if not number:
            raise IntegrationError(f"{self.client.url} does not answer as Toolcrib does; look at the URL")
        fields = label_fields(name, number, f"crib:{number}", [plain(row.get("place"))])
        return Item(self.app, "tool", number, name or number, f"{self.link_url}/tools/{number}", fields, None, row)
