"""Grocy 4: products, stock entries, batteries, chores and recipes.

Recorded from version 4.6.0: descriptions are HTML, numbers may be strings, errors are 400 with `{"error_message": "..."}`, and a due
date of 2999-12-31 means never. Its routes `.../printlabel` give all that a label needs but send the webhook as well, which prints: they
are not asked. Its own codes are Grocycodes, `grcy:p:1` or `grcy:p:1:<stock id>`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from labelhub.errors import IntegrationError, ItemNotFound
from labelhub.integrations.client import Answer, segment
from labelhub.integrations.integration import Found, Integration, Item, Reference
from labelhub.integrations.labels import label_fields
from labelhub.integrations.links import is_number, link_path, offset_of
from labelhub.integrations.texts import at, filled, markup, number, plain, record, records

NEVER = "2999-12-31"
BARCODE_DIGITS = 8
"""Of the shortest bar codes that makers print on products; as many are no row's number."""
_CODE = re.compile(r"grcy:([pbcr]):([0-9]{1,10})(?::([0-9a-z]{1,40}))?(?::.{0,100})?", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LINK = re.compile(r"/(stockentry|product|battery|chore|recipe)/([0-9]{1,10})/?")
_STOCK_ID = re.compile(r"([0-9]{1,10}):([0-9a-zA-Z]{1,40})")
_LETTERS = {"p": "product", "b": "battery", "c": "chore", "r": "recipe"}
_LISTS = {"product": "products", "battery": "batteries", "chore": "chores", "recipe": "recipes"}
_OVERVIEWS = {"product": "stockoverview", "battery": "batteriesoverview", "chore": "choresoverview", "recipe": "recipes"}


class Grocy(Integration):
    """Grocy by its API, with a key of its own."""

    kind: ClassVar[str] = "grocy"
    title: ClassVar[str] = "Grocy"
    types: ClassVar[tuple[str, ...]] = ("product", "stock", "battery", "chore", "recipe")
    pages: ClassVar[Mapping[str, str]] = {"product": "product"}

    @staticmethod
    def authorization(token: str) -> Mapping[str, str]:
        """Grocy has a header of its own."""
        return {"GROCY-API-KEY": token}

    async def check(self) -> str:
        """Its version."""
        value = self._told(await self.client.get("/api/system/info"), "version")
        version = plain(at(value, "grocy_version", "Version"))
        return f"Grocy {version} answers" if version else "Grocy answers"

    async def fetch(self, reference: Reference) -> Item:
        """By number; a stock entry by its row, or as `<product>:<stock id>`. With type "" also by a bar code of the product's."""
        type, id = reference.type, reference.id.strip()
        if type == "stock":
            return await self._entry(id)
        if type in ("", "product"):
            by_number = is_number(id) and (type != "" or len(id) < BARCODE_DIGITS)
            return await (self._product(id) if by_number else self.find(id))
        return await self._thing(type, id)

    async def find(self, code: str) -> Item:
        """A product by one of its bar codes."""
        value = self._told(
            await self.client.get(f"/api/stock/products/by-barcode/{segment(code)}"), f"product with the bar code {code[:80]}"
        )
        return self._of_product(value)

    async def search(self, query: str, cursor: str | None, limit: int, type: str = "") -> Found:
        """Things of one type by name, without what is in stock of them."""
        type, offset = type if type in _LISTS else "product", offset_of(cursor)
        params: dict[str, str | int] = {"limit": limit + 1, "offset": offset, "order": "name:asc"}
        params |= {"query[]": f"name~{query}"} if query else {}
        answer = await self.client.get(f"/api/objects/{_LISTS[type]}", params)
        if not answer.ok or not isinstance(answer.value, list):
            self._told(answer, _LISTS[type])
            raise IntegrationError(self._strange(answer))
        rows = records(answer.value)
        items = tuple(self._of_row(type, row) for row in rows[:limit])
        return Found(items, str(offset + limit) if len(rows) > limit else None)

    def resolve(self, code: str) -> Reference | None:
        """Grocycodes, and links to a product, stock entry, battery, chore or recipe."""
        if (found := _CODE.fullmatch(code.strip())) is not None:
            type = _LETTERS[found[1].lower()]
            return Reference("stock", f"{found[2]}:{found[3]}") if type == "product" and found[3] else Reference(type, found[2])
        path = link_path(code, self.link_url)
        if path is not None and (found := _LINK.fullmatch(path)) is not None:
            return Reference("stock" if found[1] == "stockentry" else found[1], found[2])
        return None

    def parse_webhook(self, body: Mapping[str, Any]) -> Item | Reference | None:
        """The thing that Grocy's label webhook is about, with what it says; also where a form has lost everything nested."""
        reference = self.resolve(plain(body.get("grocycode")))
        if reference is None:
            return None
        if reference.type in ("product", "stock"):
            entry = record(body.get("stock_entry"))
            details = record(body.get("details"))
            due = plain(body.get("due_date"))
            return self._labelled(details, entry, plain(body.get("grocycode")), plain(body.get("product")), due, reference)
        details = record(body.get("details"))
        row = record(details.get(reference.type)) or details
        return self._of_row(reference.type, {**row, "id": reference.id}, details, plain(body.get(reference.type)))

    async def _product(self, id: str) -> Item:
        return self._of_product(self._told(await self.client.get(f"/api/stock/products/{int(id)}"), f"product {id}"))

    async def _entry(self, id: str) -> Item:
        if (found := _STOCK_ID.fullmatch(id)) is None:
            if not is_number(id):
                raise ItemNotFound(f"Grocy has no stock entry {id[:80]!r}")
            entry = self._told(await self.client.get(f"/api/stock/entry/{int(id)}"), f"stock entry {id}")
            product, stock_id = plain(entry.get("product_id")), plain(entry.get("stock_id"))
        else:
            product, stock_id = found[1], found[2]
            answer = await self.client.get(f"/api/stock/products/{int(product)}/entries")
            rows = records(answer.value) if answer.ok else [self._told(answer, f"product {product}")]
            entry = next((row for row in rows if plain(row.get("stock_id")).lower() == stock_id.lower()), {})
        if not entry or not is_number(product):
            raise ItemNotFound(f"Grocy has no stock entry {id[:80]!r} any more: it may be used up")
        details = self._told(await self.client.get(f"/api/stock/products/{int(product)}"), f"product {product}")
        return self._labelled(
            details,
            entry,
            f"grcy:p:{product}:{stock_id}",
            "",
            plain(entry.get("best_before_date")),
            Reference("stock", f"{product}:{stock_id}"),
        )

    async def _thing(self, type: str, id: str) -> Item:
        if not is_number(id):
            raise ItemNotFound(f"Grocy has no {type} {id[:80]!r}: a number is asked for")
        path = f"/api/objects/recipes/{int(id)}" if type == "recipe" else f"/api/{_LISTS[type]}/{int(id)}"
        details = self._told(await self.client.get(path), f"{type} {id}")
        row = record(details.get(type)) or details
        return self._of_row(type, {**row, "id": id}, details)

    def _of_product(self, details: Mapping[str, Any]) -> Item:
        id = plain(at(details, "product", "id"))
        due = plain(details.get("next_due_date"))
        return self._labelled(details, {}, f"grcy:p:{id}", "", due, Reference("product", id))

    def _labelled(
        self, details: Mapping[str, Any], entry: Mapping[str, Any], code: str, name: str, due: str, reference: Reference
    ) -> Item:
        """A product or stock entry. `due` may have a word before its date, which is shown as it is."""
        product = record(details.get("product"))
        name = name or plain(product.get("name")) or f"Product {reference.id}"
        date = found[0] if (found := _DATE.search(due)) else ""
        due = "" if date == NEVER or not date else due
        stock = entry.get("amount") if entry else details.get("stock_amount")
        unit = record(details.get("quantity_unit_stock"))
        location = plain(at(details, "location", "name") or at(details, "default_location", "name"))
        note = markup(entry.get("note"))
        more = {
            "product": name,
            "grocycode": code,
            "due_date": date if due else "",
            "due_text": due,
            "description": markup(product.get("description")),
            "amount": _amount(stock, unit),
            "location": location,
            "note": note,
            "price": plain(number(entry.get("price")) or number(details.get("last_price"))),
            "purchased_date": plain(entry.get("purchased_date") or details.get("last_purchased")),
            "stock_id": plain(entry.get("stock_id")),
            "barcode": plain(at(next(iter(records(details.get("product_barcodes"))), {}), "barcode")),
        }
        lines = filled([due, note, location])
        row = plain(entry.get("id"))
        url = f"{self.link_url}/stockentry/{row}" if row else f"{self.link_url}/stockoverview"
        fields = label_fields(name, reference.id.partition(":")[0], code, lines, **more)
        return Item(
            self.app, reference.type, reference.id, name, url, fields, self._picture("productpictures", product.get("picture_file_name")),
            {**details, **({"stock_entry": dict(entry)} if entry else {})},
        )  # fmt: skip

    def _of_row(self, type: str, row: Mapping[str, Any], details: Mapping[str, Any] | None = None, name: str = "") -> Item:
        """A row as lists have it, with the details of one thing where they are known."""
        id, details = plain(row.get("id")), details or {}
        if type == "product":
            return self._labelled({"product": row}, {}, f"grcy:p:{id}", "", "", Reference("product", id))
        name = name or plain(row.get("name")) or f"{type.capitalize()} {id}"
        next_at = plain(details.get("next_estimated_charge_time") or details.get("next_estimated_execution_time"))[:10]
        more = {
            "grocycode": f"grcy:{type[0]}:{id}",
            "description": markup(row.get("description")),
            "used_in": plain(row.get("used_in")),
            "next_date": "" if next_at == NEVER else next_at,
            "servings": plain(number(row.get("base_servings"))),
        }
        lines = filled([more["used_in"], more["next_date"]])
        fields = label_fields(name, id, more["grocycode"], lines, **more)
        picture = self._picture("recipepictures", row.get("picture_file_name")) if type == "recipe" else None
        return Item(self.app, type, id, name, f"{self.link_url}/{_OVERVIEWS[type]}", fields, picture, details or row)

    def _picture(self, group: str, name: Any) -> str | None:
        text = plain(name)
        if not text:
            return None
        file = base64.b64encode(text.encode(errors="replace"))
        return f"{self.client.url}/api/files/{group}/{segment(file.decode())}?force_serve_as=picture&best_fit_width=1000"

    def _told(self, answer: Answer, name: str) -> Mapping[str, Any]:
        value = record(answer.value)
        if "error_message" in value:
            raise ItemNotFound(f"Grocy has no {name}: {plain(value['error_message'])[:200]}")
        if not answer.ok or not value:
            raise IntegrationError(self._strange(answer))
        return value

    def _strange(self, answer: Answer) -> str:
        return f"{self.client.url} answers ({answer.status}), but not as Grocy does; look at the URL"


def _amount(amount: Any, unit: Mapping[str, Any]) -> str:
    """`5 Pieces`."""
    found = number(amount)
    if found is None:
        return ""
    name = plain(unit.get("name")) if found == 1 else plain(unit.get("name_plural")) or plain(unit.get("name"))
    return f"{plain(found)} {name}".strip()
