"""Every SQL statement about templates. Definitions are kept by digest, so that a job prints what it was submitted with."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4, uuid5

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from labelhub.db.schema import image_contents, images, template_history, template_versions, templates, version_images
from labelhub.errors import TemplateBuiltIn, TemplateChanged, TemplateInvalid, TemplateNotFound, TemplateVersionNotFound, TooManyTemplates
from labelhub.labels.document import refused
from labelhub.labels.template import Template, parse
from labelhub.labels.written import Written, canonical, digest_of

log = logging.getLogger(__name__)

SEED, USER = "seed", "user"
SEEDS = UUID("0c9a3f52-8d0e-5f8e-9a53-4a0f5f0f3f1b")
MAX_TEMPLATES = 500
"""Of users; the built-in ones come on top."""
KEPT_VERSIONS = 50
"""Of one template; the oldest go first. What a job was submitted with stays as long as the job."""


MAX_SHOWN_BYTES = 10 * 1024 * 1024
"""Of the pictures of one template, as they are stored."""


@dataclass(frozen=True, slots=True)
class StoredTemplate:
    """A template as it stands in the database, under the digest of its present definition."""

    id: UUID
    digest: str
    source: str
    created_at: datetime
    updated_at: datetime
    template: Template
    version: int = 1

    @property
    def mark(self) -> str:
        """As `mark_of`."""
        return mark_of(self.version, self.digest)


@dataclass(frozen=True, slots=True)
class Version:
    """What a template was, from `created_at` to the next version. `text`: as it was written, where it came as YAML."""

    key: str
    version: int
    digest: str
    saved_by: str
    created_at: datetime
    text: str | None = None
    definition: Mapping[str, Any] | None = None
    """None in a list of versions."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What whoever changes a template takes it to be: one of these marks, `*` any; empty: not there yet; None: whatever it is."""

    marks: tuple[str, ...] | None = None

    def check(self, row: Row[Any] | None) -> None:
        """TemplateChanged when the row is another one."""
        if self.marks is None:
            return
        if not self.marks and row is not None:
            raise TemplateChanged(f"the template {row.key!r} is there already")
        if self.marks and (row is None or not {"*", mark_of(row.version, row.digest)} & set(self.marks)):
            raise TemplateChanged("the template was changed or deleted since it was read; read it again")


def mark_of(version: int, digest: str) -> str:
    """Another one after each change, even back to what was before, and after the key was given to another template."""
    return f"{version}-{digest[:16]}"


def seed(conn: Connection, builtins: Iterable[Template], at: datetime) -> None:
    """Make the built-in templates so; their ids are the same everywhere. One that is no longer built in is removed, its versions stay.

    A user's template is never touched: where a later release comes with the key of one, the user's stands in its place.
    """
    keys = []
    rows = {row.key: row for row in conn.execute(sa.select(templates))}
    for template in builtins:
        keys.append(template.key)
        row = rows.get(template.key)
        if row is not None and row.source != SEED:
            log.warning("the built-in template %s is hidden by the one of this key that was made here", template.key)
            continue
        definition = canonical(template.definition)
        _put(conn, row, Written(template, definition, digest_of(definition)), SEED, "", at)
    gone = sa.select(templates.c.key).where(templates.c.source == SEED, templates.c.key.not_in(keys))
    for key in conn.execute(gone).scalars().all():
        _remove(conn, key)


def save(conn: Connection, key: str, new: Written, expected: Expected, saved_by: str, at: datetime) -> tuple[StoredTemplate, bool]:
    """The user's template as it is now, and whether it is new; what is no change makes no version.

    TemplateBuiltIn, TemplateChanged, TooManyTemplates, and TemplateInvalid where it shows a picture that is not stored.
    """
    row = _row(conn, key)
    if row is not None and row.source == SEED:
        raise TemplateBuiltIn(
            f"the template {key!r} is built in; copy it under another key on its page, or with POST /api/templates/{key}/copy"
        )
    expected.check(row)
    if row is None:
        _check_room(conn)
    new, shown = bind(conn, new)
    _put(conn, row, new, USER, saved_by, at, shown)
    return get(conn, key), row is None


