"""Paperless-ngx workflows: the names of the parameters are the user's; those of its own placeholders are understood as well."""

from __future__ import annotations

import re

from labelhub.errors import PayloadInvalid
from labelhub.hooks.ask import Ask, Preset, number, text, texts
from labelhub.hooks.payload import Payload

_DOCUMENT = re.compile(r"/documents/(\d{1,12})(?:/|$)")


def read(payload: Payload) -> Ask:
    """The label of a document. PayloadInvalid when neither its title nor its address came."""
    values = payload.values

    def first(*names: str) -> str:
        return next((found for name in names if (found := text(values.get(name)))), "")

    title, url = first("title", "doc_title", "original_filename", "filename"), first("url", "doc_url")
    there = _DOCUMENT.search(url)
    identifier = first("id", "doc_id") or (there[1] if there else "")
    if not title and not url:
        raise PayloadInvalid("set the workflow's parameters title = {{doc_title}} and url = {{doc_url}}: neither came")
    asn = first("asn", "archive_serial_number")
    shown = texts(first("correspondent"), first("document_type"), first("created", "added")[:10])
    fields = {
        "title": title, "text": "\n".join([title, *shown]), "qr_payload": url or asn, "lines": shown, "secondary": shown,
        "primary_id": asn or (f"#{identifier}" if identifier else ""),
    }  # fmt: skip
    return Ask(id=identifier or url or title, fields=fields, copies=number(values.get("copies")))


PRESET = Preset("paperless", "Paperless-ngx", read, dedup_s=30)
