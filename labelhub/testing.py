"""For authors of plug-ins: a stand-in for the system that a plug-in asks, on a real socket, and the contract as one test.

    async def test_it_keeps_the_contract() -> None:
        await check_integration(Toolcrib, answer, known="T-1", unknown="T-9", codes={"crib:1": Reference("tool", "1")})

`answer` gives a `Reply` to each `Asked`: recorded ones, best of all.
"""

from __future__ import annotations

import asyncio
import html
import inspect
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from labelhub.errors import IntegrationError, ItemNotFound
from labelhub.integrations.client import Client
from labelhub.integrations.integration import PAGES, Integration, Item, Reference

LINKS = "https://things.example"
TOKEN = "a-token-that-nobody-may-see"  # noqa: S105 - it opens nothing
MAX_PAGES = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it arrived; `target` is its path with the query."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: `value` as JSON, or `body`, or the bytes `raw` as they are."""

    value: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    raw: bytes | None = None

    def whole(self) -> bytes:
        """The bytes on the wire."""
        if self.raw is not None:
            return self.raw
        body = json.dumps(self.value).encode() if self.body is None else self.body
        headers = {"content-type": "application/json", "content-length": str(len(body)), **self.headers}
        lines = [f"HTTP/1.1 {self.status} Whatever", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode() + body


Answering = Callable[[Asked], Reply | Awaitable[Reply]]


@dataclass(slots=True)
class StandIn:
    """A system that says what `answer` gives; `asked` is every request so far."""

    answer: Answering
    port: int = 0
    asked: list[Asked] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until the client or the stand-in goes."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode("latin-1").split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                method, target, _ = first.split(" ")
                self.asked.append(asked := Asked(method, target, headers, body))
                reply = self.answer(asked)
                reply = await reply if inspect.isawaitable(reply) else reply
                writer.write(reply.whole())
                await writer.drain()
                if reply.raw is not None:
                    break
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client is gone, or the test is over
        finally:
            writer.close()


@asynccontextmanager
async def stand_in(answer: Answering) -> AsyncIterator[StandIn]:
    """The system, listening on this machine."""
    found = StandIn(answer)
    open_ones: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_ones[asyncio.create_task(found.serve(reader, writer))] = writer

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        for task in open_ones:
            task.cancel()
        await asyncio.gather(*open_ones, return_exceptions=True)
        for writer in open_ones.values():  # one whose task had not begun has closed nothing
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()


async def check_integration(
    kind: type[Integration],
    answer: Answering,
    *,
    known: str,
    unknown: str,
    codes: Mapping[str, Reference] | None = None,
    query: str = "",
) -> Item:
    """The thing that `known` names, once the plug-in has kept the whole contract. AssertionError names what it did not keep.

    `answer` plays its system; `unknown` names nothing there; `codes` are scanned texts and what each means; `query` finds something.
    """
    _check_class(kind)
    async with stand_in(answer) as system:
        client = Client(system.url, kind.authorization(TOKEN), origins=(LINKS,))
        try:
            integration = kind("app", LINKS, client)
            item = await _check_item(integration, known)
            await _expect(integration.fetch(Reference("", unknown)), ItemNotFound, f"fetch of the unknown {unknown!r}")
            await _check_search(integration, query)
            asked = len(system.asked)
            _check_codes(integration, codes or {})
            _must(len(system.asked) == asked, "resolve and parse_webhook ask nothing")
            await _check_code_of(integration, item)
            _must(bool(await integration.check()), "check says what answered")
            _must(
                all(TOKEN not in one.target for one in system.asked), "the token goes in a header, never in an address, which is logged"
            )
            _must(TOKEN not in repr(item), "the token is in no item")
            await _check_junk(integration, system, item)
        finally:
            await client.aclose()
    return item


STRANGE: tuple[Any, ...] = (None, [], {}, "text", 5, [[]], {"id": []}, {"rows": [None]}, {"items": {}, "results": 3, "total": "x"})
CODES = (
    "", " ", "x", "0", "-1", "9" * 400, "http://", "https://[", "https://a/" + "b/" * 300, "{", '{"a":', "[" * 500, "a:b:c", ":", "::",
    "grcy:", "web+spoolman:", "\u202e", "☃", "\ud800", "%00", "../..", "https://things.example", "https://things.example/%ff/..",
)  # fmt: skip


def _check_class(kind: type[Integration]) -> None:
    _must(not inspect.isabstract(kind), f"{kind.__name__} has every abstract method")
    _must(re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", kind.kind) is not None, "kind has small letters, digits and dashes")
    _must(bool(kind.title) and bool(kind.types), "title and types say something")
    _must(set(kind.pages) <= set(PAGES), f"pages are some of {', '.join(PAGES)}")
    _must(set(kind.pages.values()) <= {"", *kind.types}, "pages lead to types")


async def _check_item(integration: Integration, known: str) -> Item:
    item = await integration.fetch(Reference("", known))
    _must(type(item) is Item and item.app == "app", "fetch gives an Item of the app it was made for")
    _must(item.type in integration.types and bool(item.id) and bool(item.name), "an item has one of the types, an id and a name")
    _must(item.url == "" or item.url.startswith(LINKS), "an item's url begins with link_url")
    texts = {name: item.fields.get(name) for name in ("title", "qr_payload")}
    _must(all(isinstance(text, str) and text for text in texts.values()), "fields have a title and a qr_payload")
    _must(all(html.unescape(str(text)) == text for text in texts.values()), "texts have no HTML entities")
    _must(json.loads(json.dumps([dict(item.fields), dict(item.extra)])) is not None, "fields and extra are JSON values")
    again = await integration.fetch(item.reference)
    _must(again == item, "an item's reference fetches the same item")
    return item


async def _check_search(integration: Integration, query: str) -> None:
    _must(bool((await integration.search(query, None, 10)).items), f"the search for {query!r} finds something")
    seen: set[str] = set()
    cursor: str | None = None
    for _ in range(MAX_PAGES):
        page = await integration.search("", cursor, 1)
        _must(len(page.items) <= 1, "a page has no more things than its limit")
        _must(cursor is None or bool(page.items) or page.cursor is None, "an empty page is the last one")
        if page.cursor is None:
            break
        _must(page.cursor not in seen, "a cursor leads on")
        seen.add(cursor := page.cursor)
    await integration.search("", "made up by somebody", 1)


def _check_codes(integration: Integration, codes: Mapping[str, Reference]) -> None:
    for code, reference in codes.items():
        found = integration.resolve(code)
        _must(found == reference, f"{code!r} means {reference}, not {found}")
    for code in CODES:
        _must(isinstance(integration.resolve(code), Reference | None), f"resolve({code[:20]!r}) gives a reference or None")
    for body in STRANGE:
        told = integration.parse_webhook(body if isinstance(body, dict) else {"body": body})
        _must(isinstance(told, Item | Reference | None), "parse_webhook gives an item, a reference or None")


async def _check_code_of(integration: Integration, item: Item) -> None:
    """What its label holds leads back to it."""
    code = str(item.fields["qr_payload"])
    reference = integration.resolve(code)
    found = await (integration.find(code) if reference is None else integration.fetch(reference))
    _must((found.type, found.id) == (item.type, item.id), f"the code {code[:80]!r} leads back to its thing")


async def _check_junk(integration: Integration, system: StandIn, item: Item) -> None:
    """A system that is down, or is another one, gives no other errors than those of the contract, and no invented thing."""
    web_page = Reply(body=b"<!doctype html><title>Sign in</title>", headers={"content-type": "text/html"})
    for reply in (
        Reply(status=500),
        Reply(status=401),
        Reply(status=429),
        web_page,
        Reply(raw=b"HTTP/1.1 200 OK\r\n\r\n{"),
        Reply(raw=b""),
    ):
        system.answer = lambda _, reply=reply: reply  # type: ignore[misc]
        for question in (integration.fetch(item.reference), integration.search("x", None, 10), integration.check()):
            await _expect(question, IntegrationError, f"an answer of {reply.status} that is no answer")
    for value in STRANGE:
        system.answer = lambda _, value=value: Reply(value)  # type: ignore[misc]
        for question in (integration.fetch(item.reference), integration.search("x", None, 10)):
            try:
                await question
            except (IntegrationError, ItemNotFound):
                continue


async def _expect(question: Awaitable[object], error: type[Exception], what: str) -> None:
    try:
        given = await question
    except error:
        return
    raise AssertionError(f"{what} raises {error.__name__}; it gave {given!r:.200}")


def _must(kept: bool, what: str) -> None:
    if not kept:
        raise AssertionError(f"not kept: {what}")
