"""Caddy and Traefik as deploy/ sets them up, before a real hub: who comes in, what the hub is told, and that nothing is kept back."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from PIL import Image

from labelhub.api import webhooks
from labelhub.app import create_app
from labelhub.http.cross_origin import is_open
from labelhub.http.rights import all_routes
from labelhub.hub import Hub
from tests.house import settings_for
from tests.proxies_at_hand import HOST, KEY, NOBODY, PUBLIC, SESSION, TOKEN, Proxied, caddy, proxied, traefik, until

pytestmark = pytest.mark.soak

OPEN = (*webhooks.CROSS_ORIGIN, "/api/label/homebox")
PAGE = {"accept": "text/html"}
MIB = 1024 * 1024


@pytest.fixture(scope="module", params=[caddy, traefik], ids=lambda start: start.__name__)
def behind(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    with proxied(tmp_path_factory.mktemp("proxied"), request.param) as found:
        yield found


def routes(folder: Path) -> list[tuple[str, str]]:
    """Method and a path of every route that is not open."""
    found = all_routes(create_app(Hub(settings_for(folder))))
    asked = [(method, re.sub(r"\{.*?\}", "x", route.path)) for route in found for method in route.methods or ("GET",)]
    return [(method, path) for method, path in asked if not is_open(path, OPEN)]


def test_without_a_session_no_page_and_no_route_is_reached(behind: Proxied, tmp_path: Path) -> None:
    asked = routes(tmp_path)
    assert len(asked) > 60
    before = len(behind.sign_in.asked)
    for method, path in asked:
        for headers, status in ((PAGE, 302), ({"authorization": f"Bearer {KEY}", "remote-user": "admin"}, 401)):
            answer = behind.client.request(method, path, headers=headers)
            assert (answer.status_code, answer.text) == (status, "" if method == "HEAD" else NOBODY), (method, path)
    assert len(behind.sign_in.asked) - before == 2 * len(asked)
    told = behind.sign_in.asked[-1]
    assert (told["x-forwarded-host"], told["x-forwarded-proto"], told["x-forwarded-uri"]) == (HOST, "https", asked[-1][1])


def test_with_a_session_every_page_is_reached_without_the_key(behind: Proxied, tmp_path: Path) -> None:
    for method, path in routes(tmp_path):
        if method == "GET" and path not in ("/api/events", "/api/discovery", "/api/resolve"):
            answer = behind.client.get(path, headers=SESSION | PAGE)
            assert answer.status_code in (200, 303, 307, 308, 404, 422), (path, answer.status_code, answer.text)
            assert "/login" not in answer.headers.get("location", "")
    assert behind.client.get("/api/printers", headers=SESSION).json()[0]["slug"] == "pt"


def test_the_hub_knows_the_address_that_browsers_see(behind: Proxied) -> None:
    signed = behind.client.post("/login", data={"key": KEY}, headers=SESSION | {"origin": PUBLIC})
    assert signed.status_code == 303
    assert "; secure" in signed.headers["set-cookie"].lower()
    assert behind.client.get("/api/printers/none", headers=SESSION).json()["type"] == f"{PUBLIC}/problems/printer-not-found"
    spoofed = {"x-forwarded-host": "evil.example", "x-forwarded-proto": "http", "x-forwarded-for": "127.0.0.1"}
    again = behind.client.post("/login", data={"key": KEY}, headers=SESSION | spoofed | {"origin": PUBLIC})
    assert (again.status_code, "; secure" in again.headers["set-cookie"].lower()) == (303, True)
    for origin in (f"http://{HOST}", "https://evil.example"):
        assert behind.client.post("/api/printers/pt/pause", headers=SESSION | {"origin": origin}).status_code == 403
    assert behind.client.post("/api/printers/pt/pause", headers=SESSION | {"origin": PUBLIC}).status_code < 300


def test_who_has_a_token_of_a_hook_needs_no_session_and_gets_nothing_else(behind: Proxied) -> None:
    client = behind.client
    before = len(behind.sign_in.asked)
    by_header = {"authorization": f"Bearer {TOKEN}"}
    assert client.post(f"/api/webhook/text/{TOKEN}", json={"text": "in the path"}).status_code == 202
    assert client.post("/api/webhook/text", json={"text": "in a header"}, headers=by_header).status_code == 202
    assert client.get("/api/print/text", params={"text": "in the query", "token": TOKEN}).status_code == 202
    assert client.post("/api/print/grocy", params={"token": TOKEN}, json={"product": "Milk", "grocycode": "grcy:p:1"}).status_code == 202
    label = client.get(f"/api/label/homebox/{TOKEN}", params={"TitleText": "Drill", "URL": "https://homebox.example/item/1"})
    assert (label.status_code, label.headers["content-type"]) == (200, "image/png")
    for method, path in (
        ("POST", "/api/webhook/text"),
        ("POST", "/api/print/grocy"),
        ("GET", "/api/print/text?text=a"),
        ("GET", "/api/label/homebox"),
    ):
        answer = client.request(method, path)
        assert (answer.status_code, answer.json()["type"]) == (401, f"{PUBLIC}/problems/not-authenticated"), path
    assert len(behind.sign_in.asked) == before
    for path in ("/api/webhook/%2e%2e/jobs", "/api/webhook/..%2fjobs", "/api/label/homebox/..%2f..%2fjobs", "/api/label/homeboxes"):
        answer = client.get(path)
        assert answer.status_code in (400, 401, 404, 405), path
        assert "items" not in answer.text


def listening(behind: Proxied) -> int:
    """How many follow the hub's live events."""
    told = behind.client.get("/metrics", headers=SESSION).text
    return next(int(float(line.split()[1])) for line in told.splitlines() if line.startswith("labelhub_event_subscribers "))


