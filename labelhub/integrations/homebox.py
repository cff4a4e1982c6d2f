"""Homebox: items, locations and assets by their number.

Read in the source of 0.26-dev and 0.21: since 0.22 everything is an entity (`/entities`), before there were `/items` and `/locations`;
both are spoken. The number is `000-042`, and `000-000` is none. Its codes are links: `/item/<uuid>`, `/location/<uuid>`, `/a/000-042`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import unquote

from labelhub.errors import IntegrationError, ItemNotFound
from labelhub.integrations.client import Answer, Parameters, SignIn
from labelhub.integrations.integration import Found, Integration, Item, Reference
from labelhub.integrations.labels import label_fields
from labelhub.integrations.links import link_path, offset_of
from labelhub.integrations.texts import at, filled, markup, plain, record, records
from labelhub.urls import header_fault

API = "/api/v1"
_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_ID = re.compile(_UUID)
_LINK = re.compile(rf"/(item|location)/({_UUID})(?:/.*)?")
_ASSET_LINK = re.compile(r"/a/([0-9]{1,4}-?[0-9]{1,6})/?")
_ASSET = re.compile(r"[0-9]{3,4}-[0-9]{3}")
_OLD = {"item": "items", "location": "locations"}


class Homebox(Integration):
    """Homebox by its API, with an API key (`hb_...`), or with name and password as `name:password`."""

    kind: ClassVar[str] = "homebox"
    title: ClassVar[str] = "Homebox"
    types: ClassVar[tuple[str, ...]] = ("item", "location", "asset")
    pages: ClassVar[Mapping[str, str]] = {"asset": "", "loc": "location"}

    @staticmethod
    def authorization(token: str) -> Mapping[str, str]:
        """A key, unless what was given is a name and a password."""
        return {} if ":" in token else {"Authorization": f"Bearer {token}"}

    @staticmethod
    def sign_in(token: str) -> SignIn | None:
        """`name:password`, from before Homebox had keys: a login lasts for seven days."""
        name, colon, password = token.partition(":")
        body = {"username": name, "password": password, "stayLoggedIn": True}
        return SignIn(f"{API}/users/login", body, _key) if colon else None

    async def check(self) -> str:
        """How many items there are."""
        _, value = await self._either(f"{API}/entities", f"{API}/items", {"page": 1, "pageSize": 1})
        total = record(value).get("total")
        return f"Homebox answers, with {total} items" if isinstance(total, int) else "Homebox answers"

    async def fetch(self, reference: Reference) -> Item:
        """With type "" the id is an item's, or the number of an asset."""
        type, id = reference.type or ("item" if _ID.fullmatch(reference.id.strip()) else "asset"), reference.id.strip()
        if type == "asset":
            return await self._asset(id)
        if not _ID.fullmatch(id):
            raise ItemNotFound(f"Homebox has no {type} {id[:80]!r}: an id is asked for, as in its links")
        api, value = await self._either(f"{API}/entities/{id}", f"{API}/{_OLD[type]}/{id}")
        return self._item(type, record(value), api)

    async def find(self, code: str) -> Item:
        """By the number of an asset, or an id."""
        return await self.fetch(Reference("", code))

    async def search(self, query: str, cursor: str | None, limit: int, type: str = "") -> Found:
        """Items, or locations."""
        type, page = type if type == "location" else "item", max(1, offset_of(cursor))
        params: dict[str, str | int] = {"page": page, "pageSize": limit} | ({"q": query} if query else {})
        both = {"isLocation": "true" if type == "location" else "false"}
        api, value = await self._either(f"{API}/entities", f"{API}/{_OLD[type]}", params, both)
        rows = records(value) if isinstance(value, list) else records(at(value, "items"))
        if isinstance(value, list):  # locations, before 0.22: all at once
            rows = [row for row in rows if query.lower() in plain(row.get("name")).lower()][(page - 1) * limit :]
            return Found(tuple(self._item(type, row, api) for row in rows[:limit]), str(page + 1) if len(rows) > limit else None)
        total = at(value, "total")
        more = bool(rows) and isinstance(total, int) and page * limit < total
        return Found(tuple(self._item(type, row, api) for row in rows), str(page + 1) if more else None)

    def resolve(self, code: str) -> Reference | None:
        """`<base>/item/<uuid>`, `<base>/location/<uuid>`, `<base>/a/<number>`."""
        path = link_path(code, self.link_url)
        if path is None:
            return None
        if (found := _LINK.fullmatch(path)) is not None:
            return Reference(found[1], found[2].lower())
        found = _ASSET_LINK.fullmatch(unquote(path))
        return Reference("asset", found[1]) if found else None

    def parse_webhook(self, body: Mapping[str, Any]) -> Item | Reference | None:
        """The thing that the link of a print command or a label request leads to."""
        link = body.get("url") or body.get("URL")
        return self.resolve(link) if isinstance(link, str) else None

    async def _asset(self, number: str) -> Item:
        """An item by its number, with or without its zeros and its dash."""
        digits = number.replace("-", "")
        if not (digits.isascii() and digits.isdecimal() and len(digits) <= 7):
            raise ItemNotFound(f"Homebox has no asset {number[:80]!r}: a number such as 000-042 is asked for")
        padded = digits.zfill(6)
        answer = await self.client.get(f"{API}/assets/{padded[:-3]}-{padded[-3:]}")
        value = self._told(answer)
        rows = records(at(value, "items")) if "items" in record(value) else [record(value)] * ("id" in record(value))
        if not rows:
            raise ItemNotFound(f"Homebox has no asset {number[:80]}")
        id = plain(rows[0].get("id"))  # the list leaves out half of it
        return await self.fetch(Reference("item", id)) if _ID.fullmatch(id) else self._item("item", rows[0], "entities")

    async def _either(self, path: str, older: str, params: Parameters | None = None, newer: Parameters | None = None) -> tuple[str, Any]:
        """Which of both ways of asking there is, and its answer: one that does not know a path may answer with a web page."""
        newest = await self.client.get(path, {**(params or {}), **(newer or {})} or None, strict=False)
        if newest.ok and newest.value is not None:
            return "entities", newest.value
        other = await self.client.get(older, params, strict=False)
        if other.ok and other.value is not None:
            return older.split("/")[3], other.value
        return "", self._told(newest if newest.value is not None else other)

    def _told(self, answer: Answer) -> Any:
        if answer.ok and isinstance(answer.value, dict | list):
            return answer.value
        if answer.status in (400, 404, 410, 422) and isinstance(answer.value, dict):
            raise ItemNotFound("Homebox has no such thing")
        raise IntegrationError(f"{self.client.url} answers ({answer.status}), but not as Homebox does; look at the URL")

    def _item(self, type: str, row: Mapping[str, Any], api: str) -> Item:
        id, name = plain(row.get("id")), plain(row.get("name"))
        if row.get("isLocation") is True or at(row, "entityType", "isLocation") is True:
            type = "location"
        number = plain(row.get("assetId"))
        number = "" if number.strip("0-") == "" else number
        place = plain(at(row, "parent", "name") or at(row, "location", "name"))
        serial, model = plain(row.get("serialNumber")), " ".join(filled([plain(row.get("manufacturer")), plain(row.get("modelNumber"))]))
        more = {
            "location": place,
            "description": markup(row.get("description")),
            "notes": markup(row.get("notes")),
            "serial": serial,
            "model": model,
            "quantity": plain(row.get("quantity")),
            "tags": filled([plain(one.get("name")) for one in records(row.get("tags")) or records(row.get("labels"))]),
        }
        lines = filled([place, model, f"SN {serial}" if serial else ""])
        url = f"{self.link_url}/{type}/{id}"
        fields = label_fields(name, number or name, url, lines, **more)
        picture = plain(row.get("imageId"))
        path = f"{self.client.url}{API}/{api}/{id}/attachments/{picture}" if _ID.fullmatch(picture) else None
        return Item(self.app, type, id, name or f"{type} {number or id}", url, fields, path, row)


def _key(answer: Any) -> Mapping[str, str]:
    """What a login answers: older versions write `Bearer ` before the key themselves."""
    token = plain(at(answer, "token")).removeprefix("Bearer ")
    return {} if not token or header_fault("Authorization", token) else {"Authorization": f"Bearer {token}"}
