"""Notice: what is told, in words that a person understands who has not seen the hub before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from labelhub.drivers.status import Reason
from labelhub.notices.target import Type

MAX_CHARACTERS = 1000
"""Of a message; ntfy takes 4,096 bytes."""
MEDIA_FAULTS = frozenset({Reason.MEDIA_EMPTY.value, Reason.MEDIA_NEEDED.value})
OFFLINE = Reason.OFFLINE.value
WORDS: Mapping[str, tuple[str, str]] = {
    OFFLINE: ("is offline", "The hub cannot reach it. See whether it is switched on and connected."),
    Reason.COVER_OPEN: ("has its cover open", "Close the cover."),
    Reason.MEDIA_EMPTY: ("is empty", "Load new tape or a new roll."),
    Reason.MEDIA_NEEDED: ("needs other media", "Load the media it asks for, or open and close its cover."),
    Reason.MEDIA_JAM: ("is jammed", "Open it, take out the media that is stuck, and load it again."),
    Reason.CUTTER_JAM: ("has a jammed cutter", "Open it, and take out what blocks the cutter."),
    Reason.OTHER: ("reports a fault", "Look at the printer: it does not say what is wrong."),
}
WAITS = "Labels for it wait, and print by themselves once that is done."


@dataclass(frozen=True, slots=True)
class Subject:
    """A printer as notices name it."""

    id: UUID
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class JobFacts:
    """What a notice tells of a job."""

    id: UUID
    printer_id: UUID | None
    template: str
    reason: str | None
    detail: str | None
    labels_total: int
    labels_done: int


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to be told. `severity`: info, warning or critical; `link` is a path of the hub's own pages."""

    type: Type
    title: str
    message: str
    severity: str
    at: datetime
    link: str = "/"
    printer: Subject | None = None
    job: JobFacts | None = None
    fault: str | None = None
    count: int = 1

    def values(self, public_url: str | None) -> dict[str, Any]:
        """It as JSON values, for a webhook and for the outbox."""
        return {
            "type": self.type.value,
            "timestamp": _text(self.at),
            "data": {
                "title": self.title[:200],
                "message": self.message[:MAX_CHARACTERS],
                "severity": self.severity,
                "url": None if public_url is None else public_url + self.link,
                "printer": self.printer and {"id": str(self.printer.id), "slug": self.printer.slug, "name": self.printer.name},
                "job": self.job and _job(self.job),
                "fault": self.fault,
                "count": self.count,
            },
        }


def of_fault(printer: Subject, fault: str, since: datetime, at: datetime) -> Notice:
    """That a printer needs somebody."""
    is_so, do = WORDS.get(fault, WORDS[Reason.OTHER])
    kind = Type.MEDIA_NEEDED if fault in MEDIA_FAULTS else Type.PRINTER_FAULT
    message = f"{printer.name} {is_so} since {_clock(since)}. {do} {WAITS}"
    return Notice(kind, f"{printer.name} {is_so}", message, "warning", at, _page(printer), printer, fault=fault)


def of_end(printer: Subject, fault: str, since: datetime, ended: datetime, at: datetime) -> Notice:
    """That it does not any more."""
    is_so, _ = WORDS.get(fault, WORDS[Reason.OTHER])
    message = f"{printer.name} was seen without that fault at {_clock(ended)}; it {_was(is_so)} since {_clock(since)}."
    title = f"{printer.name} is well again"
    return Notice(Type.PRINTER_RESOLVED, title, message, "info", at, _page(printer), printer, fault=fault)


def of_wanted(printer: Subject | None, job: JobFacts, at: datetime) -> Notice:
    """That a job waits for media that nobody has loaded."""
    name = printer.name if printer else "every printer"
    need = job.detail or "the media it needs is not loaded"
    message = f"A job with {_labels(job)} waits: {need}. It prints by itself once that is done."
    title = f"{name}: other media is needed"
    return Notice(Type.MEDIA_NEEDED, title, message, "warning", at, f"/jobs/{job.id}", printer, job, "media-wanted")


def of_failed(printer: Subject | None, job: JobFacts | None, count: int, at: datetime) -> Notice:
    """That jobs failed; the first of them is told of."""
    name = printer.name if printer else "no printer yet"
    title = "A job failed" if count == 1 else f"{count} jobs failed"
    why = "It is gone by now."
    if job is not None:
        why = f"{_labels(job)} of the template {job.template}: {job.detail or job.reason or 'no reason is known'}."
    message = f"{'It' if count == 1 else 'The first'} was for {name}. {why} Correct it, and retry it from the hub's list of jobs."
    return Notice(
        Type.JOB_FAILED, f"{title} ({name})", message, "critical", at, _job_page(printer, job, count), printer, job, count=count
    )


def of_unknown(printer: Subject | None, job: JobFacts | None, count: int, at: datetime) -> Notice:
    """That a person has to look whether labels came out."""
    name = printer.name if printer else "a printer that is gone"
    what = "a job" if count == 1 else f"{count} jobs"
    lost = f" {job.detail}." if job and job.detail else ""
    message = f"Nobody knows whether all labels of {what} came out of {name}.{lost} Look, and then say in the hub what you found."
    title, link = f"{name}: did the label come out?", _job_page(printer, job, count)
    return Notice(Type.JOB_OUTCOME_UNKNOWN, title, message, "critical", at, link, printer, job, count=count)


def of_trial(at: datetime) -> Notice:
    """That notices arrive."""
    return Notice(Type.TEST, "A test of the label hub", "Notices of the label hub arrive here.", "info", at)


def _page(printer: Subject | None) -> str:
    return "/" if printer is None else f"/printers/{printer.slug}"


def _job_page(printer: Subject | None, job: JobFacts | None, count: int) -> str:
    return f"/jobs/{job.id}" if job is not None and count == 1 else _page(printer)


def _was(is_so: str) -> str:
    first, _, rest = is_so.partition(" ")
    return f"{ {'is': 'was', 'has': 'had', 'needs': 'needed', 'reports': 'reported'}.get(first, first) } {rest}"


def _labels(job: JobFacts) -> str:
    return "1 label" if job.labels_total == 1 else f"{job.labels_total} labels"


def _job(job: JobFacts) -> dict[str, Any]:
    return {"id": str(job.id), "template": job.template, "reason": job.reason, "detail": job.detail,
            "labels_total": job.labels_total, "labels_done": job.labels_done}  # fmt: skip


def _clock(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%d %b %H:%M UTC")


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
