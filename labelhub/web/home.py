"""The start page: every printer as it is now, and the last labels as pictures. With JavaScript it follows by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from labelhub.drivers.status import PASSING, PrinterState, Reason
from labelhub.http.rights import Right, needs
from labelhub.http.running import CallerName, Running
from labelhub.hub import Hub
from labelhub.jobs import store
from labelhub.jobs.job import Job, JobState
from labelhub.media import Media
from labelhub.printers.printer import Printer, Status
from labelhub.web.pages import page

router = APIRouter(include_in_schema=False)

SHOWN_JOBS = 12
REASON_TEXTS = {
    Reason.COVER_OPEN: "The cover is open: close it.",
    Reason.MEDIA_EMPTY: "No media: load a cassette or roll.",
    Reason.MEDIA_NEEDED: "Other media is needed.",
    Reason.MEDIA_JAM: "The media is jammed: open the cover and free it.",
    Reason.CUTTER_JAM: "The cutter is jammed: switch the printer off and free it.",
    Reason.COOLING: "Cooling down: it goes on by itself.",
    Reason.OFFLINE: "Offline.",
    Reason.ASLEEP: "It does not answer and may be asleep: it is being woken.",
    Reason.BUSY: "Busy: it goes on by itself.",
    Reason.OTHER: "The printer shows a fault: look at it.",
}


@dataclass(frozen=True, slots=True)
class Card:
    """One printer as the page shows it: `mood` is `good`, `working`, `bad` or `off` and picks the colour."""

    printer: Printer
    mood: str
    headline: str
    lines: list[str]
    media: str
    queue_depth: int


@dataclass(frozen=True, slots=True)
class Row:
    """One job as the page shows it."""

    job: Job
    mood: str
    printer: str
    outcome: str
    when: str


@router.get("/", dependencies=[needs(Right.READ)])
async def home(hub: Running, request: Request) -> Response:
    """The whole page."""
    return page("home.html", **await _values(hub), demo=bool(request.app.state.emulators))


@router.get("/live", dependencies=[needs(Right.READ)])
async def live(hub: Running) -> Response:
    """The part of the page that changes."""
    return page("home_live.html", **await _values(hub))


@router.post("/printers/{printer_id}/test", dependencies=[needs(Right.PRINT)])
async def print_test(printer_id: str, hub: Running, caller: CallerName) -> Response:
    """Print a test label, then the start page again."""
    await hub.print_test(hub.printer(printer_id), caller)
    return RedirectResponse("/", 303)


async def _values(hub: Hub) -> dict[str, Any]:
    depths = await hub.database.read(store.depths)
    jobs = await hub.database.read(store.history, state=None, printer_id=None, since=None, before_number=None, limit=SHOWN_JOBS)
    names = {printer.id: printer.name for printer in hub.printers}
    now = hub.clock()
    return {
        "cards": [card_of(printer, hub.board.of(printer.id), depths.get(printer.id, 0)) for printer in hub.printers],
        "rows": [_row(job, _printer_of(job, names), now) for job in jobs],
    }


def _printer_of(job: Job, names: dict[UUID, str]) -> str:
    return "any printer" if job.printer_id is None else names.get(job.printer_id, "a printer that was removed")


def card_of(printer: Printer, status: Status, queue_depth: int) -> Card:
    """What a person needs to know of a printer, and what to do about it."""
    media = media_text(status.media) if status.media else "media not known"
    if not printer.enabled:
        return Card(printer, "off", "Disabled", [], media, queue_depth)
    if status.online is None:
        return Card(printer, "off", "Looking", [status.note or ""], "media not known", queue_depth)
    if not status.online:
        return Card(
            printer, "bad", "Offline", [status.last_error or ""], f"last seen with {media}" if status.media else media, queue_depth
        )
    lines = [REASON_TEXTS[reason] for reason in status.reasons]
    if printer.paused:
        return Card(printer, "off", "Paused", ["Paused in the hub: waiting labels stay.", *lines], media, queue_depth)
    if lines:
        passing = PASSING.issuperset(status.reasons)
        return Card(
            printer, "working" if passing else "bad", "Wait a moment" if passing else "Needs attention", lines, media, queue_depth
        )
    if status.blind:
        return Card(printer, "working", "Online, not seen", [status.note or "", status.last_error or ""], media, queue_depth)
    if status.state == PrinterState.PRINTING:
        return Card(printer, "working", "Printing", [], media, queue_depth)
    return Card(printer, "good", "Online", [], media, queue_depth)


def media_text(media: Media) -> str:
    """`12 mm tape, black on white`."""
    size = f"{media.width_mm:g}" + (f" × {media.length_mm:g}" if media.length_mm else "")
    colors = f", {media.text_color} on {media.media_color}" if media.text_color and media.media_color else ""
    return f"{size} mm {media.kind.family}{colors}"


def ago(at: datetime, now: datetime) -> str:
    """`just now`, `5 min ago`, `3 h ago`, `2 days ago`."""
    seconds = max(0, int((now - at).total_seconds()))
    for size_s, word in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= size_s:
            return f"{seconds // size_s} {word} ago"
    return "just now"


def _row(job: Job, printer: str, now: datetime) -> Row:
    moods = {JobState.COMPLETED: "good", JobState.PRINTING: "working", JobState.QUEUED: "working", JobState.CANCELLED: "off"}
    outcome = {
        JobState.COMPLETED: f"printed ({job.evidence})",
        JobState.QUEUED: f"waits: {job.detail}" if job.reason else "waits for its turn",
        JobState.PRINTING: "printing",
        JobState.CANCELLED: "cancelled",
    }.get(job.state, f"{job.state}: {job.detail or job.reason or ''}")
    mood = "bad" if job.reason and job.state is not JobState.CANCELLED else moods.get(job.state, "bad")
    return Row(job, mood, printer, outcome, ago(job.created_at, now))
