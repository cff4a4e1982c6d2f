"""Target: where notices go, and which."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from labelhub.urls import origin

if TYPE_CHECKING:
    from labelhub.declared import DeclaredNotice


class Kind(StrEnum):
    """How a target is spoken to."""

    WEBHOOK = "webhook"
    NTFY = "ntfy"
    APPRISE = "apprise"


class Type(StrEnum):
    """What a notice is about."""

    PRINTER_FAULT = "printer.fault"
    PRINTER_RESOLVED = "printer.resolved"
    MEDIA_NEEDED = "media.needed"
    JOB_FAILED = "job.failed"
    JOB_OUTCOME_UNKNOWN = "job.outcome_unknown"
    TEST = "test"


CHOSEN = (Type.PRINTER_FAULT, Type.MEDIA_NEEDED, Type.JOB_FAILED, Type.JOB_OUTCOME_UNKNOWN)
"""What a target can be told of. That a fault is over is told to who was told of it, unless it does not want to know."""


@dataclass(frozen=True, slots=True)
class Target:
    """One place. Of `url` only the origin may be shown: what follows it often lets anybody in who knows it."""

    name: str
    kind: Kind
    url: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)
    """Of a webhook: the key its notices are signed with."""
    token: str | None = field(default=None, repr=False)
    """Sent as `Authorization: Bearer`."""
    urls: str | None = field(default=None, repr=False)
    """Of an Apprise server without a stored configuration: whom it is to tell."""
    tags: str | None = None
    """Of an Apprise server with one: whom of those."""
    types: frozenset[Type] = frozenset(CHOSEN)
    resolved: bool = True

    @property
    def host(self) -> str:
        """Scheme, host and port."""
        return origin(self.url)

    def wants(self, kind: Type) -> bool:
        """Whether it is told of this."""
        if kind is Type.PRINTER_RESOLVED:
            return self.resolved and bool(self.types & {Type.PRINTER_FAULT, Type.MEDIA_NEEDED})
        return kind is Type.TEST or kind in self.types


def target_of(declared: DeclaredNotice) -> Target:
    """The target that settings declare."""
    url, secret, token, urls = (
        None if value is None else value.get_secret_value() for value in (declared.url, declared.secret, declared.token, declared.urls)
    )
    types = frozenset(map(Type, declared.types))
    return Target(declared.name, Kind(declared.kind), url or "", secret, token, urls, declared.tags, types, declared.resolved)
