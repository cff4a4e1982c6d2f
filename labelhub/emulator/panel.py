"""What a virtual printer says of itself at one moment: the status block, and the words and numbers of its SNMP agent."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from labelhub.drivers import mib
from labelhub.drivers.brother import block as raw
from labelhub.drivers.brother.block import StatusBlock
from labelhub.drivers.brother.rows import Language, ModelRow
from labelhub.drivers.brother.tables import media_row
from labelhub.drivers.brother.tapes import TAPE_COLORS, TEXT_COLORS
from labelhub.media import MM_PER_INCH, Media

AC_ADAPTER = 0x04
CAPTURED_POWER = ("PT-P950NW", "QL-820NWB")
"""Who was seen to tell it."""
_TAPE_CODES = {color: code for code, color in reversed(TAPE_COLORS.items())}
_TEXT_CODES = {color: code for code, color in reversed(TEXT_COLORS.items())}
_PLAIN_SENSOR, _TWO_COLOR_SENSOR = 0x15, 0x23
_OTHER_COLOR = 0x02
_NARROW_HEAD_DOTS = 128


class State(StrEnum):
    """What the machine is at."""

    IDLE = "idle"
    RECEIVING = "receiving"
    PRINTING = "printing"
    ERROR = "error"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A printer's condition, and how it looks from outside."""

    model: ModelRow
    media: Media | None
    mode: int
    """What ESC i M said last."""
    powered: bool
    cover_open: bool
    wrong_media: bool
    media_ended: bool
    jammed: bool
    cooling: bool
    waiting: bool
    """Pages wait to be printed."""
    printing: bool
    receiving: bool

    @property
    def stopped_by(self) -> tuple[str, ...]:
        """What stops it, in the words of IPP where it has one."""
        named = (
            ("off", not self.powered),
            ("cover-open", self.cover_open),
            ("media-empty", self.media is None or self.media_ended),
            ("media-needed", self.wrong_media),
            ("cutter-jam", self.jammed),
            ("cooling", self.cooling),
        )
        return tuple(name for name, is_so in named if is_so)

    @property
    def state(self) -> State:
        """Off, error, printing, receiving or idle, the first that applies. A page begun before it got too hot is finished."""
        if not self.powered:
            return State.OFF
        if self.printing:
            return State.PRINTING
        if self.stopped_by:
            return State.ERROR
        return State.RECEIVING if self.receiving else State.IDLE

    @property
    def error_1(self) -> int:
        """Byte 8 of the block. An empty printer at rest reports no error."""
        missing = raw.NO_MEDIA if self.media is None and self.waiting else 0
        ended = raw.END_OF_MEDIA if self.media is not None and self.media_ended else 0
        return missing | ended | (raw.CUTTER_JAM if self.jammed else 0)

    @property
    def error_2(self) -> int:
        """Byte 9 of the block. Printers with a narrow head report heat here, the others by a notification."""
        bits = (raw.COVER_OPEN if self.cover_open else 0) | (raw.WRONG_MEDIA if self.wrong_media else 0)
        return bits | (raw.TOO_HOT if self.cooling and not self.notifies_heat else 0)

    @property
    def notifies_heat(self) -> bool:
        """True for a QL and the P900 family."""
        return self.model.head_dots != _NARROW_HEAD_DOTS

    def block(self, status_type: int | None = None, notification: int = 0) -> bytes:
        """The 32 bytes. Without a type: the one of a reply, which is an error's while there is one.

        With the habits of real ones: no media while the cover is open, media and the phase of printing where it ended.
        """
        shown: dict[str, Any] = self._shown_media(self.media) if self.media is not None and not self.cover_open else {}
        if status_type is None:
            notification = raw.COOLING_STARTED if self.cooling and self.notifies_heat else 0
            status_type = raw.TYPE_ERROR if self.error_1 or self.error_2 else raw.TYPE_NOTIFICATION if notification else raw.TYPE_REPLY
        block = StatusBlock(
            series=self.model.series_code,
            model=self.model.model_code,
            power=AC_ADAPTER if self.model.name in CAPTURED_POWER else 0,
            error_1=self.error_1,
            error_2=self.error_2,
            mode=self.mode,
            status_type=status_type,
            phase=raw.PRINTING if self.printing or self.media_ended else raw.RECEIVING,
            notification=notification,
            **({"text_color": 0x01 if self.model.language is Language.QL else 0x00} | shown),
        )
        return raw.write(block)

    def _shown_media(self, media: Media) -> dict[str, Any]:
        row = media_row(self.model, media)
        shown = {"width_mm": row.width_code, "media_type": row.type_code, "length_mm": row.length_code}
        if self.model.language is Language.PT:
            tape, text = _TAPE_CODES.get(media.media_color, _OTHER_COLOR), _TEXT_CODES.get(media.text_color, _OTHER_COLOR)
            return shown | {"tape_color": tape, "text_color": text}
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
        bits |= mib.ERROR_NO_PAPER if self.media is None or self.media_ended else 0
        bits |= mib.ERROR_JAMMED if self.jammed else 0
        bits |= mib.ERROR_SERVICE_REQUESTED if self.wrong_media else 0
        return bytes((bits,))

    @property
    def media_name(self) -> str:
        """Its prtInputMediaName."""
        if self.media is None or self.cover_open:
            return ""
        if self.media.length_mm is not None:
            return f"{self.media.width_mm:g}mm x {self.media.length_mm:g}mm"
        return f'{self.media.width_mm:g}mm({self.media.width_mm / MM_PER_INCH:.2f}")'
