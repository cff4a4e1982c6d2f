"""Connection: how one system is reached, as settings declare it or as it was given over the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Connection:
    """A connected system. `url` is where it is for the hub, `link_url` where people's browsers find it, "" for the same.

    `token` and `headers` are secrets: they are sent to `url` and shown to nobody.
    """

    name: str
    kind: str
    url: str
    created_at: datetime
    updated_at: datetime
    link_url: str = ""
    token: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    verify_tls: bool = True
    declared: bool = False

    @property
    def links(self) -> str:
        """Where its things' pages are."""
        return self.link_url or self.url


@dataclass(frozen=True, slots=True)
class Seen:
    """How a system last answered this node; all None before it was first asked."""

    last_success_at: datetime | None = None
    last_error_at: datetime | None = None
    last_error: str | None = None

    @property
    def state(self) -> str:
        """`ok`, `failed`, or `unknown` before it was first asked."""
        if self.last_error_at is None:
            return "unknown" if self.last_success_at is None else "ok"
        return "ok" if self.last_success_at is not None and self.last_success_at > self.last_error_at else "failed"
