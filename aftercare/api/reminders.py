"""Reminders on request: the patient's own wish, and the same written down at the reception."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from aftercare.api.etags import IfMatch, version_of, with_etag
from aftercare.api.me import patient_id as patient_of
from aftercare.api.who import care_team, patient_only
from aftercare.model.people import Actor
from aftercare.model.reminders import Reminders, RemindersDraft
from aftercare.services import reminders
from aftercare.services.house import House

AnyRequest = Request[Actor, Any, Any]


class MyRemindersController(Controller):
    """The patient's own wish."""

    path = "/v1/me/reminders"
    tags = ("patient",)

    @get("/", guards=[patient_only], summary="Whether I am reminded")
    async def read(self, request: AnyRequest, house: NamedDependency[House]) -> Reminders:
        """Reminders are on until somebody says otherwise."""
        return await reminders.get_reminders(
            house.database, request.user, patient_of(request), now=house.now()
        )

    @put("/", guards=[patient_only], summary="Be reminded, pause it, or stop it")
    async def put_reminders(
        self, request: AnyRequest, house: NamedDependency[House], data: JSONBody[RemindersDraft]
    ) -> Reminders:
        """The newest word counts. Check-ins are awaited all the same."""
        return await reminders.put_reminders(
            house.database, request.user, patient_of(request), data, now=house.now()
        )


class PatientRemindersController(Controller):
    """A patient's wish, as they told it to the clinic."""

    path = "/v1/patients/{patient_id:str}/reminders"
    tags = ("patients",)

    @get("/", guards=[care_team], summary="Whether a patient is reminded")
    async def read(
        self, request: AnyRequest, house: NamedDependency[House], patient_id: FromPath[UUID]
    ) -> Response[Reminders]:
        """With the ETag that an edit must name."""
        found = await reminders.get_reminders(house.database, request.user, patient_id, now=house.now())
        return with_etag(found)

    @put("/", guards=[care_team], summary="Pause, stop or resume a patient's reminders")
    async def put_reminders(
        self,
        request: AnyRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        data: JSONBody[RemindersDraft],
        if_match: IfMatch,
    ) -> Response[Reminders]:
        """Over the version that If-Match names, because the patient may have said something else meanwhile."""
        made = await reminders.put_reminders(
            house.database, request.user, patient_id, data, version=version_of(if_match), now=house.now()
        )
        return with_etag(made)
