"""What every answer may hold, and what an answer that nobody has to wait for says: known before anything else is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labelhub import __version__

if TYPE_CHECKING:
    from labelhub.settings import Settings

CLOSED_POLICY = "default-src 'none'; frame-ancestors 'none'"
SAFE_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not no-referrer: with that a browser sends `Origin: null` with its own forms, which we refuse.
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": CLOSED_POLICY,
}
"""They keep a browser from doing more with an answer than it should."""


def build_of(settings: Settings) -> dict[str, str | None]:
    """What this program was built from, where whoever built it said so."""
    return {"revision": settings.revision, "build_date": settings.build_date, "repository": settings.repository}


def alive(build: dict[str, str | None]) -> dict[str, str | None]:
    """The body of `/healthz`."""
    return {"status": "ok", "version": __version__, **build}
