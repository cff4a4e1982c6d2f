"""Things of connected systems as tiles with pictures."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from labelhub.errors import HubError
from labelhub.hub import Hub
from labelhub.integrations.integration import Item

SHOWN_THINGS = 12


@dataclass(frozen=True, slots=True)
class Tile:
    """A thing: `line` tells it from others of its name, `label` is the page of its label, `image` where its picture is or ""."""

    app: str
    id: str
    name: str
    line: str
    url: str
    label: str
    image: str


@dataclass(frozen=True, slots=True)
class Tiles:
    """One page of things; `fault` says why there are none."""

    tiles: tuple[Tile, ...] = ()
    cursor: str | None = None
    fault: HubError | None = None


async def searched(hub: Hub, app: str, query: str, cursor: str | None) -> Tiles:
    """Things of a system near the query; all of them without one."""
    try:
        found = await hub.lookup.search(app, query, cursor, SHOWN_THINGS)
    except HubError as error:
        return Tiles(fault=error)
    return Tiles(tuple(map(thing_of, found.items)), found.cursor)


def thing_of(item: Item) -> Tile:
    """The thing as a page shows it."""
    reference = str(item.reference)
    label = "/print/label?" + urlencode({"app": item.app, "id": reference})
    lines = item.fields.get("secondary") or []
    more = [str(line) for line in lines[:1]] if isinstance(lines, list | tuple) else []
    return Tile(
        item.app,
        reference,
        item.name,
        " · ".join([str(item.fields.get("primary_id") or item.id), *more]),
        item.url,
        label,
        item.image_path,
    )
