"""Jobs: what was asked, what became of it, and the pictures of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from labelhub import errors
from labelhub.api.once import IdempotencyKey, once
from labelhub.api.paging import DEFAULT_LIMIT, MAX_NUMBER, Cursor, Limit, numbers_of, point_to_next
from labelhub.api.pictures import DRAWING_ERRORS, PNG, png_answer
from labelhub.api.schemas import Accepted, ConfirmBody, JobChange, JobOut, RetryBody, accepted
from labelhub.errors import JobNotFound, JobStateConflict, LabelNotFound, ValidationFailed
from labelhub.http.problems import responses
from labelhub.http.rights import Right, needs
from labelhub.http.running import CallerName, Running
from labelhub.jobs import store
from labelhub.jobs.job import OPEN, JobState

router = APIRouter(prefix="/api/jobs", tags=["jobs"])

WAITING_ONLY = (JobNotFound, JobStateConflict)


@router.get("", dependencies=[needs(Right.READ)], responses=responses(ValidationFailed), summary="Jobs, newest first")
async def list_jobs(
    hub: Running,
    request: Request,
    response: Response,
    state: Annotated[JobState | None, Query()] = None,
    printer_id: Annotated[UUID | None, Query()] = None,
    since: Annotated[datetime | None, Query(description="Created at or after this time, with a zone")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> list[JobOut]:
    """The next page is named in the Link header."""
    earliest = None if since is None else _utc(since)
    before = None if cursor is None else numbers_of(cursor, MAX_NUMBER)[0]
    jobs = await hub.database.read(
        store.history, state=state, printer_id=printer_id, since=earliest, before_number=before, limit=limit + 1
    )  # fmt: skip
    if len(jobs) > limit:
        jobs = jobs[:limit]
        point_to_next(request, response, jobs[-1].number)
    return [JobOut.of(job) for job in jobs]


@router.get("/{job_id}", dependencies=[needs(Right.READ)], responses=responses(JobNotFound, ValidationFailed), summary="One job")
async def get_job(job_id: UUID, hub: Running) -> JobOut:
    """By id."""
    return JobOut.of(await hub.database.read(store.shown, job_id))


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
    return png_answer(await hub.proofs.picture(job, number), final=job.media is not None and job.state not in OPEN)


@router.patch(
    "/{job_id}",
    dependencies=[needs(Right.PRINT)],
    responses=responses(*WAITING_ONLY, ValidationFailed, errors.PrinterNotFound, errors.PrinterDisabled, *DRAWING_ERRORS),
    summary="Change a job that waits",
)
async def change(job_id: UUID, body: JobChange, hub: Running) -> JobOut:
    """Its priority, or the printer it waits for. What is already on its way stays as it is."""
    await hub.change_job(job_id, priority=body.priority, printer=body.printer)
    return await _shown(job_id, hub)


@router.post("/{job_id}/cancel", dependencies=[needs(Right.PRINT)], status_code=202, responses=responses(*WAITING_ONLY), summary="Cancel")
async def cancel(job_id: UUID, hub: Running) -> JobOut:
    """At once while it waits; while it prints no further label is sent."""
    hub.count(await hub.database.write(store.cancel, job_id, hub.clock()))
    return await _shown(job_id, hub)


@router.post("/{job_id}/pause", dependencies=[needs(Right.PRINT)], status_code=202, responses=responses(*WAITING_ONLY), summary="Pause")
async def pause(job_id: UUID, hub: Running) -> JobOut:
    """At once while it waits; a batch that prints stops after the labels on their way, and resumes with the next."""
    await hub.database.write(store.pause, job_id, hub.clock())
    return await _shown(job_id, hub)


@router.post("/{job_id}/resume", dependencies=[needs(Right.PRINT)], status_code=202, responses=responses(*WAITING_ONLY), summary="Resume")
async def resume(job_id: UUID, hub: Running) -> JobOut:
    """Into the queue again, at its old place."""
    await hub.resume_job(job_id)
    return await _shown(job_id, hub)


@router.post(
    "/{job_id}/retry",
    dependencies=[needs(Right.PRINT)],
    status_code=201,
    responses=responses(
        *WAITING_ONLY,
        ValidationFailed,
        errors.PrinterNotFound,
        errors.PrinterDisabled,
        errors.NothingMissing,
        errors.IdempotencyKeyReused,
    ),
    summary="Retry",
)
async def retry(
    job_id: UUID,
    hub: Running,
    caller: CallerName,
    request: Request,
    response: Response,
    body: RetryBody | None = None,
    idempotency_key: IdempotencyKey = None,
) -> Accepted:
    """A new job that prints the same again, or only what is missing, with `parent_job_id`."""
    only = None if body is None else body.only  # no body and an empty one are the same request
    job = await hub.retry(job_id, caller, missing=only == "missing", once=once(idempotency_key, request, caller, only))
    return accepted(job, response)


@router.post(
    "/{job_id}/confirm",
    dependencies=[needs(Right.PRINT)],
    responses=responses(*WAITING_ONLY, errors.Conflict, ValidationFailed),
    summary="Say what happened to a job of unknown outcome",
)
async def confirm(job_id: UUID, body: ConfirmBody, hub: Running) -> JobOut:
    """Printed: it is completed, with a person as evidence, or goes on with its rest. Not printed: it failed, and can be retried."""
    await hub.confirm(job_id, body.printed, body.labels_done)
    return await _shown(job_id, hub)


async def _shown(job_id: UUID, hub: Running) -> JobOut:
    return JobOut.of(await hub.database.read(store.shown, job_id, store.SHOWN_PAGES))


def _utc(since: datetime) -> datetime:
    try:
        if since.tzinfo is not None:
            return since.astimezone(UTC)
        fault = "needs a zone, e.g. 2026-01-31T08:30:00Z"
    except OverflowError:  # a zone that leads out of the years 1 to 9999
        fault = "is no time of the years 1 to 9999 in UTC"
    raise ValidationFailed(f"since {fault}", errors=[{"pointer": "", "parameter": "query.since", "detail": fault}])
