"""The post alone, over a real database and real sockets: once, whoever else tells at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

from labelhub.background import Background
from labelhub.db.engine import Database
from labelhub.events import JOB_STATE_CHANGED, PRINTER_STATUS, Event, append_all
from labelhub.metrics import Metrics
from labelhub.notices import store
from labelhub.notices.notice import JobFacts, Subject
from labelhub.notices.post import GIVE_UP_AFTER, Post, Sources
from labelhub.notices.standing import Graces
from labelhub.notices.target import Kind, Target
from tests.house import Clock
from tests.notices.receivers import Receiver, receiver

FRONT = Subject(UUID(int=1), "front", "Front desk")
JOB = JobFacts(UUID(int=9), FRONT.id, "any-text", "label-too-long", "the text is too long", 2, 0)
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
AT_ONCE = Graces(timedelta(0), timedelta(0), timedelta(0))
OPEN = Event(PRINTER_STATUS, {"online": True, "reasons": ["cover-open"]}, AT, FRONT.id)
SHUT = Event(PRINTER_STATUS, {"online": True, "reasons": []}, AT, FRONT.id)
FAILED = Event(JOB_STATE_CHANGED, {"to_state": "failed", "reason": "label-too-long"}, AT, FRONT.id, JOB.id)


async def jobs(ids: Sequence[UUID]) -> Mapping[UUID, JobFacts]:
    return {JOB.id: JOB} if JOB.id in ids else {}


async def wanting(job_id: UUID) -> UUID | None:
    return None


@asynccontextmanager
async def posts(url: str, clock: Clock, *targets: Target, count: int = 1, graces: Graces = AT_ONCE) -> AsyncIterator[list[Post]]:
    """Nodes that all believe they are the one to tell, each with its own connections."""
    sources = Sources(lambda: {FRONT.id: FRONT}, jobs, wanting, lambda: True)
    databases = [Database(url) for _ in range(count)]
    found = [Post(targets, graces, None, database, sources, clock, Metrics(), Background()) for database in databases]
    for post in found:
        await post.step()  # from here on things are told
    yield found
    for post, database in zip(found, databases, strict=True):
        await post.aclose()
        database.close()


def hook(there: Receiver, kind: Kind = Kind.WEBHOOK) -> Target:
    return Target("hook", kind, f"{there.url}/notify", "a-secret-of-twenty-four-characters")


def happened(url: str, *events: Event) -> None:
    database = Database(url)
    database.write_now(append_all, list(events))
    database.close()


async def stepped(*nodes: Post) -> list[store.Sent]:
    """The notices, after one step of each node at the same time and all that it sends."""
    await asyncio.gather(*(node.step() for node in nodes))
    await asyncio.gather(*(node.idle() for node in nodes))
    ((_, _, shown),) = await nodes[0].shown(99)
    return shown


async def test_nodes_that_all_tell_at_the_same_time_tell_of_a_fault_once(database_url: str) -> None:
    clock = Clock(AT)
    async with receiver() as there, posts(database_url, clock, hook(there), count=3) as nodes:
        happened(database_url, OPEN, FAILED)
        for _ in range(5):
            sent = await stepped(*nodes)
            clock.forward(1)
    assert sorted(one.body["type"] for one in there.received) == ["job.failed", "printer.fault"]
    assert [(one.state, one.attempts) for one in sent] == [("sent", 1), ("sent", 1)]


async def test_a_fault_outlives_a_target_that_answers_with_errors_and_is_told_with_one_id(database_url: str) -> None:
    clock = Clock(AT)
    answers = ["503 Busy\r\nRetry-After: 100", "500 Oops", "200 OK"]
    async with receiver(*answers) as there, posts(database_url, clock, hook(there)) as (post,):
        happened(database_url, OPEN)
        for attempt, wait_s in ((1, 99), (2, 9)):
            (sent,) = await stepped(post)
            assert (sent.state, sent.attempts) == ("waiting", attempt)
            clock.forward(wait_s)
            await stepped(post)
            assert len(there.received) == attempt, "it was told before it was due"
            clock.forward(1)
        (sent,) = await stepped(post)
    assert (sent.state, sent.attempts, sent.error) == ("sent", 3, None)
    assert len({one.headers["webhook-id"] for one in there.received}) == 1
    assert len({one.headers["webhook-timestamp"] for one in there.received}) == 3


async def test_after_a_day_it_is_given_up_and_that_is_shown(database_url: str) -> None:
    clock = Clock(AT)
    there = Receiver()
    await there.up()
    await there.end()
    async with posts(database_url, clock, hook(there)) as (post,):
        happened(database_url, OPEN)
        (first,) = await stepped(post)
        clock.forward(GIVE_UP_AFTER.total_seconds())
        (sent,) = await stepped(post)
        ((_, waiting, _),) = await post.shown(5)
    assert (first.state, sent.state, first.id, waiting) == ("waiting", "given-up", sent.id, 0)
    assert sent.error == "cannot be reached: no connection"


async def test_what_cannot_be_recognised_is_not_told_again_after_a_silence(database_url: str) -> None:
    clock = Clock(AT)
    async with receiver("") as there, posts(database_url, clock, hook(there, Kind.APPRISE)) as (post,):
        happened(database_url, OPEN)
        await stepped(post)
        clock.forward(7200)
        (sent,) = await stepped(post)
    assert (len(there.received), sent.state, sent.attempts) == (1, "unknown", 1)


async def test_what_failed_days_ago_while_nobody_was_told_is_not_told_now(database_url: str) -> None:
    clock = Clock(AT)
    async with receiver() as there:
        async with posts(database_url, clock, hook(there)):
            pass
        happened(database_url, *[FAILED] * 3)
        clock.forward(3 * 86400)
        happened(database_url, Event(PRINTER_STATUS, OPEN.data, clock(), FRONT.id))
        async with posts(database_url, clock, hook(there)) as (post,):
            await stepped(post)
    assert [one.body["type"] for one in there.received] == ["printer.fault"]


async def test_a_hundred_failures_are_two_notices(database_url: str) -> None:
    clock = Clock(AT)
    async with receiver() as there, posts(database_url, clock, hook(there)) as (post,):
        happened(database_url, FAILED)
        await stepped(post)
        happened(database_url, *[FAILED] * 99)
        await stepped(post)
        clock.forward(60)
        await stepped(post)
    assert sorted(one.body["data"]["count"] for one in there.received) == [1, 99]


async def test_a_fault_that_comes_and_goes_between_two_looks_is_none(database_url: str) -> None:
    clock = Clock(AT)
    async with receiver() as there, posts(database_url, clock, hook(there), graces=Graces()) as (post,):
        happened(database_url, *[OPEN, SHUT] * 50)
        await stepped(post)
        clock.forward(3600)
        assert await stepped(post) == []
    assert there.received == []
