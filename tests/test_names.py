"""Names are looked up beside everything else: those that nobody answers for keep no other waiting, and a silent server forgets none."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator

import pytest

from labelhub.names import FRESH_S, KEPT_S, QUICK_THREADS, SLOW_THREADS, Names, look

LONG_S = 20.0
SILENT = "dead"


class Servers:
    """What name servers say; for names that begin with `dead` nothing until `free`. The clock stands still but for what the test adds."""

    def __init__(self) -> None:
        self.said: dict[str, list[str] | OSError] = {}
        self.asked: list[str] = []
        self.free = threading.Event()
        self.now_s = 1000.0
        self.names = Names(self._look, lambda: self.now_s)

    def _look(self, host: str) -> list[str]:
        self.asked.append(host)
        if host.startswith(SILENT):
            self.free.wait(LONG_S)
            self.now_s += 10
            raise socket.gaierror(socket.EAI_AGAIN, "try again")
        found = self.said[host]
        if isinstance(found, OSError):
            raise found
        return found


@pytest.fixture
async def servers() -> AsyncIterator[Servers]:
    found = Servers()
    found.names.wait_s = found.names.wait_known_s = LONG_S
    yield found
    found.names.close()
    found.free.set()


async def test_an_address_is_not_looked_up(servers: Servers) -> None:
    assert [await servers.names.addresses(one) for one in ("192.0.2.7", "fd00::7")] == [["192.0.2.7"], ["fd00::7"]]
    assert servers.asked == []


async def test_what_was_looked_up_just_now_is_not_again_and_who_asks_at_the_same_time_shares_it(servers: Servers) -> None:
    servers.said["desk.lan"] = ["192.0.2.7"]
    assert await asyncio.gather(*(servers.names.addresses("desk.lan") for _ in range(5))) == [["192.0.2.7"]] * 5
    assert servers.asked == ["desk.lan"]
    servers.said["desk.lan"] = ["192.0.2.8"]
    assert await servers.names.addresses("desk.lan") == ["192.0.2.7"]
    servers.now_s += FRESH_S
    assert (await servers.names.addresses("desk.lan"), servers.asked) == (["192.0.2.8"], ["desk.lan"] * 2)


async def test_while_no_server_answers_the_last_address_is_used_for_an_hour_and_one_that_is_gone_never(servers: Servers) -> None:
    silence, gone = socket.gaierror(socket.EAI_AGAIN, "try again"), socket.gaierror(socket.EAI_NONAME, "no such name")
    servers.said["desk.lan"] = ["192.0.2.7"]
    await servers.names.addresses("desk.lan")
    servers.said["desk.lan"] = silence
    servers.now_s += KEPT_S - 1
    assert await servers.names.addresses("desk.lan") == ["192.0.2.7"]
    servers.now_s += 1
    with pytest.raises(socket.gaierror, match="try again"):
        await servers.names.addresses("desk.lan")
    servers.said["desk.lan"] = ["192.0.2.7"]
    await servers.names.addresses("desk.lan")
    servers.now_s += FRESH_S
    for error in (gone, silence):
        servers.said["desk.lan"] = error
        with pytest.raises(socket.gaierror, match=error.strerror):
            await servers.names.addresses("desk.lan")


async def test_names_that_nobody_answers_for_keep_no_other_waiting(servers: Servers) -> None:
    servers.names.wait_s = 0.05
    dead = [f"{SILENT}{number}" for number in range(QUICK_THREADS)]

    async def told(host: str) -> str:
        with pytest.raises(socket.gaierror, match="no name server told in time") as error:
            await servers.names.addresses(host)
        return str(error.value)

    assert len(await asyncio.gather(*map(told, dead))) == QUICK_THREADS
    waiting = list(servers.names._asked.values())
    servers.free.set()  # from here on it is known that they are slow
    await asyncio.wait(waiting)
    servers.free.clear()
    await asyncio.gather(*map(told, dead * 2))
    assert set(servers.asked[:QUICK_THREADS]) == set(dead)
    assert len(servers.asked) <= QUICK_THREADS + SLOW_THREADS  # now four of them at most
    servers.names.wait_s = LONG_S
    servers.said["desk.lan"] = ["192.0.2.7"]
    assert await servers.names.addresses("desk.lan") == ["192.0.2.7"]
    assert await asyncio.to_thread(pow, 2, 3) == 8


def test_this_machine_knows_its_own_name() -> None:
    assert look("localhost")[0] == "127.0.0.1"
    with pytest.raises(UnicodeError, match="idna"):
        look("a" * 64 + ".lan")
