"""Print and preview: a request becomes a job, or the very dots it would print."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from pydantic import ValidationError

from labelhub import errors
from labelhub.api.lookups import failing
from labelhub.api.once import IdempotencyKey, once
from labelhub.api.pictures import DRAWING_ERRORS, PICTURES, Looking, proof_answer, wants_svg
from labelhub.api.schemas import Accepted, PrintBody, accepted
from labelhub.api.template_schemas import EstimateBody, EstimateOut
from labelhub.errors import ValidationFailed
from labelhub.http.problems import pointer
from labelhub.http.rights import Right, needs
from labelhub.http.running import CallerName, Running, caller_name, hub_of
from labelhub.hub import Hub
from labelhub.jobs.store import submitted
from labelhub.jobs.submit import Wish


class PrintRoute(APIRoute):
    """A route that takes a sound request straight to the hub: the framework's own way takes as long as all else before the answer.

    Whatever is not sound takes that way, and gets its answers.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of this route."""
        ordinary = super().get_route_handler()

        async def handle(request: Request) -> Response:
            body = await _sound(request)
            if body is None:
                return await ordinary(request)
            for dependency in self.dependencies:
                await dependency.dependency(request)  # type: ignore[misc]
            response = Response(status_code=202, media_type="application/json")
            key = request.headers.get("idempotency-key")
            told = await print_labels(body, await hub_of(request), await caller_name(request), request, response, key)
            return Response(told.model_dump_json(), 202, {"location": response.headers["location"]}, "application/json")

        return handle


async def _sound(request: Request) -> PrintBody | None:
    if request.headers.get("content-type") != "application/json":
        return None
    try:
        return PrintBody.model_validate_json(await request.body())
    except ValidationError:
        return None


router = APIRouter(tags=["print"], route_class=PrintRoute)
previews = APIRouter(tags=["print"])

LAYOUT_ERRORS = (*DRAWING_ERRORS, ValidationFailed)
LOST = (errors.TemplateNotFound, errors.PrinterNotFound)


@router.post(
    "/api/print",
    dependencies=[needs(Right.PRINT)],
    status_code=202,
    responses=failing(*LAYOUT_ERRORS, *LOST, errors.MediaMismatch, errors.PrinterDisabled, errors.IdempotencyKeyReused),
    summary="Print",
)
@router.post("/print", dependencies=[needs(Right.PRINT)], status_code=202, include_in_schema=False)
async def print_labels(
    body: PrintBody, hub: Running, caller: CallerName, request: Request, response: Response, idempotency_key: IdempotencyKey = None
) -> Accepted:
    """Checked completely, stored, then answered; never waits for a printer. One that is off prints when it is back."""
    key = once(idempotency_key, request, caller, body)
    if key is not None and body.lookup is not None and (earlier := await hub.database.read(submitted, key, hub.clock())) is not None:
        return accepted(earlier, response)  # whether the thing can be fetched once more or not
    return accepted(await hub.submit(await wish_of(body, hub, caller), key), response)


@previews.post(
    "/api/preview",
    dependencies=[needs(Right.READ)],
    responses=PICTURES | failing(*LAYOUT_ERRORS, *LOST),
    response_class=Response,
    summary="Preview",
)
async def preview(body: PrintBody, hub: Running, caller: CallerName, request: Request, look: Looking) -> Response:
    """The first label as it would be printed, dot for dot. Prints nothing."""
    return await proof_answer(await hub.proofs.preview(await wish_of(body, hub, caller)), look, as_svg=wants_svg(request))


@previews.post(
    "/api/estimate",
    dependencies=[needs(Right.READ)],
    responses=failing(*LAYOUT_ERRORS, *LOST),
    summary="Estimate",
)
async def estimate(body: EstimateBody, hub: Running, caller: CallerName) -> EstimateOut:
    """What all labels of a print would use of the media, and what that costs. Prints nothing."""
    return EstimateOut.of(await hub.proofs.use(await wish_of(body, hub, caller)), body.price_per_m, body.price_per_label)


async def wish_of(body: PrintBody, hub: Hub, caller: str) -> Wish:
    """What a body asks for, its thing fetched. ValidationFailed for a system that is not connected; ItemNotFound, IntegrationError."""
    if body.lookup is None:
        return body.wish(caller)
    try:
        item = await hub.lookup.item(body.lookup.app, body.lookup.identifier)
    except errors.IntegrationNotFound as error:
        fault = {"pointer": pointer("lookup", "app"), "detail": f"{error.detail}; send its fields as data"}
        raise ValidationFailed("lookup needs a connected system", errors=[fault]) from error
    return body.model_copy(update={"data": dict(item.fields)}).wish(caller)
