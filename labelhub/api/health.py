"""/healthz and /readiness: is the process alive, and may traffic be routed to it."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from labelhub import __version__
from labelhub.alive import alive
from labelhub.api.readiness import Check, background, checks, overall
from labelhub.api.schemas import HealthOut, ReadinessOut
from labelhub.http.rights import Right, needs
from labelhub.http.running import Running

router = APIRouter(tags=["health"])


@router.get("/healthz", dependencies=[needs(Right.NOTHING)], response_model=HealthOut, summary="Alive")
async def healthz(request: Request) -> Response:
    """Liveness: touches no database, printer or other system. Restart the process when this does not answer."""
    return JSONResponse(alive(request.app.state.build))


@router.get(
    "/readiness",
    dependencies=[needs(Right.NOTHING)],
    response_model=ReadinessOut,
    responses={503: {"model": ReadinessOut, "description": "Not ready: route no traffic here"}},
    summary="May traffic be routed here",
)
async def readiness(request: Request, hub: Running) -> Response:
    """200 while ready or degraded, 503 while not ready. A printer that is off degrades, a database that is gone is not ready."""
    found = checks(hub, asyncio.get_running_loop().time(), hub.clock())
    loops = background(hub)
    status = overall(found, loops)
    body = {"status": status, "checks": _told(found), "background": _told(loops), "version": __version__}
    return JSONResponse(body | {"revision": request.app.state.build["revision"]}, 503 if status == "not-ready" else 200)


def _told(found: dict[str, Check]) -> dict[str, dict[str, object]]:
    return {name: asdict(check) for name, check in found.items()}