def bind(conn: Connection, new: Written) -> tuple[Written, Mapping[str, str]]:
    """The template with the digest it has as long as its pictures stay what they are, and their digests by name. TemplateInvalid."""
    names = new.pictures
    if not names:
        return new, {}
    rows = conn.execute(sa.select(images.c.name, images.c.digest).where(images.c.name.in_(names)))
    found = {row.name: row.digest for row in rows}
    for name in names:
        if name not in found:
            raise refused("/layout", f"there is no picture named {name[:80]!r}; store it first with PUT /api/images/{name[:80]}")
    sizes = sa.select(sa.func.sum(image_contents.c.size_bytes)).where(image_contents.c.digest.in_(found.values()))
    if conn.execute(sizes).scalar_one() > MAX_SHOWN_BYTES:
        raise refused("/layout", f"its pictures have more than {MAX_SHOWN_BYTES // 2**20} MiB together; store smaller ones")
    return new.showing(found), found


def drafted(conn: Connection, new: Written) -> Written:
    """A template that is not kept, with the pictures it would show. TemplateInvalid where one is not stored."""
    new, shown = bind(conn, new)
    columns = sa.select(image_contents.c.digest, image_contents.c.content)
    contents = {row.digest: row.content for row in conn.execute(columns.where(image_contents.c.digest.in_(shown.values())))}
    return replace(new, template=replace(new.template, pictures={name: contents[digest] for name, digest in shown.items()}))


def rebind(conn: Connection, name: str, saved_by: str, at: datetime) -> None:
    """A new version of every template that shows the picture of this name, which is another one now."""
    shows = sa.select(version_images.c.digest).where(version_images.c.name == name)
    for row in conn.execute(sa.select(templates).where(templates.c.digest.in_(shows))).all():
        definition = conn.execute(sa.select(template_versions.c.definition).where(template_versions.c.digest == row.digest)).scalar_one()
        new, shown = bind(conn, Written(_parsed(definition), definition, row.digest, _last_text(conn, row)))
        _put(conn, row, new, row.source, saved_by, at, shown)


def showing(conn: Connection, name: str) -> list[str]:
    """The keys of the templates that show the picture of this name now."""
    shows = sa.select(version_images.c.digest).where(version_images.c.name == name)
    return list(conn.execute(sa.select(templates.c.key).where(templates.c.digest.in_(shows)).order_by(templates.c.key)).scalars())


def remove(conn: Connection, key: str, expected: Expected) -> None:
    """Forget a user's template and its history; jobs keep what they were submitted with.

    TemplateNotFound, TemplateBuiltIn, TemplateChanged.
    """
    row = _row(conn, key)
    if row is None:
        raise _not_found(key)
    if row.source == SEED:
        raise TemplateBuiltIn(f"the template {key!r} is built in and cannot be deleted")
    expected.check(row)
    _remove(conn, key)


def every(conn: Connection, app: str | None = None, source: str | None = None) -> list[StoredTemplate]:
    """All templates by key, or those of one app or source. One that this program cannot read, for another wrote it, is left out."""
    rows = conn.execute(_SELECT.order_by(templates.c.key).where(*([] if source is None else [templates.c.source == source])))
    return [stored for stored in _readable(rows) if app is None or stored.template.app == app]


def get(conn: Connection, key: str) -> StoredTemplate:
    """One template by its key. TemplateNotFound; TemplateInvalid for one that another program wrote."""
    row = conn.execute(_SELECT.where(templates.c.key == key)).first()
    if row is None:
        raise _not_found(key)
    stored = _stored(row)
    return replace(stored, template=_illustrated(conn, stored.digest, stored.template))


def version(conn: Connection, digest: str) -> Template:
    """The template a job was submitted with. TemplateNotFound."""
    text = conn.execute(sa.select(template_versions.c.definition).where(template_versions.c.digest == digest)).scalar()
    if text is None:
        raise TemplateNotFound(f"no template version has the digest {digest[:80]!r}")
    return _illustrated(conn, digest, _parsed(text))


def versions(conn: Connection, key: str) -> list[Version]:
    """What the template was, the present version first. TemplateNotFound."""
    found = conn.execute(
        sa.select(*_OF_VERSION).where(template_history.c.key == key).order_by(template_history.c.version.desc())
    )  # fmt: skip
    listed = [Version(*row) for row in found]
    if not listed:
        raise _not_found(key)
    return listed


def version_of(conn: Connection, key: str, number: int) -> Version:
    """One version of a template, whole. TemplateNotFound, TemplateVersionNotFound."""
    columns = (*_OF_VERSION, template_history.c.text, template_versions.c.definition)
    found = sa.select(*columns).join(template_versions).where(template_history.c.key == key, template_history.c.version == number)
    row = conn.execute(found).first() if 0 < number < 2**31 else None
    if row is None:
        listed = versions(conn, key)
        raise TemplateVersionNotFound(f"the template has the versions {listed[-1].version} to {listed[0].version}")
    *rest, definition = row
    return replace(Version(*rest), definition=_parsed(definition).definition)


