"""A table of numbers, and store functions for it."""

from __future__ import annotations

import sqlalchemy as sa

numbers = sa.Table("numbers", sa.MetaData(), sa.Column("number", sa.Integer, primary_key=True, autoincrement=False))


def make(conn: sa.Connection) -> None:
    numbers.create(conn)


def add(conn: sa.Connection, number: int) -> int:
    conn.execute(sa.insert(numbers).values(number=number))
    return number


def count(conn: sa.Connection) -> int:
    return int(conn.execute(sa.select(sa.func.count()).select_from(numbers)).scalar_one())
