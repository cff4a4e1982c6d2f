"""What goes over the wire: the bodies the API reads and the answers it gives."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import Response
from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema, model_validator

from labelhub.db.schema import text_of
from labelhub.drivers.driver import EncodeOptions
from labelhub.jobs.job import Job, JobState, LabelOrder
from labelhub.jobs.submit import Wish

MAX_LABELS = 5000
MAX_MEMBERS = 100
"""Of one object in a body: each unknown one costs an error, and errors are made while nobody else is answered."""
MAX_DEPTH = 20
"""Of objects and lists in each other in `data`: pydantic reads many hundreds, but writes no more than 255."""


Instant = Annotated[
    datetime,
    PlainSerializer(text_of, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
Word = Annotated[str, Field(min_length=1, max_length=100)]
Data = dict[str, Any]


def shown_again(data: Data) -> Data:
    """The data. ValueError for what JSON readers take and no JSON answer can hold: lone surrogates, NaN, endless nesting."""
    waiting: list[tuple[Any, int]] = [(data, 1)]
    while waiting:
        value, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise ValueError(f"has more than {MAX_DEPTH} levels of objects and lists")
        if isinstance(value, dict):
            waiting.extend((part, depth) for part in value)
            waiting.extend((part, depth + 1) for part in value.values())
        elif isinstance(value, list):
            waiting.extend((part, depth + 1) for part in value)
        elif isinstance(value, str) and not _is_unicode(value):
            raise ValueError("holds half a character (a lone surrogate)")
        elif isinstance(value, float) and not math.isfinite(value):
            raise ValueError("holds NaN or an infinite number")
    return data


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


GivenData = Annotated[Data, AfterValidator(shown_again)]


class Body(BaseModel):
    """A request body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _few_members(cls, value: Any) -> Any:
        if isinstance(value, dict) and len(value) > MAX_MEMBERS:
            raise ValueError(f"has {len(value)} members; known are {', '.join(cls.model_fields)}")
        return value


class LabelBody(Body):
    """One label of a batch."""

    data: GivenData
    copies: int = Field(default=1, ge=1, le=MAX_LABELS, strict=True)


class OptionsBody(Body):
    """What is asked of the printer beside the dots."""

    copies: int = Field(default=1, ge=1, le=MAX_LABELS, strict=True)
    auto_cut: bool = Field(default=True, strict=True, description="Cut between labels; without, they come out as strips of up to 20.")
    half_cut: bool = Field(default=False, strict=True, description="Between labels cut the tape alone; at most 20 hang together.")
    high_resolution: bool = Field(default=False, strict=True)
    mirror: bool = Field(default=False, strict=True, description="Left and right changed, for clear tape seen from behind.")
    chain: bool = Field(default=False, strict=True, description="Leave the end uncut in the printer: the next job needs no blank leader.")
    cut_each: int = Field(default=1, ge=1, le=20, strict=True, description="Labels between two cuts, counted anew after 20.")
    margin_mm: float | None = Field(default=None, ge=0, le=127, description="Blank feed before and after; left out: the least.")
    priority: int = Field(default=0, ge=-100, le=100, strict=True)


ENCODE_OPTIONS = tuple(name for name in OptionsBody.model_fields if name not in ("copies", "priority"))


class LookupBody(Body):
    """A thing of another system."""

    app: Word
    identifier: Word


