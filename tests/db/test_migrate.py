from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from labelhub.db.engine import Database
from labelhub.db.migrate import current_revision, head_revision, migrate, revisions, verify
from labelhub.db.schema import UtcDateTime, metadata
from labelhub.errors import DatabaseUnusable

NAIVE = Path(__file__).with_name("naive.sql")
EARLIER = [NAIVE, *sorted(Path(__file__).parent.glob("revision-*.sql"))]
INSTANTS = [
    (table.name, column.name)
    for table in metadata.tables.values()
    for column in table.columns
    if isinstance(column.type, UtcDateTime) and f"CREATE TABLE {table.name} (" in NAIVE.read_text()
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "labelhub.db"


@pytest.fixture
def naive(path: Path) -> Path:
    """The database of naive.sql."""
    run(path, NAIVE.read_text())
    return path


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def run(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)


def content(path: Path) -> list[str]:
    """Everything in the database, as a script."""
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def texts(path: Path, table: str, column: str) -> list[str | None]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute(f"SELECT {column} FROM {table} ORDER BY rowid")]


def instants(found: list[str | None]) -> list[datetime | None]:
    """What these texts mean: without a zone they are UTC."""
    parsed = [datetime.fromisoformat(text) if text else None for text in found]
    return [at.replace(tzinfo=at.tzinfo or UTC) if at else None for at in parsed]


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    migrate(url(path))
    database = Database(url(path))
    yield database
    database.close()


def test_the_newest_revision_is_the_one_that_alembic_would_go_to() -> None:
    assert head_revision() == ScriptDirectory.from_config(revisions()).get_current_head()


def test_an_empty_file_comes_to_the_newest_revision(path: Path) -> None:
    path.touch()
    assert migrate(url(path)) == head_revision()


def test_the_folder_is_made_and_a_second_run_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "labelhub.db"
    migrate(url(path))
    before = content(path)
    assert migrate(url(path)) == head_revision()
    assert content(path) == before


def test_the_migrations_make_the_very_schema_of_the_program(database: Database) -> None:
    def differences(conn: sa.Connection) -> list[Any]:
        # It cannot compare indexes with DESC in them; the next test does.
        descending = ("ix_jobs_waiting", "ix_jobs_waiting_set", "ix_jobs_queue")
        options = {"compare_type": True, "include_object": lambda _object, name, *_: name not in descending}
        return list(compare_metadata(MigrationContext.configure(conn, opts=options), metadata))

    assert database.write_now(differences) == []


def test_the_migrations_make_every_constraint_and_index_as_declared(database: Database, tmp_path: Path) -> None:
    declared = sa.create_engine(url(tmp_path / "declared.db"))
    metadata.create_all(declared)
    with declared.connect() as conn:
        wanted = built(conn)
    declared.dispose()
    assert database.write_now(built) == wanted
    assert "WHERE state = 'printing'" in wanted["uq_jobs_printing"]


def built(conn: sa.Connection) -> dict[str, Any]:
    """Indexes as their statements, and the constraints of each table."""
    inspector = sa.inspect(conn)
    statements = conn.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
    found: dict[str, Any] = {name: " ".join(sql.replace('"', "").split()) for name, sql in statements}
    for table in metadata.tables:
        keys = [(key["constrained_columns"], key["referred_table"]) for key in inspector.get_foreign_keys(table)]
        uniques = [unique["column_names"] for unique in inspector.get_unique_constraints(table)]
        nullable = {column["name"]: column["nullable"] for column in inspector.get_columns(table)}
        found[table] = keys, uniques, nullable, inspector.get_pk_constraint(table)["constrained_columns"]
    return found


@pytest.mark.parametrize(("table", "column"), INSTANTS)
def test_the_fixture_holds_a_zoneless_row_in_every_column_of_times(naive: Path, table: str, column: str) -> None:
    zoneless = [text for text in texts(naive, table, column) if text and datetime.fromisoformat(text).tzinfo is None]
    assert zoneless, f"{table}.{column} needs a row without a zone in naive.sql"
    assert {" " in text for text in zoneless} == {"." in text for text in zoneless} == {True, False}


def test_after_two_runs_every_time_ends_in_z_and_no_instant_has_moved(naive: Path) -> None:
    before = {place: instants(texts(naive, *place)) for place in INSTANTS}
    assert migrate(url(naive)) == head_revision()
    once = content(naive)
    run(naive, "UPDATE alembic_version SET version_num = '0001'")
    migrate(url(naive))
    assert content(naive) == once
    for place in INSTANTS:
        after = texts(naive, *place)
        assert all(text is None or (len(text) == 27 and text[10] == "T" and text.endswith("Z")) for text in after), place
        assert instants(after) == before[place], place


