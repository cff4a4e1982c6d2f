"""A job: its page with a picture of each label, and what a person does to it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from labelhub.errors import NotFound, ValidationFailed
from labelhub.http.rights import Right, needs
from labelhub.http.running import CallerName, Running
from labelhub.jobs import store
from labelhub.web.look import words_for
from labelhub.web.once import form_key, once_of
from labelhub.web.pages import page
from labelhub.web.rows import rows_of
from labelhub.web.said import done

router = APIRouter(include_in_schema=False, prefix="/jobs")

SHOWN_LABELS = 12
SHOWN_FAILURES = 20
DONE = {"pause": "job-pause", "resume": "job-resume", "cancel": "job-cancel", "first": "job-first", "last": "job-last"}
"""What can be done by one button, and what is said of it."""
PRINT = [needs(Right.PRINT)]
Next = Annotated[str, Form()]


@router.get("/{job_id}", dependencies=[needs(Right.READ)])
async def job_page(job_id: UUID, hub: Running, request: Request, first: str = "1") -> Response:
    """The page; of many labels those from number `first` on. JobNotFound."""
    t = words_for(request)
    job = await hub.database.read(store.shown, job_id, store.SHOWN_PAGES)
    start = min(max(1, int(first)), job.labels_total) if first.isascii() and first.isdecimal() and len(first) < 6 else 1
    row = rows_of(hub, [job], t)[0]
    numbers = range(start, min(job.labels_total, start + SHOWN_LABELS - 1) + 1)
    left_out = (job.result or {}).get("left_out") or []
    return page(
        request, "job.html", t=t, row=row, job=job, numbers=numbers, labels_a_page=SHOWN_LABELS, left_out=left_out[:SHOWN_FAILURES],
        printers=[printer for printer in hub.printers if printer.enabled and printer.id != job.printer_id],
        printer=next((printer for printer in hub.printers if printer.id == job.printer_id), None),
        fields=job.labels[0].fields if job.labels else {}, key=form_key(),
    )  # fmt: skip


@router.post("/{job_id}/retry", dependencies=PRINT)
async def retry(
    job_id: UUID,
    hub: Running,
    caller: CallerName,
    next: Next = "",
    only: Annotated[str, Form()] = "",
    key: Annotated[str, Form()] = "",
) -> Response:
    """Print the same again, or only what is `missing`; then the page of the new job, or the one named."""
    missing = only == "missing"
    job = await hub.retry(job_id, caller, missing=missing, once=once_of(key, f"retry {job_id} {missing}"))
    return done(next or f"/jobs/{job.id}", "printed-again")


@router.post("/{job_id}/confirm", dependencies=PRINT)
async def confirm(
    job_id: UUID,
    hub: Running,
    caller: CallerName,
    printed: Annotated[str, Form()],
    next: Next = "",
    labels_done: Annotated[str, Form()] = "",
    again: Annotated[str, Form()] = "",
    key: Annotated[str, Form()] = "",
) -> Response:
    """What a person saw: `yes` all that were sent came out, `no` none of those in doubt, `some` as many as `labels_done` in all.

    With `again`, what did not come out is printed at once.
    """
    if printed not in ("yes", "no", "some"):
        raise ValidationFailed("printed must be yes, no or some", errors=[{"pointer": "#/printed", "detail": "unknown"}])
    await hub.confirm(job_id, printed == "yes", _count(labels_done) if printed == "some" else None)
    if again and printed != "yes":
        job = await hub.retry(job_id, caller, missing=True, once=once_of(key, f"retry {job_id} True"))
        return done(f"/jobs/{job.id}" if next.startswith(f"/jobs/{job_id}") else next or f"/jobs/{job.id}", "printed-again")
    return done(next or f"/jobs/{job_id}", "answered")


@router.post("/{job_id}/move", dependencies=PRINT)
async def move(job_id: UUID, hub: Running, printer: Annotated[str, Form()], next: Next = "") -> Response:
    """Let it wait for another printer."""
    await hub.change_job(job_id, printer=printer)
    return done(next or f"/jobs/{job_id}", "moved")


@router.post("/{job_id}/{act}", dependencies=PRINT)
async def act(job_id: UUID, act: str, hub: Running, next: Next = "") -> Response:
    """`pause`, `resume`, `cancel`, or to the `first` or `last` place of its queue."""
    if act not in DONE:
        raise NotFound(f"a job takes {', '.join(DONE)}, move, retry or confirm, not {act[:40]!r}")
    if act == "pause":
        await hub.database.write(store.pause, job_id, hub.clock())
    elif act == "resume":
        await hub.resume_job(job_id)
    elif act == "cancel":
        await hub.database.write(store.cancel, job_id, hub.clock())
    else:
        await hub.place_job(job_id, first=act == "first")
    return done(next or f"/jobs/{job_id}", DONE[act])


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 5):
        raise ValidationFailed("labels_done must be a whole number", errors=[{"pointer": "#/labels_done", "detail": "no whole number"}])
    return int(text)
