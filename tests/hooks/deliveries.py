"""Recorded deliveries, sent again as they were: each with what its label must be, written from what is known of its sender."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import yaml
from PIL import Image, ImageDraw
from sqlalchemy.engine import Connection

from labelhub.jobs import store
from labelhub.jobs.job import Job
from labelhub.labels.render import render
from labelhub.labels.template import builtin
from tests.house import House
from tests.integrations.stand_in import StandIn, stand_in
from tests.labels.labels_at_hand import ANY_MEDIA

SAMPLES = Path(__file__).resolve().parent.parent / "samples"


ASSET = {
    "id": 42,
    "name": "DS1054Z",
    "asset_tag": "MS-00042",
    "serial": "SN1",
    "model": {"name": "Oszilloskop &quot;Rigol&quot;"},
    "location": {"name": "E-Labor"},
}
STRANGE = {"x-forwarded-for": "203.0.113.9"}
"""From another machine, where nothing but the token opens anything."""
TOKEN = "recorded-tokens-are-too-short"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A request as it was recorded, and what it must make."""

    name: str
    hook: str
    content_type: str
    body: bytes
    query: str
    expected: dict[str, Any] = field(repr=False)

    @property
    def url(self) -> str:
        query = self.query.replace("token=tok", f"token={TOKEN}")
        return f"/api/webhook/{self.hook}/{TOKEN}" + (f"?{query}" if query else "")

    @property
    def headers(self) -> dict[str, str]:
        return {"content-type": self.content_type}


@cache
def recorded() -> tuple[Delivery, ...]:
    """Every recorded delivery that `expected_push.yaml` tells of."""
    return tuple(_all())


def named(name: str) -> Delivery:
    """One of them: `grocy/stock_entry_printlabel`."""
    return next(one for one in recorded() if one.name == name)


def _all() -> Iterator[Delivery]:
    for path in sorted(SAMPLES.glob("*/expected_push.yaml")):
        for expected in yaml.safe_load(path.read_text(encoding="utf-8")):
            found = json.loads((path.parent / f"{expected['sample']}.json").read_text(encoding="utf-8"))
            for step in filter(None, expected["at"].split("/")):
                found = found[int(step)] if isinstance(found, list) else found[step]
            kind, body = _body(found, expected)
            query = urlsplit(found.get("path", "")).query
            yield Delivery(f"{path.parent.name}/{expected['sample']}", expected["hook"], kind, body, query, expected)


def _body(found: dict[str, Any], expected: dict[str, Any]) -> tuple[str, bytes]:
    headers = {name.lower(): value for name, value in found.get("headers", {}).items()}
    kind = headers.get("content-type", "application/json")
    if kind == "image/png":
        return kind, drawn(*expected["picture"])
    if "body_raw" in found or isinstance(found.get("body"), str):
        return kind, str(found.get("body_raw", found.get("body"))).encode()
    content = found.get("body_json", found.get("json", found))
    if "picture" in expected:
        content = content | {"png_base64": base64.b64encode(drawn(*expected["picture"])).decode()}
    return kind, json.dumps(content).encode()


@cache
def drawn(width: int, height: int) -> bytes:
    """A label as other systems draw one: black on white, with a frame."""
    picture = Image.new("L", (width, height), 255)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((8, 8, width - 9, height - 9), outline=0, width=6)
    draw.rectangle((width // 8, height // 4, width // 3, height * 3 // 4), fill=0)
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def written(template: str, fields: dict[str, Any]) -> str:
    """The text on the label on a 62 mm roll, line after line."""
    found = next(one for one in builtin() if one.key == template)
    return " ".join(line.text for line in render(found, fields, ANY_MEDIA["roll-62mm"]).texts)


async def send(found: House, delivery: Delivery) -> dict[str, Any]:
    """What the hub answers to a recorded delivery, sent with a token that it takes."""
    if (await found.client.get(f"/api/hooks/{delivery.hook}")).status_code == 404:
        made = await found.client.post("/api/hooks", json={"name": delivery.hook, "preset": delivery.hook, "token": TOKEN})
        assert made.status_code in (201, 409), made.text  # another was quicker
    answer = await found.client.post(delivery.url, content=delivery.body, headers=delivery.headers | STRANGE)
    assert answer.status_code == 202, answer.text
    told: dict[str, Any] = answer.json()
    return told


@asynccontextmanager
async def snipeit(found: House, replies: dict[str, Any]) -> AsyncIterator[StandIn]:
    """A Snipe-IT that the hub is connected with."""
    async with stand_in(replies) as system:
        answer = await found.client.post("/api/integrations", json={"kind": "snipeit", "url": system.url})
        assert answer.status_code == 201, answer.text
        yield system


def job_of(conn: Connection, job_id: str) -> Job:
    """The row of a job."""
    return store.get(conn, UUID(job_id))
