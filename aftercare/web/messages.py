"""Messages: who waits, one conversation, and the words that are sent often."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from uuid_utils.compat import uuid7

from aftercare.errors import AftercareError, Malformed, OtherContent, Outdated
from aftercare.model.message_pages import Which, Writing
from aftercare.model.patient_messages import LONGEST_MESSAGE, ReadDraft, ReplyDraft, TemplateDraft
from aftercare.model.text import Instant
from aftercare.services import dashboard_messages, message_templates, messages
from aftercare.services.house import House
from aftercare.web import notices
from aftercare.web.forms import Form, local_path, read_on, read_own_form
from aftercare.web.typed import build, refused
from aftercare.web.visits import (
    StaffRequest,
    care_page,
    go_to,
    html,
    practitioner_or_admin_page,
    reader_of,
    staff_page,
)

Place = Annotated[Instant | None, QueryParameter(required=False)]
Beside = Annotated[UUID | None, QueryParameter(required=False)]
# Browsers send a line break as two characters: what fits the box must fit here.
_Typed = Annotated[str, msgspec.Meta(max_length=2 * LONGEST_MESSAGE, pattern=r"^[^\x00]*$")]


class ReplyForm(Form, frozen=True, kw_only=True):
    """An answer, or a template to put into it."""

    do: str = "send"
    message_id: UUID
    text: _Typed = ""
    urgent: str = ""
    template: UUID | None = None
    read_up_to: UUID | None = None


class ReadForm(Form, frozen=True, kw_only=True):
    """What was read, and where to go on to."""

    up_to: UUID
    back: str = "/messages"


class TemplateForm(Form, frozen=True, kw_only=True):
    """A template as it was typed, over the version that the form was opened at."""

    version: Annotated[str, msgspec.Meta(pattern="^[0-9]{1,9}$")] = "0"
    title: _Typed = ""
    language: _Typed = ""
    text: _Typed = ""


class MessagePageController(Controller):
    """The inbox and the conversations."""

    @get("/messages", guards=[care_page])
    async def inbox(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        which: Annotated[Which, QueryParameter()] = "waiting",
        after: Place = None,
        beside: Beside = None,
    ) -> Response[str]:
        """Who waits for somebody to read what they wrote; or everybody."""
        page = await dashboard_messages.inbox(
            house.database, reader_of(request), which, place=read_on(after, beside), now=house.now()
        )
        return html(page)

    @get("/patients/{patient_id:str}/messages", guards=[care_page])
    async def conversation(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        before: Place = None,
        beside: Beside = None,
    ) -> Response[str]:
        """One patient's messages. To look at them marks nothing as read: that is said with a button, or by answering."""
        page = await dashboard_messages.conversation(
            house.database, reader_of(request), patient_id, before=read_on(before, beside), now=house.now()
        )
        return html(page)

    @post("/patients/{patient_id:str}/messages", guards=[care_page])
    async def reply(
        self, request: StaffRequest, house: NamedDependency[House], patient_id: FromPath[UUID]
    ) -> Response[Any]:
        """Sent; or the page again with a template in the answer, or with what was wrong. No words are lost."""
        form = await read_own_form(request, ReplyForm)
        text = form.text.replace("\r\n", "\n")
        if form.do == "insert":
            text = await _with_template(house, request, form.template, text)
            return await self._again(request, house, patient_id, form, text)
        try:
            draft = _reply(form, text)
            await messages.reply(house.database, request.user, patient_id, draft, now=house.now())
        except (Malformed, OtherContent) as error:
            return await self._again(request, house, patient_id, form, text, error)
        return go_to(notices.after(f"/patients/{patient_id}/messages", "message_sent"))

    @post("/patients/{patient_id:str}/messages/read", guards=[care_page])
    async def read(
        self, request: StaffRequest, house: NamedDependency[House], patient_id: FromPath[UUID]
    ) -> Response[str]:
        """On record as read, and back to where it was said."""
        form = await read_own_form(request, ReadForm)
        await messages.mark_read(
            house.database, request.user, patient_id, ReadDraft(up_to=form.up_to), now=house.now()
        )
        return go_to(notices.after(local_path(form.back, "/messages"), "messages_read"))

    async def _again(
        self,
        request: StaffRequest,
        house: House,
        patient_id: UUID,
        form: ReplyForm,
        text: str,
        error: AftercareError | None = None,
    ) -> Response[str]:
        # Under a new id where the old one was used: what is sent then is another message.
        message_id = uuid7() if isinstance(error, OtherContent) else form.message_id
        writing = Writing(
            message_id=message_id,
            text=text,
            urgent=form.urgent == "yes",
            problem=error.detail if error else "",
        )
        page = await dashboard_messages.conversation(
            house.database, reader_of(request), patient_id, writing=writing, now=house.now()
        )
        return html(page, status=error.status if error else 200)


