"""Bad input: each gets the right problem, nothing is printed and nothing is stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from labelhub.jobs import store
from tests.house import ASSET, House, house_with

GOOD: dict[str, Any] = {"template": "snipeit-12mm", "data": ASSET}
ROWS: dict[str, Any] = {"template": "snipeit-12mm"}
BAD: list[tuple[str, dict[str, Any], int, str, str | None]] = [
    ("unknown template", GOOD | {"template": "nope"}, 404, "template-not-found", None),
    ("unknown printer", GOOD | {"printer": "nope"}, 404, "printer-not-found", None),
    ("missing field", GOOD | {"data": {"title": "x"}}, 422, "field-missing", None),
    ("over-long text", GOOD | {"data": ASSET | {"title": "M" * 4000}}, 422, "label-too-long", None),
    ("code that can not scan", GOOD | {"data": ASSET | {"qr_payload": "x" * 900}}, 422, "barcode-invalid", None),
    ("media the model never takes", {"printer": "pt", "template": "text-62mm", "data": {"text": "x"}}, 422, "media-unsupported", None),
    ("media not loaded", GOOD | {"printer": "pt", "template": "snipeit-24mm"}, 409, "media-mismatch", None),
    ("data of the wrong type", GOOD | {"data": "x"}, 422, "validation-failed", "#/data"),
    ("copies of the wrong type", GOOD | {"options": {"copies": "2"}}, 422, "validation-failed", "#/options/copies"),
    ("no copies", GOOD | {"options": {"copies": 0}}, 422, "validation-failed", "#/options/copies"),
    ("unknown field", GOOD | {"colour": "red"}, 422, "validation-failed", "#/colour"),
    ("unknown option", GOOD | {"options": {"autocut": True}}, 422, "validation-failed", "#/options/autocut"),
    ("no template", {"data": ASSET}, 422, "validation-failed", "#/template"),
    ("neither data nor labels", {"template": "snipeit-12mm"}, 422, "validation-failed", "#"),
    ("both data and labels", GOOD | {"labels": [{"data": ASSET}]}, 422, "validation-failed", "#"),
    ("empty batch", {"template": "snipeit-12mm", "labels": []}, 422, "validation-failed", "#/labels"),
    ("a bad row in a batch", ROWS | {"labels": [{"data": ASSET}, {"data": {}}]}, 422, "field-missing", None),
    ("too many labels", GOOD | {"options": {"copies": 5001}}, 422, "validation-failed", "#/options/copies"),
    ("too many labels in all", ROWS | {"labels": [{"data": ASSET, "copies": 5000}] * 2}, 422, "validation-failed", "#"),
    (
        "lookup without a connected system",
        ROWS | {"lookup": {"app": "snipeit", "identifier": "1"}},
        422,
        "validation-failed",
        "#/lookup/app",
    ),
]


@pytest.fixture(name="house")
async def _house(tmp_path: Path) -> Any:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        yield house


async def assert_nothing_happened(house: House) -> None:
    jobs = await house.hub.database.read(store.history, state=None, printer_id=None, since=None, before_number=None, limit=10)
    assert jobs == []
    assert house.emulators["pt"].machine.page_count == 0


def assert_problem(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem["status"], problem["type"]) == (status, status, f"http://127.0.0.1:8090/problems/{slug}"), problem
    assert problem["title"]
    assert problem["detail"]
    return problem


async def test_each_fault_has_its_problem_and_leaves_nothing_behind(house: House) -> None:
    for name, body, status, slug, pointer in BAD:
        answer = await house.client.post("/api/print", json=body)
        problem = assert_problem(answer, status, slug)
        if pointer is not None:
            assert pointer in [fault["pointer"] for fault in problem["errors"]], name
        assert (await house.client.get(f"/problems/{slug}")).status_code == 200
        preview = await house.client.post("/api/preview", json=body)
        only_printing = ("media not loaded", "a bad row in a batch")  # a preview draws the first label, on the media asked for
        assert preview.status_code == (200 if name in only_printing else status), name
    await assert_nothing_happened(house)


async def test_a_mismatch_names_what_is_expected_and_what_is_loaded(house: House) -> None:
    answer = await house.client.post("/api/print", json={"printer": "pt", "template": "snipeit-24mm", "data": ASSET})
    assert (answer.json()["expected"], answer.json()["loaded"]) == ("24mm", "12mm")


async def test_a_bad_row_of_a_batch_is_named(house: House) -> None:
    answer = await house.client.post("/api/print", json={"template": "snipeit-12mm", "labels": [{"data": ASSET}, {"data": {}}]})
    assert answer.json()["label"] == 2


@pytest.mark.parametrize("body", [b"{", b"", b"nonsense", b"\xff\xfe", b'{"template": NaN', b"[" * 100_000])
async def test_broken_json_is_a_bad_request(house: House, body: bytes) -> None:
    answer = await house.client.post("/api/print", content=body, headers={"content-type": "application/json"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.status_code in (400, 422), answer.text
    await assert_nothing_happened(house)


async def test_a_body_of_two_mebibytes_is_too_large(house: House) -> None:
    body = json.dumps(GOOD | {"data": ASSET | {"note": "x" * (2 * 1024 * 1024)}})
    assert_problem(
        await house.client.post("/api/print", content=body, headers={"content-type": "application/json"}), 413, "body-too-large"
    )
    await assert_nothing_happened(house)


async def test_another_content_type_is_refused(house: House) -> None:
    assert_problem(
        await house.client.post("/api/print", content="x=1", headers={"content-type": "text/plain"}), 415, "unsupported-media-type"
    )


async def test_unknown_paths_and_methods_are_problems(house: House) -> None:
    assert_problem(await house.client.get("/api/nothing"), 404, "not-found")
    answer = await house.client.delete("/api/print")
    assert_problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "path",
    [
        "/api/jobs?state=done",
        "/api/jobs?limit=0",
        "/api/jobs?limit=201",
        "/api/jobs?cursor=%ff",
        "/api/jobs?cursor=x",
        "/api/jobs?printer_id=pt",
        "/api/jobs?since=yesterday",
        "/api/jobs?since=2026-01-01T00:00:00",
        "/api/templates?app=nope",
        "/api/jobs/not-an-id",
    ],
)
async def test_a_filter_with_an_unknown_value_is_no_empty_list(house: House, path: str) -> None:
    assert_problem(await house.client.get(path), 422, "validation-failed")


async def test_a_disabled_printer_refuses(house: House) -> None:
    await house.client.patch("/api/printers/pt", json={"enabled": False})
    assert_problem(await house.client.post("/api/print", json=GOOD | {"printer": "pt"}), 409, "printer-disabled")
    assert_problem(await house.client.post("/api/print", json=GOOD), 404, "printer-not-found")
    await assert_nothing_happened(house)


async def test_a_strange_web_page_can_neither_print_nor_reach_in_by_another_name(house: House) -> None:
    assert_problem(
        await house.client.post("/api/print", json=GOOD, headers={"origin": "https://evil.example"}), 403, "origin-not-allowed"
    )
    answer = await house.client.get("/api/printers", headers={"host": "evil.example"})
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (400, "host-not-allowed")
    await assert_nothing_happened(house)
