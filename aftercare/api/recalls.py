"""Whom to call back, what came of it, and the end of a course."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from aftercare.api.pages import Cursor, Page, page_by_day, read_day_cursor
from aftercare.api.who import care_team, practitioner_only
from aftercare.model.care import Course
from aftercare.model.course_plans import EndDraft, Recall, RecallContact, RecallContactDraft
from aftercare.model.people import Actor
from aftercare.services import course_plans, recalls
from aftercare.services.house import House

StaffRequest = Request[Actor, Any, Any]
StatusQuery = Annotated[
    recalls.Status | None,
    QueryParameter(required=False, description="Only those who are still within their window, or past it."),
]


class RecallController(Controller):
    """Recalls."""

    path = "/v1/recalls"
    tags = ("recalls",)

    @get("/", guards=[care_team], summary="Whose next session is due")
    async def list_recalls(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        status: StatusQuery = None,
        cursor: Cursor = None,
    ) -> Page[Recall]:
        """The longest waiting first, also those that are blocked; not those who declined, are booked or snoozed."""
        found = await recalls.list_recalls(
            house.database, request.user, status=status, after=read_day_cursor(cursor), now=house.now()
        )
        page = page_by_day(found, recalls.PAGE, lambda one: one.place)
        return Page(items=[one.recall for one in page.items], next=page.next)

    @get("/{course_id:str}/contacts", guards=[care_team], summary="What came of calling about a course")
    async def list_contacts(
        self, request: StaffRequest, house: NamedDependency[House], course_id: FromPath[UUID]
    ) -> list[RecallContact]:
        """The newest first."""
        return await recalls.list_contacts(house.database, request.user, course_id, now=house.now())

    @post("/{course_id:str}/contacts", guards=[care_team], summary="Write down what came of a call")
    async def add_contact(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        course_id: FromPath[UUID],
        data: JSONBody[RecallContactDraft],
    ) -> RecallContact:
        """Booked, snoozed and declined take the course off the list; the newest word counts."""
        return await recalls.add_contact(house.database, request.user, course_id, data, now=house.now())


class CourseController(Controller):
    """One course of a patient."""

    path = "/v1/patients/{patient_id:str}/courses/{course_id:str}"
    tags = ("patients",)

    @post("/end", guards=[practitioner_only], status_code=200, summary="End a course")
    async def end(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        course_id: FromPath[UUID],
        data: JSONBody[EndDraft],
    ) -> Course:
        """Nothing of it is due any more, and no session is recorded under it until it is resumed."""
        return await course_plans.end_course(
            house.database, request.user, patient_id, course_id, data, now=house.now()
        )

    @post("/resume", guards=[practitioner_only], status_code=200, summary="Resume an ended course")
    async def resume(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        course_id: FromPath[UUID],
    ) -> Course:
        """It goes on where it was left."""
        return await course_plans.resume_course(
            house.database, request.user, patient_id, course_id, now=house.now()
        )
