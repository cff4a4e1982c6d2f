from __future__ import annotations

from ipaddress import ip_network

import pytest
from fastapi import APIRouter, FastAPI
from starlette.responses import Response
from starlette.routing import Mount, Route, WebSocketRoute

from labelhub.auth import WRONG_KEYS, WRONG_KEYS_WINDOW_S
from labelhub.http.gate import Gate
from labelhub.http.rights import Right, all_routes, declared, needs
from tests.http.rooms import KEY, Clock, client, far_client, small_hub
from tests.http.test_problems import problem_of

OPEN = Gate(listen_host="0.0.0.0", api_key=KEY)


async def test_on_loopback_everything_is_allowed() -> None:
    async with client(small_hub(OPEN)) as http:
        assert (await http.get("/api/printers")).status_code == 200


async def test_what_needs_nothing_is_open_to_all() -> None:
    async with far_client(small_hub(Gate())) as http:
        assert (await http.get("/healthz")).status_code == 200


async def test_from_elsewhere_the_key_is_asked_for() -> None:
    async with far_client(small_hub(OPEN)) as http:
        answer = await http.get("/api/printers")
        problem_of(answer, 401, "not-authenticated")
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert (await http.get("/api/printers", headers={"authorization": f"Bearer {KEY}"})).status_code == 200
        assert (await http.get("/api/printers", headers={"authorization": f"bearer  {KEY} "})).status_code == 200


@pytest.mark.parametrize(
    "given", ["Bearer", "Bearer ", "Bearer wrong", f"Basic {KEY}", KEY, f"Bearer {KEY}x", "Bearer \xe4\xf6", "Bearer " + "k" * 9000]
)
async def test_any_other_authorization_is_refused(given: str) -> None:
    async with far_client(small_hub(OPEN)) as http:
        answer = await http.get("/api/printers", headers={"authorization": given.encode("latin-1")})
    problem_of(answer, 401, "not-authenticated")


async def test_nothing_of_the_body_is_read_before_the_key() -> None:
    async with far_client(small_hub(OPEN)) as http:
        problem_of(await http.post("/api/print", json={"copies": "many"}), 401, "not-authenticated")


async def test_without_a_configured_key_the_answer_says_what_to_set() -> None:
    async with far_client(small_hub(Gate())) as http:
        answer = await http.get("/api/printers", headers={"authorization": "Bearer anything"})
    assert "LABELHUB_API_KEY" in problem_of(answer, 401, "not-authenticated")["detail"]


async def test_a_proxy_on_this_machine_that_was_not_declared_does_not_open_the_hub() -> None:
    async with client(small_hub(OPEN)) as http:
        problem_of(await http.get("/api/printers", headers={"x-forwarded-for": "203.0.113.9"}), 401, "not-authenticated")


async def test_wrong_keys_are_slowed_down_and_the_right_one_waits_too() -> None:
    clock = Clock()
    async with far_client(small_hub(OPEN, clock)) as http:
        for _ in range(WRONG_KEYS):
            problem_of(await http.get("/api/printers", headers={"authorization": "Bearer wrong"}), 401, "not-authenticated")
        answer = await http.get("/api/printers", headers={"authorization": f"Bearer {KEY}"})
        assert problem_of(answer, 429, "rate-limited")["retry_after_s"] == int(answer.headers["retry-after"]) == WRONG_KEYS_WINDOW_S
        clock.now_s += WRONG_KEYS_WINDOW_S
        assert (await http.get("/api/printers", headers={"authorization": f"Bearer {KEY}"})).status_code == 200


async def test_missing_keys_are_not_counted() -> None:
    async with far_client(small_hub(OPEN)) as http:
        for _ in range(WRONG_KEYS + 1):
            problem_of(await http.get("/api/printers"), 401, "not-authenticated")


async def test_wrong_keys_of_one_caller_do_not_lock_out_another() -> None:
    gate = Gate(api_key=KEY, trusted_proxies=(ip_network("192.0.2.7"),))
    async with far_client(small_hub(gate)) as http:
        for _ in range(WRONG_KEYS + 1):
            await http.get("/api/printers", headers={"authorization": "Bearer wrong", "x-forwarded-for": "203.0.113.1"})
        answer = await http.get("/api/printers", headers={"authorization": f"Bearer {KEY}", "x-forwarded-for": "203.0.113.2"})
    assert answer.status_code == 200


def test_every_route_of_the_small_hub_declares_its_right() -> None:
    app = small_hub()
    assert [route.path for route in all_routes(app) if declared(route) is None] == []
    assert {declared(route) for route in all_routes(app)} == {Right.NOTHING, Right.READ, Right.PRINT}


def test_a_route_without_a_right_is_found_wherever_it_hides() -> None:
    async def nothing() -> None: ...

    inner = APIRouter()
    inner.get("/included")(nothing)
    twice = APIRouter(dependencies=[needs(Right.READ)])
    twice.get("/twice", dependencies=[needs(Right.NOTHING)])(nothing)
    app = FastAPI()
    app.include_router(inner, prefix="/deep")
    app.include_router(twice)
    app.get("/plain")(nothing)
    app.router.routes += [Mount("/mounted", FastAPI()), Route("/starlette", lambda request: Response()), WebSocketRoute("/ws", nothing)]
    bare = {route.path for route in all_routes(app) if declared(route) is None}
    assert {"/deep/included", "/twice", "/plain", "/mounted", "/starlette", "/ws", "/docs", "/openapi.json"} <= bare


def test_a_right_of_the_router_counts_for_its_routes() -> None:
    async def nothing() -> None: ...

    router = APIRouter(dependencies=[needs(Right.ADMIN)])
    router.get("/inside")(nothing)
    app = FastAPI(openapi_url=None)
    app.include_router(router)
    assert [declared(route) for route in all_routes(app)] == [Right.ADMIN]
