from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from labelhub.errors import IntegrationError, ItemNotFound
from labelhub.integrations.client import Client
from labelhub.integrations.integration import Reference
from labelhub.integrations.snipeit import SnipeIt
from tests.integrations.stand_in import Reply, StandIn, connected, recorded, sample

LINKS = "https://snipe.example"
NOT_FOUND = recorded("snipeit/not_found_is_200")


def snipeit(replies: dict[str, Any]) -> AbstractAsyncContextManager[tuple[SnipeIt, StandIn]]:
    return connected(SnipeIt, replies, LINKS, "snipeit")


async def test_an_asset_is_found_by_its_tag_and_its_texts_are_plain() -> None:
    async with snipeit({"/api/v1/hardware/bytag/MS-00042": recorded("snipeit/hardware_bytag")}) as (found, system):
        item = await found.fetch(Reference("", "MS-00042"))
    assert (item.app, item.type, item.id, item.name, item.url) == (
        "snipeit",
        "asset",
        "42",
        'Oszilloskop "Rigol"',
        "https://snipe.example/hardware/42",
    )
    assert item.fields["secondary"] == ["SN DS1ZA2019", "DS1054Z", "E-Labor"]
    assert (item.fields["company"], item.fields["custom_mac_address"]) == ("Makerspace Kiel & Freunde", "00:11:22:33:44:55")
    assert (item.fields["purchase_date"], item.fields["assigned_to"]) == ("2024-05-01", "Ada Lovelace")
    headers = system.asked[0].headers
    assert (headers["authorization"], headers["accept"]) == ("Bearer secret", "application/json")


async def test_a_tag_may_hold_a_slash_and_anything_else() -> None:
    async with snipeit({"*": recorded("snipeit/hardware_bytag")}) as (found, system):
        await found.fetch(Reference("", "A/1 ü?#%"))
    assert system.asked[0].target == "/api/v1/hardware/bytag/A%2F1%20%C3%BC%3F%23%25"


async def test_what_is_not_found_comes_with_status_200() -> None:
    async with snipeit({"*": NOT_FOUND}) as (found, _):
        with pytest.raises(ItemNotFound, match="Asset does not exist"):
            await found.fetch(Reference("", "NOPE"))


async def test_a_number_that_is_no_tag_is_tried_as_the_number_of_an_asset() -> None:
    replies = {"/api/v1/hardware/bytag/42": NOT_FOUND, "/api/v1/hardware/42": recorded("snipeit/hardware_bytag")}
    async with snipeit(replies) as (found, _):
        assert (await found.fetch(Reference("", "42"))).fields["primary_id"] == "MS-00042"


async def test_a_serial_number_answers_with_rows() -> None:
    replies = {"/api/v1/hardware/byserial/DS1ZA2019": recorded("snipeit/hardware_list"), "*": Reply({"total": 0, "rows": []})}
    async with snipeit(replies) as (found, _):
        assert (await found.fetch(Reference("serial", "DS1ZA2019"))).id == "42"
        with pytest.raises(ItemNotFound, match="serial"):
            await found.fetch(Reference("serial", "X"))


async def test_a_search_comes_in_pages() -> None:
    row = sample("snipeit/hardware_list")["response"]["json"]["rows"][0]
    async with snipeit({"*": Reply({"total": 3, "rows": [row, row]})}) as (found, system):
        page = await found.search("rigol", None, 2)
        assert (len(page.items), page.cursor) == (2, "2")
        assert system.asked[0].target == "/api/v1/hardware?limit=2&offset=0&order=asc&sort=asset_tag&search=rigol"
        system.replies["*"] = Reply({"total": 3, "rows": [row]})
        assert (await found.search("rigol", page.cursor, 2)).cursor is None
        assert "offset=2" in system.asked[1].target


async def test_a_location_is_a_location_and_no_asset() -> None:
    row = {"id": 4, "name": "E-Labor &amp; Lager", "parent": {"id": 1, "name": "Haus 2"}, "address": None}
    async with snipeit({"/api/v1/locations/4": Reply(row)}) as (found, _):
        item = await found.fetch(Reference("location", "4"))
    assert (item.type, item.name, item.url) == ("location", "E-Labor & Lager", "https://snipe.example/locations/4")
    assert item.fields["secondary"] == ["Haus 2"]


async def test_an_asset_without_a_name_shows_its_model_and_missing_keys_are_nothing() -> None:
    row = {"id": 7, "asset_tag": "7", "model": {"name": "Kabel &lt;3 m&gt;"}, "name": "", "custom_fields": []}
    async with snipeit({"*": Reply(row)}) as (found, _):
        item = await found.fetch(Reference("", "7"))
    assert (item.name, item.fields["secondary"], "serial" in item.fields) == ("Kabel <3 m>", [], False)


@pytest.mark.parametrize(
    ("code", "reference"),
    [
        ("https://snipe.example/hardware/42", Reference("asset", "42")),
        ("HTTP://other.lan:8080/hardware/42/", Reference("asset", "42")),
        ("https://snipe.example/ht/MS-00042", Reference("tag", "MS-00042")),
        ("https://snipe.example/ht/A%2F1", Reference("tag", "A/1")),
        ("https://snipe.example/ht/A/1", Reference("tag", "A/1")),
        ("https://snipe.example/locations/4", Reference("location", "4")),
        ("https://snipe.example/consumables/9?x=1#y", Reference("consumable", "9")),
    ],
)
def test_links_say_what_they_mean(code: str, reference: Reference) -> None:
    assert SnipeIt("snipeit", LINKS, Client(LINKS)).resolve(code) == reference


def test_links_of_an_installation_below_a_path_are_known() -> None:
    found = SnipeIt("snipeit", "https://x.example/inventory", Client("https://x.example/inventory"))
    assert found.resolve("https://x.example/inventory/hardware/5") == Reference("asset", "5")


@pytest.mark.parametrize("code", ["MS-00042", "https://snipe.example/hardware/x", "https://[", "", "ftp://a/hardware/1", "https://a/ht/"])
def test_other_texts_mean_nothing_by_their_form(code: str) -> None:
    assert SnipeIt("snipeit", LINKS, Client(LINKS)).resolve(code) is None


def test_a_chat_message_names_its_asset() -> None:
    body = sample("snipeit/checkout_webhook_slack")["request"]["json"]
    assert SnipeIt("snipeit", LINKS, Client(LINKS)).parse_webhook(body) == Reference("asset", "42")


@pytest.mark.parametrize("value", [None, [], "x", {"status": "ok"}, {"rows": 5}])
async def test_an_answer_that_is_not_snipe_its_is_told(value: Any) -> None:
    async with snipeit({"*": Reply(value)}) as (found, _):
        with pytest.raises((IntegrationError, ItemNotFound)):
            await found.fetch(Reference("asset", "1"))


async def test_junk_in_any_field_makes_a_text_or_nothing() -> None:
    whole = sample("snipeit/hardware_bytag")["response"]["json"]
    junk: list[Any] = [None, [], {}, 1e308, True, "\x00<b>", [[]], {"name": {"name": []}}]
    async with snipeit({}) as (found, system):
        for turn in range(len(junk)):  # each kind of junk is once in each field
            wrong = {key: junk[(place + turn) % len(junk)] for place, key in enumerate(whole)}
            system.replies["*"] = Reply(wrong)
            item = await found.fetch(Reference("asset", "1"))
            texts = [text for text in item.fields.values() if text != item.fields["secondary"]]
            assert all(isinstance(text, str | list) for text in texts), wrong
