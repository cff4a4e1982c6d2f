"""Sending: one notice to one target over HTTP, and what came of it. httpx is imported when the first one is sent.

Bounds of one request: an address that was checked before it is connected to, 5 s to look it up and 10 s for all that follows, redirects
are not followed, of the answer the head alone is read. A webhook is signed as Standard
Webhooks 1.0 says:

    header              holds
    -----------------   ---------------------------------------------------------------------------
    webhook-id          the notice's id: the same at every attempt, so that a receiver knows it again
    webhook-timestamp   when this attempt was made, whole seconds since 1970
    webhook-signature   `v1,` and in base64 HMAC-SHA256 over `id.timestamp.body`
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

from labelhub import trust
from labelhub.addresses import MAX_ADDRESSES, Pin, Resolve, resolve
from labelhub.errors import IntegrationError
from labelhub.notices.target import Kind, Target
from labelhub.urls import origin

if TYPE_CHECKING:
    import httpx

TIMEOUT_S, CONNECT_TIMEOUT_S = 10.0, 5.0
LONGEST_WAIT_S = 3600.0
"""That a target may ask for with Retry-After."""
PREFIX = "whsec_"
PRIORITIES = {"info": 2, "warning": 4, "critical": 5}
EMOJI = {"info": "white_check_mark", "warning": "warning", "critical": "rotating_light"}
APPRISE_TYPES = {"info": "success", "warning": "warning", "critical": "failure"}
REPEATABLE = frozenset({Kind.WEBHOOK, Kind.NTFY})
"""They are told the notice's id, and make one of two with the same. What an Apprise server passes on cannot be recognised."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt. Not `sent`: `final` when another is no use, `unknown` when it may have arrived all the same.

    `unreachable`: the target as a whole, and not this notice, is the matter.
    """

    sent: bool
    error: str | None = None
    final: bool = False
    unknown: bool = False
    unreachable: bool = False
    wait_s: float = 0.0
    elsewhere: bool = field(default=False, compare=False)
    """Nothing was sent: another of its addresses may be tried."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is posted."""

    url: str
    headers: dict[str, str]
    content: bytes


def request_for(target: Target, notice_id: UUID, body: dict[str, Any], at: datetime) -> Request:
    """The notice as this kind of target wants it."""
    headers = {"Content-Type": "application/json", "User-Agent": "labelhub"}
    if target.token is not None:
        headers["Authorization"] = f"Bearer {target.token}"
    data = body["data"]
    if target.kind is Kind.WEBHOOK:
        content = json.dumps(body, ensure_ascii=False).encode()
        return Request(target.url, headers | signed(target.secret or "", notice_id, content, at), content)
    if target.kind is Kind.NTFY:
        root, topic = ntfy_address(target.url)
        told = {"topic": topic, "title": data["title"], "message": data["message"], "priority": PRIORITIES[data["severity"]],
                "tags": [EMOJI[data["severity"]], body["type"]], "sequence_id": notice_id.hex}  # fmt: skip
        return Request(root, headers, json.dumps(told | ({"click": data["url"]} if data["url"] else {})).encode())
    message = f"{data['message']}\n{data['url']}" if data["url"] else data["message"]
    told = {"title": data["title"], "body": message, "type": APPRISE_TYPES[data["severity"]], "format": "text"}
    told |= {name: value for name, value in (("urls", target.urls), ("tag", target.tags)) if value}
    return Request(target.url, headers, json.dumps(told).encode())


