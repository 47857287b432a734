"""The clinic's numbers for courses: days between sessions, how many, months to maintenance."""

from typing import Any

from litestar import Controller, Request, Response, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from aftercare.api.etags import IfMatch, version_of, with_etag
from aftercare.api.who import practitioner_or_admin, staff_only
from aftercare.model.course_plans import CourseSettings, CourseSettingsDraft
from aftercare.model.people import Actor
from aftercare.model.words import Modality
from aftercare.services import course_plans
from aftercare.services.house import House

StaffRequest = Request[Actor, Any, Any]


class CourseSettingsController(Controller):
    """Course settings."""

    path = "/v1/clinic/course-settings"
    tags = ("clinic",)

    @get("/", guards=[staff_only], summary="How courses are spaced here")
    async def list_settings(
        self, request: StaffRequest, house: NamedDependency[House]
    ) -> list[CourseSettings]:
        """The numbers of each modality; version 0 are the shipped ones."""
        return list((await course_plans.get_settings(house.database, request.user)).values())

    @get("/{modality:str}", guards=[staff_only], summary="How courses of a modality are spaced here")
    async def read(
        self, request: StaffRequest, house: NamedDependency[House], modality: FromPath[Modality]
    ) -> Response[CourseSettings]:
        """With the ETag that a change must name."""
        found = (await course_plans.get_settings(house.database, request.user))[modality]
        return with_etag(found)

    @put("/{modality:str}", guards=[practitioner_or_admin], summary="Change how courses are spaced")
    async def update(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        modality: FromPath[Modality],
        data: JSONBody[CourseSettingsDraft],
        if_match: IfMatch,
    ) -> Response[CourseSettings]:
        """For courses planned from now on, over the version that If-Match names; others keep what they were planned with."""
        made = await course_plans.put_settings(
            house.database, request.user, modality, data, version=version_of(if_match), now=house.now()
        )
        return with_etag(made)
