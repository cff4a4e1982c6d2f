"""Discovery: the printers on the network, set up here or not."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from labelhub.api.printer_schemas import FoundOut
from labelhub.errors import DiscoveryRunning, OriginNotAllowed, ValidationFailed
from labelhub.http.origins import own_page
from labelhub.http.problems import responses
from labelhub.http.rights import Right, needs
from labelhub.http.running import Running
from labelhub.printers.discovery import Search

router = APIRouter(prefix="/api/discovery", tags=["printers"])

Subnet = Annotated[str | None, Query(max_length=100, description="Ask every address of it by SNMP, 1,024 at most: 192.0.2.0/24.")]
SnmpPort = Annotated[int, Query(ge=1, le=65535)]
Seconds = Annotated[float, Query(ge=0.2, le=10, allow_inf_nan=False, description="How long to listen to mDNS.")]
Mdns = Annotated[bool, Query(description="Listen to the printers that make themselves known.")]


@router.get(
    "",
    # It sends to the network, so a page of another site must not make a browser here ask for it.
    dependencies=[needs(Right.ADMIN), Depends(own_page)],
    responses=responses(OriginNotAllowed, DiscoveryRunning, ValidationFailed),
    summary="Find printers",
)
async def find_printers(
    hub: Running, subnet: Subnet = None, snmp_port: SnmpPort = 161, seconds: Seconds = 2.0, mdns: Mdns = True
) -> list[FoundOut]:
    """By host. It takes as long as it listens, and for a large subnet up to a minute. Looked for once at a time."""
    found = await hub.discovery.find(Search(mdns, seconds, subnet, snmp_port))
    return [FoundOut.of(one) for one in found]
