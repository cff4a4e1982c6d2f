"""The pages that codes and links lead to: the thing, a link into its app, the printers, and a button that prints."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.house import House, declared, house, settings_for, virtual
from tests.integrations.stand_in import Reply, StandIn, recorded, sample, stand_in
from tests.web.test_home import Words

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOCATION = {"id": 4, "name": "E-Labor", "parent": {"id": 1, "name": "Haus 2"}}
NOT_FOUND = {
    "snipeit": recorded("snipeit/not_found_is_200"),
    "spoolman": recorded("spoolman/spool_get_404"),
    "grocy": Reply({"error_message": "Product does not exist"}, 400),
}


def everything() -> dict[str, Any]:
    """Three systems in one: their paths differ."""
    asset = recorded("snipeit/hardware_bytag")
    return {
        "/api/v1/hardware/bytag/MS-00042": asset,
        "/api/v1/hardware/bytag/A%2F1": asset,
        "/api/v1/hardware/42": asset,
        "/api/v1/locations/4": Reply(LOCATION),
        "/api/v1/spool/1": recorded("spoolman/spool_get"),
        "/api/stock/products/1": Reply(sample("grocy/product_details")["response"]["json"]),
        "*": lambda asked: NOT_FOUND["grocy" if "/stock/" in asked.path else "spoolman" if "/spool/" in asked.path else "snipeit"],
    }


@pytest_asyncio.fixture(name="place", scope="module", loop_scope="module")
async def _place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[House, StandIn]]:
    folder = tmp_path_factory.mktemp("hub")
    async with stand_in(everything()) as system, virtual(pt="PT-P750W 12mm") as emulators:
        connected = [{"kind": kind, "url": system.url, "link_url": f"https://{kind}.example"} for kind in NOT_FOUND]
        async with house(folder, settings_for(folder, declared(emulators), integrations=connected)) as found:
            found.emulators = emulators
            await found.seen("pt")
            yield found, system


async def shown(house: House, path: str) -> tuple[Words, str]:
    answer = await house.client.get(path, headers={"accept": "text/html"})
    assert answer.status_code == 200, answer.text
    assert "unsafe-inline" not in answer.headers["content-security-policy"]
    return Words(answer.text), answer.text


@pytest.mark.parametrize(
    ("path", "words", "link"),
    [
        (
            "/asset/MS-00042",
            ["Oszilloskop &#34;Rigol&#34;", "Asset · MS-00042", "Open in Snipe-IT"],
            "https://snipeit.example/hardware/42",
        ),
        ("/asset/42", ["MS-00042"], "https://snipeit.example/hardware/42"),
        ("/asset/A/1", ["MS-00042"], "https://snipeit.example/hardware/42"),
        ("/loc/4", ["E-Labor", "Location · ", "Open in Snipe-IT", "Haus 2"], "https://snipeit.example/locations/4"),
        ("/product/1", ["Hafermilch 1 l", "Product · ", "Open in Grocy"], "https://grocy.example/stockoverview"),
        ("/spool/1", ["Galaxy Black", "Spool · ", "Open in Spoolman", "Regal A3"], "https://spoolman.example/spool/show/1"),
        ("/p/spoolman/spool/1", ["Galaxy Black"], "https://spoolman.example/spool/show/1"),
        ("/p/snipeit/location/4", ["E-Labor"], "https://snipeit.example/locations/4"),
    ],
)
async def test_a_code_leads_to_its_thing_and_prints_nothing(place: tuple[House, StandIn], path: str, words: list[str], link: str) -> None:
    found, html = await shown(place[0], path)
    for word in [*words, "12 mm tape", "Online"]:
        assert word in html, word
    assert f'href="{link}"' in html
    assert any(picture.startswith("data:image/png;base64,") for picture in found.pictures)
    assert place[0].emulators["pt"].machine.page_count == 0


async def test_a_location_is_shown_as_a_location_and_never_with_an_asset_tag(place: tuple[House, StandIn]) -> None:
    _, html = await shown(place[0], "/loc/4")
    assert "snipeit-12mm" not in html
    assert '<option value="any-qr" selected>' in html
    assert '<option value="snipeit-12mm" selected>' in (await shown(place[0], "/asset/42"))[1]


async def test_what_is_not_there_is_a_page_that_says_so(place: tuple[House, StandIn]) -> None:
    for path in ("/asset/NOPE", "/loc/x", "/spool/99", "/p/netbox/device/1", "/p/snipeit/rocket/1", "/asset/42?template=none"):
        answer = await place[0].client.get(path, headers={"accept": "text/html"})
        assert (answer.status_code, "data-fault" in answer.text) == (404, True), path


async def test_a_fault_is_told_in_german_where_german_is_read(place: tuple[House, StandIn]) -> None:
    answer = await place[0].client.get("/asset/NOPE", headers={"accept": "text/html", "accept-language": "de"})
    assert "Kein verbundenes System kennt das Ding" in answer.text
    _, html = await shown(place[0], "/print/label?template=any-asset")
    assert "the asset&#39;s tag or number" in html
    german = await place[0].client.get("/print/label?template=any-asset", headers={"accept-language": "de"})
    assert "Nummer oder Kennzeichen des Geräts" in german.text


async def test_a_choice_of_template_and_printer_is_shown_before_it_is_printed(place: tuple[House, StandIn]) -> None:
    _, html = await shown(place[0], "/asset/42?template=any-qr&printer=pt")
    assert '<option value="any-qr" selected>' in html
    other, _ = await shown(place[0], "/asset/42?template=snipeit-24mm&printer=nobody")
    assert re.search("prints once 24 ?mm.* is loaded", other.text)


async def test_the_button_prints_what_was_shown_once(place: tuple[House, StandIn]) -> None:
    house = place[0]
    _, html = await shown(house, "/asset/42?printer=pt")
    form = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', html)) | {"template": "snipeit-12mm", "printer": "pt"}
    pages = house.emulators["pt"].machine.page_count
    first, again = [await house.client.post("/print/label", data=form) for _ in range(2)]
    assert (first.status_code, first.headers["location"]) == (303, again.headers["location"])
    assert (await house.until(first.headers["location"].rpartition("/")[2])).state == "completed"
    assert house.emulators["pt"].machine.page_count == pages + 1


async def test_the_part_that_follows_by_itself_asks_no_system(place: tuple[House, StandIn]) -> None:
    house, system = place
    asked = len(system.asked)
    typed = "app=snipeit&id=asset:42&filled=any-qr&template=any-qr&f.qr_payload=X"
    answer = await house.client.get(f"/asset/MS-00042?{typed}", headers={"x-part": "live"})
    assert (answer.status_code, "12 mm tape" in answer.text, len(system.asked)) == (200, True, asked)
