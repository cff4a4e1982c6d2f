from __future__ import annotations

from ipaddress import ip_network

import pytest

from labelhub.http.gate import Gate
from tests.http.rooms import KEY, SERVER, client, far_client, small_hub
from tests.http.test_problems import problem_of

PUBLIC = Gate(listen_host="0.0.0.0", public_url="https://labels.example.org", allowed_hosts=("hub.lan",), api_key=KEY)


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8090", "127.8.8.8", "localhost", "LOCALHOST:8090", "localhost.", "hub.localhost", "[::1]:8090"]
)
async def test_a_hub_on_loopback_answers_to_loopback_names(host: str) -> None:
    async with client(small_hub()) as http:
        assert (await http.get("/healthz", headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil.example:8090",
        "192.0.2.1",
        "8.8.8.8:8090",
        "0.0.0.0:8090",
        "[2001:db8::1]",
        "2130706433",
        "0x7f.1",
        "127.1",
        "localhost:99999",
        "localhost:",
        "localhost/..",
        "user@localhost",
        "localhost, evil.example",
        "evil.example#localhost",
        "[::1",
        "",
        "a" * 300,
        "lоcalhost",  # a Cyrillic o
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_foreign_host_is_refused_even_for_reading(host: str, method: str) -> None:
    app = small_hub()
    async with client(app) as http:
        answer = await http.request(method, "/api/print" if method == "POST" else "/healthz", headers={b"host": host.encode()})
    body = problem_of(answer, 400, "host-not-allowed")
    assert "evil" not in body["type"]
    assert app.state.printed == []


async def test_a_name_rebound_to_loopback_cannot_print() -> None:
    """DNS rebinding: the page's own name now points here, so for the browser Host and Origin agree."""
    app = small_hub()
    async with client(app) as http:
        headers = {"host": "evil.example:8090", "origin": "http://evil.example:8090", "sec-fetch-site": "same-origin"}
        problem_of(await http.post("/api/print", json={}, headers=headers), 400, "host-not-allowed")
    assert app.state.printed == []


@pytest.mark.parametrize(
    "host", [f"{SERVER}:8090", SERVER, "labels.example.org", "Labels.Example.Org:443", "hub.lan:8090", "localhost:8090"]
)
async def test_a_hub_on_the_network_answers_to_its_address_and_the_names_from_settings(host: str) -> None:
    async with far_client(small_hub(PUBLIC)) as http:
        assert (await http.get("/healthz", headers={"host": host})).status_code == 200


@pytest.mark.parametrize("host", ["198.51.100.2", "sub.hub.lan", "example.org"])
async def test_a_hub_on_the_network_refuses_all_others(host: str) -> None:
    async with far_client(small_hub(PUBLIC)) as http:
        answer = await http.get("/healthz", headers={"host": host})
    assert "LABELHUB_ALLOWED_HOSTS" in problem_of(answer, 400, "host-not-allowed")["detail"]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://127.0.0.1:3000"},
        {"origin": "http://localhost:8090"},
        {"origin": "https://127.0.0.1:8090"},
        {"origin": "http://127.0.0.1:8090/"},
        {"origin": "http://127.0.0.1:8090.evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "something-new"},
    ],
)
async def test_a_strange_page_cannot_print(headers: dict[str, str]) -> None:
    app = small_hub()
    async with client(app) as http:
        problem_of(await http.post("/api/print", json={}, headers=headers), 403, "origin-not-allowed")
    assert app.state.printed == []


async def test_two_origins_are_refused() -> None:
    async with client(small_hub()) as http:
        own = ("origin", "http://127.0.0.1:8090")
        problem_of(await http.post("/api/print", json={}, headers=[own, own]), 403, "origin-not-allowed")


async def test_a_form_of_a_strange_page_cannot_print_either() -> None:
    app = small_hub()
    async with client(app) as http:
        form = {"content-type": "text/plain", "origin": "http://evil.example"}
        problem_of(await http.post("/api/print", content=b'{"copies": 1}', headers=form), 403, "origin-not-allowed")
    assert app.state.printed == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://127.0.0.1:8090", "sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
    ],
)
async def test_programs_and_own_pages_print(headers: dict[str, str]) -> None:
    app = small_hub()
    async with client(app) as http:
        assert (await http.post("/api/print", json={}, headers=headers)).status_code == 200
    assert len(app.state.printed) == 1


async def test_reading_asks_for_no_origin() -> None:
    async with client(small_hub()) as http:
        answer = await http.get("/api/printers", headers={"origin": "http://evil.example", "sec-fetch-site": "cross-site"})
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "PROPFIND"])
async def test_every_method_that_is_not_known_to_be_safe_is_checked(method: str) -> None:
    async with client(small_hub()) as http:
        answer = await http.request(method, "/api/print", headers={"origin": "http://evil.example"})
    problem_of(answer, 403, "origin-not-allowed")


async def test_the_public_url_is_an_own_origin_behind_a_proxy_that_says_nothing() -> None:
    headers = {"host": "labels.example.org", "origin": "https://labels.example.org", "authorization": f"Bearer {KEY}"}
    async with far_client(small_hub(PUBLIC)) as http:
        assert (await http.post("/api/print", json={}, headers=headers)).status_code == 200


async def test_the_origin_behind_a_trusted_proxy_has_the_scheme_and_name_it_forwards() -> None:
    gate = Gate(allowed_hosts=("labels.lan",), trusted_proxies=(ip_network("192.0.2.0/24"),), api_key=KEY)
    headers = {"authorization": f"Bearer {KEY}", "origin": "https://labels.lan", "host": "inside:8090"}
    forwarded = {"x-forwarded-proto": "https", "x-forwarded-host": "labels.lan", "x-forwarded-for": "203.0.113.9"}
    async with far_client(small_hub(gate)) as http:
        assert (await http.post("/api/print", json={}, headers=headers | forwarded)).status_code == 200
        problem_of(await http.post("/api/print", json={}, headers=headers), 400, "host-not-allowed")


async def test_every_answer_has_safe_headers() -> None:
    async with client(small_hub()) as http:
        for path in ("/healthz", "/nothing", "/assets/own/hub.css"):
            headers = (await http.get(path)).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "same-origin"
            assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
