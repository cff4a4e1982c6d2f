"""Templates of users: made, changed, copied and deleted through the API, and printed as they were when a job was taken."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from labelhub.labels.document import MAX_SOURCE_BYTES
from tests.house import House, dots_of, house, house_with, same_dots
from tests.labels.fonts_at_hand import put_fonts

TEXT = """\
# Shelves in the cellar.
schema_version: 1
key: shelf
name: Shelf
media: {family: tape, width_mm: 12}
fields: [{name: text, required: true, example: A 12}]
layout: {text: {value: "{text}", size_mm: {min: 2, max: 5}}}
"""
BIG = TEXT.replace("max: 5", "max: 8, min: 6").replace("min: 2, ", "")
YAML = {"content-type": "application/yaml"}
PATH = "/api/templates/shelf"


@pytest.fixture(name="found")
async def _found(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as found:
        yield found


async def put(found: House, text: str = TEXT, path: str = PATH, **headers: str) -> httpx.Response:
    sent = YAML | {name.replace("_", "-"): value for name, value in headers.items()}
    return await found.client.put(path, content=text.encode(), headers=sent)


def refused(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    body: dict[str, Any] = answer.json()
    assert body["type"].endswith(f"/problems/{slug}")
    return body


async def test_a_template_is_made_read_changed_and_deleted(found: House) -> None:
    made = await put(found)
    assert (made.status_code, made.headers["location"]) == (201, PATH), made.text
    assert (made.json()["source"], made.json()["version"], made.json()["name"]) == ("user", 1, "Shelf")
    assert (await found.client.get(PATH)).json() == made.json()
    changed = await put(found, TEXT.replace("name: Shelf", "name: Board"))
    assert (changed.status_code, changed.json()["version"], changed.json()["id"]) == (200, 2, made.json()["id"])
    assert (await put(found, TEXT.replace("name: Shelf", "name: Board"))).json() == changed.json()
    assert (await found.client.delete(PATH)).status_code == 204
    refused(await found.client.get(PATH), 404, "template-not-found")
    refused(await found.client.delete(PATH), 404, "template-not-found")


async def test_a_template_names_a_font_of_the_hubs_folder_and_no_other(tmp_path: Path) -> None:
    named = TEXT.replace('{text}"', '{text}", font: Eigene Sans')
    async with house(tmp_path) as found:
        fault = refused(await put(found, named), 422, "template-invalid")
        assert "Eigene Sans" in fault["detail"]
        assert fault["errors"][0]["pointer"].startswith("#")
        draft = await found.client.post("/api/templates/preview", json={"definition": named})
        refused(draft, 422, "template-invalid")
        refused(await found.client.get(PATH), 404, "template-not-found")
    put_fonts(tmp_path / "fonts")
    (tmp_path / "fonts" / "broken.ttf").write_text("no font")
    async with house(tmp_path) as found:
        assert len(found.hub.fonts) == 4
        assert (await put(found, named)).status_code == 201
        shown = await found.client.get(f"{PATH}/preview.png")
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/png"), shown.text
        other = named.replace("Eigene Sans", "Noto Sans JP")
        drafts = [await found.client.post("/api/templates/preview", json={"definition": text}) for text in (named, other)]
        assert [(draft.status_code, draft.content == shown.content) for draft in drafts] == [(200, True), (200, False)]
    (tmp_path / "fonts").rename(tmp_path / "away")
    async with house(tmp_path) as found:
        refused(await found.client.get(f"{PATH}/preview.png"), 422, "template-invalid")


async def test_json_and_yaml_say_the_same(found: House) -> None:
    definition = yaml.safe_load(TEXT)
    made = await put(found)
    for sent in (definition, TEXT):
        answer = await found.client.put(PATH, json={"definition": sent})
        assert (answer.status_code, answer.json()["definition"]) == (200, definition), answer.text
    del definition["key"]
    answer = await found.client.put("/api/templates/other", json={"definition": definition})
    assert answer.json()["definition"] == {**definition, "key": "other"}
    assert made.json()["definition"] == {**definition, "key": "shelf"}


async def test_what_was_written_comes_back_with_its_comments(found: House) -> None:
    await put(found)
    await found.client.put(PATH, json={"definition": yaml.safe_load(BIG)})
    as_yaml = {"accept": "application/yaml"}
    first = await found.client.get(f"{PATH}/versions/1", headers=as_yaml)
    assert (first.text, first.headers["content-type"]) == (TEXT, "application/yaml; charset=utf-8")
    now = await found.client.get(PATH, headers=as_yaml)
    assert yaml.safe_load(now.text) == yaml.safe_load(BIG)
    assert now.text.index("name: Shelf") < now.text.index("layout:")
    assert (await put(found, now.text)).json()["definition"] == yaml.safe_load(BIG)


async def test_every_version_can_be_read_the_newest_first(found: House) -> None:
    await put(found)
    await put(found, BIG)
    listed = (await found.client.get(f"{PATH}/versions")).json()
    assert [(one["version"], one["saved_by"]) for one in listed] == [(2, "local"), (1, "local")]
    first = (await found.client.get(f"{PATH}/versions/1")).json()
    assert first == {**listed[1], "definition": yaml.safe_load(TEXT)}
    refused(await found.client.get(f"{PATH}/versions/3"), 404, "template-version-not-found")
    refused(await found.client.get("/api/templates/none/versions"), 404, "template-not-found")
    refused(await found.client.get("/api/templates/none/versions/1"), 404, "template-not-found")


async def test_of_two_who_change_what_they_have_read_the_second_is_told(found: House) -> None:
    etag = (await put(found)).headers["etag"]
    assert (await found.client.get(PATH)).headers["etag"] == etag
    assert (await put(found, BIG, if_match=etag)).status_code == 200
    refused(await put(found, TEXT, if_match=etag), 412, "template-changed")
    refused(await found.client.delete(PATH, headers={"if-match": etag}), 412, "template-changed")
    refused(await put(found, TEXT, if_none_match="*"), 412, "template-changed")
    refused(await put(found, TEXT.replace("shelf", "new-one"), "/api/templates/new-one", if_match="*"), 412, "template-changed")
    assert (await put(found, TEXT, if_match="*")).json()["version"] == 3
    assert (await put(found, TEXT.replace("shelf", "new-one"), "/api/templates/new-one", if_none_match="*")).status_code == 201


async def test_a_condition_that_is_none_is_refused(found: House) -> None:
    for headers in ({"if_match": "x"}, {"if_none_match": '"1"'}, {"if_match": "*", "if_none_match": "*"}):
        body = refused(await put(found, TEXT, **headers), 422, "validation-failed")
        assert body["errors"][0]["parameter"].startswith("header.If-")


async def test_a_built_in_template_is_copied_and_never_changed(found: House) -> None:
    seed = (await found.client.get("/api/templates/snipeit-12mm")).json()
    path = "/api/templates/snipeit-12mm"
    refused(await put(found, TEXT.replace("shelf", "snipeit-12mm"), path), 409, "template-built-in")
    refused(await found.client.delete(path), 409, "template-built-in")
    copy = await found.client.post(f"{path}/copy", json={"key": "ours", "name": "Ours"})
    assert (copy.status_code, copy.headers["location"]) == (201, "/api/templates/ours"), copy.text
    assert copy.json()["definition"] == {**seed["definition"], "key": "ours", "name": "Ours"}
    refused(await found.client.post(f"{path}/copy", json={"key": "ours"}), 412, "template-changed")
    refused(await found.client.post("/api/templates/none/copy", json={"key": "x"}), 404, "template-not-found")
    for key in ("Ours", "o--o", "preview", "a/b"):
        body = refused(await found.client.post(f"{path}/copy", json={"key": key}), 422, "template-invalid")
        assert body["errors"][0]["pointer"] == "#/key"
    other = await found.client.put("/api/templates/theirs", json={"definition": {**seed["definition"], "key": "theirs"}})
    assert other.status_code == 201
    of_users = (await found.client.get("/api/templates?source=user")).json()
    assert [one["key"] for one in of_users] == ["ours", "theirs"]
    seeds = (await found.client.get("/api/templates?source=seed&app=snipeit")).json()
    assert seed in seeds
    assert {one["source"] for one in seeds} == {"seed"}
    refused(await found.client.get("/api/templates?source=mine"), 422, "validation-failed")


async def test_templates_of_users_and_readiness_stay_over_a_restart(tmp_path: Path) -> None:
    async with house(tmp_path) as found:
        made = await put(found)
    async with house(tmp_path) as found:
        assert (await found.client.get(PATH)).json() == made.json()
        seeded = (await found.client.get("/readiness")).json()["checks"]["template_seed"]
        assert (seeded["status"], seeded["metric"]) == ("ok", len((await found.client.get("/api/templates")).json()))


BAD = [
    (TEXT.replace("size_mm", "size"), "#/layout/text/size"),
    (TEXT.replace("{text}", "{txt}"), "#/layout"),
    (TEXT.replace("key: shelf", "key: board"), "#/key"),
    (TEXT.replace("example: A 12", "example: 2026-01-31"), "#/fields/0/example"),
    (TEXT.replace("schema_version: 1", "schema_version: 9"), "#/schema_version"),
    ("[]", "#"),
    ("a: &x 1\nb: *x", "#"),
    ("x" * (MAX_SOURCE_BYTES + 1), "#"),
]


async def test_a_template_that_is_none_is_refused_with_the_place_and_not_kept(found: House) -> None:
    for text, pointer in BAD:
        assert refused(await put(found, text), 422, "template-invalid")["errors"][0]["pointer"] == pointer
        try:
            sent = json.dumps({"definition": yaml.safe_load(text)})
        except (TypeError, yaml.YAMLError):
            sent = json.dumps({"definition": text[:MAX_SOURCE_BYTES]})
        answer = await found.client.put(PATH, content=sent, headers={"content-type": "application/json"})
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["pointer"].startswith("#/definition")
    refused(await found.client.get(PATH), 404, "template-not-found")


BODIES = [
    ("application/json", b"{", 400, "bad-request"),
    ("application/json", b"\xff", 400, "bad-request"),
    ("application/json", b"[" * 100_000, 400, "bad-request"),
    ("application/json", b"[]", 422, "validation-failed"),
    ("application/json", b'{"definition": 1}', 422, "validation-failed"),
    ("application/json", b'{"definition": {"a": NaN}}', 422, "validation-failed"),
    ("application/json", b'{"definition": {}, "more": 1}', 422, "validation-failed"),
    ("application/json", b'{"definition": "' + b"x" * 70_000 + b'"}', 422, "validation-failed"),
    ("application/yaml", b"\xff\xfe", 400, "bad-request"),
    ("application/yaml", b"", 422, "template-invalid"),
    ("image/png", b"", 415, "unsupported-media-type"),
    ("application/yaml", b" " * (1 << 21), 413, "body-too-large"),
]


async def test_a_body_that_is_none_is_told_so(found: House) -> None:
    for kind, body, status, slug in BODIES:
        refused(await found.client.put(PATH, content=body, headers={"content-type": kind}), status, slug)


@pytest.mark.parametrize("sent", ["7", "null", '"\\ud800"', '{"name": "\\ud800"}', '{"name": NaN}', json.dumps("x" * 65_537)])
async def test_a_definition_that_is_none_is_told_of_where_it_stands(found: House, sent: str) -> None:
    for path in (PATH, "/api/templates/preview"):
        method = "PUT" if path == PATH else "POST"
        headers = {"content-type": "application/json"}
        answer = await found.client.request(method, path, content=f'{{"definition": {sent}}}', headers=headers)
        body = refused(answer, 422, "validation-failed")
        assert [fault["pointer"] for fault in body["errors"]] == ["#/definition"]


async def test_a_key_that_is_none_is_told_so(found: House) -> None:
    for key in ("Shelf", "a_b", "x" * 65, "-a", "versions", "%00", "ä"):
        answer = await put(found, TEXT.replace("key: shelf\n", ""), f"/api/templates/{key}")
        assert refused(answer, 422, "template-invalid")["errors"][0]["pointer"] == "#/key"


async def test_a_job_prints_the_template_it_was_submitted_with_even_when_that_is_changed_or_deleted(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as found:
        await put(found)
        data = {"text": "A 12"}
        job = await found.until(await found.print("shelf", data))
        await found.hub.fleet.pause(found.hub.printer("pt"), True)
        waiting = await found.print("shelf", data, printer="pt")
        await put(found, BIG)
        changed = await found.print("shelf", data, printer="pt")
        assert (await found.client.delete(PATH)).status_code == 204
        retried = (await found.client.post(f"/api/jobs/{job.id}/retry")).json()["job_id"]
        pictures = [await found.picture(f"/api/jobs/{one}/labels/1.png") for one in (waiting, changed, retried)]
        await found.hub.fleet.pause(found.hub.printer("pt"), False)
        for one in (waiting, changed, retried):
            assert (await found.until(one)).state == "completed"
        before, held, new, again = map(dots_of, found.emulators["pt"].machine.pages)
        assert same_dots(before, held)
        assert same_dots(before, again)
        assert not same_dots(before, new)
        assert all(same_dots(picture, page) for picture, page in zip(pictures, (held, new, again), strict=True))
        refused(await found.client.post("/api/print", json={"template": "shelf", "data": data}), 404, "template-not-found")
