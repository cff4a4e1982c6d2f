"""Another system on a real socket: answers with recorded samples, or with whatever else a test makes it say."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from labelhub.integrations.client import Client
from labelhub.integrations.integration import Integration
from labelhub.testing import Answering, Asked, Reply
from labelhub.testing import StandIn as Bare
from labelhub.testing import stand_in as bare

__all__ = ["LINKS", "Answering", "Asked", "Reply", "StandIn", "connected", "recorded", "sample", "stand_in"]

LINKS = "https://links.example"

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
NOTHING = Reply(status=404, body=b"<html>nothing here</html>", headers={"content-type": "text/html"})


@cache
def sample(name: str) -> Any:
    """A recorded sample: `snipeit/hardware_bytag`."""
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def recorded(name: str) -> Reply:
    """The answer of a sample."""
    found = sample(name)["response"]
    return Reply(found["json"], found["status"], {key: value for key, value in found.get("headers", {}).items() if key != "content-type"})


@dataclass(slots=True)
class StandIn:
    """A system that answers each path (with its query, or without) as it is told; anything else is 404 with a web page."""

    replies: dict[str, Reply | Answering]
    bare: Bare | None = None

    @property
    def url(self) -> str:
        assert self.bare is not None
        return self.bare.url

    @property
    def asked(self) -> list[Asked]:
        assert self.bare is not None
        return self.bare.asked

    def answer(self, asked: Asked) -> Any:
        found = self.replies.get(asked.target, self.replies.get(asked.path, self.replies.get("*", NOTHING)))
        return found if isinstance(found, Reply) else found(asked)


@asynccontextmanager
async def stand_in(replies: dict[str, Reply | Answering]) -> AsyncIterator[StandIn]:
    """The system, listening on this machine."""
    found = StandIn(replies)
    async with bare(found.answer) as found.bare:
        yield found


@asynccontextmanager
async def connected(
    kind: type[Integration], replies: dict[str, Any], links: str = LINKS, app: str = "app"
) -> AsyncIterator[tuple[Any, StandIn]]:
    """The plug-in of a kind, with a key, connected to the system."""
    async with stand_in(replies) as system:
        client = Client(system.url, kind.authorization("secret"), origins=(links,))
        try:
            yield kind(app, links, client), system
        finally:
            await client.aclose()
