"""A database of an earlier version: its jobs, their labels and options stay what they were, and its tables become those declared."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

import labelhub.db
from labelhub.db.engine import Database
from labelhub.db.migrate import migrate
from labelhub.db.schema import depths, events, idempotency_keys, job_labels, leases, metadata, printers, statuses
from labelhub.drivers.driver import EncodeOptions
from labelhub.jobs import store
from labelhub.jobs.job import Job, LabelOrder
from labelhub.jobs.store import Hand
from labelhub.media import MediaNeed, media_fields
from tests.databases import BOTH, POSTGRESQL, Server
from tests.jobs.queue_at_hand import AT, DIGEST, LATER, NODE, OTHER, PRINTER, TAPE_12, Queue, depths_counted, depths_told, put_state

EARLIER = Path(__file__).parents[1] / "db" / "revision-0002.sql"
OPTIONS = {
    "auto_cut": False,
    "half_cut": True,
    "high_resolution": False,
    "mirror": False,
    "chain": False,
    "cut_each": 2,
    "margin_mm": 3.5,
}
BATCH = {"labels": [{"data": {"title": "Büro", "secondary": ["a", "b"]}, "copies": 3}, {"data": {}, "copies": 1}], "options": OPTIONS}
ONE = {"labels": [{"data": {"n": 1}, "copies": 1}], "options": {}}
STATES = ("queued", "paused", "printing", "completed", "failed", "cancelled")
MANY = 450


def earlier(conn: sa.Connection) -> None:
    """The tables as they were, with jobs in every state and a long history."""
    config = Config()
    config.set_main_option("script_location", str(Path(labelhub.db.__path__[0]) / "migrations"))
    config.attributes["connection"] = conn
    command.upgrade(config, "0003")
    known = {table.name: _reflected(conn, table.name) for table in (printers, events)}
    old_jobs, versions = _reflected(conn, "jobs"), _reflected(conn, "template_versions")
    conn.execute(sa.insert(versions).values(digest=DIGEST, definition="key: demo", created_at=_at(conn)))
    for number, printer_id in enumerate((PRINTER, OTHER)):
        conn.execute(sa.insert(known["printers"]).values(_printer(printer_id, number, conn)))
    rows = [_job(number, state, BATCH, PRINTER, conn) for number, state in enumerate(STATES, 1)]
    rows += [_job(number, "completed", ONE, OTHER, conn) for number in range(len(rows) + 1, MANY)]
    conn.execute(sa.insert(old_jobs), [*rows, _job(MANY, "queued", {}, OTHER, conn)])
    conn.execute(sa.insert(known["events"]).values(type="job.state_changed", data={}, created_at=_at(conn)))
    if conn.dialect.name == "postgresql":
        conn.execute(sa.text("SELECT setval('jobs_number_seq', :last)"), {"last": MANY})


def _reflected(conn: sa.Connection, name: str) -> sa.Table:
    return sa.Table(name, sa.MetaData(), autoload_with=conn)


def _at(conn: sa.Connection) -> Any:
    return "2026-01-31T08:30:00.000000Z" if conn.dialect.name == "sqlite" else AT


def _printer(printer_id: UUID, number: int, conn: sa.Connection) -> dict[str, Any]:
    return {
        "id": printer_id.hex, "slug": f"p-{number}", "name": "P", "model": "PT-P750W", "driver": "brother-pt", "backend": "tcp",
        "host": f"192.0.2.{number}", "port": 9100, "snmp": True, "snmp_port": 161, "snmp_community": "public", "enabled": True,
        "paused": False, "declared": False, "created_at": _at(conn), "updated_at": _at(conn), "serial": "A1",
    }  # fmt: skip


def _job(number: int, state: str, payload: dict[str, Any], printer_id: UUID, conn: sa.Connection) -> dict[str, Any]:
    labels: list[dict[str, Any]] = payload.get("labels", [])
    total = sum(label["copies"] for label in labels) or 2
    ended = state in ("completed", "failed", "cancelled")
    return {
        "number": number, "id": UUID(int=number).hex, "printer_id": printer_id.hex, "template_key": "demo", "template_digest": DIGEST,
        "need_family": "tape", "need_width_mm": 12.0, "need_length_mm": None, "media": media_fields(TAPE_12), "state": state,
        "reason": "paused-by-user" if state == "paused" else None, "detail": "ü", "evidence": "status" if state == "completed" else None,
        "priority": number % 3, "payload": payload, "result": {"labels": total} if ended else None, "error": None, "labels_total": total,
        "labels_sent": total, "labels_done": total - 1, "parent_job_id": None, "submitted_by": "me", "cancel_requested": False,
        "created_at": _at(conn), "updated_at": _at(conn), "started_at": None, "sending_at": _at(conn) if state == "printing" else None,
        "finished_at": _at(conn) if ended else None,
    }  # fmt: skip


@pytest.fixture(scope="module", params=BOTH, name="upgraded")
def _upgraded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of the version before, that was brought to this one: the file, or the name of it on the server."""
    if request.param == POSTGRESQL:
        server: Server = request.getfixturevalue("postgres")
        name = server.create("template1")
        url = server.patient_url(name)
    else:
        name = str(tmp_path_factory.mktemp("earlier") / "labelhub.db")
        url = f"sqlite:///{name}"
    with closing(Database(url)) as database:
        database.write_now(earlier)
    migrate(url)
    yield name
    if request.param == POSTGRESQL:
        server.drop(name)


