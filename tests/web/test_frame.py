"""What all pages have in common: languages, brightness, content policy, names for what can be pressed, faults as pages."""

from __future__ import annotations

import gzip
import json
from urllib.parse import quote

import httpx
import pytest

from labelhub.app import create_app
from labelhub.web.catalogue import LANGUAGES
from labelhub.web.look import LANGUAGE_COOKIE, THEME_COOKIE
from tests.house import House
from tests.web.browsing import HTML, Browser, Page

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATHS = ("/", "/queue", "/queue?show=all", "/printers", "/printers/new", "/printers/pt", "/printers/ql", "/more", "/virtual", "/login")


@pytest.fixture
def demo(browser: Browser, shared_house: House) -> Browser:
    """The pages with those of the demo among them."""
    app = create_app(shared_house.hub, shared_house.emulators)
    return Browser(httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8090"))


async def every_page(demo: Browser, house: House) -> list[Page]:
    """Each page, with labels that wait, that were printed and that were refused."""
    await house.until(await house.print(printer="pt"))
    await house.hub.fleet.pause(house.hub.printer("pt"), True)
    batch = await house.print("qr-only-12mm", labels=[{"data": {"qr_payload": "L"}, "copies": 30}], printer="pt")
    await house.emulators["ql"].open_cover()
    await house.seen("ql")
    pages = [await demo.open(path) for path in (*PATHS, f"/jobs/{batch}")]
    await house.emulators["ql"].close_cover()
    await house.seen("ql")
    return [*pages, await demo.open("/jobs/6f1b3c7e-9d6a-4f48-9a8c-d4e0e1c5a3b2", 404)]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_page_speaks_the_language_and_names_what_can_be_pressed(demo: Browser, shared_house: House, language: str) -> None:
    demo.language = language
    for page in await every_page(demo, shared_house):
        assert page.language == language
        assert page.heading, page.path
        assert page.title.endswith("· Label Printer Hub")
        assert page.inline == [], page.path
        assert len(page.ids) == len(set(page.ids)), (page.path, sorted(page.ids))
        assert all(picture.get("alt") for picture in page.pictures), page.path
        assert all(page.buttons), page.path
        unnamed = [one for one in page.inputs if one.get("id") not in page.labels_for and not one.get("aria-label")]
        assert unnamed == [], page.path


async def test_every_link_of_a_page_leads_somewhere(demo: Browser, shared_house: House) -> None:
    links = {link.partition("#")[0] for page in await every_page(demo, shared_house) for link in page.links.values()}
    for link in sorted(links - {""} - {link for link in links if link.startswith("/printers/find")}):
        answer = await demo.client.get(link, headers=HTML)
        assert answer.status_code == 200, link


async def test_the_policy_lets_nothing_in_from_elsewhere_nor_from_the_page(browser: Browser) -> None:
    for path in ("/", "/queue", "/printers", "/no-such-page"):
        policy = (await browser.client.get(path, headers=HTML)).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy


async def test_the_live_part_is_the_same_as_in_the_page(browser: Browser) -> None:
    for path in ("/", "/queue", "/queue?show=all&state=queued", "/printers", "/printers/pt"):
        whole = (await browser.client.get(path, headers=HTML)).text
        part = await browser.client.get(path, headers=HTML | {"x-part": "live"})
        assert part.status_code == 200
        assert part.text.split("</h")[0] in whole
        assert "<html" not in part.text


async def test_a_page_without_a_live_part_is_whole_for_a_script_as_well(browser: Browser) -> None:
    for path, status in (("/login", 200), ("/more", 200), ("/printers/new", 200), ("/printers/gone", 404), ("/no-such-page", 404)):
        answer = await browser.client.get(path, headers=HTML | {"x-part": "live"})
        assert answer.status_code == status, path
        assert "<html" in answer.text, path


async def test_the_language_and_the_brightness_that_were_chosen_stay(browser: Browser) -> None:
    await browser.open("/more")
    assert (await browser.press("Deutsch")).heading == "Mehr"
    page = await browser.press("Dunkel")
    assert 'data-theme="dark"' in page.html
    assert (await browser.open("/")).language == "de"
    await browser.open("/more")
    page = await browser.press("Wie das Gerät")
    assert "data-theme" not in page.html
    assert THEME_COOKIE not in browser.client.cookies
    browser.client.cookies.clear()


async def test_a_choice_that_is_none_is_forgotten(browser: Browser) -> None:
    for data in ({"language": "xx"}, {"theme": "pink"}, {"language": "de\r\nset-cookie: a=b"}):
        answer = await browser.client.post("/look", data=data | {"next": "https://evil.example"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert "max-age=0" in answer.headers["set-cookie"].lower()
    browser.client.cookies.set(LANGUAGE_COOKIE, "../../etc")
    assert (await browser.open("/")).language == "en"


async def test_a_fault_is_a_page_for_a_person_and_a_problem_for_a_program(browser: Browser) -> None:
    path = "/printers/" + quote("<script>alert(1)")
    page = await browser.open(path, 404)
    assert page.heading == "Printer not found"
    assert "<script>alert" not in page.html
    assert page.links["What this means"] == "/problems/printer-not-found"
    for headers in ({}, {"accept": "*/*"}, {"accept": "application/json"}):
        answer = await browser.client.get(path, headers=headers)
        assert answer.headers["content-type"] == "application/problem+json"
    answer = await browser.client.get("/api/printers/nobody", headers=HTML)
    assert answer.headers["content-type"] == "application/problem+json"
    browser.language = "de"
    assert (await browser.open("/printers/nobody", 404)).heading == "Drucker nicht gefunden"
    assert (await browser.open("/nowhere", 404)).heading == "Nicht gefunden"


async def test_a_fault_leads_back_to_the_page_it_came_from_and_to_no_other(browser: Browser) -> None:
    host = "http://127.0.0.1:8090"
    back = {f"{host}/queue?show=all": "/queue?show=all", "https://evil.example/x": None, f"{host}//evil.example": "/", "http://[": None}
    for came, leads in back.items():
        answer = await browser.client.post("/printers/nobody/pause", headers=HTML | {"origin": host, "referer": came})
        assert (answer.status_code, Page(answer.text, "/").links.get("Back")) == (404, leads), came


async def test_a_method_that_is_not_taken_keeps_its_header_on_the_page(browser: Browser) -> None:
    answer = await browser.client.delete("/queue", headers=HTML)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert answer.headers["content-type"].startswith("text/html")


async def test_what_was_done_is_said_once_and_only_in_words_of_the_catalogue(browser: Browser) -> None:
    for word, said in (("moved", True), ("<b>", False), ("no-such-word", False), ("a" * 5000, False)):
        cookie = {"cookie": f"labelhub_said={word}"}
        html = (await browser.client.get("/", headers=HTML | cookie)).text
        assert ("It waits for the other printer now." in html) is said, word
        assert word == "moved" or word not in html


async def test_a_phone_can_install_it(browser: Browser) -> None:
    answer = await browser.client.get("/manifest.webmanifest", headers={"accept-language": "de"})
    assert answer.headers["content-type"] == "application/manifest+json"
    manifest = json.loads(answer.text)
    assert (manifest["start_url"], manifest["display"], manifest["lang"]) == ("/", "standalone", "de")
    for icon in manifest["icons"]:
        assert (await browser.client.get(icon["src"])).headers["content-type"] == icon["type"]


async def test_a_page_is_small_on_the_wire(browser: Browser) -> None:
    sizes = {}
    for path in ("/", *[link.split('"')[0] for link in (await browser.open("/")).html.split('="/assets/')[1:]]):
        async with browser.client.stream(
            "GET", path if path == "/" else f"/assets/{path}", headers=HTML | {"accept-encoding": "gzip"}
        ) as answer:
            raw = b"".join([part async for part in answer.aiter_raw()])
        if not path.endswith(".png"):
            assert answer.headers["content-encoding"] == "gzip", path
            assert gzip.decompress(raw)
        sizes[path] = len(raw)
    assert sum(sizes.values()) < 40_000, sizes
