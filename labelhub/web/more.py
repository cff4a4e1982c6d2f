"""More: the pages that are not in the bar of a phone, language and brightness, and what this program is."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from labelhub.http.rights import Right, needs
from labelhub.web.assets import address_of
from labelhub.web.look import words_for
from labelhub.web.pages import page

router = APIRouter(include_in_schema=False)


@router.get("/more", dependencies=[needs(Right.READ)])
async def more(request: Request) -> Response:
    """The page."""
    return page(request, "more.html")


@router.get("/manifest.webmanifest", dependencies=[needs(Right.NOTHING)])
async def manifest(request: Request) -> Response:
    """What a phone needs to install the hub as a program of its own (W3C Web Application Manifest)."""
    t = words_for(request)
    png = {"type": "image/png"}
    icons = [
        {"src": address_of("icons/icon-192.png", "vendor"), "sizes": "192x192", "purpose": "any"} | png,
        {"src": address_of("icons/icon-512.png", "vendor"), "sizes": "512x512", "purpose": "any"} | png,
        {"src": address_of("icons/maskable-512.png", "vendor"), "sizes": "512x512", "purpose": "maskable"} | png,
        {"src": address_of("icon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"},
    ]
    body = {
        "name": "Label Printer Hub",
        "short_name": t("page.short-name"),
        "description": t("page.description"),
        "lang": t.language,
        "id": "/",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f5f3ee",
        "theme_color": "#f5f3ee",
        "icons": icons,
    }
    return JSONResponse(body, media_type="application/manifest+json")
