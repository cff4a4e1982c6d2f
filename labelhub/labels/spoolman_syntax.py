"""Spoolman's label texts as templates: `**bold**`, `{filament.name}`, `{Lot: {lot_nr}}`, one line below the other, and a QR code.

Its designer's mini-syntax: a field by its path, a block `{text{path}text}` that goes with its field, and `?` where a field alone
is missing. A line that is bold as a whole is set bold; of one that is so in part the marks are taken away.
"""

from __future__ import annotations

import json
import re
from typing import Any

from labelhub.errors import TemplateInvalid
from labelhub.labels.template import Template, parse
from labelhub.labels.values import PATH

MAX_CHARACTERS = 4000
MAX_LINES = 20
QR_PAYLOAD = "WEB+SPOOLMAN:S-{id}"
"""What Spoolman's own codes hold; in capitals it makes a smaller code."""

_ALONE = re.compile(rf"\{{({PATH})\}}")
_BLOCK = re.compile(rf"\{{([^{{}}]*)\{{({PATH})\}}([^{{}}]*)\}}")
_TOKEN = re.compile(rf"(?P<block>{_BLOCK.pattern})|(?P<alone>{_ALONE.pattern})|(?P<brace>[{{}}])")
_BOLD = re.compile(r"\*\*(.+?)\*\*")


def template_of(text: str, *, key: str = "spoolman-design", name: str = "Spoolman design", qr_payload: str = QR_PAYLOAD) -> Template:
    """A template for any media that shows the text beside a QR code; "" for `qr_payload`: no code. TemplateInvalid."""
    return parse(json.dumps(definition_of(text, key=key, name=name, qr_payload=qr_payload), ensure_ascii=False))


def definition_of(text: str, *, key: str, name: str, qr_payload: str = QR_PAYLOAD) -> dict[str, Any]:
    """The same as the values that a template is written in. TemplateInvalid for a text that is too long or has no line."""
    if len(text) > MAX_CHARACTERS:
        raise TemplateInvalid(f"the text has {len(text)} characters; a Spoolman text has at most {MAX_CHARACTERS}")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not 0 < len(lines) <= MAX_LINES:
        raise TemplateInvalid(f"the text has {len(lines)} lines; write 1 to {MAX_LINES}")
    column = {"column": {"gap_mm": 0.5, "items": [_line(line) for line in lines]}}
    code = [{"barcode": {"value": _phrase(qr_payload, missing=""), "max_mm": 24}}] if qr_payload else []
    whole = {"row": {"gap_mm": 1.2, "items": [*code, column]}}
    short = {
        "value": _phrase(_BOLD.sub(r"\1", " · ".join(lines))),
        "size_mm": {"min": 1.4, "max": 2.5},
        "lines": 3,
        "overflow": "ellipsis",
    }
    narrow = {"row": {"gap_mm": 1.2, "items": [*code, {"text": short}]}}
    drawings = [whole, narrow, {"text": short}] if code else [whole, narrow]
    fields = [{"name": field} for field in _fields([*lines, qr_payload])]
    return {
        "schema_version": 1,
        "key": key,
        "name": name,
        "app": "spoolman",
        "orientation": "auto",
        "length": {"prefer_mm": 60, "max_mm": 150},
        "margin_mm": {"ends": 0.8, "sides": 0.2},
        "layout": {"either": {"items": drawings}},
        **({"fields": fields} if fields else {}),
    }


def _line(line: str) -> dict[str, Any]:
    bold = _BOLD.fullmatch(line)
    plain = bold[1] if bold and "**" not in bold[1] else None
    size = {"min": 1.7, "max": 6} if plain is not None else {"min": 1.5, "max": 3.5}
    written = _phrase(_BOLD.sub(r"\1", line) if plain is None else plain)
    return {"text": {"value": written, "size_mm": size, "bold": plain is not None, "lines": 3, "share": 3 if plain is not None else 2}}


def _phrase(text: str, missing: str = "?") -> str:
    """The text as a phrase: a missing field alone shows `missing`, a lone brace is itself."""

    def written(found: re.Match[str]) -> str:
        if found["brace"]:
            return found[0] * 2
        if found["alone"]:
            path = found["alone"][1:-1]
            return f"{{{path}|default:{missing}}}" if missing else found[0]
        before, path, after = _inside(found["block"])
        return found[0] if before or after else f"{{{path}}}"

    return _TOKEN.sub(written, text)


def _inside(block: str) -> tuple[str, str, str]:
    found = _BLOCK.fullmatch(block)
    return (found[1], found[2], found[3]) if found else ("", "", "")


def _fields(texts: list[str]) -> list[str]:
    """Names of the fields that the texts use, in order."""
    return list(dict.fromkeys(path.split(".")[0] for text in texts for path in _ALONE.findall(text)))