def test_live_events_come_through_at_once(behind: Proxied) -> None:
    with behind.client.stream("GET", "/api/events", headers=SESSION) as answer:
        assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "text/event-stream")
        lines = answer.iter_lines()  # a line that does not come ends this by the client's time limit
        assert "event: printer.status" in (line for line in lines)
        told = behind.client.post(f"/api/webhook/text/{TOKEN}", json={"text": "while somebody listens"}).json()["job_id"]
        found = next(line for line in lines if told in line)
        assert json.loads(found.removeprefix("data: "))["job_id"] == told
        assert listening(behind) == 1
    until(lambda: listening(behind) == 0, "the proxy goes on listening for who has gone")


def test_large_pictures_come_through_and_too_large_ones_are_told_so(behind: Proxied) -> None:
    size_px = (1700, 1700)
    Image.frombytes("RGB", size_px, os.urandom(3 * size_px[0] * size_px[1])).save(file := BytesIO(), "png", compress_level=0)
    picture = file.getvalue()
    assert 8 * MIB < len(picture) < 10 * MIB
    made = behind.client.put("/api/images/large", content=picture, headers=SESSION)
    assert made.status_code == 201, made.text
    assert behind.client.get("/api/images/large", headers=SESSION).content == picture
    too_large = os.urandom(11 * MIB)
    for method, path in (("PUT", "/api/images/larger"), ("POST", f"/api/webhook/generic/{TOKEN}"), ("POST", "/api/print")):
        answer = refused(behind, method, path, too_large)
        assert (answer.status_code, answer.json()["type"]) == (413, f"{PUBLIC}/problems/body-too-large"), path


def refused(behind: Proxied, method: str, path: str, content: bytes) -> httpx.Response:
    """The answer to a body that is too large. Traefik cuts a few of these off, where the answer comes as the body's last bytes leave."""
    for _ in range(9):
        try:
            return behind.client.request(method, path, content=content, headers=SESSION)
        except httpx.RemoteProtocolError as error:
            if behind.name != "traefik" or "peer closed connection without sending complete message body" not in str(error):
                raise
    raise AssertionError("no answer came whole")
