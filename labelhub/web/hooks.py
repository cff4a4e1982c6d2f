"""Hooks: make one; see what came to it, say by clicking what of it goes on the label, and who may bring it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from labelhub.errors import HubError, all_errors
from labelhub.hooks import store as hooks
from labelhub.hooks.ask import MAX_COPIES
from labelhub.hooks.hook import MAX_DEDUP_S, MAX_TOKENS, Hook, kept, new_token
from labelhub.hooks.rules import changed
from labelhub.http.callers import caller_of
from labelhub.http.rights import Right, needs
from labelhub.http.running import Running
from labelhub.hub import Hub
from labelhub.labels import store as templates
from labelhub.web.forms import sent_form
from labelhub.web.hook_form import wanted
from labelhub.web.integrations import overview_page
from labelhub.web.look import words_for
from labelhub.web.pages import page
from labelhub.web.said import done

router = APIRouter(include_in_schema=False, prefix="/integrations")

READ, ADMIN = [needs(Right.READ)], [needs(Right.ADMIN)]
SHOWN_LEAVES = 200
SHOWN_CHARACTERS = 80
Text = Annotated[str, Form(max_length=500)]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value of what came: its path as a hook's field names it, and the beginning of its text."""

    path: str
    text: str


@router.post("/hooks", dependencies=ADMIN)
async def make_hook(hub: Running, request: Request, name: Text, preset: Text = "generic") -> Response:
    """A new hook, with its token shown this once. What is wrong with the form is said on the page."""
    now, token = hub.clock(), new_token()
    try:
        hook = changed(Hook(name.strip(), tokens=(kept(token, now),)), preset=preset)
        made = await hub.database.write(hooks.insert, hook, now)
    except HubError as error:
        return await overview_page(hub, request, error, {"hook": name})
    return await _hook_page(hub, request, made, token=token)


@router.get("/hooks/{name}", dependencies=READ)
async def hook_page(name: str, hub: Running, request: Request) -> Response:
    """One hook: what came last, and what of it goes on the label. HookNotFound."""
    return await _hook_page(hub, request, await hub.database.read(hooks.get, name))


@router.post("/hooks/{name}", dependencies=ADMIN)
async def change_hook(name: str, hub: Running, request: Request) -> Response:
    """All of it as the form has it. HookNotFound, Conflict; what is wrong with it is said on the page."""
    before = await hub.database.read(hooks.get, name)
    given = {key: str(value).strip() for key, value in (await sent_form(request)).items()}
    try:
        await hub.database.write(hooks.change, name, lambda now: changed(now, **wanted(now, given)), hub.clock())
    except HubError as error:
        return await _hook_page(hub, request, replace(before, **wanted(before, given)), fault=error)
    return done(f"/integrations/hooks/{name}", "hook-saved")


@router.post("/hooks/{name}/token", dependencies=ADMIN)
async def another_token(name: str, hub: Running, request: Request) -> Response:
    """One more token, shown this once. HookNotFound, Conflict."""
    now, token = hub.clock(), new_token()
    hook = await hub.database.write(hooks.add_token, name, kept(token, now), now)
    return await _hook_page(hub, request, hook, token=token)


@router.post("/hooks/{name}/revoke", dependencies=ADMIN)
async def revoke(name: str, hub: Running, token: Text) -> Response:
    """One token opens nothing any more. HookNotFound, Conflict."""
    await hub.database.write(hooks.drop_token, name, token, hub.clock())
    return done(f"/integrations/hooks/{name}", "token-revoked")


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
        templates_there=[one.template for one in stored], printers=hub.printers,
        slugs=[name for printer in hub.printers for name in (printer.slug, str(printer.id))], more_tokens=len(hook.tokens) < MAX_TOKENS,
        outcomes=await hub.database.read(hooks.outcomes, hook.name, 10), systems=await hub.connections.every(),
        titles={kind.slug: kind.title for kind in all_errors()}, most_copies=MAX_COPIES, most_dedup_s=MAX_DEDUP_S,
    )  # fmt: skip
