"""Client: asks one connected system, and nobody else. httpx is imported when the first system is asked.

Bounds of one request: the configured origin (a redirect to another is told, not followed), an address that was checked before it
is connected to, 5 s from the look-up of the name to the last byte, 5 MB (nothing compressed is taken), 40 levels of JSON and half a
million values; of large answers one is read at a time.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from labelhub import trust
from labelhub.addresses import MAX_ADDRESSES, Pin, Resolve, resolve
from labelhub.errors import IntegrationError, ItemNotFound
from labelhub.urls import origin

if TYPE_CHECKING:
    import httpx

TIMEOUT_S = 5.0
MAX_BYTES = 5 * 1024 * 1024
MAX_DEPTH = 40
MAX_VALUES = 500_000
"""About; 5 MB of nothing but empty lists would take 200 MB of memory."""
MAX_REDIRECTS = 3
QUICK_BYTES = 64 * 1024
"""What is read as JSON on the event loop; more is read on a thread."""
CHANGED = "the connection to this system was changed meanwhile; ask again"

Parameters = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a system said with a status of 200 to 299, 400, 404, 409, 410 or 422. `value` is None where it was no JSON."""

    status: int
    value: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """True for a status of 200 to 299."""
        return 200 <= self.status < 300


def segment(text: str) -> str:
    """The text as one part of a path. ItemNotFound for what no thing is called: nothing, `.` and `..`, control characters, much."""
    if not text or text in (".", "..") or len(text) > 200 or not text.isprintable():
        raise ItemNotFound(f"nothing is called {text[:80]!r}")
    return quote(text, safe="")


@dataclass(frozen=True, slots=True)
class SignIn:
    """How a key is had for a name and a password: `body` is posted as JSON to `path`, `headers` makes of the answer what shows the key.

    `headers` gives an empty mapping for an answer that holds none. A key is used until the system takes it no more.
    """

    path: str
    body: Mapping[str, Any] = field(repr=False)
    headers: Callable[[Any], Mapping[str, str]]


