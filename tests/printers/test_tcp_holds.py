"""What may not be sent any more is not sent: neither what is left to write, nor what was tried before."""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import termios
from contextlib import closing

import pytest

from labelhub.errors import LeaseLost
from labelhub.printers.tcp import connect
from tests.printers.printers_at_hand import HOST

JOB = bytes(1_000_000)


def _unread(connection: socket.socket) -> int:
    size: int = struct.unpack("i", fcntl.ioctl(connection.fileno(), termios.FIONREAD, bytes(4)))[0]
    return size


async def test_of_a_label_that_may_not_leave_any_more_nothing_leaves_by_itself() -> None:
    """The system has taken what it has room for; what it has not taken stays here, however much the printer reads later."""
    lost, loop = False, asyncio.get_running_loop()

    def holds() -> None:
        if lost:
            raise LeaseLost("lost")

    with closing(socket.create_server((HOST, 0))) as listener:
        pipe = await connect(*listener.getsockname())
        printer, _ = listener.accept()
        printer.setblocking(False)
        writing = asyncio.create_task(pipe.write(JOB, holds=holds))
        taken = 0
        while not taken or pipe.sent_bytes != taken:  # until what the system has room for grows no more
            taken = pipe.sent_bytes
            await asyncio.wait([writing], timeout=0.05)
        lost, received = True, 0
        while received < taken:
            received += len(await loop.sock_recv(printer, 65536))
        with pytest.raises(LeaseLost):
            await writing
        assert (received, pipe.sent_bytes, _unread(printer)) == (taken, taken, 0)
        await pipe.close()
        printer.close()
