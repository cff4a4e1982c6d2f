"""What goes over the wire about templates."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import fmean
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from labelhub.api.schemas import Body, Data, GivenData, Instant, OptionsBody, PrintBody, Word, shown_again
from labelhub.drivers.driver import EncodeOptions
from labelhub.errors import BadRequest, TemplateInvalid, UnsupportedMediaType
from labelhub.jobs.job import LabelOrder
from labelhub.jobs.proofs import On, Use
from labelhub.jobs.submit import Wish
from labelhub.labels.image_store import StoredImage
from labelhub.labels.store import StoredTemplate, Version
from labelhub.labels.written import Written, written

YAML_TYPES = ("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "text/plain")
YAML = YAML_TYPES[0]

MAX_TEXT = 64 * 1024


def _readable(given: Any) -> Any:
    """What is a template's text or may be its values. ValueError, here: a union would tell of each of its parts, by validator."""
    if isinstance(given, str):
        if len(given) > MAX_TEXT:
            raise ValueError(f"has more than {MAX_TEXT} characters")
        shown_again({given: None})
        return given
    if not isinstance(given, dict):
        raise ValueError("must be the template as an object, or its YAML as a text")
    return shown_again(given)


Definition = Annotated[
    Data | Annotated[str, Field(max_length=MAX_TEXT)],
    BeforeValidator(_readable),
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


class DraftBody(Body):
    """`POST /api/templates/preview`: a template that is stored nowhere."""

    definition: Definition
    data: GivenData | None = Field(default=None, description="The fields of the label; left out: the template's own examples.")
    printer: Word | None = Field(default=None, description="Slug or id of the printer to draw for.")
    model: Word | None = Field(default=None, description="Model to draw for, whether or not there is such a printer.")
    media: Word | None = Field(default=None, description="Media to draw for: `12mm`, `29x90mm`; left out: what is loaded, or fits.")
    options: OptionsBody = Field(default_factory=OptionsBody)

    def draft(self) -> tuple[Written, Wish, On]:
        """The template, the label and what to draw it for. TemplateInvalid."""
        with pointed("#/definition"):
            new = written(self.definition)
        label = LabelOrder(new.template.example if self.data is None else self.data)
        wish = Wish(new.template.key, (label,), self.printer, EncodeOptions(**self.options.model_dump(exclude={"copies", "priority"})))
        return new, wish, On(self.model, self.media)


class EstimateBody(PrintBody):
    """As for a print, with what the media costs, in any currency."""

    price_per_m: float | None = Field(default=None, ge=0, le=1e6, description="Of continuous media.")
    price_per_label: float | None = Field(default=None, ge=0, le=1e6, description="Of die-cut labels.")


class EstimateOut(BaseModel):
    """What a print would use."""

    model: str
    media: str = Field(description="What it is counted for: `12mm`, `29x90mm`.")
    labels: int
    label_length_mm: float = Field(description="Of what is printed on one label, on average.")
    media_mm: float = Field(description="All that comes out, blank leaders and margins included; of die-cut labels without their gaps.")
    blank_mm: float = Field(description="Of it what no label covers.")
    cost: float | None = Field(description="Null without a price.")
    exact: bool = Field(description="False when only the first 20 labels were laid out, and the others count like these.")

    @classmethod
    def of(cls, use: Use, per_m: float | None, per_label: float | None) -> Self:
        """The use as it is shown."""
        found, cost = use.estimate, use.estimate.cost(per_m, per_label)
        return cls(
            model=use.place.model, media=use.media.name, labels=found.labels, label_length_mm=round(fmean(use.lengths_mm), 1),
            media_mm=round(found.media_mm, 1), blank_mm=round(found.blank_mm, 1), cost=None if cost is None else round(cost, 4),
            exact=use.exact,
        )  # fmt: skip


class ImageOut(BaseModel):
    """A stored picture."""

    name: str
    kind: str = Field(description="png, jpeg, webp, svg or pdf.")
    width: int = Field(description="Pixels; 0 for svg and pdf.")
    height: int
    size_bytes: int
    digest: str = Field(description="SHA-256 of the file.")
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, image: StoredImage) -> Self:
        """The picture as it is shown."""
        return cls(**{name: getattr(image, name) for name in cls.model_fields})


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
    kind = _kind(request)
    raw = await request.body()
    if kind in YAML_TYPES:
        with pointed(place_of(request)):
            return await asyncio.to_thread(written, _text(raw), key)
    if kind != "application/json":
        raise UnsupportedMediaType(
            f"Send the template as {YAML}, or as application/json with its `definition`, not {kind[:100] or 'none'}."
        )
    with pointed(place_of(request)):
        return await asyncio.to_thread(written, _body(raw).definition, key)


def place_of(request: Request) -> str:
    """Where in the request's body the template is, for `pointed`."""
    return "#" if _kind(request) in YAML_TYPES else "#/definition"


@contextmanager
def pointed(place: str) -> Iterator[None]:
    """A TemplateInvalid that leaves here points into the request's body: `place` is where the template is."""
    try:
        yield
    except TemplateInvalid as error:
        found = error.extra.get("errors", [{"pointer": "/", "detail": error.detail}])
        error.extra["errors"] = [fault | {"pointer": place + fault["pointer"].removesuffix("/")} for fault in found]
        raise


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


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