class TemplatePageController(Controller):
    """Words that are sent often."""

    path = "/messages/templates"

    @get("/", guards=[staff_page])
    async def templates(
        self, request: StaffRequest, house: NamedDependency[House], edit: Beside = None
    ) -> Response[str]:
        """All of them, and a form for those who may write them."""
        page = await dashboard_messages.templates_page(
            house.database, reader_of(request), editing=edit, now=house.now()
        )
        return html(page)

    @post("/", guards=[practitioner_or_admin_page])
    async def create(self, request: StaffRequest, house: NamedDependency[House]) -> Response[Any]:
        """A new one; or the form again with what is wrong."""
        return await self._write(request, house, None)

    @post("/{template_id:str}", guards=[practitioner_or_admin_page])
    async def update(
        self, request: StaffRequest, house: NamedDependency[House], template_id: FromPath[UUID]
    ) -> Response[Any]:
        """A new version; or the form again with what is wrong."""
        return await self._write(request, house, template_id)

    @post("/{template_id:str}/retire", guards=[practitioner_or_admin_page])
    async def retire(
        self, request: StaffRequest, house: NamedDependency[House], template_id: FromPath[UUID]
    ) -> Response[str]:
        """Offered no more."""
        form = await read_own_form(request, TemplateForm)
        await message_templates.retire_template(
            house.database, request.user, template_id, version=int(form.version), now=house.now()
        )
        return go_to(notices.after("/messages/templates", "template_retired"))

    async def _write(self, request: StaffRequest, house: House, template_id: UUID | None) -> Response[Any]:
        form = await read_own_form(request, TemplateForm)
        typed = {
            name: getattr(form, name).replace("\r\n", "\n").strip() for name in ("title", "language", "text")
        }
        draft, unread = build(TemplateDraft, typed)
        problems = {name: _NEEDS[name] for name in unread}
        status = 422
        if draft is not None:
            try:
                await _keep(house, request, template_id, draft, int(form.version))
                return go_to(notices.after("/messages/templates", "template_saved"))
            except (Malformed, Outdated) as error:
                problems, status = refused(error), error.status
        page = await dashboard_messages.templates_page(
            house.database,
            reader_of(request),
            editing=template_id,
            typed=typed,
            problems={"": "Nothing was saved yet.", **problems},
            now=house.now(),
        )
        return html(page, status=status)


_NEEDS = {
    "title": "Write a title of at most 200 characters, in one line.",
    "language": "Write a language tag such as en.",
    "text": f"Write the words, at most {LONGEST_MESSAGE} characters.",
}


async def _keep(
    house: House, request: StaffRequest, template_id: UUID | None, draft: TemplateDraft, version: int
) -> None:
    if template_id is None:
        await message_templates.create_template(house.database, request.user, draft, now=house.now())
    else:
        await message_templates.update_template(
            house.database, request.user, template_id, draft, version=version, now=house.now()
        )


async def _with_template(house: House, request: StaffRequest, template_id: UUID | None, text: str) -> str:
    if template_id is None:
        return text
    template = await message_templates.get_template(house.database, request.user, template_id)
    return f"{text.rstrip()}\n\n{template.text}" if text.strip() else template.text


def _reply(form: ReplyForm, text: str) -> ReplyDraft:
    """Raises Malformed where it is too long to be sent."""
    if len(text) > LONGEST_MESSAGE:
        raise Malformed(f"A message has at most {LONGEST_MESSAGE} characters. Send it as two.")
    if not text.strip():
        raise Malformed("Write something to send.")
    return ReplyDraft(
        text=text.strip(),
        message_id=form.message_id,
        urgent=form.urgent == "yes",
        read_up_to=form.read_up_to,
    )
