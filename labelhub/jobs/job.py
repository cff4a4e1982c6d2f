"""Job: labels for one printer or for any that can, and everything that may become of it.

Every change of state is a row of TRANSITIONS; whatever is not there is a JobStateConflict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from labelhub.drivers.driver import EncodeOptions
from labelhub.media import Media, MediaNeed, Need


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
    # Failed without having been printed on: the thing that its label was to be about is not there.
    S.QUEUED: frozenset({S.QUEUED, S.PRINTING, S.PAUSED, S.FAILED, S.CANCELLED}),
    S.PAUSED: frozenset({S.PAUSED, S.QUEUED, S.COMPLETED, S.FAILED, S.CANCELLED}),
    # Back to queued only before the first byte of the next page left; paused is the unknown outcome, or a user's wish between pages.
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
PAUSED_BY_USER = "paused-by-user"
MEDIA_NEEDED = "media-needed"
PRINTER_PAUSED = "printer-paused"
ITEM_PENDING = "item-pending"
PENDING = MediaNeed("pending", 0.0)
"""What a job needs whose thing has not been fetched: media that no printer ever holds, so that nobody takes it."""
ONE_OF = MediaNeed("set", 0.0)
"""What the row of a job says that waits for any of several sizes, and names them beside it."""
PICTURE = "picture:"
"""A field that begins so, and goes on with a digest, is a picture kept with the job."""


@dataclass(frozen=True, slots=True)
class LabelOrder:
    """One thing a user wants on one piece, so many times."""

    fields: Mapping[str, Any]
    copies: int = 1


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page that is to be printed: its place in the job, copies unrolled and counted from 0, and its fields."""

    page: int
    first_page: int
    """The page of the first copy: where its row is."""
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job that was checked and may be stored. Without `printer_id` it is for any printer that has the media."""

    printer_id: UUID | None
    template_key: str
    template_digest: str
    need: Need | None
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
    printer_id: UUID | None
    any_printer: bool
    template_key: str
    template_digest: str
    need: Need | None
    media: Media | None
    state: JobState
    reason: str | None
    detail: str | None
    evidence: str | None
    priority: int
    options: EncodeOptions
    result: Mapping[str, Any] | None
    error: str | None
    labels_total: int
    labels_failed: int
    labels_sent: int
    labels_done: int
    count_base: int | None
    parent_job_id: UUID | None
    submitted_by: str
    claim: UUID | None
    cancel_requested: bool
    pause_requested: bool
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    sending_at: datetime | None
    finished_at: datetime | None
    labels: tuple[LabelOrder, ...] = ()
    """As many as were read with it: none for those who print it, the first few in lists."""

    @property
    def labels_good(self) -> int:
        """Pages that can be printed, as far as is known."""
        return self.labels_total - self.labels_failed

    @property
    def waits_for(self) -> UUID | None:
        """The printer it waits for whenever it is put back into the queue; None where any will do."""
        return None if self.any_printer else self.printer_id

    @property
    def outcome(self) -> str | None:
        """How it ended, or that a person has to say how; None while it goes on by itself."""
        lost = self.state == S.PAUSED and self.reason == OUTCOME_UNKNOWN
        return OUTCOME_UNKNOWN if lost else None if self.state in OPEN else self.state.value

    @property
    def payload(self) -> dict[str, Any]:
        """What was asked for, as it is shown."""
        labels = [{"data": dict(label.fields), "copies": label.copies} for label in self.labels]
        return {"labels": labels, "options": asdict(self.options)}
