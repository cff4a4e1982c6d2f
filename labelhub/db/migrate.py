"""Bring the configured database to the schema of this program, and tell whether it is there.

Alembic is imported where it takes a step, so not in a start that finds nothing to do.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from labelhub.db.engine import Database
from labelhub.db.kind import Limits
from labelhub.db.schema import metadata
from labelhub.db.url import file_of
from labelhub.errors import DatabaseUnusable

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
REVISION, FOLLOWED = (re.compile(rf'^{name} = "(\w+)"$', re.MULTILINE) for name in ("revision", "down_revision"))
PATIENCE = Limits(busy_s=600, statement_s=0, idle_s=60)
"""On PostgreSQL another node may be at it already; what a long table takes is nobody's fault."""


def migrate(url: str) -> str:
    """The revision the database is at after every missing step was taken. DatabaseUnusable says why it could not."""
    make_folder(url)
    database = Database(url, limits=None if file_of(url) else PATIENCE)
    try:
        database.write_now(_upgrade)
        return database.write_now(verify)
    finally:
        database.close()


def make_folder(url: str) -> None:
    """Create the folder a SQLite database lies in; a database on a server has none here."""
    path = file_of(url)
    try:
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUnusable(f"the folder of {path} cannot be made ({error}); set LABELHUB_DATA_DIR to one that can") from error


def verify(conn: Connection) -> str:
    """The revision the database is at. DatabaseUnusable when it is not this program's, or when tables, columns or indexes are missing."""
    at, head = current_revision(conn), head_revision()
    if at != head:
        raise DatabaseUnusable(f"the database is at revision {at}, this program wants {head}; run `labelhub migrate` of the same version")
    missing = sorted(_missing(conn))
    if missing:
        raise DatabaseUnusable(
            f"the database says revision {at} but lacks {', '.join(missing)}; restore it from a backup, or start with a new one"
        )
    return head


def current_revision(conn: Connection) -> str | None:
    """The revision the database says it is at; None for an empty one."""
    if not sa.inspect(conn).has_table("alembic_version"):
        return None
    return conn.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


@cache
def head_revision() -> str:
    """The newest revision this program knows: the one that none comes after. Read as Alembic would, without importing it."""
    texts = [file.read_text(encoding="utf-8") for file in (MIGRATIONS / "versions").glob("*.py")]
    known, followed = ({found[1] for text in texts if (found := line.search(text))} for line in (REVISION, FOLLOWED))
    (newest,) = known - followed
    return newest


def _upgrade(conn: Connection) -> None:
    at = current_revision(conn)
    if at == head_revision():
        return
    from alembic import command
    from alembic.util import CommandError

    if at is None and set(sa.inspect(conn).get_table_names()) & set(metadata.tables):
        raise DatabaseUnusable(
            "the database holds tables of the hub but does not say their revision; restore it from a backup, or start with a new one"
        )
    config = revisions()
    config.attributes["connection"] = conn
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise DatabaseUnusable(
            f"this program does not know the database's revision ({error}); it was used by a newer version: install that again"
        ) from error
    except ValueError as error:
        raise DatabaseUnusable(
            f"the database holds a value that cannot be migrated: {error}; correct it there (nothing was changed), or restore a backup"
        ) from error


def revisions() -> Config:
    """Where Alembic finds this program's revisions."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


def _missing(conn: Connection) -> set[str]:
    inspector = sa.inspect(conn)
    there = {table: {column["name"] for column in columns} for (_, table), columns in inspector.get_multi_columns().items()}
    columns = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if column.name not in there.get(table.name, ())
    }
    indexed = {str(index["name"]) for indexes in inspector.get_multi_indexes().values() for index in indexes}
    return columns or {str(index.name) for table in metadata.tables.values() for index in table.indexes} - indexed
