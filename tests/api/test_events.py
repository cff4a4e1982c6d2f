"""The stream of live events, over a real socket: what it begins with, what is replayed, who is let in, and how it ends."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

import pytest
import pytest_asyncio
import sqlalchemy as sa

from labelhub import events
from labelhub.db.schema import events as table
from labelhub.drivers.brother.words import media_from_word
from labelhub.events import JOB_STATE_CHANGED, PRINTER_REMOVED, PRINTER_STATUS, PRINTER_TAPE_CHANGED, Event
from labelhub.stream import KEPT_FRAMES, MOST_WAITING_BYTES, PAGE, REPLAYED
from tests.house import Clock, House, declared, house, settings_for, virtual
from tests.streams import Listener, Told, serving

LIMIT = 6
JOB_FIELDS = {"job_id", "printer_id", "from_state", "to_state", "reason", "queue_depth", "labels_done", "labels_total", "timestamp"}
STATUS_FIELDS = {"printer_id", "online", "state", "reasons", "error_state", "tape_loaded", "media", "note"}
STATUS_FIELDS |= {"captured_at", "last_seen_at", "last_error"}

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(slots=True)
class Live:
    """A hub with two printers that listens, for a few subscribers."""

    house: House
    address: str
    clock: Clock

    async def listen(self, query: str = "", **headers: str) -> Listener:
        """One who has got what comes first."""
        one = await Listener.open(self.address, query, {name.replace("_", "-"): value for name, value in headers.items()})
        if one.status == 200 and "types=job" not in query:
            await one.read()
        return one

    async def happen(self, count: int, size: int = 0, **more: object) -> list[int]:
        """The numbers of so many events, which are told apart by their `n`."""
        at = self.clock()
        found = [Event(JOB_STATE_CHANGED, {"n": n, "filler": "x" * size} | more, at) for n in range(count)]
        return await self.house.hub.database.write(lambda conn: [events.append(conn, event) for event in found])

    async def only(self, count: int) -> None:
        """Return once so many listen."""
        async with asyncio.timeout(20):
            while self.house.hub.stream.subscribers != count:  # noqa: ASYNC110 - a connection that closes tells nobody
                await asyncio.sleep(0.01)


@pytest_asyncio.fixture(name="live", scope="module", loop_scope="module")
async def _live(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Live]:
    folder, clock = tmp_path_factory.mktemp("hub"), Clock()
    async with (
        virtual(pt="PT-P750W 12mm", ql="QL-820NWB 62mm") as emulators,
        house(folder, settings_for(folder, declared(emulators), max_subscribers=LIMIT), clock=clock) as found,
        serving(found.hub, found.app) as (address, _),
    ):
        found.emulators = emulators
        for slug in emulators:
            await found.seen(slug)
        yield Live(found, address, clock)


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def _nobody_is_left(live: Live) -> AsyncIterator[None]:
    yield
    await live.only(0)


def numbers(frames: list[Told]) -> list[int]:
    return [frame.id for frame in frames]


async def test_it_begins_with_the_status_of_every_printer_and_goes_on_with_what_happens(live: Live) -> None:
    one = await live.listen()
    assert (one.status, one.headers["content-type"], one.headers["x-accel-buffering"]) == (200, "text/event-stream", "no")
    first = list(one.frames)
    assert {frame.event for frame in first} == {PRINTER_STATUS}
    assert {frame.data["tape_loaded"] for frame in first} == {"12mm", "62mm"}
    assert all(frame.data.keys() == STATUS_FIELDS for frame in first)
    job_id = await live.house.print(printer="pt")
    done = await one.until(JOB_STATE_CHANGED, job_id=job_id, to_state="completed")
    assert done.data.keys() == JOB_FIELDS
    assert (done.data["from_state"], done.data["queue_depth"], done.data["labels_done"], done.data["labels_total"]) == (
        "printing",
        0,
        1,
        1,
    )
    assert done.data["timestamp"].endswith("Z")
    found = numbers(one.frames[len(first) :])
    assert found == sorted(set(found))
    assert found[0] > first[0].id
    one.close()


async def test_another_tape_is_told_with_what_it_was_and_is(live: Live) -> None:
    one = await live.listen("?printer_id=pt")
    await live.house.emulators["pt"].load(media_from_word("PT-P750W", "24mm"))
    await live.house.seen("pt")
    changed = await one.until(PRINTER_TAPE_CHANGED)
    assert changed.data == {"printer_id": str(live.house.hub.printer("pt").id), "from": "12mm", "to": "24mm"}
    assert (await one.until(PRINTER_STATUS, tape_loaded="24mm")).id < changed.id
    await live.house.emulators["pt"].load(media_from_word("PT-P750W", "12mm"))
    await live.house.seen("pt")
    await one.until(PRINTER_TAPE_CHANGED, to="12mm")
    one.close()


async def test_one_printer_and_some_types_are_listened_to_alone(live: Live) -> None:
    of_ql, of_jobs = await live.listen("?printer_id=ql"), await live.listen("?types=job.state_changed")
    both = await live.listen("?types=printer.status,%20job.state_changed&types=printer.tape_changed")
    on_pt, on_ql = (
        await live.house.print(printer="pt"),
        await live.house.print("qr-text-62mm", {"text": "1", "qr_payload": "1"}, printer="ql"),
    )
    for job_id in (on_pt, on_ql):
        await both.until(JOB_STATE_CHANGED, job_id=job_id, to_state="completed")
    await of_ql.until(JOB_STATE_CHANGED, job_id=on_ql, to_state="completed")
    await of_jobs.until(JOB_STATE_CHANGED, job_id=on_ql, to_state="completed")
    await of_jobs.until(JOB_STATE_CHANGED, job_id=on_pt, to_state="completed")
    assert {frame.data["printer_id"] for frame in of_ql.frames} == {str(live.house.hub.printer("ql").id)}
    assert {frame.event for frame in of_jobs.frames} == {JOB_STATE_CHANGED}
    for one in (of_ql, of_jobs, both):
        one.close()


async def test_whoever_comes_back_with_the_last_id_gets_exactly_what_came_after_it(live: Live) -> None:
    one = await live.listen("?types=job.state_changed")
    early = await live.happen(5)
    await one.until(JOB_STATE_CHANGED, n=4)
    one.close()
    await live.only(0)
    missed = await live.happen(40)
    last = str(one.frames[-1].id)
    assert numbers(one.frames) == early
    ways: tuple[tuple[str, dict[str, str]], ...] = (
        ("", {"Last_Event_ID": last}),
        (f"&last_event_id={last}", {}),
        ("&last_event_id=1", {"Last_Event_ID": last}),
    )
    for way, (query, headers) in enumerate(ways):
        again = await live.listen(f"?types=job.state_changed{query}", **headers)
        await again.until(JOB_STATE_CHANGED, n=39)
        missed += await live.happen(3, way=way)
        await again.until(JOB_STATE_CHANGED, n=2, way=way)
        assert numbers(again.frames) == missed
        again.close()


async def test_more_than_is_at_hand_is_replayed_from_the_table_while_more_happens(live: Live) -> None:
    last = (await live.happen(1))[0]
    missed = await live.happen(KEPT_FRAMES + 2 * PAGE + 1)
    one = await live.listen(f"?types=job.state_changed&last_event_id={last}")
    assert await one.read()
    missed += await live.happen(3, later=True)
    await one.until(JOB_STATE_CHANGED, n=2, later=True)
    assert numbers(one.frames) == missed
    one.close()


async def test_what_is_not_kept_any_more_is_told_and_a_snapshot_follows(live: Live) -> None:
    last = (await live.happen(1))[0]
    await live.happen(KEPT_FRAMES)
    live.clock.forward(REPLAYED / timedelta(seconds=1) + 1)
    newest = (await live.happen(1))[0]
    for after in (last, newest + 1000):  # the second is from another database
        one = await live.listen(f"?last_event_id={after}")
        assert [frame.event for frame in one.frames] == ["reset", PRINTER_STATUS, PRINTER_STATUS]
        assert all(frame.id >= newest for frame in one.frames)
        one.close()
    live.clock.now = None


async def test_one_more_than_the_limit_is_refused_however_many_come_at_once(live: Live) -> None:
    found = await asyncio.gather(*(Listener.open(live.address) for _ in range(3 * LIMIT)))
    refused = [one for one in found if one.status != 200]
    assert [one.status for one in refused] == [429] * (2 * LIMIT)
    told = await refused[0].body()
    assert (told["type"].rpartition("/")[2], told["limit"], int(refused[0].headers["retry-after"]) > 0) == (
        "too-many-subscribers",
        LIMIT,
        True,
    )
    ready = (await live.house.client.get("/readiness")).json()
    assert (ready["status"], ready["checks"]["sse_bus"]["status"]) == ("degraded", "fail")
    for one in found:
        one.close()
    await live.only(0)
    one = await live.listen()
    ready = (await live.house.client.get("/readiness")).json()
    assert (one.status, ready["checks"]["sse_bus"]["status"], ready["checks"]["sse_bus"]["metric"]) == (200, "ok", 1)
    one.close()


async def test_a_slow_reader_is_dropped_alone_and_goes_on_from_its_last_id(live: Live) -> None:
    quick = await live.listen("?types=job.state_changed")
    place = urlsplit(live.address)
    stuck = socket.socket()
    stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stuck.setblocking(False)
    await asyncio.get_running_loop().sock_connect(stuck, (place.hostname, place.port))
    slow = await Listener.on(*await asyncio.open_connection(sock=stuck, limit=4096), "?types=job.state_changed")
    size = MOST_WAITING_BYTES // 2
    sent: list[int] = []
    for n in range(40):  # the system takes some megabytes for it before anything waits here
        sent += await live.happen(1, size, batch=n)
        await quick.until(JOB_STATE_CHANGED, batch=n)
    assert numbers(quick.frames) == sent
    frames = await slow.end()
    assert frames[-1].event == "overflow"
    assert numbers(frames[:-1]) == sent[: len(frames) - 1]
    assert frames[-1].id == frames[-2].id < sent[-1]
    again = await live.listen(f"?types=job.state_changed&last_event_id={frames[-1].id}")
    await again.until(JOB_STATE_CHANGED, batch=39)
    assert numbers(frames[:-1] + again.frames) == sent
    for one in (slow, again, quick):
        one.close()


async def test_a_comment_keeps_the_connection_alive(live: Live) -> None:
    one = await live.listen()
    await live.house.hub.stream.keep_alive()
    assert await one.read()
    assert one.comments == 1
    one.close()


@pytest.mark.parametrize(
    ("query", "status", "slug"),
    [
        ("?types=job.started", 422, "validation-failed"),
        ("?types=printer.status,%F0%9F%98%80", 422, "validation-failed"),
        (f"?printer_id={UUID(int=1)}", 404, "printer-not-found"),
        ("?printer_id=", 404, "printer-not-found"),
        ("?last_event_id=-1", 422, "validation-failed"),
        (f"?last_event_id={2**63}", 422, "validation-failed"),
        ("?last_event_id=x", 422, "validation-failed"),
    ],
)
async def test_what_makes_no_sense_is_refused(live: Live, query: str, status: int, slug: str) -> None:
    one = await live.listen(query)
    assert (one.status, (await one.body())["type"].rpartition("/")[2]) == (status, slug)
    one.close()


async def test_a_page_of_another_site_gets_no_stream(live: Live) -> None:
    one = await live.listen(Origin="https://evil.example")
    assert (one.status, (await one.body())["type"].rpartition("/")[2]) == (403, "origin-not-allowed")
    one.close()


async def test_nothing_is_held_of_the_database_by_those_who_listen(live: Live) -> None:
    found = [await live.listen() for _ in range(LIMIT)]
    async with asyncio.timeout(20):
        counts = await asyncio.gather(
            *(live.house.hub.database.read(lambda conn: conn.execute(sa.select(table.c.id)).first()) for _ in range(20))
        )
    assert len(counts) == 20
    for one in found:
        one.close()


async def test_a_pause_of_a_printer_is_told(live: Live) -> None:
    listener = await live.listen("?printer_id=pt&types=printer.status")
    for act in ("pause", "resume"):
        listener.frames.clear()
        assert (await live.house.client.post(f"/api/printers/pt/{act}")).status_code == 204
        await listener.until(PRINTER_STATUS, printer_id=str(live.house.hub.printer("pt").id))
    listener.close()


async def test_a_printer_that_is_added_and_one_that_is_removed_are_told(live: Live) -> None:
    one = await live.listen()
    body = {"name": "Attic", "model": "PT-P750W", "connection": {"host": "127.0.0.1", "port": 9, "snmp": False}}
    added = (await live.house.client.post("/api/printers", json=body)).json()
    assert (await one.until(PRINTER_STATUS, printer_id=added["id"])).data["state"] == "unknown"  # before any look
    assert (await live.house.client.delete("/api/printers/attic")).status_code == 204
    removed = await one.until(PRINTER_REMOVED, printer_id=added["id"])
    assert (removed.data["slug"], removed.data["name"]) == ("attic", "Attic")
    assert removed.data["timestamp"].endswith("Z")
    one.close()
