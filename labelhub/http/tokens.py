"""Tokens of hooks: the five places senders can show one in, and what a request may do that shows one, or is let in without."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from starlette.requests import Request

from labelhub.auth import Keyring
from labelhub.errors import NotAuthenticated
from labelhub.hooks.hook import Hook, admits
from labelhub.http import rights
from labelhub.http.callers import caller_of
from labelhub.http.cross_origin import is_foreign

NAMES = ("token", "hub_token", "labelhub_token")
"""What the token is called in an address or a body."""


def shown_outside(request: Request, in_path: str | None) -> list[str]:
    """Tokens that a request shows beside its body: bearer, Basic (either half), in the path, behind the `?`."""
    found = [in_path or ""]
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        found.append(value.strip())
    elif scheme.lower() == "basic":
        found += _basic(value.strip())
    found += [value for name, value in _query(request) if name in NAMES]
    return [token for token in found if token]


def shown_inside(values: Mapping[str, Any]) -> list[str]:
    """Tokens in a body that was read."""
    return [value for name in NAMES if isinstance(value := values.get(name), str) and value]


def is_trusted(request: Request) -> bool:
    """True for a request that needs no token: from this machine or with a session, unless a page of another origin sent it.

    RateLimited, NotAuthenticated for an API key that is wrong.
    """
    if is_foreign(request.scope):
        return False
    scheme = request.headers.get("authorization", "").partition(" ")[0]
    caller, keyring = caller_of(request.scope), _keyring(request)
    if caller.local or keyring.is_session(request.cookies.get(rights.SESSION_COOKIE, "")):
        return True
    if scheme.lower() != "bearer" or not keyring.has_key:
        return False
    rights.check(request)
    return True


def check(request: Request, hook: Hook | None, shown: list[str]) -> None:
    """Returns when one of the tokens shown is the hook's. NotAuthenticated, whether there is such a hook or not; RateLimited."""
    caller, keyring = caller_of(request.scope), _keyring(request)
    keyring.check_guesses(caller.address)
    if hook is not None and admits(hook, shown):
        return
    if shown:
        keyring.count_guess(caller.address)
    raise NotAuthenticated(
        "Show a token of this hook: in the path, as ?token=, as a bearer token, as the password of the address, or as the field token."
    )


def _keyring(request: Request) -> Keyring:
    keyring: Keyring = request.app.state.keyring
    return keyring


def _basic(value: str) -> Iterator[str]:
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return
    yield from (unquote(user), unquote(password))


def _query(request: Request) -> list[tuple[str, str]]:
    try:
        return parse_qsl(request.url.query, max_num_fields=1000)
    except ValueError:
        return []
