"""Hooks over HTTP: set up, let in by a token in any of five places, and by nothing else."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from labelhub.auth import WRONG_KEYS, Keyring
from tests.hooks.deliveries import named
from tests.house import House, declared, house, house_with, settings_for, virtual

STRANGE = {"x-forwarded-for": "203.0.113.9"}
BODY = {"text": "Schrauben M3"}
OTHER_PAGE = {"origin": "http://grocy.lan", "sec-fetch-site": "cross-site"}


@pytest_asyncio.fixture(name="house", scope="module", loop_scope="module")
async def _house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house_with(tmp_path_factory.mktemp("hooks"), pt="PT-P750W 12mm") as found:
        await found.client.post("/api/printers/pt/pause")  # here nothing needs to come out
        yield found


@pytest.fixture(autouse=True)
def _nobody_has_guessed_yet(house: House) -> None:
    """The tests share a hub, and all come from one address."""
    house.app.state.keyring = Keyring(None, time.time)


pytestmark = pytest.mark.asyncio(loop_scope="module")


def slug(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return str(answer.json()["type"]).rpartition("/")[2]


async def made(house: House, name: str, **more: Any) -> dict[str, Any]:
    answer = await house.client.post("/api/hooks", json={"name": name} | more)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_a_hook_is_made_changed_and_deleted_and_its_token_is_told_once(house: House) -> None:
    hook = await made(house, "crud", printer="pt", fields={"title": "a.b", "lines": ["{c}", "d"]})
    assert hook["path"] == f"/api/webhook/crud/{hook['token']}"
    shown = (await house.client.get("/api/hooks/crud")).json()
    assert hook["token"] not in json.dumps(shown)
    assert shown["tokens"][0]["begins"] == hook["token"][:6]
    assert (shown["fields"], shown["printer"]) == ({"title": "a.b", "lines": ["{c}", "d"]}, "pt")
    changed = (await house.client.patch("/api/hooks/crud", json={"printer": None, "enabled": False})).json()
    assert (changed["printer"], changed["enabled"], changed["fields"]) == (None, False, shown["fields"])
    assert slug(await house.client.post(hook["path"], json=BODY, headers=STRANGE)) == "hook-disabled"
    assert (await house.client.get("/api/hooks/crud")).json()["deliveries"][0]["outcome"] == "hook-disabled"
    assert slug(await house.client.post("/api/hooks", json={"name": "crud"})) == "name-taken"
    assert (await house.client.delete("/api/hooks/crud")).status_code == 204
    assert slug(await house.client.get("/api/hooks/crud")) == "hook-not-found"
    assert slug(await house.client.post(hook["path"], json=BODY, headers=STRANGE)) == "not-authenticated"


async def test_a_hook_that_came_to_be_by_a_delivery_from_here_can_still_be_made(house: House) -> None:
    assert (await house.client.post("/api/webhook/mealie", json={"content": {"name": "Suppe"}})).status_code == 202
    assert (await house.client.get("/api/hooks/mealie")).json()["tokens"] == []
    hook = await made(house, "mealie", preset="mealie", printer="pt")
    assert (await house.client.post(hook["path"], json={"content": {"name": "Suppe"}}, headers=STRANGE)).status_code == 202
    assert slug(await house.client.post("/api/hooks", json={"name": "mealie"})) == "name-taken"


async def test_tokens_are_changed_over_without_a_gap(house: House) -> None:
    first = await made(house, "turnover")
    second = (await house.client.post("/api/hooks/turnover/tokens")).json()
    for token in (first["token"], second["token"]):
        assert (await house.client.post(f"/api/webhook/turnover/{token}", json=BODY, headers=STRANGE)).status_code == 202
    old = first["tokens"][0]["id"]
    assert (await house.client.delete(f"/api/hooks/turnover/tokens/{old}")).status_code == 204
    assert (await house.client.post(first["path"], json=BODY, headers=STRANGE)).status_code == 401
    assert (await house.client.post(second["path"], json=BODY, headers=STRANGE)).status_code == 202


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": "Big"}, "#/name"),
        ({"name": "x", "preset": "nothing"}, "#/preset"),
        ({"name": "x", "fields": {"a": "{broken"}}, "#/fields/a"),
        ({"name": "x", "token": "short"}, "#/token"),
        ({"name": "x", "token": "has a blank in the middle"}, "#/token"),
        ({"name": "x", "more": 1}, "#/more"),
    ],
)
async def test_a_hook_that_could_take_nothing_is_refused_with_its_place(house: House, body: dict[str, Any], pointer: str) -> None:
    answer = await house.client.post("/api/hooks", json=body)
    assert (answer.status_code, slug(answer)) == (422, "validation-failed")
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)


async def test_a_token_is_taken_in_each_of_five_places_and_opens_no_other_hook(house: House) -> None:
    token = (await made(house, "five"))["token"]
    await made(house, "another")

    def basic(text: str) -> dict[str, str]:
        return {"authorization": "Basic " + base64.b64encode(text.encode()).decode()}

    ways: list[tuple[str, dict[str, str], dict[str, Any]]] = [
        ("", {"authorization": f"Bearer {token}"}, {"json": BODY}),
        (f"/{token}", {}, {"json": BODY}),
        (f"?token={token}", {}, {"json": BODY}),
        ("", basic(f"labelhub:{token}"), {"json": BODY}),
        ("", basic(f"{token}:"), {"json": BODY}),
        ("", {}, {"json": BODY | {"hub_token": token}}),
        ("", {}, {"data": BODY | {"token": token}}),
    ]
    for path, headers, sent in ways:
        answer = await house.client.post(f"/api/webhook/five{path}", headers=headers | STRANGE, **sent)
        assert answer.status_code == 202, (path, headers, answer.text)
        refused = await house.client.post(f"/api/webhook/another{path}", headers=headers | {"x-forwarded-for": "203.0.113.77"}, **sent)
        assert (refused.status_code, slug(refused)) == (401, "not-authenticated")
    payload = await house.client.get("/api/hooks/five/payload")
    assert token not in payload.text
    assert payload.json()["values"]["token"] == "***"


async def test_a_stranger_learns_nothing_and_is_slowed_down(house: House) -> None:
    await made(house, "guessed")
    here = {"x-forwarded-for": "203.0.113.55"}
    texts = set()
    for number in range(WRONG_KEYS):
        answer = await house.client.post(f"/api/webhook/{'guessed' if number % 2 else 'nothing'}/wrong", content=b"{", headers=here)
        texts.add((answer.status_code, answer.json()["detail"]))
    assert len(texts) == 1
    answer = await house.client.post("/api/webhook/guessed/wrong", json=BODY, headers=here)
    assert (answer.status_code, slug(answer)) == (429, "rate-limited")


async def test_a_page_of_another_origin_needs_a_token_even_on_this_machine(house: House) -> None:
    token = (await made(house, "grocy", preset="grocy"))["token"]
    asked = await house.client.options(
        f"/api/webhook/grocy/{token}",
        headers={"origin": "http://grocy.lan", "access-control-request-method": "POST", "access-control-request-headers": "content-type"},
    )
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == "*"
    assert "content-type" in asked.headers["access-control-allow-headers"].lower()
    delivery = named("grocy/product_printlabel")
    sent = await house.client.post(f"/api/webhook/grocy/{token}", content=delivery.body, headers=delivery.headers | OTHER_PAGE)
    assert (sent.status_code, sent.headers["access-control-allow-origin"]) == (202, "*")
    for path in ("/api/webhook/grocy", "/api/print/grocy"):
        refused = await house.client.post(path, content=delivery.body, headers=delivery.headers | OTHER_PAGE)
        assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, "*")
    assert (await house.client.get("/api/print/text?text=x", headers={"sec-fetch-site": "cross-site"})).status_code == 401
    elsewhere = await house.client.post("/api/print", json={}, headers=OTHER_PAGE)
    assert (elsewhere.status_code, slug(elsewhere)) == (403, "origin-not-allowed")
    assert "access-control-allow-origin" not in elsewhere.headers


@pytest.mark.parametrize(
    ("header", "algorithm", "before"), [("X-Hook-Signature", "sha512", ""), ("X-Hub-Signature-256", "sha256", "sha256=")]
)
async def test_a_signed_hook_takes_what_is_signed_and_nothing_else(house: House, header: str, algorithm: str, before: str) -> None:
    name = f"signed-{algorithm}"
    hook = await made(house, name, secret="a shared secret", preset="netbox")
    assert (hook["signed"], "a shared secret" in json.dumps(hook)) == (True, False)
    body = named("netbox/webhook_default_body").body
    right = before + hmac.new(b"a shared secret", body, algorithm).hexdigest()
    url = f"/api/webhook/{name}"
    sent = await house.client.post(url, content=body, headers={header: right, "content-type": "application/json"} | STRANGE)
    assert sent.status_code == 202, sent.text
    for given in ({header: before + "0" * 128}, {header: right[:-1]}, {header: "é"}, {}):
        headers = {key.encode(): value.encode() for key, value in (given | {"content-type": "application/json"}).items()}
        assert (await house.client.post(hook["path"], content=body, headers=headers)).status_code == 401
    other = await house.client.post(url, content=body + b" ", headers={header: right, "content-type": "application/json"})
    assert other.status_code == 401


async def test_fields_are_taken_from_paths_and_texts(house: House) -> None:
    fields = {
        "qr_payload": "https://x.example/{item.id}",
        "title": "item.name",
        "lines": ["item.tags", "{item.no}{ of {item.of}}", "none.such"],
    }
    await made(house, "mapped", fields=fields, template="any-qr", copies=2)
    body = {"item": {"id": 7, "name": "A &amp; <b>B</b>", "tags": ["x", "y"], "no": 3}, "template": "any-text", "copies": 2}
    answer = await house.client.post("/api/webhook/mapped", json=body)
    job = (await house.client.get(f"/api/jobs/{answer.json()['job_id']}")).json()
    assert (job["template_key"], job["labels_total"]) == ("any-qr", 4)
    data = job["payload"]["labels"][0]["data"]
    assert (data["qr_payload"], " ".join(data["title"].split()), data["lines"]) == ("https://x.example/7", "A & B", ["x", "y", "3"])


async def test_what_can_never_be_printed_is_told_and_written_down(house: House) -> None:
    await made(house, "broken", template="snipeit-12mm")
    for body, wanted in (
        ({"text": "x"}, "field-missing"),
        ({}, "payload-invalid"),
        ({"lookup": {"app": "no", "identifier": "1"}}, "validation-failed"),
    ):
        assert slug(await house.client.post("/api/webhook/broken", json=body)) == wanted
    outcomes = [one["outcome"] for one in (await house.client.get("/api/hooks/broken")).json()["deliveries"]]
    assert outcomes == ["validation-failed", "payload-invalid", "field-missing"]
    assert slug(await house.client.post("/api/webhook/nothing-like-it", json=BODY)) == "hook-not-found"
    large = await house.client.post(
        "/api/webhook/broken", content=b'{"a":"' + b"x" * 2**20 + b'"}', headers={"content-type": "application/json"}
    )
    assert (large.status_code, slug(large)) == (413, "body-too-large")
    noise = await house.client.post("/api/webhook/broken", content=b"\x89PNG\r\n\x1a\nxx", headers={"content-type": "image/png"})
    assert (noise.status_code, slug(noise)) == (422, "image-invalid")


async def test_hooks_of_the_settings_are_there_at_the_start_and_gone_when_they_are_not(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a token in a file\n".replace(" ", "-"))
    hooks = [{"name": "lab", "preset": "grocy", "printer": "pt", "token_file": str(tmp_path / "token"), "fields": {"title": "product"}}]
    async with virtual(pt="PT-P750W 12mm") as emulators:
        async with house(tmp_path, settings_for(tmp_path, declared(emulators), hooks=hooks)) as before:
            hook = (await before.client.get("/api/hooks/lab")).json()
            assert (hook["declared"], hook["preset"], hook["tokens"][0]["begins"]) == (True, "grocy", "a-toke")
            sent = await before.client.post("/api/webhook/lab/a-token-in-a-file", json={"product": "Milch"}, headers=STRANGE)
            assert sent.status_code == 202
            for method, path in (("PATCH", ""), ("DELETE", ""), ("POST", "/tokens")):
                answer = await before.client.request(method, f"/api/hooks/lab{path}", json={} if method == "PATCH" else None)
                assert (answer.status_code, slug(answer)) == (409, "conflict")
        async with house(tmp_path, settings_for(tmp_path, declared(emulators))) as after:
            assert (await after.client.get("/api/hooks")).json() == []


async def test_the_token_in_a_path_is_not_told_in_the_log(house: House, caplog: pytest.LogCaptureFixture) -> None:
    hook = await made(house, "quiet")
    with caplog.at_level("DEBUG"):
        await house.client.post(hook["path"], json=BODY, headers=STRANGE)
    told = [record.getMessage() for record in caplog.records if record.name.startswith("labelhub")]
    assert not any(hook["token"] in line for line in told)
    assert any("/api/webhook/quiet/***" in line for line in told)
