"""What of an address may be told in a log: all of it but a token that stands in its path, also where the address is mistyped."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"^(/api/(?:webhook/[^/]*|label/homebox)/).+", re.S)
_IN_PLACE_OF_A_NAME = re.compile(r"^(/api/webhook/)(?![a-z0-9_-]{1,30}$)[^/]+$", re.S)
_LONG = re.compile(r"[^/;]{16,}", re.S)
"""No token is shorter."""


def told(path: str, *, known: bool = True) -> str:
    """The path without the token in it; where the hub does not know the address, without anything that may be one."""
    if not known:
        return _LONG.sub("***", path)
    return _IN_PLACE_OF_A_NAME.sub(r"\1***", _TOKEN.sub(r"\1***", path))
