"""Jobs: what was asked, what became of it, and the pictures of it."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from labelhub import errors
from labelhub.api.pictures import DRAWING_ERRORS, PNG, png_answer
from labelhub.api.schemas import Accepted, ConfirmBody, JobOut
from labelhub.errors import JobNotFound, JobStateConflict, LabelNotFound, ValidationFailed
from labelhub.http.problems import base_url, responses
from labelhub.http.rights import Right, needs
from labelhub.http.running import CallerName, Running
from labelhub.jobs import store
from labelhub.jobs.job import OPEN, JobState

router = APIRouter(prefix="/api/jobs", tags=["jobs"])

DEFAULT_LIMIT, MAX_LIMIT = 50, 200


@router.get("", dependencies=[needs(Right.READ)], responses=responses(ValidationFailed), summary="Jobs, newest first")
async def list_jobs(
    hub: Running,
    request: Request,
    response: Response,
    state: Annotated[JobState | None, Query()] = None,
    printer_id: Annotated[UUID | None, Query()] = None,
    since: Annotated[datetime | None, Query(description="Created at or after this time, with a zone")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=40)] = None,
) -> list[JobOut]:
    """The next page is named in the Link header."""
    earliest = None if since is None else _utc(since)
    before = None if cursor is None else _number(cursor)
    jobs = await hub.database.read(
        store.history, state=state, printer_id=printer_id, since=earliest, before_number=before, limit=limit + 1
    )  # fmt: skip
    if len(jobs) > limit:
        jobs = jobs[:limit]
        query = dict(request.query_params) | {"cursor": _cursor(jobs[-1].number)}
        response.headers["link"] = f'<{base_url(request.scope)}{request.url.path}?{urlencode(query)}>; rel="next"'
    return [JobOut.of(job) for job in jobs]


@router.get("/{job_id}", dependencies=[needs(Right.READ)], responses=responses(JobNotFound, ValidationFailed), summary="One job")
async def get_job(job_id: UUID, hub: Running) -> JobOut:
    """By id."""
    return JobOut.of(await hub.database.read(store.get, job_id))


@router.get(
    "/{job_id}/labels/{number}.png",
    dependencies=[needs(Right.READ)],
    responses=PNG | responses(JobNotFound, LabelNotFound, ValidationFailed, errors.TemplateNotFound, *DRAWING_ERRORS),
    response_class=Response,
    summary="A label as a picture",
)
async def label_picture(job_id: UUID, number: int, hub: Running) -> Response:
    """What was or will be printed, dot for dot; labels count from 1, copies included."""
    job = await hub.database.read(store.get, job_id)
    if not 1 <= number <= job.labels_total:
        raise LabelNotFound(f"the job has labels 1 to {job.labels_total}")
    return png_answer(await hub.submitter.picture(job, number), final=job.media is not None and job.state not in OPEN)


@router.post(
    "/{job_id}/cancel",
    dependencies=[needs(Right.PRINT)],
    status_code=202,
    responses=responses(JobNotFound, JobStateConflict),
    summary="Cancel",
)
async def cancel(job_id: UUID, hub: Running) -> JobOut:
    """At once while it waits; while it prints no further label is sent."""
    return JobOut.of(await hub.database.write(store.cancel, job_id, hub.clock()))


@router.post(
    "/{job_id}/retry",
    dependencies=[needs(Right.PRINT)],
    status_code=201,
    responses=responses(JobNotFound, JobStateConflict),
    summary="Retry",
)
async def retry(job_id: UUID, hub: Running, caller: CallerName, response: Response) -> Accepted:
    """A new job that prints the same again, with `parent_job_id`."""
    job = await hub.retry(job_id, caller)
    response.headers["location"] = f"/api/jobs/{job.id}"
    return Accepted(job_id=job.id, status=job.state)


@router.post(
    "/{job_id}/confirm",
    dependencies=[needs(Right.PRINT)],
    responses=responses(JobNotFound, JobStateConflict, ValidationFailed),
    summary="Say what happened to a job of unknown outcome",
)
async def confirm(job_id: UUID, body: ConfirmBody, hub: Running) -> JobOut:
    """Printed: it is completed, with a person as evidence. Not printed: it failed, and can be retried."""
    return JobOut.of(await hub.database.write(store.confirm, job_id, body.printed, hub.clock()))


def _utc(since: datetime) -> datetime:
    try:
        if since.tzinfo is not None:
            return since.astimezone(UTC)
        fault = "needs a zone, e.g. 2026-01-31T08:30:00Z"
    except OverflowError:  # a zone that leads out of the years 1 to 9999
        fault = "is no time of the years 1 to 9999 in UTC"
    raise ValidationFailed(f"since {fault}", errors=[{"pointer": "", "parameter": "query.since", "detail": fault}])


def _cursor(number: int) -> str:
    return base64.urlsafe_b64encode(str(number).encode()).decode().rstrip("=")


def _number(cursor: str) -> int:
    try:
        number = int(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as error:
        fault = {"pointer": "", "parameter": "query.cursor", "detail": "is none that a Link header gave"}
        raise ValidationFailed("the cursor is not one of this hub's", errors=[fault]) from error
    return number if 0 <= number < 2**63 else 0
