"""Connection: how one system is reached, as settings declare it or as it was given over the API."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from labelhub.errors import ValidationFailed
from labelhub.urls import header_fault, token_fault, web_address

NAME = r"[a-z0-9][a-z0-9-]{0,39}"
MAX_HEADERS = 20


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


def checked(connection: Connection) -> Connection:
    """The connection with its URLs as they are kept. ValidationFailed with a pointer for each value that none can be."""
    urls: dict[str, str] = {}
    errors = []
    for name in ("url", "link_url"):
        try:
            written = getattr(connection, name)
            urls[name] = web_address(written) if written or name == "url" else ""
        except ValueError as error:
            errors.append((name, str(error)))
    errors += _faults(connection)
    if errors:
        told = [{"pointer": f"#/{name}", "detail": detail} for name, detail in errors]
        raise ValidationFailed(f"{errors[0][0]} {errors[0][1]}", errors=told)
    return replace(connection, url=urls["url"], link_url=urls["link_url"])


def _faults(connection: Connection) -> Iterator[tuple[str, str]]:
    if not re.fullmatch(NAME, connection.name):
        yield "name", "must be small letters and digits, with - between them, at most 40"
    if fault := token_fault(connection.token):
        yield "token", fault
    if len(connection.headers) > MAX_HEADERS:
        yield "headers", f"must be at most {MAX_HEADERS}"
    yield from (("headers", fault) for name, value in connection.headers.items() if (fault := header_fault(name, value)))
