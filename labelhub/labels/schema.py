"""Schema: the template language as a JSON Schema, told by the same descriptions that read a template.

It says all but what goes across two keys, such as that `max` is not below `min`, and which fields are declared; that is told by reading.
"""

from __future__ import annotations

from typing import Any

from labelhub.labels.elements import WORDS, keys
from labelhub.labels.template import SCHEMA_VERSION, TEMPLATE

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The schema of a whole template, as JSON values."""
    told = {name: keys(word).schema() for name, word in WORDS.items()}
    inside = {name: told[name] for name, word in WORDS.items() if not word.beside}
    head: dict[str, Any] = {"$schema": DIALECT, "title": f"Label template, version {SCHEMA_VERSION}"}
    return head | TEMPLATE.schema() | {"$defs": {"element": _one_word(inside), "beside": _one_word(told)}}


def _one_word(words: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": words, "additionalProperties": False, "minProperties": 1, "maxProperties": 1}
