"""Icons: drawn by us on a grid of 24, as lines in the colour of the text beside them."""

from __future__ import annotations

from markupsafe import Markup

ICONS = {
    "home": "M4 11 12 4l8 7v8a1 1 0 0 1-1 1h-4v-6H9v6H5a1 1 0 0 1-1-1z",
    "print": "M4 7h11l5 5-5 5H4a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1zM7 10.5h5M7 13.5h3M15.5 12h.01",
    "queue": "M5 5h14v4H5zM5 12h14M5 16h14M5 20h9",
    "printers": "M7 9V4h10v5M7 17H4a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1h16a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-3M7 14h10v6H7z",
    "templates": "M4 5h16v14H4zM8 9h3v3H8zM14 9.5h3M14 12h3M8 15.5h9",
    "integrations": "M9 3v5M15 3v5M6.5 8h11v3.5a5.5 5.5 0 0 1-11 0zM12 17v4",
    "virtual": "M5 5h14a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zM9 20h6M12 16v4M10 8.5v4l3.5-2z",
    "more": "M4 7h10M18 7h2M4 12h3M11 12h9M4 17h8M16 17h4M16 5v4M9 10v4M14 15v4",
    "pause": "M8 5v14M16 5v14",
    "play": "M7 5v14l11-7z",
    "cancel": "M6 6l12 12M18 6 6 18",
    "again": "M20 11a8 8 0 1 0-2.3 6.2M20 5v6h-6",
    "check": "M5 12.5 10 17.5 19 7",
    "plus": "M12 5v14M5 12h14",
    "search": "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM20 20l-4-4",
    "edit": "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
    "trash": "M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
    "up": "M12 19V5M6 11l6-6 6 6",
    "down": "M12 5v14M6 13l6 6 6-6",
    "next": "M9 5l7 7-7 7",
    "back": "M15 5l-7 7 7 7",
    "alert": "M12 4 2.5 20h19zM12 10v4.5M12 17.3v.01",
    "help": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.4-1 .9-1 1.7M12 16.8v.01",
    "scan": "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M8 8.5v7M11 8.5v7M14 8.5v7M16.5 8.5v7",
    "ruler": "M3 9h18v7H3zM7 9v3M11 9v4M15 9v3M19 9v3",
    "out": "M10 5H5v14h5M14 8l4 4-4 4M9 12h9",
    "move": "M4 8h13M13 4l4 4-4 4M20 16H7M11 12l-4 4 4 4",
    "camera": "M4 8h3.5L9 5.5h6L16.5 8H20v11H4zM12 10a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z",
    "copy": "M8 8h12v12H8zM16 8V4H4v12h4",
    "power": "M12 4v8M7 6.5a7.5 7.5 0 1 0 10 0",
}


def icon(name: str) -> Markup:
    """The drawing alone: what it means is said by the text beside it, or by the label of its button."""
    return Markup('<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="{}"/></svg>').format(ICONS[name])
