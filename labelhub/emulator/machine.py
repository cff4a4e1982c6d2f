"""The inside of a virtual printer, without sockets or clock: bytes in, pages out, status and broken rules in between.

A page that arrived whole waits until it can be printed; whoever drives the machine calls `start_page`, lets the time pass
that a print takes, and calls `finish_page`. A page that 0C ended is held in the buffer until the job goes on, so a job
that never sends 1A keeps its last page inside, as real printers do.
Cover open or no media: pages wait and come out after the fault is cleared, without being sent again. Other media loaded
than the job claims: error, and nothing of that job is printed. Everything kept is bounded; the counters are exact.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from labelhub.drivers import mib
from labelhub.drivers.brother import block as raw
from labelhub.drivers.brother.block import StatusBlock
from labelhub.drivers.brother.decode import Decoder, crop
from labelhub.drivers.brother.geometry import geometry_of
from labelhub.drivers.brother.received import Initialised, ModeChosen, PageEnd, Rule, StatusAsked, Violation
from labelhub.drivers.brother.rows import Language
from labelhub.drivers.brother.tables import media_row, model_row
from labelhub.drivers.brother.tapes import TAPE_COLORS, TEXT_COLORS
from labelhub.drivers.driver import EncodeOptions, Geometry
from labelhub.media import MM_PER_INCH, Media, millimetres
from labelhub.raster import Raster

KEPT_PAGES = 200
KEPT_VIOLATIONS = 200
RASTER_MODE = 1
AC_ADAPTER = 0x04
CAPTURED_POWER = ("PT-P900W", "PT-P950NW", "QL-820NWB")
_TAPE_CODES = {color: code for code, color in reversed(TAPE_COLORS.items())}
_TEXT_CODES = {color: code for code, color in reversed(TEXT_COLORS.items())}
_PLAIN_SENSOR, _TWO_COLOR_SENSOR = 0x15, 0x23


class State(StrEnum):
    """What the machine is at."""

    IDLE = "idle"
    RECEIVING = "receiving"
    PRINTING = "printing"
    ERROR = "error"
    OFF = "off"


class Cut(StrEnum):
    """What the cutter does behind a page."""

    NONE = "none"
    HALF = "half"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Page:
    """A printed page: its dots on the media, and the piece it came out on."""

    number: int
    """The life counter after it: the first page of a new machine is 1."""
    raster: Raster
    media: Media
    length_mm: float
    """With the margins before and after."""
    dpi_across: int
    dpi_along: int
    cut: Cut
    last: bool
    """The last page of its job."""


class Machine:
    """One virtual printer. `media` is what is loaded, None for nothing."""

    def __init__(self, model: str, media: Media | None = None, *, page_count: int = 0, kept_pages: int = KEPT_PAGES) -> None:
        self.model = model_row(model)
        self.page_count = page_count
        self.pages: deque[Page] = deque(maxlen=kept_pages)
        self.violations: deque[Violation] = deque(maxlen=KEPT_VIOLATIONS)
        self.violation_count = 0
        self.ended_jobs = 0
        """Jobs received to their 1A."""
        self.lost_pages = 0
        """Received whole and forgotten when the power went."""
        self.media: Media | None = None
        self.cover_open = False
        self.powered = True
        self._switch_on()
        if media is not None:
            self.load(media)

    def _switch_on(self) -> None:
        self._decoder = Decoder(self.model.name)
        self._mode = 0 if self.model.mode_switch else RASTER_MODE
        self._held: PageEnd | None = None
        self._waiting: deque[PageEnd] = deque()
        self._printing = False
        self._wrong_media = False
        self._page_of_job = 0
        self._in_job = False

    # What a person does to it

    def load(self, media: Media) -> None:
        """Put media in. MediaUnsupported when it does not fit this model."""
        media_row(self.model, media)
        self.media = media
        self._printing = False
        self._wrong_media = False

    def remove_media(self) -> None:
        """Take the media out; a page being printed waits for new."""
        self.media = None
        self._printing = False
        self._wrong_media = False

    def open_cover(self) -> None:
        """A page being printed waits until the cover is closed."""
        self.cover_open = True
        self._printing = False

    def close_cover(self) -> None:
        """Also clears the error of wrong media."""
        self.cover_open = False
        self._wrong_media = False

    def switch_off(self) -> None:
        """Everything received is forgotten; media, cover and counters stay."""
        self.lost_pages += self.backlog
        self._switch_on()
        self.powered = False

    def switch_on(self) -> None:
        """Ready for a job, in the mode of its power-on: not raster."""
        self.powered = True

    # What a job does to it

    def receive(self, data: bytes) -> None:
        """Take bytes of a job."""
        if data.strip(b"\0"):
            self._in_job = True
        for event in self._decoder.feed(data):
            match event:
                case Violation():
                    self._broke(event.rule, event.detail)
                case Initialised():
                    self._initialise(event.lost_lines)
                case ModeChosen():
                    self._mode = event.mode
                    self._in_job = True
                    self._release()
                case PageEnd():
                    self._take(event)
                case StatusAsked():
                    pass  # no answer on the network

    @property
    def between_jobs(self) -> bool:
        """True when no job is on its way in."""
        return not self._in_job and not self._decoder.unfinished

    def connection_closed(self) -> None:
        """Whoever sent is gone: tell of what is missing. The half-sent job stays, as in a real printer."""
        if self._decoder.unfinished:
            self._broke(Rule.JOB_INCOMPLETE, "the connection closed inside a page or a command")
        elif self._held is not None:
            self._broke(Rule.JOB_NOT_ENDED, "the last page was not ended by 1A and stays in the printer")
        self._in_job = False

    def _broke(self, rule: Rule, detail: str) -> None:
        self.violations.append(Violation(rule, detail))
        self.violation_count += 1

    def _initialise(self, lost_lines: int) -> None:
        if lost_lines:
            self._broke(Rule.PAGE_LOST, f"ESC @ threw away {lost_lines} lines of an unfinished page")
        if self._held is not None:
            self._broke(Rule.PAGE_LOST, "ESC @ threw away a page that waited for its job to go on")
        self._held = None
        self._wrong_media = False
        self._page_of_job = 0
        self._in_job = True

    def _take(self, page: PageEnd) -> None:
        self._release()
        self._in_job = not page.last
        self.ended_jobs += page.last
        if self._mode != RASTER_MODE:
            self._broke(Rule.NOT_IN_RASTER_MODE, "no ESC i a 01 since the printer was switched on")
        elif page.raster.height_dots and page.last:
            self._waiting.append(page)
        elif page.raster.height_dots:
            self._held = page

    def _release(self) -> None:
        if self._held is not None:
            self._waiting.append(self._held)
            self._held = None

    # Printing

    @property
    def backlog(self) -> int:
        """Pages received whole and not yet printed, the one being printed and one held among them."""
        return len(self._waiting) + (self._held is not None)

    @property
    def printing(self) -> bool:
        """True from `start_page` until the page is finished or something stopped it."""
        return self._printing

    @property
    def ready(self) -> bool:
        """True when nothing stops it from printing."""
        return self.powered and not self.cover_open and self.media is not None and not self._wrong_media

    def start_page(self) -> float | None:
        """Begin the next page that fits: the length in mm it will come out with. None when there is none, or not now."""
        while self._waiting and self.ready and self.media is not None:
            page = self._waiting[0]
            fault = self._media_fault(page, self.media)
            if fault is None:
                self._printing = True
                return self._length_mm(page)
            self._broke(Rule.WRONG_MEDIA, fault)
            self._waiting.clear()
            self._wrong_media = True
        return None

    def finish_page(self) -> Page | None:
        """The page begun, printed and counted. None when something stopped it meanwhile: it waits to be begun again."""
        if not self._printing or self.media is None:
            return None
        received = self._waiting.popleft()
        self._printing = False
        self._page_of_job += 1
        self._judge(received, self.media)
        self.page_count += 1
        geometry = self._geometry(received, self.media)
        page = Page(
            number=self.page_count,
            raster=crop(received.raster, geometry.right_dots, geometry.printable_dots),
            media=self.media,
            length_mm=self._length_mm(received),
            dpi_across=geometry.canvas.dpi_across,
            dpi_along=geometry.canvas.dpi_along,
            cut=self._cut(received),
            last=received.last,
        )
        self._page_of_job = 0 if received.last else self._page_of_job
        self.pages.append(page)
        return page

    def _geometry(self, page: PageEnd, media: Media) -> Geometry:
        options = EncodeOptions(high_resolution=page.settings.high_resolution)
        return geometry_of(self.model, media_row(self.model, media), media, options)

    def _length_mm(self, page: PageEnd) -> float:
        dpi_along = self.model.dpi * (2 if page.settings.high_resolution else 1)
        return millimetres(page.raster.height_dots + 2 * page.settings.margin_dots, dpi_along)

    def _media_fault(self, page: PageEnd, media: Media) -> str | None:
        claimed = page.information
        row = media_row(self.model, media)
        if claimed is None:
            return None
        if claimed.width_code not in (None, row.width_code):
            return f"the job is for media {claimed.width_code} mm wide, {media.name} is loaded"
        if claimed.kind_code not in (None, 0, row.type_code) and not self._fine_kind(page, claimed.kind_code):
            return f"the job is for media of type {claimed.kind_code:02x}, {media.kind} is loaded"
        if claimed.length_code not in (None, row.length_code):
            return f"the job is for labels {claimed.length_code} mm long, {media.name} is loaded"
        if media.two_color and self.model.two_color and not page.settings.two_color:
            return "a two-colour roll takes two-colour jobs only"
        return None

    def _fine_kind(self, page: PageEnd, kind_code: int | None) -> bool:
        """Brother's driver claims kind 09 of a P900 at high resolution, whatever tape is meant."""
        return self.model.last_page_number == 2 and page.settings.high_resolution and kind_code == 0x09

    def _judge(self, page: PageEnd, media: Media) -> None:
        geometry = self._geometry(page, media)
        rows, canvas = page.raster.height_dots, geometry.canvas
        if not canvas.min_length_dots <= rows <= canvas.max_length_dots:
            self._broke(Rule.PAGE_LENGTH, f"{rows} rows; {media.name} takes {canvas.min_length_dots} to {canvas.max_length_dots}")
        fine = canvas.dpi_along // geometry.dpi
        least, most = geometry.margin_dots * fine, (self.model.max_margin_dots if geometry.margin_dots else 0) * fine
        if not least <= page.settings.margin_dots <= most:
            self._broke(Rule.MARGIN, f"a margin of {page.settings.margin_dots} dots; {media.name} takes {least} to {most}")
        if _ink(page.raster) != _ink(crop(page.raster, geometry.right_dots, geometry.printable_dots)):
            self._broke(Rule.INK_BESIDE_MEDIA, f"dots outside the {geometry.printable_dots} that reach {media.name}")

    def _cut(self, page: PageEnd) -> Cut:
        settings = page.settings
        if settings.auto_cut and self._page_of_job % settings.cut_each == 0:
            return Cut.FULL
        if page.last and settings.cut_at_end:
            return Cut.FULL
        if settings.half_cut and not settings.auto_cut and self.model.language is Language.PT:
            return Cut.HALF
        return Cut.NONE

    # What it says of itself

    @property
    def state(self) -> State:
        """Off, error, printing, receiving or idle, the first that applies."""
        if not self.powered:
            return State.OFF
        if not self.ready:
            return State.ERROR
        if self._printing:
            return State.PRINTING
        return State.IDLE if self.between_jobs else State.RECEIVING

    @property
    def faults(self) -> tuple[str, ...]:
        """What stops it, as words: `off`, `cover-open`, `media-empty`, `media-needed`."""
        named = (
            ("off", not self.powered),
            ("cover-open", self.cover_open),
            ("media-empty", self.media is None),
            ("media-needed", self._wrong_media),
        )
        return tuple(name for name, is_so in named if is_so)

    def status_block(self) -> bytes:
        """The raw 32 bytes, with the habits of real ones: no error for an empty printer at rest, no media with the cover open."""
        shown: dict[str, Any] = self._shown_media(self.media) if self.media is not None and not self.cover_open else {}
        error_1 = raw.NO_MEDIA if self.media is None and self._waiting else 0
        error_2 = (raw.COVER_OPEN if self.cover_open else 0) | (raw.WRONG_MEDIA if self._wrong_media else 0)
        block = StatusBlock(
            series=self.model.series_code,
            model=self.model.model_code,
            power=AC_ADAPTER if self.model.name in CAPTURED_POWER else 0,
            error_1=error_1,
            error_2=error_2,
            mode=self._mode,
            status_type=raw.TYPE_ERROR if error_1 or error_2 else raw.TYPE_REPLY,
            phase=raw.PRINTING if self._printing else raw.RECEIVING,
            **({"text_color": 0x01 if self.model.language is Language.QL else 0x00} | shown),
        )
        return raw.write(block)

    def _shown_media(self, media: Media) -> dict[str, Any]:
        row = media_row(self.model, media)
        shown = {"width_mm": row.width_code, "media_type": row.type_code, "length_mm": row.length_code}
        if self.model.language is Language.PT:
            colors = {"tape_color": _TAPE_CODES.get(media.media_color, 0x02), "text_color": _TEXT_CODES.get(media.text_color, 0x02)}
            return shown | colors
        sensor = _TWO_COLOR_SENSOR if media.two_color else _PLAIN_SENSOR
        return shown | {"sensor": sensor, "text_color": 0x01 | (raw.TWO_COLOR if media.two_color else 0)}

    @property
    def console_text(self) -> str:
        """What its display would show."""
        if self.cover_open:
            return "COVER OPEN"
        return {State.ERROR: "ERROR", State.PRINTING: "PRINTING", State.RECEIVING: "BUSY"}.get(self.state, "READY")

    @property
    def printer_status(self) -> int:
        """Its hrPrinterStatus."""
        return {State.PRINTING: mib.HR_STATUS_PRINTING, State.ERROR: mib.HR_STATUS_OTHER}.get(self.state, mib.HR_STATUS_IDLE)

    @property
    def detected_errors(self) -> bytes:
        """Its hrPrinterDetectedErrorState."""
        bits = mib.ERROR_DOOR_OPEN if self.cover_open else 0
        bits |= mib.ERROR_NO_PAPER if self.media is None else 0
        bits |= mib.ERROR_SERVICE_REQUESTED if self._wrong_media else 0
        return bytes((bits,))

    @property
    def media_name(self) -> str:
        """Its prtInputMediaName."""
        if self.media is None or self.cover_open:
            return ""
        if self.media.length_mm is not None:
            return f"{self.media.width_mm:g}mm x {self.media.length_mm:g}mm"
        return f'{self.media.width_mm:g}mm({self.media.width_mm / MM_PER_INCH:.2f}")'


def _ink(page: Raster) -> int:
    return sum(int.from_bytes(plane).bit_count() for plane in (page.black, page.red) if plane)
