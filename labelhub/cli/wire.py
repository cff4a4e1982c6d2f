"""HTTP/1.1 as uvicorn reads it, with bounds: on what may come before a request's body, on how long a request may take to arrive, and
on how long an answer may wait to be read.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 64 * 1024
HEAD_S = 30.0
"""From the connection, or a request's first byte, to the end of its headers."""
BODY_S = 120.0
"""For its body: the largest there may be, over a wireless network at its worst."""
STALL_S = 30.0
"""Who takes nothing of an answer for so long, with much of it still to come, is gone or means no good."""
LAST_S = 1.0
"""The same once the server stops."""


class BoundedHttp(HttpToolsProtocol):
    """Hangs up on a request whose line and headers go on and on: the parser keeps them all in memory. And on who never ends a request,
    which keeps a connection and all that came of the body, and on who reads no answer.
    """

    head_bytes = 0
    in_head = True
    head_s, body_s = HEAD_S, BODY_S
    awaited = ""
    arriving: asyncio.TimerHandle | None = None
    stall_s = STALL_S
    unread_bytes = 0
    stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The first request is to come."""
        super().connection_made(transport)
        self._await("head")

    def data_received(self, data: bytes) -> None:
        """Bytes from the client; the first piece is bounded by the event loop."""
        if self.in_head and self.head_bytes > MAX_HEAD_BYTES:
            self.transport.close()
            return
        self.head_bytes += len(data)
        super().data_received(data)
        # Asked afterwards, for most requests come whole at once, and a timer for each part of each would cost a tenth of the quickest.
        self._await("body" if not self.in_head else "head" if self.head_bytes else "")

    def on_headers_complete(self) -> None:
        """What follows is body, which the app bounds."""
        self.in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The next request begins."""
        self.in_head, self.head_bytes = True, 0
        self._await("")
        super().on_message_complete()

    def pause_writing(self) -> None:
        """Much waits for the client to read it."""
        super().pause_writing()
        self._watch(self.stall_s)

    def resume_writing(self) -> None:
        """It has read most of it."""
        super().resume_writing()
        self._leave_off()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._await("")
        self._leave_off()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """The server stops: who does not read now, or later, keeps nobody waiting."""
        super().shutdown()
        self.stall_s = LAST_S
        if self.flow.write_paused:
            self._watch(self.stall_s)

    def _await(self, what: str) -> None:
        """Gives the rest of the `head` or the `body` its time, from now on unless it has been awaited before; or nothing."""
        if what == self.awaited:
            return
        self.awaited = what
        if self.arriving is not None:
            self.arriving.cancel()
            self.arriving = None
        if what:
            self.arriving = self.loop.call_later(self.head_s if what == "head" else self.body_s, self.transport.close)

    def _watch(self, wait_s: float) -> None:
        self._leave_off()
        self.unread_bytes = self.transport.get_write_buffer_size()
        self.stalled = self.loop.call_later(wait_s, self._look, wait_s)

    def _look(self, wait_s: float) -> None:
        if self.transport.get_write_buffer_size() >= self.unread_bytes:
            self.transport.abort()
        else:
            self._watch(wait_s)

    def _leave_off(self) -> None:
        if self.stalled is not None:
            self.stalled.cancel()
            self.stalled = None
