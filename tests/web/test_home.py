"""The start page and the demo's page of virtual printers, as a browser without JavaScript sees them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from labelhub.app import create_app
from labelhub.hub import Hub, utc_now
from labelhub.media import Media, MediaKind
from labelhub.web.catalogue import words
from labelhub.web.media_look import media_text
from labelhub.web.rows import ago
from tests.house import QUICK, Clock, House, declared, house_with, settings_for, virtual


class Words(HTMLParser):
    """The text and the pictures of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.pictures: list[str] = []
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.text += " " + data.strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.pictures.append(dict(attrs).get("src") or "")


@pytest.fixture(name="demo")
async def _demo(tmp_path: Path) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        emulators = await stack.enter_async_context(virtual(pt="PT-P750W 12mm", ql="QL-820NWB 62mm"))
        hub = await stack.enter_async_context(Hub(settings_for(tmp_path, declared(emulators)), pace=QUICK, clock=Clock()))
        app = create_app(hub, emulators)
        transport = httpx.ASGITransport(app)
        client = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8090"))
        house = House(hub, app, client, emulators)
        for slug in emulators:
            await house.seen(slug)
        yield house


async def page(house: House, path: str, *, part: bool = False) -> Words:
    answer = await house.client.get(path, headers={"x-part": "live"} if part else {})
    assert answer.status_code == 200, answer.text
    assert "unsafe-inline" not in answer.headers["content-security-policy"]
    return Words(answer.text)


async def test_the_start_page_shows_printers_with_their_media_and_the_last_labels_as_pictures(demo: House) -> None:
    empty = await page(demo, "/")
    assert "Nothing was printed yet" in empty.text
    job = await demo.until(await demo.print())
    start = await page(demo, "/")
    for wanted in ("Online", "12 mm tape, black on white", "62 mm roll", "ThinkPad T14 Gen 3", "Printed", "just now"):
        assert wanted in start.text, wanted
    assert start.pictures == [f"/jobs/{job.id}/labels/1.png"]
    for picture in start.pictures:
        assert (await demo.client.get(picture)).headers["content-type"] == "image/png"
    assert (await page(demo, "/", part=True)).pictures == start.pictures


async def test_the_start_page_says_in_words_what_is_wrong_and_what_to_do(demo: House) -> None:
    await demo.emulators["pt"].open_cover()
    await demo.emulators["ql"].unplug()
    for slug in ("pt", "ql"):
        await demo.seen(slug)
    await demo.client.post("/api/printers/pt/pause")
    text = (await page(demo, "/")).text
    for wanted in ("Paused", "The cover is open: close it.", "Offline", "last seen with 62 mm roll"):
        assert wanted in text, wanted
    assert "No SNMP answer" in (await page(demo, "/printers/ql")).text  # word for word, where there is room for it
    await demo.client.post("/api/printers/pt/resume")
    await demo.client.patch("/api/printers/ql", json={"enabled": False})
    text = (await page(demo, "/")).text
    assert "Needs attention" in text
    assert "Out of use" in text


async def test_a_test_label_is_one_button_without_javascript(demo: House) -> None:
    answer = await demo.client.post("/printers/pt/test", headers={"origin": "http://127.0.0.1:8090"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    await demo.emulators["pt"].wait_for_pages(1)


async def test_the_demo_page_shows_what_came_out_and_switches_faults(demo: House) -> None:
    await demo.until(await demo.print())
    shown = await page(demo, "/virtual")
    assert "1 page in its life" in shown.text
    assert shown.pictures == ["/virtual/api/printers/pt/pages/1.png"]
    assert (await demo.client.get(shown.pictures[0])).headers["content-type"] == "image/png"
    for act, wanted in (
        ("unplug", "Plug in"),
        ("plug", "Pull the plug"),
        ("open", "cover open"),
        ("close", "cover closed"),
        ("remove", "nothing loaded"),
    ):
        answer = await demo.client.post("/virtual/pt", data={"act": act})
        assert answer.status_code == 303, act
        assert wanted in (await page(demo, "/virtual", part=True)).text, act
    assert (await demo.client.post("/virtual/pt", data={"act": "load", "media": "24mm"})).status_code == 303
    assert "24 mm tape" in (await page(demo, "/virtual")).text
    assert (await demo.client.post("/virtual/pt", data={"act": "kick"})).status_code == 422
    assert (await demo.client.post("/virtual/pt", data={"act": "load", "media": "62mm"})).status_code == 422
    assert (await demo.client.post("/virtual/nobody", data={"act": "plug"})).status_code == 404


async def test_without_the_demo_there_is_no_page_of_virtual_printers(tmp_path: Path) -> None:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        assert (await house.client.get("/virtual")).status_code == 404
        assert "virtual" not in (await house.client.get("/")).text


async def test_names_from_outside_are_shown_as_text(demo: House) -> None:
    strange = {"name": "<script>alert(1)</script>", "model": "PT-P750W", "connection": {"host": "127.0.0.1", "port": 2, "snmp": False}}
    assert (await demo.client.post("/api/printers", json=strange)).status_code == 201
    html = (await demo.client.get("/")).text
    assert "<script>alert(1)" not in html
    assert "&lt;script&gt;" in html


def test_times_and_media_read_as_people_say_them() -> None:
    now = utc_now()
    for seconds, text in ((0, "just now"), (90, "1 min ago"), (7300, "2 h ago"), (200_000, "2 days ago"), (-5, "just now")):
        assert ago(now - timedelta(seconds=seconds), now, words("en")) == text
    assert media_text(Media(MediaKind.ROLL_DIE_CUT, 29, 90), words("en")) == "29 × 90 mm roll"
