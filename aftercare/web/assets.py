"""The built front end, served from memory: public, and kept by browsers for ever under its digest."""

from functools import cache
from pathlib import Path
from typing import Final

from litestar import Controller, Response, get
from litestar.params import FromPath

from aftercare.errors import NotFound
from aftercare.web.render import ASSETS
from aftercare.web.visits import anyone

_FOR_EVER: Final = "public, max-age=31536000, immutable"
_MEDIA_TYPES: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}


class AssetController(Controller):
    """Style, script, mark, and what a home screen asks for."""

    # They hold nothing of anybody, and whether somebody is signed in need not be looked up for them.
    @get("/assets/{name:str}", guards=[anyone], opt={"exclude_from_auth": True})
    async def asset(self, name: FromPath[str]) -> Response[bytes]:
        """One file. The address carries a digest of it, so that it never changes there."""
        data, media_type = _read(name)
        return Response(data, media_type=media_type, headers={"cache-control": _FOR_EVER})


@cache
def _files() -> dict[str, Path]:
    return {path.name: path for path in ASSETS.glob("*") if path.suffix in _MEDIA_TYPES}


@cache
def _read(name: str) -> tuple[bytes, str]:
    path = _files().get(name)
    if path is None:
        raise NotFound
    return path.read_bytes(), _MEDIA_TYPES[path.suffix]
