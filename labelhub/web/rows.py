"""Rows: a job as its pages show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from labelhub.hub import Hub
from labelhub.jobs.job import MEDIA_NEEDED, OPEN, OUTCOME_UNKNOWN, PENDING, RETRYABLE, WAITING, Job, JobState
from labelhub.media import Need
from labelhub.printers.printer import Printer
from labelhub.web.cards import wrong_with
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
AT_PRINTER = ("printer-unreachable", "printer-not-ready", "printer-paused")
"""Reasons that say no more than that something is wrong with the printer, which itself says what."""
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
    at_printer: bool = False
    """True where `what_to_do` is what the printer says of itself."""
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

    @property
    def doubtful(self) -> int:
        """How many labels nobody knows of whether they came out."""
        return self.job.labels_sent - self.job.labels_done


def rows_of(hub: Hub, jobs: list[Job], t: Words) -> list[Row]:
    """The jobs in their order."""
    printers = {printer.id: printer for printer in hub.printers}
    now = hub.clock()
    return [_row_of(job, printers.get(job.printer_id) if job.printer_id else None, hub, now, t) for job in jobs]


def _row_of(job: Job, found: Printer | None, hub: Hub, now: datetime, t: Words) -> Row:
    printer = found.name if found else t("jobs.any-printer") if job.printer_id is None else t("jobs.removed-printer")
    begun = job.state is JobState.PRINTING
    stops = wrong_with(found, hub.board.of(found.id), t, begun=begun) if found and job.state in OPEN else ""
    at_printer = bool(stops) and ((begun and job.reason != MEDIA_NEEDED) or (job.state is JobState.QUEUED and job.reason in AT_PRINTER))
    held = at_printer or (job.state in (JobState.QUEUED, JobState.PRINTING) and bool(job.reason))
    asks = job.state is JobState.PAUSED and job.reason == OUTCOME_UNKNOWN
    mood = "wait" if held else "bad" if asks else MOODS[job.state]
    what = t.of("job_reason", job.reason, t.of("problem_text", job.reason, job.detail or "")) if job.reason else ""
    if job.reason == MEDIA_NEEDED and job.need is not None:
        what = t("jobs.load", media=need_text(job.need, t))
    allowed, anew = may(job), ""
    if job.printer_id is not None and found is None:
        anew = _anew(job) if allowed["retry"] else ""
        allowed |= {"retry": False, "again": False}
    return Row(
        job, mood, title_of(job), printer, t("jobs.held") if held else _outcome(job, t), stops if at_printer else what,
        job.detail or job.error or "", ago(job.created_at, now, t), f"/jobs/{job.id}/labels/1.png", allowed, at_printer, anew,
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
        "cancel": (job.state in WAITING and not asks) or more,
        "again": asks,
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
