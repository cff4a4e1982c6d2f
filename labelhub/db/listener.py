"""Hears of the commits of other nodes: LISTEN on a connection of its own that is made again for ever."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

import psycopg

log = logging.getLogger(__name__)

FIRST_WAIT_S, LONGEST_WAIT_S = 0.1, 2.0


async def listen(
    arguments: Mapping[str, Any], channel: str, instance: str, heard: Callable[[], None], told: Callable[[BaseException], str]
) -> None:
    """Call `heard` once for each batch of others' notifications, and once for each new connection: something may have been missed."""
    loop = asyncio.get_running_loop()
    wait_s = FIRST_WAIT_S
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(**arguments, autocommit=True) as conn:
                await conn.execute(f"LISTEN {channel}".encode())
                heard()
                wait_s = FIRST_WAIT_S
                pending = None
                async for notification in conn.notifies():
                    if notification.payload == instance:
                        continue
                    # A batch arrives without the loop turning in between, so only its last call is left to run.
                    if pending:
                        pending.cancel()
                    pending = loop.call_soon(heard)
        except psycopg.Error as error:
            log.warning("commits of other nodes are not heard, trying again in %g s: %s", wait_s, told(error))
        await asyncio.sleep(wait_s)
        wait_s = min(wait_s * 2, LONGEST_WAIT_S)
