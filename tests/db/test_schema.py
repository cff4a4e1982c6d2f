from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import StatementError

from labelhub.db.schema import UtcDateTime, text_of

TABLE = sa.Table("times", sa.MetaData(), sa.Column("at", UtcDateTime), sa.Column("number", sa.Integer, primary_key=True))
SUMMER_IN_BERLIN = datetime(2026, 7, 1, 0, 30, 0, 5, timezone(timedelta(hours=2)))


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[sa.Connection]:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'times.db'}")
    with engine.begin() as conn:
        TABLE.create(conn)
        yield conn
    engine.dispose()


def kept(conn: sa.Connection, *instants: datetime | None) -> list[datetime | None]:
    for instant in instants:
        conn.execute(sa.insert(TABLE).values(at=instant))
    return list(conn.execute(sa.select(TABLE.c.at).order_by(TABLE.c.number)).scalars())


def test_a_time_without_a_zone_is_refused(conn: sa.Connection) -> None:
    with pytest.raises(StatementError, match="without a zone"):
        kept(conn, datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point


def test_an_instant_of_another_zone_comes_back_as_the_same_instant_in_utc(conn: sa.Connection) -> None:
    (found,) = kept(conn, SUMMER_IN_BERLIN)
    assert found == SUMMER_IN_BERLIN
    assert found is not None
    assert found.tzinfo is UTC
    assert found.isoformat() == "2026-06-30T22:30:00.000005+00:00"


def test_none_stays_none(conn: sa.Connection) -> None:
    assert kept(conn, None) == [None]


def test_text_order_is_the_order_of_time(conn: sa.Connection) -> None:
    zones = [timezone(timedelta(hours=hours)) for hours in (-11, 0, 2, 14)]
    instants = [datetime(2026, 1, 1, hour, 0, 0, micro, zone) for zone in zones for hour in (0, 23) for micro in (0, 5, 999_999)]
    kept(conn, *instants)
    assert list(conn.execute(sa.select(TABLE.c.at).order_by(TABLE.c.at)).scalars()) == sorted(instants)
    texts = list(conn.exec_driver_sql("SELECT at FROM times").scalars())
    assert {len(text) for text in texts} == {27}
    assert all(text.endswith("Z") for text in texts)


def test_a_row_that_another_program_wrote_without_a_zone_is_read_as_utc(conn: sa.Connection) -> None:
    conn.exec_driver_sql("INSERT INTO times (at) VALUES ('2026-07-01 00:30:00')")
    assert kept(conn) == [datetime(2026, 7, 1, 0, 30, tzinfo=UTC)]


def test_postgresql_keeps_the_zone_itself() -> None:
    column, dialect = UtcDateTime(), postgresql.dialect()  # type: ignore[no-untyped-call]
    assert column.process_bind_param(SUMMER_IN_BERLIN, dialect) == SUMMER_IN_BERLIN
    assert column.process_result_value(SUMMER_IN_BERLIN, dialect) == SUMMER_IN_BERLIN
    assert str(column.compile(dialect)) == "TIMESTAMP WITH TIME ZONE"
    assert str(column.compile(sqlite.dialect())) == "VARCHAR(27)"


def test_every_text_form_has_microseconds_and_ends_in_z() -> None:
    assert text_of(datetime(2026, 1, 31, 8, 30, tzinfo=UTC)) == "2026-01-31T08:30:00.000000Z"


def test_sqlite_is_new_enough_for_returning_and_partial_indexes() -> None:
    assert sqlite3.sqlite_version_info >= (3, 35)
