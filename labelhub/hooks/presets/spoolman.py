"""What Spoolman tells over its WebSocket, `{type, resource, payload}`: the spool whole, without the keys that hold nothing."""

from __future__ import annotations

import json
from typing import Any

from labelhub.errors import PayloadInvalid
from labelhub.hooks.ask import Ask, Preset, table, text, texts
from labelhub.hooks.payload import Payload, Values


def read(payload: Payload) -> Ask:
    """The label of a spool. PayloadInvalid for an event without one."""
    values, spool = payload.values, table(payload.values, "payload")
    identifier = text(spool.get("id"), 20)
    if text(values.get("resource")) != "spool" or not identifier.isdecimal():
        raise PayloadInvalid("this is no event about a spool")
    return Ask(id=identifier, fields=fields_of(spool), event=text(values.get("type"), 60))


def fields_of(spool: Values) -> dict[str, Any]:
    """The fields of a spool's label, the spool as Spoolman gives it."""
    filament = table(spool, "filament")
    vendor, identifier = text(table(filament, "vendor").get("name")), text(spool.get("id"), 20)
    name = text(filament.get("name")) or text(filament.get("material")) or f"Filament {text(filament.get('id'))}"
    shown = texts(filament.get("material"), vendor, spool.get("location"))
    return {
        "title": name, "primary_id": f"#{identifier}", "qr_payload": f"WEB+SPOOLMAN:S-{identifier}", "secondary": shown, "lines": shown,
        "text": "\n".join([name, *shown]), "material": text(filament.get("material")), "vendor": vendor,
        "color_hex": text(filament.get("color_hex")), "location": text(spool.get("location")), "lot_nr": text(spool.get("lot_nr")),
        "remaining_weight": text(spool.get("remaining_weight")), **_extra(table(spool, "extra")),
    }  # fmt: skip


def _extra(extra: Values) -> dict[str, str]:
    found = {}
    for name, written in list(extra.items())[:50]:
        try:
            value = json.loads(written) if isinstance(written, str) else written
        except (ValueError, RecursionError):
            value = written
        found[f"extra_{name}"] = text(value)
    return found


PRESET = Preset("spoolman", "Spoolman", read, events=("added",))
