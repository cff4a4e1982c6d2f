"""A printer's turn: the job it prints next with the first of its pages, taken in one go, and as the one before is written off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from labelhub.jobs.job import Job, Sheet
from labelhub.jobs.store.claim import Hand, Leaving, claim
from labelhub.jobs.store.inhand import complete, sheets
from labelhub.media import Media


@dataclass(frozen=True, slots=True)
class Taken:
    """A claimed job and the first of its pages that are left to print."""

    job: Job
    sheets: list[Sheet]


def take(conn: Connection, hand: Hand, loaded: Media | None, pages: int, at: datetime, leaving: Leaving | None = None) -> Taken | None:
    """What `claim` gives, with so many pages."""
    job = claim(conn, hand, loaded, at, leaving)
    return None if job is None else Taken(job, sheets(conn, job, job.labels_done, pages))


def complete_and_take(
    conn: Connection, job: Job, evidence: str, media: Media, hand: Hand, loaded: Media | None, leaving: Leaving, pages: int, at: datetime
) -> tuple[Job, Taken | None]:
    """The job, once it is `complete`, and what `take` gives then; a single label is on its way with that."""
    return complete(conn, job, evidence, media, at), take(conn, hand, loaded, pages, at, leaving)
