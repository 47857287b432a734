"""The follow-up log of alerts, what comes next, and the clinic's scripts."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from uuid_utils.compat import uuid7

from aftercare.api.etags import IfMatch, version_of, with_etag
from aftercare.api.pages import Cursor, Page, page_by_day, read_day_cursor
from aftercare.api.who import care_team, practitioner_only, staff_only
from aftercare.model.follow_ups import FollowUp, FollowUpDraft, NextStep, Script, ScriptDraft, StepTiming
from aftercare.model.people import Actor
from aftercare.model.words import Code
from aftercare.services import follow_ups, scripts
from aftercare.services.house import House

StaffRequest = Request[Actor, Any, Any]
AlertId = FromPath[UUID]
FollowUpId = FromPath[UUID]
WhenQuery = Annotated[
    StepTiming | None,
    QueryParameter(required=False, description="Only what is overdue, due today, or coming."),
]


class FollowUpController(Controller):
    """Calls, advice, visits and what comes next, beside the acts."""

    path = "/v1/alerts/{alert_id:str}/follow-ups"
    tags = ("alerts",)

    @get("/", guards=[staff_only], summary="What was done about an alert")
    async def list_follow_ups(
        self, request: StaffRequest, house: NamedDependency[House], alert_id: AlertId
    ) -> list[FollowUp]:
        """Acts and entries, the oldest first."""
        return await follow_ups.list_follow_ups(house.database, request.user, alert_id, now=house.now())

    @post("/", guards=[care_team], summary="Write down a follow-up")
    async def add(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        alert_id: AlertId,
        data: JSONBody[FollowUpDraft],
    ) -> FollowUp:
        """Under an id of ours. Who may have to send it twice uses PUT."""
        return await follow_ups.put_follow_up(
            house.database, request.user, alert_id, uuid7(), data, now=house.now()
        )

    @put("/{follow_up_id:str}", guards=[care_team], status_code=201, summary="Write down a follow-up, once")
    async def put_follow_up(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        alert_id: AlertId,
        follow_up_id: FollowUpId,
        data: JSONBody[FollowUpDraft],
    ) -> FollowUp:
        """Under the caller's id: the same again gets the same answer, other content 409."""
        return await follow_ups.put_follow_up(
            house.database, request.user, alert_id, follow_up_id, data, now=house.now()
        )

    @post("/{follow_up_id:str}/done", guards=[care_team], status_code=200, summary="A next step is done")
    async def finish(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        alert_id: AlertId,
        follow_up_id: FollowUpId,
    ) -> FollowUp:
        """The first who did it stands in the log."""
        return await follow_ups.finish_step(
            house.database, request.user, alert_id, follow_up_id, now=house.now()
        )

    @delete(
        "/{follow_up_id:str}/done", guards=[care_team], status_code=200, summary="A next step is not done yet"
    )
    async def reopen(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        alert_id: AlertId,
        follow_up_id: FollowUpId,
    ) -> FollowUp:
        """Takes back what was marked as done."""
        return await follow_ups.reopen_step(
            house.database, request.user, alert_id, follow_up_id, now=house.now()
        )


class NextStepController(Controller):
    """What staff said they would do."""

    path = "/v1/next-steps"
    tags = ("alerts",)

    @get("/", guards=[care_team], summary="What comes next")
    async def list_next_steps(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        whose: Annotated[
            follow_ups.Whose, QueryParameter(description="Mine: written down by me, or of an alert I have.")
        ] = "everyone",
        when: WhenQuery = None,
        cursor: Cursor = None,
    ) -> Page[NextStep]:
        """What is not done yet, the longest overdue first."""
        found = await follow_ups.list_next_steps(
            house.database,
            request.user,
            whose=whose,
            when=when,
            after=read_day_cursor(cursor),
            now=house.now(),
        )
        return page_by_day(found, follow_ups.PAGE, lambda one: (one.next_on, one.follow_up_id))


class ScriptController(Controller):
    """What the clinic asks and advises on the phone, for each code."""

    path = "/v1/scripts"
    tags = ("alerts",)

    @get("/", guards=[staff_only], summary="The scripts in use")
    async def list_scripts(self, request: StaffRequest, house: NamedDependency[House]) -> list[Script]:
        """One for each code; version 0 is a shipped default that the clinic has not written over."""
        return await scripts.list_scripts(house.database, request.user)

    @get("/{code:str}", guards=[staff_only], summary="The script of a code")
    async def read(
        self, request: StaffRequest, house: NamedDependency[House], code: FromPath[Code]
    ) -> Response[Script]:
        """With the ETag that a change must name."""
        return with_etag(await scripts.get_script(house.database, request.user, code))

    @get("/{code:str}/versions", guards=[staff_only], summary="Who changed a script, and how")
    async def list_versions(
        self, request: StaffRequest, house: NamedDependency[House], code: FromPath[Code]
    ) -> list[Script]:
        """What the clinic has written, the newest first; empty while the shipped lines are in use."""
        return await scripts.list_versions(house.database, request.user, code)

    @put("/{code:str}", guards=[practitioner_only], summary="Write a script")
    async def update(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        code: FromPath[Code],
        data: JSONBody[ScriptDraft],
        if_match: IfMatch,
    ) -> Response[Script]:
        """The next version over the one that If-Match names. What was done by earlier ones keeps their lines."""
        version = version_of(if_match)
        return with_etag(
            await scripts.put_script(
                house.database, request.user, code, data, version=version, now=house.now()
            )
        )