@pytest.mark.parametrize("earlier", EARLIER, ids=lambda earlier: earlier.stem)
def test_a_database_of_an_earlier_version_keeps_its_printers_and_what_they_told_of_themselves(path: Path, earlier: Path) -> None:
    run(path, earlier.read_text())
    before = texts(path, "printers", "slug || host || port || snmp_community")
    serials = texts(path, "printers", "serial") if "serial" in earlier.read_text() else [None] * len(before)
    assert migrate(url(path)) == head_revision()
    assert texts(path, "printers", "slug || host || port || snmp_community") == before
    assert texts(path, "printers", "serial") == serials
    once = content(path)
    run(path, "UPDATE alembic_version SET version_num = '0001'")
    migrate(url(path))
    assert content(path) == once


def test_a_serial_number_outlives_a_migration_that_runs_again(path: Path) -> None:
    run(path, EARLIER[-1].read_text())
    migrate(url(path))
    run(path, "UPDATE printers SET serial = 'A1'; UPDATE alembic_version SET version_num = '0002'")
    migrate(url(path))
    assert set(texts(path, "printers", "serial")) == {"A1"}


@pytest.mark.parametrize(
    "garbage", ["'yesterday'", "12345", "x'00ff'", "''", "'9999-99-99T00:00:00.000000'", "'0001-01-01 00:00:00+14:00'"]
)
def test_a_value_that_is_no_time_is_named_and_nothing_is_changed(naive: Path, garbage: str) -> None:
    run(naive, f"UPDATE jobs SET finished_at = {garbage} WHERE number = 3")
    before = content(naive)
    with pytest.raises(DatabaseUnusable, match=r"jobs\.finished_at of row 3.*correct it") as caught:
        migrate(url(naive))
    assert content(naive) == before
    assert "\n" not in caught.value.detail


def test_a_revision_of_a_newer_program_is_told_and_left_alone(path: Path) -> None:
    migrate(url(path))
    run(path, "UPDATE alembic_version SET version_num = '9999'")
    before = content(path)
    with pytest.raises(DatabaseUnusable, match=r"9999.*newer version"):
        migrate(url(path))
    assert content(path) == before


def test_a_revision_behind_is_told_by_verify(database: Database, path: Path) -> None:
    run(path, "UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(DatabaseUnusable, match=r"at revision 0001.*wants.*labelhub migrate"):
        database.write_now(verify)


@pytest.mark.parametrize(
    ("change", "lacks"),
    [
        ("ALTER TABLE printers DROP COLUMN paused", "printers.paused"),
        ("DROP TABLE events", "events.created_at"),
        ("DROP INDEX uq_jobs_printing", "uq_jobs_printing"),
    ],
)
def test_drift_is_named(path: Path, change: str, lacks: str) -> None:
    migrate(url(path))
    run(path, change)
    with pytest.raises(DatabaseUnusable, match=f"lacks .*{lacks}.*backup"):
        migrate(url(path))


def test_tables_without_a_revision_are_told(path: Path) -> None:
    migrate(url(path))
    run(path, "DELETE FROM alembic_version")
    with pytest.raises(DatabaseUnusable, match="does not say their revision"):
        migrate(url(path))


def test_an_empty_database_has_no_revision(path: Path) -> None:
    database = Database(url(path))
    assert database.write_now(current_revision) is None
    database.close()


def test_a_file_that_is_no_database_is_told_and_kept(path: Path) -> None:
    path.write_bytes(b"not a database" * 500)
    with pytest.raises(DatabaseUnusable, match="not a database; restore it"):
        migrate(url(path))
    assert path.read_bytes() == b"not a database" * 500


def test_half_a_database_is_told(path: Path) -> None:
    migrate(url(path))
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(DatabaseUnusable, match="malformed; restore it"):
        migrate(url(path))


def test_a_folder_in_the_place_of_the_file_is_told(path: Path) -> None:
    path.mkdir()
    with pytest.raises(DatabaseUnusable, match="LABELHUB_DATA_DIR"):
        migrate(url(path))


def test_a_place_that_cannot_be_written_is_told(path: Path) -> None:
    path.touch()
    for place in (path / "labelhub.db", Path("/proc/labelhub.db"), Path("/proc/none/labelhub.db")):
        with pytest.raises(DatabaseUnusable, match="LABELHUB_DATA_DIR"):
            migrate(url(place))


def test_migrating_leaves_the_programs_logging_alone(path: Path) -> None:
    early = logging.getLogger("labelhub.made.before")
    early.setLevel(logging.DEBUG)
    handler = logging.NullHandler()
    early.addHandler(handler)
    root = logging.getLogger()
    before = root.level, list(root.handlers)
    migrate(url(path))
    assert (early.disabled, early.level, early.handlers, early.propagate) == (False, logging.DEBUG, [handler], True)
    assert (root.level, root.handlers) == before
    early.removeHandler(handler)
