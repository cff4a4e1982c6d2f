"""The inside of a virtual printer, without sockets or clock: bytes in, pages out, status and broken rules in between.

A page that arrived whole waits until it can be printed; whoever drives the machine calls `start_page`, lets the time pass
that a print takes, and calls `finish_page`. A page that 0C ended is held in the buffer until the job goes on, so a job
that never sends 1A keeps its last page inside, as real printers do.
Cover open, no media, media that ends, a jammed cutter, a hot head: pages wait and come out after the fault is cleared,
without being sent again; one that the media ended in is printed anew. Other media loaded than the job claims: error, and
nothing of that job is printed. Everything kept is bounded; the counters are exact.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from labelhub.drivers.brother import block as raw
from labelhub.drivers.brother.decode import Decoder
from labelhub.drivers.brother.received import Initialised, ModeChosen, NotificationsSet, PageEnd, Rule, StatusAsked, Violation
from labelhub.drivers.brother.rows import ModelRow
from labelhub.drivers.brother.tables import media_row, model_row
from labelhub.emulator import pages
from labelhub.emulator.faults import Faults
from labelhub.emulator.pages import Cut, Page
from labelhub.emulator.panel import Panel, State
from labelhub.emulator.talk import COVER_CLOSED, COVER_OPENED, Said, Voice
from labelhub.emulator.tape import Tape
from labelhub.media import Media

__all__ = ["KEPT_PAGES", "Cut", "Machine", "Page", "State"]

KEPT_PAGES = 200
KEPT_VIOLATIONS = 200
RASTER_MODE = 1


class Machine:
    """One virtual printer. `media` is what is loaded, None for nothing."""

    def __init__(
        self,
        model: str,
        media: Media | None = None,
        *,
        faults: Faults | None = None,
        page_count: int = 0,
        kept_pages: int = KEPT_PAGES,
    ) -> None:
        self.model: ModelRow = model_row(model)
        self.page_count = page_count
        self.pages: deque[Page] = deque(maxlen=kept_pages)
        self.violations: deque[Violation] = deque(maxlen=KEPT_VIOLATIONS)
        self.violation_count = 0
        self.ended_jobs = 0
        """Jobs received to their 1A."""
        self.lost_pages = 0
        """Received whole and forgotten: the power went, the job was broken off by the printer, or other media was loaded."""
        self.media: Media | None = None
        self.cover_open = False
        self.powered = True
        self.faults = faults or Faults()
        """What is switched on; see `set_faults`."""
        self._tape = Tape(self.model.leader_mm)
        self._voice = Voice()
        self._switch_on()
        if media is not None:
            media_row(self.model, media)
            self.media = media

    def _switch_on(self) -> None:
        self._decoder = Decoder(self.model.name)
        self._voice.begin_anew()
        self._language = 0 if self.model.mode_switch else RASTER_MODE
        self._mode = 0
        self._held: PageEnd | None = None
        self._waiting: deque[PageEnd] = deque()
        self._printing = False
        self._wrong_media = False
        self._media_changed = False
        self._media_ended = False
        self._jammed = False
        self._pages_received = self._pages_printed = 0
        self._in_job = self._job_refused = self._abandoned = False

    # What a person does to it

    def load(self, media: Media) -> None:
        """Put new media in. MediaUnsupported when it does not fit this model."""
        media_row(self.model, media)
        self._change_media(media)

    def remove_media(self) -> None:
        """Take the media out; a page being printed waits for new."""
        self._change_media(None)

    def _change_media(self, media: Media | None) -> None:
        self.media = media
        self.faults = replace(self.faults, media_left_mm=None)
        self._media_changed = bool(self.backlog)
        self._tape.change()
        self._printing = self._wrong_media = self._media_ended = False
        self._tell_errors()

    def open_cover(self) -> None:
        """A page being printed waits until the cover is closed."""
        self._printing = False
        if not self.cover_open:
            self.cover_open = True
            self._say(raw.TYPE_NOTIFICATION, notification=COVER_OPENED)
        self._tell_errors()

    def close_cover(self) -> None:
        """Also clears the error of wrong media."""
        self._wrong_media = False
        if self.cover_open:
            self.cover_open = False
            self._say(raw.TYPE_NOTIFICATION, notification=COVER_CLOSED)
        self._tell_errors()

    def clear_jam(self) -> None:
        """Free the cutter."""
        self.set_faults(replace(self.faults, cutter_jam=False))

    def set_faults(self, faults: Faults) -> None:
        """Switch faults on and off; those of the wire are for whoever drives the machine."""
        cooling_before, self.faults = self.faults.cooling, faults
        self._jammed = self._jammed and faults.cutter_jam
        self._media_ended = self._media_ended and faults.media_left_mm == 0
        if faults.cooling != cooling_before and self.panel.notifies_heat:
            self._say(raw.TYPE_NOTIFICATION, notification=raw.COOLING_STARTED if faults.cooling else raw.COOLING_ENDED)
        self._tell_errors()

    def switch_off(self) -> None:
        """Everything received is forgotten; media, cover, faults and counters stay."""
        self.lost_pages += self.backlog
        self._switch_on()
        self.said.clear()
        self.powered = False

    def switch_on(self) -> None:
        """Ready for a job, in the mode of its power-on: not raster."""
        self.powered = True

    # What a job does to it

    def receive(self, data: bytes) -> None:
        """Take bytes of a job."""
        self._abandoned = False
        if data.strip(b"\0"):
            self._in_job = True
        for event in self._decoder.feed(data):
            match event:
                case Violation():
                    self._broke(event)
                case Initialised():
                    self._initialise(event.lost_lines)
                case ModeChosen():
                    self._language = event.mode
                    self._in_job = True
                    self._release()
                case PageEnd():
                    self._take(event)
                case StatusAsked():
                    self._voice.answer(self.panel)
                case NotificationsSet():
                    self._voice.notifies = event.on
        self._tell_errors()

    @property
    def between_jobs(self) -> bool:
        """True when no job is on its way in."""
        return not self._in_job and not self._decoder.unfinished

    def connection_closed(self) -> None:
        """Whoever sent is gone: tell of what is missing. The half-sent job stays, as in a real printer."""
        if self._decoder.unfinished:
            self._broke(Violation(Rule.JOB_INCOMPLETE, "the connection closed inside a page or a command"))
        elif self._held is not None:
            self._broke(Violation(Rule.JOB_NOT_ENDED, "the last page was not ended by 1A and stays in the printer"))
        self._in_job, self._abandoned = False, True

    def forget_job(self) -> None:
        """The printer itself broke the connection off: what it holds of an unfinished job is gone, and nobody's fault."""
        self._decoder = Decoder(self.model.name)
        self.lost_pages += self._held is not None
        self._held = None
        self._pages_received = self._pages_printed = 0
        self._in_job = self._job_refused = False

    def _broke(self, violation: Violation) -> None:
        self.violations.append(violation)
        self.violation_count += 1

    def _initialise(self, lost_lines: int) -> None:
        if lost_lines:
            self._broke(Violation(Rule.PAGE_LOST, f"ESC @ threw away {lost_lines} lines of an unfinished page"))
        if self._held is not None:
            self._broke(Violation(Rule.PAGE_LOST, "ESC @ threw away a page that waited for its job to go on"))
            self.lost_pages += 1
        self._held = None
        self._wrong_media = self._job_refused = False
        self._mode = 0
        self._pages_received = self._pages_printed = 0
        self._in_job = True

    def _take(self, page: PageEnd) -> None:
        self._release()
        self._in_job = not page.last
        self.ended_jobs += page.last
        self._pages_received += 1
        self._mode = page.settings.mode
        if self._language != RASTER_MODE:
            self._broke(Violation(Rule.NOT_IN_RASTER_MODE, "no ESC i a 01 since the printer was switched on"))
        elif page.raster.height_dots:
            for violation in pages.broken_on_arrival(self.model, page, self._pages_received):
                self._broke(violation)
            self._held = page
            if page.last:
                self._release()
        if page.last:
            self._pages_received = 0
            self._job_refused = False

    def _release(self) -> None:
        if self._held is not None:
            self._waiting.append(self._held)
            self._held = None
        if self._job_refused:
            self._lose_waiting()

    def _lose_waiting(self) -> None:
        self.lost_pages += len(self._waiting)
        self._waiting.clear()

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
        return not self.panel.stopped_by

    def start_page(self) -> float | None:
        """Begin the next page that fits: the mm of media that will move. None when there is none, or not now."""
        while self._waiting and not self._printing and self.ready and self.media is not None:
            page = self._waiting[0]
            misfit = pages.misfit(self.model, self.media, page)
            if misfit is None:
                self._printing = True
                self._say(raw.TYPE_PHASE)
                left_mm = self.faults.media_left_mm
                needed_mm = sum(self._moves_mm(page))
                return needed_mm if left_mm is None else min(left_mm, needed_mm)
            self._refuse(misfit)
        return None

    def _refuse(self, misfit: str) -> None:
        """Other media is loaded than the job is for: the job's fault, unless a person changed it under way."""
        if not self._media_changed:
            self._broke(Violation(Rule.WRONG_MEDIA, misfit))
        self._job_refused = not self._waiting[-1].last
        self._lose_waiting()
        self._media_changed = False
        self._wrong_media = True
        self._tell_errors()

    def finish_page(self) -> Page | None:
        """The page begun, printed and counted. None when something stopped it meanwhile: it waits to be begun again."""
        if not self._printing or self.media is None:
            return None
        received = self._waiting[0]
        leader_mm, length_mm = self._moves_mm(received)
        if not self._media_lasts(leader_mm + length_mm):
            return None
        self._waiting.popleft()
        self._media_changed = self._media_changed and bool(self._waiting)
        self._pages_printed += 1
        for violation in pages.broken_on_media(self.model, self.media, received):
            self._broke(violation)
        page = self._page(received, self.media, leader_mm, length_mm)
        self._come_out(page)
        return page

    def _page(self, received: PageEnd, media: Media, leader_mm: float, length_mm: float) -> Page:
        self.page_count += 1
        canvas = pages.geometry(self.model, media, received).canvas
        return Page(
            number=self.page_count,
            raster=pages.dots(self.model, media, received),
            media=media,
            length_mm=length_mm,
            dpi_across=canvas.dpi_across,
            dpi_along=canvas.dpi_along,
            cut=pages.cut_behind(self.model, received, self._pages_printed),
            last=received.last,
            leader_mm=leader_mm,
        )

    def _moves_mm(self, page: PageEnd) -> tuple[float, float]:
        cut = pages.cut_behind(self.model, page, self._pages_printed + 1)
        return self._tape.moves_mm(pages.length_mm(self.model, page), cut)

    def _media_lasts(self, needed_mm: float) -> bool:
        left_mm = self.faults.media_left_mm
        moved_mm = needed_mm if left_mm is None else min(left_mm, needed_mm)
        self._tape.used_mm += moved_mm
        if left_mm is None or left_mm >= needed_mm:
            self.faults = replace(self.faults, media_left_mm=None if left_mm is None else left_mm - moved_mm)
            return True
        self.faults = replace(self.faults, media_left_mm=0)
        self._printing, self._media_ended = False, True
        self._tape.change()
        self._tell_errors()
        return False

    def _come_out(self, page: Page) -> None:
        self._tape.came_out(page)
        self.pages.append(page)
        self._say(raw.TYPE_PRINTED)
        self._printing = False
        self._pages_printed = 0 if page.last else self._pages_printed
        self._jammed = self.faults.cutter_jam and page.cut is not Cut.NONE
        if not self._jammed:
            self._say(raw.TYPE_PHASE)
        self._tell_errors()

    # What it says of itself

    @property
    def panel(self) -> Panel:
        """How it looks from outside now."""
        return Panel(
            model=self.model,
            media=self.media,
            mode=self._mode,
            powered=self.powered,
            cover_open=self.cover_open,
            wrong_media=self._wrong_media,
            media_ended=self._media_ended,
            jammed=self._jammed,
            cooling=self.faults.cooling,
            waiting=bool(self._waiting),
            printing=self._printing,
            receiving=not self.between_jobs and not self._abandoned,
        )

    @property
    def state(self) -> State:
        """Off, error, printing, receiving or idle, the first that applies."""
        return self.panel.state

    @property
    def stopped_by(self) -> tuple[str, ...]:
        """What stops it: `off`, `cover-open`, `media-empty`, `media-needed`, `cutter-jam`, `cooling`."""
        return self.panel.stopped_by

    @property
    def tape_used_mm(self) -> float:
        """Media that moved in its life, blank and printed."""
        return self._tape.used_mm

    def status_block(self) -> bytes:
        """The raw 32 bytes of its status."""
        return self.panel.block()

    @property
    def said(self) -> deque[Said]:
        """What it had to say and nobody took yet."""
        return self._voice.said

    def _say(self, status_type: int, notification: int = 0) -> None:
        self._voice.say(self.panel, status_type, notification)

    def _tell_errors(self) -> None:
        self._voice.tell_errors(self.panel, self.backlog)
