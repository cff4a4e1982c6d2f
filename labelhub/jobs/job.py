"""Job: labels for one printer, and everything that may become of it.

Every change of state is a row of TRANSITIONS; whatever is not there is a JobStateConflict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from labelhub.drivers.driver import EncodeOptions
from labelhub.media import Media, MediaNeed


class JobState(StrEnum):
    """The six states of the HTTP contract."""

    QUEUED = "queued"
    PAUSED = "paused"
    PRINTING = "printing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Evidence(StrEnum):
    """How the hub knows that a completed job was printed."""

    PAGE_COUNTER = "page-counter"
    STATUS = "status"
    CONNECTION_CLOSED = "connection-closed"
    SENT = "sent"
    PERSON = "person"


S = JobState
TRANSITIONS: Mapping[JobState, frozenset[JobState]] = {
    S.QUEUED: frozenset({S.QUEUED, S.PRINTING, S.PAUSED, S.CANCELLED}),
    S.PAUSED: frozenset({S.QUEUED, S.COMPLETED, S.FAILED, S.CANCELLED}),
    # Back to queued only before the first byte of the next page left; paused is the unknown outcome.
    S.PRINTING: frozenset({S.PRINTING, S.QUEUED, S.COMPLETED, S.FAILED, S.PAUSED, S.CANCELLED}),
    S.COMPLETED: frozenset(),
    S.FAILED: frozenset(),
    S.CANCELLED: frozenset(),
}
WAITING = (S.QUEUED, S.PAUSED)
OPEN = (S.QUEUED, S.PAUSED, S.PRINTING)
RETRYABLE = (S.COMPLETED, S.FAILED, S.CANCELLED)

OUTCOME_UNKNOWN = "outcome-unknown"
CANCELLED_BY_USER = "cancelled-by-user"
MEDIA_NEEDED = "media-needed"
PRINTER_PAUSED = "printer-paused"


@dataclass(frozen=True, slots=True)
class LabelOrder:
    """One thing a user wants on one piece, so many times."""

    fields: Mapping[str, Any]
    copies: int = 1


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job that was checked and may be stored."""

    printer_id: UUID
    template_key: str
    template_digest: str
    need: MediaNeed | None
    labels: tuple[LabelOrder, ...]
    options: EncodeOptions = field(default_factory=EncodeOptions)
    priority: int = 0
    submitted_by: str = ""
    parent_job_id: UUID | None = None

    @property
    def labels_total(self) -> int:
        """Pages that will come out."""
        return sum(label.copies for label in self.labels)


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the queue. `number` is the submit order; `media` what it was laid out for once printing began."""

    number: int
    id: UUID
    printer_id: UUID
    template_key: str
    template_digest: str
    need: MediaNeed | None
    media: Media | None
    state: JobState
    reason: str | None
    detail: str | None
    evidence: str | None
    priority: int
    payload: Mapping[str, Any]
    result: Mapping[str, Any] | None
    error: str | None
    labels_total: int
    labels_sent: int
    labels_done: int
    parent_job_id: UUID | None
    submitted_by: str
    cancel_requested: bool
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    sending_at: datetime | None
    finished_at: datetime | None

    @property
    def labels(self) -> tuple[LabelOrder, ...]:
        """The labels as they were ordered."""
        return tuple(LabelOrder(label["data"], label["copies"]) for label in self.payload["labels"])

    @property
    def pages(self) -> list[Mapping[str, Any]]:
        """The fields of each page in print order, copies unrolled; page n of the contract is item n - 1."""
        return [label.fields for label in self.labels for _ in range(label.copies)]

    @property
    def options(self) -> EncodeOptions:
        """What was asked of the printer beside the dots."""
        return EncodeOptions(**self.payload["options"])
