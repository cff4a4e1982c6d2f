"""The start page: every printer as it is now, and the last labels as pictures. With JavaScript it follows by itself."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from labelhub.http.rights import Right, needs
from labelhub.http.running import Running
from labelhub.jobs import store
from labelhub.jobs.job import OUTCOME_UNKNOWN, JobState
from labelhub.web.cards import cards_of
from labelhub.web.look import words_for
from labelhub.web.pages import page
from labelhub.web.rows import rows_of

router = APIRouter(include_in_schema=False)

SHOWN_JOBS = 12
MAX_ASKING = 100


@router.get("/", dependencies=[needs(Right.READ)])
async def home(hub: Running, request: Request) -> Response:
    """The whole page."""
    t = words_for(request)
    jobs = await hub.database.read(store.history, limit=SHOWN_JOBS)
    paused = await hub.database.read(store.history, state=JobState.PAUSED, limit=MAX_ASKING)
    asking = sum(job.reason == OUTCOME_UNKNOWN for job in paused)
    return page(request, "home.html", cards=await cards_of(hub, t), rows=rows_of(hub, jobs, t), asking=asking)