def signed(secret: str, notice_id: UUID, content: bytes, at: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks."""
    name, seconds = f"msg_{notice_id.hex}", int(at.timestamp())
    signature = signature_of(key_of(secret), name, seconds, content)
    return {"webhook-id": name, "webhook-timestamp": str(seconds), "webhook-signature": signature}


def signature_of(key: bytes, name: str, seconds: int, content: bytes) -> str:
    """`v1,` and the HMAC over all three."""
    return f"v1,{base64.b64encode(hmac.digest(key, f'{name}.{seconds}.'.encode() + content, 'sha256')).decode()}"


def key_of(secret: str) -> bytes:
    """The key behind `whsec_` and base64, or the text itself. ValueError when it is no base64."""
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("after whsec_ there must be base64") from error


def ntfy_address(url: str) -> tuple[str, str]:
    """The server, and the topic at it: JSON is posted to the server's root. ValueError when the URL names no topic."""
    parts = urlsplit(url)
    topic = unquote(parts.path).strip("/")
    if not topic or "/" in topic or parts.query:
        raise ValueError("must be the address of a topic, for example https://ntfy.sh/my-labels")
    return f"{parts.scheme}://{parts.netloc}/", topic


class Sender:
    """The way out. `aclose` at the end; it may be used from many tasks at once."""

    def __init__(self, timeout_s: float = TIMEOUT_S, resolver: Resolve = resolve) -> None:
        self._timeout_s = timeout_s
        self._resolver = resolver
        self._pins: dict[str, Pin] = {}
        self._http: httpx.AsyncClient | None = None

    async def aclose(self) -> None:
        """Let go of every connection."""
        if self._http is not None:
            await self._http.aclose()

    async def send(self, target: Target, notice_id: UUID, body: dict[str, Any], at: datetime) -> Outcome:
        """What came of one attempt; never raises for what the other side does."""
        request = request_for(target, notice_id, body, at)
        try:
            async with asyncio.timeout(min(CONNECT_TIMEOUT_S, self._timeout_s)):
                addresses = (await self._pin(request.url).addresses())[:MAX_ADDRESSES]
        except TimeoutError:
            return Outcome(False, "cannot be reached: nobody told in time where it is", unreachable=True)
        except IntegrationError as error:
            return Outcome(False, f"cannot be reached: {error.detail}", unreachable=True)
        for address in addresses[:-1]:
            outcome = await self._posted(target.kind, request, address, at)
            if not outcome.elsewhere:
                return outcome
        return await self._posted(target.kind, request, addresses[-1], at)

    def _pin(self, url: str) -> Pin:
        """Kept: where a name led before counts."""
        place = origin(url)
        if place not in self._pins:
            parts = urlsplit(url)
            self._pins[place] = Pin(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80), self._resolver)
        return self._pins[place]

    async def _posted(self, kind: Kind, request: Request, address: str, at: datetime) -> Outcome:
        import httpx

        http = await self._opened()
        url, there = _at(request.url, address)
        try:
            async with asyncio.timeout(self._timeout_s), http.stream(
                "POST", url, headers=request.headers | there, content=request.content,
                extensions={"sni_hostname": urlsplit(request.url).hostname},
            ) as answer:  # fmt: skip
                return judged(kind, answer.status_code, answer.headers.get("retry-after", ""), at)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return Outcome(False, f"cannot be reached: {_word(error)}", unreachable=True, elsewhere=True)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            unknown = kind not in REPEATABLE
            return Outcome(False, f"gave no answer: {_word(error)}", unknown=unknown, unreachable=not unknown)

    async def _opened(self) -> httpx.AsyncClient:
        import httpx

        if self._http is None:
            context = await asyncio.to_thread(trust.tls)
            if self._http is None:  # another may have come first meanwhile, and two would leave one that nobody closes
                timeout = httpx.Timeout(self._timeout_s, connect=min(CONNECT_TIMEOUT_S, self._timeout_s))
                self._http = httpx.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=False, verify=context)
        return self._http


def _at(url: str, address: str) -> tuple[str, dict[str, str]]:
    """The URL with an address for its host, and the header that names the host."""
    scheme, rest = url.split("://", 1)
    netloc = urlsplit(url).netloc
    host, port = netloc.rpartition("@")[2], urlsplit(url).port
    place = f"[{address}]" if ":" in address else address
    own = f"{place}:{port}" if port is not None else place
    return f"{scheme}://{own}{rest[len(netloc) :]}", {"Host": host}


def judged(kind: Kind, status: int, retry_after: str, at: datetime) -> Outcome:
    """What an answer with this status means."""
    if 200 <= status < 300:
        return Outcome(True)
    error = f"answered {status}"
    if 300 <= status < 400:
        return Outcome(False, f"{error}: redirects are not followed, give the address it leads to")
    if status == 410:  # Standard Webhooks: the receiver is gone for good
        return Outcome(False, f"{error}: it wants no more of this", final=True)
    if kind is Kind.APPRISE and status in (424, 500, 504):
        return Outcome(False, f"{error}: it may have told some, but not all", unknown=True)
    busy = status == 429 or status >= 500
    return Outcome(False, error, unreachable=busy, wait_s=_wait_s(retry_after, at) if busy else 0.0)


def _wait_s(retry_after: str, at: datetime) -> float:
    if retry_after.isascii() and retry_after.isdecimal() and len(retry_after) < 10:
        return min(float(retry_after), LONGEST_WAIT_S)
    try:
        until = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):  # a year or a zone of thirty digits
        return 0.0
    if until.tzinfo is None:
        return 0.0
    return min(max((until - at).total_seconds(), 0.0), LONGEST_WAIT_S)


def _word(error: BaseException) -> str:
    """The kind of the error alone: its text may hold the address."""
    return {"ConnectTimeout": "it does not answer", "ConnectError": "no connection"}.get(type(error).__name__, type(error).__name__)
