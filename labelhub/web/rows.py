"""Rows: a job as its pages show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from labelhub.hub import Hub
from labelhub.jobs.job import MEDIA_NEEDED, OPEN, OUTCOME_UNKNOWN, PENDING, RETRYABLE, WAITING, Job, JobState
from labelhub.media import Need
from labelhub.web.catalogue import Words
from labelhub.web.media_look import need_text

TITLE_FIELDS = ("title", "name", "text", "primary_id", "heading", "line1", "product", "qr_payload")
"""Of a label's fields, the first of these that is there says what it is for."""
TITLE_CHARACTERS = 60
MAX_IN_ADDRESS = 500
"""Of a field, so many characters go into an address; no browser or proxy takes much more in all."""
MOODS = {
    JobState.COMPLETED: "good",
    JobState.PRINTING: "working",
    JobState.QUEUED: "working",
    JobState.PAUSED: "wait",
    JobState.FAILED: "bad",
    JobState.CANCELLED: "off",
}
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86400


@dataclass(frozen=True, slots=True)
class Row:
    """One job as a page shows it: `outcome` in words, `what_to_do` where it waits for something or somebody, `when` as an age."""

    job: Job
    mood: str
    title: str
    printer: str
    outcome: str
    what_to_do: str
    detail: str
    when: str
    picture: str

    may: Mapping[str, bool]
    anew: str = ""
    """Of a job whose printer was removed: the form that prints the same elsewhere."""

    @property
    def open(self) -> bool:
        """True while something may still become of it."""
        return self.job.state in OPEN

    @property
    def need(self) -> Need | None:
        """The media it waits for; None for any, and while nobody knows."""
        return None if self.job.need == PENDING else self.job.need

    @property
    def asks(self) -> bool:
        """True when only a person can say what became of it."""
        return self.job.reason == OUTCOME_UNKNOWN and self.job.state is JobState.PAUSED


def rows_of(hub: Hub, jobs: list[Job], t: Words) -> list[Row]:
    """The jobs in their order."""
    names = {printer.id: printer.name for printer in hub.printers}
    now = hub.clock()
    return [row_of(job, names, now, t) for job in jobs]


def row_of(job: Job, names: Mapping[UUID, str], now: datetime, t: Words) -> Row:
    """What a person needs to know of a job."""
    printer = t("jobs.any-printer") if job.printer_id is None else names.get(job.printer_id, t("jobs.removed-printer"))
    mood = MOODS[job.state]
    if job.state is JobState.QUEUED and job.reason:
        mood = "wait"
    if job.state is JobState.PAUSED and job.reason == OUTCOME_UNKNOWN:
        mood = "bad"
    what = t.of("job_reason", job.reason, t.of("problem_text", job.reason, job.detail or "")) if job.reason else ""
    if job.reason == MEDIA_NEEDED and job.need is not None:
        what = t("jobs.load", media=need_text(job.need, t))
    allowed, anew = may(job), ""
    if job.printer_id is not None and job.printer_id not in names and allowed["retry"]:
        allowed, anew = allowed | {"retry": False}, _anew(job)
    return Row(
        job, mood, title_of(job), printer, _outcome(job, t), what, job.detail or job.error or "", ago(job.created_at, now, t),
        f"/jobs/{job.id}/labels/1.png", allowed, anew,
    )  # fmt: skip


def _anew(job: Job) -> str:
    fields = job.labels[0].fields if job.labels else {}
    texts = {name: "\n".join(map(str, value)) if isinstance(value, list | tuple) else str(value) for name, value in fields.items()}
    given = {f"f.{name}": text for name, text in texts.items() if len(text) <= MAX_IN_ADDRESS}
    return "/print/label?" + urlencode({"template": job.template_key} | given)


def may(job: Job) -> dict[str, bool]:
    """Which buttons make sense now; the queue itself has the last word."""
    asks = job.state is JobState.PAUSED and job.reason == OUTCOME_UNKNOWN
    more = job.state is JobState.PRINTING and job.labels_sent < job.labels_good and not job.cancel_requested
    waits = job.state is JobState.QUEUED or (job.state is JobState.PAUSED and not asks)
    ended = job.state in RETRYABLE
    return {
        "pause": job.state is JobState.QUEUED or (more and not job.pause_requested),
        "resume": (job.state is JobState.PAUSED and not asks) or (more and job.pause_requested),
        "cancel": job.state in WAITING or more,
        "change": waits,
        "retry": ended,
        "retry_missing": ended and job.labels_total > 1 and job.labels_done < job.labels_good,
    }


def title_of(job: Job) -> str:
    """What the first label says it is for; the template's key where it says nothing."""
    fields = job.labels[0].fields if job.labels else {}
    found = next((str(fields[name]) for name in TITLE_FIELDS if isinstance(fields.get(name), str | int) and fields[name] != ""), "")
    line = " ".join(found.split())
    return (line if len(line) <= TITLE_CHARACTERS else line[: TITLE_CHARACTERS - 1] + "…") or job.template_key


def _outcome(job: Job, t: Words) -> str:
    if job.state is JobState.COMPLETED:
        return t.of("evidence", job.evidence) if job.evidence else t.of("job_state", job.state)
    if job.state is JobState.QUEUED and job.reason:
        return t("jobs.held")
    if job.state is JobState.PAUSED and job.reason == OUTCOME_UNKNOWN:
        return t("jobs.asks")
    return t.of("job_state", job.state)


def ago(at: datetime, now: datetime, t: Words) -> str:
    """`just now`, `5 min ago`, `3 h ago`, `2 days ago`."""
    seconds = max(0, int((now - at).total_seconds()))
    for size_s, key in ((DAY_S, "ago.days"), (HOUR_S, "ago.hours"), (MINUTE_S, "ago.minutes")):
        if seconds >= size_s:
            return t(key, count=seconds // size_s)
    return t("ago.now")
