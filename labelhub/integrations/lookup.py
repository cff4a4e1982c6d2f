"""Lookup: from what a person types, scans or follows to the thing it means."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from urllib.parse import parse_qs, unquote, urlsplit

from labelhub.errors import HubError, IntegrationError, ItemNotFound
from labelhub.integrations import given
from labelhub.integrations.connection import Connection
from labelhub.integrations.connections import Connections
from labelhub.integrations.integration import PAGES, Found, Integration, Item, Reference
from labelhub.urls import origin

MAX_CODE = 2000
MAX_PLAIN = 200


class Lookup:
    """Asks the connected systems for things."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def item(self, app: str, identifier: str, type: str = "") -> Item:
        """A thing of one system. `identifier` is what a person would type, `type:id`, or any code of the system.

        IntegrationNotFound, ItemNotFound, IntegrationError.
        """
        connection = await self._connections.get(app)
        reference = await self._connections.told(connection, lambda one: reference_of(one, identifier, type))
        return await self._connections.ask(connection, partial(_fetch, reference))

    async def search(self, app: str, query: str, cursor: str | None, limit: int, type: str = "") -> Found:
        """One page of things. IntegrationNotFound, ItemNotFound for a type it has not, IntegrationError."""
        connection = await self._connections.get(app)
        await self._connections.told(connection, lambda one: _check_type(one, type))

        async def searched(one: Integration) -> Found:
            return given.found(await one.search(query, cursor, limit, type))

        found = await self._connections.ask(connection, searched)
        return replace(found, items=tuple(item for item in found.items if item.id))

    async def image(self, app: str, identifier: str, type: str = "") -> bytes:
        """The picture of a thing as its system keeps it, unchecked. IntegrationNotFound, ItemNotFound, IntegrationError."""
        connection = await self._connections.get(app)
        item = await self.item(app, identifier, type)

        async def seen(one: Integration) -> bytes:
            return given.picture(await one.image(item))

        return await self._connections.ask(connection, seen)

    async def resolve(self, code: str) -> Item:
        """The thing that a scanned text means. ItemNotFound; IntegrationError when a system that might know it cannot be asked."""
        code = code.strip()
        if not code or len(code) > MAX_CODE or not code.isprintable():
            raise ItemNotFound("this code means nothing to any connected system")
        meant = await self._by_form(code)
        there = [one for one in meant if _origin(code) in (origin(one[0].url), origin(one[0].links))]
        if not there and (page := own_page(code)) is not None:  # Grocy, say, has a page /product/1 as well
            return await self.page(*page)
        if meant:
            return await self._first(there or meant, code)
        if len(code) > MAX_PLAIN or "://" in code:
            raise ItemNotFound(f"{code[:80]!r} leads to no connected system")
        return await self._plain(code)

    async def page(self, page: str, id: str, app: str = "") -> Item:
        """The thing that the hub's page `/asset/{id}` and so on shows; of one system, or of the first that has it."""
        meant = []
        for connection in await self._connections.every():
            kind = self._connections.kinds.get(connection.kind)
            if kind is not None and page in kind.pages and app in ("", connection.name):
                meant.append((connection, Reference(kind.pages[page], id)))
        if not meant:
            raise ItemNotFound(
                f"no connected system has things for /{page}: connect one on the page Integrations, or with POST /api/integrations"
            )
        return await self._first(meant, id)

    async def _by_form(self, code: str) -> list[tuple[Connection, Reference]]:
        """What each system says the code is by its form."""
        found = []
        for connection in await self._connections.every():
            with suppress(HubError):
                reference = await self._connections.told(connection, lambda one: given.reference(one.resolve(code)))
                if reference is not None:
                    found.append((connection, reference))
        return found

    async def _first(self, meant: Iterable[tuple[Connection, Reference]], code: str) -> Item:
        """What the first system gives that has it. Of those that fail the error, else that of those that have it not."""
        last: HubError | None = None
        for connection, reference in meant:
            try:
                return await self._connections.ask(connection, partial(_fetch, reference))
            except (ItemNotFound, IntegrationError) as error:
                last = error if last is None or isinstance(error, IntegrationError) else last
        raise last or ItemNotFound(f"nothing is called {code[:80]!r}")

    async def _plain(self, code: str) -> Item:
        """A text without a form of its own: all systems are asked at once, and the first by name that has it counts."""
        connections = [one for one in await self._connections.every() if one.kind in self._connections.kinds]
        answers = await asyncio.gather(*(self._found(one, code) for one in connections))
        for answer in answers:
            if isinstance(answer, Item):
                return answer
        failed = [one.name for one, answer in zip(connections, answers, strict=True) if isinstance(answer, IntegrationError)]
        if failed:
            late = all(answer.late for answer in answers if isinstance(answer, IntegrationError))
            raise IntegrationError(f"nobody else knows {code[:80]!r}, and {', '.join(failed)} cannot be asked now", late=late)
        raise ItemNotFound(f"no connected system knows {code[:80]!r}")

    async def _found(self, connection: Connection, code: str) -> Item | HubError:
        async def find(one: Integration) -> Item:
            return given.item(await one.find(code))

        try:
            return await self._connections.ask(connection, find)
        except (ItemNotFound, IntegrationError) as error:
            return error


async def _fetch(reference: Reference, integration: Integration) -> Item:
    item = given.item(await integration.fetch(reference))
    if not item.id:
        raise IntegrationError(f"{integration.title} did not say which thing it told of; look at the URL")
    return item


def reference_of(integration: Integration, identifier: str, type: str = "") -> Reference:
    """Which thing of the system an identifier means. ItemNotFound for a type that it has not."""
    _check_type(integration, type)
    if type:
        return Reference(type, identifier)
    head, colon, rest = identifier.partition(":")
    if colon and rest and head in integration.types:
        return Reference(head, rest)
    return given.reference(integration.resolve(identifier)) or Reference("", identifier)


def own_page(code: str) -> tuple[str, str, str] | None:
    """Page, id and app of a link to one of the hub's own pages, by whatever name the hub was reached when it was printed."""
    try:
        parts = urlsplit(code)
        query = parse_qs(parts.query, max_num_fields=20)
    except ValueError:
        return None
    page, slash, id = parts.path.lstrip("/").partition("/")
    if parts.scheme.lower() not in ("http", "https") or page not in PAGES or not slash or not id:
        return None
    return page, unquote(id), query.get("app", [""])[0]


def _origin(code: str) -> str:
    try:
        return origin(code)
    except ValueError:
        return ""


def _check_type(integration: Integration, type: str) -> None:
    if type and type not in integration.types:
        raise ItemNotFound(f"{integration.title} has no type {type[:40]!r}; it has {', '.join(integration.types)}")
