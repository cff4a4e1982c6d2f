"""What came to a hook as people may see it: bounded, and with nothing in it that opens anything."""

from __future__ import annotations

import json
import re
from typing import Any

from labelhub.hooks.payload import Payload

MAX_CHARACTERS = 64 * 1024
MAX_TEXT = 1000
MAX_MEMBERS = 200
MAX_DEPTH = 12
HIDDEN = "***"
_SECRET = re.compile(r"token|secret|passw|api[_-]?key|authori[sz]ation|credential|signature|cookie", re.I)
_IN_ADDRESS = re.compile(r"(?i)([?&][^=&#\s]*(?:token|secret|passw|key)[^=&#\s]*=)[^&#\s]+|(?<=://)[^/@\s]+@")


def shown(payload: Payload, content_type: str) -> str:
    """The payload as JSON text: what its values are, of a picture only its size."""
    whole: dict[str, Any] = {"content_type": content_type[:200], "values": _bounded(payload.values, 0)}
    if payload.picture is not None:
        whole["picture_bytes"] = len(payload.picture)
    text = json.dumps(whole, ensure_ascii=False)
    if len(text) <= MAX_CHARACTERS:
        return text
    names = sorted(map(str, payload.values))[:MAX_MEMBERS]
    return json.dumps({"content_type": content_type[:200], "too_large": len(text), "names": [name[:60] for name in names]})


def _bounded(value: Any, depth: int) -> Any:
    if depth > MAX_DEPTH:
        return "…"
    if isinstance(value, dict):
        return {name: HIDDEN if _SECRET.search(name) else _bounded(part, depth + 1) for name, part in list(value.items())[:MAX_MEMBERS]}
    if isinstance(value, list):
        return [_bounded(part, depth + 1) for part in value[:MAX_MEMBERS]]
    if isinstance(value, str):
        short = value if len(value) <= MAX_TEXT else f"{value[:MAX_TEXT]}… ({len(value)} characters)"
        return _IN_ADDRESS.sub(lambda found: f"{found[1] or ''}{HIDDEN}{'' if found[1] else '@'}", short)
    return value
