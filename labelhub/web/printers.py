"""Printers: what a person does to one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from labelhub.http.rights import Right, needs
from labelhub.http.running import CallerName, Running
from labelhub.web.said import done

router = APIRouter(include_in_schema=False, prefix="/printers")

Next = Annotated[str, Form()]


@router.post("/{printer_id}/test", dependencies=[needs(Right.PRINT)])
async def print_test(printer_id: str, hub: Running, caller: CallerName, next: Next = "/") -> Response:
    """Print a test label."""
    await hub.print_test(hub.printer(printer_id), caller)
    return done(next, "test-printed")


@router.post("/{printer_id}/pause", dependencies=[needs(Right.OPERATE)])
async def pause(printer_id: str, hub: Running, next: Next = "/") -> Response:
    """The label in hand still ends; the next one waits."""
    await hub.fleet.pause(hub.printer(printer_id), True)
    return done(next, "printer-paused")


@router.post("/{printer_id}/resume", dependencies=[needs(Right.OPERATE)])
async def resume(printer_id: str, hub: Running, next: Next = "/") -> Response:
    """Go on with the queue."""
    await hub.fleet.pause(hub.printer(printer_id), False)
    return done(next, "printer-resumed")
