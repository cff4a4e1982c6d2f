"""Serve: open the hub in order, listen, and close everything again."""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
import resource
import signal
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from ipaddress import ip_address
from typing import TYPE_CHECKING

import uvicorn

from labelhub import logs
from labelhub.cli.front import PATIENCE_S, Front
from labelhub.cli.wire import BoundedHttp
from labelhub.declared import secrets_of
from labelhub.errors import SettingsInvalid, StartRefused
from labelhub.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI

    from labelhub.cli.demo import Demo
    from labelhub.emulator.server import Emulator
    from labelhub.hub import Hub

log = logging.getLogger(__name__)

BACKLOG = 2048
SHUTDOWN_S = 2
SILENT_MS = 60_000
MOST_FILES = 65_536
SWITCH_S = 0.0005
"""A thread that works lets the others go on so often: a label on its way crosses threads a few times, and waits each time."""
SIGNALS = (signal.SIGINT, signal.SIGTERM)


async def run(settings: Settings, shown: Demo | None = None, patience_s: float = PATIENCE_S) -> None:
    """Run the hub until a signal, with the virtual printers to be shown, if any.

    SettingsInvalid, StartRefused, DatabaseUnusable, and nothing is served any more. Until the hub is open a Front answers, and a
    signal ends the start; a second one ends the program where it stands.
    """
    sys.setswitchinterval(SWITCH_S)
    raise_file_limit()
    logs.configure(settings.log_level, settings.log_format, secrets_of(settings))
    refuse_open_door(settings)
    tls = tls_of(settings)
    async with AsyncExitStack() as stack:
        listener = listen(settings)
        stack.callback(listener.close)
        front = Front(settings, patience_s)
        config = uvicorn.Config(
            front, http=BoundedHttp, log_config=None, proxy_headers=False, server_header=False, access_log=False, lifespan="off",
            timeout_graceful_shutdown=SHUTDOWN_S, timeout_keep_alive=30, ssl_context_factory=(lambda *_: tls) if tls else None,
        )  # fmt: skip
        server = Server(config, front.end)
        address = address_of(listener, "https" if tls else "http")
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await _unless_ended(serving, lambda: _open(settings, shown, front, stack, address))
            await serving
        finally:
            # The hub is closed after the last answer: this comes first, and the stack after it.
            server.should_exit = True
            await asyncio.wait((serving,))


async def _unless_ended(serving: asyncio.Task[None], opening: Callable[[], Awaitable[None]]) -> None:
    """Open the hub, or as much of it as there is time for: a signal that ends the server ends this as well."""

    def give_up(_: object) -> None:
        release_signals()
        log.warning("ending before the hub was open; a migration that is under way is finished first, unless a second signal comes")
        until.reschedule(asyncio.get_running_loop().time())

    try:
        async with asyncio.timeout(None) as until:
            serving.add_done_callback(give_up)
            try:
                await opening()
            finally:
                serving.remove_done_callback(give_up)
    except TimeoutError:
        if not until.expired():
            raise


async def _open(settings: Settings, shown: Demo | None, front: Front, stack: AsyncExitStack, address: str) -> None:
    """Everything that a hub is, loaded beside the server and opened in order; then requests are its own."""
    make_hub, create_app = await asyncio.to_thread(_loaded)
    if shown is not None:
        await stack.enter_async_context(shown)
        settings = shown.declare(settings)
    hub = await stack.enter_async_context(make_hub(settings))
    front.open(create_app(hub, shown.emulators if shown else None), hub.stream.close)
    log.info("the hub listens on %s", address)
    if shown is not None:
        stack.callback(asyncio.create_task(shown.first_label(hub, address)).cancel)
    gc.freeze()
    gc.enable()


def _loaded() -> tuple[Callable[[Settings], Hub], Callable[[Hub, Mapping[str, Emulator] | None], FastAPI]]:
    """The hub and its application: half a second of work, which nobody who only asks for life has to wait for."""
    from labelhub.app import create_app
    from labelhub.hub import Hub
    from labelhub.web import assets

    assets.require()
    return Hub, create_app


class Server(uvicorn.Server):
    """uvicorn's server, which a signal ends and nothing more: its own raises the signal again before the hub is closed.

    `ending` is called before it waits for answers that are under way, for those that have no end of their own.
    """

    def __init__(self, config: uvicorn.Config, ending: Callable[[], object]) -> None:
        super().__init__(config)
        self._ending = ending

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let answers end, and take no more requests."""
        self._ending()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """SIGINT and SIGTERM end `serve`."""
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


def release_signals() -> None:
    """The next signal ends the program at once, whatever is under way."""
    for number in SIGNALS:
        asyncio.get_running_loop().remove_signal_handler(number)


def raise_file_limit() -> None:
    """As many connections as the system lets a process have: a shell's usual 1,024 files are too few for a thousand streams."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def refuse_open_door(settings: Settings) -> None:
    """SettingsInvalid when the hub would listen beyond this machine without a key."""
    if settings.api_key is None and not _is_loopback(settings.listen_host):
        raise SettingsInvalid(
            [
                f"LABELHUB_LISTEN: {settings.listen} is reachable from other machines, and no API key is set: anybody there could print. "
                "Set LABELHUB_API_KEY (`openssl rand -hex 32` makes a good one), or listen on 127.0.0.1"
            ]
        )


def listen(settings: Settings) -> socket.socket:
    """The open listener. StartRefused when the address cannot be had."""
    host, port = settings.listen_host, settings.listen_port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
        # Connections inherit it. Without, an answer's body waits 40 ms for the client to acknowledge its headers.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A client that is gone without a word is noticed: without, it keeps its place among the subscribers for a quarter of an hour.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENT_MS)
        return listener
    except OSError as error:
        why = "another program listens there; stop it, or choose another port" if error.errno == errno.EADDRINUSE else str(error)
        raise StartRefused(f"cannot listen on {settings.listen}: {why}") from error


def tls_of(settings: Settings) -> ssl.SSLContext | None:
    """What connections are encrypted with, where there is a certificate. StartRefused when it cannot be used."""
    if settings.tls_certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        # A key with a password would be asked for at the terminal, where nobody is.
        context.load_cert_chain(settings.tls_certificate, settings.tls_key, password=lambda: b"")
    except (OSError, ValueError) as error:  # SSLError is an OSError
        why = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        raise StartRefused(
            f"cannot serve HTTPS with {settings.tls_certificate} and {settings.tls_key}: {why}; both must be PEM files that the hub may "
            "read, and the key must be the certificate's own, without a password"
        ) from error
    return context


def address_of(listener: socket.socket, scheme: str = "http") -> str:
    """The URL of an open listener."""
    host, port = listener.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
