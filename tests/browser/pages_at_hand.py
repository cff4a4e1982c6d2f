"""Every page of the program, by a name: for pictures of them, and for tests that hold for all."""

from __future__ import annotations

PAGES = {
    "home": "/",
    "print": "/print",
    "label": "/print/label?app=snipeit&id=asset:2",
    "text": "/print/label?template=any-text&f.text=Screws+M3+%C3%97+12%0AShelf+4",
    "scan": "/scan",
    "queue": "/queue",
    "history": "/queue?show=all",
    "printers": "/printers",
    "printer": "/printers/pt",
    "add": "/printers/new",
    "templates": "/templates",
    "template": "/templates/any-text",
    "integrations": "/integrations",
    "system": "/integrations/systems/snipeit",
    "thing": "/asset/MS-00107",
    "virtual": "/virtual",
    "more": "/more",
    "problem": "/problems/media-mismatch",
    "login": "/login",
}
