"""Notices: who is told of faults, what became of the last ones, and a test."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from labelhub.api.notice_schemas import NoticeTargetOut, TestBody, TestOut
from labelhub.errors import NoticeTargetNotFound, ValidationFailed
from labelhub.http.problems import responses
from labelhub.http.rights import Right, needs
from labelhub.http.running import Running

router = APIRouter(prefix="/api/notices", tags=["notices"])


@router.get("", dependencies=[needs(Right.READ)], responses=responses(ValidationFailed), summary="Targets, and their last notices")
async def list_targets(hub: Running, limit: Annotated[int, Query(ge=1, le=100)] = 10) -> list[NoticeTargetOut]:
    """As the settings declare them; of their addresses the host alone. The newest notice first."""
    return [NoticeTargetOut.of(*shown) for shown in await hub.post.shown(limit)]


@router.post(
    "/test",
    dependencies=[needs(Right.OPERATE)],
    responses=responses(NoticeTargetNotFound, ValidationFailed),
    summary="Test notices",
)
async def send_test(hub: Running, body: TestBody | None = None) -> list[TestOut]:
    """To one target, or to all of them, once and at once; the answer tells what came of it."""
    name = None if body is None else body.target
    if name is not None and name not in hub.post.targets:
        raise NoticeTargetNotFound(f"no target for notices has the name {name!r}")
    return [
        TestOut(target=target.name, sent=outcome.sent, error=outcome.error)
        for target, outcome in await hub.post.test([one for one in hub.post.targets.values() if name in (None, one.name)])
    ]