def count(conn: Connection) -> int:
    """How many templates there are."""
    return int(conn.execute(sa.select(sa.func.count()).select_from(templates)).scalar_one())


def _check_room(conn: Connection) -> None:
    of_users = sa.select(sa.func.count()).select_from(templates).where(templates.c.source == USER)
    if conn.execute(of_users).scalar_one() >= MAX_TEMPLATES:
        raise TooManyTemplates(f"the hub keeps {MAX_TEMPLATES} templates of its users; delete one that is no longer used")


def _put(
    conn: Connection,
    row: Row[Any] | None,
    new: Written,
    source: str,
    saved_by: str,
    at: datetime,
    shown: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """The template as it is now, with a new version unless nothing has changed."""
    key = new.template.key
    if row is not None and row.digest == new.digest and (source == SEED or _last_text(conn, row) == new.text):
        return
    number = 1 if row is None else row.version + 1
    _keep_definition(conn, new, at, shown)
    if row is None:
        of_source = uuid5(SEEDS, key) if source == SEED else uuid4()
        first = {"id": of_source, "key": key, "source": source, "digest": new.digest, "version": number}
        conn.execute(sa.insert(templates).values(first | {"created_at": at, "updated_at": at}))
    else:
        now = {"digest": new.digest, "version": number, "updated_at": at}
        conn.execute(sa.update(templates).where(templates.c.id == row.id).values(now))
    kept = {"key": key, "version": number, "digest": new.digest, "text": new.text, "saved_by": saved_by[:100], "created_at": at}
    conn.execute(sa.insert(template_history).values(kept))
    old = template_history.c.version <= number - KEPT_VERSIONS
    conn.execute(sa.delete(template_history).where(template_history.c.key == key, old))


def _last_text(conn: Connection, row: Row[Any]) -> str | None:
    last = sa.select(template_history.c.text).where(template_history.c.key == row.key, template_history.c.version == row.version)
    text: str | None = conn.execute(last).scalar()
    return text


def _keep_definition(conn: Connection, new: Written, at: datetime, shown: Mapping[str, str]) -> None:
    if conn.execute(sa.select(template_versions.c.digest).where(template_versions.c.digest == new.digest)).first() is None:
        conn.execute(sa.insert(template_versions).values(digest=new.digest, definition=new.definition, created_at=at))
        conn.execute(sa.delete(version_images).where(version_images.c.digest == new.digest))
        rows = [{"digest": new.digest, "name": name, "image_digest": digest} for name, digest in shown.items()]
        if rows:
            conn.execute(sa.insert(version_images), rows)


def _remove(conn: Connection, key: str) -> None:
    conn.execute(sa.delete(template_history).where(template_history.c.key == key))
    conn.execute(sa.delete(templates).where(templates.c.key == key))


def _row(conn: Connection, key: str) -> Row[Any] | None:
    return conn.execute(sa.select(templates).where(templates.c.key == key)).first()


def _not_found(key: str) -> TemplateNotFound:
    return TemplateNotFound(f"no template has the key {key[:80]!r}")


def _illustrated(conn: Connection, digest: str, template: Template) -> Template:
    """The template with its pictures as they were when this version was made."""
    columns = sa.select(version_images.c.name, image_contents.c.content).join(image_contents)
    rows = conn.execute(columns.where(version_images.c.digest == digest)).all()
    return replace(template, pictures={row.name: row.content for row in rows}) if rows else template


def _readable(rows: Iterable[Row[Any]]) -> Iterator[StoredTemplate]:
    for row in rows:
        try:
            yield _stored(row)
        except TemplateInvalid as error:
            log.warning("the template %s cannot be read: %s", row.key, error.detail)


def _stored(row: Row[Any]) -> StoredTemplate:
    return StoredTemplate(row.id, row.digest, row.source, row.created_at, row.updated_at, _parsed(row.definition), row.version)


_parsed = lru_cache(maxsize=256)(parse)
_SELECT = sa.select(templates, template_versions.c.definition).join(template_versions)
_OF_VERSION = (
    template_history.c.key, template_history.c.version, template_history.c.digest, template_history.c.saved_by,
    template_history.c.created_at,
)  # fmt: skip