class PrintBody(Body):
    """`POST /api/print` and `/api/preview`. Exactly one of data, lookup, labels."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "template": "snipeit-12mm",
                    "data": {"primary_id": "A-1001", "title": "ThinkPad T14", "qr_payload": "https://snipe.example/hardware/1"},
                }
            ]
        },
    )

    printer: Word | None = Field(default=None, description="Slug or id; left out: any printer that has the media.")
    template: Word = Field(validation_alias=AliasChoices("template", "template_id"), description="Key of a template.")
    data: GivenData | None = Field(default=None, description="The fields of one label.")
    lookup: LookupBody | None = None
    labels: list[LabelBody] | None = Field(
        default=None, min_length=1, max_length=MAX_LABELS, fail_fast=True, description="A batch: one job with many labels."
    )
    options: OptionsBody = Field(default_factory=OptionsBody)
    on_media_mismatch: Literal["fail", "queue"] = Field(
        default="fail",
        validation_alias=AliasChoices("on_media_mismatch", "on_tape_mismatch"),
        description="When the printer holds other media.",
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum(value is not None for value in (self.data, self.lookup, self.labels)) != 1:
            raise ValueError("exactly one of data, lookup and labels must be given")
        if sum(label.copies for label in self.labels or ()) * self.options.copies > MAX_LABELS:
            raise ValueError(f"a job has at most {MAX_LABELS} labels, copies counted")
        return self

    def wish(self, submitted_by: str) -> Wish:
        """What the body asks for. Its lookup must have become data before."""
        options = self.options
        labels = [(label.data, label.copies) for label in self.labels or ()] or [(self.data or {}, 1)]
        orders = tuple(LabelOrder(data, copies * options.copies) for data, copies in labels)
        asked = EncodeOptions(**{name: getattr(options, name) for name in ENCODE_OPTIONS})
        return Wish(
            self.template, orders, self.printer, asked, options.priority, self.on_media_mismatch == "queue", submitted_by,
        )  # fmt: skip


class Accepted(BaseModel):
    """The job was stored and will print."""

    job_id: UUID
    status: JobState


def accepted(job: Job, response: Response) -> Accepted:
    """The answer to whoever made a job, the same each time it is asked for with one key."""
    response.headers["location"] = f"/api/jobs/{job.id}"
    return Accepted(job_id=job.id, status=JobState.QUEUED)


class JobOut(BaseModel):
    """One job."""

    id: UUID
    printer_id: UUID | None = Field(description="Null while no printer has taken a job that is for any.")
    template_key: str
    state: JobState
    reason: str | None = Field(description="A problem slug or a word of the vocabulary.")
    detail: str | None
    payload: Data = Field(description="What was asked for. The labels on the first 20 pages; one job by its id shows all.")
    result: Data | None
    error: str | None
    evidence: str | None = Field(
        description="How the hub knows that it was printed: page-counter, status, connection-closed, sent, person."
    )
    priority: int
    labels_total: int
    labels_done: int
    labels_failed: int = Field(description="Of a batch, labels that can never be printed and were left out; `result` names them.")
    parent_job_id: UUID | None
    submitted_by: str
    created_at: Instant
    updated_at: Instant
    started_at: Instant | None
    finished_at: Instant | None

    @classmethod
    def of(cls, job: Job) -> Self:
        """The job as it is shown."""
        return cls(**{name: getattr(job, name) for name in cls.model_fields})


class ConfirmBody(Body):
    """What a person saw at the printer."""

    printed: bool = Field(strict=True, description="True: all that were sent are out.")
    labels_done: int | None = Field(
        default=None, ge=0, le=MAX_LABELS, strict=True, description="How many are out in all, where only some of those in doubt are."
    )


class RetryBody(Body):
    """What to print again."""

    only: Literal["missing"] | None = Field(
        default=None, description="`missing`: only labels that are not known to be out; left out: all of the job."
    )


class JobChange(Body):
    """What to change about a job that waits."""

    priority: int | None = Field(default=None, ge=-100, le=100, strict=True)
    printer: Word | None = Field(default=None, description="Slug or id of the printer to move it to.")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.priority is None and self.printer is None:
            raise ValueError("priority or printer must be given")
        return self


class HealthOut(BaseModel):
    """Alive."""

    status: Literal["ok"]
    version: str
    revision: str | None
    build_date: str | None
    repository: str | None


class CheckOut(BaseModel):
    """One check of readiness."""

    status: Literal["ok", "fail", "stale", "skipped"]
    detail: str
    metric: float | None


class ReadinessOut(BaseModel):
    """May traffic be routed here. `background` is what goes on for ever, by what it is: what fails is begun again, and only degrades."""

    status: Literal["ready", "degraded", "not-ready"]
    checks: dict[str, CheckOut]
    background: dict[str, CheckOut]
    version: str
    revision: str | None
