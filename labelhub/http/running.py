"""The running hub, as a dependency of the routes that use it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from labelhub.http.callers import caller_of
from labelhub.hub import Hub


async def hub_of(request: Request) -> Hub:
    """The hub this app serves."""
    hub: Hub = request.app.state.hub
    return hub


async def caller_name(request: Request) -> str:
    """Who submits a job, as the job keeps it: `local`, or the address a request with the key came from."""
    caller = caller_of(request.scope)
    return "local" if caller.local else f"key from {caller.address}"


Running = Annotated[Hub, Depends(hub_of)]
CallerName = Annotated[str, Depends(caller_name)]
