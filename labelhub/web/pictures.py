"""Pictures of labels in the colours of their media: what a person holds in the hand, dot for dot."""

from __future__ import annotations

import asyncio
import io
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from labelhub import errors
from labelhub.errors import LabelNotFound
from labelhub.http.rights import Right, needs
from labelhub.http.running import Running
from labelhub.hub import Hub
from labelhub.jobs import store
from labelhub.jobs.job import OPEN, Job
from labelhub.labels.page import Page
from labelhub.late import Image, ImageChops
from labelhub.media import Media
from labelhub.raster import Raster
from labelhub.web.media_look import RED, ink_of, paper_of

router = APIRouter(include_in_schema=False)

KEPT_S = 24 * 3600
UNDRAWN = (
    errors.MediaUnsupported, errors.FieldMissing, errors.LabelTooLong, errors.BarcodeInvalid, errors.GlyphMissing, errors.ImageInvalid,
    errors.FontInvalid, errors.TemplateInvalid,
)  # fmt: skip
OUTLINE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="240" height="72" viewBox="0 0 240 72"><rect width="240" height="72" fill="#fff"/>'
    '<rect x="4" y="4" width="232" height="64" rx="6" fill="none" stroke="#8b8578" stroke-width="2" stroke-dasharray="7 6"/>'
    '<path d="M30 26h84M30 46h48M196 24h14v24h-14z" fill="none" stroke="#c9c3b6" stroke-width="6" stroke-linecap="round"/></svg>'
)


@router.get("/jobs/{job_id}/labels/{number}.png", dependencies=[needs(Right.READ)])
async def label_picture(job_id: UUID, number: int, hub: Running) -> Response:
    """What was or will be printed; labels count from 1, copies included. JobNotFound, LabelNotFound.

    Where it cannot be drawn, for no printer has told its media yet or it cannot be printed at all, the outline of a label.
    """
    job = await hub.database.read(store.get, job_id)
    if not 1 <= number <= job.labels_total:
        raise LabelNotFound(f"the job has labels 1 to {job.labels_total}")
    try:
        page = await hub.proofs.picture(job, number)
    except UNDRAWN:
        return Response(OUTLINE, media_type="image/svg+xml", headers={"cache-control": "no-store"})
    final = job.media is not None and job.state not in OPEN
    return await picture_answer(page, job.media or _loaded(hub, job), final=final)


async def picture_answer(page: Page, media: Media | None, *, final: bool = False) -> Response:
    """The page as a PNG. `final`: it will never look different, so a browser may keep it."""
    keep = f"private, max-age={KEPT_S}, immutable" if final else "no-store"
    content = await asyncio.to_thread(colored_png, page.raster, media, turned=page.turned)
    return Response(content, media_type="image/png", headers={"cache-control": keep})


def colored_png(raster: Raster, media: Media | None, *, turned: bool) -> bytes:
    """A PNG of three colours at most, one pixel a dot: the media's, its ink's, and red where the raster has such a plane."""
    black = raster.picture(turned=turned).convert("L")
    picture = Image.new("P", black.size, 0)
    picture.putpalette([*_rgb(paper_of(media)), *_rgb(ink_of(media)), *_rgb(RED)])
    picture.paste(1, mask=ImageChops.invert(black))
    red = raster.red_picture(turned=turned)
    if red is not None:
        picture.paste(2, mask=ImageChops.invert(red.convert("L")))
    out = io.BytesIO()
    picture.save(out, "PNG", bits=2)
    return out.getvalue()


def _loaded(hub: Hub, job: Job) -> Media | None:
    """What its printer holds now, where the job would print on it."""
    media = hub.board.of(job.printer_id).media if job.printer_id is not None else None
    return media if media is not None and (job.need is None or job.need.met_by(media)) else None


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
