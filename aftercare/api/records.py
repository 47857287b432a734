"""A patient's check-ins and photos, for staff: each view on record."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from aftercare.api.pages import Cursor, Page, page_of, read_cursor
from aftercare.api.photo_body import PICTURE
from aftercare.api.who import care_team
from aftercare.model.check_ins import CheckInDraft, Kept
from aftercare.model.people import Actor
from aftercare.model.photos import Rendition
from aftercare.model.timeline import Timeline
from aftercare.services import check_ins, photos
from aftercare.services.house import House

StaffRequest = Request[Actor, Any, Any]
PatientId = FromPath[UUID]


class EpisodeController(Controller):
    """Recoveries."""

    tags = ("patients",)

    @get(
        "/v1/episodes/{episode_id:str}/timeline",
        guards=[care_team],
        summary="An episode as the checks see it",
    )
    async def timeline(
        self, request: StaffRequest, house: NamedDependency[House], episode_id: FromPath[UUID]
    ) -> Timeline:
        """A timeline file: what `aftercare checks replay` reads, for bug reports. It names nobody."""
        return await check_ins.get_timeline(house.database, request.user, episode_id, now=house.now())


class RecordController(Controller):
    """What came from a patient. Ids of the phone are unique only within one, so the patient is named."""

    path = "/v1/patients/{patient_id:str}"
    tags = ("patients",)

    @get("/check-ins", guards=[care_team], summary="A patient's check-ins")
    async def list_check_ins(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: PatientId,
        cursor: Cursor = None,
    ) -> Page[Kept]:
        """The newest first."""
        found = await check_ins.list_check_ins(
            house.database, request.user, patient_id, before=read_cursor(cursor), now=house.now()
        )
        return page_of(found, check_ins.PAGE, lambda one: (one.judged_at, one.check_in_id))

    @get("/check-ins/{id:str}", guards=[care_team], summary="One check-in")
    async def read_check_in(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: PatientId,
        id: FromPath[UUID],  # noqa: A002 - the path's own name
    ) -> Kept:
        """As it is kept, what was set aside included."""
        return await check_ins.get_check_in(house.database, request.user, patient_id, id, now=house.now())

    @put("/check-ins/{id:str}", guards=[care_team], status_code=201, summary="A check-in by phone")
    async def put_check_in(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: PatientId,
        id: FromPath[UUID],  # noqa: A002
        data: JSONBody[CheckInDraft],
    ) -> check_ins.CheckInAnswer:
        """What a patient said to a staff member; judged like any other."""
        return await check_ins.submit(house.database, request.user, patient_id, id, data, now=house.now())

    @get("/photos", guards=[care_team], summary="A patient's photos")
    async def list_photos(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: PatientId,
        cursor: Cursor = None,
    ) -> Page[photos.PhotoAnswer]:
        """The newest first."""
        found = await photos.list_photos(
            house.database, request.user, patient_id, before=read_cursor(cursor), now=house.now()
        )
        return page_of(found, photos.PAGE, lambda one: (one.taken_at, one.photo_id))

    @get(
        "/photos/{id:str}/{rendition:str}",
        guards=[care_team],
        summary="One photo",
        media_type="image/jpeg",
        responses=PICTURE,
    )
    async def view_photo(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: PatientId,
        id: FromPath[UUID],  # noqa: A002
        rendition: FromPath[Rendition],
    ) -> Response[bytes]:
        """The display size or the thumbnail; the view is in the audit."""
        data, media_type = await photos.view_photo(
            house.database, house.blobs, request.user, patient_id, id, rendition, now=house.now()
        )
        return Response(data, media_type=media_type)
