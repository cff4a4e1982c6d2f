"""Own fonts: TrueType and OpenType files that the people of a hub put into a folder, found and checked once, when it starts."""

from __future__ import annotations

import hashlib
import logging
import os
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from labelhub.errors import FontInvalid
from labelhub.labels.coverage import coverage
from labelhub.labels.faces import BUILTIN, Face, Faces, unseen
from labelhub.late import Image, ImageDraw, ImageFont

log = logging.getLogger(__name__)

ENDINGS = (".ttf", ".otf")
MAX_FONTS = 32
MAX_FONT_BYTES = 32 * 1024 * 1024
MAX_ENTRIES = 1000
"""Looked at in the folder, whatever they are."""

SMALLEST_DOTS = 14
"""The smallest em: most fonts are not made for one bit, and as with Noto their strokes stay apart from here on."""

_TRIED_DOTS = 24
_TRIED_CHARACTERS = 64
_MAX_NAME = 100


@dataclass(frozen=True, slots=True)
class OwnFont:
    """One font file that was found good. `digest` is that of its bytes; `family` and `style` are what it calls itself."""

    path: Path
    family: str
    style: str
    digest: str


@dataclass(frozen=True, slots=True)
class Found:
    """The fonts of a folder by file name, and for each file left out a sentence that tells why."""

    fonts: tuple[OwnFont, ...] = ()
    faults: tuple[str, ...] = ()


def found(folder: Path) -> tuple[OwnFont, ...]:
    """The fonts of a folder; those left out are told of in the log."""
    searched = search(folder)
    for fault in searched.faults:
        log.warning("%s", fault)
    return searched.fonts


def search(folder: Path) -> Found:
    """What may be used of a folder, of its own files alone; nothing where there is no such folder. No file stops the others."""
    try:
        names = _names(folder)
    except FileNotFoundError:
        return Found()
    except OSError as error:
        return Found(faults=(f"the folder of fonts cannot be read: {error.strerror}",))
    fonts, faults = [], []
    for name in names[:MAX_FONTS]:
        try:
            fonts.append(_checked(folder, name))
        except FontInvalid as error:
            faults.append(error.detail)
    if len(names) > MAX_FONTS:
        faults.append(f"only the first {MAX_FONTS} fonts are used, by name; left out from {_shown(names[MAX_FONTS])} on")
    return Found(tuple(fonts), tuple(faults))


@lru_cache(maxsize=4)
def faces_with(fonts: tuple[OwnFont, ...]) -> Faces:
    """The faces that texts are set in: the built-in first one, then these fonts, then the other built-in ones."""
    if not fonts:
        return BUILTIN
    own = tuple(Face(font.path, SMALLEST_DOTS, family=font.family, style=font.style) for font in fonts)
    upright = tuple(sorted(own, key=lambda face: face.strays_from("regular")))
    heavy = tuple(sorted(own, key=lambda face: face.strays_from("bold")))
    (regular, *rest), (bold, plain, *others) = BUILTIN.regular, BUILTIN.bold
    return Faces((regular, *upright, *rest), (bold, plain, *heavy, *others), BUILTIN.emoji, BUILTIN.kana, BUILTIN.bold_kana, upright)


def _names(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        looked_at = [entry.name for entry, _ in zip(entries, range(MAX_ENTRIES), strict=False)]
    return sorted(name for name in looked_at if name.lower().endswith(ENDINGS) and not name.startswith("."))


def _checked(folder: Path, name: str) -> OwnFont:
    """The font, opened and tried out. FontInvalid."""
    shown = _shown(name)
    try:
        path = (folder / name).resolve(strict=True)
        if not path.is_relative_to(folder.resolve()):
            raise FontInvalid(f"the font {shown} is a link to a file elsewhere: copy the file itself into the folder")
        state = path.stat()
        if not stat.S_ISREG(state.st_mode):
            raise FontInvalid(f"the font {shown} is no file")
        if state.st_size > MAX_FONT_BYTES:
            raise FontInvalid(f"the font {shown} is larger than {MAX_FONT_BYTES // 2**20} MiB")
        family, style = _tried(path, shown)
        with path.open("rb") as file:
            return OwnFont(path, family or path.stem[:_MAX_NAME], style, hashlib.file_digest(file, "sha256").hexdigest())
    except (OSError, RuntimeError) as error:
        raise FontInvalid(
            f"the font {shown} cannot be read: {getattr(error, 'strerror', None) or 'broken, or a link to itself'}"
        ) from error


def _tried(path: Path, shown: str) -> tuple[str, str]:
    """Family and style of a font that has characters and draws at least one of them. FontInvalid."""
    letters = list(_letters(path))
    try:
        opened = ImageFont.truetype(path, _TRIED_DOTS, layout_engine=ImageFont.Layout.RAQM)
        drawn = sum(_inked(opened, letter) for letter in letters)
        family, style = (_printable(part) for part in opened.getname())
    except (OSError, ValueError, RuntimeError, MemoryError) as error:
        raise FontInvalid(f"the font {shown} is broken, or of a kind the hub does not read: use TrueType or OpenType") from error
    if not drawn:
        raise FontInvalid(f"the font {shown} draws nothing in one colour: use one with outlines")
    return family, style


def _letters(path: Path) -> Iterator[str]:
    """Some of the characters that a font says it has, from all over. FontInvalid."""
    found = coverage(path)
    step = max(1, len(found.starts) // _TRIED_CHARACTERS)
    for code in found.ends[::step]:
        if unicodedata.category(chr(code)) not in ("Cc", "Cs") and not unseen(chr(code)):
            yield chr(code)


def _inked(font: ImageFont.FreeTypeFont, letter: str) -> bool:
    picture = Image.new("1", (4 * _TRIED_DOTS, 4 * _TRIED_DOTS), 0)
    pen = ImageDraw.Draw(picture)
    pen.fontmode = "1"
    pen.text((_TRIED_DOTS, 2 * _TRIED_DOTS), letter, fill=1, font=font, anchor="ls")
    return picture.getbbox() is not None


def _printable(name: str | None) -> str:
    return "".join(filter(str.isprintable, name or "")).strip()[:_MAX_NAME]


def _shown(name: str) -> str:
    """A file's name as a log may hold it."""
    return ascii(name[:_MAX_NAME])
