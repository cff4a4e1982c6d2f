"""From a thing to a label: the names under which every template of the hub knows its texts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any


def label_fields(title: str, primary_id: str, qr_payload: str, secondary: Sequence[str], **more: Any) -> dict[str, Any]:
    """Fields that fit every built-in template: those named, `name`, `lines` and `text` made of them, and what of `more` is not empty."""
    own = {name: value for name, value in more.items() if value not in (None, "", [], {})}
    lines = list(secondary)
    made = {"name": title, "lines": lines, "text": "\n".join(line for line in (title, *lines) if line)}
    given = {"title": title, "primary_id": primary_id, "qr_payload": qr_payload}
    return made | own | {name: value for name, value in given.items() if value} | {"secondary": lines}


def slug(label: str) -> str:
    """`MAC Address` -> `mac_address`: a name that a template can use; "" when nothing is left."""
    plain = unicodedata.normalize("NFKD", label.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:50]
