"""What only a server can do to us: end connections, stop, keep us waiting, and tell of what others commit."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
import uvloop

from labelhub.db.engine import Database
from labelhub.db.kind import Limits
from labelhub.db.listener import log
from labelhub.db.postgres import CHANNEL, WRITE_LOCK
from labelhub.errors import DatabaseUnusable, HubError
from tests.databases import Server
from tests.db.numbers_at_hand import add, count, make

LONG_S = 15.0


@pytest.fixture
def url(postgres: Server) -> Iterator[str]:
    name = postgres.create("template1")
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture
def other(url: str) -> Iterator[psycopg.Connection[Any]]:
    """Somebody else's connection to the same database."""
    with closing(psycopg.connect(url, autocommit=True)) as conn:
        yield conn


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    await database.write(make)
    yield database
    database.close()


@asynccontextmanager
async def listening(*databases: Database) -> AsyncIterator[None]:
    """Each hears of the others."""
    seen = [database.commits for database in databases]
    tasks = [asyncio.create_task(database.listen()) for database in databases]
    async with asyncio.timeout(LONG_S):
        for database, commits in zip(databases, seen, strict=True):
            await database.next_commit(commits)  # a new connection counts as one
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def end_all(other: psycopg.Connection[Any]) -> int:
    """How many connections of this program were ended."""
    ended = other.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    return len(ended.fetchall())


def fails(call: Callable[[sa.Connection], Any], match: str) -> Any:
    """A store function in whose middle this goes wrong, and which goes on all the same."""

    def run(conn: sa.Connection) -> int:
        with pytest.raises(sa.exc.DBAPIError, match=match):
            call(conn)
        return count(conn)

    return run


# Lost connections


async def test_connections_ended_while_idle_are_made_again_before_anybody_notices(
    database: Database, other: psycopg.Connection[Any]
) -> None:
    await database.read(count)
    assert end_all(other) == 2
    assert await database.read(count) == 0
    assert await database.write(add, 1) == 1


async def test_a_connection_ended_in_the_middle_is_unusable_and_the_next_call_works(
    database: Database, other: psycopg.Connection[Any]
) -> None:
    def ended(conn: sa.Connection) -> int:
        end_all(other)
        return count(conn)

    for call in (database.read, database.write):
        with pytest.raises(DatabaseUnusable, match="does not answer: AdminShutdown: terminating connection"):
            await call(ended)
        assert await call(count) == 0


async def test_a_connection_ended_before_the_commit_is_unusable(database: Database, other: psycopg.Connection[Any]) -> None:
    def write(conn: sa.Connection) -> None:
        add(conn, 1)
        end_all(other)

    with pytest.raises(DatabaseUnusable, match="does not answer"):
        await database.write(write)
    assert await database.read(count) == 0


async def test_going_on_after_a_failed_statement_is_unusable_or_refused_but_no_other_error(
    database: Database, other: psycopg.Connection[Any]
) -> None:
    with pytest.raises(DatabaseUnusable):
        await database.write(fails(lambda conn: [end_all(other), count(conn)], "terminating connection"))
    with pytest.raises(DatabaseUnusable, match="InFailedSqlTransaction"):
        await database.write(fails(lambda conn: conn.exec_driver_sql("SELECT 1/0"), "division by zero"))
    assert await database.write(count) == 0


async def test_a_server_that_restarts_is_unusable_meanwhile_and_then_usable_again(own_postgres: Server) -> None:
    database = Database(own_postgres.url("postgres"))
    await database.write(make)
    async with listening(database):
        own_postgres.stop()
        for call in (database.read, database.write):
            with pytest.raises(DatabaseUnusable, match=r"does not answer: OperationalError: connection.*failed"):
                await call(count)
        seen = database.commits
        own_postgres.start()
        assert await database.read(count) == 0
        assert await database.write(add, 1) == 1
        async with asyncio.timeout(LONG_S):
            while database.commits < seen + 2:  # its own write, and the connection that listens again
                await database.next_commit(database.commits)
    database.close()


async def test_too_many_connections_are_unusable_until_one_is_free(own_postgres: Server) -> None:
    own_postgres.stop()
    own_postgres.start(max_connections="4", superuser_reserved_connections="0", reserved_connections="0")
    url = own_postgres.url("postgres")
    database = Database(url)
    held = [psycopg.connect(url) for _ in range(4)]
    with pytest.raises(DatabaseUnusable, match="too many clients"):
        await database.read(lambda conn: conn.exec_driver_sql("SELECT 1").scalar())
    for conn in held:
        conn.close()

    def free(conn: sa.Connection) -> int:
        return int(conn.exec_driver_sql("SELECT 1").scalar_one())

    async with asyncio.timeout(LONG_S):
        while True:
            try:
                assert await database.read(free) == 1
            except DatabaseUnusable:
                continue  # the server takes a moment to count
            break
    database.close()


