"""What the API tells of notices. Addresses of targets, and what stands in them, are never told."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from labelhub.api.schemas import Instant
from labelhub.notices.store import Sent
from labelhub.notices.target import Target


class NoticeOut(BaseModel):
    """One notice for one target."""

    id: UUID
    type: str
    title: str
    state: str = Field(description="waiting, sending, sent, given-up, or unknown: it may have arrived, and is not sent again.")
    attempts: int
    error: str | None = Field(description="What came of the last attempt, where it was not sent.")
    created_at: Instant
    ended_at: Instant | None


class NoticeTargetOut(BaseModel):
    """Who is told, of what, and what became of the last notices."""

    name: str
    kind: str
    host: str
    types: list[str]
    resolved: bool
    waiting: int = Field(description="Notices that have not arrived yet.")
    notices: list[NoticeOut]

    @classmethod
    def of(cls, target: Target, waiting: int, sent: list[Sent]) -> NoticeTargetOut:
        """A target with its newest notices."""
        told = [
            NoticeOut(id=one.id, type=one.type, title=one.body["data"]["title"], state=one.state, attempts=one.attempts, error=one.error,
                      created_at=one.created_at, ended_at=one.ended_at)
            for one in sent
        ]  # fmt: skip
        return cls(name=target.name, kind=target.kind.value, host=target.host, types=sorted(one.value for one in target.types),
                   resolved=target.resolved, waiting=waiting, notices=told)  # fmt: skip


class TestBody(BaseModel):
    """Which target to test."""

    model_config = ConfigDict(extra="forbid")

    target: str | None = Field(default=None, max_length=60, description="Its name; all of them without.")


class TestOut(BaseModel):
    """What came of a test."""

    target: str
    sent: bool
    error: str | None
