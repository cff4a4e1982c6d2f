"""Connections: every connected system, from settings and from the database, ready to be asked; and how each last answered.

The rows are the truth: they are read for each question, so that what one node changes holds on all of them at once. A system
that is down, or a plug-in that is broken, fails its own questions and no others.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from labelhub import plugins
from labelhub.db.engine import Database
from labelhub.errors import Conflict, HubError, IntegrationError, IntegrationNotFound, ItemNotFound, NameTaken, ValidationFailed
from labelhub.integrations import given, store
from labelhub.integrations.client import Client
from labelhub.integrations.connection import NAME, Connection, Seen, checked
from labelhub.integrations.integration import Integration
from labelhub.plugins import Plugins
from labelhub.urls import origin

T = TypeVar("T")
Clock = Callable[[], datetime]
log = logging.getLogger(__name__)

ANSWER_S = 5.0
"""For one question, however many requests it takes."""
KIND = re.compile(NAME)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a test of a connection found, for a person."""

    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class _Open:
    connection: Connection
    integration: Integration
    client: Client


class Connections:
    """The connected systems of a running hub. Close it at the end."""

    def __init__(self, database: Database, declared: Iterable[Connection], clock: Clock, found: Plugins | None = None) -> None:
        """`declared` come from settings and cannot be changed here; `found` are the plug-ins, by default those installed."""
        self._database = database
        self._declared = {one.name: one for one in declared}
        self._clock = clock
        self.kinds, self.faults = _checked(found or plugins.load(plugins.INTEGRATIONS))
        for fault in self.faults:
            log.error("%s", fault)
        self._open: dict[str, _Open] = {}
        self._seen: dict[str, Seen] = {}

    async def aclose(self) -> None:
        """Let go of every connection."""
        while self._open:
            await self._open.popitem()[1].client.aclose()

    async def every(self) -> list[Connection]:
        """All, by name."""
        stored = {one.name: one for one in await self._database.read(store.every)}
        return [one for _, one in sorted((stored | self._declared).items())]

    async def get(self, name: str) -> Connection:
        """One by its name. IntegrationNotFound."""
        if name in self._declared:
            return self._declared[name]
        for one in await self._database.read(store.every):
            if one.name == name:
                return one
        raise IntegrationNotFound(f"no system is connected under the name {name[:80]!r}")

    def seen(self, name: str) -> Seen:
        """How it last answered this node."""
        return self._seen.get(name, Seen())

    async def add(self, connection: Connection) -> Connection:
        """The connection, stored. ValidationFailed for what none can be and a kind that no plug-in knows; NameTaken, Conflict."""
        connection = checked(connection)
        self.kind_of(connection)
        if connection.name in self._declared:
            raise NameTaken(f"the settings declare a system named {connection.name!r}")
        await self._database.write(store.insert, connection)
        return connection

    async def change(self, name: str, **changes: Any) -> Connection:
        """The connection with its changes (`url`, `link_url`, `token`, `headers`, `verify_tls`; "" and {} take away) in force.

        IntegrationNotFound; Conflict for what settings declare; ValidationFailed for what none can be, and for another origin without
        the secrets once more: else whoever may change this could have them sent anywhere.
        """
        self._refuse_declared(name)

        def change_it(before: Connection) -> Connection:
            after = checked(replace(before, **changes, updated_at=self._clock()))
            if origin(after.url) != origin(before.url):
                for secret in ("token", "headers"):
                    if getattr(before, secret) and secret not in changes:
                        raise ValidationFailed(
                            f"with a new address the {secret} must be given again",
                            errors=[{"pointer": f"#/{secret}", "detail": "must be given again with a new address"}],
                        )
            return after

        changed = await self._database.write(store.change, name, change_it)
        self._seen.pop(name, None)
        return changed

    async def remove(self, name: str) -> None:
        """Forget it. IntegrationNotFound; Conflict for what settings declare."""
        self._refuse_declared(name)
        await self._database.write(store.delete, name)
        self._seen.pop(name, None)
        if (opened := self._open.pop(name, None)) is not None:
            await opened.client.aclose()

    async def test(self, connection: Connection) -> Verdict:
        """Whether the system answers and takes the key, in a line that says what to do where not."""

        async def checked(integration: Integration) -> str:
            return given.line(await integration.check())

        try:
            return Verdict(True, await self.ask(connection, checked))
        except (IntegrationError, ItemNotFound) as error:
            return Verdict(False, error.detail)

    async def ask(self, connection: Connection, question: Callable[[Integration], Awaitable[T]]) -> T:
        """What the system answers. ItemNotFound, IntegrationError (late after `ANSWER_S`), whatever its plug-in does."""
        try:
            async with asyncio.timeout(ANSWER_S):
                with _plugin(connection.kind, TimeoutError):
                    answer = await question(await self._opened(connection))
        except TimeoutError as error:
            late = f"{connection.name} did not answer within {ANSWER_S:g} s; see that it runs, then try again"
            self._failed(connection.name, late)
            raise IntegrationError(late, late=True) from error
        except IntegrationError as error:
            self._failed(connection.name, error.detail)
            raise
        except ItemNotFound:
            self._answered(connection.name)
            raise
        self._answered(connection.name)
        return answer

    async def told(self, connection: Connection, question: Callable[[Integration], T]) -> T:
        """What the plug-in tells by itself, without asking its system. ItemNotFound, IntegrationError."""
        with _plugin(connection.kind):
            return question(await self._opened(connection))

    def kind_of(self, connection: Connection) -> type[Integration]:
        """The plug-in of a connection. ValidationFailed names those there are."""
        if connection.kind in self.kinds:
            return self.kinds[connection.kind]
        known = ", ".join(self.kinds)
        raise ValidationFailed(
            f"no plug-in here knows the kind {connection.kind[:60]!r}",
            errors=[{"pointer": "#/kind", "detail": f"must be one of {known}"}],
        )

    def headers_of(self, connection: Connection) -> dict[str, str]:
        """What is sent with each question; secrets. ValidationFailed for a kind that no plug-in knows."""
        kind = self.kind_of(connection)
        return {**(kind.authorization(connection.token) if connection.token else {}), **connection.headers}

    def _refuse_declared(self, name: str) -> None:
        if name in self._declared:
            raise Conflict(f"{name} is declared in the settings: change it there")

    async def _opened(self, connection: Connection) -> Integration:
        """The object that asks this system, made anew when the connection has changed."""
        known = self._open.get(connection.name)
        if known is not None and known.connection == connection:
            return known.integration
        if connection.kind not in self.kinds:
            raise IntegrationError(f"no plug-in here knows the kind {connection.kind!r}; install the one that does")
        kind = self.kinds[connection.kind]
        client = Client(
            connection.url, self.headers_of(connection), origins=(connection.links,), verify_tls=connection.verify_tls,
            sign_in=kind.sign_in(connection.token) if connection.token else None,
        )  # fmt: skip
        made = _Open(connection, kind(connection.name, connection.links, client), client)
        self._open[connection.name] = made
        if known is not None:
            await known.client.aclose()
        return made.integration

    def _answered(self, name: str) -> None:
        self._seen[name] = replace(self.seen(name), last_success_at=self._clock())

    def _failed(self, name: str, detail: str) -> None:
        self._seen[name] = replace(self.seen(name), last_error_at=self._clock(), last_error=detail)


