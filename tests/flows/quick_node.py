"""`labelhub serve` with short leases and little patience, for tests that wait for both to end."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path

import uvicorn
import uvloop

from labelhub import logs
from labelhub.app import create_app
from labelhub.cli.serve import Server, address_of, listen
from labelhub.hub import Hub
from labelhub.jobs.follow import Patience
from labelhub.jobs.worker import Pace
from labelhub.settings import load

LEASE_S = 2.0
PACE = Pace(
    hold_s=0.1, wake_s=1.0, wake_look_s=0.1, lease_s=LEASE_S, share_s=0.3,
    patience=Patience(quiet_s=3.0, unread_s=6.0, fault_s=15.0, settle_s=0.3, page_s=3.0),
)  # fmt: skip


def run(variables: Mapping[str, str], log: Path, told: Connection) -> None:
    """Run until a signal, and tell where it listens."""
    os.environ.update(variables)
    with log.open("wb") as file:
        os.dup2(file.fileno(), 2)
    uvloop.run(_serve(told))


async def _serve(told: Connection) -> None:
    settings = load(listen="127.0.0.1:0")
    logs.configure(settings.log_level, settings.log_format)
    with listen(settings) as listener:
        async with Hub(settings, pace=PACE) as hub:
            config = uvicorn.Config(create_app(hub), log_config=None, lifespan="off", access_log=False, timeout_keep_alive=600)
            logging.getLogger(__name__).info("the hub listens on %s", address_of(listener))
            told.send(address_of(listener))
            told.close()
            await Server(config, hub.stream.close).serve(sockets=[listener])
