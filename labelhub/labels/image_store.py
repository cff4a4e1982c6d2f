"""Every SQL statement about users' pictures. Contents are kept by digest, so that a job prints those it was submitted with."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from labelhub.db.schema import image_contents, images
from labelhub.errors import ImageInUse, ImageNotFound, TooManyImages
from labelhub.labels import store

MAX_IMAGES = 200
MAX_ALL_BYTES = 200 * 1024 * 1024
"""Of all pictures together."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture that was looked at and may be kept: its kind (`png`, `jpeg`, `webp`, `svg`, `pdf`), and its pixels, 0 for drawings."""

    content: bytes
    kind: str
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class StoredImage:
    """What is known of a picture beside its bytes."""

    name: str
    digest: str
    kind: str
    width: int
    height: int
    size_bytes: int
    created_at: datetime
    updated_at: datetime


def digest_of(content: bytes) -> str:
    """What a picture is known by."""
    return hashlib.sha256(content).hexdigest()


def put(conn: Connection, name: str, new: Upload, saved_by: str, at: datetime) -> tuple[StoredImage, bool]:
    """The picture under its name from now on, and whether the name is new. Templates that show it get a new version.

    TooManyImages; TemplateInvalid when a template would show too much.
    """
    digest = digest_of(new.content)
    found = conn.execute(sa.select(images.c.digest).where(images.c.name == name)).scalar()
    if found == digest:
        return get(conn, name), False
    _check_room(conn, len(new.content), found)
    keep(conn, new, at)
    values = {"digest": digest, "saved_by": saved_by[:100], "updated_at": at}
    if found is None:
        conn.execute(sa.insert(images).values(name=name, created_at=at, **values))
    else:
        conn.execute(sa.update(images).where(images.c.name == name).values(values))
        store.rebind(conn, name, saved_by, at)
    return get(conn, name), found is None


def every(conn: Connection) -> list[StoredImage]:
    """All pictures by name."""
    return [StoredImage(*row) for row in conn.execute(_SELECT.order_by(images.c.name))]


def get(conn: Connection, name: str) -> StoredImage:
    """One picture by its name. ImageNotFound."""
    row = conn.execute(_SELECT.where(images.c.name == name)).first()
    if row is None:
        raise _not_found(name)
    return StoredImage(*row)


def content(conn: Connection, name: str) -> tuple[StoredImage, bytes]:
    """One picture with its bytes. ImageNotFound."""
    found = get(conn, name)
    return found, conn.execute(sa.select(image_contents.c.content).where(image_contents.c.digest == found.digest)).scalar_one()


def remove(conn: Connection, name: str) -> None:
    """Forget the name; the picture stays as long as a job or an earlier version of a template shows it. ImageNotFound, ImageInUse."""
    get(conn, name)
    shown = store.showing(conn, name)
    if shown:
        raise ImageInUse(f"the picture {name!r} is shown by {', '.join(shown[:5])}: change or delete that first", templates=shown[:50])
    conn.execute(sa.delete(images).where(images.c.name == name))


def _check_room(conn: Connection, size_bytes: int, replaced: str | None) -> None:
    count, all_bytes = conn.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(image_contents.c.size_bytes), 0))
        .select_from(images.join(image_contents))
        .where(sa.true() if replaced is None else images.c.digest != replaced)
    ).one()
    if replaced is None and count >= MAX_IMAGES:
        raise TooManyImages(f"the hub keeps {MAX_IMAGES} pictures; delete one that is no longer used")
    if all_bytes + size_bytes > MAX_ALL_BYTES:
        raise TooManyImages(f"the hub keeps {MAX_ALL_BYTES // 2**20} MiB of pictures; delete some, or store smaller ones")


def keep(conn: Connection, new: Upload, at: datetime) -> str:
    """The digest of the picture, which is there from now on, as long as something leads to it."""
    digest = digest_of(new.content)
    if conn.execute(sa.select(image_contents.c.digest).where(image_contents.c.digest == digest)).first() is None:
        values = {"kind": new.kind, "width": new.width, "height": new.height, "size_bytes": len(new.content), "content": new.content}
        conn.execute(sa.insert(image_contents).values(digest=digest, created_at=at, **values))
    return digest


def _not_found(name: str) -> ImageNotFound:
    return ImageNotFound(f"no picture has the name {name[:80]!r}")


_SELECT = sa.select(
    images.c.name, images.c.digest, image_contents.c.kind, image_contents.c.width, image_contents.c.height, image_contents.c.size_bytes,
    images.c.created_at, images.c.updated_at,
).join(image_contents)  # fmt: skip
