"""Hooks: where other systems bring what is to be printed, set up at run time."""

from __future__ import annotations

from fastapi import APIRouter, Response

from labelhub import errors
from labelhub.api.hook_schemas import HookBody, HookChange, HookMade, HookOut, PayloadOut
from labelhub.errors import HookNotFound
from labelhub.hooks import store
from labelhub.hooks.hook import Hook, kept, new_token
from labelhub.hooks.rules import changed
from labelhub.http.problems import responses
from labelhub.http.rights import Right, needs
from labelhub.http.running import Running

router = APIRouter(prefix="/api/hooks", tags=["hooks"])

READ, ADMIN = needs(Right.READ), needs(Right.ADMIN)


@router.get("", dependencies=[READ], summary="All hooks")
async def list_hooks(hub: Running) -> list[HookOut]:
    """By name, each with its last deliveries."""
    return [HookOut.of(hook, await hub.database.read(store.outcomes, hook.name, 5)) for hook in await hub.database.read(store.every)]


@router.post(
    "",
    dependencies=[ADMIN],
    status_code=201,
    responses=responses(errors.NameTaken, errors.TooManyHooks, errors.ValidationFailed),
    summary="Make a hook",
)
async def make_hook(body: HookBody, hub: Running, response: Response) -> HookMade:
    """Its token is in this answer and in no other: the hub keeps only a digest of it."""
    now = hub.clock()
    token = body.token.get_secret_value() if body.token else new_token()
    hook = changed(Hook(body.name), **body.change(), tokens=(kept(token, now),))
    made = await hub.database.write(store.insert, hook, now)
    response.headers["location"] = f"/api/hooks/{made.name}"
    response.headers["cache-control"] = "no-store"
    return HookMade.with_token(made, token)


@router.get("/{name}", dependencies=[READ], responses=responses(HookNotFound), summary="One hook")
async def get_hook(name: str, hub: Running) -> HookOut:
    """With its last deliveries and what became of them."""
    hook = await hub.database.read(store.get, name)
    return HookOut.of(hook, await hub.database.read(store.outcomes, name))


@router.patch(
    "/{name}",
    dependencies=[ADMIN],
    responses=responses(HookNotFound, errors.Conflict, errors.ValidationFailed),
    summary="Change a hook",
)
async def change_hook(name: str, body: HookChange, hub: Running) -> HookOut:
    """What is left out stays; null takes back what was set. Takes effect with the next delivery."""
    given = body.change()
    hook = await hub.database.write(store.change, name, lambda before: changed(before, **given), hub.clock())
    return HookOut.of(hook, await hub.database.read(store.outcomes, name))


@router.delete(
    "/{name}",
    dependencies=[ADMIN],
    status_code=204,
    response_class=Response,
    responses=responses(HookNotFound, errors.Conflict),
    summary="Delete a hook",
)
async def delete_hook(name: str, hub: Running) -> None:
    """Its tokens open nothing any more; jobs that came by it stay."""
    await hub.database.write(store.remove, name)


@router.get("/{name}/payload", dependencies=[READ], responses=responses(HookNotFound), summary="What came last")
async def last_payload(name: str, hub: Running) -> PayloadOut:
    """To see what paths there are for the label's fields."""
    found = await hub.database.read(store.payload, name)
    if found is None:
        raise HookNotFound(f"nothing has come to the hook {name!r} yet")
    return PayloadOut.of(*found)


@router.post(
    "/{name}/tokens", dependencies=[ADMIN], status_code=201, responses=responses(HookNotFound, errors.Conflict), summary="Make a token"
)
async def make_token(name: str, hub: Running, response: Response) -> HookMade:
    """One more; the others stay until they are deleted, so that a sender can be changed over without a gap."""
    now, token = hub.clock(), new_token()
    hook = await hub.database.write(store.add_token, name, kept(token, now), now)
    response.headers["cache-control"] = "no-store"
    return HookMade.with_token(hook, token)


@router.delete(
    "/{name}/tokens/{token_id}",
    dependencies=[ADMIN],
    status_code=204,
    response_class=Response,
    responses=responses(HookNotFound, errors.Conflict),
    summary="Revoke a token",
)
async def revoke_token(name: str, token_id: str, hub: Running) -> None:
    """Whoever shows it is refused from now on."""
    await hub.database.write(store.drop_token, name, token_id, hub.clock())
