"""Instructions of the day: the clinic's versions, and what a patient was shown."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, PathParameter

from aftercare.api.etags import IfMatch, etag, version_of
from aftercare.api.pages import Cursor, Page, page_by_day, page_of, read_cursor, read_day_cursor
from aftercare.api.who import care_team, practitioner_only, staff_only
from aftercare.model.instructions import InstructionsDraft, InstructionSet, NewDraft, SetHead, ShownWords
from aftercare.model.people import Actor
from aftercare.services import instructions
from aftercare.services.house import House

StaffRequest = Request[Actor, Any, Any]
Version = Annotated[int, PathParameter(ge=0, le=1_000_000, description="0 is the shipped version.")]


class InstructionsController(Controller):
    """A clinic's instructions: numbered versions, a draft until published, never edited after that."""

    path = "/v1/instructions"
    tags = ("instructions",)

    @get("/", guards=[staff_only], summary="List versions")
    async def list_versions(
        self, request: StaffRequest, house: NamedDependency[House], cursor: Cursor = None
    ) -> Page[SetHead]:
        """The newest first; the last one is the shipped version, 0."""
        place = read_cursor(cursor)
        before = instructions.NEWEST if place is None else min(place[1].int, instructions.NEWEST)
        found = await instructions.list_sets(house.database, request.user, before=before, now=house.now())
        return page_of(found, instructions.PAGE, lambda one: (_BEGINNING, UUID(int=one.version)))

    @post("/", guards=[practitioner_only], summary="Begin a draft")
    async def draft(
        self, request: StaffRequest, house: NamedDependency[House], data: JSONBody[NewDraft]
    ) -> Response[InstructionSet]:
        """A copy of a version to be edited; there is one draft at a time."""
        made = await instructions.create_draft(house.database, request.user, data, now=house.now())
        return _with_etag(made)

    @get("/{version:str}", guards=[staff_only], summary="One version")
    async def read(
        self, request: StaffRequest, house: NamedDependency[House], version: Version
    ) -> Response[InstructionSet]:
        """With its content, and the ETag that an edit must name."""
        found = await instructions.get_set(house.database, request.user, version, now=house.now())
        return _with_etag(found)

    @put("/{version:str}", guards=[practitioner_only], summary="Edit a draft")
    async def update(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        version: Version,
        data: JSONBody[InstructionsDraft],
        if_match: IfMatch,
    ) -> Response[InstructionSet]:
        """Write a draft over the one that If-Match names; what is wrong is said at its place."""
        made = await instructions.update_draft(
            house.database, request.user, version, data, revision=version_of(if_match), now=house.now()
        )
        return _with_etag(made)

    @post("/{version:str}/publish", guards=[practitioner_only], status_code=200, summary="Publish a draft")
    async def publish(
        self, request: StaffRequest, house: NamedDependency[House], version: Version, if_match: IfMatch
    ) -> Response[InstructionSet]:
        """From now on patients get it. A published version stays as it is."""
        made = await instructions.end_draft(
            house.database, request.user, version, "published", revision=version_of(if_match), now=house.now()
        )
        return _with_etag(made)

    @post("/{version:str}/discard", guards=[practitioner_only], status_code=200, summary="Discard a draft")
    async def discard(
        self, request: StaffRequest, house: NamedDependency[House], version: Version, if_match: IfMatch
    ) -> Response[InstructionSet]:
        """Nobody was shown it; its number is not used again."""
        made = await instructions.end_draft(
            house.database, request.user, version, "discarded", revision=version_of(if_match), now=house.now()
        )
        return _with_etag(made)


class ShownController(Controller):
    """What patients were shown."""

    tags = ("instructions",)

    @get(
        "/v1/patients/{patient_id:str}/instructions",
        guards=[care_team],
        summary="What a patient was shown, day by day",
    )
    async def shown(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        cursor: Cursor = None,
    ) -> Page[ShownWords]:
        """The newest day first, in the words of then: when the app fetched them, and when they were on the screen."""
        place = read_day_cursor(cursor)
        before = None if place is None else (place[0], min(place[1].int, instructions.NEWEST))
        found = await instructions.list_shown(
            house.database, request.user, patient_id, before=before, now=house.now()
        )
        return page_by_day(found, instructions.PAGE, lambda one: (one.date, UUID(int=one.version)))


_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


def _with_etag(found: InstructionSet) -> Response[InstructionSet]:
    return Response(found, headers=etag(found.revision))  # its version is what patients are shown by