@pytest.fixture(name="old")
def _old(request: pytest.FixtureRequest, upgraded: str, tmp_path: Path) -> Iterator[Queue]:
    """A copy of it."""
    if upgraded.endswith(".db"):
        url = f"sqlite:///{shutil.copy(upgraded, tmp_path / 'labelhub.db')}"
    else:
        server: Server = request.getfixturevalue("postgres")
        url = server.patient_url(server.create(upgraded))
    database = Database(url)
    yield Queue(database)
    assert database.write_now(depths_told) == database.write_now(depths_counted)
    database.close()


def job(queue: Queue, number: int) -> Job:
    found: Job = queue(store.shown, UUID(int=number))
    return found


def test_every_job_keeps_its_number_id_and_state_and_what_was_known_of_it(old: Queue) -> None:
    for number, state in enumerate(STATES, 1):
        found = job(old, number)
        assert (found.number, found.state, found.printer_id, found.any_printer) == (number, state, PRINTER, False)
        assert (found.labels_total, found.labels_sent, found.labels_done, found.labels_failed) == (4, 4, 3, 0)
        assert (found.need, found.media, found.priority, found.detail) == (MediaNeed("tape", 12), TAPE_12, number % 3, "ü")
        assert (found.created_at, found.claim, found.count_base, found.pause_requested) == (AT, None, None, False)
        assert (found.finished_at, found.result) == ((AT, {"labels": 4}) if number > 3 else (None, None))


def test_the_labels_and_options_of_the_payload_become_rows_and_the_jobs_own(old: Queue) -> None:
    for number in range(1, len(STATES) + 1):
        found = job(old, number)
        assert found.labels == (LabelOrder({"title": "Büro", "secondary": ["a", "b"]}, 3), LabelOrder({}, 1))
        assert found.options == EncodeOptions(auto_cut=False, half_cut=True, cut_each=2, margin_mm=3.5)
        assert [sheet.first_page for sheet in old(store.sheets, found, 2, 20)] == [0, 3]
    assert job(old, MANY - 1).labels == (LabelOrder({"n": 1}),)
    assert job(old, MANY - 1).options == EncodeOptions()
    assert old.counts(job_labels) == {"job_labels": 2 * len(STATES) + MANY - len(STATES)}


def test_a_job_whose_payload_tells_no_labels_has_as_many_pages_as_it_was_said_to_have(old: Queue) -> None:
    assert job(old, MANY).labels == (LabelOrder({}, 2),)
    assert [sheet.page for sheet in old(store.sheets, job(old, MANY), 0, 20)] == [0, 1]


