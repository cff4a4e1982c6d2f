"""InvenTree: stock items, parts, stock locations and build orders.

Recorded from 1.2.0-dev (API 425): a list without `limit` is a bare list, with it `{count, next, results}`; an unknown number is 404 with
`{"detail": "..."}`, an unknown bar code 400. Its own codes are `{"stockitem": 1}`, or `INV-SI1` where it is told to write short ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from labelhub.errors import IntegrationError, ItemNotFound
from labelhub.integrations.client import Answer
from labelhub.integrations.integration import Found, Integration, Item, Reference
from labelhub.integrations.labels import label_fields
from labelhub.integrations.links import is_number, link_path, offset_of
from labelhub.integrations.texts import at, filled, markup, plain, record, records

_PATHS = {"stockitem": "/api/stock/", "part": "/api/part/", "stocklocation": "/api/stock/location/", "build": "/api/build/"}
_PAGES = {"stockitem": "stock/item", "part": "part", "stocklocation": "stock/location", "build": "manufacturing/build-order"}
_DETAILS = {"part_detail": "true", "location_detail": "true"}
_SHORT = re.compile(r"INV-(SI|PA|SL|BO)([0-9]{1,10})")
_SHORTS = {"SI": "stockitem", "PA": "part", "SL": "stocklocation", "BO": "build"}
_LINK = re.compile(r"(?:/[A-Za-z0-9_-]{1,40})?/(stock/item|part|stock/location|manufacturing/build-order)/([0-9]{1,10})(?:/.*)?")
_TYPES = {page: type for type, page in _PAGES.items()}


class InvenTree(Integration):
    """InvenTree by its API, with a token."""

    kind: ClassVar[str] = "inventree"
    title: ClassVar[str] = "InvenTree"
    types: ClassVar[tuple[str, ...]] = tuple(_PATHS)
    pages: ClassVar[Mapping[str, str]] = {"loc": "stocklocation", "product": "part"}

    @staticmethod
    def authorization(token: str) -> Mapping[str, str]:
        """InvenTree has a word of its own before the token."""
        return {"Authorization": f"Token {token}"}

    async def check(self) -> str:
        """How many parts there are."""
        total = at(self._told(await self.client.get("/api/part/", {"limit": 1, "offset": 0}), "parts"), "count")
        return f"InvenTree answers, with {total} parts" if isinstance(total, int) else "InvenTree answers"

    async def fetch(self, reference: Reference) -> Item:
        """By number; with type "" a stock item's, or the IPN of a part."""
        type, id = reference.type, reference.id.strip()
        if not type and not is_number(id):
            return await self.find(id)
        type = type or "stockitem"
        if not is_number(id):
            raise ItemNotFound(f"InvenTree has no {type} {id[:80]!r}: a number is asked for")
        answer = await self.client.get(f"{_PATHS[type]}{int(id)}/", _DETAILS if type in ("stockitem", "build") else None)
        return self._item(type, record(self._told(answer, f"{type} {id}")))

    async def find(self, code: str) -> Item:
        """What a bar code was linked to in InvenTree, or the part of an IPN."""
        answer = await self.client.post("/api/barcode/", {"barcode": code})
        for type in self.types if answer.ok else ():
            pk = plain(at(answer.value, type, "pk"))
            if is_number(pk):
                return await self.fetch(Reference(type, pk))
        value = self._told(await self.client.get("/api/part/", {"IPN": code, "limit": 1}), "parts")
        rows = records(value) if isinstance(value, list) else records(at(value, "results"))
        for row in rows:
            if plain(row.get("IPN")) == code:
                return self._item("part", row)
        raise ItemNotFound(f"InvenTree knows no bar code and no IPN {code[:80]!r}")

    async def search(self, query: str, cursor: str | None, limit: int, type: str = "") -> Found:
        """Things of one type."""
        type, offset = type or "stockitem", offset_of(cursor)
        params: dict[str, str | int] = {"limit": limit, "offset": offset, **({"search": query} if query else {})}
        params |= _DETAILS if type in ("stockitem", "build") else {}
        value = self._told(await self.client.get(_PATHS[type], params), "things")
        if isinstance(value, list):
            rows, more = records(value)[:limit], False
        else:
            rows = records(at(value, "results"))
            more = bool(rows) and bool(at(value, "next"))
        return Found(tuple(self._item(type, row) for row in rows), str(offset + len(rows)) if more else None)

    def resolve(self, code: str) -> Reference | None:
        """`{"stockitem": 1}`, `INV-SI1`, `<base>/web/stock/item/1` and the like."""
        code = code.strip()
        if code.startswith("{"):
            return self._from_json(code)
        if (found := _SHORT.fullmatch(code)) is not None:
            return Reference(_SHORTS[found[1]], found[2])
        path = link_path(code, self.link_url)
        if path is not None and (found := _LINK.fullmatch(path)) is not None:
            return Reference(_TYPES[found[1]], found[2])
        return None

    def parse_webhook(self, body: Mapping[str, Any]) -> Item | Reference | None:
        """The thing that the label plug-in sends the number of."""
        type, pk = body.get("model"), plain(body.get("pk"))
        return Reference(type, pk) if isinstance(type, str) and type in self.types and is_number(pk) else None

    def _from_json(self, code: str) -> Reference | None:
        try:
            value = json.loads(code) if len(code) < 200 else None
        except (ValueError, RecursionError):
            return None
        for type in self.types:
            pk = plain(at(value, type))
            if is_number(pk):
                return Reference(type, pk)
        return None

    def _told(self, answer: Answer, name: str) -> Any:
        if answer.ok and isinstance(answer.value, dict | list):
            return answer.value
        if answer.status in (400, 404) and isinstance(answer.value, dict):
            raise ItemNotFound(f"InvenTree has no {name}: {plain(answer.value.get('detail'))[:200] or 'not found'}")
        raise IntegrationError(f"{self.client.url} answers ({answer.status}), but not as InvenTree does; look at the URL")

    def _item(self, type: str, row: Mapping[str, Any]) -> Item:
        id = plain(row.get("pk"))
        part = row if type == "part" else record(row.get("part_detail"))
        name, ipn, serial = plain(part.get("name")), plain(part.get("IPN")), plain(row.get("serial"))
        location = plain(at(row, "location_detail", "pathstring") or at(row, "location_detail", "name"))
        quantity, batch = plain(row.get("quantity")), plain(row.get("batch"))
        description = markup(part.get("description") if part else row.get("description"))
        if type in ("stocklocation", "build"):
            name = plain(row.get("name") if type == "stocklocation" else row.get("reference")) or name
            description, ipn = markup(row.get("description") or row.get("title")), ""
        lines = {
            "stockitem": [f"SN {serial}" if serial else f"{quantity} ×" * bool(quantity), description, batch, location],
            "part": [description, plain(row.get("category_name"))],
            "stocklocation": [description, _above(plain(row.get("pathstring")), name)],
            "build": [plain(part.get("full_name") or part.get("name")), description],
        }[type]
        more = {
            "IPN": ipn,
            "serial": serial,
            "batch": batch,
            "quantity": quantity,
            "location": location,
            "description": description,
            "units": plain(part.get("units")),
            "notes": markup(row.get("notes")),
            "status": plain(row.get("status_text")),
        }
        name = name or f"{type} {id}"
        url = f"{self.link_url}/web/{_PAGES[type]}/{id}"
        fields = label_fields(name, ipn or f"#{id}", json.dumps({type: int(id) if is_number(id) else id}), filled(lines), **more)
        picture = plain(part.get("image") or part.get("thumbnail"))
        return Item(self.app, type, id, name, url, fields, picture if picture and "blank_image" not in picture else None, row)


def _above(path: str, name: str) -> str:
    """`Room/Shelf` of `Room/Shelf/Box`; "" for a place that is in no other."""
    return path.removesuffix(name).rstrip("/") if path != name else ""
