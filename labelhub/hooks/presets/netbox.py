"""NetBox event rules with their default body: what happened, to an object of which kind, and the object as its API gives it."""

from __future__ import annotations

from labelhub.errors import PayloadInvalid
from labelhub.hooks.ask import Ask, Preset, table, text, texts
from labelhub.hooks.payload import Payload, Values


def read(payload: Payload) -> Ask:
    """The label of an object. PayloadInvalid when there is none."""
    values, found = payload.values, table(payload.values, "data")
    title, identifier = text(found.get("display") or found.get("name")), text(found.get("id"))
    if not title and not identifier:
        raise PayloadInvalid("there is no object in it: leave the webhook's body template empty, so that NetBox sends its own")
    kind = text(values.get("object_type") or values.get("model"), 60)
    shown = texts(_type(found), _prefixed("SN ", found.get("serial")), _place(found))
    tag = text(found.get("asset_tag"))
    fields = {
        "title": title, "text": "\n".join([title, *shown]), "primary_id": tag or title, "lines": texts(tag, *shown),
        "secondary": shown, "qr_payload": text(found.get("display_url")) or text(found.get("url")).replace("/api/", "/", 1),
    }  # fmt: skip
    return Ask(id=f"{kind}/{identifier}", fields=fields, event=text(values.get("event"), 60))


def _type(found: Values) -> str:
    kind = table(found, "device_type")
    return " ".join(texts(table(kind, "manufacturer").get("name"), kind.get("model")))


def _place(found: Values) -> str:
    rack = _prefixed("", table(found, "rack").get("name"))
    unit = text(found.get("position"))
    return " ".join(texts(table(found, "site").get("name"), rack, f"U{unit}" if rack and unit else ""))


def _prefixed(before: str, value: object) -> str:
    found = text(value)
    return before + found if found else ""


PRESET = Preset("netbox", "NetBox", read, dedup_s=10, events=("created", "updated"))