class Client:
    """The way to one system. `aclose` at the end; it may be asked from many tasks at once."""

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        origins: tuple[str, ...] = (),
        verify_tls: bool = True,
        timeout_s: float = TIMEOUT_S,
        resolver: Resolve = resolve,
        sign_in: SignIn | None = None,
    ) -> None:
        """`url` is where the system is for the hub; `origins` are further ones that its own links may begin with."""
        parts = urlsplit(url)
        self.url = url.rstrip("/")
        self._path = parts.path.rstrip("/")
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._origins = tuple(origin(one) for one in (url, *origins))
        self._headers = {"Accept": "application/json", "User-Agent": "labelhub", "Accept-Encoding": "identity", **(headers or {})}
        self._verify_tls = verify_tls
        self._url_is_tls = parts.scheme == "https"
        self._timeout_s = timeout_s
        self.pin = Pin(self._host, self._port, resolver)
        self._http: httpx.AsyncClient | None = None
        self._reading = asyncio.Lock()
        self._sign_in = sign_in
        self._signing = asyncio.Lock()
        self._key: Mapping[str, str] = {}
        self._closed = False

    async def aclose(self) -> None:
        """Let go of every connection; nothing is asked any more."""
        self._closed = True
        if self._http is not None:
            await self._http.aclose()

    async def get(self, path: str, params: Parameters | None = None, *, strict: bool = True) -> Answer:
        """The answer to `GET path`, a path below the configured URL and quoted as it must be. IntegrationError.

        `strict`: for an answer that is no JSON as well; without, its value is None.
        """
        return await self.ask("GET", path, params, strict=strict)

    async def post(self, path: str, body: Any) -> Answer:
        """The answer to a question that is asked with JSON. IntegrationError."""
        return await self.ask("POST", path, None, json.dumps(body).encode())

    async def ask(
        self, method: str, path: str, params: Parameters | None = None, content: bytes | None = None, *, strict: bool = True
    ) -> Answer:
        """The answer as JSON values: texts without lone surrogates, numbers finite. IntegrationError."""
        status, headers, body = await self._in_time(method, self._path + path, params, content)
        self._refuse(status, headers)
        return Answer(status, await self._value(status, headers, body, strict), headers)

    async def picture(self, link: str) -> bytes:
        """The bytes a link of the system leads to: a path, or an address at one of its own origins. ItemNotFound, IntegrationError."""
        path = self.own_path(link)
        if not path:
            raise ItemNotFound("it has no picture")
        status, headers, body = await self._in_time("GET", path, None, None, accept="image/*")
        if status in (404, 410):
            raise ItemNotFound("its picture is gone")
        self._refuse(status, headers)
        if not 200 <= status < 300:
            raise IntegrationError(f"{self.url} answered {status} when asked for a picture")
        return body

    def own_path(self, link: str) -> str:
        """Path and query of a link to the system itself, quoted; "" for links elsewhere, which are never followed."""
        try:
            parts = urlsplit(link)
            there = origin(link) if parts.scheme or parts.netloc else self._origins[0]
        except ValueError:
            return ""
        if there not in self._origins or not parts.path.startswith("/") or ".." in parts.path.split("/"):
            return ""
        query = f"?{quote(parts.query, safe=_KEPT)}" if parts.query else ""
        return quote(parts.path, safe=_KEPT) + query

    async def _in_time(
        self, method: str, target: str, params: Parameters | None, content: bytes | None, accept: str | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        import httpx

        if self._closed:
            raise IntegrationError(CHANGED)
        own = {"Accept": accept} if accept else {}
        own |= {"Content-Type": "application/json"} if content is not None else {}
        query = str(httpx.QueryParams({name: str(value) for name, value in params.items()})) if params else ""
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._open()
                target += f"?{query}" if query else ""
                if self._sign_in is None:
                    return await self._followed(method, target, own, content)
                key = self._key or await self._signed_in(self._sign_in, {})
                answer = await self._followed(method, target, {**own, **key}, content)
                if answer[0] == 401:
                    key = await self._signed_in(self._sign_in, key)
                    answer = await self._followed(method, target, {**own, **key}, content)
                return answer
        except (TimeoutError, httpx.TimeoutException) as error:
            late = f"{self.url} did not answer within {self._timeout_s:g} s; see that it runs, then try again"
            raise IntegrationError(late, late=True) from error
        except httpx.HTTPError as error:
            raise IntegrationError(f"{self.url} cannot be reached: {_why(error)}. See that it runs, and that the URL is right") from error
        except (httpx.InvalidURL, UnicodeError, ssl.SSLError) as error:
            raise IntegrationError(f"{self.url} cannot be asked this: {str(error)[:200]}") from error

    async def _followed(
        self, method: str, target: str, own: Mapping[str, str], content: bytes | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """The answer, behind redirects to where it may lead."""
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._reach(method, target, own, content)
            target = self._redirected(answer[0], answer[1]) if method == "GET" else ""
            if not target:
                return answer
        raise IntegrationError(f"{self.url} redirects round in circles; look at how its reverse proxy is set up")

    async def _signed_in(self, sign_in: SignIn, before: Mapping[str, str]) -> Mapping[str, str]:
        """A key that is not the one before: whoever comes while another signs in gets that one's."""
        async with self._signing:
            if self._key == before:
                content, kind = json.dumps(dict(sign_in.body)).encode(), {"Content-Type": "application/json"}
                status, headers, body = await self._reach("POST", self._path + sign_in.path, kind, content)
                found = sign_in.headers(await self._value(status, headers, body, strict=False)) if 200 <= status < 300 else {}
                if not found:
                    raise IntegrationError(f"{self.url} refuses the name and password ({status}): correct them here")
                self._key = found
            return self._key

    async def _reach(
        self, method: str, target: str, own: Mapping[str, str], content: bytes | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """The answer of the first of the addresses that takes a connection."""
        import httpx

        addresses = (await self.pin.addresses())[:MAX_ADDRESSES]
        for place, address in enumerate(addresses, start=1):
            try:
                return await self._asked(method, address, target, own, content)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if place == len(addresses):
                    raise
        raise AssertionError("there is at least one address")

    async def _asked(
        self, method: str, address: str, target: str, own: Mapping[str, str], content: bytes | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        host = f"[{address}]" if ":" in address else address
        scheme = urlsplit(self.url).scheme
        request = self._opened().build_request(
            method,
            f"{scheme}://{host}:{self._port}{target}",
            headers={**self._headers, **own, "Host": urlsplit(self.url).netloc.rpartition("@")[2]},
            content=content,
            extensions={"sni_hostname": self._host},
        )
        answer = await self._opened().send(request, stream=True)
        try:
            encoding = answer.headers.get("content-encoding", "identity").lower()
            if encoding != "identity":
                raise IntegrationError(f"{self.url} answered compressed ({encoding[:40]}), which it was asked not to; look at its proxy")
            parts, size_bytes = [], 0
            async for part in answer.aiter_raw():
                size_bytes += len(part)
                if size_bytes > MAX_BYTES:
                    raise IntegrationError(f"{self.url} answered more than {MAX_BYTES // 2**20} MB; ask for less")
                parts.append(part)
            return answer.status_code, dict(answer.headers), b"".join(parts)
        finally:
            await answer.aclose()

    async def _open(self) -> None:
        import httpx

        # Without TLS httpx is told to trust nobody, so that it reads no certificates.
        context = await asyncio.to_thread(trust.tls, self._verify_tls) if self._url_is_tls and self._http is None else False
        if self._http is None and not self._closed:
            self._http = httpx.AsyncClient(
                verify=context,
                timeout=httpx.Timeout(self._timeout_s, connect=self._timeout_s / 2),  # time for a second address
                limits=httpx.Limits(max_connections=8, max_keepalive_connections=2, keepalive_expiry=15),
                trust_env=False,
                follow_redirects=False,
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            )

    def _opened(self) -> httpx.AsyncClient:
        if self._http is None or self._closed:
            raise IntegrationError(CHANGED)
        return self._http

    def _redirected(self, status: int, headers: Mapping[str, str]) -> str:
        """Where on the same origin the answer sends; "" when it does not. IntegrationError for another origin."""
        if status not in (301, 302, 303, 307, 308):
            return ""
        to = headers.get("location", "")
        path = self.own_path(to)
        if path and (not urlsplit(to).netloc or origin(to) == self._origins[0]):
            return path
        raise IntegrationError(
            f"{self.url} sends elsewhere, to {to.partition('?')[0][:200]!r}; give the URL it really has, with https where it has that"
        )

    def _refuse(self, status: int, headers: Mapping[str, str]) -> None:
        """IntegrationError for a status that says nothing about the thing asked for."""
        if status in (401, 403):
            raise IntegrationError(f"{self.url} refuses the key ({status}): make a new one there and set it here")
        if status == 429:
            wait = headers.get("retry-after", "")
            seconds = f"{wait} s" if wait.isdecimal() and len(wait) < 6 else "a while"
            raise IntegrationError(f"{self.url} was asked too often; wait {seconds} and try again")
        if not (200 <= status < 300 or status in (400, 404, 409, 410, 422)):
            raise IntegrationError(f"{self.url} answered {status}; look at its own log")

    async def _value(self, status: int, headers: Mapping[str, str], body: bytes, strict: bool) -> Any:
        if not body.strip():
            return None
        try:
            if len(body) > QUICK_BYTES:
                async with self._reading:
                    return await asyncio.to_thread(_read, body)
            return _read(body)
        except (ValueError, RecursionError) as error:
            if not (strict and 200 <= status < 300):
                return None
            kind = headers.get("content-type", "").partition(";")[0].strip()[:60] or "something"
            hint = "a web page, perhaps of a login: look at the URL" if "html" in kind else "look at the URL"
            raise IntegrationError(f"{self.url} answered {kind} that is no JSON ({str(error)[:80]}); {hint}") from error


_KEPT = "/%:@!$&'()*+,;=~-._?"


def _read(body: bytes) -> Any:
    """The value of a JSON text. ValueError for what no JSON answer can hold again."""
    text = body.decode("utf-8-sig")
    if sum(map(text.count, ",[{")) > MAX_VALUES:
        raise ValueError(f"it holds more values than {MAX_VALUES}")
    return _sound(json.loads(text, parse_constant=_no_number), 0, surrogates=bool(_SURROGATE.search(text)))


_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def _sound(value: Any, depth: int, *, surrogates: bool) -> Any:
    if depth > MAX_DEPTH:
        raise ValueError(f"it has more than {MAX_DEPTH} levels")
    if isinstance(value, dict):
        return {_text(key, surrogates): _sound(one, depth + 1, surrogates=surrogates) for key, one in value.items()}
    if isinstance(value, list):
        return [_sound(one, depth + 1, surrogates=surrogates) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("it holds an infinite number")
    return _text(value, surrogates) if isinstance(value, str) else value


def _text(text: str, surrogates: bool) -> str:
    return text.encode(errors="replace").decode() if surrogates else text


def _no_number(word: str) -> Any:
    raise ValueError(f"it holds {word}")


def _why(error: BaseException) -> str:
    """The innermost reason, short: `Connection refused`, `certificate verify failed: self-signed certificate`."""
    while (deeper := error.__cause__ or error.__context__) is not None:
        error = deeper
    text = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return " ".join(text.split())[:160]
