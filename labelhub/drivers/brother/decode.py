"""Bytes of a job back to pages, fed in chunks of any size: the reading side of `encode`, for the emulator and for tests.

The decoder believes no length it is told. A half-sent command waits for its rest, as in a printer, even across
connections; what is no command, or breaks a rule of the language, becomes a Violation and never an exception.
Of one rule a page is told once. A page end that follows another with nothing in between ends nothing.
It keeps at most one page (`max_rows` of the model at high resolution) and one command; zeros, blank lines and junk in a
row are taken in one step, so that no flood of them takes longer than a job of as many bytes.

Commands read beside those in `encode`: ESC i S (status) and ESC i ! (notifications), which are told, ESC i D (density), ESC i U
(settings of Brother's own drivers: 4A job id, 77 media, 41 and 70 power off and on), ESC i X G, ESC i k c, which change nothing.
"""

from __future__ import annotations

import re
import struct
from dataclasses import replace
from functools import lru_cache

from labelhub.drivers.brother import packbits
from labelhub.drivers.brother.lines import MIRRORED_BYTE
from labelhub.drivers.brother.received import (
    Event,
    Initialised,
    ModeChosen,
    NotificationsSet,
    PageEnd,
    PageSettings,
    PrintInformation,
    Rule,
    StatusAsked,
    Violation,
)
from labelhub.drivers.brother.rows import Language, ModelRow
from labelhub.drivers.brother.tables import model_row
from labelhub.errors import ReplyInvalid
from labelhub.raster import Raster

_CACHED_LINES = 4096
_WITHOUT_PADDING = [bytes(byte & 0xFF << padding & 0xFF for byte in range(256)) for padding in range(8)]

# ESC i x: bytes that follow x
_OPERANDS = {ord("S"): 0, ord("a"): 1, ord("!"): 1, ord("z"): 10, ord("M"): 1, ord("K"): 1, ord("A"): 1, ord("D"): 1, ord("d"): 2}
_IGNORED = {b"U\x4a": 14, b"U\x77": 128, b"U\x41": 2, b"U\x70": 2, b"XG": 0, b"kc": 2}
_LINE_LEADS = {Language.PT: b"G", Language.QL: b"g"}
_ZEROS, _BLANK_LINES, _JUNK = (re.compile(runs) for runs in (rb"\0+", rb"Z+", rb"[^\0GgwZM\x0c\x1a\x1b]+"))


class _Sheet:
    """The page being received: its lines so far, mirrored, and the faults told of it."""

    def __init__(self, model: ModelRow) -> None:
        self.model = model
        self.black = bytearray()
        self.red: bytearray | None = None
        self.lines = 0
        self.information: PrintInformation | None = None
        self.told: set[Rule] = set()

    def fault(self, rule: Rule, detail: str) -> list[Event]:
        """One word a page: a page of wrong lines is one fault, not thousands."""
        if rule in self.told:
            return []
        self.told.add(rule)
        return [Violation(rule, detail)]

    @property
    def untouched(self) -> bool:
        """Nothing of it came yet."""
        return not self.lines and self.information is None and not self.told

    def add(self, row: bytes, color: int, count: int = 1) -> list[Event]:
        """Keep a line, `count` times. Colour 0 is a plain line, 1 black and 2 red of a two-colour pair."""
        if color == 2:
            return self._add_red(row)
        if self.lines and (color == 1) != (self.red is not None):
            return self.fault(Rule.MIXED_LINES, "plain and two-colour lines do not go together on one page")
        max_lines = self.model.max_rows * 2
        self.black += row * min(count, max(max_lines - self.lines, 0))
        self.lines += count
        if color == 1 and self.red is None:
            self.red = bytearray()
        if self.lines > max_lines:
            return self.fault(Rule.TOO_MANY_LINES, f"a page of more than {max_lines} lines")
        return []

    def _add_red(self, row: bytes) -> list[Event]:
        if self.red is None or len(self.red) + len(row) != len(self.black):
            return self.fault(Rule.MIXED_LINES, "a red line follows its black one")
        self.red += row
        return []

    def raster(self) -> Raster:
        """The dots over the whole head, seen as a label leaving the printer."""
        height_dots = len(self.black) // self.model.head_bytes
        red = None if self.red is None else bytes(self.red.ljust(len(self.black), b"\0"))
        return Raster(self.model.head_dots, height_dots, bytes(self.black), red)


