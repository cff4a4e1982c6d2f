"""A process of many SNMP agents that only replay: each answer was made once by the virtual printer's own agent.

`python -m tests.benchmarks.replaying N` prints the N ports it answers on, one line, and answers until it is killed.
"""

from __future__ import annotations

import select
import socket
import sys

from labelhub.drivers.brother.words import media_from_word
from labelhub.emulator.agent import Agent, values_of
from labelhub.emulator.machine import Machine

COMMUNITY = b"public"


def request_id_at(message: bytes) -> tuple[int, int]:
    """Where the request id's bytes begin, and how many they are: the first integer of the PDU behind the community."""
    at = message.index(COMMUNITY) + len(COMMUNITY) + 1
    at += 1 if message[at] < 0x80 else 1 + (message[at] & 0x7F)
    return at + 2, message[at + 1]


class Replay:
    """Answers by shape: a request of the same length gets the same answer, with its own request id."""

    def __init__(self) -> None:
        machine = Machine("PT-P750W", media_from_word("PT-P750W", "12mm"))
        self._agent = Agent(values_of(machine, "A1", lambda: 0.0), COMMUNITY.decode())
        self._known: dict[int, tuple[bytearray, int]] = {}

    def answer(self, request: bytes) -> bytes:
        """The answer to a GET."""
        start, size = request_id_at(request)
        known = self._known.get(len(request))
        if known is None:
            made = bytearray(self._agent.answer(request) or b"")
            known = self._known[len(request)] = made, request_id_at(bytes(made))[0]
        reply, place = known
        reply[place : place + size] = request[start : start + size]
        return bytes(reply)


def main(count: int) -> None:
    """Serve."""
    replay, waiting, sockets = Replay(), select.epoll(), {}
    for _ in range(count):
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.bind(("127.0.0.1", 0))
        sockets[one.fileno()] = one
        waiting.register(one.fileno(), select.EPOLLIN)
    print(*(one.getsockname()[1] for one in sockets.values()), flush=True)
    while True:
        for number, _ in waiting.poll():
            request, peer = sockets[number].recvfrom(4096)
            sockets[number].sendto(replay.answer(request), peer)


if __name__ == "__main__":
    main(int(sys.argv[1]))
