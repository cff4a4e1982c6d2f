"""Origins: refuses foreign Host names (DNS rebinding) and changes asked for by foreign web pages (cross-site request forgery).

A page of a strange site can make a browser on this machine send requests here. It cannot choose the Host header of its own
name, nor hide its Origin, so those two are compared with the names this hub goes by. Ports count in an origin only: another
port of the same machine is another program.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from labelhub.errors import HostNotAllowed, HubError, OriginNotAllowed
from labelhub.http import problems
from labelhub.http.callers import SCOPE_KEY, Caller, Host, address_of, caller_of, identify
from labelhub.http.cross_origin import FOREIGN_KEY, is_open
from labelhub.http.gate import Gate

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class OriginCheck:
    """ASGI: puts the Caller into the scope, and lets through only what passes both checks.

    To `cross_origin` paths pages of other origins get through too, marked as such: those routes want a token of them.
    """

    def __init__(self, app: ASGIApp, gate: Gate, cross_origin: Sequence[str] = ()) -> None:
        self.app = app
        self.gate = gate
        self.cross_origin = cross_origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or WebSocket."""
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        try:
            caller = identify(scope, self.gate)
            check_host(caller.host, own_address=scope["server"][0] if scope.get("server") else None, gate=self.gate)
            scope[SCOPE_KEY], scope["scheme"] = caller, caller.scheme
            if scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS or is_open(scope["path"], self.cross_origin):
                self._check_page(scope, caller)
        except HubError as error:
            return await problems.refuse(error, scope, receive, send)
        return await self.app(scope, receive, send)

    def _check_page(self, scope: Scope, caller: Caller) -> None:
        try:
            _check_page(scope, caller, self.gate)
        except OriginNotAllowed:
            if not is_open(scope["path"], self.cross_origin):
                raise
            scope[FOREIGN_KEY] = True


def check_host(host: Host, *, own_address: str | None, gate: Gate) -> None:
    """HostNotAllowed unless the hub goes by this name: loopback, its own address on this connection, or a name from settings."""
    address = host.address
    if address is not None and (address.is_loopback or address in (address_of(own_address), address_of(gate.listen_host))):
        return
    public = urlsplit(gate.public_url).hostname if gate.public_url else None
    names = {name.rstrip(".").lower().strip("[]") for name in (gate.listen_host, public, *gate.allowed_hosts) if name}
    if host.name == "localhost" or host.name.endswith(".localhost") or host.name in names:
        return
    raise HostNotAllowed(
        f"This hub does not answer to the name {host.name!r}. Add it to LABELHUB_ALLOWED_HOSTS, or set LABELHUB_PUBLIC_URL."
    )


def check_origin(origins: list[str], fetch_site: str, *, caller: Caller, public_url: str | None) -> None:
    """OriginNotAllowed when the headers show a page of another origin. Programs send neither header and pass."""
    if not origins:
        if fetch_site not in ("", "same-origin", "none"):
            raise OriginNotAllowed("A page of another site sent this request. Only pages of this hub may change something here.")
        return
    own = {caller.host.origin(caller.scheme), public_url}
    if len(origins) > 1 or origins[0].lower() not in own:
        raise OriginNotAllowed(
            f"The Origin {origins[0][:100]!r} is not this hub's own. Behind a reverse proxy, set LABELHUB_PUBLIC_URL to the address"
            " browsers use, or name the proxy in LABELHUB_TRUSTED_PROXIES."
        )


async def own_page(request: Request) -> None:
    """For a route that is only read but has effects all the same: what a change is asked, this is. OriginNotAllowed."""
    _check_page(request.scope, caller_of(request.scope), request.app.state.gate)


def _check_page(scope: Scope, caller: Caller, gate: Gate) -> None:
    origins = [value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"]
    sites = [value.decode("latin-1") for name, value in scope["headers"] if name == b"sec-fetch-site"]
    check_origin(origins, sites[-1] if sites else "", caller=caller, public_url=_origin_of(gate.public_url))


def _origin_of(public_url: str | None) -> str | None:
    if public_url is None:
        return None
    parts = urlsplit(public_url)
    return Host(parts.hostname or "", parts.port).origin(parts.scheme)
