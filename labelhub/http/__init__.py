"""What api and web share: who asks, what they may do, and how every fault is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from fastapi import FastAPI

from labelhub.auth import Keyring
from labelhub.http import openapi, problems
from labelhub.http.cross_origin import CrossOrigin
from labelhub.http.gate import Gate
from labelhub.http.headers import SafeHeaders
from labelhub.http.limits import BodyLimit
from labelhub.http.origins import OriginCheck
from labelhub.http.requests import CHANGES, Requests
from labelhub.metrics import Metrics


def install(
    app: FastAPI,
    gate: Gate,
    *,
    body_limits: Mapping[str, int] | None = None,
    cross_origin: Sequence[str] = (),
    now: Callable[[], float] = time.time,
    metrics: Metrics | None = None,
    log_requests: str = CHANGES,
) -> None:
    """Puts the shared doors on an app: requests counted and named, safe headers, Host and Origin, the body limit, problems for faults.

    `app.state.gate` and `app.state.keyring` are set for the routes. `body_limits` maps path prefixes to larger limits in bytes;
    `cross_origin` names paths that pages of other origins may send to, which have checks of their own; `now` is the clock, in
    seconds since 1970. The app itself is made with `openapi_url=None`, `docs_url=None`, `redoc_url=None`: those pages are ordinary
    routes of `web.docs`, with rights of their own.
    """
    app.state.gate = gate
    app.state.keyring = Keyring(gate.api_key, now)
    problems.install(app)
    openapi.install(app)
    app.add_middleware(BodyLimit, limits_bytes=dict(body_limits or {}))
    app.add_middleware(OriginCheck, gate=gate, cross_origin=cross_origin)
    app.add_middleware(CrossOrigin, prefixes=cross_origin)
    app.add_middleware(SafeHeaders)
    app.add_middleware(Requests, metrics=metrics or Metrics(), which=log_requests)
