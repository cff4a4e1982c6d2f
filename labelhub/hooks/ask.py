"""Ask: the label that a delivery asks for. Presets read it from what their system sends; a hook's own settings come on top."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from labelhub.errors import FieldMissing, LabelTooLong, PayloadInvalid, TemplateInvalid
from labelhub.hooks.hook import Hook, Mapped
from labelhub.hooks.payload import Payload, Values
from labelhub.labels.document import Value
from labelhub.labels.fields import Phrase, read_phrase
from labelhub.labels.values import PATH, texts_at

MAX_COPIES = 100
MAX_TEXT = 500
PICTURE_TEMPLATE = "any-picture"
_ONE_PATH = re.compile(PATH)
_TAGS = re.compile(r"<(?:br|/p|/li|/div)\b[^<>]{0,200}>|<[a-zA-Z/!][^<>]{0,2000}>")


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing of a connected system that is to be fetched."""

    app: str
    type: str
    id: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A label that is asked for: its fields, and what else its sender said. `id` is the thing's, to tell one delivery from another.

    `event`: what happened to the thing; `why_not`: why nothing is to be printed of it.
    """

    id: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    picture: bytes | None = None
    picture_digest: str = ""
    """What its picture is kept under; whoever receives it sets this, for of a large one it takes a while."""
    thing: Thing | None = None
    template: str | None = None
    printer: str | None = None
    copies: int = 1
    event: str = ""
    why_not: str | None = None
    key: str | None = None
    """The sender's own word for this delivery: the same again is the same delivery."""

    def content(self) -> str:
        """The same for two that ask for the same label of the same thing."""
        thing = None if self.thing is None else [self.thing.app, self.thing.type, self.thing.id]
        meant = [self.id, self.event, dict(self.fields), self.picture_digest, thing, self.template, self.printer, self.copies]
        return hashlib.sha256(json.dumps(meant, sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Preset:
    """How one system's deliveries are read. `dedup_s`: for so long the same delivery is taken for the same; 0: each is another."""

    name: str
    title: str
    read: Callable[[Payload], Ask]
    dedup_s: float = 0.0
    events: tuple[str, ...] = ()
    """What is printed unless a hook says otherwise; empty: whatever happened."""


def asked(hook: Hook, preset: Preset, payload: Payload) -> Ask:
    """The label that a delivery asks a hook for. PayloadInvalid, LabelTooLong."""
    ask = preset.read(payload)
    events = hook.events or preset.events
    if ask.why_not is None and events and ask.event and ask.event not in events:
        ask = replace(ask, why_not=f"this hook does not print {ask.event!r}, only {', '.join(events)}")
    fields = {**ask.fields, **{name: _mapped(value, payload.values) for name, value in hook.fields.items()}}
    found = {name: value for name, value in fields.items() if value not in (None, "", [])}
    thing = _thing(hook, payload.values, ask.thing)
    copies = min(MAX_COPIES, max(1, ask.copies) * hook.copies)
    return replace(
        ask, fields=found, thing=thing, copies=copies, template=hook.template or ask.template, printer=hook.printer or ask.printer
    )


def template_for(ask: Ask) -> str:
    """The template for what a label is to show, where nobody named one: one for any media."""
    fields = ask.fields
    if ask.template is not None:
        return ask.template
    if ask.picture is not None or fields.get("image"):
        return PICTURE_TEMPLATE
    if ask.thing is not None or fields.get("qr_payload"):
        return "any-qr"
    if fields.get("primary_id"):
        return "any-asset"
    return "any-list" if fields.get("lines") and not fields.get("text") else "any-text"


def check_field(written: Mapped) -> None:
    """TemplateInvalid when a field is written as none can be."""
    for one in (written,) if isinstance(written, str) else written:
        _phrase(one)


def text(value: object, most: int = MAX_TEXT) -> str:
    """A value of a payload as one plain line: entities and markup gone, numbers as people write them; "" for none."""
    return " ".join(lines(value, most).split())


def lines(value: object, most: int = MAX_TEXT) -> str:
    """As `text`, with its line breaks."""
    if value is None or isinstance(value, dict | list | bool):
        return ""
    if isinstance(value, float):
        return f"{value:.10g}"
    return html.unescape(_TAGS.sub(" ", str(value)[: 4 * most])).strip()[:most]


def texts(*values: object) -> list[str]:
    """Those of the values that hold something, each as `text`."""
    return [found for found in map(text, values) if found]


def table(values: Values, name: str) -> Values:
    """The table of that name; an empty one where there is none."""
    found = values.get(name)
    return found if isinstance(found, dict) else {}


def number(value: object, otherwise: int = 1) -> int:
    """A whole number in a payload, which may be written as a text."""
    try:
        return int(str(value)[:12])
    except ValueError:
        return otherwise


def _thing(hook: Hook, values: Values, found: Thing | None) -> Thing | None:
    if hook.lookup is None:
        return found
    app, _, kind = hook.lookup.partition("/")
    if hook.identifier is None:
        return found and Thing(app, kind or found.type, found.id)
    identifier = _mapped(hook.identifier, values)
    if not identifier:
        raise PayloadInvalid(f"nothing stands at {hook.identifier!r} in what was sent, so there is nothing to look up in {app}")
    return Thing(app, kind, str(identifier))


def _mapped(written: Mapped, values: Values) -> Any:
    if isinstance(written, tuple):
        found: list[str] = []
        for one in written:
            value = _mapped(one, values)
            found += value if isinstance(value, list) else [value] if value else []
        return found
    phrase = _phrase(written)
    try:
        if isinstance(phrase, tuple):
            many = [lines(one, 2000) for one in texts_at(values, phrase, 20_000)]
            return many[0] if len(many) == 1 else many
        return lines(phrase.filled(values, ", "), 2000)
    except (FieldMissing, LabelTooLong):
        return ""


@lru_cache(maxsize=512)
def _phrase(written: str) -> Phrase | tuple[str, ...]:
    """The path that a text is, or what is written with paths in it. TemplateInvalid."""
    if _ONE_PATH.fullmatch(written):
        return tuple(written.split("."))
    try:
        return read_phrase(Value(written, ""))
    except TemplateInvalid as error:
        raise TemplateInvalid(f"{written[:80]!r} is neither a path nor a text with {{paths}} in it: {error.detail}") from error
