"""Print and preview: a request becomes a job, or the very dots it would print."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from labelhub import errors
from labelhub.api.once import IdempotencyKey, once
from labelhub.api.pictures import DRAWING_ERRORS, PNG, png_answer
from labelhub.api.schemas import Accepted, PrintBody, accepted
from labelhub.errors import ValidationFailed
from labelhub.http.problems import pointer, responses
from labelhub.http.rights import Right, needs
from labelhub.http.running import CallerName, Running
from labelhub.jobs.submit import Wish

router = APIRouter(tags=["print"])

LAYOUT_ERRORS = (*DRAWING_ERRORS, ValidationFailed)
LOST = (errors.TemplateNotFound, errors.PrinterNotFound)


@router.post(
    "/api/print",
    dependencies=[needs(Right.PRINT)],
    status_code=202,
    responses=responses(*LAYOUT_ERRORS, *LOST, errors.MediaMismatch, errors.PrinterDisabled, errors.IdempotencyKeyReused),
    summary="Print",
)
@router.post("/print", dependencies=[needs(Right.PRINT)], status_code=202, include_in_schema=False)
async def print_labels(
    body: PrintBody, hub: Running, caller: CallerName, request: Request, response: Response, idempotency_key: IdempotencyKey = None
) -> Accepted:
    """Checked completely, stored, then answered; never waits for a printer. One that is off prints when it is back."""
    job = await hub.submit(_wish(body, caller), once(idempotency_key, request, caller, body.model_dump(mode="json")))
    return accepted(job, response)


@router.post(
    "/api/preview",
    dependencies=[needs(Right.READ)],
    responses=PNG | responses(*LAYOUT_ERRORS, *LOST),
    response_class=Response,
    summary="Preview",
)
async def preview(body: PrintBody, hub: Running, caller: CallerName) -> Response:
    """The first label as it would be printed, dot for dot. Prints nothing."""
    return png_answer(await hub.submitter.preview(_wish(body, caller)))


def _wish(body: PrintBody, caller: str) -> Wish:
    if body.lookup is not None:
        fault = {
            "pointer": pointer("lookup", "app"),
            "detail": f"no system named {body.lookup.app!r} is connected; send its fields as data",
        }
        raise ValidationFailed("lookup needs a connected system", errors=[fault])
    return body.wish(caller)
