"""Connected systems: which there are, with the hooks beside them; connect one, test it, change it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from labelhub.errors import HubError, ValidationFailed
from labelhub.hooks import store as hooks
from labelhub.hooks.presets import PRESETS
from labelhub.http.rights import Right, needs
from labelhub.http.running import Running
from labelhub.hub import Hub
from labelhub.integrations.connection import Connection
from labelhub.web.look import words_for
from labelhub.web.pages import page
from labelhub.web.said import done

router = APIRouter(include_in_schema=False, prefix="/integrations")

READ, OPERATE, ADMIN = [needs(Right.READ)], [needs(Right.OPERATE)], [needs(Right.ADMIN)]
Text = Annotated[str, Form(max_length=500)]


@router.get("", dependencies=READ)
async def overview(hub: Running, request: Request) -> Response:
    """Every connected system, how it last answered, and the hooks."""
    return await overview_page(hub, request)


@router.post("", dependencies=ADMIN)
async def connect(
    hub: Running, request: Request, kind: Text, url: Text, name: Text = "", link_url: Text = "",
    token: Annotated[str, Form(max_length=4000)] = "", unverified: Text = "",
) -> Response:  # fmt: skip
    """Connect a system and ask it at once whether it answers; what is wrong with the form is said on the page."""
    now = hub.clock()
    given = Connection(
        name.strip() or kind, kind, url.strip(), now, now, link_url.strip(), token.strip(), verify_tls=not unverified,
    )  # fmt: skip
    try:
        made = await hub.connections.add(given)
    except HubError as error:
        return await overview_page(hub, request, error, {"kind": kind, "url": url, "name": name, "link_url": link_url})
    verdict = await hub.connections.test(made)
    return done("/integrations", "connected" if verdict.ok else "connected-silent")


@router.get("/systems/{name}", dependencies=ADMIN)
async def system(name: str, hub: Running, request: Request) -> Response:
    """The form to change it. IntegrationNotFound."""
    return _system_page(hub, request, await hub.connections.get(name))


@router.post("/systems/{name}", dependencies=ADMIN)
async def change(
    name: str, hub: Running, request: Request, url: Text, link_url: Text = "",
    token: Annotated[str, Form(max_length=4000)] = "", no_token: Text = "", unverified: Text = "",
) -> Response:  # fmt: skip
    """Change it, and ask it at once; an empty key keeps the one there is. IntegrationNotFound, Conflict for what settings declare."""
    before = await hub.connections.get(name)
    changes: dict[str, Any] = {"url": url.strip(), "link_url": link_url.strip(), "verify_tls": not unverified}
    secret = {"token": token.strip()} if token.strip() or no_token else {}
    try:
        changed = await hub.connections.change(name, **changes, **secret)
    except ValidationFailed as error:
        return _system_page(hub, request, replace(before, **changes), error)
    verdict = await hub.connections.test(changed)
    return done("/integrations", "connected" if verdict.ok else "connected-silent")


@router.post("/systems/{name}/test", dependencies=OPERATE)
async def ask(name: str, hub: Running) -> Response:
    """Ask it something small; the page then says how it answered. IntegrationNotFound."""
    verdict = await hub.connections.test(await hub.connections.get(name))
    return done("/integrations", "system-answers" if verdict.ok else "system-silent")


@router.post("/systems/{name}/remove", dependencies=ADMIN)
async def disconnect(name: str, hub: Running) -> Response:
    """Forget it. IntegrationNotFound; Conflict for what settings declare."""
    await hub.connections.remove(name)
    return done("/integrations", "disconnected")


async def overview_page(hub: Hub, request: Request, fault: HubError | None = None, typed: dict[str, str] | None = None) -> Response:
    """All of it; with what is wrong with a form that was sent, and what was typed into it."""
    every = await hub.connections.every()
    return page(
        request, "integrations.html", t=words_for(request), status=fault.http_status if fault else 200, fault=fault,
        typed=dict.fromkeys(("kind", "url", "name", "link_url", "hook"), "") | (typed or {}),
        systems=[(one, hub.connections.kinds.get(one.kind), hub.connections.seen(one.name)) for one in every],
        kinds=hub.connections.kinds, hooks=await hub.database.read(hooks.every), presets=sorted(PRESETS),
    )  # fmt: skip


def _system_page(hub: Hub, request: Request, connection: Connection, fault: HubError | None = None) -> Response:
    kind = hub.connections.kinds.get(connection.kind)
    return page(
        request, "system.html", t=words_for(request), status=fault.http_status if fault else 200, fault=fault, system=connection,
        title=kind.title if kind else connection.kind,
    )  # fmt: skip