class Decoder:
    """Feed it bytes, take events. One decoder is the memory of one printer: its state outlives connections."""

    def __init__(self, model: str) -> None:
        self._model = model_row(model)
        self._sheet = _Sheet(self._model)
        self._settings = PageSettings()
        self._compressed = False
        self._rest = b""
        self._skip_bytes = 0
        self._ended: bool | None = None  # nothing came since the last page end: was it that of the job?

    @property
    def unfinished(self) -> bool:
        """True inside a command, or inside a page that has no end yet."""
        return bool(self._rest or self._skip_bytes or self._sheet.lines)

    def feed(self, chunk: bytes) -> list[Event]:
        """What the bytes complete, in order."""
        data = self._rest + chunk
        at = min(self._skip_bytes, len(data))
        self._skip_bytes -= at
        events: list[Event] = []
        while at < len(data):
            size = self._step(data, at, events)
            if not size:
                break
            at += size
        self._skip_bytes += max(0, at - len(data))
        self._rest = data[at:]
        return events

    def _step(self, data: bytes, at: int, events: list[Event]) -> int:
        """Read one command; its size in bytes, which may lie beyond the data when it is to be skipped, or 0: more is needed."""
        lead = data[at]
        if lead == 0x00:
            return _run(_ZEROS, data, at)
        if lead in b"Ggw":
            return self._line(data, at, events)
        if lead == ord("Z"):
            return self._blank_lines(_run(_BLANK_LINES, data, at), events)
        if lead == 0x1B:
            return self._escape(data, at, events)
        if lead == ord("M"):
            return self._compression(data, at, events)
        if lead in b"\x0c\x1a":
            return self._page_end(lead == 0x1A, events)
        events += self._sheet.fault(Rule.JUNK, f"{lead:02x} begins no command")
        return _run(_JUNK, data, at)

    def _compression(self, data: bytes, at: int, events: list[Event]) -> int:
        if at + 2 > len(data):
            return 0
        if not self._model.compression:
            events += self._sheet.fault(Rule.NOT_FOR_THIS_MODEL, f"a {self._model.name} reads no packed lines")
        self._compressed = data[at + 1] == 0x02 and self._model.compression
        return 2

    def _line(self, data: bytes, at: int, events: list[Event]) -> int:
        if at + 3 > len(data):
            return 0
        lead = data[at]
        length = data[at + 1] | data[at + 2] << 8 if lead == ord("G") else data[at + 2]
        head_bytes = self._model.head_bytes
        if length > head_bytes * 2:  # packing never doubles a line
            events += self._sheet.fault(Rule.LINE_TOO_LONG, f"a line claims {length} bytes for a head of {head_bytes}")
            return 3 + length
        if at + 3 + length > len(data):
            return 0
        color = data[at + 1] if lead == ord("w") else 0
        if not self._takes(lead, color):
            detail = f"{chr(lead)} lines of colour {color} are not for a {self._model.name}"
            events += self._sheet.fault(Rule.WRONG_LINE_COMMAND, detail)
            return 3 + length
        row = _row(data[at + 3 : at + 3 + length], head_bytes, self._compressed)
        if row is None:
            events += self._sheet.fault(Rule.LINE_UNREADABLE, f"line {self._sheet.lines} is none of {head_bytes} bytes")
        events += self._sheet.add(row or bytes(head_bytes), color)
        return 3 + length

    def _takes(self, lead: int, color: int) -> bool:
        if lead == ord("w"):
            return self._model.two_color and color in (1, 2)
        return lead in _LINE_LEADS[self._model.language]

    def _blank_lines(self, count: int, events: list[Event]) -> int:
        if self._compressed:
            events += self._sheet.add(bytes(self._model.head_bytes), 0, count)
        else:
            events += self._sheet.fault(Rule.BLANK_LINE_UNCOMPRESSED, "Z is a line only while compression is on")
        return count

    def _page_end(self, last: bool, events: list[Event]) -> int:
        sheet = self._sheet
        if sheet.untouched and self._ended is not None and (self._ended or not last):
            return 1
        self._sheet, self._ended = _Sheet(self._model), last
        if sheet.information is None:
            events.append(Violation(Rule.NO_PRINT_INFORMATION, "the page came without ESC i z"))
        elif sheet.information.lines != sheet.lines:
            events.append(Violation(Rule.LINE_COUNT, f"ESC i z announced {sheet.information.lines} lines, {sheet.lines} came"))
        if sheet.red is not None and len(sheet.red) != len(sheet.black):
            events += sheet.fault(Rule.MIXED_LINES, "the last black line came without its red one")
        if not sheet.lines:
            events.append(Violation(Rule.NO_LINES, "the page has no line"))
        events.append(PageEnd(sheet.raster(), sheet.information, self._settings, last))
        return 1

    def _escape(self, data: bytes, at: int, events: list[Event]) -> int:
        second = data[at + 1 : at + 2]
        if second == b"@":
            events.append(Initialised(self._sheet.lines))
            self._sheet, self._settings, self._compressed, self._ended = _Sheet(self._model), PageSettings(), False, None
            return 2
        if second and second != b"i":
            events += self._sheet.fault(Rule.UNKNOWN_COMMAND, f"ESC {second.hex()} is no command")
            return 2
        if at + 3 > len(data):
            return 0
        third = data[at + 2]
        if third in _OPERANDS:
            if not self._knows(chr(third)):
                events += self._sheet.fault(Rule.NOT_FOR_THIS_MODEL, f"a {self._model.name} does not know ESC i {chr(third)}")
            return self._setting(data, at, third, events)
        if third not in b"UXk":
            events += self._sheet.fault(Rule.UNKNOWN_COMMAND, f"ESC i {third:02x} is no command")
            return 3
        if at + 4 > len(data):
            return 0
        operands = _IGNORED.get(data[at + 2 : at + 4])
        if operands is None:
            events += self._sheet.fault(Rule.UNKNOWN_COMMAND, f"ESC i {third:02x} {data[at + 3]:02x} is no command")
        return 4 + (operands or 0)

    def _knows(self, command: str) -> bool:
        model = self._model
        known = {"a": model.mode_switch, "K": model.expanded_mode, "M": model.cutter, "A": model.max_cut_each > 1}
        return known.get(command, True)

    def _setting(self, data: bytes, at: int, command: int, events: list[Event]) -> int:
        size = 3 + _OPERANDS[command]
        operands = data[at + 3 : at + size]
        if len(operands) < size - 3:
            return 0
        match chr(command):
            case "S":
                events.append(StatusAsked())
            case "a":
                events.append(ModeChosen(operands[0]))
            case "!":
                events.append(NotificationsSet(operands[0] == 0))
            case "z":
                self._sheet.information = _information(operands)
            case "M":
                self._settings = replace(self._settings, mode=operands[0])
            case "A":
                self._settings = replace(self._settings, cut_each=max(operands[0], 1))
            case "K":
                self._settings = replace(self._settings, expanded=operands[0])
            case "d":
                self._settings = replace(self._settings, margin_dots=operands[0] | operands[1] << 8)
        return size


