"""create_app: the API, the pages and the running hub behind them, as one ASGI application."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fastapi import FastAPI

from labelhub import __version__, http
from labelhub.alive import build_of
from labelhub.api import (
    discovery,
    events,
    health,
    hooks,
    images,
    integrations,
    jobs,
    lookups,
    metrics,
    notices,
    printers,
    prints,
    templates,
    webhooks,
)
from labelhub.http.gate import Gate
from labelhub.http.rights import Right, needs
from labelhub.hub import Hub
from labelhub.settings import Settings
from labelhub.web import ROUTERS, problems, scan

if TYPE_CHECKING:
    from labelhub.emulator.server import Emulator

DESCRIPTION = "One hub for any mix of label printers: send fields, get the right label out of the right printer, once, confirmed."


# A multipart body has a few lines beside its picture.
LIMITS = {scan.PATH: scan.MAX_BYTES, images.router.prefix: images.MAX_BYTES, webhooks.PREFIX: images.MAX_BYTES + 64 * 1024}


def create_app(hub: Hub, emulators: Mapping[str, Emulator] | None = None) -> FastAPI:
    """The application of a hub that whoever serves it opens before and closes after; with the demo's virtual printers, if any."""
    app = FastAPI(
        title="Label Printer Hub", version=__version__, description=DESCRIPTION, openapi_url=None, docs_url=None, redoc_url=None
    )
    app.state.hub = hub
    app.state.build = build_of(hub.settings)
    app.state.emulators = emulators or {}
    app.state.fault_page = problems.fault_page
    # Looked through in this order: first what machines ask all day. Not included, which would make every route anew at the first request.
    for router in (
        prints.router, webhooks.router, health.router, metrics.router, printers.router, events.router, discovery.router, templates.router,
        templates.described, images.router, hooks.router, prints.previews, jobs.router, notices.router, integrations.router,
        lookups.router, *ROUTERS,
    ):  # fmt: skip
        app.router.routes.extend(router.routes)
    if emulators:
        from labelhub.emulator import control
        from labelhub.web import virtual

        app.router.routes.extend(virtual.router.routes)
        for routes_of, right in ((control.reading, Right.READ), (control.switching, Right.OPERATE)):
            app.router.routes.extend(routes_of(emulators, prefix="/virtual/api", dependencies=[needs(right)]).routes)
    http.install(
        app, gate_of(hub.settings), body_limits=LIMITS, cross_origin=webhooks.CROSS_ORIGIN, metrics=hub.metrics,
        log_requests=hub.settings.log_requests,
    )  # fmt: skip
    return app


def gate_of(settings: Settings) -> Gate:
    """Who may come in and under which names, from the settings."""
    key = settings.api_key.get_secret_value() if settings.api_key else None
    return Gate(settings.listen_host, settings.public_url, settings.allowed_hosts, settings.proxy_networks, key)
