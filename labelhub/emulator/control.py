"""Virtual printers over HTTP: `reading` shows what they hold and printed, `switching` does to them what a person could.

Two routers, so that whoever mounts them can ask for different rights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Response

from labelhub.drivers.brother.words import media_from_word
from labelhub.emulator.faults import Faults
from labelhub.emulator.machine import Page
from labelhub.emulator.printer import Speed, speed_from_word
from labelhub.emulator.server import Emulator
from labelhub.errors import HubError, MediaUnsupported, NotFound, ValidationFailed
from labelhub.labels.render import png
from labelhub.media import Media

Name = Annotated[str, Path(description="The name of a virtual printer.")]
Changes = Annotated[
    dict[str, Any],
    Body(description="The faults to change, by the names they have in the answer.", examples=[{"cooling": True, "snmp": "silent"}]),
]


@dataclass(frozen=True, slots=True)
class MediaView:
    """Loaded media."""

    kind: str
    width_mm: float
    length_mm: float | None
    name: str
    media_color: str
    text_color: str
    two_color: bool


@dataclass(frozen=True, slots=True)
class ViolationView:
    """A rule of the printer language that a job broke."""

    rule: str
    detail: str


@dataclass(frozen=True, slots=True)
class PrinterView:
    """A virtual printer now."""

    name: str
    model: str
    serial: str
    host: str
    port: int
    snmp_port: int
    plugged: bool
    state: str
    stopped_by: list[str]
    """`off`, `cover-open`, `media-empty`, `media-needed`, `cutter-jam`, `cooling`."""
    faults: Faults
    """Every switch as it stands now."""
    mm_per_s: float | None
    media: MediaView | None
    cover_open: bool
    page_count: int
    lost_pages: int
    tape_used_mm: float
    backlog: int
    connections: int
    violation_count: int
    violations: list[ViolationView]


@dataclass(frozen=True, slots=True)
class PageView:
    """A page that came out; `png` is the address of its dots, beside this list."""

    number: int
    media: str
    width_dots: int
    height_dots: int
    length_mm: float
    leader_mm: float
    cut: str
    last: bool
    png: str


def reading(emulators: Mapping[str, Emulator], **options: Any) -> APIRouter:
    """Routes that only look; `options` are those of a router, such as its prefix."""
    router = APIRouter(tags=["virtual printers"], **options)

    @router.get("/printers")
    async def list_virtual_printers() -> list[PrinterView]:
        return [_printer_view(name, emulator) for name, emulator in emulators.items()]

    @router.get("/printers/{name}")
    async def show_virtual_printer(name: Name) -> PrinterView:
        return _printer_view(name, _named(emulators, name))

    @router.get("/printers/{name}/pages")
    async def list_printed_pages(name: Name) -> list[PageView]:
        return [_page_view(page) for page in reversed(_named(emulators, name).machine.pages)]

    @router.get("/printers/{name}/pages/{number}.png", response_class=Response, responses={200: {"content": {"image/png": {}}}})
    async def show_printed_page(name: Name, number: int) -> Response:
        for page in _named(emulators, name).machine.pages:
            if page.number == number:
                return Response(page_png(page), media_type="image/png")
        raise NotFound(f"The virtual printer {name} has no page {number}; it keeps the last ones only.")

    return router


def switching(emulators: Mapping[str, Emulator], **options: Any) -> APIRouter:
    """Routes that change something. Each answers with the printer as it is then."""
    router = APIRouter(tags=["virtual printers"], **options)
    _hands(router, emulators)
    _switches(router, emulators)
    return router


def _hands(router: APIRouter, emulators: Mapping[str, Emulator]) -> None:
    """What a person does to a printer."""

    @router.post("/printers/{name}/plug")
    async def plug_virtual_printer(name: Name) -> PrinterView:
        await _named(emulators, name).plug()
        return _printer_view(name, emulators[name])

    @router.post("/printers/{name}/unplug")
    async def unplug_virtual_printer(name: Name) -> PrinterView:
        await _named(emulators, name).unplug()
        return _printer_view(name, emulators[name])

    @router.post("/printers/{name}/cover/open")
    async def open_cover(name: Name) -> PrinterView:
        await _named(emulators, name).open_cover()
        return _printer_view(name, emulators[name])

    @router.post("/printers/{name}/cover/close")
    async def close_cover(name: Name) -> PrinterView:
        await _named(emulators, name).close_cover()
        return _printer_view(name, emulators[name])

    @router.post("/printers/{name}/media/load")
    async def load_media(
        name: Name, media: Annotated[str, Query(description="Such as 12mm, hse-11.7, 62mm-red or 29x90mm.")]
    ) -> PrinterView:
        emulator = _named(emulators, name)
        await emulator.load(_media(emulator, media))
        return _printer_view(name, emulator)

    @router.post("/printers/{name}/media/remove")
    async def remove_media(name: Name) -> PrinterView:
        await _named(emulators, name).remove_media()
        return _printer_view(name, emulators[name])

    @router.post("/printers/{name}/jam/clear")
    async def clear_jam(name: Name) -> PrinterView:
        await _named(emulators, name).clear_jam()
        return _printer_view(name, emulators[name])


def _switches(router: APIRouter, emulators: Mapping[str, Emulator]) -> None:
    """What no person could do to a real one."""

    @router.patch("/printers/{name}/faults")
    async def switch_faults(name: Name, changes: Changes) -> PrinterView:
        await _named(emulators, name).switch(**changes)
        return _printer_view(name, emulators[name])

    @router.post("/printers/{name}/speed")
    async def set_speed(
        name: Name, speed: Annotated[str, Query(description="`real`, `none` for no time at all, or a factor such as 0.5.")]
    ) -> PrinterView:
        emulator = _named(emulators, name)
        await emulator.set_speed(_speed(emulator, speed))
        return _printer_view(name, emulator)


def page_png(page: Page) -> bytes:
    """The page as a 1-bit PNG, one pixel a dot, as it is read: a tape turned so that its feed runs to the right."""
    return png(page.raster, turned=page.media.kind.family == "tape")


def _named(emulators: Mapping[str, Emulator], name: str) -> Emulator:
    if name not in emulators:
        raise NotFound(f"There is no virtual printer {name!r}. There are: {', '.join(emulators) or 'none'}.")
    return emulators[name]


def _media(emulator: Emulator, word: str) -> Media:
    try:
        return media_from_word(emulator.machine.model.name, word)
    except MediaUnsupported as error:
        raise _refused("media", error) from error


def _speed(emulator: Emulator, word: str) -> Speed:
    try:
        return speed_from_word(emulator.machine.model, word)
    except ValidationFailed as error:
        raise _refused("speed", error) from error


def _refused(parameter: str, error: HubError) -> ValidationFailed:
    return ValidationFailed(error.detail, errors=[{"pointer": "", "parameter": f"query.{parameter}", "detail": error.detail}])


def _printer_view(name: str, emulator: Emulator) -> PrinterView:
    machine = emulator.machine
    return PrinterView(
        name=name,
        model=machine.model.name,
        serial=emulator.serial,
        host=emulator.host,
        port=emulator.port,
        snmp_port=emulator.snmp_port,
        plugged=emulator.plugged,
        state=machine.state,
        stopped_by=list(machine.stopped_by),
        faults=machine.faults,
        mm_per_s=emulator.mm_per_s,
        media=_media_view(machine.media) if machine.media else None,
        cover_open=machine.cover_open,
        page_count=machine.page_count,
        lost_pages=machine.lost_pages,
        tape_used_mm=round(machine.tape_used_mm, 2),
        backlog=machine.backlog,
        connections=len(emulator.connections),
        violation_count=machine.violation_count,
        violations=[ViolationView(violation.rule, violation.detail) for violation in machine.violations],
    )


def _media_view(media: Media) -> MediaView:
    return MediaView(media.kind, media.width_mm, media.length_mm, media.name, media.media_color, media.text_color, media.two_color)


def _page_view(page: Page) -> PageView:
    raster = page.raster
    return PageView(
        page.number,
        page.media.name,
        raster.width_dots,
        raster.height_dots,
        page.length_mm,
        page.leader_mm,
        page.cut,
        page.last,
        f"pages/{page.number}.png",
    )
