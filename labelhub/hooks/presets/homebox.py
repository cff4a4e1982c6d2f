"""Homebox's print command: the label it has drawn itself, as PNG, with `?url=...&title=...` in the address.

The title stands last and as it is, with whatever blanks, ampersands and signs are in it: everything behind `title=` is the title, and
a plus in it is one; wget writes what may not stand in an address, a blank too, as `%20` and the like.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from labelhub.errors import PayloadInvalid
from labelhub.hooks.ask import Ask, Preset, text, texts
from labelhub.hooks.payload import Payload, plain

_TITLE = re.compile(r"(?:^|&)title=")
_LINK = re.compile(r"(?:^|&)url=([^&]*)")
_ID = re.compile(r"/(?:item|location|entity|a)/([0-9A-Za-z-]{1,64})")


def read(payload: Payload) -> Ask:
    """The label as Homebox drew it, and the thing it is of. PayloadInvalid when neither a picture nor a title nor an address came."""
    before, _, after = _parted(payload.query)
    found = _LINK.search(before)
    url = text(_decoded(found[1]) if found else payload.values.get("url"))
    title = text(_decoded(after) if after else payload.values.get("title"))
    if payload.picture is None and not url and not title:
        raise PayloadInvalid("send the label that Homebox drew with --post-file={{.FileName}}, or its url and title")
    thing = _ID.search(url)
    fields = {"title": title or url, "text": title or url, "qr_payload": url, "primary_id": thing[1] if thing else ""}
    return Ask(id=thing[1] if thing else url or title, fields=fields, picture=payload.picture)


def _parted(query: str) -> tuple[str, str, str]:
    found = _TITLE.search(query)
    return (query, "", "") if found is None else (query[: found.start()], "title=", query[found.end() :])


def _decoded(written: str) -> str:
    return plain(unquote(written, errors="replace"))


def label(payload: Payload) -> Ask:
    """The label that Homebox's label service is asked for: what it says of sizes, for a screen, is not looked at."""
    values = payload.values
    title, url = text(values.get("TitleText")), text(values.get("URL"), 2000)
    if not title and not url:
        raise PayloadInvalid("Homebox asks with TitleText and URL; neither came")
    shown = texts(*str(values.get("DescriptionText") or "").splitlines()[:10], values.get("AdditionalInformation"))
    fields = {
        "title": title or url, "text": "\n".join([title or url, *shown]), "qr_payload": url, "primary_id": title,
        "lines": shown, "secondary": shown,
    }  # fmt: skip
    return Ask(id=url, fields=fields)


PRESET = Preset("homebox", "Homebox", read)
LABEL = Preset("homebox-label", "Homebox's label service", label)