def test_depths_are_counted_and_the_new_tables_are_empty(old: Queue) -> None:
    assert old(store.depths) == {PRINTER: 3, OTHER: 1}
    assert set(old.counts(leases, statuses, idempotency_keys).values()) == {0}
    assert old.counts(depths) == {"depths": 2}
    assert set(old(lambda conn: conn.execute(sa.select(printers.c.site, printers.c.serial)).all())) == {("", "A1")}


def test_the_queue_goes_on_where_it_was(old: Queue) -> None:
    old(store.leases.take, NODE, [str(PRINTER)], 60.0)
    left = old(store.take_over, Hand(PRINTER, NODE, uuid4()))
    assert left.number == 3
    old(store.found_out, left, None, LATER)
    assert old.state(left) == ("paused", "outcome-unknown")
    claimed = old.claim()
    assert claimed is not None
    assert claimed.number == 1
    old(put_state, claimed, "paused")
    assert old.submit().number == MANY + 1


def test_a_second_run_changes_nothing(old: Queue) -> None:
    before = old.counts(*metadata.sorted_tables)
    old(lambda conn: conn.execute(sa.text("UPDATE alembic_version SET version_num = '0003'")))
    migrate(old.database.url)
    assert old.counts(*metadata.sorted_tables) == before


def test_a_file_of_an_earlier_version_with_batches_keeps_them(tmp_path: Path) -> None:
    path = tmp_path / "labelhub.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(EARLIER.read_text())
        connection.execute("UPDATE jobs SET payload = ?, labels_total = 4 WHERE number = 1", [json.dumps(BATCH)])
        connection.commit()
    migrate(f"sqlite:///{path}")
    database = Database(f"sqlite:///{path}")
    (found,) = database.write_now(store.history, state=None, printer_id=None, since=None, before_number=None, limit=5)
    assert [label.copies for label in found.labels] == [3, 1]
    assert database.write_now(store.depths) == {found.printer_id: 1}
    database.close()


def described(conn: sa.Connection) -> dict[str, Any]:
    """All tables with their columns, keys and indexes, as the database itself tells them, in no order."""
    inspector = sa.inspect(conn)
    found: dict[str, Any] = {}
    for table in metadata.tables:
        columns = {
            column["name"]: (str(column["type"].compile(conn.dialect)), column["nullable"], _default(column["default"]))
            for column in inspector.get_columns(table)
        }
        uniques = {(one["name"], tuple(one["column_names"])) for one in inspector.get_unique_constraints(table)}
        foreign = {(one["name"], tuple(one["constrained_columns"]), one["referred_table"]) for one in inspector.get_foreign_keys(table)}
        found[table] = (columns, inspector.get_pk_constraint(table), uniques, foreign, _indexes(conn, table))
    return found


def _default(text: str | None) -> str | None:
    """A default without the case and the words that each way of declaring it puts around it."""
    return None if text is None else text.partition("::")[0].strip("'()").lower()


def _indexes(conn: sa.Connection, table: str) -> set[str]:
    if conn.dialect.name == "sqlite":
        told = conn.execute(sa.text("SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = :t AND sql NOTNULL"), {"t": table})
    else:
        told = conn.execute(
            sa.text("SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = :t"), {"t": table}
        )
    return {" ".join(text.replace(" declared.", " ").replace(" public.", " ").split()) for text in told.scalars()}


def test_the_tables_that_came_of_it_are_those_that_are_declared(old: Queue, tmp_path: Path) -> None:
    def declared(conn: sa.Connection) -> dict[str, Any]:
        if conn.dialect.name == "postgresql":
            conn.execute(sa.text("CREATE SCHEMA declared"))
            conn.execute(sa.text("SET LOCAL search_path = declared"))
        metadata.create_all(conn, checkfirst=False)
        return described(conn)

    before = old(described)
    fresh = Database(f"sqlite:///{tmp_path / 'declared.db'}") if old.database.url.startswith("sqlite") else old.database
    wanted = fresh.write_now(declared)
    fresh.close()
    for table in metadata.tables:
        assert before[table] == wanted[table], table
