"""Pictures that come with a job: a field names one by its digest, and whoever draws the label is handed the picture itself."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from labelhub.db.schema import image_contents, job_images
from labelhub.jobs.job import PICTURE, LabelOrder

TYPES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp", "svg": "image/svg+xml", "pdf": "application/pdf"}
MOST = 16
"""Of one label; more than any template shows."""


def bind(conn: Connection, job_id: UUID, labels: Iterable[LabelOrder]) -> None:
    """Keep the pictures that the labels name as long as the job; names of none that is there are left as they are."""
    named = {digest for label in labels for _, digest in _named(label.fields)}
    if named:
        found = conn.execute(sa.select(image_contents.c.digest).where(image_contents.c.digest.in_(named))).scalars().all()
        rows = [{"job_id": job_id, "digest": digest} for digest in sorted(found)]
        if rows:
            conn.execute(sa.insert(job_images), rows)


def shown(conn: Connection, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with each picture that they name in its place, as a data: URI."""
    filled = dict(fields)
    for name, digest in _named(fields):
        columns = sa.select(image_contents.c.kind, image_contents.c.content)
        row = conn.execute(columns.where(image_contents.c.digest == digest)).first()
        if row is not None:
            filled[name] = f"data:{TYPES[row.kind]};base64,{base64.b64encode(row.content).decode()}"
    return filled


def _named(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    found = 0
    for name, value in fields.items():
        if isinstance(value, str) and value.startswith(PICTURE) and len(value) == len(PICTURE) + 64 and found < MOST:
            found += 1
            yield name, value.removeprefix(PICTURE)
