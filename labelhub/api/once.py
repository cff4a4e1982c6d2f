"""Idempotency-Key: the same request sent again, because its answer was lost, prints nothing more."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Annotated

from fastapi import Header, Request
from pydantic import BaseModel

from labelhub.errors import ValidationFailed
from labelhub.jobs.store import Once

KEY = re.compile(r"[!-~](?:[ -~]{0,253}[!-~])?")

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Any text of the caller's own, a UUID for example: a request with a key that was used in the last 24 hours gets "
        "the answer of the first one, and prints nothing.",
    ),
]


def once(key: str | None, request: Request, caller: str, body: BaseModel | str | None = None) -> Once | None:
    """The caller's key with a digest of the request and what its `body` means; None without a key. ValidationFailed."""
    if key is None:
        return None
    if not KEY.fullmatch(key):
        fault = "must be 1 to 255 printable ASCII characters"
        raise ValidationFailed(
            f"Idempotency-Key {fault}", errors=[{"pointer": "", "parameter": "header.Idempotency-Key", "detail": fault}]
        )
    path = request.url.path.removeprefix("/api")  # /print is /api/print
    meant = body.model_dump(mode="json") if isinstance(body, BaseModel) else body
    asked = json.dumps([request.method, path, meant], sort_keys=True)
    holder = caller.partition(" from ")[0][:100]  # one key, from whatever address its holder asks
    return Once(holder, key, hashlib.sha256(asked.encode()).hexdigest())
