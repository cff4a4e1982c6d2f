"""Paging: where a list goes on, as an opaque cursor in the Link header (RFC 8288)."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request, Response

from labelhub.errors import ValidationFailed
from labelhub.http.problems import base_url

DEFAULT_LIMIT, MAX_LIMIT = 50, 200
MAX_NUMBER, MAX_PRIORITY = 2**63 - 1, 2**31 - 1
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
Cursor = Annotated[str | None, Query(max_length=60)]


def point_to_next(request: Request, response: Response, *numbers: int) -> None:
    """Name the next page in the Link header: the one after the row that these numbers tell from all others."""
    cursor = base64.urlsafe_b64encode(".".join(map(str, numbers)).encode()).decode().rstrip("=")
    query = dict(request.query_params) | {"cursor": cursor}
    response.headers["link"] = f'<{base_url(request.scope)}{request.url.path}?{urlencode(query)}>; rel="next"'


def numbers_of(cursor: str, *most: int) -> list[int]:
    """The numbers that `point_to_next` was given, each within what its column may hold. ValidationFailed."""
    try:
        found = [int(text) for text in base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii").split(".")]
        if len(found) != len(most) or any(abs(number) > limit for number, limit in zip(found, most, strict=True)):
            raise ValueError(cursor)
    except (binascii.Error, ValueError) as error:
        fault = {"pointer": "", "parameter": "query.cursor", "detail": "is none that a Link header gave"}
        raise ValidationFailed("the cursor is not one of this hub's", errors=[fault]) from error
    return found
