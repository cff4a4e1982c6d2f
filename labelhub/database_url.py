"""The URL of the database that a person gives: which ones the hub takes, and what of it may be shown."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from labelhub.urls import NAME, is_address

PLAIN = r"(?:[A-Za-z0-9._~!$'()*,;-]|%(?!00)[0-9A-Fa-f]{2})"
"""What stands for itself in a URL, or is percent-encoded."""
POSTGRESQL = re.compile(
    rf"postgresql(?:\+psycopg)?://(?:{PLAIN}{{1,200}}(?::(?P<password>{PLAIN}{{0,1000}}))?@)?"
    rf"(?:{NAME}|\[(?P<address>[0-9A-Fa-f:.]+)\])?(?::(?P<port>[0-9]{{1,5}}))?/{PLAIN}{{1,200}}(?:\?(?P<query>[!-~]{{1,2000}}))?"
)
POSTGRESQL_PARAMETERS = frozenset(
    {
        "application_name", "channel_binding", "connect_timeout", "gssencmode", "host", "keepalives", "keepalives_count",
        "keepalives_idle", "keepalives_interval", "krbsrvname", "load_balance_hosts", "options", "passfile", "port", "require_auth",
        "sslcert", "sslcrl", "sslkey", "sslmode", "sslnegotiation", "sslrootcert", "target_session_attrs", "tcp_user_timeout",
    }
)  # fmt: skip
"""libpq's, without those that hold a secret."""


def check_database_url(url: str) -> None:
    """ValueError that says how to write it, if the hub cannot use it."""
    if re.fullmatch(r"sqlite:///[^?\x00-\x1f:][^?\x00-\x1f]*", url):
        return
    found = _postgresql(url)
    if not found:
        raise ValueError(
            "must be sqlite:/// and the path of a file, or postgresql://USER:PASSWORD@HOST:PORT/NAME "
            "with each character of user, password and name that is no letter or digit percent-encoded"
        )
    names = [name for name, _ in parse_qsl(found["query"] or "", keep_blank_values=True)]
    for name in names:
        if name not in POSTGRESQL_PARAMETERS or (names.count(name) > 1 and name != "host"):
            raise ValueError("has after the ? something unknown, given twice or secret; a password belongs before the @")


def without_password(url: str) -> str:
    """The URL with *** where its password stands."""
    found = _postgresql(url)
    if not found or found["password"] is None:
        return url
    return f"{url[: found.start('password')]}***{url[found.end('password') :]}"


def _postgresql(url: str) -> re.Match[str] | None:
    found = POSTGRESQL.fullmatch(url)
    if not found or (found["address"] and not is_address(found["address"])) or not 0 < int(found["port"] or 1) <= 65535:
        return None
    return found
