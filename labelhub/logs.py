"""Logging: one line an event to standard error, for people or as JSON for programs; times in UTC, secrets never.

Lines say which request and which job they belong to: whoever begins one sets `REQUEST_ID` or `JOB_ID`, and all that is logged
in the same task, or in one begun from it, tells it.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
JOB_ID: ContextVar[str | None] = ContextVar("job_id", default=None)
HIDDEN = "***"
SHORTEST_SECRET = 6
"""What is shorter may be part of any word."""

_SECRETS = re.compile(
    r"""
      (?P<header>\b(?:authorization|proxy-authorization|x-api-key|api[_-]?key|cookie|set-cookie)["']?\s*[:=]\s*["']?
        (?:(?:bearer|basic)\s+)?)[^\s"',;]+                                     # Authorization: Bearer ..., api_key=...
    | (?P<bearer>\bbearer\s+)[^\s"',;]+
    | (?P<query>[?&;][\w.-]*(?:token|key|secret|passw(?:or)?d|signature|\bsig|auth|session)[\w.-]*=)[^&\s"'#;]+
    | (?P<session>\blabelhub_session=)[^\s;"']+
    | (?P<login>\b[a-z][a-z0-9+.-]*://[^\s/:@"']*:)[^\s/@"']+(?=@)              # postgresql://user:PASSWORD@host
    | (?P<user>\b[a-z][a-z0-9+.-]*://)[^\s/:@"']+(?=@(?!\w+:))                  # https://TOKEN@host
    | (?P<path>/api/(?:webhook/[^/\s?"']+|label/[^/\s?"']+)/)[^/\s?"']+         # the token of a hook stands in its path
    | (?P<signing>\bwhsec_)[\w+/=-]+
    """,
    re.IGNORECASE | re.VERBOSE,
)


_SIGNS = ("=", "@", "/api/", "bearer", "authorization", "key", "cookie", "whsec_")
"""Each kind of secret stands beside one of these."""


class Redaction(logging.Filter):
    """Hides what looks like a secret in the text of a line and of its exception, and everything that is known to be one."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        super().__init__()
        self._known = sorted({word for word in known if len(word) >= SHORTEST_SECRET}, key=len, reverse=True)

    def filter(self, record: logging.LogRecord) -> bool:
        """True: every line is told, without its secrets."""
        record.msg, record.args = self.hide(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = self.hide(record.exc_text)
        fields: dict[str, Any] = getattr(record, "fields", {})
        record.fields = {name: self.hide(value) if isinstance(value, str) else value for name, value in fields.items()}
        return True

    def hide(self, text: str) -> str:
        """The text with *** for each secret."""
        for word in self._known:
            text = text.replace(word, HIDDEN)
        small = text.lower()
        if not any(sign in small for sign in _SIGNS):  # nearly every line, and to look closer takes thirty times as long
            return text
        return _SECRETS.sub(lambda found: next(filter(None, found.groups())) + HIDDEN, text)


class _Utc(logging.Formatter):
    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line, with what would break it or steer a terminal made visible: names in it come from outside."""
        line = super().formatMessage(record)
        line += "".join(f" {name}={value}" for name, value in _belongs_to().items() if value not in line)
        return line if line.isprintable() else "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in line)


class _Json(_Utc):
    def format(self, record: logging.LogRecord) -> str:
        line = {"time": self.formatTime(record), "level": record.levelname.lower(), "logger": record.name, "message": record.getMessage()}
        line |= getattr(record, "fields", {}) | _belongs_to()
        if record.exc_text:
            line["exception"] = record.exc_text
        return json.dumps(line, ensure_ascii=False)


def _belongs_to() -> dict[str, str]:
    named = {"request_id": REQUEST_ID.get(), "job_id": JOB_ID.get()}
    return {name: value for name, value in named.items() if value is not None}


def configure(level: str, form: str, secrets: Iterable[str] = ()) -> None:
    """Send every logger's lines of this level and above to standard error, as `console` or `json`, without the `secrets`.

    `extra={"fields": {...}}` of a log call adds members to its JSON object.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if form == "json" else _Utc("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    handler.addFilter(Redaction(secrets))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for noisy in ("httpx", "httpcore", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
