"""Written templates: one that somebody wrote, checked completely before it is kept, and the texts it is kept and shown as."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import yaml

from labelhub.errors import TemplateInvalid
from labelhub.labels import document
from labelhub.labels.element import walk
from labelhub.labels.images_element import Picture
from labelhub.labels.template import Template, parse

RESERVED = ("copy", "estimate", "images", "new", "preview", "schema", "validate", "versions")
"""Keys that stand for something else in addresses."""

_ORDER = (
    "schema_version", "key", "name", "app", "printer_model", "media", "orientation", "length", "margin_mm", "align", "fields", "layout",
)  # fmt: skip
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""What JSON may hold as it is, and YAML reads otherwise or not at all."""


@dataclass(frozen=True, slots=True)
class Written:
    """A template that may be kept: `definition` is its canonical text, `text` what was written, if it was YAML.

    `digest` is that of all it depends on: of its definition, and of the pictures it shows.
    """

    template: Template
    definition: str
    digest: str
    text: str | None = None

    @property
    def pictures(self) -> tuple[str, ...]:
        """The names of the stored pictures that it shows; those that a field names are not known before."""
        sources = [element.source for element in walk(self.template.layout) if isinstance(element, Picture)]
        literal = [phrase.filled({}, "").strip() for phrase in sources if not phrase.references]
        return tuple(sorted({name for name in literal if name and name[:5].lower() != "data:"}))

    def showing(self, pictures: Mapping[str, str]) -> Written:
        """The same with the digests of its pictures by name."""
        return replace(self, digest=digest_of(self.definition, pictures))


def written(source: str | Mapping[str, Any], key: str | None = None) -> Written:
    """The template of a YAML text or of JSON values, whose key is `key` or, where it is left out, becomes it.

    TemplateInvalid with the place (a JSON pointer) and the reason.
    """
    content = document.read(source).content if isinstance(source, str) else source
    if not isinstance(content, Mapping):
        raise document.refused("", "must be a mapping of keys and values")
    if key is not None:
        content = _keyed(content, key)
    definition = canonical(content)
    if len(definition.encode("utf-8", "replace")) > document.MAX_SOURCE_BYTES:
        raise TemplateInvalid(f"the template is larger than {document.MAX_SOURCE_BYTES // 1024} KiB once it is written as JSON")
    return Written(parse(definition), definition, digest_of(definition), source if isinstance(source, str) else None)


def canonical(definition: Mapping[str, Any]) -> str:
    """The definition as the one text it is kept as: JSON that YAML reads as the same values. TemplateInvalid for what is no JSON."""
    try:
        _check_values(definition)
        text = json.dumps(definition, sort_keys=True, ensure_ascii=False, allow_nan=False)
        text.encode()
    except RecursionError as error:
        raise TemplateInvalid(f"nested deeper than {document.MAX_DEPTH} levels") from error
    except ValueError as error:
        raise TemplateInvalid(f"the template holds a value that no template may hold: {error}") from error
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def digest_of(definition: str, pictures: Mapping[str, str] | None = None) -> str:
    """What a canonical text is found under, with the digests of the pictures it shows by name."""
    shown = "\n" + json.dumps(pictures, sort_keys=True) if pictures else ""
    return hashlib.sha256((definition + shown).encode()).hexdigest()


def yaml_of(definition: Mapping[str, Any]) -> str:
    """The definition as YAML for a person, in the order templates are usually written."""
    known = {name: definition[name] for name in _ORDER if name in definition}
    text: str = yaml.safe_dump({**known, **definition}, allow_unicode=True, sort_keys=False, width=120)
    return text


def _keyed(content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    if key in RESERVED:
        raise document.refused("/key", f"{key!r} stands for something else in addresses; take another key")
    if content.get("key", key) != key:
        raise document.refused("/key", f"must be {key!r}, as in the address, or be left out")
    return {**content, "key": key}


def _check_values(value: object, pointer: str = "") -> None:
    """YAML reads dates without being asked, and numbers that are none."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            _check_values(part, f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for place, part in enumerate(value):
            _check_values(part, f"{pointer}/{place}")
    elif isinstance(value, float) and not math.isfinite(value):
        raise document.refused(pointer, "must be a finite number")
    elif not isinstance(value, str | int | float | None):
        raise document.refused(pointer, f"is read as a {type(value).__name__}; put it in quotes to make it a text")
