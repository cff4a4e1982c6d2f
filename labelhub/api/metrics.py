"""/metrics: the hub's numbers for Prometheus."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request, Response

from labelhub.api.gauges import gauges
from labelhub.http.rights import Right, needs
from labelhub.http.running import Running
from labelhub.metrics.exposition import Taken

router = APIRouter(tags=["health"])

TEXT = {"type": "string"}
KINDS = {"text/plain": {"schema": TEXT}, "application/openmetrics-text": {"schema": TEXT}}


@router.get(
    "/metrics",
    dependencies=[needs(Right.READ)],
    response_class=Response,
    responses={200: {"description": "Prometheus' text format, or OpenMetrics where it is accepted", "content": KINDS}},
    summary="Numbers for Prometheus",
)
async def metrics(request: Request, hub: Running) -> Response:
    """Of this node, since it was started. Answers from memory alone, also while the database is gone."""
    state = request.app.state
    if not hasattr(state, "gauges"):
        state.gauges, state.writing_numbers = gauges(hub, state.build), asyncio.Lock()
    async with state.writing_numbers:  # each keeps a thread busy, which the loop has to wait for now and then
        taken = Taken.of([*hub.metrics.tallies, *state.gauges])
        text, kind = await asyncio.to_thread(taken.text, request.headers.get("accept", ""))
    return Response(text, headers={"content-type": kind, "cache-control": "no-store"})
