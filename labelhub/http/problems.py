"""Problems: the only producer of `application/problem+json` (RFC 9457), for our own errors and for the framework's.

`type` is the absolute URL of a page this hub serves, `/problems/<slug>`; members of `HubError.extra` stand at the top level.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from labelhub import errors
from labelhub.alive import SAFE_HEADERS
from labelhub.errors import HubError
from labelhub.http.callers import SCOPE_KEY, Caller, Host
from labelhub.http.gate import Gate
from labelhub.http.told import told
from labelhub.logs import REQUEST_ID

MEDIA_TYPE = "application/problem+json"
MAX_FAULTS = 100
FRAMEWORK_ERRORS: tuple[type[HubError], ...] = (
    errors.BadRequest,
    errors.NotAuthenticated,
    errors.Forbidden,
    errors.NotFound,
    errors.MethodNotAllowed,
    errors.BodyTooLarge,
    errors.UnsupportedMediaType,
    errors.ValidationFailed,
    errors.RateLimited,
)

logger = logging.getLogger(__name__)


def install(app: FastAPI) -> None:
    """Makes every fault of the app a problem, those of the framework included."""
    app.add_exception_handler(HubError, _of_hub)
    app.add_exception_handler(HTTPException, _of_framework)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(Exception, _of_bug)


def responses(*kinds: type[HubError]) -> dict[int | str, dict[str, Any]]:
    """For FastAPI's `responses=`: one entry a status, with an example of each error class."""
    found: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        entry = found.setdefault(kind.status, {"description": "", "content": {MEDIA_TYPE: {"schema": _schema_link(), "examples": {}}}})
        entry["description"] = "; ".join(filter(None, (entry["description"], kind.title)))
        entry["content"][MEDIA_TYPE]["examples"][kind.slug] = {"summary": kind.title, "value": _example(kind)}
    return found


def pointer(*parts: str | int) -> str:
    """A JSON pointer (RFC 6901) into the request body, in the fragment form of RFC 9457: `#/labels/0/copies`."""
    return "#" + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def base_url(scope: Scope) -> str:
    """The hub's own address without a slash at its end: the public URL, else the name this request came by, once it was checked."""
    gate: Gate = scope["app"].state.gate
    if gate.public_url:
        return gate.public_url.rstrip("/")
    caller: Caller | None = scope.get(SCOPE_KEY)
    if caller is not None:
        return caller.host.origin(caller.scheme)
    name, port = scope.get("server") or (gate.listen_host, None)
    return Host(name, port).origin(scope["scheme"])


def answer(error: HubError, scope: Scope, headers: Mapping[str, str] | None = None) -> Response:
    """The problem answer to an error of ours: a page for a person who asked for one, where the app has such pages."""
    show = getattr(scope["app"].state, "fault_page", None)
    if show is not None and SCOPE_KEY in scope and _reads_pages(scope):
        shown: Response = show(error, Request(scope))
        shown.headers.update({**_headers_of(error), **(headers or {})})
        return shown
    kind = type(error)
    body = {
        **error.extra,
        "type": f"{base_url(scope)}/problems/{kind.slug}",
        "title": kind.title,
        "status": error.http_status,
        "detail": error.detail,
        "instance": quote(told(scope["path"]), safe="/:@!$&'()*+,;=~-._"),
    }
    return _response(body, {**_headers_of(error), **(headers or {})})


