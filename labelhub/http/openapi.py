"""OpenAPI 3.1 that tells the truth: the Problem schema, the ways to authenticate, and the errors that any route can give."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from labelhub import errors
from labelhub.errors import HubError
from labelhub.http import problems
from labelhub.http.origins import SAFE_METHODS
from labelhub.http.rights import SESSION_COOKIE, Right, all_routes, declared

PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "What went wrong (RFC 9457). Some problems have more members beside these.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "The page that explains this kind of problem."},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "What happened this time, and what to do."},
        "instance": {"type": "string", "format": "uri-reference"},
        "errors": {
            "type": "array",
            "description": "With validation-failed: every fault.",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the body; empty for a parameter."},
                    "parameter": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
    "additionalProperties": True,
}
SECURITY_SCHEMES: dict[str, Any] = {
    "apiKey": {"type": "http", "scheme": "bearer", "description": "The key from LABELHUB_API_KEY."},
    "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE, "description": "What /login gives a browser."},
}
# The empty one: on this machine nothing is asked for.
SECURED: list[dict[str, list[str]]] = [{"apiKey": []}, {"session": []}, {}]


def install(app: FastAPI) -> None:
    """Makes `app.openapi()` give the whole description, worked out once."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = describe(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the app as it is now."""
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = PROBLEM
    document["components"]["securitySchemes"] = SECURITY_SCHEMES
    for route in all_routes(app):
        for method in route.methods or ():
            operation = document["paths"].get(getattr(route, "path_format", None), {}).get(method.lower())
            if operation is not None:
                _complete(operation, method, declared(route))
    return document


def _complete(operation: dict[str, Any], method: str, right: Right | None) -> None:
    operation["security"] = SECURED if right else []
    answers = deepcopy(operation["responses"])  # routes may share what they declare
    validated = "422" in answers
    if "HTTPValidationError" in str(answers.get("422")):
        del answers["422"]
    for status, entry in problems.responses(*_always(method, right, has_body="requestBody" in operation, validated=validated)).items():
        known = answers.setdefault(str(status), entry)
        if known is not entry:
            _merge(known, entry)
    operation["responses"] = dict(sorted(answers.items()))


def _always(method: str, right: Right | None, *, has_body: bool, validated: bool) -> list[type[HubError]]:
    """The errors that need no word of the route's own."""
    kinds: list[type[HubError]] = [errors.HostNotAllowed, HubError]
    kinds += [errors.NotAuthenticated, errors.RateLimited] if right else []
    kinds += [] if method in SAFE_METHODS else [errors.OriginNotAllowed]
    kinds += [errors.BadRequest, errors.BodyTooLarge, errors.UnsupportedMediaType] if has_body else []
    return kinds + ([errors.ValidationFailed] if validated else [])


def _merge(known: dict[str, Any], entry: dict[str, Any]) -> None:
    """Adds an entry of `problems.responses` to one that the route declared itself."""
    content = known.setdefault("content", {})
    if problems.MEDIA_TYPE not in content:
        content[problems.MEDIA_TYPE] = entry["content"][problems.MEDIA_TYPE]
        return
    examples = content[problems.MEDIA_TYPE].setdefault("examples", {})
    for slug, example in entry["content"][problems.MEDIA_TYPE]["examples"].items():
        examples.setdefault(slug, example)
    known["description"] = "; ".join(example["summary"] for example in examples.values())
