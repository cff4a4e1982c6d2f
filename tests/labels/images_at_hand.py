"""Pictures such as people print, and files made to do harm."""

from __future__ import annotations

import base64
import io
import math
import struct
import zlib
from functools import lru_cache

import pypdfium2  # type: ignore[import-untyped]
from PIL import Image, ImageDraw, ImageFilter


def saved(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def uri(content: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


@lru_cache(maxsize=1)
def photo() -> Image.Image:
    """Sky, hills, a red house: soft tones with some noise."""
    width, height = 450, 350
    picture = Image.new("RGB", (width, height))
    pen = ImageDraw.Draw(picture)
    for y in range(height):
        pen.line((0, y, width, y), fill=(120 + 80 * y // height, 160 + 60 * y // height, 230 - 20 * y // height))
    for place, color in enumerate([(110, 130, 140), (80, 110, 80), (50, 80, 45)]):
        hills = [(x, int(height * (0.5 + 0.15 * place) + 30 * math.sin(x / (45 + 20 * place) + place))) for x in range(0, width + 9, 9)]
        pen.polygon([(0, height), *hills, (width, height)], fill=color)
    pen.rectangle((60, 190, 165, 300), fill=(190, 60, 50))
    picture = picture.filter(ImageFilter.GaussianBlur(1))
    return Image.blend(picture, Image.effect_noise((width, height), 40).convert("RGB"), 0.1)


@lru_cache(maxsize=1)
def logo() -> Image.Image:
    """A blue ring and a red triangle with soft edges."""
    picture = Image.new("RGB", (600, 600), "white")
    pen = ImageDraw.Draw(picture)
    pen.ellipse((40, 40, 560, 560), fill="#204080")
    pen.ellipse((120, 120, 480, 480), fill="white")
    pen.polygon([(300, 140), (440, 430), (160, 430)], fill="#c01020")
    return picture.resize((200, 200), Image.Resampling.LANCZOS)


def svg(content: str, head: str = 'viewBox="0 0 100 100"') -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {head}>{content}</svg>'.encode()


def pdf(pages: int = 1, width: float = 100, height: float = 200) -> bytes:
    document = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        document.new_page(width, height)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, *chunks: bytes, kind: int = 0, rows: bytes | None = None) -> bytes:
    """A PNG of one bit a pixel, told to be so large whatever its rows hold."""
    head = struct.pack(">IIBBBBB", width, height, 1, kind, 0, 0, 0)
    content = zlib.compress(b"\0" * 100 if rows is None else rows)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(chunks) + chunk(b"IDAT", content) + chunk(b"IEND", b"")
