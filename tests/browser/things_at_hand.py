"""A Snipe-IT with a few things and their pictures, for pages that show them."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from PIL import Image, ImageDraw

from tests.integrations.stand_in import Asked, Reply, recorded, sample

THINGS = (
    ("Oscilloscope Rigol DS1054Z", "MS-00042", "DS1ZA2019", "Electronics lab", "#2f5d8a"),
    ("Cordless drill Makita DDF453", "MS-00107", "MK77120", "Wood workshop", "#1f7a6b"),
    ("ThinkPad T14 Gen 3", "MS-00311", "PF3XK9T2", "Office Berlin", "#3a3a40"),
    ("Label printer PT-P750W", "MS-00350", "E7Z104411", "Front desk", "#8a5a2f"),
    ("Soldering station Ersa i-CON", "MS-00371", "ER55021", "Electronics lab", "#b5473a"),
    ("3D printer Prusa MK4", "MS-00388", "CZPX2223", "Print corner", "#d07020"),
)
LIST, ONE = "/api/v1/hardware", "/api/v1/hardware/"


class Things:
    """Answers as Snipe-IT 8 does; `url` is where it listens."""

    def __init__(self) -> None:
        self.url = ""

    def __call__(self, asked: Asked) -> Reply:
        """The answer to one request."""
        if asked.path == LIST:
            query = parse_qs(urlsplit(asked.target).query)
            word, offset = query.get("search", [""])[0].lower(), int(query.get("offset", ["0"])[0])
            found = [self.row(number) for number, thing in enumerate(THINGS) if word in " ".join(thing).lower()]
            return Reply({"total": len(found), "rows": found[offset : offset + int(query["limit"][0])]})
        if asked.path.startswith("/uploads/"):
            number = int(asked.path.removeprefix("/uploads/").removesuffix(".png"))
            return Reply(body=picture(number), headers={"content-type": "image/png"})
        key = unquote(asked.path.removeprefix(ONE)).removeprefix("bytag/")
        for number, thing in enumerate(THINGS):
            if key in (thing[1], str(number + 1)):
                return Reply(self.row(number))
        return recorded("snipeit/not_found_is_200")

    def row(self, number: int) -> dict[str, Any]:
        """One asset."""
        name, tag, serial, place, _ = THINGS[number]
        whole: dict[str, Any] = dict(sample("snipeit/hardware_bytag")["response"]["json"])
        whole |= {"id": number + 1, "name": name, "asset_tag": tag, "serial": serial, "image": f"{self.url}/uploads/{number}.png"}
        return whole | {"model": {"id": number, "name": name}, "location": {"id": number, "name": place}, "custom_fields": {}}


def picture(number: int) -> bytes:
    """A drawing that stands for a photo."""
    image = Image.new("RGB", (320, 240), "#e9e4d8")
    pen = ImageDraw.Draw(image)
    color = THINGS[number][4]
    pen.ellipse((30, 196, 290, 226), fill="#d6cfbf")
    pen.rounded_rectangle((62, 62, 258, 206), 18, fill=color)
    pen.rounded_rectangle((80, 80, 190, 150), 8, fill="#dfe7ea")
    for at in range(3):
        pen.ellipse((206, 82 + 36 * at, 232, 108 + 36 * at), fill="#f3d27a")
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
