"""The one registry: entry points. Built-ins come in by the same door; a broken plug-in is told of and disturbs nothing else."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoints, entry_points

DRIVERS = "labelhub.drivers"
INTEGRATIONS = "labelhub.integrations"


@dataclass(frozen=True, slots=True)
class Plugins:
    """The objects one group's entry points name, and a line for each that could not be loaded."""

    objects: Mapping[str, object]
    faults: tuple[str, ...]


def load(group: str) -> Plugins:
    """Every plug-in of the group that is installed."""
    objects: dict[str, object] = {}
    faults: list[str] = []
    for point in sorted(_installed(group, *sys.path), key=lambda point: point.name):
        try:
            objects[point.name] = point.load()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - other people's code may raise anything while it is imported
            faults.append(f"plug-in {point.name} ({point.value}) does not load: {type(error).__name__}: {error}")
    return Plugins(objects, tuple(faults))


@cache
def _installed(group: str, *_path: str) -> EntryPoints:
    """Those of every package on this path, gone through once: what is installed in it while the hub runs needs a restart."""
    return entry_points(group=group)
