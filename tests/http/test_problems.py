from __future__ import annotations

import json
import logging
from typing import Any

import httpx
import pytest

from labelhub.errors import HubError, all_errors
from labelhub.http import problems
from labelhub.http.gate import Gate
from tests.http.rooms import client, small_hub


def problem_of(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """The one error shape: its media type, its own page, and a text for the person."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    body: dict[str, Any] = answer.json()
    assert body["type"].endswith(f"/problems/{slug}")
    assert body["type"].startswith("http")
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    return body


async def test_an_error_of_ours_stands_with_its_extra_members_at_the_top_level() -> None:
    async with client(small_hub()) as http:
        body = problem_of(await http.get("/api/mismatch"), 409, "media-mismatch")
    assert body == {
        "type": "http://127.0.0.1:8090/problems/media-mismatch",
        "title": "Other media loaded",
        "status": 409,
        "detail": "The printer holds 24mm tape.",
        "instance": "/api/mismatch",
        "expected": "12mm",
        "loaded": "24mm",
    }


async def test_the_type_is_built_from_the_public_url() -> None:
    async with client(small_hub(Gate(public_url="https://labels.example.org"))) as http:
        body = problem_of(await http.get("/nothing/here"), 404, "not-found")
    assert body["type"] == "https://labels.example.org/problems/not-found"
    assert body["instance"] == "/nothing/here"


async def test_a_method_not_taken_names_those_that_are() -> None:
    async with client(small_hub()) as http:
        answer = await http.delete("/api/print")
    problem_of(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"


async def test_every_fault_of_a_body_has_a_pointer() -> None:
    async with client(small_hub()) as http:
        body = problem_of(await http.post("/api/print", json={"copies": 0, "lines": ["a", 7], "a/b~": 1}), 422, "validation-failed")
    assert {fault["pointer"] for fault in body["errors"]} == {"#/copies", "#/lines/1", "#/a~1b~0"}
    assert all(fault["detail"] for fault in body["errors"])


async def test_a_fault_of_a_parameter_names_the_parameter() -> None:
    async with client(small_hub()) as http:
        body = problem_of(await http.get("/api/printers?limit=many"), 422, "validation-failed")
    assert body["errors"][0]["parameter"] == "query.limit"


async def test_the_list_of_faults_is_bounded() -> None:
    async with client(small_hub()) as http:
        body = problem_of(await http.post("/api/print", json={"lines": [7] * 5000}), 422, "validation-failed")
    assert len(body["errors"]) == problems.MAX_FAULTS


@pytest.mark.parametrize("body", [b"{", b"", b'{"copies": }', b"\xff\xfe", b"[" * 200_000, b'{"copies": ' + b"1" * 5000 + b"}"])
async def test_a_broken_body_is_a_problem_and_nothing_is_printed(body: bytes) -> None:
    app = small_hub()
    async with client(app) as http:
        answer = await http.post("/api/print", content=body, headers={"content-type": "application/json"})
    problem_of(answer, 422 if body == b"" else 400, "validation-failed" if body == b"" else "bad-request")
    assert app.state.printed == []


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", None])
async def test_a_body_that_is_not_declared_json_is_refused(content_type: str | None) -> None:
    app = small_hub()
    headers = {"content-type": content_type} if content_type else {}
    async with client(app) as http:
        answer = await http.post("/api/print", content=b'{"copies": 1}', headers=headers)
    problem_of(answer, 415, "unsupported-media-type")
    assert app.state.printed == []


async def test_a_bug_is_logged_and_never_shown(caplog: pytest.LogCaptureFixture) -> None:
    async with client(small_hub(), raise_bugs=False) as http:
        answer = await http.get("/api/bug")
    problem_of(answer, 500, "internal-error")
    assert "secret" not in answer.text
    record = next(record for record in caplog.records if record.name == "labelhub.http.problems")
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None


async def test_an_internal_error_raised_on_purpose_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async with client(small_hub()) as http:
        problem_of(await http.get("/api/failure"), 500, "internal-error")
    assert "GET /api/failure failed" in caplog.text


async def test_a_status_without_a_problem_of_ours_still_has_the_shape() -> None:
    async with client(small_hub()) as http:
        answer = await http.get("/api/teapot")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "about:blank"
    assert answer.json()["status"] == 418


async def test_text_that_is_no_unicode_is_still_answered() -> None:
    async with client(small_hub()) as http:
        problem_of(await http.get("/nothing/%FF%00%0d"), 404, "not-found")


@pytest.mark.parametrize("kind", list(all_errors()), ids=lambda kind: kind.slug)
async def test_every_problem_has_a_page(kind: type[HubError]) -> None:
    async with client(small_hub()) as http:
        answer = await http.get(f"/problems/{kind.slug}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert kind.title in answer.text


async def test_a_problem_that_does_not_exist_has_none() -> None:
    async with client(small_hub()) as http:
        problem_of(await http.get("/problems/<script>"), 404, "not-found")


def test_slugs_name_one_class_each() -> None:
    slugs = [kind.slug for kind in all_errors()]
    assert len(slugs) == len(set(slugs))


def test_responses_of_one_status_share_an_entry() -> None:
    from labelhub.errors import JobNotFound, PrinterNotFound

    entry = problems.responses(PrinterNotFound, JobNotFound)[404]
    assert entry["description"] == "Printer not found; Job not found"
    assert set(entry["content"]["application/problem+json"]["examples"]) == {"printer-not-found", "job-not-found"}
    json.dumps(entry)
