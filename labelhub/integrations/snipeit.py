"""Snipe-IT 8: assets by tag, number or serial; and locations, accessories, consumables, components, licenses and users.

Read in the source of v8.1.4: every text is escaped for HTML, dates are `{date|datetime, formatted}`, and what is not found comes
with status 200 and `{"status": "error"}`. A tag may hold a slash, quoted in the path.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import unquote

from labelhub.errors import IntegrationError, ItemNotFound
from labelhub.integrations.client import Answer, segment
from labelhub.integrations.integration import Found, Integration, Item, Reference
from labelhub.integrations.labels import label_fields, slug
from labelhub.integrations.links import is_number, link_path, offset_of
from labelhub.integrations.texts import at, escaped, filled, markup, record, records

_PLURALS = {
    "asset": "hardware",
    "location": "locations",
    "accessory": "accessories",
    "consumable": "consumables",
    "component": "components",
    "license": "licenses",
    "user": "users",
}
_PATHS = {plural: type for type, plural in _PLURALS.items()}
_LINK = re.compile(r"/(hardware|locations|accessories|consumables|components|licenses|users)/([0-9]{1,10})/?")
_TAG_LINK = re.compile(r"/h(?:t|ardware/bytag)/(.{1,200}?)/?")
_SERIAL_LINK = re.compile(r"/hs/(.{1,200}?)/?")


class SnipeIt(Integration):
    """Snipe-IT by its API, with a personal token."""

    kind: ClassVar[str] = "snipeit"
    title: ClassVar[str] = "Snipe-IT"
    types: ClassVar[tuple[str, ...]] = (*_PLURALS, "tag", "serial")
    pages: ClassVar[Mapping[str, str]] = {"asset": "", "loc": "location"}

    async def check(self) -> str:
        """How many assets there are."""
        total = at(self._told(await self.client.get("/api/v1/hardware", {"limit": 1, "offset": 0}), "assets", "rows"), "total")
        return f"Snipe-IT answers, with {total} assets" if isinstance(total, int) else "Snipe-IT answers"

    async def fetch(self, reference: Reference) -> Item:
        """With type "" the id is an asset's tag or, where no asset has that tag, its number."""
        if reference.type in ("tag", "serial"):
            return self._asset(await self._one_by(reference.type, reference.id))
        if reference.type:
            return await self._numbered(reference.type, reference.id)
        try:
            return self._asset(await self._one_by("tag", reference.id))
        except ItemNotFound:
            if not is_number(reference.id):
                raise
        return await self._numbered("asset", reference.id)

    async def find(self, code: str) -> Item:
        """An asset by its tag, else by its serial number."""
        try:
            return self._asset(await self._one_by("tag", code))
        except ItemNotFound:
            return self._asset(await self._one_by("serial", code))

    async def search(self, query: str, cursor: str | None, limit: int, type: str = "") -> Found:
        """Assets sorted by tag, other things by name."""
        type = type if type in _PLURALS else "asset"
        offset = offset_of(cursor)
        params: dict[str, str | int] = {"limit": limit, "offset": offset, "order": "asc"}
        params |= {"sort": "asset_tag"} if type == "asset" else {"sort": "id" if type == "user" else "name"}
        params |= {"search": query} if query else {}
        value = self._told(await self.client.get(f"/api/v1/{_PLURALS[type]}", params), "things", "rows")
        rows = records(at(value, "rows"))
        total = at(value, "total")
        more = rows and isinstance(total, int) and offset + len(rows) < total
        return Found(tuple(self._item(type, row) for row in rows), str(offset + len(rows)) if more else None)

    def resolve(self, code: str) -> Reference | None:
        """`<base>/hardware/<id>`, `<base>/ht/<tag>`, the links of other things."""
        path = link_path(code, self.link_url)
        if path is None:
            return None
        if (found := _LINK.fullmatch(path)) is not None:
            return Reference(_PATHS[found[1]], found[2])
        for type, pattern in (("tag", _TAG_LINK), ("serial", _SERIAL_LINK)):
            if (found := pattern.fullmatch(path)) is not None:
                return Reference(type, unquote(found[1]))
        return None

    def parse_webhook(self, body: Mapping[str, Any]) -> Item | Reference | None:
        """The asset that a message in Slack's form links to."""
        for attachment in records(body.get("attachments")):
            link = attachment.get("title_link")
            if isinstance(link, str) and (found := self.resolve(link)) is not None:
                return found
        return None

    async def _numbered(self, type: str, id: str) -> Item:
        if not is_number(id):
            raise ItemNotFound(f"Snipe-IT has no {type} {id[:80]!r}: a number is asked for")
        path = f"/api/v1/{_PLURALS[type]}/{id}"
        return self._item(type, self._told(await self.client.get(path), f"{type} {id}"))

    async def _one_by(self, what: str, id: str) -> Mapping[str, Any]:
        name = f"asset with the {what} {id[:80]!r}"
        value = self._told(await self.client.get(f"/api/v1/hardware/by{what}/{segment(id)}"), name, "id", "rows")
        if "rows" not in value:
            return value
        rows = records(value["rows"])  # a serial number may be on several
        if not rows:
            raise ItemNotFound(f"Snipe-IT has no {name}")
        return rows[0]

    def _told(self, answer: Answer, name: str, *has: str) -> Mapping[str, Any]:
        """What was asked for, which has one of these keys, or else an `id`. ItemNotFound, IntegrationError."""
        value = record(answer.value)
        if not answer.ok or value.get("status") == "error":
            if answer.status in (400, 422) and "status" not in value:
                raise IntegrationError(f"Snipe-IT did not take the question ({answer.status}); look at the URL {self.client.url}")
            if answer.status == 404 and not value:
                raise IntegrationError(f"there is no Snipe-IT API at {self.client.url}; look at the URL")
            said = markup(escaped(value.get("messages"))) or "not found"
            raise ItemNotFound(f"Snipe-IT has no {name}: {said[:200]}")
        if not any(key in value for key in has or ("id",)):
            raise IntegrationError(f"{self.client.url} answers, but not as Snipe-IT does; look at the URL")
        return value

    def _item(self, type: str, row: Mapping[str, Any]) -> Item:
        return self._asset(row) if type == "asset" else self._other(type, row)

    def _asset(self, row: Mapping[str, Any]) -> Item:
        id = escaped(row.get("id"))
        name, tag, serial = (escaped(row.get(key)) for key in ("name", "asset_tag", "serial"))
        model, location = escaped(at(row, "model", "name")), escaped(at(row, "location", "name") or at(row, "rtd_location", "name"))
        title = name or model or tag
        url = f"{self.link_url}/hardware/{id}"
        more = {
            "serial": serial,
            "model": model,
            "model_number": escaped(row.get("model_number")),
            "location": location,
            "order_number": escaped(row.get("order_number")),
            "notes": markup(escaped(row.get("notes"))),
            **{key: escaped(at(row, key, "name")) for key in ("manufacturer", "category", "company", "supplier", "assigned_to")},
            "status": escaped(at(row, "status_label", "name")),
            **{key: _date(row.get(key)) for key in ("purchase_date", "warranty_expires", "next_audit_date")},
            **self._custom(row),
        }
        lines = filled([f"SN {serial}" if serial else "", model if name and model != name else "", location])
        fields = label_fields(title, tag or id, url, lines, owner=more["company"], **more)
        return Item(self.app, "asset", id, title, url, fields, escaped(row.get("image")) or None, row)

    def _other(self, type: str, row: Mapping[str, Any]) -> Item:
        id, name = escaped(row.get("id")), escaped(row.get("name"))
        url = f"{self.link_url}/{_PLURALS[type]}/{id}"
        parent, serial = escaped(at(row, "parent", "name")), escaped(row.get("serial"))
        number = escaped(row.get("model_number") or row.get("item_no") or row.get("employee_num"))
        place = ", ".join(filled([escaped(row.get(key)) for key in ("address", "zip", "city")]))
        category, location = escaped(at(row, "category", "name")), escaped(at(row, "location", "name"))
        lines = filled([parent, number, f"SN {serial}" if serial else "", category, location, place])
        fields = label_fields(name, id, url, lines, category=category, location=location, owner=escaped(at(row, "company", "name")))
        return Item(self.app, type, id, name or f"{type} {id}", url, fields, escaped(row.get("image")) or None, row)

    def _custom(self, row: Mapping[str, Any]) -> dict[str, str]:
        fields = record(row.get("custom_fields"))
        return {f"custom_{slug(escaped(label))}": escaped(at(one, "value")) for label, one in fields.items() if slug(escaped(label))}


def _date(value: Any) -> str:
    return escaped(at(value, "date") or at(value, "datetime"))[:10]
