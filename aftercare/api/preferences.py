"""When and how people hear of things: staff for themselves, patients for themselves and through the clinic."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from aftercare.api.etags import IfMatch, version_of, with_etag
from aftercare.api.me import patient_id as patient_of
from aftercare.api.who import care_team, patient_only, staff_only
from aftercare.model.people import Actor
from aftercare.model.preferences import (
    PatientPreferences,
    PatientPreferencesDraft,
    StaffPreferences,
    StaffPreferencesDraft,
)
from aftercare.services import preferences
from aftercare.services.house import House

AnyRequest = Request[Actor, Any, Any]


class StaffPreferencesController(Controller):
    """A staff member's own."""

    path = "/v1/staff/me/preferences"
    tags = ("staff",)

    @get("/", guards=[staff_only], summary="How I hear of alerts")
    async def read(self, request: AnyRequest, house: NamedDependency[House]) -> Response[StaffPreferences]:
        """Quiet hours, channels taken away and the time of the digest, with the ETag that a change must name."""
        found = await preferences.get_staff_preferences(house.database, request.user)
        return with_etag(found)

    @put("/", guards=[staff_only], summary="Change how I hear of alerts")
    async def update(
        self,
        request: AnyRequest,
        house: NamedDependency[House],
        data: JSONBody[StaffPreferencesDraft],
        if_match: IfMatch,
    ) -> Response[StaffPreferences]:
        """Over the version that If-Match names. Emergencies come at once and over everything, whatever stands here."""
        made = await preferences.put_staff_preferences(
            house.database, request.user, data, version=version_of(if_match), now=house.now()
        )
        return with_etag(made)


class MyPreferencesController(Controller):
    """A patient's own."""

    path = "/v1/me/preferences"
    tags = ("patient",)

    @get("/", guards=[patient_only], summary="When I am reminded")
    async def read(self, request: AnyRequest, house: NamedDependency[House]) -> Response[PatientPreferences]:
        """The time of the reminder and quiet hours, with the ETag that a change must name."""
        found = await preferences.get_patient_preferences(
            house.database, request.user, patient_of(request), now=house.now()
        )
        return with_etag(found)

    @put("/", guards=[patient_only], summary="Change when I am reminded")
    async def update(
        self,
        request: AnyRequest,
        house: NamedDependency[House],
        data: JSONBody[PatientPreferencesDraft],
        if_match: IfMatch,
    ) -> Response[PatientPreferences]:
        """In the zone where the patient is, for reminders from now on."""
        made = await preferences.put_patient_preferences(
            house.database,
            request.user,
            patient_of(request),
            data,
            version=version_of(if_match),
            now=house.now(),
        )
        return with_etag(made)


class PatientPreferencesController(Controller):
    """A patient's, for one who asks the clinic."""

    path = "/v1/patients/{patient_id:str}/preferences"
    tags = ("patients",)

    @get("/", guards=[care_team], summary="When a patient is reminded")
    async def read(
        self, request: AnyRequest, house: NamedDependency[House], patient_id: FromPath[UUID]
    ) -> Response[PatientPreferences]:
        """With the ETag that a change must name."""
        found = await preferences.get_patient_preferences(
            house.database, request.user, patient_id, now=house.now()
        )
        return with_etag(found)

    @put("/", guards=[care_team], summary="Change when a patient is reminded")
    async def update(
        self,
        request: AnyRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        data: JSONBody[PatientPreferencesDraft],
        if_match: IfMatch,
    ) -> Response[PatientPreferences]:
        """Over the version that If-Match names, because the patient may have changed it meanwhile."""
        made = await preferences.put_patient_preferences(
            house.database, request.user, patient_id, data, version=version_of(if_match), now=house.now()
        )
        return with_etag(made)
