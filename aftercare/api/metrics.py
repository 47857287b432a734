"""Metrics for the operator's monitoring. Behind a token, or for this machine alone: they are nobody else's business."""

import hmac
from ipaddress import ip_address
from typing import Any

from litestar import Controller, Response, get
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from prometheus_client import CONTENT_TYPE_LATEST

from aftercare.errors import Forbidden, NotSignedIn
from aftercare.services import metrics
from aftercare.services.heartbeat import Watch
from aftercare.services.house import House
from aftercare.services.metrics import Counting

# What a proxy adds: whoever comes through one is not this machine, though their connection is.
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


async def monitoring(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Whoever has the token of AFTERCARE_METRICS_TOKEN; without one, this machine itself."""
    house: House = connection.app.state.house
    token = house.settings.metrics_token
    if token:
        scheme, given = connection.headers.get("authorization", "").partition(" ")[::2]
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
            raise NotSignedIn("Send the token of AFTERCARE_METRICS_TOKEN as a bearer token.")
    elif not _from_here(connection):
        raise Forbidden("Set AFTERCARE_METRICS_TOKEN to read the metrics from another machine.")


def _from_here(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    client = connection.client
    if client is None or any(name in connection.headers for name in _FORWARDED):
        return False
    try:
        return ip_address(client.host).is_loopback
    except ValueError:
        return False


class MetricsController(Controller):
    """What Prometheus scrapes."""

    tags = ("server",)

    @get(
        "/metrics", guards=[monitoring], summary="Metrics in Prometheus' text format", media_type="text/plain"
    )
    async def scrape(
        self,
        house: NamedDependency[House],
        watch: NamedDependency[Watch],
        counting: NamedDependency[Counting],
    ) -> Response[bytes]:
        """Numbers of the whole service, whichever server answers; nothing of anyone."""
        text = await metrics.scrape(house, watch.across, counting)
        return Response(text, media_type=CONTENT_TYPE_LATEST)
