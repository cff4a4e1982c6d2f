"""Navigation: the pages of the hub that this program serves, in their order."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import FastAPI, Request

from labelhub.http.rights import all_routes


@dataclass(frozen=True, slots=True)
class Entry:
    """One page: `name` is its icon and `nav.<name>` its text; those that are not `always` stand under More on a phone."""

    path: str
    name: str
    always: bool = False


ENTRIES = (
    Entry("/", "home", always=True),
    Entry("/print", "print", always=True),
    Entry("/queue", "queue", always=True),
    Entry("/printers", "printers", always=True),
    Entry("/templates", "templates"),
    Entry("/integrations", "integrations"),
    Entry("/virtual", "virtual"),
    Entry("/more", "more", always=True),
)


def entries(request: Request) -> list[Entry]:
    """Those whose page there is: the virtual printers, say, are there in the demo alone."""
    return [entry for entry in ENTRIES if serves(request, entry.path)]


def is_here(request: Request, entry: Entry) -> bool:
    """True for the page that is shown, and for those below it."""
    path = request.url.path
    return path == entry.path or (entry.path != "/" and path.startswith(entry.path + "/"))


def serves(request: Request, path: str) -> bool:
    """True when the program has a page at a path."""
    app: FastAPI = request.app
    if not hasattr(app.state, "pages"):
        app.state.pages = frozenset(route.path for route in all_routes(app) if "GET" in (route.methods or ()))
    return path in app.state.pages
