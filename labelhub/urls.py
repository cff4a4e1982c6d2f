"""URLs and headers that a person gives: where another system is and what it is sent, so that nothing in it can be misread."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

MAX_CHARACTERS = 500
NAME = r"[A-Za-z0-9._-]{1,253}"
"""What host names and IPv4 addresses look like."""
_SHAPE = re.compile(
    r"(?P<scheme>https?)://(?:(?P<name>[a-z0-9._-]{1,253})|\[(?P<address>[0-9a-f:.]+)\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]*)*)",
    re.IGNORECASE,
)


def web_address(text: str) -> str:
    """The URL with scheme and host in small letters and without a slash at its end. ValueError that says how to write it."""
    found = _SHAPE.fullmatch(text) if len(text) <= MAX_CHARACTERS else None
    if not found or int(found["port"] or 80) not in range(1, 65536) or ".." in found["path"].split("/"):
        raise ValueError("must be http(s)://host[:port][/path] with no user name, query or fragment")
    if found["address"] and not is_address(found["address"]):
        raise ValueError("has no address between [ and ]")
    return text[: found.start("path")].lower() + found["path"].rstrip("/")


def origin(url: str) -> str:
    """`https://host:443` of a URL: scheme, host and port, which two URLs of one program have in common. ValueError."""
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme.lower())
    return f"{parts.scheme.lower()}://{(parts.hostname or '').lower()}:{port}"


def header_fault(name: str, value: str) -> str:
    """Why a header cannot be sent with every request; "" when it can."""
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", name):
        return "a header's name has letters, digits and - alone"
    if name.lower() in _OWN_HEADERS:
        return f"the header {name} is the program's own to send"
    return (
        ""
        if re.fullmatch(r"[!-~](?:[ -~]{0,3998}[!-~])?", value)
        else f"the value of {name} must be 1 to 4000 printable ASCII characters"
    )


SENDABLE, MAX_TOKEN = r"[!-~]*", 4000
"""A key or token that a header can hold, behind `Bearer ` or the like; "" for none."""
SHOWABLE = r"[A-Za-z0-9._~-]{16,256}"
"""A token that others show the hub: it stands in any address as it is, and nobody guesses it."""


def token_fault(text: str) -> str:
    """Why a token cannot be sent; "" when it can."""
    fits = len(text) <= MAX_TOKEN and re.fullmatch(SENDABLE, text)
    return "" if fits else f"must have ASCII characters alone, no spaces, and at most {MAX_TOKEN}"


def shown_fault(text: str) -> str:
    """Why a token cannot be shown to the hub; "" when it can."""
    return "" if re.fullmatch(SHOWABLE, text) else "must have 16 to 256 letters, digits and -_.~"


_OWN_HEADERS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect", "accept-encoding", "content-type"}
)


def is_address(word: str) -> bool:
    """True for an IPv4 or IPv6 address without a zone."""
    try:
        return "%" not in word and bool(ip_address(word))
    except ValueError:
        return False
