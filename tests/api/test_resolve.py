"""Scanned codes: each form leads to its thing, and whatever else is scanned to nothing or a thing, never to a fault of the hub."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from tests.house import House, house, settings_for
from tests.integrations.stand_in import Asked, Reply, recorded, sample, stand_in

pytestmark = pytest.mark.asyncio(loop_scope="module")

ENTITY = sample("homebox/entities_list")["response"]["json"]["items"][0]
PLACE = {**ENTITY, "id": ENTITY["parent"]["id"], "name": "Werkstatt", "isLocation": True, "assetId": "000-000"}
PRODUCT = sample("grocy/product_details")["response"]["json"]
ENTRY = sample("grocy/stock_entry_printlabel")["response"]["json"]["stock_entry"]
STOCK = sample("inventree/stock_search")["response"]["json"]["results"][0]
PART = sample("inventree/part_search")["response"]["json"]["results"][0]
KNOWN: dict[str, Any] = {
    "/api/v1/hardware/bytag/MS-00042": recorded("snipeit/hardware_bytag"),
    "/api/v1/hardware/bytag/A%2F1": recorded("snipeit/hardware_bytag"),
    "/api/v1/hardware/42": recorded("snipeit/hardware_bytag"),
    "/api/v1/hardware/byserial/DS1ZA2019": recorded("snipeit/hardware_list"),
    "/api/v1/locations/4": Reply({"id": 4, "name": "E-Labor"}),
    "/api/v1/spool/1": recorded("spoolman/spool_get"),
    "/api/v1/filament/1": Reply(sample("spoolman/spool_get")["response"]["json"]["filament"]),
    "/api/stock/products/1": Reply(PRODUCT),
    "/api/stock/products/1/entries": Reply([ENTRY]),
    "/api/stock/entry/1": Reply(ENTRY),
    "/api/batteries/3": Reply(
        {"battery": {"id": 3, "name": "AA 1", "used_in": "Uhr"}, "next_estimated_charge_time": "2026-12-01 00:00:00"}
    ),
    "/api/chores/2": Reply({"chore": {"id": 2, "name": "Filter wechseln"}, "next_estimated_execution_time": "2999-12-31 23:59:59"}),
    "/api/objects/recipes/5": Reply({"id": "5", "name": "Brot", "description": "<p>Mehl</p>", "base_servings": "4"}),
    "/api/stock/products/by-barcode/4012345678901": Reply(PRODUCT),
    f"/api/v1/entities/{ENTITY['id']}": Reply(ENTITY),
    f"/api/v1/entities/{PLACE['id']}": Reply(PLACE),
    "/api/v1/assets/000-042": recorded("homebox/entities_list"),
    "/api/stock/1/": Reply(STOCK),
    "/api/part/1/": Reply(PART),
    "/api/stock/location/1/": Reply({"pk": 1, "name": "Schublade 12", "pathstring": "Regal/Schublade 12"}),
}


def answer(asked: Asked) -> Reply:
    """Five systems at one address: their paths differ, and each says in its own way what it has not."""
    if asked.path in KNOWN:
        found: Reply = KNOWN[asked.path]
        return found
    if asked.path == "/api/barcode/":
        return Reply({"stockitem": {"pk": 1}}) if b"VENDOR-7" in asked.body else Reply({"error": "No match found for barcode data"}, 400)
    if asked.path == "/api/part/":
        return Reply({"count": 0, "next": None, "results": []})
    if asked.path in ("/api/v1/spool", "/api/v1/filament"):
        return Reply([], headers={"x-total-count": "0"})
    if "/spool/" in asked.path or "/filament/" in asked.path:
        return Reply({"message": "No spool found."}, 404)
    if "/stock/products" in asked.path or "/objects/" in asked.path:
        return Reply({"error_message": "Product does not exist or is inactive"}, 400)
    homebox = "/entities" in asked.path or "/assets/" in asked.path or "/items/" in asked.path
    if homebox or ("/locations/" in asked.path and "-" in asked.path):
        return Reply({"error": "not found"}, 404)
    return recorded("snipeit/not_found_is_200") if "/api/v1/" in asked.path else Reply({"detail": "Not found."}, 404)


@dataclass(slots=True)
class Place:
    house: House
    url: str

    async def resolved(self, code: str) -> tuple[int, tuple[str, str, str] | str]:
        """The status, and the app, type and id of the thing, or the problem."""
        found = await self.house.client.get("/api/resolve", params={"code": code})
        body = found.json()
        said = (body["app"], body["type"], body["id"]) if found.status_code == 200 else body["type"].rpartition("/")[2]
        return found.status_code, said


@pytest_asyncio.fixture(name="place", scope="module", loop_scope="module")
async def _place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    folder = tmp_path_factory.mktemp("hub")
    async with stand_in({"*": answer}) as system:
        connected = [
            {"kind": kind, "url": system.url, "link_url": f"https://{kind}.example"}
            for kind in ("grocy", "homebox", "inventree", "snipeit", "spoolman")
        ]
        async with house(folder, settings_for(folder, integrations=connected)) as found:
            yield Place(found, system.url)


CODES = {
    "grcy:p:1": ("grocy", "product", "1"),
    "grcy:p:1:6b036e9434ac1": ("grocy", "stock", "1:6b036e9434ac1"),
    "GRCY:P:1": ("grocy", "product", "1"),
    "grcy:b:3": ("grocy", "battery", "3"),
    "grcy:c:2": ("grocy", "chore", "2"),
    "grcy:r:5": ("grocy", "recipe", "5"),
    "https://grocy.example/stockentry/1": ("grocy", "stock", "1:6b036e9434ac1"),
    "4012345678901": ("grocy", "product", "1"),
    "web+spoolman:s-1": ("spoolman", "spool", "1"),
    "WEB+SPOOLMAN:S-1": ("spoolman", "spool", "1"),
    "web+spoolman:f-1": ("spoolman", "filament", "1"),
    "https://spoolman.example/spool/show/1": ("spoolman", "spool", "1"),
    "http://spool.lan:7912/below/spool/show/1/": ("spoolman", "spool", "1"),
    "https://snipeit.example/hardware/42": ("snipeit", "asset", "42"),
    "https://snipeit.example/ht/MS-00042": ("snipeit", "asset", "42"),
    "https://snipeit.example/ht/A%2F1": ("snipeit", "asset", "42"),
    "https://snipeit.example/locations/4": ("snipeit", "location", "4"),
    "MS-00042": ("snipeit", "asset", "42"),
    "DS1ZA2019": ("snipeit", "asset", "42"),
    f"https://homebox.example/item/{ENTITY['id']}": ("homebox", "item", ENTITY["id"]),
    f"https://homebox.example/location/{PLACE['id']}": ("homebox", "location", PLACE["id"]),
    "https://homebox.example/a/000-042": ("homebox", "item", ENTITY["id"]),
    "000-042": ("homebox", "item", ENTITY["id"]),
    '{"stockitem": 1}': ("inventree", "stockitem", "1"),
    '{"stockitem":1}': ("inventree", "stockitem", "1"),
    '{"part": 1}': ("inventree", "part", "1"),
    "INV-SI1": ("inventree", "stockitem", "1"),
    "INV-PA1": ("inventree", "part", "1"),
    "INV-SL1": ("inventree", "stocklocation", "1"),
    "https://inventree.example/web/stock/item/1": ("inventree", "stockitem", "1"),
    "https://inventree.example/platform/part/1/details": ("inventree", "part", "1"),
    "https://inventree.example/web/stock/location/1": ("inventree", "stocklocation", "1"),
    "VENDOR-7": ("inventree", "stockitem", "1"),
    "https://labels.example/asset/MS-00042": ("snipeit", "asset", "42"),
    "http://labels.lan:8090/loc/4": ("snipeit", "location", "4"),
    f"http://labels.lan:8090/loc/{PLACE['id']}": ("homebox", "location", PLACE["id"]),
    "https://grocy.example/product/1": ("grocy", "product", "1"),
    "http://labels.lan:8090/product/1": ("grocy", "product", "1"),
    "http://labels.lan:8090/product/1?app=inventree": ("inventree", "part", "1"),
    "http://labels.lan:8090/spool/1": ("spoolman", "spool", "1"),
}


async def test_every_form_of_code_leads_to_its_thing(place: Place) -> None:
    found = {code: await place.resolved(code) for code in CODES}
    assert found == {code: (200, meant) for code, meant in CODES.items()}


def strange(count: int, seed: int) -> list[str]:
    """Random texts, and codes with a few characters changed: most look almost like something."""
    dice = random.Random(seed)
    letters = "abcXYZ019 /:-._#?%&={}[]\"'\\ßäü☃\u202e\x1d\n\t" + "".join(chr(dice.randrange(1, 0xD7FF)) for _ in range(20))
    found = []
    for _ in range(count):
        text = list(dice.choice(list(CODES)) if dice.random() < 0.6 else "")
        for _ in range(dice.randrange(1, 5)):
            text.insert(dice.randrange(len(text) + 1), dice.choice(letters) * dice.choice((1, 1, 1, 3)))
            if len(text) > 4 and dice.random() < 0.5:
                del text[dice.randrange(len(text))]
        found.append("".join(text))
    return found


async def assert_nothing_or_a_thing(place: Place, codes: list[str]) -> None:
    for code in codes:
        status, said = await place.resolved(code)
        assert (status == 200 and not isinstance(said, str)) or (status, said) == (404, "item-not-found"), (code, status, said)


async def test_strange_codes_lead_to_nothing_or_a_thing(place: Place) -> None:
    await assert_nothing_or_a_thing(place, strange(60, 1))


@pytest.mark.soak
async def test_ten_thousand_strange_codes_lead_to_nothing_or_a_thing(place: Place) -> None:
    await assert_nothing_or_a_thing(place, strange(10_000, 2))
