"""Snipe-IT's chat messages (Slack's form) for checkout, checkin and audit; it sends none when an asset is made or changed.

The asset is the one that `attachments[0].title_link` leads to. Where Snipe-IT is connected the asset is fetched, which tells more.
"""

from __future__ import annotations

import re

from labelhub.errors import PayloadInvalid
from labelhub.hooks.ask import Ask, Preset, Thing, text, texts
from labelhub.hooks.payload import Payload, Values

_ASSET = re.compile(r"/hardware/(\d{1,12})(?:[/?#]|$)")
_LINK = re.compile(r"<[^<>|]{1,500}\|([^<>|]{1,500})>")
EVENTS = ("checked out", "checked in", "audit")


def read(payload: Payload) -> Ask:
    """The label of an asset. PayloadInvalid for a message about none."""
    values = payload.values
    sent = values.get("attachments")
    attachments = [one for one in sent if isinstance(one, dict)] if isinstance(sent, list) else []
    found = next((one for one in attachments if _ASSET.search(text(one.get("title_link")))), None)
    if found is None:
        raise PayloadInvalid("no attachment of this message leads to an asset (…/hardware/<number>)")
    url = text(found.get("title_link"))
    asset = _ASSET.search(url)
    tag, dash, name = text(found.get("title")).partition(" - ")
    shown = _said(found)
    fields = {
        "primary_id": tag, "title": name if dash else tag, "text": text(found.get("title")), "qr_payload": url, "secondary": shown,
        "lines": texts(tag if dash else "", *shown),
    }  # fmt: skip
    identifier = asset[1] if asset else ""
    event = next((event for event in EVENTS if event in text(values.get("text")).lower()), "")
    return Ask(id=identifier, fields=fields, thing=Thing("snipeit", "asset", identifier), event=event)


def _said(found: Values) -> list[str]:
    """Who has it and where: the fields To and Location, links as their text."""
    fields = found.get("fields")
    named = (
        {text(one.get("title")).lower(): one.get("value") for one in fields if isinstance(one, dict)} if isinstance(fields, list) else {}
    )
    return texts(*(_LINK.sub(r"\1", str(named[name])) for name in ("to", "location") if named.get(name)))


PRESET = Preset("snipeit", "Snipe-IT", read, dedup_s=10)