def _information(operands: bytes) -> PrintInformation:
    flags, kind, width, length, lines, page_number, _ = struct.unpack("<4BI2B", operands)
    return PrintInformation(
        kind_code=kind if flags & 0x02 else None,
        width_code=width if flags & 0x04 else None,
        length_code=length if flags & 0x08 else None,
        lines=lines,
        page_number=page_number,
        recover=bool(flags & 0x80),
    )


def _run(pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
    """Bytes of a run that begins here."""
    match = pattern.match(data, at)
    return match.end() - at if match else 0


@lru_cache(maxsize=_CACHED_LINES)
def _row(line: bytes, head_bytes: int, compressed: bool) -> bytes | None:
    """The row of the page that a line is: the whole head mirrored. None when it holds more than the head, or breaks off."""
    whole = packbits.unpack(line, head_bytes) if compressed else line.ljust(head_bytes, b"\0")
    return whole.translate(MIRRORED_BYTE)[::-1] if whole is not None and len(whole) == head_bytes else None


def crop(page: Raster, right_dots: int, width_dots: int) -> Raster:
    """The part of a page over the whole head that lies on media of this width and place."""
    left_dots = page.width_dots - right_dots - width_dots
    planes = [_cropped(page, plane, left_dots, width_dots) for plane in (page.black, page.red) if plane is not None]
    return Raster(width_dots, page.height_dots, *planes)


def _cropped(page: Raster, plane: bytes, left_dots: int, width_dots: int) -> bytes:
    """Moved as one number, so that the first dot begins a byte, then cut row by row; what pads a row is no dot."""
    left, shift = divmod(left_dots, 8)
    moved = (int.from_bytes(plane) << shift).to_bytes(len(plane) + 1)[1:] if shift else plane
    stride = (width_dots + 7) // 8
    rows = bytearray().join([moved[at : at + stride] for at in range(left, len(moved), page.stride_bytes)])
    if padding := stride * 8 - width_dots:
        rows[stride - 1 :: stride] = rows[stride - 1 :: stride].translate(_WITHOUT_PADDING[padding])
    return bytes(rows)


def decode_pages(model: str, data: bytes) -> tuple[PageEnd, ...]:
    """The pages of a whole job. ReplyInvalid at the first broken rule, or when the job breaks off."""
    decoder = Decoder(model)
    events = decoder.feed(data)
    for event in events:
        if isinstance(event, Violation):
            raise ReplyInvalid(f"the job breaks the rule {event.rule}: {event.detail}")
    if decoder.unfinished:
        raise ReplyInvalid("the job breaks off inside a page or a command")
    return tuple(event for event in events if isinstance(event, PageEnd))
