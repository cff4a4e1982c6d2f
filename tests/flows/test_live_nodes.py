"""Live events of several hubs on one PostgreSQL: each tells what happens at the others, and a client may come back to any."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelhub.events import JOB_STATE_CHANGED, tail
from tests.flows.test_nodes import two_sites
from tests.streams import Listener, serving

pytestmark = pytest.mark.sqlite_file  # it is about several hubs, and takes its database itself


async def test_what_happens_at_one_node_is_told_by_the_other_and_who_goes_over_to_it_misses_nothing(
    tmp_path: Path, shared_url: str
) -> None:
    async with (
        two_sites(tmp_path, shared_url) as (north, south),
        serving(north.hub, north.app) as (northern, _),
        serving(south.hub, south.app) as (southern, _),
    ):
        one = await Listener.open(southern, "?types=job.state_changed")
        first = await north.print(printer="pt")
        await one.until(JOB_STATE_CHANGED, job_id=first, to_state="completed")
        one.close()
        last = one.frames[-1].id
        second = await south.print(printer="pt")
        other = await Listener.open(northern, f"?types=job.state_changed&last_event_id={last}")
        await other.until(JOB_STATE_CHANGED, job_id=second, to_state="completed")
        numbers = [event.id for event in await north.hub.database.read(tail, last) if event.type == JOB_STATE_CHANGED]
        assert [frame.id for frame in other.frames] == numbers[: len(other.frames)]
        other.close()