@contextmanager
def _plugin(kind: str, *timed: type[TimeoutError]) -> Iterator[None]:
    """Turns whatever a plug-in may raise into IntegrationError; `timed` is told by who set the time."""
    passed: tuple[type[Exception], ...] = (HubError, *timed)
    try:
        yield
    except passed:
        raise
    except (Exception, SystemExit, asyncio.CancelledError) as error:
        if isinstance(error, asyncio.CancelledError) and (task := asyncio.current_task()) is not None and task.cancelling():
            raise  # not its own: who asked does not wait any more
        log.error("plug-in %s failed", kind, exc_info=error)
        raise IntegrationError(f"the plug-in {kind} failed ({type(error).__name__}); the log tells more") from error


def _checked(found: Plugins) -> tuple[Mapping[str, type[Integration]], tuple[str, ...]]:
    """The plug-ins by kind, and a line for each that cannot be used."""
    kinds: dict[str, type[Integration]] = {}
    faults = list(found.faults)
    for point, thing in found.objects.items():
        if not (isinstance(thing, type) and issubclass(thing, Integration)) or inspect.isabstract(thing):
            faults.append(f"plug-in {point} is no connected system: its entry point must name a whole class of Integration")
        elif not _named(thing):
            faults.append(f"plug-in {point} does not say its kind, title and types")
        elif thing.kind in kinds:
            faults.append(f"plug-in {point} is of the kind {thing.kind}, which another plug-in is already")
        else:
            kinds[thing.kind] = thing
    return dict(sorted(kinds.items())), tuple(faults)


def _named(kind: type[Integration]) -> bool:
    own = getattr(kind, "kind", None), getattr(kind, "title", None), getattr(kind, "types", None)
    return isinstance(own[0], str) and KIND.fullmatch(own[0]) is not None and isinstance(own[1], str) and bool(own[2])
