"""Headers that keep a browser from doing more with an answer than it should, and the content policy of a page."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from labelhub.alive import SAFE_HEADERS

PAGE_SOURCES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def page_policy(**sources: str) -> dict[str, str]:
    """The Content-Security-Policy header of an HTML page: own files only. `style_src="'self' 'unsafe-inline'"` changes one source."""
    changed = {name.replace("_", "-"): value for name, value in sources.items()}
    return {"content-security-policy": "; ".join(f"{name} {value}" for name, value in (PAGE_SOURCES | changed).items())}


class SafeHeaders:
    """ASGI: adds `SAFE_HEADERS` to every answer that does not set its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""

        async def send_safe(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SAFE_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_safe if scope["type"] == "http" else send)
