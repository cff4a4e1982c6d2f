"""Font files under names of their own, made from those that come with the hub."""

from __future__ import annotations

import struct
from pathlib import Path

from labelhub.labels.faces import FOLDER

THAI = FOLDER / "NotoSansThai-Regular.ttf"
NEW_CHARACTER = "\ue000"
"""One for private use, which no built-in font has."""


def renamed(source: str, family: str, own: str) -> bytes:
    """A built-in font that calls itself otherwise; both names have as many letters."""
    assert len(family) == len(own)
    content = (FOLDER / source).read_bytes()
    for encoding in ("utf-16-be", "latin-1"):
        content = content.replace(family.encode(encoding), own.encode(encoding))
    return content


def with_characters(content: bytes, *groups: tuple[int, int, int]) -> bytes:
    """The font with these characters alone: first, last and the first one's glyph of each group."""
    told = struct.pack(">HLLL", 0, 16 + 12 * len(groups), 0, len(groups)) + b"".join(struct.pack(">LLL", *group) for group in groups)
    return with_cmap(content, 12, told)


def with_cmap(content: bytes, kind: int, told: bytes) -> bytes:
    """The font with a `cmap` table of one subtable."""
    table = struct.pack(">HHHHL", 0, 1, 3, 10, 12) + struct.pack(">H", kind) + told
    (count,) = struct.unpack_from(">H", content, 4)
    for place in range(12, 12 + 16 * count, 16):
        if content[place : place + 4] == b"cmap":
            entry = struct.pack(">4sLLL", b"cmap", 0, len(content), len(table))
            return content[:place] + entry + content[place + 16 :] + table
    raise AssertionError("a font has a cmap")


def put_fonts(folder: Path) -> Path:
    """A folder of a family in two weights, another of one, and a sign."""
    folder.mkdir(parents=True)
    for weight in ("", "-Bold"):
        name = f"DejaVuSansCondensed{weight}.ttf"
        (folder / f"own{weight}.ttf").write_bytes(renamed(name, "DejaVu Sans", "Eigene Sans"))
    tamil = renamed("NotoSansTamil-Regular.ttf", "Noto Sans Tamil", "Unser Tamilisch")
    (folder / "tamil.ttf").write_bytes(tamil)
    sign = renamed("NotoSansThai-Regular.ttf", "Noto Sans Thai", "Unser Zeichen ")
    (folder / "sign.TTF").write_bytes(with_characters(sign, (ord(NEW_CHARACTER), ord(NEW_CHARACTER), 5)))
    return folder
