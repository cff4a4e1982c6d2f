"""Stored pictures: kept as given, shown by templates, and the same in a job's reprint when there is another of the name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from PIL import Image, ImageDraw

from labelhub.db.schema import image_contents, images
from labelhub.jobs.store import forget
from labelhub.labels import image_store
from tests.house import House, dots_of, house, house_with, same_dots

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><rect width="9" height="20"/></svg>'
PATH = "/api/images/logo"
TEXT = """\
schema_version: 1
key: badge
name: Badge
media: {family: tape, width_mm: 12}
fields: [{name: text, required: true, example: A 12}]
layout:
  row:
    gap_mm: 1
    items:
      - image: {source: logo, width_mm: 8}
      - text: {value: "{text}", size_mm: {min: 2, max: 5}}
"""


def png(*, disc: bool = False) -> bytes:
    """A ring, or a disc."""
    picture = Image.new("L", (90, 90), 255)
    ImageDraw.Draw(picture).ellipse((5, 5, 85, 85), fill=0 if disc else 255, outline=0, width=12)
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def refused(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (status, slug), answer.text
    body: dict[str, Any] = answer.json()
    return body


@pytest.fixture(name="found")
async def _found(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as found:
        yield found


async def test_a_picture_comes_back_as_it_was_given(found: House) -> None:
    made = await found.client.put(PATH, content=png())
    assert (made.status_code, made.headers["location"]) == (201, PATH), made.text
    assert {name: made.json()[name] for name in ("name", "kind", "width", "height", "size_bytes")} == {
        "name": "logo", "kind": "png", "width": 90, "height": 90, "size_bytes": len(png()),
    }  # fmt: skip
    answer = await found.client.get(PATH)
    assert (answer.content, answer.headers["content-type"]) == (png(), "image/png")
    unchanged = await found.client.get(PATH, headers={"if-none-match": answer.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert (await found.client.put(PATH, content=png())).json() == made.json()
    drawing = await found.client.put("/api/images/drawing", content=SVG)
    assert (drawing.status_code, drawing.json()["kind"]) == (201, "svg")
    shown = await found.client.get("/api/images/drawing")
    assert shown.headers["content-disposition"].startswith("attachment")
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert [one["name"] for one in (await found.client.get("/api/images")).json()] == ["drawing", "logo"]
    assert (await found.client.delete(PATH)).status_code == 204
    refused(await found.client.get(PATH), 404, "image-not-found")
    refused(await found.client.delete(PATH), 404, "image-not-found")


async def test_what_is_no_picture_or_too_large_is_refused_and_not_kept(found: House) -> None:
    for content in (b"", b"hello", b"GIF89a" + bytes(50), png()[:60], b"\x89PNG\r\n\x1a\n" + bytes(90)):
        refused(await found.client.put(PATH, content=content), 422, "image-invalid")
    refused(await found.client.put(PATH, content=bytes(10 * 1024 * 1024 + 1)), 413, "body-too-large")
    for name in ("Logo", "a b", "x" * 65, "..", "a--b", "%00"):
        answer = await found.client.put(f"/api/images/{name}", content=png())
        assert answer.status_code in (404, 405, 422), name
    assert (await found.client.get("/api/images")).json() == []
    refused(await found.client.put("/api/templates/badge", content=bytes(2 << 20)), 413, "body-too-large")


async def test_a_template_that_shows_a_picture_wants_it_stored_first(found: House) -> None:
    body = refused(await put(found), 422, "template-invalid")
    assert "PUT /api/images/logo" in body["detail"]
    assert body["errors"][0]["pointer"] == "#/layout"
    await found.client.put(PATH, content=png())
    assert (await put(found)).status_code == 201
    in_use = refused(await found.client.delete(PATH), 409, "image-in-use")
    assert in_use["templates"] == ["badge"]
    assert (await found.client.get("/api/templates/badge/preview.png")).status_code == 200
    draft = await found.client.post("/api/templates/preview", json={"definition": TEXT})
    assert draft.content == (await found.client.get("/api/templates/badge/preview.png")).content
    missing = await found.client.post("/api/templates/preview", json={"definition": TEXT.replace("logo", "absent")})
    assert missing.status_code == 422


async def put(found: House) -> httpx.Response:
    return await found.client.put("/api/templates/badge", content=TEXT, headers={"content-type": "application/yaml"})


async def test_another_picture_of_the_name_is_a_new_version_and_jobs_keep_the_one_they_were_taken_with(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as found:
        await found.client.put(PATH, content=png())
        await put(found)
        job = await found.until(await found.print("badge", {"text": "A 12"}))
        await found.client.put(PATH, content=png(disc=True))
        stored = (await found.client.get("/api/templates/badge")).json()
        assert stored["version"] == 2
        assert [one["version"] for one in (await found.client.get("/api/templates/badge/versions")).json()] == [2, 1]
        seen = await found.picture("/api/templates/badge/preview.png")
        await found.until(await found.print("badge", {"text": "A 12"}))
        assert (await found.client.delete("/api/templates/badge")).status_code == 204
        assert (await found.client.delete(PATH)).status_code == 204
        later = found.hub.clock() + timedelta(seconds=5)
        await found.hub.database.write(forget, found.hub.clock() - timedelta(days=1), later)
        retried = (await found.client.post(f"/api/jobs/{job.id}/retry")).json()["job_id"]
        await found.until(retried)
        ring, disc, again = map(dots_of, found.emulators["pt"].machine.pages)
        assert same_dots(ring, again)
        assert not same_dots(ring, disc)
        assert same_dots(disc, seen)


def fill(conn: sa.Connection, count: int, size_bytes: int) -> None:
    """So many pictures with a name, each said to be so large."""
    at = datetime(2026, 1, 31, tzinfo=UTC)
    digests = [f"{number:064}" for number in range(count)]
    told = {"kind": "png", "width": 1, "height": 1, "size_bytes": size_bytes, "content": b"", "created_at": at}
    conn.execute(sa.insert(image_contents), [{"digest": digest} | told for digest in digests])
    named = {"saved_by": "", "created_at": at, "updated_at": at}
    conn.execute(sa.insert(images), [{"name": f"n{digest[-3:]}", "digest": digest} | named for digest in digests])


async def test_the_number_of_pictures_is_bounded_and_one_may_still_be_replaced(found: House) -> None:
    await found.hub.database.write(fill, image_store.MAX_IMAGES - 1, 10)
    assert (await found.client.put("/api/images/last", content=png())).status_code == 201
    refused(await found.client.put("/api/images/more", content=png()), 409, "too-many-images")
    assert (await found.client.put("/api/images/last", content=png(disc=True))).status_code == 200


async def test_the_room_for_pictures_is_bounded(found: House) -> None:
    await found.hub.database.write(fill, 2, image_store.MAX_ALL_BYTES // 2 - 5)
    refused(await found.client.put("/api/images/two", content=SVG), 409, "too-many-images")


async def test_pictures_are_looked_at_one_after_the_other(found: House) -> None:
    """Many large ones at once would take more memory than a small machine has."""
    async with found.hub.looking:
        put = asyncio.create_task(found.client.put(PATH, content=png()))
        for _ in range(50):  # in which it would be stored by far
            await found.client.get("/api/images")
        assert not put.done()
    assert (await put).status_code == 201
