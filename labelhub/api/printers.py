"""Printers: what they are, how they feel, their queues."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from labelhub.api.once import IdempotencyKey, once
from labelhub.api.paging import MAX_LIMIT, MAX_NUMBER, MAX_PRIORITY, Cursor, Limit, numbers_of, point_to_next
from labelhub.api.printer_schemas import PrinterBody, PrinterChange, PrinterOut, StatusOut, TapeOut
from labelhub.api.schemas import Accepted, JobOut, accepted
from labelhub.errors import (
    Conflict,
    IdempotencyKeyReused,
    MediaUnsupported,
    NameTaken,
    NoMedia,
    PrinterDisabled,
    PrinterInUse,
    PrinterNotFound,
    ValidationFailed,
)
from labelhub.http.problems import responses
from labelhub.http.rights import Right, needs
from labelhub.http.running import CallerName, Running
from labelhub.jobs import store
from labelhub.jobs.store import Place
from labelhub.printers.printer import Printer

router = APIRouter(prefix="/api/printers", tags=["printers"])

READ, PRINT, OPERATE, ADMIN = needs(Right.READ), needs(Right.PRINT), needs(Right.OPERATE), needs(Right.ADMIN)


async def the_printer(printer_id: str, hub: Running) -> Printer:
    """The printer the path names by id or slug. PrinterNotFound."""
    return hub.printer(printer_id)


Named = Annotated[Printer, Depends(the_printer)]
NOT_FOUND = responses(PrinterNotFound)


@router.get("", dependencies=[READ], summary="All printers")
async def list_printers(hub: Running) -> list[PrinterOut]:
    """By name."""
    depths = await hub.database.read(store.depths)
    return [_out(printer, hub, depths.get(printer.id, 0)) for printer in hub.printers]


@router.post("", dependencies=[ADMIN], status_code=201, responses=responses(NameTaken, ValidationFailed), summary="Add a printer")
async def add_printer(body: PrinterBody, hub: Running, response: Response) -> PrinterOut:
    """Takes effect at once; driver and backend follow from the model."""
    printer = await hub.fleet.add(body.name, body.model, body.connection.address(), body.slug)
    response.headers["location"] = f"/api/printers/{printer.id}"
    return _out(printer, hub, 0)


@router.get("/{printer_id}", dependencies=[READ], responses=NOT_FOUND, summary="One printer")
async def get_printer(printer: Named, hub: Running) -> PrinterOut:
    """By id or slug."""
    return await _shown(printer, hub)


@router.patch(
    "/{printer_id}",
    dependencies=[ADMIN],
    responses=responses(PrinterNotFound, NameTaken, Conflict, ValidationFailed),
    summary="Change a printer",
)
async def change_printer(printer: Named, body: PrinterChange, hub: Running) -> PrinterOut:
    """Only what is sent changes; its id stays, whatever its address becomes."""
    changes = body.model_dump(exclude_unset=True, exclude_none=True, exclude={"connection"})
    connection = body.connection.model_dump(exclude_unset=True, exclude_none=True) if body.connection else {}
    return await _shown(await hub.fleet.change(printer, connection, **changes), hub)


@router.delete(
    "/{printer_id}",
    dependencies=[ADMIN],
    status_code=204,
    response_class=Response,
    responses=responses(PrinterNotFound, PrinterInUse, Conflict),
    summary="Remove a printer",
)
async def remove_printer(printer: Named, hub: Running, force: Annotated[bool, Query()] = False) -> None:
    """Refused while jobs wait for it, unless `force` is true, which cancels them."""
    await hub.fleet.remove(printer, force=force)


@router.get("/{printer_id}/status", dependencies=[READ], response_model=StatusOut, responses=NOT_FOUND, summary="Status, from the cache")
async def get_status(printer: Named, hub: Running) -> Response:
    """Never asks the printer: the answer is as quick with every printer unplugged."""
    shown = StatusOut.of(printer.id, hub.board.of(printer.id), hub.clock())
    return Response(shown.model_dump_json(), media_type="application/json")  # asked all day: not checked a second time


@router.get("/{printer_id}/tape", dependencies=[READ], responses=responses(PrinterNotFound, NoMedia), summary="The loaded media")
async def get_tape(printer: Named, hub: Running) -> TapeOut:
    """With its geometry on this printer."""
    media, driver = hub.board.of(printer.id).media, hub.fleet.driver_of(printer)
    if media is None or driver is None:
        raise NoMedia(f"no media is known to be in {printer.slug}")
    try:
        return TapeOut.of(media, driver.geometry(printer.model, media))
    except MediaUnsupported as error:
        raise NoMedia(f"{printer.slug} holds {media.name}, which the hub does not know for this model") from error


@router.get("/{printer_id}/queue", dependencies=[READ], responses=responses(PrinterNotFound, ValidationFailed), summary="The queue")
async def get_queue(
    printer: Named, hub: Running, request: Request, response: Response, limit: Limit = MAX_LIMIT, cursor: Cursor = None
) -> list[JobOut]:
    """Jobs printing, queued and paused, in print order. The next page is named in the Link header."""
    after = None if cursor is None else Place(*numbers_of(cursor, MAX_PRIORITY, MAX_NUMBER))
    jobs = await hub.database.read(store.queue, printer.id, limit + 1, after=after)
    if len(jobs) > limit:
        jobs = jobs[:limit]
        point_to_next(request, response, *store.place_of(jobs[-1]))
    return [JobOut.of(job) for job in jobs]


@router.post(
    "/{printer_id}/pause", dependencies=[OPERATE], status_code=204, response_class=Response, responses=NOT_FOUND, summary="Pause"
)
async def pause(printer: Named, hub: Running) -> None:
    """The label in hand still ends; the next one waits until the printer is resumed, restarts included."""
    await hub.fleet.pause(printer, True)


@router.post(
    "/{printer_id}/resume", dependencies=[OPERATE], status_code=204, response_class=Response, responses=NOT_FOUND, summary="Resume"
)
async def resume(printer: Named, hub: Running) -> None:
    """Go on with the queue."""
    await hub.fleet.pause(printer, False)


@router.post(
    "/{printer_id}/queue/clear",
    dependencies=[OPERATE],
    status_code=204,
    response_class=Response,
    responses=NOT_FOUND,
    summary="Clear the queue",
)
async def clear_queue(printer: Named, hub: Running) -> None:
    """Cancels queued and paused jobs, not the one printing."""
    hub.metrics.jobs.add(hub.metrics.printer(printer.slug), "cancelled", by=await hub.fleet.clear_queue(printer))


@router.post(
    "/{printer_id}/test",
    dependencies=[PRINT],
    status_code=202,
    responses=responses(PrinterNotFound, PrinterDisabled, ValidationFailed, IdempotencyKeyReused),
    summary="Test label",
)
async def print_test(
    printer: Named, hub: Running, caller: CallerName, response: Response, request: Request, idempotency_key: IdempotencyKey = None
) -> Accepted:
    """Model, media, a ruler and a code to scan, for whatever is loaded."""
    job = await hub.print_test(printer, caller, once(idempotency_key, request, caller))
    return accepted(job, response)


async def _shown(printer: Printer, hub: Running) -> PrinterOut:
    depths = await hub.database.read(store.depths)
    return _out(printer, hub, depths.get(printer.id, 0))


def _out(printer: Printer, hub: Running, queue_depth: int) -> PrinterOut:
    return PrinterOut.of(printer, hub.board.of(printer.id), hub.lookout.identities.of(printer), queue_depth)
