"""Every answer of every route is one that `/openapi.json` tells of, whatever was asked: schemathesis asks, over a real socket.

Beside its checks stands what a strict generated client would do with each answer: nothing that the document does not name, and
every date-time as RFC 3339 in UTC. `make soak` asks a hundred times as often.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import requests
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from labelhub.cli.serve import listen
from labelhub.cli.wire import BoundedHttp
from tests.house import House, house_with

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance, response_schema_conformance,
]  # fmt: skip
ENDLESS = "/api/events"
"""Has no end: tests of its own read it."""
SLOW = "/api/discovery"
"""Listens to the network for seconds."""
Z = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")
ASK_S = 30


@contextlib.asynccontextmanager
async def served(house: House) -> AsyncIterator[str]:
    """The address of the hub, served as `labelhub serve` does."""
    with listen(house.hub.settings.model_copy(update={"listen": "127.0.0.1:0"})) as listener:
        config = uvicorn.Config(house.app, http=BoundedHttp, log_config=None, proxy_headers=False, access_log=False, lifespan="off")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await serving


def strict(document: Any) -> Any:
    """The document as a generated client takes it: an object has the members that are named, and no other."""
    if isinstance(document, list):
        return [strict(one) for one in document]
    if not isinstance(document, dict):
        return document
    closed = {name: strict(one) for name, one in document.items()}
    if isinstance(closed.get("properties"), dict) and closed.get("type") == "object":
        closed.setdefault("additionalProperties", False)
    return closed


FORMATS = jsonschema.FormatChecker()


@FORMATS.checks("date-time")
def _ends_in_z(value: object) -> bool:
    return not isinstance(value, str) or Z.fullmatch(value) is not None


class Client:
    """What a strict client makes of an answer; it counts what it has read."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = strict(document)
        self.read: Counter[tuple[str, int]] = Counter()

    def parse(self, method: str, path: str, answer: schemathesis.Response) -> None:
        told = self._document["paths"][path][method.lower()]["responses"].get(str(answer.status_code))
        assert told is not None, (method, path, answer.status_code)
        kind = answer.headers.get("content-type", [""])[0].partition(";")[0]
        self.read[f"{method} {path}", answer.status_code] += 1
        if kind.endswith("json"):
            assert kind in told.get("content", {}), (method, path, answer.status_code, kind)
            schema = told["content"][kind].get("schema", {}) | {"components": self._document["components"]}
            jsonschema.Draft202012Validator(schema, format_checker=FORMATS).validate(answer.json())


def can_be_wrong(operation: Any) -> bool:
    """Whether anything asked of a route could be none of the document's; looking for what there is not takes longer than all the rest."""
    return any("json" in body.media_type for body in operation.body) or not all(
        is_any_text(one.definition["schema"]) for one in operation.iter_parameters()
    )


def is_any_text(schema: dict[str, Any]) -> bool:
    """True where each text is right; in a path or a header all there can be are texts."""
    return all(
        one.keys() <= {"type", "title", "description"} and one["type"] in ("string", "null") for one in schema.get("anyOf", [schema])
    )


def ask_all(address: str, document: dict[str, Any], examples: int, number: int) -> Client:
    """Ask every route so many times, sensibly and not; AssertionError and its like tell what was no answer of the document's."""
    client, session = Client(document), requests.Session()
    schema = schemathesis.openapi.from_dict(document).exclude(path=[ENDLESS, SLOW])
    faults: dict[str, str] = {}
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)[: 1 + can_be_wrong(operation)]:

            @seed(number)
            @settings(
                max_examples=examples, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case: Any) -> None:
                answer = case.call(base_url=address, session=session, timeout=ASK_S)
                try:
                    case.validate_response(answer, checks=CHECKS)
                    client.parse(case.operation.method.upper(), case.operation.path, answer)
                except (FailureGroup, jsonschema.ValidationError, AssertionError) as error:  # told of below, all at once
                    faults.setdefault(f"{case.operation.label} {answer.status_code}", str(error))

            with contextlib.suppress(Unsatisfiable):  # what can be wrong may be too rare to be met
                ask()
    session.close()
    assert faults == {}, "\n\n".join(f"{route}: {fault}" for route, fault in faults.items())
    return client


def routes(document: dict[str, Any]) -> Iterator[str]:
    for path, methods in document["paths"].items():
        for method in methods.keys() & {"get", "put", "post", "patch", "delete"}:
            yield f"{method.upper()} {path}"


async def asked(folder: Path, examples: int, number: int) -> tuple[Client, set[str]]:
    async with house_with(folder, pt="PT-P750W 12mm") as house, served(house) as address:
        document = json.loads(json.dumps(house.app.openapi()))
        return await asyncio.to_thread(ask_all, address, document, examples, number), set(routes(document))


@pytest.mark.long
async def test_every_answer_is_one_that_the_document_tells_of(tmp_path: Path) -> None:
    client, known = await asked(tmp_path, 1, 1)
    assert {route for route, _ in client.read} >= {route for route in known if not route.endswith((ENDLESS, SLOW))}
    assert sum(count for (_, status), count in client.read.items() if status < 300) > 10


@pytest.mark.soak
@pytest.mark.parametrize("number", range(3))
async def test_a_hundred_times_as_many_answers_are(tmp_path: Path, number: int) -> None:
    await asked(tmp_path, 300, number)
