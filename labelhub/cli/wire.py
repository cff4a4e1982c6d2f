"""HTTP/1.1 as uvicorn reads it, with a bound on what may come before a request's body."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 64 * 1024


class BoundedHttp(HttpToolsProtocol):
    """Hangs up on a request whose line and headers go on and on: the parser keeps them all in memory."""

    head_bytes = 0
    in_head = True

    def data_received(self, data: bytes) -> None:
        """Bytes from the client; the first piece is bounded by the event loop."""
        if self.in_head and self.head_bytes > MAX_HEAD_BYTES:
            self.transport.close()
            return
        self.head_bytes += len(data)
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """What follows is body, which the app bounds."""
        self.in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The next request begins."""
        self.in_head, self.head_bytes = True, 0
        super().on_message_complete()
