"""Things of connected systems through the API: configured, asked, resolved and printed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.house import House, declared, house, settings_for, virtual
from tests.integrations.stand_in import Asked, Reply, StandIn, recorded, sample, stand_in

NOT_FOUND = recorded("snipeit/not_found_is_200")


def snipeit_replies() -> dict[str, Any]:
    asset = recorded("snipeit/hardware_bytag")
    row = sample("snipeit/hardware_bytag")["response"]["json"]
    return {
        "/api/v1/hardware/bytag/MS-00042": asset,
        "/api/v1/hardware/bytag/A%2F1": Reply({**row, "id": 7, "asset_tag": "A/1"}),
        "/api/v1/hardware/42": asset,
        "/api/v1/hardware": recorded("snipeit/hardware_list"),
        "*": NOT_FOUND,
    }


@dataclass(slots=True)
class Place:
    """A hub with a printer, connected to a Snipe-IT."""

    house: House
    snipeit: StandIn

    @property
    def client(self) -> httpx.AsyncClient:
        return self.house.client


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(name="one_place", scope="module", loop_scope="module")
async def _one_place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    tmp_path = tmp_path_factory.mktemp("hub")
    async with stand_in(snipeit_replies()) as system, virtual(pt="PT-P750W 12mm") as emulators:
        connected = [{"kind": "snipeit", "url": system.url, "link_url": "https://snipe.example", "token": "secret-token"}]
        async with house(tmp_path, settings_for(tmp_path, declared(emulators), integrations=connected)) as found:
            found.emulators = emulators
            await found.seen("pt")
            yield Place(found, system)


@pytest.fixture
def place(one_place: Place) -> Place:
    """The one place of this module, with its Snipe-IT as it was."""
    one_place.snipeit.replies = snipeit_replies()
    return one_place


def slug_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


async def test_a_thing_is_looked_up_by_tag_number_or_link_and_a_tag_may_hold_a_slash(place: Place) -> None:
    item = (await place.client.get("/api/lookup/snipeit/MS-00042")).json()
    assert (item["app"], item["id"], item["name"], item["url"]) == (
        "snipeit",
        "42",
        'Oszilloskop "Rigol"',
        "https://snipe.example/hardware/42",
    )
    assert item["fields"]["primary_id"] == "MS-00042"
    for path in ("asset:42", "42?type=asset", "https:%2F%2Fsnipe.example%2Fhardware%2F42"):
        assert (await place.client.get(f"/api/lookup/snipeit/{path}")).json()["id"] == "42", path
    for path in ("A/1", "A%2F1", "A%2F1?type=tag"):
        assert (await place.client.get(f"/api/lookup/snipeit/{path}")).json()["id"] == "7", path
    assert slug_of(await place.client.get("/api/lookup/snipeit/NOPE")) == (404, "item-not-found")
    assert slug_of(await place.client.get("/api/lookup/snipeit/1?type=rocket")) == (404, "item-not-found")
    assert slug_of(await place.client.get("/api/lookup/grocy/1")) == (404, "integration-not-found")


async def test_a_search_links_to_its_next_page(place: Place) -> None:
    answer = await place.client.get("/api/lookup/snipeit?q=rigol&limit=1")
    assert [item["fields"]["primary_id"] for item in answer.json()] == ["MS-00042"]
    assert "link" not in answer.headers
    rows = sample("snipeit/hardware_list")["response"]["json"]["rows"]
    place.snipeit.replies["/api/v1/hardware"] = Reply({"total": 2, "rows": rows})
    more = await place.client.get("/api/lookup/snipeit?q=a%26b&limit=1")
    assert more.headers["link"] == '</api/lookup/snipeit?q=a%26b&limit=1&cursor=1>; rel="next"'
    assert (await place.client.get(more.headers["link"][1:].partition(">")[0])).status_code == 200


async def test_a_lookup_prints_with_the_fields_of_its_thing(place: Place) -> None:
    body = {"template": "snipeit-12mm", "lookup": {"app": "snipeit", "identifier": "MS-00042"}}
    pages = place.house.emulators["pt"].machine.page_count
    preview = await place.client.post("/api/preview", json=body)
    assert (preview.status_code, preview.headers["content-type"]) == (200, "image/png")
    answer = await place.client.post("/api/print", json=body, headers={"idempotency-key": "one"})
    assert answer.status_code == 202
    job = await place.house.until(answer.json()["job_id"])
    shown = (await place.client.get(f"/api/jobs/{job.id}")).json()["payload"]
    assert (job.state, "https://snipe.example/hardware/42" in json.dumps(shown)) == ("completed", True)
    place.snipeit.replies = {"*": Reply(status=500)}
    again = await place.client.post("/api/print", json=body, headers={"idempotency-key": "one"})
    assert again.json()["job_id"] == answer.json()["job_id"]
    assert slug_of(await place.client.post("/api/print", json=body)) == (502, "integration-failed")
    place.snipeit.replies = {"*": NOT_FOUND}
    assert slug_of(await place.client.post("/api/print", json=body)) == (404, "item-not-found")
    assert place.house.emulators["pt"].machine.page_count == pages + 1


async def test_codes_resolve_to_their_things_and_strange_ones_to_nothing(place: Place) -> None:
    for code in (
        "https://snipe.example/hardware/42",
        "http://elsewhere.lan/hardware/42",
        "MS-00042",
        " MS-00042 ",
        "http://labels.lan/asset/MS-00042",
        "https://snipe.example/ht/MS-00042",
    ):
        assert (await place.client.get("/api/resolve", params={"code": code})).json()["id"] == "42", code
    for code in ("", "nothing", "https://example.org/", "http://labels.lan/spool/1", "http://labels.lan/asset/", "\x00", "☃" * 300):
        assert slug_of(await place.client.get("/api/resolve", params={"code": code})) == (404, "item-not-found"), code


async def test_a_system_that_is_down_says_so_and_disturbs_nothing(place: Place) -> None:
    place.snipeit.replies = {"*": Reply(status=503)}
    assert slug_of(await place.client.get("/api/resolve?code=MS-1")) == (502, "integration-failed")
    shown = (await place.client.get("/api/integrations/snipeit")).json()
    assert (shown["state"], "503" in shown["last_error"]) == ("failed", True)
    assert (await place.client.get("/readiness")).json()["status"] == "ready"
    assert (await place.house.until(await place.house.print())).state == "completed"


async def test_systems_are_connected_changed_and_removed_and_their_secrets_never_shown(place: Place) -> None:
    body = {
        "kind": "snipeit",
        "name": "snipeit-lab",
        "url": place.snipeit.url + "/",
        "token": "lab-token",
        "headers": {"X-Proxy": "inner"},
    }
    answer = await place.client.post("/api/integrations", json=body)
    assert (answer.status_code, answer.headers["location"]) == (201, "/api/integrations/snipeit-lab")
    shown = answer.json()
    assert (shown["has_token"], shown["headers"], shown["state"], shown["url"]) == (True, ["X-Proxy"], "unknown", place.snipeit.url)
    assert (await place.client.post("/api/integrations/snipeit-lab/test")).json() == {
        "ok": True,
        "detail": "Snipe-IT answers, with 1 assets",
    }
    assert place.snipeit.asked[-1].headers["x-proxy"] == "inner"
    assert place.snipeit.asked[-1].headers["authorization"] == "Bearer lab-token"
    every = await place.client.get("/api/integrations")
    assert [(one["name"], one["declared"]) for one in every.json()] == [("snipeit", True), ("snipeit-lab", False)]
    assert every.json()[1]["state"] == "ok"
    assert (await place.client.get("/api/lookup/snipeit-lab/42")).json()["app"] == "snipeit-lab"
    for text in (every.text, answer.text, json.dumps(repr(await place.house.hub.connections.every()))):
        assert "secret-token" not in text
        assert "lab-token" not in text
        assert "inner" not in text
    changed = await place.client.patch("/api/integrations/snipeit-lab", json={"token": "other", "headers": {}})
    assert (changed.status_code, changed.json()["headers"]) == (200, [])
    assert (await place.client.get("/api/lookup/snipeit-lab/42")).status_code == 200
    assert place.snipeit.asked[-1].headers["authorization"] == "Bearer other"
    assert (await place.client.delete("/api/integrations/snipeit-lab")).status_code == 204
    assert slug_of(await place.client.get("/api/lookup/snipeit-lab/42")) == (404, "integration-not-found")


async def test_a_new_address_gets_no_secret_that_was_given_for_the_old_one(place: Place) -> None:
    await place.client.post("/api/integrations", json={"kind": "snipeit", "name": "lab", "url": place.snipeit.url, "token": "t"})
    refused = await place.client.patch("/api/integrations/lab", json={"url": "http://127.0.0.1:9"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "#/token")
    assert (await place.client.patch("/api/integrations/lab", json={"url": place.snipeit.url + "/below"})).status_code == 200
    assert (await place.client.patch("/api/integrations/lab", json={"url": "http://127.0.0.1:9", "token": "u"})).status_code == 200
    assert (await place.client.delete("/api/integrations/lab")).status_code == 204


async def test_what_settings_declare_is_changed_there(place: Place) -> None:
    for refused in (
        await place.client.patch("/api/integrations/snipeit", json={"token": "x"}),
        await place.client.delete("/api/integrations/snipeit"),
    ):
        assert slug_of(refused) == (409, "conflict")
    taken = await place.client.post("/api/integrations", json={"kind": "snipeit", "url": place.snipeit.url})
    assert slug_of(taken) == (409, "name-taken")


async def test_what_cannot_be_a_connection_is_refused(place: Place) -> None:
    wrong: list[dict[str, Any]] = [
        {"kind": "rocket"},
        {"url": "ftp://a"},
        {"url": "http://u:p@a"},
        {"url": "http://a/?x=1"},
        {"url": "http://a/../b"},
        {"url": "http://a:0"},
        {"url": "http://[::x]"},
        {"token": "with space"},
        {"headers": {"Host": "x"}},
        {"headers": {"X\n": "x"}},
        {"headers": {"X": "a\r\nb"}},
        {"name": "Über"},
        {"more": 1},
    ]
    for one in wrong:
        answer = await place.client.post("/api/integrations", json={"kind": "snipeit", "url": "http://a", "name": "x"} | one)
        assert slug_of(answer) == (422, "validation-failed"), one


async def test_a_wrong_key_is_told_with_what_to_do(place: Place) -> None:
    place.snipeit.replies = {"*": Reply({"error": "Unauthorized."}, 401)}
    verdict = (await place.client.post("/api/integrations/snipeit/test")).json()
    assert (verdict["ok"], "make a new one" in verdict["detail"]) == (False, True)


async def test_a_picture_is_written_anew_and_what_is_no_picture_is_refused(place: Place) -> None:
    picture = await place.client.get("/api/templates/snipeit-12mm/preview.png")

    def image(asked: Asked) -> Reply:
        return Reply(body=picture.content, headers={"content-type": "text/html"})

    place.snipeit.replies["/uploads/assets/x.jpg"] = image
    path = (await place.client.get("/api/lookup/snipeit/42")).json()["image"]
    answer = await place.client.get(path)
    assert (answer.status_code, answer.headers["content-type"], answer.content[:4]) == (200, "image/png", b"\x89PNG")
    place.snipeit.replies["/uploads/assets/x.jpg"] = Reply(body=b"<html><script>alert(1)</script>")
    assert slug_of(await place.client.get(path)) == (422, "image-invalid")
