"""The dashboard's service worker: what shows a push while no page is open."""

from typing import Final

from litestar import Controller, Response, get

from aftercare.errors import NotFound
from aftercare.web.render import ASSETS, CONTENT_SECURITY_POLICY
from aftercare.web.visits import anyone

_HEADERS: Final = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "cache-control": "no-cache",  # asked for anew each time, so that a new version is seen
    "service-worker-allowed": "/",
}


class WorkerController(Controller):
    """The worker of all pages but the companion's, which has one of its own below /app/."""

    # It holds nothing of anybody, and browsers ask for it without a page.
    @get("/worker.js", guards=[anyone], opt={"exclude_from_auth": True})
    async def worker(self) -> Response[bytes]:
        """Its script. Raises NotFound before the front end is built."""
        source = ASSETS / "dashboard-worker.js"
        if not source.is_file():
            raise NotFound
        return Response(source.read_bytes(), media_type="text/javascript", headers=_HEADERS)
