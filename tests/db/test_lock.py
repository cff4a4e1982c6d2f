from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from labelhub.db.lock import lock
from labelhub.db.migrate import make_folder
from labelhub.errors import StartRefused

HOLDER = "import sys; from labelhub.db.lock import lock; held = lock(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


def test_another_process_that_holds_the_lock_is_named_and_killed_lets_go(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'labelhub.db'}"
    with subprocess.Popen([sys.executable, "-c", HOLDER, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(StartRefused, match=rf"process {other.pid}\b.*{tmp_path}"):
            lock(url)
        other.kill()
        other.wait(5)
    with lock(url):
        assert (tmp_path / "labelhub.db.lock").read_text() == str(os.getpid())


def test_a_database_on_a_server_is_for_several_hubs() -> None:
    url = "postgresql://hub@db/labels"
    with lock(url), lock(url):
        make_folder(url)


def test_closing_lets_go(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'labelhub.db'}"
    for _ in range(2):
        lock(url).close()
    with lock(url), pytest.raises(StartRefused, match=f"process {os.getpid()}"):
        lock(url)


def test_a_lock_file_nobody_wrote_yet_names_an_unknown_process(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'labelhub.db'}"
    with lock(url):
        (tmp_path / "labelhub.db.lock").write_text("")
        with pytest.raises(StartRefused, match="process unknown"):
            lock(url)


def test_a_folder_that_cannot_hold_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match="LABELHUB_DATA_DIR"):
        lock(f"sqlite:///{tmp_path / 'missing' / 'labelhub.db'}")
