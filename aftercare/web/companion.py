"""The patient's side in a browser, below /app/: a shell that holds nothing of anybody, and the worker that keeps it.

Everything else is the interface that every app uses: the page asks /v1 with the phone's own tokens.
"""

import hashlib
from functools import cache
from typing import Final

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Controller, Response, get

from aftercare.errors import NotFound
from aftercare.web.render import ASSETS, CONTENT_SECURITY_POLICY, asset
from aftercare.web.visits import anyone

# Thumbnails are read with a token and shown from memory; nothing else differs from the other pages.
POLICY: Final = f"{CONTENT_SECURITY_POLICY}; img-src 'self' blob:"
_FILES: Final = ("companion.js", "companion.css", "companion.webmanifest", "mark-180.png", "mark.svg")
_WORKER: Final = "companion-worker.js"
# Asked for anew each time, so that a new version is seen; the worker answers where there is no network.
_HEADERS: Final = {"content-security-policy": POLICY, "cache-control": "no-cache"}


class CompanionController(Controller):
    """The page itself."""

    path = "/app"
    include_in_schema = False
    opt = {"exclude_from_auth": True}  # noqa: RUF012 - the framework's own attribute

    @get("/", guards=[anyone])
    async def shell(self) -> Response[str]:
        """An empty page that loads the companion. The enrolment code is in the fragment, which never gets here."""
        return Response(_shell(), media_type="text/html", headers=_HEADERS)

    @get("/worker.js", guards=[anyone])
    async def worker(self) -> Response[str]:
        """The service worker, headed by what it keeps. Raises NotFound before the front end is built."""
        return Response(_worker(), media_type="text/javascript", headers=_HEADERS)


@cache
def _shell() -> str:
    environment = Environment(
        loader=PackageLoader("aftercare.web"), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("companion.html").render(asset=asset)


@cache
def _worker() -> str:
    source = ASSETS / _WORKER
    if not source.is_file():
        raise NotFound
    script = source.read_text()
    # A browser installs a worker anew when a byte of it changed: the digest is what makes a new version one.
    version = hashlib.sha256((_shell() + script).encode()).hexdigest()[:16]
    kept = {"version": version, "files": ["/app/", *(asset(name) for name in _FILES)]}
    return f"self.companion = {msgspec.json.encode(kept).decode()};\n{script}"
