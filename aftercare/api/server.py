"""What this server is and whether it works: open to all, and to monitoring."""

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency

from aftercare import __version__
from aftercare.api.who import anyone
from aftercare.care.instrument import CURRENT_VERSION
from aftercare.checks.pack import default_pack
from aftercare.model.photos import PhotoLimits
from aftercare.photos.formats import formats_taken
from aftercare.services import heartbeat
from aftercare.services.channels import application_server_key
from aftercare.services.heartbeat import Watch
from aftercare.services.house import House

OLDEST_APP = "0.1.0"


class ServerInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Versions and limits, for apps that are older or newer than the server.

    `photo_formats` are the media types that are taken as photos: HEIC is not on every server.
    `application_server_key` is what a browser subscribes to Web Push for; null where nothing is pushed to browsers.
    """

    server: str
    instrument: int
    rule_pack: str
    oldest_app: str
    limits: dict[str, int]
    photo_formats: tuple[str, ...]
    application_server_key: str | None
    intended_use: str


INTENDED_USE = (
    "Adults after micro-needling (no radiofrequency) or Laser Genesis. Aftercare orders patients' reports for review by "
    "a qualified practitioner; it does not diagnose, exclude disease, monitor continuously or replace emergency care."
)


class ServerController(Controller):
    """Versions, limits, health."""

    tags = ("server",)

    @get("/v1", guards=[anyone], summary="Versions and limits")
    async def info(self, house: NamedDependency[House]) -> ServerInfo:
        """What this server speaks and takes."""
        settings, limits = house.settings, PhotoLimits()
        return ServerInfo(
            server=__version__,
            instrument=CURRENT_VERSION,
            rule_pack=default_pack().version,
            oldest_app=OLDEST_APP,
            limits={
                "json_bytes": settings.json_max_bytes,
                "photo_bytes": settings.photo_max_bytes,
                "photo_pixels_jpeg": limits.max_pixels_jpeg,
                "photo_pixels": limits.max_pixels,
                "photo_pixels_heic": limits.max_pixels_heic,
                "photos_a_day": settings.photos_a_day,
                "photos_a_patient": settings.photos_a_patient,
                "photo_bytes_a_patient": settings.photo_bytes_a_patient,
            },
            photo_formats=tuple(known.media_type for known in formats_taken()),
            application_server_key=application_server_key(house.channels),
            intended_use=INTENDED_USE,
        )

    @get("/health/live", guards=[anyone], summary="The process answers")
    async def live(self) -> dict[str, str]:
        """It does."""
        return {"status": "ok"}

    @get("/health/ready", guards=[anyone], summary="The service can do its work")
    async def ready(self, house: NamedDependency[House], watch: NamedDependency[Watch]) -> dict[str, str]:
        """It can, if the database answers; 503 otherwise. Being full of requests is no reason to be sent none.

        `photos` is `spooling` while their store is away or behind: they are taken and shown all the same.
        `background` is `silent` while no worker is heard of and `behind` while urgent work waits for one: nobody is told
        of alerts then, but check-ins are taken and patients advised, which they would not be by a server out of service.
        """
        await house.database.answers()
        background = await heartbeat.state(watch.across, house.settings, now=house.now())
        return {"status": "ok", "photos": await house.spool.state(), "background": background}
