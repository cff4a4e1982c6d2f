"""Callers: who sends a request, worked out from the connection and, where a declared proxy stands between, its headers.

`X-Forwarded-For`, `-Proto` and `-Host` count only when the peer is one of `Gate.trusted_proxies`; `Forwarded` (RFC 7239) is
never read. Each trusted proxy appends what it saw on the right, so the caller is the rightmost address that is no proxy.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.types import Scope

from labelhub.errors import HostNotAllowed
from labelhub.http.gate import Gate

Address = IPv4Address | IPv6Address

MAX_HOPS = 32
SCOPE_KEY = "labelhub.caller"
FORWARDING_HEADERS = ("forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "true-client-ip", "cf-connecting-ip")

_HOST = re.compile(r"(?P<name>\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::(?P<port>[0-9]{1,5}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Host:
    """The name and port of a Host header: `name` in lower case, without brackets and without a final dot."""

    name: str
    port: int | None

    @property
    def address(self) -> Address | None:
        """The IP address that the name spells, or None."""
        return address_of(self.name)

    def origin(self, scheme: str) -> str:
        """`http://name:port` the way a browser writes it: no port where it is the scheme's own."""
        name = f"[{self.name}]" if ":" in self.name else self.name
        own = {"http": 80, "https": 443}.get(scheme)
        return f"{scheme}://{name}" + (f":{self.port}" if self.port not in (None, own) else "")


@dataclass(frozen=True, slots=True)
class Caller:
    """One request's sender. `address` is None when it cannot be known; `local` means: on this machine, with nothing between."""

    address: Address | None
    local: bool
    scheme: str
    host: Host


def caller_of(scope: Scope) -> Caller:
    """The caller that `OriginCheck` has put into the scope."""
    caller: Caller = scope[SCOPE_KEY]
    return caller


def parse_host(text: str) -> Host:
    """A Host header, taken apart. HostNotAllowed when it is none."""
    match = _HOST.fullmatch(text)
    port = int(match["port"]) if match and match["port"] else None
    if match is None or (port is not None and port > 65535):
        raise HostNotAllowed("The Host header is not a host name with an optional port.")
    return Host(match["name"].strip("[]").rstrip(".").lower(), port)


@lru_cache(maxsize=256)
def address_of(text: str | None) -> Address | None:
    """The IP address written in `text`, an IPv4 address inside IPv6 as IPv4; None when it is not one."""
    try:
        address = ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def identify(scope: Scope, gate: Gate) -> Caller:
    """Who sent this request. HostNotAllowed when it names no host, or more than one."""
    headers = _headers(scope)
    peer, own = (address_of(end[0]) if (end := scope.get(side)) else None for side in ("client", "server"))
    if peer is not None and _among(peer, gate.trusted_proxies):
        address = _behind(peer, headers.get("x-forwarded-for", []), gate.trusted_proxies)
        scheme = _last(headers, "x-forwarded-proto").lower()
        host = _last(headers, "x-forwarded-host") or _only_host(headers)
        # A proxy that says nothing of its client must not pass for a person at this machine.
        return Caller(address, False, scheme if scheme in ("http", "https") else scope["scheme"], parse_host(host))
    direct = bool(peer and own and peer.is_loopback and own.is_loopback and not _forwarded(headers))
    return Caller(peer, direct, scope["scheme"], parse_host(_only_host(headers)))


def _headers(scope: Scope) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return found


def _only_host(headers: dict[str, list[str]]) -> str:
    values = headers.get("host", [])
    if len(values) != 1:
        raise HostNotAllowed("The request has no Host header." if not values else "The request has more than one Host header.")
    return values[0].strip()


def _last(headers: dict[str, list[str]], name: str) -> str:
    return headers.get(name, [""])[-1].rpartition(",")[2].strip()


def _forwarded(headers: dict[str, list[str]]) -> bool:
    return any(name in FORWARDING_HEADERS or name.startswith("x-forwarded") for name in headers)


def _behind(peer: Address, values: list[str], proxies: Sequence[IPv4Network | IPv6Network]) -> Address | None:
    hops = ",".join(values).rsplit(",", MAX_HOPS)[-MAX_HOPS:]
    for hop in reversed(hops):
        address = _hop_address(hop.strip())
        if address is None or not _among(address, proxies):
            return address
        peer = address
    return peer


def _hop_address(hop: str) -> Address | None:
    """The address of one hop: `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]:4711`."""
    if hop.startswith("["):
        return address_of(hop[1:].partition("]")[0])
    return address_of(hop.partition(":")[0] if hop.count(":") == 1 else hop)


def _among(address: Address, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    return any(address in network for network in networks)
