"""What the clinic says of itself: name, where to turn, opening hours and holidays."""

from typing import Any

from litestar import Controller, Request, Response, get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from aftercare.api.etags import IfMatch, version_of, with_etag
from aftercare.api.who import admin_only, staff_only
from aftercare.model.clinic import ClinicSettings, ClinicSettingsDraft
from aftercare.model.people import Actor
from aftercare.services import clinic_settings
from aftercare.services.house import House

StaffRequest = Request[Actor, Any, Any]


class ClinicSettingsController(Controller):
    """The clinic's settings."""

    path = "/v1/clinic"
    tags = ("clinic",)

    @get("/", guards=[staff_only], summary="The clinic")
    async def read(self, request: StaffRequest, house: NamedDependency[House]) -> Response[ClinicSettings]:
        """With the ETag that a change must name."""
        found = await clinic_settings.get_settings(house.database, request.user)
        return with_etag(found)

    @put("/", guards=[admin_only], summary="Change the clinic's settings")
    async def update(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        data: JSONBody[ClinicSettingsDraft],
        if_match: IfMatch,
    ) -> Response[ClinicSettings]:
        """Over the version that If-Match names. What is left of running deadlines counts by the new hours."""
        made = await clinic_settings.put_settings(
            house.database, request.user, data, version=version_of(if_match), now=house.now()
        )
        return with_etag(made)
