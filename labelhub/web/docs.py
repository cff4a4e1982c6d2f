"""The API's description for programs (`/openapi.json`) and for people (`/docs`, `/redoc`), with no file from elsewhere."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from labelhub.http.rights import Right, needs
from labelhub.web.pages import page

router = APIRouter(include_in_schema=False)

# Both viewers write style elements and attributes of their own while they run.
DRAWN_STYLES = {"style_src": "'self' 'unsafe-inline'"}


@router.get("/openapi.json", dependencies=[needs(Right.NOTHING)])
def get_openapi(request: Request) -> JSONResponse:
    """The OpenAPI 3.1 document."""
    return JSONResponse(request.app.openapi())


@router.get("/docs", dependencies=[needs(Right.NOTHING)])
def get_docs(request: Request) -> Response:
    """Swagger UI."""
    return page(request, "docs.html", sources=DRAWN_STYLES)


@router.get("/redoc", dependencies=[needs(Right.NOTHING)])
def get_redoc(request: Request) -> Response:
    """ReDoc."""
    return page(request, "redoc.html", sources=DRAWN_STYLES)
