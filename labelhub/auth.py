"""Keys and sessions as values: no web framework, and the clock is handed in.

A session token is what a browser keeps instead of the key:

    field     holds
    -------   ---------------------------------------------------------------
    version   `v1`
    expires   end of the session, whole seconds since 1970
    nonce     128 random bits in hex, so that no two tokens are equal
    mac       HMAC-SHA256 over the three before it, in hex, under a key that is
              itself derived from the API key: another API key ends all sessions
"""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_network

from labelhub.errors import NotAuthenticated, RateLimited

SESSION_S = 30 * 24 * 3600
WRONG_KEYS = 10
WRONG_KEYS_WINDOW_S = 60.0
MAX_CALLERS = 1024
MAX_KEY_CHARACTERS = 4096

Address = IPv4Address | IPv6Address


class Keyring:
    """The hub's API key, if it has one: checks keys, signs browsers in, and slows down whoever guesses."""

    def __init__(self, key: str | None, now: Callable[[], float]) -> None:
        self._digest = None if key is None else _digest(key)
        self._now = now
        self._wrong = WrongKeys()

    @property
    def has_key(self) -> bool:
        """False when no key was configured: then nobody from beyond this machine comes in."""
        return self._digest is not None

    def check_key(self, given: str, caller: Address | None) -> None:
        """Returns when the key is right. NotAuthenticated, or RateLimited after too many wrong ones from there."""
        self._wrong.check(caller, self._now())
        if self._digest is None or len(given) > MAX_KEY_CHARACTERS or not hmac.compare_digest(_digest(given), self._digest):
            self._wrong.count(caller, self._now())
            raise NotAuthenticated("The API key is not the one this hub was given.")

    def check_guesses(self, caller: Address | None) -> None:
        """RateLimited after too many wrong keys or tokens from there."""
        self._wrong.check(caller, self._now())

    def count_guess(self, caller: Address | None) -> None:
        """Notes a wrong token that was shown elsewhere than as the API key."""
        self._wrong.count(caller, self._now())

    def new_session(self) -> str:
        """A signed token for a browser whose user has just shown the key, good for `SESSION_S`."""
        text = f"v1.{int(self._now()) + SESSION_S}.{secrets.token_hex(16)}"
        return f"{text}.{self._mac(text)}"

    def is_session(self, token: str) -> bool:
        """True for a token of this hub and key that has not expired."""
        text, _, mac = token.rpartition(".")
        if self._digest is None or not token.isascii() or not hmac.compare_digest(mac, self._mac(text)):
            return False
        return self._now() < int(text.split(".")[1])

    def _mac(self, text: str) -> str:
        signing_key = hmac.digest(self._digest or b"", b"labelhub session", "sha256")
        return hmac.new(signing_key, text.encode(), "sha256").hexdigest()


class WrongKeys:
    """Counts wrong keys by caller over a sliding window; remembers `MAX_CALLERS` callers at most, the latest ones."""

    def __init__(self) -> None:
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def check(self, caller: Address | None, now: float) -> None:
        """RateLimited while `WRONG_KEYS` of the last window are wrong ones."""
        times = self._times.get(neighbourhood(caller), deque())
        if len(times) == WRONG_KEYS and (left_s := times[0] + WRONG_KEYS_WINDOW_S - now) > 0:
            wait_s = math.ceil(left_s)
            raise RateLimited(f"Too many wrong API keys. Try again in {wait_s} s.", retry_after_s=wait_s)

    def count(self, caller: Address | None, now: float) -> None:
        """Notes one wrong key."""
        times = self._times.setdefault(neighbourhood(caller), deque(maxlen=WRONG_KEYS))
        times.append(now)
        self._times.move_to_end(neighbourhood(caller))
        if len(self._times) > MAX_CALLERS:
            self._times.popitem(last=False)


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode(errors="replace")).digest()


def neighbourhood(caller: Address | None) -> str:
    """What counts as one caller: an IPv4 address, or the /64 network that one IPv6 user owns."""
    if isinstance(caller, IPv6Address):
        return str(ip_network((int(caller) >> 64 << 64, 64)))
    return str(caller)
