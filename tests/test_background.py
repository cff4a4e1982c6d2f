"""What goes on beside everything else: it survives its own faults, tells them, and ends when it is told to."""

from __future__ import annotations

import asyncio
import logging

import pytest

from labelhub.background import Background

LONG_S = 5.0


async def test_a_step_is_taken_again_after_each_interval_and_after_a_fault_too(caplog: pytest.LogCaptureFixture) -> None:
    background, taken, enough = Background(), [0], asyncio.Event()

    async def step() -> None:
        taken[0] += 1
        if taken[0] == 5:
            enough.set()
        if taken[0] in (1, 3):
            raise ValueError("bad luck")

    with caplog.at_level(logging.ERROR):
        background.forever("stepping", step, 0.001)
        await asyncio.wait_for(enough.wait(), LONG_S)
        await background.stop()
    assert [record.getMessage() for record in caplog.records] == ["stepping ended badly"] * 2
    assert "bad luck" in caplog.text


async def test_one_that_is_cancelled_by_nobody_who_should_is_begun_again_and_down_until_it_has_done_its_work(
    caplog: pytest.LogCaptureFixture,
) -> None:
    background, ready, taken = Background(), asyncio.Event(), asyncio.Semaphore(0)

    async def step() -> None:
        ready.set()
        await taken.acquire()

    background.forever("stepping", step, 0.001)
    await asyncio.wait_for(ready.wait(), LONG_S)
    assert background.down == set()
    (task,) = [task for task in asyncio.all_tasks() if task.get_name() == "stepping"]
    ready.clear()
    task.cancel()
    await asyncio.wait([task])
    await asyncio.wait_for(ready.wait(), LONG_S)
    assert background.down == {"stepping"}
    ready.clear()
    taken.release()
    await asyncio.wait_for(ready.wait(), LONG_S)  # the step after
    assert background.down == set()
    await background.stop()
    assert background.down == set()
    assert [record.getMessage() for record in caplog.records] == ["stepping was cancelled"]


async def test_nothing_goes_on_after_the_stop_not_even_what_failed_in_that_moment(caplog: pytest.LogCaptureFixture) -> None:
    background, begun, ended = Background(), asyncio.Event(), asyncio.Event()

    async def step() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    background.forever("waiting", step, 0.001)
    await asyncio.wait_for(begun.wait(), LONG_S)
    before = asyncio.all_tasks()
    await background.stop()
    assert ended.is_set()
    assert asyncio.all_tasks() <= before
    assert [task for task in asyncio.all_tasks() if task.get_name() == "waiting"] == []
    assert caplog.records == []
    await background.stop()  # again is nothing


async def test_what_fails_while_it_is_stopped_is_not_begun_again() -> None:
    background, begun = Background(), asyncio.Event()

    async def step() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise ValueError("on the way out") from None

    background.forever("failing", step, 0.001)
    await asyncio.wait_for(begun.wait(), LONG_S)
    await background.stop()
    assert [task for task in asyncio.all_tasks() if task.get_name() == "failing"] == []


async def test_a_task_gives_its_result_to_who_waits_and_its_fault_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    background = Background()

    async def double(number: int) -> int:
        return 20 // number

    assert await background.spawn("dividing", double(10)) == 2
    failing = background.spawn("dividing by nothing", double(0))
    await asyncio.wait([failing])
    with pytest.raises(ZeroDivisionError):
        failing.result()
    await background.stop()
    assert [record.getMessage() for record in caplog.records] == ["dividing by nothing ended badly"]
