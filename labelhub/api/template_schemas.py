"""What goes over the wire about templates."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError

from labelhub.api.schemas import Body, Data, GivenData, Instant
from labelhub.errors import BadRequest, TemplateInvalid, UnsupportedMediaType
from labelhub.labels.store import StoredTemplate, Version
from labelhub.labels.written import Written, written

YAML_TYPES = ("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "text/plain")
YAML = YAML_TYPES[0]

Definition = Annotated[
    GivenData | Annotated[str, Field(max_length=64 * 1024)],
    Field(description="The template as JSON values, or as the text of a YAML document."),
]


class TemplateOut(BaseModel):
    """One template."""

    id: UUID
    key: str
    name: str
    app: str
    printer_model: str | None
    tape_width_mm: float | None
    schema_version: int
    definition: Data
    source: Literal["seed", "user"]
    version: int = Field(description="Counts the changes since it was made; earlier versions can be read as well.")
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, stored: StoredTemplate) -> Self:
        """The template as it is shown."""
        template = stored.template
        return cls(
            id=stored.id, key=template.key, name=template.name, app=template.app, printer_model=template.printer_model,
            tape_width_mm=template.tape_width_mm, schema_version=template.schema_version, definition=dict(template.definition),
            source="seed" if stored.source == "seed" else "user", version=stored.version, created_at=stored.created_at,
            updated_at=stored.updated_at,
        )  # fmt: skip


class VersionSummary(BaseModel):
    """One version of a template in the list of them."""

    version: int
    digest: str = Field(description="The same for versions that draw the same.")
    saved_by: str = Field(description="Empty for those that came with the hub.")
    created_at: Instant

    @classmethod
    def of(cls, version: Version) -> Self:
        """The version as it is listed."""
        return cls(version=version.version, digest=version.digest, saved_by=version.saved_by, created_at=version.created_at)


class VersionOut(VersionSummary):
    """One version of a template, whole."""

    definition: Data

    @classmethod
    def of(cls, version: Version) -> Self:
        """The version as it is shown."""
        summary = VersionSummary.of(version).model_dump()
        return cls(**summary, definition=dict(version.definition or {}))


class TemplateBody(Body):
    """`PUT /api/templates/{key}` as JSON. As YAML the body is the template itself."""

    definition: Definition


class CopyBody(Body):
    """What to call a copy."""

    key: str = Field(min_length=1, max_length=64, description="Small letters and digits, in words joined by -.")
    name: str | None = Field(default=None, min_length=1, max_length=100, description="Left out: the name of what is copied.")


BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": TemplateBody.model_json_schema()},
            YAML: {"schema": {"type": "string", "description": "The template as it is written, kept with its comments."}},
            "text/plain": {"schema": {"type": "string"}},
        },
    }
}
"""For `openapi_extra`: what `read_template` reads."""


async def read_template(request: Request, key: str) -> Written:
    """The template in a request's body, whatever it is written as. BadRequest, TemplateInvalid, UnsupportedMediaType, 422 of fields."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    raw = await request.body()
    if kind in YAML_TYPES:
        with pointed("#"):
            return await asyncio.to_thread(written, _text(raw), key)
    if kind != "application/json":
        raise UnsupportedMediaType(
            f"Send the template as {YAML}, or as application/json with its `definition`, not {kind[:100] or 'none'}."
        )
    with pointed("#/definition"):
        return await asyncio.to_thread(written, _body(raw).definition, key)


@contextmanager
def pointed(place: str) -> Iterator[None]:
    """A TemplateInvalid that leaves here points into the request's body: `place` is where the template is."""
    try:
        yield
    except TemplateInvalid as error:
        found = error.extra.get("errors", [{"pointer": "/", "detail": error.detail}])
        error.extra["errors"] = [fault | {"pointer": place + fault["pointer"].removesuffix("/")} for fault in found]
        raise


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadRequest(f"The template is not UTF-8: byte {error.start} cannot be read.") from error


def _body(raw: bytes) -> TemplateBody:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"The body is not valid JSON: {str(error)[:100]}.") from error
    try:
        return TemplateBody.model_validate(found)
    except ValidationError as error:
        faults = [{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors(include_url=False)]
        raise RequestValidationError(faults, body=found) from error
