"""Once: a form that prints carries a key, so that pressing its button twice, or sending it again, prints nothing more."""

from __future__ import annotations

import hashlib
import re
import secrets

from labelhub.jobs.store import Once

HOLDER = "page"
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")


def form_key() -> str:
    """A new key for a form's hidden field `key`."""
    return secrets.token_urlsafe(12)


def once_of(key: str, meant: str) -> Once | None:
    """The key of a form with a digest of what it is to print; None for a form that came without one."""
    return Once(HOLDER, key, hashlib.sha256(meant.encode()).hexdigest()) if _KEY.fullmatch(key) else None
