"""Hostile clients: whatever they send, the answer is the right problem, in time, and nothing half done stays behind."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.house import ASSET, House, house_with

JSON = {"content-type": "application/json"}
CALLS = 600
WORDS = [
    "",
    "\0",
    "x" * 101,
    "é😀",
    "a\nb",
    "%",
    "' OR 1=1 --",
    "<script>",
    "../..",
    "pt",
    "snipeit-12mm",
    "PT-P750W",
    "127.0.0.1",
    "queue",
]
NUMBERS = [0, 1, -1, 2**63, -(2**63), 10**30, 1.5, 1e308, True]
PLACES = ["pt", "%00", "..%2f..", "%F0%9F%98%80", "a%2Fb", "1", "-1", "9" * 30, "%ff", "00000000-0000-0000-0000-000000000000", "x" * 300]
TIMES = ["2026-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1e20"]


@pytest.fixture(name="house")
async def _house(tmp_path: Path) -> AsyncIterator[House]:
    async with house_with(tmp_path, pt="PT-P750W 12mm") as house:
        yield house


def order(**fields: Any) -> str:
    """A print of fields that may be strange."""
    return json.dumps({"template": "snipeit-12mm", "printer": "pt", "data": ASSET | fields})


UNSHOWABLE: dict[str, str | bytes] = {
    "a lone surrogate": order(note="\ud800"),
    "a lone surrogate in a name": order(**{"\udc00": 1}),
    "a lone surrogate in a list": order(note=["a", {"b": "\ud83d"}]),
    "a lone surrogate as bytes": order(note="@").encode().replace(b"@", b"\xed\xa0\x80"),
    "NaN": order(note=float("nan")),
    "an infinite number": order(note=float("inf")),
    "a number out of range": order(note="@").replace('"@"', "1e999"),
    "300 lists in each other": order(note="@").replace('"@"', "[" * 300 + "]" * 300),
    "500 objects in each other": order(note="@").replace('"@"', '{"a":' * 500 + "1" + "}" * 500),
}


async def test_data_that_no_answer_could_show_again_is_refused(house: House) -> None:
    for name, body in UNSHOWABLE.items():
        sent = body.encode() if isinstance(body, str) else body
        answer = await house.client.post("/api/print", content=sent, headers=JSON)
        assert_problem(answer, 422)
        assert answer.json()["errors"][0]["pointer"] == "#/data", name
        batch = b'{"template": "snipeit-12mm", "labels": [{"data":' + sent.partition(b'"data": ')[2] + b"]}"
        answer = await house.client.post("/api/print", content=batch, headers=JSON)
        assert_problem(answer, 422)
        assert answer.json()["errors"][0]["pointer"] == "#/labels/0/data", name
    assert (await house.client.get("/api/jobs")).json() == []


async def test_strange_but_showable_data_prints_and_can_be_read_again(house: House) -> None:
    job_id = await house.print(data=ASSET | {"note": [0, -1.5, 10**300, None, True, "a\0b", "😀", {"": [[[[["deep"]]]]]}]})
    await house.until(job_id)
    for path in (f"/api/jobs/{job_id}", "/api/jobs", f"/api/jobs/{job_id}/labels/1.png", "/"):
        assert (await house.client.get(path)).status_code == 200, path


async def test_a_crowd_of_unknown_members_costs_one_error(house: House) -> None:
    body = {"template": "snipeit-12mm", "data": ASSET} | {str(number): 0 for number in range(50_000)}
    answer = await house.client.post("/api/print", json=body)
    assert_problem(answer, 422)
    assert len(answer.json()["errors"]) == 1


async def test_the_first_bad_label_of_a_large_batch_is_enough(house: House) -> None:
    answer = await house.client.post("/api/print", json={"template": "snipeit-12mm", "labels": [{"data": 1, "x": 2}] * 5000})
    assert_problem(answer, 422)
    assert {fault["pointer"].split("/")[2] for fault in answer.json()["errors"]} == {"0"}


async def test_a_time_that_is_none_in_utc_is_no_database_fault(house: House) -> None:
    for since in ("0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00"):
        answer = await house.client.get(f"/api/jobs?since={since}")
        assert_problem(answer, 422)
        assert answer.json()["errors"][0]["parameter"] == "query.since"


async def test_random_calls_of_every_route_never_fail_inside(house: House) -> None:
    caller = Caller(1, (await house.client.get("/openapi.json")).json())
    for _ in range(CALLS):
        method, path, sent = caller.next_call()
        answer = await house.client.request(method, path, **sent)
        if answer.status_code >= 400 and path != "/readiness":
            assert_problem(answer, None)
        if "location" in answer.headers and answer.status_code < 300:
            caller.jobs.append(answer.headers["location"].rpartition("/")[2])
    assert (await house.client.get("/api/jobs?limit=200")).status_code == 200


RACES = 15


async def test_no_job_is_accepted_for_a_printer_that_is_removed_meanwhile(house: House) -> None:
    for number in range(RACES):
        await add_printer(house, f"brief-{number}", 20000 + number)
        body = {"template": "snipeit-12mm", "data": ASSET, "printer": f"brief-{number}"}
        answers = await asyncio.gather(house.client.post("/api/print", json=body), house.client.delete(f"/api/printers/brief-{number}"))
        accepted, removed = (answer.status_code for answer in answers)
        assert (accepted, removed) != (202, 204)


async def test_changes_at_the_same_time_do_not_undo_each_other(house: House) -> None:
    for number in range(RACES):
        path = f"/api/printers/{await add_printer(house, f'busy-{number}', 20000 + number)}"
        await asyncio.gather(
            house.client.patch(path, json={"name": "renamed"}),
            house.client.post(f"{path}/pause"),
            house.client.patch(path, json={"connection": {"port": 30000 + number}}),
        )
        printer = (await house.client.get(path)).json()
        assert (printer["name"], printer["paused"], printer["connection"]["port"]) == ("renamed", True, 30000 + number)


async def add_printer(house: House, slug: str, port: int) -> str:
    """The slug of a printer at which nothing listens."""
    connection = {"host": "127.0.0.1", "port": port, "snmp": False}
    answer = await house.client.post("/api/printers", json={"name": slug, "slug": slug, "model": "PT-P750W", "connection": connection})
    assert answer.status_code == 201, answer.text
    return slug


def assert_problem(answer: httpx.Response, status: int | None) -> None:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert problem["status"] == answer.status_code == (status or answer.status_code), problem
    assert answer.status_code < 500, (answer.request.method, answer.request.url, problem)
    assert problem["title"]
    assert problem["detail"]


class Caller:
    """Makes calls that the OpenAPI document allows, nearly: each value may be of another kind than it says."""

    def __init__(self, seed: int, document: dict[str, Any]) -> None:
        self.jobs: list[str] = []
        self._chance = random.Random(seed)
        self._document = document
        routes = [(path, method, route) for path, methods in document["paths"].items() for method, route in methods.items()]
        # The printer stays, or all calls would end at a 404. The stream of events has no end that could be waited for.
        self._routes = [one for one in routes if one[1] != "delete" and one[0] != "/api/events"]

    def next_call(self) -> tuple[str, str, dict[str, Any]]:
        """Method, path and what httpx should send with it."""
        path, method, route = self._chance.choice(self._routes)
        for parameter in route.get("parameters", ()):
            if parameter["in"] == "path":
                path = path.replace("{" + parameter["name"] + "}", self._place(parameter["name"]))
        asked = [one for one in route.get("parameters", ()) if one["in"] == "query" and self._chance.random() < 0.6]
        sent: dict[str, Any] = {"params": {one["name"]: self._query(one["schema"]) for one in asked}}
        if "application/json" in route.get("requestBody", {}).get("content", {}):
            body = json.dumps(self._value(route["requestBody"]["content"]["application/json"]["schema"]))
            cut = self._chance.randrange(len(body)) if self._chance.random() < 0.05 else None
            sent |= {"content": body[:cut], "headers": JSON}
        return method.upper(), path, sent

    def _place(self, name: str) -> str:
        likely = self.jobs[-3:] if name == "job_id" else ["pt"] if name == "printer_id" else []
        return self._chance.choice(likely if likely and self._chance.random() < 0.6 else PLACES)

    def _query(self, schema: dict[str, Any]) -> str:
        value = self._chance.choice(TIMES) if self._chance.random() < 0.3 else self._value(schema)
        return value if isinstance(value, str) and value.isprintable() else json.dumps(value)

    def _value(self, schema: dict[str, Any]) -> Any:
        chance = self._chance
        if "$ref" in schema:
            schema = self._document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        if chance.random() < 0.06:
            return chance.choice([None, chance.choice(WORDS), chance.choice(NUMBERS), [], {}, [[{}]], "\ud800", float("nan")])
        if "anyOf" in schema:
            return self._value(chance.choice(schema["anyOf"]))
        if "enum" in schema:
            return chance.choice(schema["enum"])
        return self._of_type(schema)

    def _of_type(self, schema: dict[str, Any]) -> Any:
        chance = self._chance
        match schema.get("type"):
            case "object" if "properties" in schema:
                needed = schema.get("required", ())
                return {name: self._value(one) for name, one in schema["properties"].items() if name in needed or chance.random() < 0.5}
            case "object":
                return chance.choice([ASSET, ASSET | {"title": chance.choice(WORDS)}, {"text": "x"}, ASSET | {"secondary": NUMBERS}])
            case "array":
                return [self._value(schema.get("items", {})) for _ in range(chance.choice([0, 1, 1, 2, 25]))]
            case "integer":
                return chance.choice([schema.get("minimum", 1), schema.get("maximum", 3), chance.choice(NUMBERS)])
            case "boolean":
                return chance.choice([True, False, 0, "true"])
        return chance.choice(WORDS)
