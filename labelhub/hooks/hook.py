"""Hook: a place where another system brings what is to be printed, and how that becomes a label. Who may bring it shows a token."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from labelhub.errors import NotAuthenticated

NAME = r"[a-z0-9]+(?:[-_][a-z0-9]+){0,9}"
MAX_TOKENS = 10
MAX_TOKEN = 256
SHOWN = 6
"""Of a token, so many characters at its beginning are kept, for people to tell one from the other."""
MAX_DEDUP_S = 86_400.0
SIGNATURES = {"x-hook-signature": "sha512", "x-hub-signature-256": "sha256", "x-signature-256": "sha256", "x-signature": "sha256"}
"""Headers that hold an HMAC of the body in hex, some with `sha256=` before it. The first is NetBox's."""

Mapped = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """What a sender may show, as it is kept: not itself."""

    id: str
    begins: str
    digest: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Hook:
    """One place. What is None is as its preset has it.

    `fields`: a label's fields by name, each a path into what comes (`details.location.name`), a text with such paths in braces,
    or several of them for a list. `lookup`: `app` or `app/type` of the connected system that is asked for the thing, `identifier`
    what it is asked for, written as a field is.
    """

    name: str
    preset: str = "generic"
    enabled: bool = True
    printer: str | None = None
    template: str | None = None
    fields: Mapping[str, Mapped] = field(default_factory=dict)
    copies: int = 1
    dedup_s: float | None = None
    events: tuple[str, ...] = ()
    lookup: str | None = None
    identifier: str | None = None
    tokens: tuple[Token, ...] = ()
    secret: str | None = field(default=None, repr=False)
    declared: bool = False
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def definition(self) -> dict[str, Any]:
        """What is set about it, as JSON values, without secrets."""
        names = ("enabled", "printer", "template", "copies", "dedup_s", "lookup", "identifier")
        shown = {name: list(value) if isinstance(value, tuple) else value for name, value in self.fields.items()}
        return {name: getattr(self, name) for name in names} | {"fields": shown, "events": list(self.events)}


def new_token() -> str:
    """256 bits that nobody guesses, in characters that stand in any address."""
    return secrets.token_urlsafe(32)


def kept(token: str, at: datetime) -> Token:
    """The token as it is kept."""
    return Token(secrets.token_hex(4), token[:SHOWN], _digest(token), at)


def declared(name: str, at: datetime, token: str | None, secret: str | None, **values: Any) -> Hook:
    """A hook as settings declare it."""
    tokens = () if token is None else (Token("settings", token[:SHOWN], _digest(token), at),)
    return Hook(name, tokens=tokens, secret=secret, declared=True, **values)


def admits(hook: Hook, shown: Iterable[str]) -> bool:
    """True when one of the texts shown is a token of the hook. Takes as long whichever it is."""
    given = [_digest(text) for text in shown if text and len(text) <= MAX_TOKEN]
    return sum(hmac.compare_digest(one, token.digest) for one in given for token in hook.tokens) > 0


def check_signature(secret: str, headers: Mapping[str, str], body: bytes) -> None:
    """Returns when the body is signed with the secret. NotAuthenticated."""
    for name, algorithm in SIGNATURES.items():
        given = headers.get(name)
        if given is None:
            continue
        wanted = hmac.new(secret.encode(), body, algorithm).hexdigest()
        word = re.sub(r"^sha(256|512)=", "", given.strip().lower())
        if hmac.compare_digest(word.encode(), wanted.encode()):
            return
        raise NotAuthenticated(f"The signature in {name} is not the one of this body: set the hook's secret at the sender as well.")
    raise NotAuthenticated("This hook wants each delivery signed: set its secret at the sender, so that X-Hook-Signature comes with it.")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
