"""Assets: the files that pages need, our own (`static/`) and others' (`vendor/`, put there by the build; none is committed)."""

from __future__ import annotations

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import Response

from labelhub.errors import NotFound, StartRefused
from labelhub.http import problems
from labelhub.http.rights import Right, needs

ROOTS = {"own": Path(__file__).parent / "static", "vendor": Path(__file__).parent / "vendor"}
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
}
ZIPPED = (".css", ".js", ".svg", ".txt", ".wasm")
KEPT_S = 365 * 24 * 3600
VERSION_CHARACTERS = 12
REQUIRED = (
    "swagger-ui/swagger-ui-bundle.js", "swagger-ui/swagger-ui.css", "redoc/redoc.standalone.js", "zxing/reader.js",
    "zxing/zxing_reader.wasm", "icons/icon-192.png", "icons/icon-512.png", "icons/maskable-512.png", "icons/apple-180.png",
)  # fmt: skip

router = APIRouter(include_in_schema=False)


def require(vendor: Path = ROOTS["vendor"]) -> None:
    """Returns when the build has put everything in place. StartRefused when not."""
    missing = [name for name in REQUIRED if not (vendor / name).is_file()]
    if missing:
        raise StartRefused(f"The program was built without its browser files ({', '.join(missing)}). Run `make install`.")


@router.api_route(
    "/assets/{root}/{path:path}", methods=["GET", "HEAD"], dependencies=[needs(Right.NOTHING)], responses=problems.responses(NotFound)
)
def get_asset(root: str, path: str, request: Request) -> Response:
    """One file, with an ETag so that a browser keeps it until it changes."""
    if root not in ROOTS:
        raise NotFound("There is no such asset.")
    file = find(ROOTS[root], path)
    digest = _digest(file, file.stat().st_mtime_ns)
    zipped = file.suffix in ZIPPED and "gzip" in request.headers.get("accept-encoding", "")
    etag = f'"{digest}-gzip"' if zipped else f'"{digest}"'
    known = request.query_params.get("v") == digest[:VERSION_CHARACTERS]
    headers = {"etag": etag, "cache-control": f"public, max-age={KEPT_S}, immutable" if known else "no-cache", "vary": "accept-encoding"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    media_type = CONTENT_TYPES[file.suffix]
    if zipped:
        return Response(_zipped(file, digest), headers=headers | {"content-encoding": "gzip"}, media_type=media_type)
    return Response(file.read_bytes(), headers=headers, media_type=media_type)


def address_of(path: str, root: str = "own") -> str:
    """The URL of an asset in its present version, which browsers need not ask for twice. NotFound."""
    file = find(ROOTS[root], path)
    return f"/assets/{root}/{path}?v={_digest(file, file.stat().st_mtime_ns)[:VERSION_CHARACTERS]}"


def find(folder: Path, path: str) -> Path:
    """The file of a URL path in a folder. NotFound for whatever is no file of a known type inside it, links followed."""
    try:
        file = (folder / path).resolve()
        found = file.is_relative_to(folder.resolve()) and file.suffix in CONTENT_TYPES and file.is_file()
    except (OSError, ValueError) as error:  # a name too long for the file system, or with a zero byte
        raise NotFound("There is no such asset.") from error
    if not found:
        raise NotFound("There is no such asset.")
    return file


@lru_cache(maxsize=64)
def _digest(file: Path, modified_ns: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:32]


@lru_cache(maxsize=64)
def _zipped(file: Path, digest: str) -> bytes:
    return gzip.compress(file.read_bytes(), 6, mtime=0)
