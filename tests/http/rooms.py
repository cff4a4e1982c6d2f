"""A small hub for the tests of the http room: one route of each kind behind the real doors, and clients that come from anywhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, FastAPI, HTTPException
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

import labelhub.http
from labelhub.errors import FieldMissing, HubError, MediaMismatch, PrinterNotFound
from labelhub.http import problems
from labelhub.http.gate import Gate
from labelhub.http.rights import Right, needs
from labelhub.web import assets, docs, login
from labelhub.web import problems as problem_pages

KEY = "correct-horse-battery-staple"
HERE = "127.0.0.1"
ELSEWHERE = "192.0.2.7"
SERVER = "198.51.100.1"


class Labels(BaseModel):
    """What the small hub prints."""

    model_config = ConfigDict(extra="forbid")

    copies: int = Field(default=1, ge=1, le=10)
    lines: list[str] = []


class Clock:
    """A clock that tests move by hand, in seconds since 1970."""

    def __init__(self) -> None:
        self.now_s = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now_s


def small_hub(gate: Gate | None = None, clock: Clock | None = None) -> FastAPI:
    """The app; `app.state.printed` lists what got through to its printing route."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, title="small", version="1")
    app.state.printed = []
    labelhub.http.install(app, gate or Gate(), body_limits={"/images": 10 * 1024 * 1024}, now=clock or Clock())
    app.include_router(_routes(app))
    for router in (assets.router, docs.router, login.router, problem_pages.router):
        app.include_router(router)
    return app


def _routes(app: FastAPI) -> APIRouter:
    router = APIRouter()

    @router.get("/healthz", dependencies=[needs(Right.NOTHING)])
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/api/printers", dependencies=[needs(Right.READ)])
    async def printers(limit: Annotated[int, Field(ge=1, le=200)] = 50) -> list[str]:
        return []

    @router.get("/", dependencies=[needs(Right.READ)])
    async def start() -> str:
        return "start"

    @router.post(
        "/api/print", dependencies=[needs(Right.PRINT)], responses=problems.responses(PrinterNotFound, MediaMismatch, FieldMissing)
    )
    async def print_labels(labels: Labels) -> dict[str, int]:
        app.state.printed.append(labels)
        return {"copies": labels.copies}

    @router.get("/api/mismatch", dependencies=[needs(Right.READ)], responses=problems.responses(MediaMismatch))
    async def mismatch() -> None:
        raise MediaMismatch("The printer holds 24mm tape.", expected="12mm", loaded="24mm")

    @router.get("/api/failure", dependencies=[needs(Right.READ)])
    async def failure() -> None:
        raise HubError("The shelf is full.")

    @router.get("/api/teapot", dependencies=[needs(Right.READ)])
    async def teapot() -> None:
        raise HTTPException(418)

    @router.get("/api/bug", dependencies=[needs(Right.READ)])
    async def bug() -> None:
        raise ZeroDivisionError("secret of the house")

    @router.post("/images", dependencies=[needs(Right.PRINT)])
    async def images(body: dict[str, Any]) -> int:
        return len(body)

    @router.get("/stream", dependencies=[needs(Right.READ)])
    async def stream() -> StreamingResponse:
        return StreamingResponse(iter(["a", "b"]))

    return router


@asynccontextmanager
async def client(
    app: FastAPI, *, come_from: str = HERE, base_url: str = "http://127.0.0.1:8090", raise_bugs: bool = True
) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose connection ends at the host of `base_url`."""
    transport = httpx.ASGITransport(app, client=(come_from, 50000), raise_app_exceptions=raise_bugs)
    async with httpx.AsyncClient(transport=transport, base_url=base_url) as found:
        yield found


def far_client(app: FastAPI, **changes: Any) -> Any:
    """A client from another machine, connected to the hub's own address."""
    return client(app, come_from=ELSEWHERE, base_url=f"http://{SERVER}:8090", **changes)
