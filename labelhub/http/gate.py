"""Gate: what settings say about who may come in and under which names, as one value for the whole HTTP side."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network


@dataclass(frozen=True, slots=True)
class Gate:
    """Handed in once by the app. `public_url` has no path and no slash at its end; `listen_host` has no brackets."""

    listen_host: str = "127.0.0.1"
    public_url: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    api_key: str | None = field(default=None, repr=False)
