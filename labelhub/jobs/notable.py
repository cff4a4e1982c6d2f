"""What notices tell of jobs, read when there is something to tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from labelhub.db.engine import Database
from labelhub.jobs import store
from labelhub.jobs.job import Job
from labelhub.notices.notice import JobFacts


@dataclass(frozen=True, slots=True)
class Notable:
    """Jobs as notices see them."""

    database: Database

    async def jobs(self, ids: Sequence[UUID]) -> Mapping[UUID, JobFacts]:
        """Those of the jobs that there still are."""
        found = await self.database.read(store.some, list(ids)) if ids else []
        return {job.id: _facts(job) for job in found}

    async def wanting(self, job_id: UUID) -> UUID | None:
        """The job while it waits for media, or another of its printer that waits for the same; None when none does."""
        return await self.database.read(store.wanting, job_id)


def _facts(job: Job) -> JobFacts:
    return JobFacts(job.id, job.printer_id, job.template_key, job.reason, job.detail, job.labels_total, job.labels_done)
