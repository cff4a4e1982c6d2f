"""Templates: what can be printed, those that come with the hub and those of its users."""

from __future__ import annotations

import asyncio
import re
from functools import cache
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import JSONResponse

from labelhub import errors
from labelhub.api.pictures import DRAWING_ERRORS, PICTURES, Looking, proof_answer, wants_svg
from labelhub.api.template_schemas import (
    BODY,
    YAML,
    YAML_TYPES,
    CopyBody,
    DraftBody,
    TemplateOut,
    VersionOut,
    VersionSummary,
    place_of,
    pointed,
    read_template,
)
from labelhub.errors import TemplateBuiltIn, TemplateChanged, TemplateInvalid, TemplateNotFound, ValidationFailed
from labelhub.http.problems import responses
from labelhub.http.rights import Right, needs
from labelhub.http.running import CallerName, Running
from labelhub.jobs.proofs import On
from labelhub.labels import store
from labelhub.labels.own_fonts import faces_with
from labelhub.labels.schema import json_schema
from labelhub.labels.store import Expected, StoredTemplate
from labelhub.labels.texts import check_fonts
from labelhub.labels.written import Written, written, yaml_of

router = APIRouter(prefix="/api/templates", tags=["templates"])
described = APIRouter(tags=["templates"])

READ, OPERATE = needs(Right.READ), needs(Right.OPERATE)
WRITING = (TemplateBuiltIn, TemplateChanged, TemplateInvalid, errors.TooManyTemplates, ValidationFailed)
MADE: dict[int | str, dict[str, Any]] = {201: {"model": TemplateOut, "description": "Made"}}
SHOWN: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {YAML: {"schema": {"type": "string"}}},
        "headers": {"ETag": {"schema": {"type": "string"}, "description": "Another one after each change; for If-Match."}},
    }
}

IfMatch = Annotated[
    str | None, Header(alias="If-Match", description="The ETag of what you read: 412 when somebody else has changed it since.")
]
IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match", description="`*`: make it, and change nothing that is there.")]
Source = Literal["seed", "user"]


class SchemaResponse(JSONResponse):
    """A JSON Schema."""

    media_type = "application/schema+json"


@described.get("/api/template-schema", dependencies=[READ], response_class=SchemaResponse, summary="JSON Schema of a template")
async def template_schema() -> SchemaResponse:
    """What an editor needs to check a template while it is written; the hub itself checks more."""
    return SchemaResponse(_schema(), headers={"cache-control": "private, max-age=3600"})


@cache
def _schema() -> dict[str, Any]:
    return json_schema()


@router.get("", dependencies=[READ], summary="All templates")
async def list_templates(
    hub: Running,
    app: Annotated[Literal["snipeit", "grocy", "spoolman", "generic"] | None, Query()] = None,
    source: Annotated[Source | None, Query(description="`seed`: those that come with the hub; `user`: all others.")] = None,
) -> list[TemplateOut]:
    """By key, or those made for one app or from one source."""
    return [TemplateOut.of(stored) for stored in await hub.database.read(store.every, app, source)]


@router.get(
    "/{key}", dependencies=[READ], response_model=TemplateOut, responses=SHOWN | responses(TemplateNotFound), summary="One template"
)
async def get_template(key: str, hub: Running, request: Request, response: Response) -> Any:
    """By key; with `Accept: application/yaml` as it was written, comments included."""
    stored = await hub.database.read(store.get, key)
    if _wants_yaml(request):
        version = await hub.database.read(store.version_of, key, stored.version)
        return _yaml(version.text or yaml_of(stored.template.definition), stored.mark)
    return _shown(stored, response)


