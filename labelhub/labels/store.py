"""Every SQL statement about templates. Definitions are kept by digest, so that a job prints what it was submitted with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid5

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from labelhub.db.schema import template_versions, templates
from labelhub.errors import TemplateNotFound
from labelhub.labels.template import Template, parse

SEED = "seed"
SEEDS = UUID("0c9a3f52-8d0e-5f8e-9a53-4a0f5f0f3f1b")


@dataclass(frozen=True, slots=True)
class StoredTemplate:
    """A template as it stands in the database, under the digest of its present definition."""

    id: UUID
    digest: str
    source: str
    created_at: datetime
    updated_at: datetime
    template: Template


def seed(conn: Connection, builtins: Iterable[Template], at: datetime) -> None:
    """Make the built-in templates so; their ids are the same everywhere. One that is no longer built in is removed, its versions stay."""
    keys = []
    for template in builtins:
        keys.append(template.key)
        digest = _keep_version(conn, template, at)
        row = conn.execute(sa.select(templates).where(templates.c.key == template.key)).first()
        if row is None:
            values = {"id": uuid5(SEEDS, template.key), "key": template.key, "source": SEED, "digest": digest}
            conn.execute(sa.insert(templates).values(values | {"created_at": at, "updated_at": at}))
        elif row.digest != digest:
            conn.execute(sa.update(templates).where(templates.c.id == row.id).values(digest=digest, updated_at=at))
    conn.execute(sa.delete(templates).where(templates.c.source == SEED, templates.c.key.not_in(keys)))


def every(conn: Connection, app: str | None = None) -> list[StoredTemplate]:
    """All templates by key, or those of one app."""
    rows = conn.execute(_SELECT.order_by(templates.c.key))
    return [stored for stored in map(_stored, rows) if app is None or stored.template.app == app]


def get(conn: Connection, key: str) -> StoredTemplate:
    """One template by its key. TemplateNotFound."""
    row = conn.execute(_SELECT.where(templates.c.key == key)).first()
    if row is None:
        raise TemplateNotFound(f"no template has the key {key[:80]!r}")
    return _stored(row)


def version(conn: Connection, digest: str) -> Template:
    """The template a job was submitted with. TemplateNotFound."""
    text = conn.execute(sa.select(template_versions.c.definition).where(template_versions.c.digest == digest)).scalar()
    if text is None:
        raise TemplateNotFound(f"no template version has the digest {digest[:80]!r}")
    return _parsed(text)


def count(conn: Connection) -> int:
    """How many templates there are."""
    return int(conn.execute(sa.select(sa.func.count()).select_from(templates)).scalar_one())


def _keep_version(conn: Connection, template: Template, at: datetime) -> str:
    text = json.dumps(template.definition, sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(text.encode()).hexdigest()
    if conn.execute(sa.select(template_versions.c.digest).where(template_versions.c.digest == digest)).first() is None:
        conn.execute(sa.insert(template_versions).values(digest=digest, definition=text, created_at=at))
    return digest


def _stored(row: Row[Any]) -> StoredTemplate:
    return StoredTemplate(row.id, row.digest, row.source, row.created_at, row.updated_at, _parsed(row.definition))


_parsed = lru_cache(maxsize=256)(parse)
_SELECT = sa.select(templates, template_versions.c.definition).join(template_versions)
