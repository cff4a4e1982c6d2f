"""Printers: all of them, the page of one, adding and changing them, and what a person does to one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import Response

from labelhub.drivers.driver import Geometry
from labelhub.errors import DiscoveryRunning, HubError, MediaUnsupported, NameTaken, ValidationFailed
from labelhub.http.origins import own_page
from labelhub.http.rights import Right, needs
from labelhub.http.running import CallerName, Running
from labelhub.hub import Hub
from labelhub.jobs import store
from labelhub.media import millimetres
from labelhub.printers.discovery import Found, Search
from labelhub.printers.printer import Printer
from labelhub.web.cards import card_of, cards_of
from labelhub.web.forms import sent_form
from labelhub.web.look import words_for
from labelhub.web.once import once_of
from labelhub.web.pages import page
from labelhub.web.printer_form import PrinterForm
from labelhub.web.rows import rows_of
from labelhub.web.said import done

router = APIRouter(include_in_schema=False, prefix="/printers")

SHOWN_JOBS = 8
Seconds = Annotated[float, Query(ge=0.2, le=10, allow_inf_nan=False)]
"""How long to listen to printers that make themselves known."""
SnmpPort = Annotated[int, Query(ge=1, le=65535)]
READ, PRINT, OPERATE, ADMIN = needs(Right.READ), needs(Right.PRINT), needs(Right.OPERATE), needs(Right.ADMIN)


async def the_printer(printer_id: str, hub: Running) -> Printer:
    """The printer the path names by id or slug. PrinterNotFound."""
    return hub.printer(printer_id)


Named = Annotated[Printer, Depends(the_printer)]
Next = Annotated[str, Form()]


@router.get("", dependencies=[READ])
async def all_printers(hub: Running, request: Request) -> Response:
    """Every printer, by name."""
    t = words_for(request)
    return page(request, "printers.html", t=t, cards=await cards_of(hub, t))


@router.get("/new", dependencies=[ADMIN])
async def new_printer(hub: Running, request: Request, model: str = "", host: str = "", port: str = "", snmp_port: str = "") -> Response:
    """The form to add a printer, with what was found of it filled in."""
    name = model if model in hub.drivers.model_names else ""
    return _form(request, hub, PrinterForm(name, name, host[:300], port[:5] or "9100", True, snmp_port[:5] or "161"))


# It sends to the network, so a page of another site must not make a browser here ask for it.
@router.get("/find", dependencies=[ADMIN, Depends(own_page)])
async def find_printers(hub: Running, request: Request, subnet: str = "", seconds: Seconds = 2.0, snmp_port: SnmpPort = 161) -> Response:
    """Looks for printers, for as long as it takes, and shows those that were found."""
    fault: HubError | None = None
    found: Sequence[Found] = ()
    try:
        found = await hub.discovery.find(Search(True, seconds, subnet.strip()[:100] or None, snmp_port))
    except (ValidationFailed, DiscoveryRunning) as error:
        fault = error
    status = fault.http_status if fault else 200
    return page(request, "printer_find.html", found=found, subnet=subnet[:100], fault=fault, status=status)


@router.post("", dependencies=[ADMIN])
async def add_printer(hub: Running, request: Request) -> Response:
    """Adds it, then its page; or the form again, with what is wrong."""
    form = PrinterForm.read(await sent_form(request), hub.drivers.model_names)
    if form.wrong:
        return _form(request, hub, form, status=422)
    try:
        printer = await hub.fleet.add(form.name, form.model, form.address(), None)
    except NameTaken as error:
        return _form(request, hub, form, fault=error)
    return done(f"/printers/{printer.slug}", "printer-added")


@router.get("/{printer_id}", dependencies=[READ])
async def one_printer(printer: Named, hub: Running, request: Request) -> Response:
    """Everything that is known of one."""
    t = words_for(request)
    depths = await hub.database.read(store.depths)
    status, identity = hub.board.of(printer.id), hub.lookout.identities.of(printer)
    jobs = await hub.database.read(store.history, printer_id=printer.id, limit=SHOWN_JOBS)
    return page(
        request, "printer.html", t=t, card=card_of(printer, status, depths.get(printer.id, 0), t), printer=printer, seen=status,
        firmware=identity.firmware if identity else "", rows=rows_of(hub, jobs, t), geometry=_geometry(hub, printer),
        millimetres=millimetres,
    )  # fmt: skip


@router.get("/{printer_id}/edit", dependencies=[ADMIN])
async def edit_printer(printer: Named, hub: Running, request: Request) -> Response:
    """The form to change it."""
    return _form(request, hub, PrinterForm.of(printer), printer)


@router.post("/{printer_id}/edit", dependencies=[ADMIN])
async def change_printer(printer: Named, hub: Running, request: Request) -> Response:
    """Changes it, then its page; or the form again, with what is wrong."""
    form = PrinterForm.read(await sent_form(request), [*hub.drivers.model_names, printer.model])
    if form.wrong:
        return _form(request, hub, form, printer, status=422)
    changes = {} if form.model == printer.model else {"model": form.model}
    try:
        changed = await hub.fleet.change(printer, form.connection(), name=form.name, **changes)
    except NameTaken as error:
        return _form(request, hub, form, printer, fault=error)
    return done(f"/printers/{changed.slug}", "printer-changed")


@router.post("/{printer_id}/test", dependencies=[PRINT])
async def print_test(printer: Named, hub: Running, caller: CallerName, next: Next = "/", key: Annotated[str, Form()] = "") -> Response:
    """Print a test label."""
    await hub.print_test(printer, caller, once_of(key, f"test {printer.id}"))
    return done(next, "test-printed")


@router.post("/{printer_id}/pause", dependencies=[OPERATE])
async def pause(printer: Named, hub: Running, next: Next = "/") -> Response:
    """The label in hand still ends; the next one waits."""
    await hub.fleet.pause(printer, True)
    return done(next, "printer-paused")


@router.post("/{printer_id}/resume", dependencies=[OPERATE])
async def resume(printer: Named, hub: Running, next: Next = "/") -> Response:
    """Go on with the queue."""
    await hub.fleet.pause(printer, False)
    return done(next, "printer-resumed")


@router.post("/{printer_id}/clear", dependencies=[OPERATE])
async def clear(printer: Named, hub: Running, next: Next = "/queue") -> Response:
    """Cancels what waits, not what prints."""
    await hub.fleet.clear_queue(printer)
    return done(next, "queue-cleared")


@router.post("/{printer_id}/enable", dependencies=[ADMIN])
async def enable(printer: Named, hub: Running, next: Next = "/printers") -> Response:
    """Use it again."""
    await hub.fleet.change(printer, {}, enabled=True)
    return done(next, "printer-enabled")


@router.post("/{printer_id}/disable", dependencies=[ADMIN])
async def disable(printer: Named, hub: Running, next: Next = "/printers") -> Response:
    """Leave it alone: nothing looks at it, nothing prints on it."""
    await hub.fleet.change(printer, {}, enabled=False)
    return done(next, "printer-disabled")


@router.post("/{printer_id}/delete", dependencies=[ADMIN])
async def delete(printer: Named, hub: Running, force: Annotated[str, Form()] = "") -> Response:
    """Forget it; with `force` what waits for it is cancelled. PrinterInUse, Conflict for one that settings declare."""
    await hub.fleet.remove(printer, force=bool(force))
    return done("/printers", "printer-deleted")


def _form(
    request: Request, hub: Hub, form: PrinterForm, printer: Printer | None = None, *, status: int = 200, fault: HubError | None = None
) -> Response:
    return page(
        request, "printer_form.html", status=fault.http_status if fault else status, form=form, printer=printer,
        models=sorted({*hub.drivers.model_names, *([printer.model] if printer else [])}), fault=fault,
    )  # fmt: skip


def _geometry(hub: Hub, printer: Printer) -> Geometry | None:
    media, driver = hub.board.of(printer.id).media, hub.fleet.driver_of(printer)
    if media is None or driver is None:
        return None
    try:
        return driver.geometry(printer.model, media)
    except MediaUnsupported:
        return None
