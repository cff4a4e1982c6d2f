"""The URL of a database, as every part of this room reads it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from labelhub.errors import DatabaseUnusable


def parsed(url: str) -> URL:
    """The URL, with the driver chosen for PostgreSQL. DatabaseUnusable for one that names neither database; it shows nothing of it."""
    try:
        found = make_url(url)
        kind = found.get_backend_name()
    except (ArgumentError, ValueError):
        kind = None
    if kind == "sqlite":
        return found
    if kind == "postgresql":
        return found.set(drivername="postgresql+psycopg")
    raise DatabaseUnusable("the database's URL must begin with sqlite:/// or postgresql://; set LABELHUB_DATABASE_URL to one that does")


def file_of(url: str) -> Path | None:
    """The file of a SQLite database; None for a database on a server."""
    found = parsed(url)
    return Path(str(found.database)) if found.get_backend_name() == "sqlite" else None
