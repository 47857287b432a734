"""Messages between patients and the clinic, and the clinic's templates."""

from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from aftercare.api.etags import IfMatch, version_of, with_etag
from aftercare.api.me import SentAt, instant
from aftercare.api.pages import Cursor, Page, page_of, read_cursor
from aftercare.api.who import care_team, patient_only, practitioner_or_admin, staff_only
from aftercare.model.patient_messages import (
    Conversation,
    Message,
    MessageAnswer,
    MessageDraft,
    MyMessage,
    ReadDraft,
    ReadState,
    ReplyDraft,
    Template,
    TemplateDraft,
)
from aftercare.model.people import Actor
from aftercare.services import message_templates, messages
from aftercare.services.house import House

PatientRequest = Request[Actor, Any, Any]
StaffRequest = Request[Actor, Any, Any]
Which = Annotated[
    Literal["waiting", "recent"],
    QueryParameter(description="`waiting`: what nobody has read; `recent`: every conversation."),
]


class MyMessageController(Controller):
    """What a patient writes and reads."""

    tags = ("patient",)

    @put("/v1/messages/{id:str}", guards=[patient_only], status_code=201, summary="Write to the clinic")
    async def put_message(
        self,
        request: PatientRequest,
        house: NamedDependency[House],
        id: FromPath[UUID],  # noqa: A002 - the path's own name
        data: JSONBody[MessageDraft],
        sent_at: SentAt = None,
    ) -> MessageAnswer:
        """Kept and screened, and at once what to do and when the clinic reads. The same again gets the same answer."""
        at = instant(sent_at, "Sent-At")
        return await messages.send(house.database, request.user, id, data, now=house.now(), sent_at=at)

    @get("/v1/me/messages", guards=[patient_only], summary="My messages")
    async def my_messages(
        self, request: PatientRequest, house: NamedDependency[House], cursor: Cursor = None
    ) -> Page[MyMessage]:
        """Both sides, the newest first."""
        found = await messages.my_messages(
            house.database, request.user, before=read_cursor(cursor), now=house.now()
        )
        return page_of(found, messages.PAGE, lambda one: (one.received_at, one.message_id))

    @post("/v1/me/messages/read", guards=[patient_only], status_code=200, summary="I have read these")
    async def read(
        self, request: PatientRequest, house: NamedDependency[House], data: JSONBody[ReadDraft]
    ) -> ReadState:
        """What the clinic wrote, up to a message."""
        return await messages.mark_mine_read(house.database, request.user, data, now=house.now())


class MessageController(Controller):
    """What staff read and write."""

    tags = ("messages",)

    @get("/v1/messages", guards=[care_team], summary="The inbox")
    async def inbox(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        which: Which = "waiting",
        cursor: Cursor = None,
    ) -> Page[Conversation]:
        """Conversations: those that nobody has read, the longest waiting first; or all, the newest first."""
        found = await messages.inbox(
            house.database, request.user, which, place=read_cursor(cursor), now=house.now()
        )
        return page_of(found, messages.PAGE, messages.place_in(which))

    @get("/v1/patients/{patient_id:str}/messages", guards=[care_team], summary="A conversation")
    async def conversation(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        cursor: Cursor = None,
    ) -> Page[Message]:
        """The newest first. Reading it here marks nothing as read: that is said."""
        found = await messages.list_messages(
            house.database, request.user, patient_id, before=read_cursor(cursor), now=house.now()
        )
        return page_of(found, messages.PAGE, lambda one: (one.received_at, one.message_id))

    @post("/v1/patients/{patient_id:str}/messages", guards=[care_team], summary="Write to a patient")
    async def reply(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        data: JSONBody[ReplyDraft],
    ) -> Message:
        """The patient is told that there is a message, by night in the morning unless it is urgent."""
        return await messages.reply(house.database, request.user, patient_id, data, now=house.now())

    @post(
        "/v1/patients/{patient_id:str}/messages/read",
        guards=[care_team],
        status_code=200,
        summary="The clinic has read these",
    )
    async def read(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        data: JSONBody[ReadDraft],
    ) -> ReadState:
        """What a patient wrote, up to a message."""
        return await messages.mark_read(house.database, request.user, patient_id, data, now=house.now())


class MessageTemplateController(Controller):
    """Words that are sent often."""

    path = "/v1/message-templates"
    tags = ("messages",)

    @get("/", guards=[staff_only], summary="Message templates")
    async def list_templates(self, request: StaffRequest, house: NamedDependency[House]) -> list[Template]:
        """Those in use, by language and title."""
        return await message_templates.list_templates(house.database, request.user)

    @post("/", guards=[practitioner_or_admin], summary="Write a template")
    async def create(
        self, request: StaffRequest, house: NamedDependency[House], data: JSONBody[TemplateDraft]
    ) -> Response[Template]:
        """In one language; nothing in it is filled in."""
        made = await message_templates.create_template(house.database, request.user, data, now=house.now())
        return with_etag(made)

    @get("/{template_id:str}", guards=[staff_only], summary="One template")
    async def read(
        self, request: StaffRequest, house: NamedDependency[House], template_id: FromPath[UUID]
    ) -> Response[Template]:
        """With the ETag that an edit must name."""
        return with_etag(await message_templates.get_template(house.database, request.user, template_id))

    @put("/{template_id:str}", guards=[practitioner_or_admin], summary="Change a template")
    async def update(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        template_id: FromPath[UUID],
        data: JSONBody[TemplateDraft],
        if_match: IfMatch,
    ) -> Response[Template]:
        """A new version over the one that If-Match names."""
        made = await message_templates.update_template(
            house.database, request.user, template_id, data, version=version_of(if_match), now=house.now()
        )
        return with_etag(made)

    @delete("/{template_id:str}", guards=[practitioner_or_admin], summary="Retire a template")
    async def retire(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        template_id: FromPath[UUID],
        if_match: IfMatch,
    ) -> None:
        """It is offered no more; what was sent stays as it was sent."""
        await message_templates.retire_template(
            house.database, request.user, template_id, version=version_of(if_match), now=house.now()
        )
