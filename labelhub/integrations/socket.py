"""Socket: the WebSocket of one connected system. Bounds of opening it: an address that was checked, 5 s from the look-up of the name on;
no redirect is followed, no proxy asked, nothing compressed taken, and of one message 1 MB. websockets is imported when one is opened.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from labelhub import trust
from labelhub.addresses import MAX_ADDRESSES, Pin
from labelhub.integrations.connection import Connection

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

MAX_BYTES = 1024 * 1024
OPEN_S = 5.0


@asynccontextmanager
async def opened(
    connection: Connection, path: str, headers: dict[str, str], pin: Pin, open_s: float = OPEN_S
) -> AsyncIterator[ClientConnection]:
    """The open socket at `path` below the system's URL. OSError, TimeoutError, WebSocketException, IntegrationError."""
    async with asyncio.timeout(open_s):
        socket = await _first(connection, path, headers, pin, open_s)
    try:
        yield socket
    finally:
        with suppress(OSError, TimeoutError):
            await socket.close()


async def _first(connection: Connection, path: str, headers: dict[str, str], pin: Pin, open_s: float) -> ClientConnection:
    """That of the first of the addresses that takes a connection."""
    from websockets.asyncio.client import connect

    class Connect(connect):
        def process_redirect(self, exc: Exception) -> Exception | str:
            return exc

    parts = urlsplit(connection.url)
    secure = parts.scheme == "https"
    more: dict[str, Any] = {}
    if secure:
        more = {"ssl": await asyncio.to_thread(trust.tls, connection.verify_tls), "server_hostname": parts.hostname}
    url = f"{'wss' if secure else 'ws'}://{parts.netloc}{parts.path.rstrip('/')}{path}"
    addresses = (await pin.addresses())[:MAX_ADDRESSES]
    for place, address in enumerate(addresses, start=1):
        try:
            return await Connect(
                url, host=address, port=parts.port or (443 if secure else 80), additional_headers=headers, proxy=None, compression=None,
                open_timeout=open_s / min(2, len(addresses)), close_timeout=1, max_size=MAX_BYTES, **more,
            )  # fmt: skip
        except OSError:  # a TimeoutError too
            if place == len(addresses):
                raise
    raise AssertionError("there is at least one address")
