"""What goes on beside everything else: it survives its own faults, tells them, and ends when it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from labelhub.background import SETTLED_S, Background

LONG_S = 5.0


class Hands:
    """A clock that stands still, and pauses that last until the test says so; each pause that is asked for is written down."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.pauses_s: list[float] = []
        self._waits: asyncio.Queue[asyncio.Future[None]] = asyncio.Queue()

    def background(self, counted: Callable[[str], object] = lambda label: None) -> Background:
        return Background(counted, now=lambda: self.now_s, sleep=self._sleep)

    async def over(self) -> float:
        """Let the next pause that somebody takes pass: how long it was."""
        pause = await asyncio.wait_for(self._waits.get(), LONG_S)
        self.now_s += self.pauses_s[-1]
        pause.set_result(None)
        return self.pauses_s[-1]

    async def _sleep(self, seconds: float) -> None:
        pause = asyncio.get_running_loop().create_future()
        self.pauses_s.append(seconds)
        self._waits.put_nowait(pause)
        await pause


async def fails() -> None:
    raise ValueError("bad luck")


@pytest.mark.parametrize(
    ("interval_s", "pauses_s"),
    [(0, [1, 2, 4, 8, 16, 32, 60, 60]), (30, [1, 2, 4, 8, 16, 32, 60, 60]), (90, [1, 2, 4, 8, 16, 32, 64, 90, 90])],
)
async def test_what_fails_over_and_over_is_begun_again_with_pauses_that_grow(interval_s: float, pauses_s: list[float]) -> None:
    hands = Hands()
    background = hands.background()
    background.forever("failing", fails, interval_s, 5)
    assert [await hands.over() for _ in range(len(pauses_s) + 1)] == [5, *pauses_s]
    assert background.down == {"failing"}
    await background.stop()


async def test_a_step_is_taken_again_after_each_interval_and_one_that_goes_well_ends_what_went_wrong(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hands, bad = Hands(), [False, True, True, False, True]
    counted: list[str] = []
    background = hands.background(counted.append)

    async def step() -> None:
        if bad.pop(0):
            raise ValueError("bad luck")

    background.forever("stepping", step, 7)
    found = []
    for _ in range(5):
        found.append((await hands.over(), background.down))
    assert found == [(0, set()), (7, set()), (1, {"stepping"}), (2, {"stepping"}), (7, set())]
    await hands.over()
    assert background.courses["stepping"].in_a_row == 1
    await background.stop()
    assert counted == ["stepping"] * 3
    assert [record.getMessage() for record in caplog.records] == [
        f"stepping ended badly, {times} in a row; it is begun again in {pause_s} s" for times, pause_s in ((1, 1), (2, 2), (1, 1))
    ]
    assert "bad luck" in caplog.text


async def test_one_that_is_cancelled_by_nobody_who_should_is_begun_again_and_down_until_it_has_done_its_work(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hands, ready, taken = Hands(), asyncio.Event(), asyncio.Semaphore(0)
    background = hands.background()

    async def step() -> None:
        ready.set()
        await taken.acquire()

    background.forever("stepping", step, 7)
    await hands.over()
    await asyncio.wait_for(ready.wait(), LONG_S)
    assert background.down == set()
    (task,) = [task for task in asyncio.all_tasks() if task.get_name() == "stepping"]
    ready.clear()
    task.cancel()
    await asyncio.wait([task])
    assert (await hands.over(), background.down) == (1, {"stepping"})
    await asyncio.wait_for(ready.wait(), LONG_S)
    assert background.down == {"stepping"}
    taken.release()
    assert (await hands.over(), background.down) == (7, set())
    await background.stop()
    assert background.down == set()
    assert [record.getMessage() for record in caplog.records] == ["stepping was cancelled, 1 in a row; it is begun again in 1 s"]


async def test_one_that_never_ends_goes_well_again_when_it_has_gone_on_for_a_while() -> None:
    hands, going_on = Hands(), asyncio.Event()
    background = hands.background()

    async def step() -> None:
        going_on.set()
        await asyncio.Event().wait()

    def tasks() -> list[asyncio.Task[Any]]:
        return [task for task in asyncio.all_tasks() if task.get_name() == "endless"]

    async def dies() -> None:
        (task,) = tasks()
        task.cancel()
        await asyncio.wait([task])

    background.forever("endless", step, 7, endless=True)
    await hands.over()
    for passed_s, pause_s in ((SETTLED_S, 1), (SETTLED_S - 1, 2), (SETTLED_S - 1, 4), (SETTLED_S, 1)):
        await asyncio.wait_for(going_on.wait(), LONG_S)
        going_on.clear()
        hands.now_s += passed_s
        assert background.down == (set() if passed_s == SETTLED_S else {"endless"})
        await dies()
        assert background.down == {"endless"}
        assert await hands.over() == pause_s
    await background.stop()


async def test_what_is_attempted_now_and_then_waits_after_failures_and_goes_on_once_at_a_time() -> None:
    hands = Hands()
    counted: list[str] = []
    begun: list[float] = []
    background = hands.background(counted.append)

    async def work() -> None:
        begun.append(hands.now_s)
        if len(begun) < 3:
            raise ValueError("bad luck")

    for _ in range(8):  # once a second
        background.attempt("telling a", work, label="telling")
        background.attempt("telling a", work, label="telling")
        await background.attempted("telling")
        hands.now_s += 1
    assert [at - 1000 for at in begun] == [0, 1, 3, 4, 5, 6, 7]
    assert (counted, background.down) == (["telling"] * 2, set())
    background.attempt("telling b", asyncio.Event().wait, label="telling")
    await background.drop("telling b")
    await background.drop("never begun")
    assert (set(background.courses), [task for task in asyncio.all_tasks() if task.get_name() == "telling b"]) == ({"telling a"}, [])
    await background.stop()


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
