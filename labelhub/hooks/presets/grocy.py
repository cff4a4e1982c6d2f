"""Grocy's label printer webhook, as JSON and as a form, from its server and from its users' browsers; and what older receivers took.

    product, battery, chore, recipe   the name
    grocycode                         what the code holds: `grcy:p:<product>[:<stock entry>]`, `grcy:b:`, `grcy:c:`, `grcy:r:<id>`
    due_date                          `DD: 2026-12-24`, the letters in the user's language; 2999-12-31 means never
    details                           the thing as it was before the booking; as a form only what is plain in it
    stock_entry                       the entry; where it is opened, with the old due date: `due_date` counts

Each unit's label has a code of its own, and a label asked for twice is wanted twice: nothing is taken for a repetition.
"""

from __future__ import annotations

import re
from typing import Any

from labelhub.errors import PayloadInvalid
from labelhub.hooks.ask import Ask, Preset, table, text, texts
from labelhub.hooks.payload import Payload, Values

KINDS = ("product", "battery", "chore", "recipe")
NEVER = "2999-12-31"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_CODE = re.compile(r"grcy:[pbcr]:(\d+)(?::[^:\s]+)?", re.I)


def read(payload: Payload) -> Ask:
    """The label of a thing of Grocy. PayloadInvalid when its name is not there."""
    values, details, entry = payload.values, table(payload.values, "details"), table(payload.values, "stock_entry")
    kind = next((kind for kind in KINDS if text(values.get(kind))), "")
    name, code = text(values.get(kind)), text(values.get("grocycode"), 200)
    if not name and not code:
        raise PayloadInvalid("Grocy sends product, battery, chore or recipe with a grocycode; neither came")
    due = _due(values, entry)
    shown = texts(due, *_more(kind, details, entry))
    number = _CODE.fullmatch(code)
    fields: dict[str, Any] = {
        "title": name or code, "text": "\n".join([name or code, *shown]), "qr_payload": code, "secondary": shown, "lines": shown,
        "primary_id": number[1] if number else "", "due_date": _date(due), **_named(details, entry),
    }  # fmt: skip
    return Ask(id=code or name, fields=fields)


def _due(values: Values, entry: Values) -> str:
    """As Grocy writes it; "" for never. The entry's own where nothing else says it."""
    if "due_date" in values or "duedate" in values:
        written = text(values.get("due_date") or values.get("duedate"))
    else:
        written = text(entry.get("best_before_date"))
    return "" if NEVER in written else written


def _date(due: str) -> str:
    found = _DATE.search(due)
    return found[0] if found else due


def _more(kind: str, details: Values, entry: Values) -> list[object]:
    if kind == "battery":
        return [table(details, "battery").get("used_in")]
    return [entry.get("note")] if kind == "product" else []


def _named(details: Values, entry: Values) -> dict[str, str]:
    """What templates of one's own may want; the amount is the entry's, for that of the product is the one before the booking."""
    product = table(details, "product")
    return {
        "amount": text(entry.get("amount")),
        "unit": text(table(details, "quantity_unit_stock").get("name")),
        "location": text(table(details, "location").get("name")),
        "purchased_date": text(entry.get("purchased_date")),
        "price": text(entry.get("price")),
        "note": text(entry.get("note")),
        "description": text(product.get("description") or details.get("description")),
    }


PRESET = Preset("grocy", "Grocy", read)
