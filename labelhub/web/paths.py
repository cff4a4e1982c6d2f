"""Paths of this hub that a form names to come back to."""

from __future__ import annotations

import re

# One slash, then neither a second one nor a backslash: browsers read both as the start of another host's name.
_LOCAL_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]{0,2000}", re.ASCII)


def local_path(text: str) -> str:
    """The path to go to; `/` unless it is a path of this hub."""
    return text if _LOCAL_PATH.fullmatch(text) else "/"
