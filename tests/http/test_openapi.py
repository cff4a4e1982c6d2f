from __future__ import annotations

from typing import Any

import pytest
from openapi_spec_validator import validate

from tests.http.rooms import client, small_hub


@pytest.fixture
async def document() -> Any:
    async with client(small_hub()) as http:
        return (await http.get("/openapi.json")).json()


def test_the_document_is_valid_openapi(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_every_error_is_told_and_is_a_problem(document: Any) -> None:
    answers = document["paths"]["/api/print"]["post"]["responses"]
    assert {"400", "401", "403", "404", "409", "413", "415", "422", "429", "500"} <= set(answers)
    for status, answer in answers.items():
        if status >= "4":
            assert answer["content"]["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert "HTTPValidationError" not in str(document)


def test_security_is_told_as_declared(document: Any) -> None:
    paths = document["paths"]
    assert paths["/healthz"]["get"]["security"] == []
    assert {"apiKey": []} in paths["/api/print"]["post"]["security"]
    assert set(document["components"]["securitySchemes"]) == {"apiKey", "session"}
    assert "401" not in paths["/healthz"]["get"]["responses"]


def test_what_routes_share_is_not_changed_by_one_of_them(document: Any) -> None:
    assert "origin-not-allowed" not in str(document["paths"]["/api/mismatch"]["get"])
    examples = document["paths"]["/api/mismatch"]["get"]["responses"]["409"]["content"]["application/problem+json"]["examples"]
    assert set(examples) == {"media-mismatch"}


def test_what_a_route_declares_and_what_any_route_gives_stand_together(document: Any) -> None:
    entry = document["paths"]["/api/print"]["post"]["responses"]["422"]
    assert set(entry["content"]["application/problem+json"]["examples"]) == {"field-missing", "validation-failed"}
    assert entry["description"] == "Template field missing; Request not valid"
