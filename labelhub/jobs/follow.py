"""Send a connection's pages one by one and follow the printer until it is known what became of them.

The printer is looked at from the first byte on: while it reads, prints, cools and stands open. What the looks mean is in `seen`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from labelhub.drivers.driver import Encoded
from labelhub.drivers.status import PrinterState
from labelhub.jobs.job import Evidence
from labelhub.jobs.seen import COUNTER_WRAP, FIRST_LOOK_S, SLOWEST_LOOK_S, Look, Patience, Seen, Tell, Watch, is_idle
from labelhub.jobs.sending import Gate, Room, Sending
from labelhub.printers.printer import Status
from labelhub.printers.transport import Holds, Pipe, always

__all__ = ["Gate", "Look", "Outcome", "Patience", "Tell", "Watch", "send_and_follow", "send_unseen", "settle_by_count"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known of a connection's pages: how many left, fewer than there were when the gate closed, and how it is known that they
    are out. Without evidence nothing was sent.
    """

    evidence: Evidence | None
    pages: int


async def send_and_follow(
    pipe: Pipe, encoded: Encoded, watch: Watch, gate: Gate, holds: Holds = always, alive: Callable[[], None] = always
) -> Outcome:
    """Send what the gate lets through, and how the hub knows that it is out. OutcomeUnknown when nobody can know.

    The gate is awaited before a page's first byte, in order from 0, and its no ends the job behind the page before. For printers whose
    pages say whether they are the last it is awaited one page ahead. What the gate or `holds` raises goes through; after the first
    byte nothing more is sent then, and the connection is reset.
    """
    room = Room(paced=watch.before.page_count is not None)
    write = partial(pipe.write, stall_timeout_s=watch.patience.fault_s, alive=alive, holds=holds)
    sending = Sending(pipe, write, encoded, gate, room)
    if not await sending.may(0):
        return Outcome(None, 0)
    running = asyncio.create_task(sending.run())
    try:
        return await _follow(pipe, sending, running, room, Seen(watch, len(encoded.pages)), holds)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def send_unseen(
    pipe: Pipe, encoded: Encoded, gate: Gate, holds: Holds = always, alive: Callable[[], None] = always, *, close_timeout_s: float
) -> Outcome:
    """The same for a printer that tells nothing: the evidence is that it closed the connection, else that everything was sent."""
    sending = Sending(pipe, partial(pipe.write, alive=alive, holds=holds), encoded, gate, Room(paced=False))
    if not await sending.may(0):
        return Outcome(None, 0)
    pages = await sending.run()
    receipt = await pipe.finish(close_timeout_s=close_timeout_s, alive=alive)
    return Outcome(Evidence.CONNECTION_CLOSED if receipt.closed_by_printer else Evidence.SENT, pages)


async def _follow(pipe: Pipe, sending: Sending, running: asyncio.Task[int], room: Room, seen: Seen, holds: Holds) -> Outcome:
    watch, wait_s = seen.watch, FIRST_LOOK_S
    while True:
        sent = running.result() if running.done() else None  # before the look: what it shows then came after the last byte
        status = await watch.look()
        if not running.done():
            holds()  # a page that is held back, or that the printer does not read, writes nothing that would be asked for
        seen.add(status, pipe.sent_bytes, sending.begun, held_back=room.waiting)
        if sent is not None and (evidence := await seen.evidence(status, pipe, sent)) is not None:
            return Outcome(evidence, sent)
        room.counted(seen.done)
        if seen.counts_no_pages(status):
            room.open()
        await watch.tell(seen.done, status)
        if await seen.hopeless(status, pipe, read_it_all=running.done()):
            return Outcome(seen.last_word(status, pipe.sent_bytes, sent), sending.begun)
        wait_s = seen.next_look_s(status, wait_s, is_last=sent is not None and seen.done >= sent - 1)
        if not running.done():
            await asyncio.wait({running}, timeout=wait_s)
        elif sent is not None:
            await asyncio.sleep(wait_s)


async def settle_by_count(look: Look, expected_count: int, pages: int, patience: Patience) -> int | None:
    """How many of the pages are out that were on their way when their hub was killed or lost its printer; None when nobody can know.

    `expected_count` is what the page counter shows when all are out. The printer is waited for as long as it counts; it has to be
    idle, without a fault, for `settle_s`, and is given `quiet_s` to show anything new, or `page_s` while it says that it works.
    """
    clock = asyncio.get_running_loop().time
    shown, wait_s = await look(), FIRST_LOOK_S
    changed_at = counted_at = clock()
    while True:
        idle = is_idle(shown) and not shown.blind
        if idle and clock() - changed_at >= patience.settle_s:
            return _out(shown, expected_count, pages)
        most_s = patience.page_s if shown.state is PrinterState.PRINTING else patience.quiet_s
        if clock() - changed_at > most_s or clock() - counted_at > patience.fault_s:
            return None
        await asyncio.sleep(min(wait_s, patience.settle_s / 4))
        wait_s = min(wait_s * 1.5, SLOWEST_LOOK_S)
        status = await look()
        if status.page_count is not None and status.page_count != shown.page_count:
            counted_at = clock()
        if _face(status) != _face(shown):
            changed_at = clock()
        shown = status


def _face(status: Status) -> tuple[object, ...]:
    return status.online, status.blind, status.state, status.reasons, status.page_count


def _out(status: Status, expected_count: int, pages: int) -> int | None:
    if status.page_count is None:
        return None
    missing = (expected_count - status.page_count) % COUNTER_WRAP
    return pages - missing if missing <= pages else None