@router.put(
    "/{key}",
    dependencies=[OPERATE],
    responses=MADE | responses(*WRITING, errors.UnsupportedMediaType),
    openapi_extra=BODY,
    summary="Make or change a template",
)
async def put_template(
    key: str,
    hub: Running,
    caller: CallerName,
    request: Request,
    response: Response,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> TemplateOut:
    """Checked completely, then kept as a new version; what is no change makes none. The key may be left out of the definition."""
    expected = _expected(if_match, if_none_match)
    new = await read_template(request, key)
    with pointed(place_of(request)):
        return await _saved(key, new, expected, hub, caller, response)


@router.delete(
    "/{key}",
    dependencies=[OPERATE],
    status_code=204,
    response_class=Response,
    responses=responses(TemplateNotFound, TemplateBuiltIn, TemplateChanged, ValidationFailed),
    summary="Delete a template",
)
async def delete_template(key: str, hub: Running, if_match: IfMatch = None) -> None:
    """With all its versions. Jobs keep the one they were submitted with."""
    await hub.database.write(store.remove, key, _expected(if_match, None))


@router.post(
    "/{key}/copy",
    dependencies=[OPERATE],
    status_code=201,
    responses=responses(TemplateNotFound, *WRITING),
    summary="Copy a template",
)
async def copy_template(key: str, body: CopyBody, hub: Running, caller: CallerName, response: Response) -> TemplateOut:
    """Under a key that is free yet."""
    stored = await hub.database.read(store.get, key)
    definition = {**stored.template.definition, "key": body.key, "name": body.name or stored.template.name}
    with pointed("#"):
        new = await asyncio.to_thread(written, definition, body.key)
        return await _saved(body.key, new, Expected(()), hub, caller, response)


@router.get("/{key}/versions", dependencies=[READ], responses=responses(TemplateNotFound), summary="The versions of a template")
async def list_versions(key: str, hub: Running) -> list[VersionSummary]:
    """The present one first; the last 50 are kept."""
    return [VersionSummary.of(version) for version in await hub.database.read(store.versions, key)]


@router.get(
    "/{key}/versions/{version}",
    dependencies=[READ],
    response_model=VersionOut,
    responses=SHOWN | responses(TemplateNotFound, errors.TemplateVersionNotFound),
    summary="One version of a template",
)
async def get_version(key: str, version: int, hub: Running, request: Request, response: Response) -> Any:
    """As it was; with `Accept: application/yaml` as it was written."""
    found = await hub.database.read(store.version_of, key, version)
    mark = store.mark_of(found.version, found.digest)
    if _wants_yaml(request):
        return _yaml(found.text or yaml_of(found.definition or {}), mark)
    response.headers.update({"etag": f'"{mark}"', "vary": "Accept"})
    return VersionOut.of(found)


@router.post(
    "/preview",
    dependencies=[READ],
    responses=PICTURES | responses(*DRAWING_ERRORS, ValidationFailed, errors.PrinterNotFound),
    response_class=Response,
    summary="Preview a template that is not stored",
)
async def preview_draft(body: DraftBody, hub: Running, request: Request, look: Looking) -> Response:
    """Checked completely and drawn, dot for dot as it would be printed; nothing is kept."""
    draft, wish, on = await asyncio.to_thread(body.draft)
    with pointed("#/definition"):
        proof = await hub.proofs.preview(wish, draft, on)
    return await proof_answer(proof, look, as_svg=wants_svg(request))


@router.get(
    "/{key}/preview.png",
    dependencies=[READ],
    responses=PICTURES | responses(TemplateNotFound, errors.PrinterNotFound, *DRAWING_ERRORS, ValidationFailed),
    response_class=Response,
    summary="A template as a picture",
)
@router.get("/{key}/preview.svg", dependencies=[READ], response_class=Response, include_in_schema=False)
async def template_picture(
    key: str,
    hub: Running,
    request: Request,
    look: Looking,
    printer: Annotated[str | None, Query(max_length=100, description="Slug or id of the printer to draw for.")] = None,
    model: Annotated[str | None, Query(max_length=100, description="Model to draw for.")] = None,
    media: Annotated[str | None, Query(max_length=40, description="Media to draw for: `12mm`, `29x90mm`.")] = None,
) -> Response:
    """With the template's own example fields; `preview.svg` is the same as SVG."""
    on = On(model, media) if model or media else None
    proof = await hub.proofs.sample(key, printer, on)
    return await proof_answer(proof, look, as_svg=request.url.path.endswith(".svg"))


async def _saved(key: str, new: Written, expected: Expected, hub: Running, caller: str, response: Response) -> TemplateOut:
    check_fonts(new.template.layout, faces_with(hub.fonts))
    stored, made = await hub.database.write(store.save, key, new, expected, caller, hub.clock())
    if made:
        response.status_code = 201
        response.headers["location"] = f"/api/templates/{key}"
    return _shown(stored, response)


def _shown(stored: StoredTemplate, response: Response) -> TemplateOut:
    response.headers.update({"etag": f'"{stored.mark}"', "vary": "Accept"})
    return TemplateOut.of(stored)


def _yaml(text: str, mark: str) -> Response:
    return Response(text.encode(), media_type=f"{YAML}; charset=utf-8", headers={"etag": f'"{mark}"', "vary": "Accept"})


def _wants_yaml(request: Request) -> bool:
    return request.headers.get("accept", "").partition(",")[0].partition(";")[0].strip().lower() in YAML_TYPES


def _expected(if_match: str | None, if_none_match: str | None) -> Expected:
    """What the conditions of RFC 9110 say. ValidationFailed for those that this hub does not know."""
    if if_none_match is not None:
        if if_match is not None or if_none_match.strip() != "*":
            raise _refused("If-None-Match", "must be *, without If-Match")
        return Expected(())
    if if_match is None:
        return Expected()
    marks = tuple(re.findall(r'"([^"]*)"', if_match)) if if_match.strip() != "*" else ("*",)
    if not marks or "*" in marks[1:]:
        raise _refused("If-Match", "must be an ETag in quotes, as GET gave it, or *")
    return Expected(marks)


def _refused(header: str, fault: str) -> ValidationFailed:
    return ValidationFailed(f"{header} {fault}", errors=[{"pointer": "", "parameter": f"header.{header}", "detail": fault}])