# Limits


async def test_a_node_that_stands_still_inside_a_transaction_loses_it_and_another_goes_on(url: str, database: Database) -> None:
    stopped = Database(url, limits=Limits(idle_s=0.2))
    begun, go_on = threading.Event(), threading.Event()

    def stand_still(conn: sa.Connection) -> int:
        add(conn, 1)
        begun.set()
        assert go_on.wait(LONG_S)
        return count(conn)

    standing = asyncio.create_task(stopped.write(stand_still))
    await asyncio.to_thread(begun.wait, LONG_S)
    assert await database.write(add, 2) == 2  # waits for the lock until the server has taken it away
    go_on.set()
    with pytest.raises(DatabaseUnusable, match="idle-in-transaction timeout"):
        await standing
    assert await database.read(count) == 1
    assert await stopped.write(count) == 1
    stopped.close()


async def test_a_lock_that_nobody_lets_go_of_is_unusable_and_readers_go_on(
    url: str, other: psycopg.Connection[Any], database: Database
) -> None:
    hurried = Database(url, limits=Limits(busy_s=0.1))
    with other.transaction():
        other.execute(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")
        with pytest.raises(DatabaseUnusable, match="LockNotAvailable: canceling statement due to lock timeout"):
            await hurried.write(add, 1)
        assert await hurried.read(count) == 0
    assert await hurried.write(add, 1) == 1
    hurried.close()


async def test_a_statement_that_takes_too_long_is_unusable(url: str) -> None:
    database = Database(url, limits=Limits(statement_s=0.1))
    with pytest.raises(DatabaseUnusable, match="QueryCanceled: canceling statement due to statement timeout"):
        await database.read(lambda conn: conn.exec_driver_sql("SELECT pg_sleep(60)").all())
    assert await database.read(lambda conn: conn.exec_driver_sql("SELECT 1").scalar()) == 1
    database.close()


async def test_a_deadlock_is_unusable(database: Database, other: psycopg.Connection[Any]) -> None:
    other.execute("CREATE TABLE a (n INTEGER); CREATE TABLE b (n INTEGER); SET deadlock_timeout = '60s'")
    held = threading.Event()

    def cross(conn: sa.Connection) -> None:
        conn.exec_driver_sql("SET LOCAL deadlock_timeout = '10ms'")
        conn.exec_driver_sql("LOCK TABLE a")
        held.set()
        while not conn.exec_driver_sql("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'a'::regclass").scalar():
            pass  # the circle closes with the next statement
        conn.exec_driver_sql("LOCK TABLE b")

    def cross_from_the_other_side() -> None:
        with other.transaction():
            other.execute("LOCK TABLE b")
            held.wait(LONG_S)
            other.execute("LOCK TABLE a")

    crossing = asyncio.create_task(asyncio.to_thread(cross_from_the_other_side))
    with pytest.raises(DatabaseUnusable, match="DeadlockDetected"):
        await database.write(cross)
    await crossing


async def test_every_connection_has_its_limits_and_the_urls_own_settings_win(url: str) -> None:
    names = ("application_name", "TimeZone", "lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")

    def shown(conn: sa.Connection) -> list[str]:
        return [str(conn.exec_driver_sql(f"SHOW {name}").scalar()) for name in names]

    for more, wanted in {
        "": ["labelhub", "UTC", "10s", "30s"],
        "&application_name=north&options=-c%20statement_timeout%3D5000": ["north", "UTC", "10s", "5s"],
    }.items():
        database = Database(url + more)
        assert await database.read(shown) == [*wanted, "30s"], "who reads keeps nobody waiting"
        assert await database.write(shown) == [*wanted, "3s"]
        database.close()


# Transactions


async def test_nodes_that_read_and_then_write_never_overtake_each_other(url: str, database: Database) -> None:
    def next_number(conn: sa.Connection) -> int:
        return add(conn, count(conn))

    second = Database(url)
    found = await asyncio.gather(*(one.write(next_number) for _ in range(30) for one in (database, second)))
    assert sorted(found) == list(range(60))
    second.close()


async def test_a_read_cannot_change_anything(database: Database) -> None:
    with pytest.raises(DatabaseUnusable, match="read-only transaction"):
        await database.read(add, 1)
    assert await database.read(count) == 0


async def test_a_plan_older_than_a_migration_costs_one_call(database: Database, other: psycopg.Connection[Any]) -> None:
    def every(conn: sa.Connection) -> list[Any]:
        return list(conn.exec_driver_sql("SELECT * FROM numbers").scalars())

    for _ in range(8):  # often enough for the driver to prepare it
        await database.write(every)
    other.execute("ALTER TABLE numbers ALTER COLUMN number TYPE BIGINT")
    with pytest.raises(DatabaseUnusable, match="cached plan"):
        await database.write(every)
    assert await database.write(every) == []


async def test_nul_is_kept_as_the_sign_for_what_cannot_be_shown(database: Database) -> None:
    assert await database.read(lambda conn: conn.execute(sa.select(sa.literal("a\0b"))).scalar()) == "a\ufffdb"


# What is told


@pytest.mark.parametrize(
    "where", ["hub:hunter2%21@/{name}?host={folder}", "hub:hunter2%21@127.0.0.1:1/{name}", "hub:hunter2%21@/{name}?host=a&port=b"]
)
async def test_no_fault_of_connecting_shows_the_password(own_postgres: Server, where: str) -> None:
    hba = own_postgres.folder / "data" / "pg_hba.conf"
    hba.write_text("local postgres all trust\nlocal all all scram-sha-256\n")
    own_postgres.run("ALTER USER hub PASSWORD 'other'")
    own_postgres.run("CREATE DATABASE guarded")
    own_postgres.run("SELECT pg_reload_conf()")
    url = f"postgresql://{where.format(name='guarded', folder=own_postgres.folder)}"
    with pytest.raises(DatabaseUnusable) as caught:
        await Database(url).read(count)
    assert "hunter2" not in repr(caught.value) + str(caught.value.__cause__) + str(caught.value.__context__)
    assert "\n" not in caught.value.detail


@pytest.mark.parametrize("more", ["&connect_timeout=soon", "&sslmode=perhaps", "&port=5432"])
async def test_a_url_that_the_driver_refuses_is_unusable(postgres: Server, more: str) -> None:
    with pytest.raises(DatabaseUnusable):
        await Database(f"postgresql://hub@/nothing?host={postgres.folder}{more}").read(count)


async def test_a_database_that_is_missing_is_named(postgres: Server) -> None:
    database = Database(postgres.url("nowhere"))
    with pytest.raises(DatabaseUnusable, match='database "nowhere" does not exist'):
        await database.read(count)
    database.close()


# Other nodes


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_a_commit_of_one_node_wakes_who_waits_on_another(url: str, run: Any) -> None:
    async def wait() -> None:
        one, two = Database(url), Database(url)
        await one.write(make)
        async with listening(one, two), asyncio.timeout(LONG_S):
            waiting = asyncio.create_task(two.until(lambda found: found == 2, count))
            await one.write(add, 1)
            await two.write(add, 2)
            assert await waiting == 2
            waiting = asyncio.create_task(one.until(lambda found: found == 3, count))
            await two.write(add, 3)
            assert await waiting == 3
        one.close()
        two.close()

    run(wait())


async def test_own_commits_quiet_ones_and_undone_ones_are_not_heard_from_the_server(url: str, database: Database) -> None:
    second = Database(url)
    async with listening(database, second), asyncio.timeout(LONG_S):
        seen, before = second.commits, database.commits
        await database.write_quietly(add, 1)
        with pytest.raises(HubError):
            await database.write(add, 1)
        await database.write(add, 2)
        assert await second.next_commit(seen) == seen + 1
        await second.write(add, 3)
        assert await database.next_commit(before + 1) == before + 2
    second.close()


async def test_a_burst_of_others_commits_is_heard_as_few(database: Database, other: psycopg.Connection[Any]) -> None:
    async with listening(database), asyncio.timeout(LONG_S):
        seen = database.commits
        with other.transaction():
            for number in range(500):
                other.execute("SELECT pg_notify(%s, %s)", (CHANNEL, f"somebody {number}"))
        await database.next_commit(seen)
        await database.write(add, 1)
        assert database.commits - seen < 100


async def test_a_listener_that_lost_its_connection_listens_again_and_says_so(
    database: Database, other: psycopg.Connection[Any], caplog: pytest.LogCaptureFixture
) -> None:
    async with listening(database), asyncio.timeout(LONG_S):
        seen = database.commits
        assert end_all(other) == 2
        seen = await database.next_commit(seen)
        other.execute("SELECT pg_notify(%s, 'somebody')", (CHANNEL,))
        await database.next_commit(seen)
    assert [record.name for record in caplog.records if "not heard" in record.message] == [log.name]
