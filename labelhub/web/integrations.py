"""Connected systems and hooks: connect one, test it; see what came to a hook, and say by clicking what of it goes on the label."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from labelhub.errors import HubError
from labelhub.hooks import store as hooks
from labelhub.hooks.hook import MAX_TOKENS, Hook, kept, new_token
from labelhub.hooks.presets import PRESETS
from labelhub.hooks.rules import MAX_FIELDS, changed
from labelhub.http.callers import caller_of
from labelhub.http.rights import Right, needs
from labelhub.http.running import Running
from labelhub.hub import Hub
from labelhub.integrations.connection import Connection
from labelhub.labels import store as templates
from labelhub.web.forms import sent_form
from labelhub.web.look import words_for
from labelhub.web.pages import page
from labelhub.web.said import done

router = APIRouter(include_in_schema=False, prefix="/integrations")

READ, OPERATE, ADMIN = [needs(Right.READ)], [needs(Right.OPERATE)], [needs(Right.ADMIN)]
SHOWN_LEAVES = 200
SHOWN_CHARACTERS = 80
PREFIX = "f."
Text = Annotated[str, Form(max_length=500)]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value of what came: its path as a hook's field names it, and the beginning of its text."""

    path: str
    text: str


@router.get("", dependencies=READ)
async def overview(hub: Running, request: Request) -> Response:
    """Every connected system, how it last answered, and the hooks."""
    return await _overview(hub, request)


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
        return await _overview(hub, request, error, {"kind": kind, "url": url, "name": name, "link_url": link_url})
    verdict = await hub.connections.test(made)
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


@router.post("/hooks", dependencies=ADMIN)
async def make_hook(hub: Running, request: Request, name: Text, preset: Text = "generic") -> Response:
    """A new hook, with its token shown this once. What is wrong with the form is said on the page."""
    now, token = hub.clock(), new_token()
    try:
        hook = changed(Hook(name.strip(), tokens=(kept(token, now),)), preset=preset)
        made = await hub.database.write(hooks.insert, hook, now)
    except HubError as error:
        return await _overview(hub, request, error, {"hook": name})
    return await _hook_page(hub, request, made, token=token)


@router.get("/hooks/{name}", dependencies=READ)
async def hook_page(name: str, hub: Running, request: Request) -> Response:
    """One hook: what came last, and what of it goes on the label. HookNotFound."""
    return await _hook_page(hub, request, await hub.database.read(hooks.get, name))


@router.post("/hooks/{name}", dependencies=ADMIN)
async def change_hook(name: str, hub: Running, request: Request) -> Response:
    """Template, printer and fields as the form has them. HookNotFound, Conflict; what is wrong with it is said on the page."""
    before = await hub.database.read(hooks.get, name)
    given = {key: str(value).strip() for key, value in (await sent_form(request)).items()}
    fields = {key.removeprefix(PREFIX): value for key, value in given.items() if key.startswith(PREFIX) and value}
    if given.get("new_field") and given.get("new_path"):
        fields[given["new_field"]] = given["new_path"]
    fields = dict(list(fields.items())[: MAX_FIELDS + 1])  # of too many, one too many is shown again

    def wanted(now: Hook) -> dict[str, Any]:
        return {
            "template": given.get("template") or None, "printer": given.get("printer") or None,
            "fields": _lists(now, fields), "enabled": bool(given.get("enabled")),
        }  # fmt: skip

    try:
        await hub.database.write(hooks.change, name, lambda now: changed(now, **wanted(now)), hub.clock())
    except HubError as error:
        return await _hook_page(hub, request, replace(before, **wanted(before)), fault=error)
    return done(f"/integrations/hooks/{name}", "hook-saved")


@router.post("/hooks/{name}/token", dependencies=ADMIN)
async def another_token(name: str, hub: Running, request: Request) -> Response:
    """One more token, shown this once. HookNotFound, Conflict."""
    now, token = hub.clock(), new_token()
    hook = await hub.database.write(hooks.add_token, name, kept(token, now), now)
    return await _hook_page(hub, request, hook, token=token)


@router.post("/hooks/{name}/remove", dependencies=ADMIN)
async def remove_hook(name: str, hub: Running) -> Response:
    """Forget it. HookNotFound, Conflict."""
    await hub.database.write(hooks.remove, name)
    return done("/integrations", "hook-removed")


def leaves(values: object, path: str = "") -> Iterator[Leaf]:
    """The values that a field can be taken from, in their order, with their paths (`details.location.name`, `tags.0`)."""
    if isinstance(values, dict | list):
        for name, part in values.items() if isinstance(values, dict) else enumerate(values):
            yield from leaves(part, f"{path}.{name}" if path else str(name))
    elif values not in (None, ""):
        text = str(values)
        yield Leaf(path, text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…")


async def _overview(hub: Hub, request: Request, fault: HubError | None = None, typed: dict[str, str] | None = None) -> Response:
    every = await hub.connections.every()
    return page(
        request, "integrations.html", t=words_for(request), status=fault.http_status if fault else 200, fault=fault,
        typed=dict.fromkeys(("kind", "url", "name", "link_url", "hook"), "") | (typed or {}),
        systems=[(one, hub.connections.kinds.get(one.kind), hub.connections.seen(one.name)) for one in every],
        kinds=hub.connections.kinds, hooks=await hub.database.read(hooks.every), presets=sorted(PRESETS),
    )  # fmt: skip


async def _hook_page(hub: Hub, request: Request, hook: Hook, *, token: str = "", fault: HubError | None = None) -> Response:
    found = await hub.database.read(hooks.payload, hook.name)
    came: dict[str, Any] = json.loads(found[0]) if found else {}
    stored = await hub.database.read(templates.every)
    chosen = next((one.template for one in stored if one.template.key == hook.template), None)
    names = [entry.name for entry in chosen.fields] if chosen else ["title", "primary_id", "qr_payload"]
    fields = {name: "\n".join(value) if isinstance(value, tuple) else value for name, value in hook.fields.items()}
    caller = caller_of(request.scope)
    return page(
        request, "hook.html", t=words_for(request), status=fault.http_status if fault else 200, hook=hook, token=token, fault=fault,
        address=f"{caller.host.origin(caller.scheme)}/api/webhook/{hook.name}", came_at=found[1] if found else None,
        leaves=list(leaves(came.get("values", {})))[:SHOWN_LEAVES], fields={**dict.fromkeys(names, ""), **fields},
        templates_there=[one.template for one in stored], printers=hub.printers, more_tokens=len(hook.tokens) < MAX_TOKENS,
        outcomes=await hub.database.read(hooks.outcomes, hook.name, 10),
    )  # fmt: skip


def _lists(before: Hook, fields: dict[str, str]) -> dict[str, str | tuple[str, ...]]:
    """Fields as a hook keeps them: what stands on several lines is a list of texts, as is what was one before."""
    found: dict[str, str | tuple[str, ...]] = {}
    for name, value in fields.items():
        lines = tuple(line.strip() for line in value.splitlines() if line.strip())
        found[name] = lines if len(lines) > 1 or isinstance(before.fields.get(name), tuple) else value
    return found
