"""The odd ways of connected systems that no recorded answer shows, each answered by a stand-in as its system does."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from labelhub.errors import IntegrationError, ItemNotFound
from labelhub.integrations.client import Client
from labelhub.integrations.grocy import Grocy
from labelhub.integrations.homebox import Homebox
from labelhub.integrations.integration import Reference
from labelhub.integrations.inventree import InvenTree
from labelhub.integrations.spoolman import Spoolman
from tests.integrations.stand_in import LINKS, Asked, Reply, connected, sample, stand_in

SPOOL = sample("spoolman/spool_get")["response"]["json"]
PRODUCT = sample("grocy/product_details")["response"]["json"]
ENTITY = sample("homebox/entities_list")["response"]["json"]["items"][0]
STOCK = sample("inventree/stock_search")["response"]["json"]["results"][0]
WEB_PAGE = Reply(body=b"<!doctype html>", headers={"content-type": "text/html"})


async def test_spoolman_finds_a_spool_by_its_lot_and_a_filament_by_its_article_number_exactly() -> None:
    def answer(asked: Asked) -> Reply:
        query = parse_qs(urlsplit(asked.target).query)
        if query.get("lot_nr") == ['"L2025"']:
            return Reply([SPOOL])
        return Reply([SPOOL["filament"]] if query.get("article_number") == ['"8594173675001"'] else [])

    async with connected(Spoolman, {"*": answer}) as (spoolman, _):
        assert (await spoolman.find("L2025")).reference == Reference("spool", "1")
        assert (await spoolman.find("8594173675001")).reference == Reference("filament", "1")
        for code in ("L202", 'L"2025'):
            with pytest.raises(ItemNotFound):
                await spoolman.find(code)


@pytest.mark.parametrize("old", [Reply({"detail": "Not Found"}, 404), WEB_PAGE])
async def test_a_spoolman_without_a_search_lists_spools_by_the_name_of_their_filament(old: Reply) -> None:
    async with connected(Spoolman, {"/api/v1/search": old, "*": Reply([SPOOL], headers={"x-total-count": "9"})}) as (spoolman, system):
        found = await spoolman.search("galaxy", None, 1)
        assert ([item.id for item in found.items], found.cursor) == (["1"], "1")
        assert "filament.name=galaxy" in system.asked[-1].target


async def test_a_spoolman_that_refuses_the_name_it_is_asked_by_says_which_setting_to_change() -> None:
    async with connected(Spoolman, {"*": Reply(status=400, body=b"Invalid host header")}) as (spoolman, _):
        for question in (spoolman.check(), spoolman.fetch(Reference("spool", "1"))):
            with pytest.raises(IntegrationError, match="SPOOLMAN_ALLOWED_HOSTS"):
                await question


async def test_grocy_gives_pictures_by_their_names_in_base64_and_is_never_asked_to_print() -> None:
    product = PRODUCT | {"product": PRODUCT["product"] | {"picture_file_name": "Häfer/milch?.jpg"}}
    replies = {"/api/stock/products/1": Reply(product), "*": Reply(body=b"picture")}
    async with connected(Grocy, replies) as (grocy, system):
        item = await grocy.fetch(Reference("product", "1"))
        assert await grocy.image(item) == b"picture"
        name = base64.b64encode("Häfer/milch?.jpg".encode()).decode().replace("=", "%3D").replace("/", "%2F").replace("+", "%2B")
        assert system.asked[-1].target == f"/api/files/productpictures/{name}?force_serve_as=picture&best_fit_width=1000"
        assert system.asked[-1].headers["grocy-api-key"] == "secret"
    assert not [one.target for one in system.asked if "printlabel" in one.target]


@pytest.mark.parametrize(
    ("code", "reference"),
    [
        ("grcy:p:1:x6b036e9434ac1", Reference("stock", "1:x6b036e9434ac1")),
        ("GRCY:P:1:X6B036E9434AC1", Reference("stock", "1:X6B036E9434AC1")),
        ("grcy:q:1", None),
        ("grcy:p:", None),
    ],
)
def test_a_grocycode_of_one_unit_is_a_stock_entry(code: str, reference: Reference | None) -> None:
    assert Grocy("app", LINKS, Client(LINKS)).resolve(code) == reference


@pytest.mark.parametrize("newer", [WEB_PAGE, Reply({"error": "not found"}, 404), Reply(status=404, body=b"404 page not found")])
async def test_a_homebox_before_it_had_entities_is_asked_for_items_and_locations(newer: Reply) -> None:
    item = ENTITY | {"location": {"name": "Werkstatt"}, "labels": [{"name": "Akku"}], "parent": None, "tags": None}
    places = [{"id": ENTITY["parent"]["id"], "name": "Werkstatt"}, {"id": ENTITY["id"], "name": "Keller"}]
    replies = {
        f"/api/v1/items/{ENTITY['id']}": Reply(item),
        "/api/v1/items": Reply({"page": 1, "pageSize": 1, "total": 2, "items": [item]}),
        "/api/v1/locations": Reply(places),
        f"/api/v1/locations/{places[0]['id']}": Reply(places[0]),
        "*": newer,
    }
    async with connected(Homebox, replies) as (homebox, _):
        found = await homebox.fetch(Reference("item", ENTITY["id"]))
        assert (found.type, found.fields["location"], found.fields["tags"]) == ("item", "Werkstatt", ["Akku"])
        page = await homebox.search("bosch", None, 1)
        assert ([one.id for one in page.items], page.cursor) == ([ENTITY["id"]], "2")
        assert (await homebox.fetch(Reference("location", places[0]["id"]))).url == f"{LINKS}/location/{places[0]['id']}"
        assert [one.name for one in (await homebox.search("werk", None, 5, "location")).items] == ["Werkstatt"]
        assert "2 items" in await homebox.check()


async def test_homeboxs_asset_numbers_are_taken_with_and_without_zeros_and_the_one_of_zeros_is_none() -> None:
    nothing = ENTITY | {"assetId": "000-000"}
    replies = {
        "/api/v1/assets/000-042": Reply({"items": [ENTITY]}), f"/api/v1/entities/{ENTITY['id']}": Reply(ENTITY),
        "/api/v1/assets/000-043": Reply({"page": 1, "total": 0, "items": []}),
    }  # fmt: skip
    async with connected(Homebox, replies) as (homebox, system):
        for number in ("42", "042", "000042", "000-042"):
            assert (await homebox.find(number)).fields["primary_id"] == "000-042"
        for number in ("43", "x", "-", "00000042"):
            with pytest.raises(ItemNotFound):
                await homebox.find(number)
        system.replies[f"/api/v1/entities/{ENTITY['id']}"] = Reply(nothing)
        assert (await homebox.find("42")).fields["primary_id"] == ENTITY["name"]


@pytest.mark.parametrize("host", ["homebox", "192.168.1.5:7745", "hb.example"])
def test_homeboxs_links_are_known_by_whatever_name_it_was_reached_when_they_were_printed(host: str) -> None:
    homebox = Homebox("app", LINKS, Client(LINKS))
    assert homebox.resolve(f"http://{host}/location/{ENTITY['id'].upper()}") == Reference("location", ENTITY["id"])
    assert homebox.resolve(f"http://{host}/a/000-042") == Reference("asset", "000-042")


async def test_inventree_lists_without_pages_and_with_an_unknown_code_as_400_and_shows_a_token_in_its_own_way() -> None:
    replies = {"/api/stock/": Reply([STOCK, STOCK]), "/api/part/": Reply([]), "/api/barcode/": Reply({"error": "No match found"}, 400)}
    async with connected(InvenTree, replies) as (inventree, system):
        page = await inventree.search("", None, 1)
        assert ([item.id for item in page.items], page.cursor) == (["1"], None)
        assert system.asked[0].headers["authorization"] == "Token secret"
        with pytest.raises(ItemNotFound, match="no bar code and no IPN"):
            await inventree.find("4711")


async def test_inventrees_pictures_are_paths_of_its_own_and_its_blank_one_is_none() -> None:
    def with_image(name: str) -> Reply:
        return Reply(STOCK | {"part_detail": STOCK["part_detail"] | {"image": name, "thumbnail": name}})

    replies: dict[str, Any] = {"/api/stock/1/": with_image("/media/part_images/r 10k.png"), "*": Reply(body=b"picture")}
    async with connected(InvenTree, replies) as (inventree, system):
        assert await inventree.image(await inventree.fetch(Reference("stockitem", "1"))) == b"picture"
        assert system.asked[-1].target == "/media/part_images/r%2010k.png"
        system.replies["/api/stock/1/"] = with_image("/static/img/blank_image.png")
        assert (await inventree.fetch(Reference("stockitem", "1"))).image is None


async def test_homebox_is_signed_in_to_with_name_and_password_and_again_when_its_login_has_run_out() -> None:
    good: list[str] = []

    def answer(asked: Asked) -> Reply:
        if asked.path == "/api/v1/users/login":
            if json.loads(asked.body) != {"username": "ada@example.org", "password": "a:b", "stayLoggedIn": True}:
                return Reply({"error": "authentication failed"}, 401)
            good.append(f"key{len(good)}")
            return Reply({"token": f"Bearer {good[-1]}" if len(good) == 1 else good[-1], "expiresAt": "2026-12-03T12:00:00Z"})
        return Reply(ENTITY) if asked.headers.get("authorization") == f"Bearer {good[-1]}" else Reply({"error": "expired"}, 401)

    async with stand_in({"*": answer}) as system:
        client = Client(system.url, Homebox.authorization("ada@example.org:a:b"), sign_in=Homebox.sign_in("ada@example.org:a:b"))
        homebox = Homebox("app", LINKS, client)
        item = Reference("item", ENTITY["id"])
        found = await asyncio.gather(*(homebox.fetch(item) for _ in range(5)))
        assert ({one.name for one in found}, good) == ({ENTITY["name"]}, ["key0"])
        good.append("key1")  # seven days later
        found = await asyncio.gather(*(homebox.fetch(item) for _ in range(5)))
        assert ({one.name for one in found}, good) == ({ENTITY["name"]}, ["key0", "key1", "key2"])
        await client.aclose()
        wrong = Client(system.url, sign_in=Homebox.sign_in("ada@example.org:wrong"))
        with pytest.raises(IntegrationError, match="refuses the name and password") as told:
            await Homebox("app", LINKS, wrong).check()
        assert "wrong" not in told.value.detail
        await wrong.aclose()
        assert "a:b" not in repr(Homebox.sign_in("ada@example.org:a:b"))
    assert Homebox.sign_in("hb_key") is None
    assert Homebox.authorization("hb_key") == {"Authorization": "Bearer hb_key"}
