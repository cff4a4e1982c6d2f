"""The id of a request: taken where it is harmless, made where there is none, told in the answer and the log."""

from __future__ import annotations

import logging

import pytest

from labelhub.http.requests import id_of
from labelhub.http.told import told
from tests.http.rooms import client, small_hub


def scope_with(*ids: bytes) -> dict[str, object]:
    return {"headers": [(b"x-request-id", one) for one in ids]}


@pytest.mark.parametrize("given", [b"order-4711", b"0b5f7a0e-5f0c-4b46-9a51-1d4a3f6a6b55", b"a" * 64, b"A_1.b"])
def test_an_id_that_a_proxy_gave_is_kept(given: bytes) -> None:
    assert id_of(scope_with(given)) == given


@pytest.mark.parametrize("given", [(b"",), (b"a" * 65,), (b"two words",), (b"a\nb",), (b'"quoted"',), (b"\xc3\xa9",), (b"a", b"b"), ()])
def test_an_id_that_could_forge_a_line_is_replaced(given: tuple[bytes, ...]) -> None:
    made = id_of(scope_with(*given))
    assert made not in given
    assert len(made) == 16
    assert made != id_of(scope_with(*given))


async def test_a_fault_of_the_hub_is_found_in_the_log_by_the_id_in_its_answer(caplog: pytest.LogCaptureFixture) -> None:
    async with client(small_hub(), raise_bugs=False) as caller:
        with caplog.at_level(logging.INFO, "labelhub.http"):
            answer = await caller.get("/api/bug", headers={"x-request-id": "r-7"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (500, "r-7")
    told = [record for record in caplog.records if record.name == "labelhub.http.requests"]
    assert [record.fields["status"] for record in told] == [500]  # type: ignore[attr-defined]


async def test_reading_is_not_told_unless_wanted_and_changing_is(caplog: pytest.LogCaptureFixture) -> None:
    async with client(small_hub(), raise_bugs=False) as caller:
        with caplog.at_level(logging.INFO, "labelhub.http.requests"):
            await caller.get("/openapi.json")
            await caller.post("/nothing/here")
    assert [record.getMessage().partition(" in ")[0] for record in caplog.records] == ["POST /nothing/here 404"]


TOKEN = "uV3xkQ0J_hY-8Wz2Lr5nTq7Bf1Ec9Ga4Md6Po0Si8Xy"
MISTYPED = (
    "/api/webhook/kitchen/{}", "/api/webhook/{}", "/api/webhooks/kitchen/{}", "/webhook/kitchen/{}", "/api/hooks/kitchen/{}",
    "//api/webhook//{}", "/api//webhook/kitchen/{}", "/api/print/text/{}", "/api/webhook/kitchen;{}", "/{}/x",
)  # fmt: skip


async def test_a_token_in_an_address_that_is_mistyped_is_in_no_line(caplog: pytest.LogCaptureFixture) -> None:
    async with client(small_hub(), raise_bugs=False) as caller:
        with caplog.at_level(logging.INFO, "labelhub.http.requests"):
            for path in MISTYPED:
                assert (await caller.post(f"http://127.0.0.1:8090{path.format(TOKEN)}")).status_code == 404
    lines = [f"{record.getMessage()} {vars(record)}" for record in caplog.records]
    assert len(lines) == len(MISTYPED)
    assert not [line for line in lines if TOKEN[5:] in line]


def test_what_is_told_of_an_address_the_hub_knows_is_all_but_the_token() -> None:
    for path in (
        "/api/printers/virtual-ql-820nwb/pause",
        "/api/jobs/0b5f7a0e-5f0c-4b46-9a51-1d4a3f6a6b55",
        "/api/webhook/kitchen-freezer",
    ):
        assert told(path) == path
    assert told(f"/api/webhook/kitchen/{TOKEN}") == "/api/webhook/kitchen/***"
    assert told(f"/api/webhook/{TOKEN}") == "/api/webhook/***", "the name was left out"
    assert told("/api/webhook/" + "0123456789abcdef" * 4) == "/api/webhook/***"
    assert told(f"/api/label/homebox/{TOKEN}") == "/api/label/homebox/***"
