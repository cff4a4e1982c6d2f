"""Forms as they were sent, but for halves of characters: a sender may name a charset that has them, and no page could show them."""

from __future__ import annotations

from fastapi import Request
from starlette.datastructures import UploadFile


async def sent_form(request: Request) -> dict[str, str | UploadFile]:
    """Names and values; of a name that stands there twice the last value."""
    return {_whole(name): _whole(value) if isinstance(value, str) else value for name, value in (await request.form()).items()}


def _whole(text: str) -> str:
    return text.encode(errors="replace").decode()
