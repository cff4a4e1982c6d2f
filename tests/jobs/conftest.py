from __future__ import annotations

from collections.abc import Iterator

import pytest

from labelhub.db.engine import Database
from labelhub.db.kind import Limits
from tests.jobs.queue_at_hand import Queue, depths_counted, depths_told, labels_counted


@pytest.fixture(name="queue")
def _queue(database_url: str) -> Iterator[Queue]:
    """The store on each kind of database. After each test the counters are what a count gives."""
    database = Database(database_url, limits=Limits(idle_s=30))  # a machine with much to do pauses a test as if it were stopped
    queue = Queue(database)
    queue.furnish()
    yield queue
    assert queue(depths_told) == queue(depths_counted)
    assert queue(labels_counted)
    database.close()
