"""One hub per SQLite database: a lock file beside it, let go by the system when the process ends, however it ends.

PostgreSQL is made for several hubs, so there nothing is locked here.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from labelhub.db.url import file_of
from labelhub.errors import StartRefused


def lock(url: str) -> ExitStack:
    """Close it to let go. StartRefused when another process holds the database."""
    held, database = ExitStack(), file_of(url)
    if database:
        held.enter_context(_locked(Path(f"{database.resolve()}.lock")))
    return held


def _locked(path: Path) -> IO[str]:
    try:
        file = path.open("a+")
    except OSError as error:
        raise StartRefused(f"{path} cannot be written ({error}); set LABELHUB_DATA_DIR to a folder that can") from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.seek(0)
        owner = file.read(20).strip() or "unknown"
        file.close()
        raise StartRefused(
            f"another hub (process {owner}) uses {path.parent}; stop it, or set LABELHUB_DATA_DIR to another folder"
        ) from error
    except OSError as error:
        file.close()
        raise StartRefused(f"{path} cannot be locked ({error}); set LABELHUB_DATA_DIR to a folder on a disk of this machine") from error
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file
