"""Patients, for staff; their courses, sessions, screenings and invitations."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
import segno
from litestar import Controller, Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, PathParameter

from aftercare.api.etags import IfMatch, version_of, with_etag
from aftercare.api.pages import Cursor, Page, page_of, read_cursor
from aftercare.api.who import care_team, practitioner_only
from aftercare.model.care import (
    Course,
    CourseDraft,
    Episode,
    LotUse,
    Session,
    SessionDraft,
)
from aftercare.model.people import Actor, Patient, PatientDraft
from aftercare.model.screenings import Screening, ScreeningDraft
from aftercare.model.text import END
from aftercare.services import courses, enrolments, patients, screenings
from aftercare.services.house import House

StaffRequest = Request[Actor, Any, Any]
Lot = Annotated[str, PathParameter(max_length=100, pattern=r"^[^\x00-\x1f\x7f]+" + END)]


class RecordedSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session with the episode that it opened."""

    session: Session
    episode: Episode


class PatientSearch(msgspec.Struct, frozen=True, kw_only=True):
    """Beginnings of words of the name or the reference."""

    text: Annotated[str, msgspec.Meta(max_length=100, pattern=r"^[^\x00]*$")]


class InvitationAnswer(enrolments.Invitation, frozen=True, kw_only=True):
    """A one-time code with its QR as SVG: the server's address with the code in the fragment."""

    qr_svg: str


class PatientController(Controller):
    """Who is treated here."""

    path = "/v1/patients"
    tags = ("patients",)

    @get("/", guards=[care_team], summary="List patients")
    async def list_patients(
        self, request: StaffRequest, house: NamedDependency[House], cursor: Cursor = None
    ) -> Page[Patient]:
        """The newest first."""
        found = await patients.list_patients(
            house.database, request.user, before=read_cursor(cursor), now=house.now()
        )
        return page_of(found, patients.PAGE, lambda one: (one.created_at, one.patient_id))

    @post("/search", guards=[care_team], status_code=200, summary="Search patients")
    async def search(
        self, request: StaffRequest, house: NamedDependency[House], data: JSONBody[PatientSearch]
    ) -> list[Patient]:
        """Those in whose name or reference every word begins a word. A body, because no name belongs in an address."""
        return await patients.search_patients(house.database, request.user, data.text, now=house.now())

    @post("/", guards=[care_team], summary="Add a patient")
    async def create(
        self, request: StaffRequest, house: NamedDependency[House], data: JSONBody[PatientDraft]
    ) -> Response[Patient]:
        """A new patient with what is known of their risks."""
        made = await patients.create_patient(house.database, request.user, data, now=house.now())
        return with_etag(made)

    @get("/{patient_id:str}", guards=[care_team], summary="One patient")
    async def read(
        self, request: StaffRequest, house: NamedDependency[House], patient_id: FromPath[UUID]
    ) -> Response[Patient]:
        """The patient, with the ETag that an edit must name."""
        found = await patients.get_patient(house.database, request.user, patient_id, now=house.now())
        return with_etag(found)

    @put("/{patient_id:str}", guards=[care_team], summary="Edit a patient")
    async def update(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        data: JSONBody[PatientDraft],
        if_match: IfMatch,
    ) -> Response[Patient]:
        """Write the patient over the version that If-Match names."""
        made = await patients.update_patient(
            house.database, request.user, patient_id, data, version=version_of(if_match), now=house.now()
        )
        return with_etag(made)

    @post("/{patient_id:str}/invitations", guards=[care_team], summary="Make an enrolment code")
    async def invite(
        self, request: StaffRequest, house: NamedDependency[House], patient_id: FromPath[UUID]
    ) -> InvitationAnswer:
        """A one-time code for seven days, also as QR."""
        made = await enrolments.invite(
            house.database, request.user, patient_id, server=house.address, now=house.now()
        )
        drawn = segno.make(made.address, error="m", micro=False).svg_inline(
            scale=6, border=4, dark="#111", light="#fff"
        )
        return InvitationAnswer(**msgspec.structs.asdict(made), qr_svg=drawn)

    @delete("/{patient_id:str}/installations", guards=[care_team], summary="Sign a patient's phones out")
    async def sign_out_phones(
        self, request: StaffRequest, house: NamedDependency[House], patient_id: FromPath[UUID]
    ) -> None:
        """Every one at once, for who lost theirs. A new enrolment code lets them in again."""
        await enrolments.sign_out_phones(house.database, request.user, patient_id, now=house.now())

    @get("/{patient_id:str}/courses", guards=[care_team], summary="Courses, sessions and screenings")
    async def list_courses(
        self, request: StaffRequest, house: NamedDependency[House], patient_id: FromPath[UUID]
    ) -> courses.Courses:
        """What was planned and done, and why the next session may not take place yet."""
        return await courses.get_courses(house.database, request.user, patient_id, now=house.now())

    @post("/{patient_id:str}/courses", guards=[practitioner_only], summary="Plan a course")
    async def plan(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        data: JSONBody[CourseDraft],
    ) -> Course:
        """A course of sessions of one modality."""
        return await courses.create_course(house.database, request.user, patient_id, data, now=house.now())

    @get("/{patient_id:str}/screenings", guards=[care_team], summary="A patient's screenings")
    async def list_screenings(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        cursor: Cursor = None,
    ) -> Page[Screening]:
        """Signed ones, the newest first, each with what was advised at the time."""
        found = await screenings.list_screenings(
            house.database, request.user, patient_id, before=read_cursor(cursor), now=house.now()
        )
        return page_of(found, screenings.PAGE, lambda one: (one.signed_at, one.screening_id))

    @post("/{patient_id:str}/screenings", guards=[practitioner_only], summary="Sign a screening")
    async def screen(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        data: JSONBody[ScreeningDraft],
    ) -> Screening:
        """Candidacy as the practitioner who asks has settled it; `advice` in the answer is what was advised."""
        return await screenings.screen(house.database, request.user, patient_id, data, now=house.now())

    @post("/{patient_id:str}/sessions", guards=[practitioner_only], summary="Record a session")
    async def record_session(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        data: JSONBody[SessionDraft],
    ) -> RecordedSession:
        """A treatment that was done; opens its episode and the calendar of check-ins."""
        session, episode = await courses.record_session(
            house.database, request.user, patient_id, data, now=house.now()
        )
        return RecordedSession(session=session, episode=episode)


class LotController(Controller):
    """Recalls."""

    path = "/v1/lots"
    tags = ("patients",)

    @get("/{lot:str}", guards=[care_team], summary="Where a lot was used")
    async def find(
        self, request: StaffRequest, house: NamedDependency[House], lot: Lot, cursor: Cursor = None
    ) -> Page[LotUse]:
        """The sessions in which devices or products of this lot were used, newest first."""
        found = await courses.find_lot(
            house.database, request.user, lot, before=read_cursor(cursor), now=house.now()
        )
        return page_of(found, courses.LOT_PAGE, lambda one: (one.session_at, one.session_id))
