"""Spoolman: spools and filaments.

Recorded from version 0.26.1: keys without a value are left out, values of extra fields are JSON in strings, the total of a list
is in the header `x-total-count`, and what is not found is 404 with `{"message": "..."}`. A search by a filament's name finds the
filament and not its spools. The setting `base_url` holds a JSON string in a string, empty where nobody set it. Its own codes are
`WEB+SPOOLMAN:S-1`, in capitals, which makes a smaller QR code.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar

from labelhub.errors import IntegrationError, ItemNotFound
from labelhub.integrations.client import Answer, Client, Parameters
from labelhub.integrations.integration import Found, Integration, Item, Reference
from labelhub.integrations.labels import label_fields
from labelhub.integrations.links import is_number, link_path, offset_of
from labelhub.integrations.texts import at, embedded, filled, number, plain, record, records
from labelhub.urls import web_address

MAX_HITS = 100
BASE_URL_S = 300.0
"""So long what its settings say of its address is taken to hold."""
_CODE = re.compile(r"web\+spoolman:([sf])-([0-9]{1,10})", re.IGNORECASE)
_LINK = re.compile(r"(?:/.*)?/(spool|filament)/show/([0-9]{1,10})/?", re.IGNORECASE)
_TYPES = {"s": "spool", "f": "filament"}


class Spoolman(Integration):
    """Spoolman by its API. It knows no keys; a token is for a proxy before it."""

    kind: ClassVar[str] = "spoolman"
    title: ClassVar[str] = "Spoolman"
    types: ClassVar[tuple[str, ...]] = ("spool", "filament")
    pages: ClassVar[Mapping[str, str]] = {"spool": "spool"}

    def __init__(self, app: str, link_url: str, client: Client) -> None:
        super().__init__(app, link_url, client)
        self._base_url_until_s = 0.0

    async def check(self) -> str:
        """How many spools there are."""
        answer = await self._list("spool", {"limit": 1, "offset": 0})
        return f"Spoolman answers, with {_total(answer)} spools"

    async def fetch(self, reference: Reference) -> Item:
        """By its number, with or without the # that labels show."""
        type, id = reference.type or "spool", reference.id.strip().removeprefix("#")
        if not is_number(id):
            raise ItemNotFound(f"Spoolman has no {type} {reference.id[:80]!r}: a number is asked for")
        await self._read_base_url()
        answer = await self.client.get(f"/api/v1/{type}/{int(id)}")
        return self.item_of(type, self._told(answer, f"{type} {id}"))

    async def find(self, code: str) -> Item:
        """A spool by its number or lot, or a filament by its article number."""
        if code.startswith("#") or (is_number(code) and len(code) < 7):
            return await self.fetch(Reference("spool", code))
        if '"' in code:
            raise ItemNotFound(f"Spoolman knows nothing by the text {code[:80]!r}")
        for type, name in (("spool", "lot_nr"), ("filament", "article_number")):
            rows = records((await self._list(type, {name: f'"{code}"', "limit": 1})).value)
            if rows:
                return self.item_of(type, rows[0])
        raise ItemNotFound(f"Spoolman has no spool of the lot and no filament with the article number {code[:80]!r}")

    async def search(self, query: str, cursor: str | None, limit: int, type: str = "") -> Found:
        """Spools, newest first; with a query those that it finds, and filaments that it finds of which there is no spool."""
        offset = offset_of(cursor)
        await self._read_base_url()
        if query and type != "filament":
            items = await self._hits(query)
            if items is not None:
                end = offset + limit
                return Found(tuple(items[offset:end]), str(end) if end < len(items) else None)
        return await self._browse(type or "spool", query, offset, limit)

    def resolve(self, code: str) -> Reference | None:
        """`web+spoolman:s-1`, `...:f-1`, `<base>/spool/show/1`, `<base>/filament/show/1`."""
        if (found := _CODE.fullmatch(code.strip())) is not None:
            return Reference(_TYPES[found[1].lower()], found[2])
        path = link_path(code, "")
        if path is not None and (found := _LINK.fullmatch(path)) is not None:
            return Reference(found[1].lower(), found[2])
        return None

    def parse_webhook(self, body: Mapping[str, Any]) -> Item | Reference | None:
        """The thing an event of its WebSocket is about; None when it was deleted."""
        type, payload = body.get("resource"), record(body.get("payload"))
        if not isinstance(type, str) or type not in self.types or body.get("type") not in ("added", "updated") or "id" not in payload:
            return None
        return self.item_of(type, payload)

    def item_of(self, type: str, row: Mapping[str, Any]) -> Item:
        """A spool or filament from what the API, the search or the WebSocket says of it."""
        id = plain(row.get("id"))
        filament = record(row.get("filament")) if type == "spool" else row
        vendor, material = plain(at(filament, "vendor", "name")), plain(filament.get("material"))
        title = plain(filament.get("name")) or " ".join(filled([vendor, material])) or f"{type.capitalize()} {id}"
        location, color = plain(row.get("location")), plain(filament.get("color_hex")).lstrip("#").upper()
        colors = [one.strip().lstrip("#").upper() for one in plain(filament.get("multi_color_hexes")).split(",") if one.strip()]
        remaining = number(row.get("remaining_weight"))
        more = {
            "material": material,
            "vendor": vendor,
            "location": location,
            "color_hex": color or (colors[0] if colors else ""),
            "color_hexes": colors or [color] * bool(color),
            "lot_nr": plain(row.get("lot_nr")),
            "article_number": plain(filament.get("article_number")),
            "diameter": plain(filament.get("diameter")),
            "extruder_temp": plain(filament.get("settings_extruder_temp")),
            "bed_temp": plain(filament.get("settings_bed_temp")),
            "remaining": "" if remaining is None else f"{remaining:.0f} g",
            "comment": plain(row.get("comment")),
            "extra": {name: embedded(value) for name, value in record(row.get("extra")).items()},
        }
        own = {name: value for name, value in row.items() if isinstance(value, str | int | float | Mapping)}
        code = f"WEB+SPOOLMAN:{type[0].upper()}-{id}"
        url = f"{self.link_url}/{type}/show/{id}"
        fields = own | label_fields(title, f"#{id}", code, filled([material, vendor, location]), **more)
        return Item(self.app, type, id, title, url, fields, None, row)

    async def _read_base_url(self) -> None:
        """Its own setting of where browsers find it holds where nobody set another address for links. One that is none is left aside."""
        now_s = asyncio.get_running_loop().time()
        if now_s < self._base_url_until_s or (self._base_url_until_s == 0.0 and self.link_url != self.client.url):
            return
        self._base_url_until_s = now_s + BASE_URL_S
        with suppress(IntegrationError, ValueError):
            answer = await self.client.get("/api/v1/setting/base_url", strict=False)
            found = embedded(record(answer.value).get("value"))
            self.link_url = web_address(found) if isinstance(found, str) and found else self.client.url

    async def _hits(self, query: str) -> list[Item] | None:
        """What the search of version 0.26 finds, its filaments as their spools; None where it has none."""
        answer = await self.client.get("/api/v1/search", {"q": query, "limit": MAX_HITS}, strict=False)
        if not answer.ok or not isinstance(answer.value, dict):
            return None
        hits = record(answer.value)
        spools = [record(hit.get("spool", hit)) for hit in records(hits.get("spools"))]
        filaments = [record(hit.get("filament", hit)) for hit in records(hits.get("filaments"))]
        ids = [plain(one.get("id")) for one in filaments if "id" in one]
        if ids:
            spools += records((await self._list("spool", {"filament.id": ",".join(ids), "limit": MAX_HITS})).value)
        used = {at(spool, "filament", "id") for spool in spools}
        items = [self.item_of("spool", one) for one in spools if "id" in one]
        items += [self.item_of("filament", one) for one in filaments if "id" in one and one["id"] not in used]
        return list({(item.type, item.id): item for item in items}.values())

    async def _browse(self, type: str, query: str, offset: int, limit: int) -> Found:
        params: dict[str, str | int] = {"limit": limit, "offset": offset, "sort": "id:desc"}
        params |= {"name" if type == "filament" else "filament.name": query} if query else {}
        answer = await self._list(type, params)
        items = tuple(self.item_of(type, row) for row in records(answer.value))
        total = _total(answer)
        more = len(items) == limit if total is None else bool(items) and offset + len(items) < total
        return Found(items, str(offset + len(items)) if more else None)

    async def _list(self, type: str, params: Parameters) -> Answer:
        answer = await self.client.get(f"/api/v1/{type}", params)
        if not answer.ok or not isinstance(answer.value, list):
            raise IntegrationError(self._strange(answer))
        return answer

    def _told(self, answer: Answer, name: str) -> Mapping[str, Any]:
        value = record(answer.value)
        if answer.ok and "id" in value:
            return value
        if answer.status == 404 and "message" in value:
            raise ItemNotFound(f"Spoolman has no {name}: {plain(value['message'])[:200]}")
        raise IntegrationError(self._strange(answer))

    def _strange(self, answer: Answer) -> str:
        if answer.status == 400:
            return f"{self.client.url} refuses the name it was asked by (400): add it to SPOOLMAN_ALLOWED_HOSTS there"
        return f"{self.client.url} answers ({answer.status}), but not as Spoolman does; look at the URL"


def _total(answer: Answer) -> int | None:
    text = answer.headers.get("x-total-count", "")
    return int(text) if is_number(text) else None
