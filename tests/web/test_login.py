from __future__ import annotations

from ipaddress import ip_network
from urllib.parse import parse_qs, urlsplit

import pytest

from labelhub.auth import SESSION_S, WRONG_KEYS
from labelhub.http.gate import Gate
from labelhub.web.paths import local_path
from tests.http.rooms import KEY, SERVER, Clock, far_client, small_hub
from tests.http.test_problems import problem_of

OPEN = Gate(listen_host="0.0.0.0", api_key=KEY)
PAGE = {"accept": "text/html,application/xhtml+xml"}


async def test_a_browser_is_sent_to_the_form_and_back_to_where_it_wanted() -> None:
    async with far_client(small_hub(OPEN)) as http:
        sent = await http.get("/?a=1&b=%2F", headers=PAGE)
        assert sent.status_code == 303
        wanted = parse_qs(urlsplit(sent.headers["location"]).query)["next"][0]
        form = await http.get(sent.headers["location"])
        assert 'name="next" value="/?a=1&amp;b=%2F"' in form.text
        signed_in = await http.post("/login", data={"key": KEY, "next": wanted})
        assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/?a=1&b=%2F")
        assert (await http.get("/", headers=PAGE)).status_code == 200
        assert (await http.post("/api/print", json={})).status_code == 200


async def test_a_program_gets_the_problem_and_not_the_form() -> None:
    async with far_client(small_hub(OPEN)) as http:
        problem_of(await http.get("/"), 401, "not-authenticated")
        problem_of(await http.get("/api/printers", headers=PAGE), 401, "not-authenticated")
        problem_of(await http.post("/api/print", json={}, headers=PAGE), 401, "not-authenticated")


async def test_a_hub_without_a_key_has_no_form_to_send_to() -> None:
    async with far_client(small_hub(Gate())) as http:
        problem_of(await http.get("/", headers=PAGE), 401, "not-authenticated")
        assert "LABELHUB_API_KEY" in (await http.get("/login")).text


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites_and_is_not_the_key() -> None:
    async with far_client(small_hub(OPEN)) as http:
        cookie = (await http.post("/login", data={"key": KEY})).headers["set-cookie"]
    attributes = {part.strip().lower() for part in cookie.split(";")}
    assert {"httponly", "samesite=lax", "path=/", f"max-age={SESSION_S}"} <= attributes
    assert "secure" not in attributes
    assert KEY not in cookie


async def test_the_cookie_is_secure_behind_https() -> None:
    gate = Gate(api_key=KEY, trusted_proxies=(ip_network("192.0.2.7"),))
    async with far_client(small_hub(gate)) as http:
        answer = await http.post("/login", data={"key": KEY}, headers={"x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.1"})
    assert "secure" in answer.headers["set-cookie"].lower()


async def test_a_wrong_key_shows_the_form_again_and_says_so() -> None:
    async with far_client(small_hub(OPEN)) as http:
        answer = await http.post("/login", data={"key": "wrong", "next": "/x"})
    assert answer.status_code == 401
    assert "not the one" in answer.text
    assert 'value="/x"' in answer.text
    assert "set-cookie" not in answer.headers


async def test_guessing_through_the_form_is_slowed_down() -> None:
    async with far_client(small_hub(OPEN)) as http:
        for _ in range(WRONG_KEYS):
            await http.post("/login", data={"key": "wrong"})
        problem_of(await http.post("/login", data={"key": KEY}), 429, "rate-limited")


async def test_a_session_ends_by_itself() -> None:
    clock = Clock()
    async with far_client(small_hub(OPEN, clock)) as http:
        token = (await http.post("/login", data={"key": KEY})).cookies["labelhub_session"]
        http.cookies.clear()
        headers = {"cookie": f"labelhub_session={token}"}
        assert (await http.get("/", headers=headers)).status_code == 200
        clock.now_s += SESSION_S
        problem_of(await http.get("/", headers=headers), 401, "not-authenticated")


async def test_signing_out_takes_the_cookie_back() -> None:
    async with far_client(small_hub(OPEN)) as http:
        await http.post("/login", data={"key": KEY})
        assert (await http.post("/logout")).headers["location"] == "/login"
        problem_of(await http.get("/"), 401, "not-authenticated")


async def test_a_strange_page_can_neither_sign_in_nor_out() -> None:
    async with far_client(small_hub(OPEN)) as http:
        for path in ("/login", "/logout"):
            answer = await http.post(path, data={"key": KEY}, headers={"origin": "http://evil.example"})
            problem_of(answer, 403, "origin-not-allowed")


async def test_the_form_of_this_hub_passes_the_origin_check() -> None:
    async with far_client(small_hub(OPEN)) as http:
        answer = await http.post(
            "/login", data={"key": KEY}, headers={"origin": f"http://{SERVER}:8090", "sec-fetch-site": "same-origin"}
        )
    assert answer.status_code == 303


@pytest.mark.parametrize("path", ["/", "/printers", "/jobs?state=failed&x=%2F%2Fy", "/a//b", "/#top"])
def test_a_path_of_this_hub_is_where_to_go(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "printers",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/a\\b",
        "https://evil.example",
        "http:/evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "/a b",
        "/\u2028",
        "/" + "a" * 3000,
        "/x\r\nset-cookie: a=b",
    ],
)
async def test_no_address_of_another_host_is(path: str) -> None:
    assert local_path(path) == "/"
    async with far_client(small_hub(OPEN)) as http:
        assert (await http.post("/login", data={"key": KEY, "next": path})).headers["location"] == "/"


async def test_what_is_typed_into_the_address_is_escaped() -> None:
    async with far_client(small_hub(OPEN)) as http:
        text = (await http.get('/login?next=/"><script>alert(1)</script>')).text
    assert "<script>" not in text
