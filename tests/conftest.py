"""The databases that tests run on; `database_url` is each of them in turn."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from tests import house
from tests.databases import BOTH, POSTGRESQL, SEEDED, Server, hold, let_go, shared

HUBS_ON_BOTH = ("flows",)
"""Folders of tests whose hubs run on both databases, one after the other: `tmp_path` says which. `sqlite_file` marks exceptions."""

BROWSERS = 2
"""So many workers have a browser and a program for it: one would be at it longer than all others are at the rest."""
TOGETHER = frozenset(
    {
        "tests/api/test_events.py", "tests/api/test_hooks.py", "tests/api/test_lookups.py", "tests/api/test_metrics.py",
        "tests/jobs/test_upgrade.py", "tests/web/test_frame.py", "tests/web/test_pictures.py", "tests/web/test_printers.py",
        "tests/web/test_printing.py", "tests/web/test_queue.py", "tests/web/test_things.py",
    }
)  # fmt: skip
"""Files of tests that share what takes longer to make than they take."""

gc.disable()  # until all is there that stays: see `pytest_collection_finish`
HELD = pytest.StashKey[tuple[Path, int]]()


def pytest_configure(config: pytest.Config) -> None:
    if getattr(config.option, "maxschedchunk", 0) is None:
        config.option.maxschedchunk = 1  # else the long tests, which stand together, all go to one worker
    if not hasattr(config, "workerinput"):
        config.stash[HELD] = hold()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["databases"] = str(node.config.stash[HELD][0])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Spreads the tests over the workers one by one, but for those that belong together. xdist's own groups know no such names."""
    if config.getvalue("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

    class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist tells no types
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    return Scheduling(config, log)


def group_of(nodeid: str) -> str:
    """What a test is run together with, in one worker."""
    file = nodeid.partition("::")[0]
    if file.startswith("tests/browser/"):
        return f"browser {crc32(file.encode()) % BROWSERS}"
    return file if file in TOGETHER else nodeid


def pytest_unconfigure(config: pytest.Config) -> None:
    if HELD in config.stash:
        let_go(*config.stash[HELD])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests first: one that starts last keeps all others waiting."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """The collector looks no more at half a million objects that stay, every program and every test, each time a test leaves some behind:
    that took a twelfth of the time of all tests.
    """
    gc.freeze()
    gc.set_threshold(5000, 20, 20)
    gc.enable()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    folder = metafunc.definition.path.parent.name
    if folder in HUBS_ON_BOTH and "tmp_path" in metafunc.fixturenames and not metafunc.definition.get_closest_marker("sqlite_file"):
        metafunc.parametrize("tmp_path", BOTH, indirect=True)


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Server:
    """The PostgreSQL server of this run."""
    if HELD in pytestconfig.stash:
        return shared(pytestconfig.stash[HELD][0])
    return shared(Path(pytestconfig.workerinput["databases"]))  # type: ignore[attr-defined]


@pytest.fixture
def own_postgres() -> Iterator[Server]:
    """A server that this test may stop."""
    folder, lifeline = hold()
    server = Server(folder)
    server.start()
    yield server
    let_go(folder, lifeline)


@pytest.fixture(params=BOTH)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables."""
    yield from _database(request, tmp_path, "template1")


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with the tables of this program and nothing in them."""
    yield from _database(request, tmp_path)


def _database(request: pytest.FixtureRequest, folder: Path, *template: str) -> Iterator[str]:
    if request.param != POSTGRESQL:
        file = folder / "labelhub.db"
        if not template:
            shutil.copyfile(house.migrated_file(), file)
        yield f"sqlite:///{file}"
        return
    server: Server = request.getfixturevalue("postgres")
    name = server.create(*template)
    yield server.patient_url(name)
    server.drop(name)


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """The folder of this test. Where it is parametrised with PostgreSQL, hubs with their data in it get a database there."""
    if getattr(request, "param", None) != POSTGRESQL:
        yield tmp_path
        return
    server: Server = request.getfixturevalue("postgres")
    made: dict[Path, str] = {}

    def url_for(folder: Path) -> str:
        if folder not in made:
            made[folder] = server.create(SEEDED)
        return server.patient_url(made[folder])

    house.DATABASES[tmp_path] = url_for
    yield tmp_path
    del house.DATABASES[tmp_path]
    for name in made.values():
        server.drop(name)
