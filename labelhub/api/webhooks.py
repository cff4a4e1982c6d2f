"""Deliveries: what other systems bring is stored at once and answered with 202; whatever takes time is done after that."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from labelhub import errors
from labelhub.api.hook_schemas import DeliveryOut
from labelhub.api.once import IdempotencyKey, once
from labelhub.api.pictures import PNG
from labelhub.errors import HookNotFound, HubError, NotAuthenticated
from labelhub.hooks import store
from labelhub.hooks.ask import asked
from labelhub.hooks.hook import Hook, admits, check_signature
from labelhub.hooks.payload import Payload, parsed
from labelhub.hooks.presets import PRESETS, homebox
from labelhub.http import tokens
from labelhub.http.callers import caller_of
from labelhub.http.problems import responses
from labelhub.http.rights import Right, needs
from labelhub.http.running import Running
from labelhub.hub import Hub
from labelhub.labels.render import png

router = APIRouter(tags=["hooks"])

BY_TOKEN = needs(Right.NOTHING)  # of the API; `admit` asks for the hook's
PREFIX = "/api/webhook"
CROSS_ORIGIN = (PREFIX, "/api/print/grocy", "/api/print/text")
ERRORS = responses(
    errors.BadRequest, errors.PayloadInvalid, NotAuthenticated, errors.RateLimited, HookNotFound, errors.PrinterNotFound,
    errors.TemplateNotFound, errors.HookDisabled, errors.PrinterDisabled, errors.BodyTooLarge, errors.UnsupportedMediaType,
    errors.ValidationFailed, errors.FieldMissing, errors.ImageInvalid, errors.MediaUnsupported, errors.IdempotencyKeyReused,
)  # fmt: skip
_ANY: dict[str, Any] = {"schema": {"type": "object", "additionalProperties": True}}
BODY: dict[str, Any] = {
    "requestBody": {
        "description": "What the sender sends, at most 1 MiB; pictures up to 10 MiB.",
        "content": {
            "application/json": _ANY,
            "application/x-www-form-urlencoded": _ANY,
            "multipart/form-data": _ANY,
            "text/plain": {"schema": {"type": "string"}},
            "image/png": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


@router.post(f"{PREFIX}/{{source}}", dependencies=[BY_TOKEN], status_code=202, responses=ERRORS, openapi_extra=BODY, summary="Deliver")
async def deliver(source: str, hub: Running, request: Request, response: Response, idempotency_key: IdempotencyKey = None) -> DeliveryOut:
    """To the hook of that name. A hook needs no printer that is on, and no system that answers."""
    return await _delivered(source, None, hub, request, response, idempotency_key)


@router.post(
    f"{PREFIX}/{{source}}/{{token}}",
    dependencies=[BY_TOKEN],
    status_code=202,
    responses=ERRORS,
    openapi_extra=BODY,
    summary="Deliver, with the token in the path",
)
async def deliver_with_token(
    source: str, token: str, hub: Running, request: Request, response: Response, idempotency_key: IdempotencyKey = None
) -> DeliveryOut:
    """For senders that can set nothing but an address."""
    return await _delivered(source, token, hub, request, response, idempotency_key)


@router.api_route(
    "/api/print/grocy", methods=["GET", "POST"], dependencies=[BY_TOKEN], status_code=202, include_in_schema=False, response_model=None
)
async def print_grocy(hub: Running, request: Request, response: Response) -> DeliveryOut:
    """Where Grocy was told to send to by those who had another program before."""
    return await _delivered("grocy", None, hub, request, response, None)


@router.api_route(
    "/api/print/text", methods=["GET", "POST"], dependencies=[BY_TOKEN], status_code=202, include_in_schema=False, response_model=None
)
async def print_text(hub: Running, request: Request, response: Response) -> DeliveryOut:
    """The same for a text: `?text=`."""
    return await _delivered("text", None, hub, request, response, None)


@router.get("/api/label/homebox", dependencies=[BY_TOKEN], include_in_schema=False, response_class=Response)
async def homebox_label_by_password(hub: Running, request: Request) -> Response:
    """For an address with user and password in it."""
    return await _homebox_label(None, hub, request)


@router.get(
    "/api/label/homebox/{token}",
    dependencies=[BY_TOKEN],
    responses=PNG | ERRORS,
    response_class=Response,
    summary="Homebox's label service",
)
async def homebox_label(token: str, hub: Running, request: Request) -> Response:
    """The label as the hook's printer would print it. Prints nothing; what Homebox says of pixels and dpi is not looked at."""
    return await _homebox_label(token, hub, request)


async def _delivered(source: str, token: str | None, hub: Hub, request: Request, response: Response, key: str | None) -> DeliveryOut:
    once(key, request, source)  # refuses a key that is none
    hook, payload = await _admitted(source, token, hub, request)
    content_type = request.headers.get("content-type", "")
    caller = f"hook {hook.name}"
    received = await hub.receiver.receive(hook, payload, content_type=content_type, caller=caller, key=key)
    if received.job is not None:
        response.headers["location"] = f"/api/jobs/{received.job.id}"
    return DeliveryOut.of(received)


async def _admitted(source: str, token: str | None, hub: Hub, request: Request) -> tuple[Hook, Payload]:
    """The hook and what came to it, from somebody who may. NotAuthenticated before anything else is told."""
    hook = await hub.database.read(store.find, source)
    body, query = await request.body(), request.url.query
    content_type = request.headers.get("content-type", "")
    if hook is not None and hook.secret is not None:
        check_signature(hook.secret, request.headers, body)
        return hook, parsed(content_type, body, query)
    shown = tokens.shown_outside(request, token)
    if hook is not None and shown and admits(hook, shown):
        tokens.check(request, hook, shown)
        return hook, parsed(content_type, body, query)
    by_key = not shown or request.headers.get("authorization", "").lower().startswith("bearer")
    # A link that somebody follows or a picture on a page is a GET too: only a token says that a label is meant.
    if by_key and request.method != "GET" and tokens.is_trusted(request):
        return await _known(hook, source, hub), parsed(content_type, body, query)
    try:
        payload = parsed(content_type, body, query)
    except HubError:
        tokens.check(request, hook, shown)
        raise
    tokens.check(request, hook, [*shown, *tokens.shown_inside(payload.values)])
    assert hook is not None
    return hook, payload


async def _known(hook: Hook | None, source: str, hub: Hub) -> Hook:
    """The hook; for a preset that has none one of its name, which has no token and so takes only what comes from who needs none."""
    if hook is not None:
        return hook
    if source not in PRESETS:
        raise HookNotFound(f"no hook has the name {source[:80]!r}; make it with POST /api/hooks")
    return await hub.database.write(store.ensure, Hook(source, source), hub.clock())


async def _homebox_label(token: str | None, hub: Hub, request: Request) -> Response:
    shown = tokens.shown_outside(request, token)
    hooks = [hook for hook in await hub.database.read(store.every) if hook.preset == "homebox" and hook.enabled]
    hook = next((one for one in hooks if admits(one, shown)), None)
    tokens.check(request, hook, shown)
    assert hook is not None
    ask = asked(hook, homebox.LABEL, parsed("text/plain", b"", request.url.query))
    proof = await hub.receiver.drawn(ask, hub.proofs, f"hook {hook.name} at {caller_of(request.scope).address}")
    return Response(png(proof.page.raster, turned=proof.page.turned), media_type="image/png", headers={"cache-control": "no-store"})
