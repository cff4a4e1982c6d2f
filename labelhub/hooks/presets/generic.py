"""Senders that say themselves what they want: with the words of `POST /api/print`, or with the fields alone.

data        the fields of the label; without it, all values that are texts or numbers are fields
lookup      {app, identifier}: a thing of a connected system, fetched after the answer
template, printer, copies, idempotency_key    where the hook itself does not say
image       a picture as a data: address or in base64
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from labelhub.errors import PayloadInvalid
from labelhub.hooks.ask import Ask, Preset, Thing, number, table, text
from labelhub.hooks.payload import Payload, Values

MAX_FIELDS = 100
RESERVED = frozenset(
    {"template", "template_id", "printer", "copies", "lookup", "data", "options", "event", "idempotency_key", "token", "hub_token",
     "labelhub_token", "png_base64", "image_base64"}
)  # fmt: skip
PICTURES = ("image", "png_base64", "image_base64")
ALSO = {"qr_payload": ("url", "link"), "title": ("name",), "primary_id": ("id",)}
"""Names that mean a template's field, where that one is not there itself."""


def read(payload: Payload) -> Ask:
    """The label as its sender describes it."""
    values = payload.values
    picture, given = payload.picture, table(values, "data") or values
    for name in PICTURES:
        picture = picture or picture_of(given.get(name)) or picture_of(values.get(name))
    fields = _fields(given, picture is not None)
    thing = _lookup(table(values, "lookup"))
    if not fields and thing is None and picture is None:
        raise PayloadInvalid("nothing came that could stand on a label; send fields such as text, title or qr_payload")
    return Ask(
        id=text(values.get("id") or fields.get("primary_id")),
        fields=fields,
        picture=picture,
        thing=thing,
        template=text(values.get("template") or values.get("template_id"), 100) or None,
        printer=text(values.get("printer"), 100) or None,
        copies=number(values.get("copies")),
        event=text(values.get("event"), 60),
        key=text(values.get("idempotency_key"), 200) or None,
    )


def picture_of(value: object) -> bytes | None:
    """The picture that a value holds in base64, as a data: address or plain. PayloadInvalid for a data: address that holds none."""
    if not isinstance(value, str) or len(value) < 100:
        return None
    _, comma, content = value.partition(",") if value[:11].lower() == "data:image/" else ("", "", value)
    try:
        found = base64.b64decode("".join(content.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        if comma:
            raise PayloadInvalid("the picture's data: address is no base64; encode it again, without leaving anything out") from error
        return None
    return found if comma or found.startswith((b"\x89PNG", b"\xff\xd8\xff", b"RIFF")) else None


def _fields(given: Values, pictured: bool) -> dict[str, Any]:
    fields = {name: value for name, value in given.items() if name not in RESERVED and not (pictured and name == "image")}
    if len(fields) > MAX_FIELDS:
        raise PayloadInvalid(f"more than {MAX_FIELDS} fields came; name those of the label in the hook's settings, or send fewer")
    for wanted, others in ALSO.items():
        if not fields.get(wanted):
            found = next((text(given[name]) for name in others if text(given.get(name))), "")
            fields |= {wanted: found} if found else {}
    if fields.get("title") and not fields.get("text"):
        fields["text"] = fields["title"]
    if fields.get("secondary") and not fields.get("lines"):
        fields["lines"] = fields["secondary"]
    return fields


def _lookup(lookup: Values) -> Thing | None:
    app, _, kind = text(lookup.get("app"), 100).partition("/")
    identifier = text(lookup.get("identifier") or lookup.get("id"), 200)
    return Thing(app, kind or text(lookup.get("type"), 60), identifier) if app and identifier else None


def _read_text(payload: Payload) -> Ask:
    """`/api/print/text?text=&font_size=&font_family=`, as older programs ask for it; size and font follow from the media."""
    written = payload.values.get("text")
    if not isinstance(written, str) or not written.strip():
        raise PayloadInvalid("there is no text; send ?text=...")
    return Ask(
        fields={"text": written}, printer=text(payload.values.get("printer"), 100) or None, copies=number(payload.values.get("copies"))
    )


PRESET = Preset("generic", "Any program", read)
HOME_ASSISTANT = Preset("homeassistant", "Home Assistant", read)
TEXT = Preset("text", "Text, as older programs send it", _read_text)
