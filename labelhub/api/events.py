"""Live events: one numbered stream, as server-sent events."""

from __future__ import annotations

import asyncio
import logging
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Response
from starlette.types import Receive, Scope, Send

from labelhub.errors import DatabaseUnusable, PrinterNotFound, TooManySubscribers, ValidationFailed
from labelhub.events import TYPES
from labelhub.http.origins import own_page
from labelhub.http.problems import responses
from labelhub.http.rights import Right, needs
from labelhub.http.running import Running
from labelhub.stream import Stream, Subscriber, Wanted

log = logging.getLogger(__name__)

router = APIRouter(prefix="/api/events", tags=["events"])

MEDIA_TYPE = "text/event-stream"
HEADERS = (
    (b"content-type", MEDIA_TYPE.encode()),
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),  # nginx would gather it
)
EXAMPLE = (
    'id: 4711\nevent: job.state_changed\ndata: {"job_id":"7f6c...","printer_id":"1c9e...","from_state":"queued","to_state":"printing",'
    '"reason":null,"queue_depth":1,"labels_done":0,"labels_total":1,"timestamp":"2026-01-31T08:30:00.000000Z"}\n\n'
)
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}, "example": EXAMPLE}},
        "description": "Frames with `id`, `event` and JSON `data`, for ever; a comment every 30 s",
    }
}
MAX_NUMBER = 2**63 - 1
Number = Annotated[int | None, Query(ge=0, le=MAX_NUMBER, description="As the header Last-Event-ID, for who cannot send it.")]
LastEventId = Annotated[
    int | None, Header(alias="Last-Event-ID", ge=0, le=MAX_NUMBER, description="The last id that was seen: what came after it follows.")
]


@router.get(
    "",
    dependencies=[needs(Right.READ), Depends(own_page)],
    response_class=Response,
    responses=STREAM | responses(PrinterNotFound, TooManySubscribers, ValidationFailed, DatabaseUnusable),
    summary="Live events",
)
async def events(
    hub: Running,
    printer_id: Annotated[str | None, Query(max_length=100, description="Id or slug; left out: all printers.")] = None,
    types: Annotated[list[str] | None, Query(description=f"Some of {', '.join(TYPES)}, comma separated; left out: all.")] = None,
    last_event_id: Number = None,
    last_event_id_header: LastEventId = None,
) -> Response:
    """Begins with a snapshot of every printer's status or, with the last id that was seen, with what was missed since.

    What is not kept any more is told by `event: reset`, and a snapshot follows. A client that reads too slowly gets `event: overflow`
    at the end.
    """
    after = last_event_id if last_event_id_header is None else last_event_id_header  # a browser that comes back has the same URL
    wanted = Wanted(hub.printer(printer_id).id if printer_id is not None else None, _types(types))
    return EventStream(hub.stream, wanted, after)


def _types(given: list[str] | None) -> frozenset[str]:
    named = frozenset(word.strip() for part in given or () for word in part.split(",") if word.strip())
    if not named <= frozenset(TYPES):
        fault = f"must be some of {', '.join(TYPES)}"
        raise ValidationFailed(f"types {fault}", errors=[{"pointer": "", "parameter": "query.types", "detail": fault}])
    return named or frozenset(TYPES)


class EventStream(Response):
    """The answer that does not end. It joins the stream as it begins, so that nothing is left behind of one that never does."""

    def __init__(self, stream: Stream, wanted: Wanted, after: int | None) -> None:
        super().__init__()
        self._stream = stream
        self._wanted = wanted
        self._after = after

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Until the client goes, the hub ends, or the client does not keep up."""
        subscriber = await self._stream.join(self._wanted, self._after)
        watching = asyncio.create_task(_until_gone(receive, subscriber))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
            while (text := await self._next(subscriber)) is not None:
                await send({"type": "http.response.body", "body": text, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._stream.leave(subscriber)
            watching.cancel()

    async def _next(self, subscriber: Subscriber) -> bytes | None:
        try:
            return await self._stream.next(subscriber)
        except DatabaseUnusable as error:  # it comes back with its last id
            log.warning("a stream of events ends, what it missed cannot be read: %s", error.detail)
            return None


async def _until_gone(receive: Receive, subscriber: Subscriber) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    subscriber.end()
