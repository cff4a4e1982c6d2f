"""The same migrations on PostgreSQL, and databases of every earlier version on both, which must come out the same."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from labelhub.db.engine import Database
from labelhub.db.migrate import current_revision, head_revision, migrate, revisions, verify
from labelhub.db.schema import metadata
from labelhub.errors import DatabaseUnusable
from tests.databases import Server

EARLIER = sorted(Path(__file__).parent.glob("*.sql"))
SEQUENCES = {"events": "id", "jobs": "number"}


@pytest.fixture
def url(postgres: Server) -> Iterator[str]:
    name = postgres.create("template1")
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture
def migrated(postgres: Server) -> Iterator[Database]:
    name = postgres.create()
    database = Database(postgres.url(name))
    yield database
    database.close()
    postgres.drop(name)


def on(url: str, fn: Any, *args: Any) -> Any:
    database = Database(url)
    try:
        return database.write_now(fn, *args)
    finally:
        database.close()


def built(conn: sa.Connection) -> Any:
    """Every index and constraint as the server writes it, and every column."""
    indexes = conn.exec_driver_sql("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1").all()
    constraints = conn.exec_driver_sql(
        "SELECT conrelid::regclass::text, contype::text, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = 'public'::regnamespace AND contype <> 'n' ORDER BY 1, 2, 3"
    ).all()
    columns = conn.exec_driver_sql(
        "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable FROM information_schema.columns "
        "WHERE table_schema = 'public' ORDER BY 1, 2"
    ).all()
    return [[tuple(row) for row in rows if "alembic_version" not in str(row)] for rows in (indexes, constraints, columns)]


def everything(conn: sa.Connection) -> dict[str, list[Any]]:
    """Every row of every table, as the program reads it."""
    return {
        table.name: [tuple(row) for row in conn.execute(sa.select(table).order_by(*table.primary_key))]
        for table in metadata.tables.values()
    }


def upgrade(conn: sa.Connection, revision: str) -> None:
    config = revisions()
    config.attributes["connection"] = conn
    command.upgrade(config, revision)


def copy(conn: sa.Connection, file: Path) -> None:
    """Put the rows of a SQLite file into tables of the same revision."""
    there = sa.MetaData()
    there.reflect(conn)
    with closing(sqlite3.connect(file)) as source:
        source.row_factory = sqlite3.Row
        for table in there.sorted_tables:
            rows = [dict(row) for row in source.execute(f"SELECT * FROM {table.name}")]
            for row in rows:
                for column in table.columns:
                    if isinstance(column.type, sa.Boolean):
                        row[column.name] = bool(row[column.name])
                    elif isinstance(column.type, sa.JSON) and row[column.name] is not None:
                        row[column.name] = json.loads(row[column.name])
                    elif isinstance(column.type, sa.DateTime):
                        column.type = sa.types.NullType()  # text, which the server reads itself
            if rows and table.name != "alembic_version":
                conn.execute(sa.insert(table), rows)
    for name, key in SEQUENCES.items():
        conn.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{name}', '{key}'), max({key})) FROM {name}")


def test_the_migrations_make_the_very_schema_of_the_program(migrated: Database) -> None:
    def differences(conn: sa.Connection) -> list[Any]:
        return list(compare_metadata(MigrationContext.configure(conn, opts={"compare_type": True}), metadata))

    assert migrated.write_now(verify) == head_revision()
    assert migrated.write_now(differences) == []


def test_the_migrations_make_every_constraint_index_and_column_as_declared(migrated: Database, url: str) -> None:
    on(url, metadata.create_all)
    assert migrated.write_now(built) == on(url, built)


@pytest.mark.parametrize("earlier", EARLIER, ids=lambda earlier: earlier.stem)
def test_a_database_of_an_earlier_version_comes_out_the_same_on_both(url: str, tmp_path: Path, earlier: Path) -> None:
    file = tmp_path / "labelhub.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(earlier.read_text())
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    on(url, upgrade, revision)
    on(url, copy, file)
    assert migrate(url) == migrate(f"sqlite:///{file}") == head_revision()
    found = on(url, everything)
    assert found == on(f"sqlite:///{file}", everything)
    assert found["jobs"]
    assert migrate(url) == head_revision()
    assert on(url, everything) == found


def test_numbers_go_on_where_they_were(url: str) -> None:
    on(url, upgrade, "0003")
    on(
        url,
        lambda conn: conn.exec_driver_sql("INSERT INTO events (type, data, created_at) VALUES ('x', '{}', now()), ('y', '{}', now())"),
    )
    migrate(url)
    insert = "INSERT INTO events (type, data, created_at) VALUES ('z', '{}', now()) RETURNING id"
    assert on(url, lambda conn: conn.exec_driver_sql(insert).scalar()) == 3


def test_nodes_that_start_at_once_migrate_once(url: str) -> None:
    with ThreadPoolExecutor(4) as nodes:
        assert list(nodes.map(migrate, [url] * 4)) == [head_revision()] * 4


def test_an_empty_database_has_no_revision(url: str) -> None:
    assert on(url, current_revision) is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("ALTER TABLE printers DROP COLUMN paused", "lacks printers.paused.*backup"),
        ("DROP TABLE events", "lacks .*events.created_at.*backup"),
        ("DROP INDEX uq_jobs_printing", "lacks uq_jobs_printing.*backup"),
        ("DELETE FROM alembic_version", "does not say their revision"),
        ("UPDATE alembic_version SET version_num = '9999'", "9999.*newer version"),
    ],
)
def test_drift_is_named(migrated: Database, change: str, told: str) -> None:
    migrated.write_now(lambda conn: conn.exec_driver_sql(change).close())
    with pytest.raises(DatabaseUnusable, match=told):
        migrate(migrated.url)


def test_a_user_who_may_not_make_tables_is_told(postgres: Server, url: str) -> None:
    name = url.partition("@/")[2].partition("?")[0]
    postgres.run("CREATE ROLE {role} LOGIN", role=name)
    with pytest.raises(DatabaseUnusable, match="permission denied for schema public"):
        migrate(url.replace("hub@", f"{name}@"))
    postgres.run("DROP ROLE {role}", role=name)
