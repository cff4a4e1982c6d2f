"""Connected systems: which there are, how they answer, and a test of each."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from labelhub import errors
from labelhub.api.integration_schemas import IntegrationBody, IntegrationChange, IntegrationOut, KindOut, VerdictOut
from labelhub.http.problems import responses
from labelhub.http.rights import Right, needs
from labelhub.http.running import Running
from labelhub.integrations.connection import Connection

router = APIRouter(tags=["things of other systems"])

READ, OPERATE, ADMIN = needs(Right.READ), needs(Right.OPERATE), needs(Right.ADMIN)
NOT_FOUND = responses(errors.IntegrationNotFound)
PATH = "/api/integrations"


async def the_connection(name: str, hub: Running) -> Connection:
    """The system the path names. IntegrationNotFound."""
    return await hub.connections.get(name)


Named = Annotated[Connection, Depends(the_connection)]


@router.get("/api/integration-kinds", dependencies=[READ], summary="Kinds of systems that can be connected")
async def list_kinds(hub: Running) -> list[KindOut]:
    """One for each plug-in that is installed; last those that cannot be used, with the reason."""
    kinds = [KindOut(kind=name, title=kind.title, types=list(kind.types), fault=None) for name, kind in hub.connections.kinds.items()]
    return kinds + [KindOut(kind=None, title=fault.partition(":")[0], types=[], fault=fault) for fault in hub.connections.faults]


@router.get(PATH, dependencies=[READ], summary="All connected systems")
async def list_integrations(hub: Running) -> list[IntegrationOut]:
    """By name. Nobody is asked: `state` is how each last answered."""
    return [_out(one, hub) for one in await hub.connections.every()]


@router.post(
    PATH,
    dependencies=[ADMIN],
    status_code=201,
    responses=responses(errors.NameTaken, errors.Conflict, errors.ValidationFailed),
    summary="Connect a system",
)
async def add_integration(body: IntegrationBody, hub: Running, response: Response) -> IntegrationOut:
    """Takes effect at once. The system is not asked: `POST .../test` tells whether it answers."""
    connection = await hub.connections.add(body.connection(hub.clock()))
    response.headers["location"] = f"{PATH}/{connection.name}"
    return _out(connection, hub)


@router.get(f"{PATH}/{{name}}", dependencies=[READ], responses=NOT_FOUND, summary="One connected system")
async def get_integration(connection: Named, hub: Running) -> IntegrationOut:
    """Never its secrets."""
    return _out(connection, hub)


@router.patch(
    f"{PATH}/{{name}}",
    dependencies=[ADMIN],
    responses=responses(errors.IntegrationNotFound, errors.Conflict, errors.ValidationFailed),
    summary="Change a connected system",
)
async def change_integration(connection: Named, body: IntegrationChange, hub: Running) -> IntegrationOut:
    """Only what is sent changes. With another host or port its secrets must be sent again: they go nowhere else."""
    return _out(await hub.connections.change(connection.name, **body.changes()), hub)


@router.delete(
    f"{PATH}/{{name}}",
    dependencies=[ADMIN],
    status_code=204,
    response_class=Response,
    responses=responses(errors.IntegrationNotFound, errors.Conflict),
    summary="Disconnect a system",
)
async def remove_integration(connection: Named, hub: Running) -> None:
    """What was printed from it stays."""
    await hub.connections.remove(connection.name)


@router.post(f"{PATH}/{{name}}/test", dependencies=[OPERATE], responses=NOT_FOUND, summary="Test a connected system")
async def check_integration(connection: Named, hub: Running) -> VerdictOut:
    """Asks it something small that needs the key, for at most 5 s."""
    verdict = await hub.connections.test(connection)
    return VerdictOut(ok=verdict.ok, detail=verdict.detail)


def _out(connection: Connection, hub: Running) -> IntegrationOut:
    return IntegrationOut.of(connection, hub.connections.kinds.get(connection.kind), hub.connections.seen(connection.name))
