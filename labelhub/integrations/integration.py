"""The contract of a connected system. Plug-ins name a class of this kind in the entry-point group `labelhub.integrations`.

`labelhub.testing` has the tests that such a class must pass. One object is made for each system that is connected; it asks
through the client it is given, and through nothing else.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import quote

from labelhub.errors import ItemNotFound
from labelhub.integrations.client import Client, SignIn

PAGES = ("asset", "loc", "product", "spool")
"""The hub's own pages that a label's code may lead to: `/asset/{id}` and so on."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Which thing is meant. `type` is one of the system's own, "" where only the system can tell what `id` is."""

    type: str
    id: str

    def __str__(self) -> str:
        return f"{self.type}:{self.id}" if self.type else self.id


@dataclass(frozen=True, slots=True)
class Item:
    """A thing of a connected system, as people and templates see it; all texts are plain, without markup and entities.

    `fields` go to a template: `title`, `primary_id`, `qr_payload` (what the system's own codes hold), `secondary` (a list of lines)
    and whatever else the system has. `url` is the thing's page in its system, "" where it has none. `image` is where its picture is,
    as `Client.picture` takes it. `extra` is what the system said, for whoever needs more.
    """

    app: str
    type: str
    id: str
    name: str
    url: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    image: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reference(self) -> Reference:
        """What fetches it again."""
        return Reference(self.type, self.id)

    @property
    def image_path(self) -> str:
        """Where the hub serves its picture, written anew; "" without one."""
        return f"/api/lookup/{self.app}/{quote(str(self.reference), safe=':')}/image" if self.image else ""


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a search: things, and what to hand in for the next page; None at the end."""

    items: tuple[Item, ...]
    cursor: str | None = None


class Integration(ABC):
    """One connected system. Methods that ask it raise ItemNotFound and IntegrationError; `resolve` and `parse_webhook` ask nothing."""

    kind: ClassVar[str]
    """The system's name in paths and settings: small letters, digits, dashes."""
    title: ClassVar[str]
    """Its name for people."""
    types: ClassVar[tuple[str, ...]]
    """The types of things it has; the first is meant where none is named."""
    pages: ClassVar[Mapping[str, str]] = {}
    """Which of `PAGES` show which of `types`, or "" where its id is whatever a person would type."""

    def __init__(self, app: str, link_url: str, client: Client) -> None:
        """`app` is the name it was connected under; `link_url`, without a slash at its end, is where people's browsers find it."""
        self.app = app
        self.link_url = link_url
        self.client = client

    @staticmethod
    def authorization(token: str) -> Mapping[str, str]:
        """The headers that show a token."""
        return {"Authorization": f"Bearer {token}"}

    @staticmethod
    def sign_in(token: str) -> SignIn | None:
        """How a key is had where what a person gave as token is a name and a password; None where it is the key itself."""
        return None

    @abstractmethod
    async def check(self) -> str:
        """A line that says what answered, after the smallest question that needs the key."""

    @abstractmethod
    async def fetch(self, reference: Reference) -> Item:
        """The thing. With type "" the id is whatever a person would type: a tag, a number."""

    @abstractmethod
    async def search(self, query: str, cursor: str | None, limit: int, type: str = "") -> Found:
        """Things whose name, number or the like is near the query; "" browses all."""

    async def find(self, code: str) -> Item:
        """The thing whose label says this text, which has no form of the system's own: a tag, a serial number, its maker's code."""
        raise ItemNotFound(f"{self.title} knows nothing by the text {code[:80]!r}")

    def resolve(self, code: str) -> Reference | None:
        """What a scanned text means here by its form alone; None where it could be anything. A link of another origin counts too."""
        return None

    def parse_webhook(self, body: Mapping[str, Any]) -> Item | Reference | None:
        """The thing a message of the system is about, whole where the message tells it all; None for messages about nothing to print."""
        return None

    async def image(self, item: Item) -> bytes:
        """The picture of a thing as its system keeps it, unchecked. ItemNotFound without one."""
        return await self.client.picture(item.image or "")