async def refuse(error: HubError, scope: Scope, receive: Receive, send: Send, headers: Mapping[str, str] | None = None) -> None:
    """Sends the problem from outside the app's own handlers; a WebSocket is closed before it opens."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": error.slug})
        return
    await answer(error, scope, headers)(scope, receive, send)


def _response(body: dict[str, Any], headers: Mapping[str, str]) -> Response:
    content = json.dumps(body, ensure_ascii=False).encode(errors="replace")
    return Response(content, body["status"], {**SAFE_HEADERS, "cache-control": "no-store", **headers}, MEDIA_TYPE)


def _headers_of(error: HubError) -> dict[str, str]:
    if error.status == 401:
        return {"www-authenticate": 'Bearer realm="labelhub"'}
    wait_s = error.extra.get("retry_after_s")
    return {} if wait_s is None else {"retry-after": str(wait_s)}


async def _of_hub(request: Request, error: Exception) -> Response:
    assert isinstance(error, HubError)
    if type(error) is HubError:
        logger.error("%s %s failed", request.method, told(request.url.path), exc_info=error)
    if isinstance(error, errors.NotAuthenticated) and _is_navigation(request):
        there = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?next={quote(there)}", 303)
    return answer(error, request.scope)


def _is_navigation(request: Request) -> bool:
    """True for a person who opens a page of a hub that has a key to sign in with."""
    return request.method == "GET" and request.app.state.keyring.has_key and _reads_pages(request.scope)


def _reads_pages(scope: Scope) -> bool:
    """True for a browser that wants HTML, anywhere but below `/api/`."""
    return "text/html" in Headers(scope=scope).get("accept", "") and not scope["path"].startswith("/api/")


async def _of_framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = next((kind for kind in FRAMEWORK_ERRORS if kind.status == error.status_code), None)
    if kind is not None:
        return answer(kind(_framework_detail(kind, request, error)), request.scope, error.headers)
    status = HTTPStatus(error.status_code)
    body = {"type": "about:blank", "title": status.phrase, "status": int(status), "instance": quote(request.url.path)}
    return _response(body, error.headers or {})


def _framework_detail(kind: type[HubError], request: Request, error: HTTPException) -> str:
    if kind is errors.NotFound:
        return f"There is nothing at {request.url.path[:200]}."
    if kind is errors.MethodNotAllowed:
        allowed = (error.headers or {}).get("Allow", "other methods")
        return f"{request.url.path[:200]} does not take {request.method[:20]}; it takes {allowed}."
    return "" if error.detail == HTTPStatus(error.status_code).phrase else str(error.detail)


async def _of_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = error.errors()
    broken = next((fault for fault in faults if fault["type"] == "json_invalid"), None)
    if broken is not None:
        detail = f"The body is not valid JSON: {broken['ctx']['error']} at character {broken['loc'][-1]}."
        return answer(errors.BadRequest(detail), request.scope)
    if isinstance(error.body, bytes):  # the framework leaves a body it does not take for JSON as bytes
        given = request.headers.get("content-type", "none")[:100]
        return answer(errors.UnsupportedMediaType(f"Send JSON with Content-Type: application/json, not {given}."), request.scope)
    listed = list(_listed(faults))
    return answer(errors.ValidationFailed(_summary(listed), errors=listed[:MAX_FAULTS]), request.scope)


def _listed(faults: Sequence[Any]) -> Iterator[dict[str, str]]:
    """Each fault with a pointer into the body, or the parameter's name; never what was sent."""
    for fault in faults:
        place, *parts = fault["loc"]
        detail = fault["msg"].removeprefix("Value error, ")
        if place == "body":
            yield {"pointer": pointer(*parts), "detail": detail}
        else:
            yield {"pointer": "", "parameter": ".".join(str(part) for part in (place, *parts)), "detail": detail}


def _summary(listed: list[dict[str, str]]) -> str:
    first = listed[0]
    more = f" (and {len(listed) - 1} more)" if len(listed) > 1 else ""
    return f"{first.get('parameter') or first['pointer']}: {first['detail']}{more}"


async def _of_bug(request: Request, error: Exception) -> Response:
    logger.error("%s %s failed", request.method, told(request.url.path), exc_info=error)
    request_id = REQUEST_ID.get()
    named = {} if request_id is None else {"x-request-id": request_id}  # by which it is found in the log
    return answer(HubError("The hub has a fault. It has been logged."), request.scope, named)


def _schema_link() -> dict[str, str]:
    return {"$ref": "#/components/schemas/Problem"}


def _example(kind: type[HubError]) -> dict[str, Any]:
    text = " ".join((kind.__doc__ or kind.title).split())
    return {"type": f"/problems/{kind.slug}", "title": kind.title, "status": kind.status, "detail": text}
