"""Whom to call back, the end of a course, and how courses are spaced here."""

from datetime import date
from typing import Annotated, Any, cast
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from aftercare.errors import AftercareError, Conflict, Malformed, Outdated
from aftercare.model.course_pages import CourseSettingsForm, RecallStatus, RefusedContact
from aftercare.model.course_plans import (
    ContactKind,
    CourseSettings,
    CourseSettingsDraft,
    EndDraft,
    EndReason,
    RecallContactDraft,
)
from aftercare.model.text import Paragraph
from aftercare.model.words import Modality
from aftercare.services import course_plans, dashboard_recalls, recalls
from aftercare.services.house import House
from aftercare.web import notices
from aftercare.web.forms import Form, local_path, read_own_form
from aftercare.web.typed import build, refused
from aftercare.web.visits import (
    StaffRequest,
    care_page,
    go_to,
    html,
    practitioner_or_admin_page,
    practitioner_page,
    reader_of,
)

StatusQuery = Annotated[RecallStatus | None, QueryParameter(required=False)]


class ContactForm(Form, frozen=True, kw_only=True):
    """What came of a call."""

    back: str = "/recalls"
    kind: ContactKind
    day: date | None = None
    text: Paragraph = ""


class EndForm(Form, frozen=True, kw_only=True):
    """Why a course is ended."""

    because: EndReason
    note: Paragraph = ""


class SettingsForm(Form, frozen=True, kw_only=True):
    """The numbers as they were typed, over the version that the form was opened at."""

    version: Annotated[str, msgspec.Meta(pattern="^[0-9]{1,9}$")] = "0"
    min_days: str = ""
    max_days: str = ""
    fewest_sessions: str = ""
    most_sessions: str = ""
    maintenance_from_months: str = ""
    maintenance_to_months: str = ""


class RecallPageController(Controller):
    """Whose next session is due."""

    @get("/recalls", guards=[care_page])
    async def recalls(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        status: StatusQuery = None,
        after: Annotated[date | None, QueryParameter(required=False)] = None,
        beside: Annotated[UUID | None, QueryParameter(required=False)] = None,
    ) -> Response[str]:
        """The longest waiting first."""
        page = await dashboard_recalls.recalls_page(
            house.database,
            reader_of(request),
            status=status,
            after=(after, beside) if after is not None and beside is not None else None,
            now=house.now(),
        )
        return html(page)

    @post("/recalls/{course_id:str}/contacts", guards=[care_page])
    async def contact(
        self, request: StaffRequest, house: NamedDependency[House], course_id: FromPath[UUID]
    ) -> Response[Any]:
        """Written down and back to the list; or the list again with what was typed and what is wrong with it."""
        form = await read_own_form(request, ContactForm)
        draft = RecallContactDraft(kind=form.kind, day=form.day, text=form.text)
        try:
            await recalls.add_contact(house.database, request.user, course_id, draft, now=house.now())
        except (Malformed, Conflict) as error:
            return await self._again(request, house, course_id, form, error)
        return go_to(notices.after(local_path(form.back, "/recalls"), f"recall_{form.kind}"))

    async def _again(
        self, request: StaffRequest, house: House, course_id: UUID, form: ContactForm, error: AftercareError
    ) -> Response[str]:
        page = await dashboard_recalls.recalls_page(
            house.database,
            reader_of(request),
            refused=RefusedContact(
                course_id=course_id,
                problem=error.pointers.get("/day", error.detail),
                kind=form.kind,
                day=form.day,
                text=form.text,
            ),
            now=house.now(),
        )
        return html(page, status=error.status)


class CoursePageController(Controller):
    """The end of a course, and its taking up again."""

    path = "/patients/{patient_id:str}/courses/{course_id:str}"

    @post("/end", guards=[practitioner_page])
    async def end(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        course_id: FromPath[UUID],
    ) -> Response[str]:
        """Ended, and back to the patient."""
        form = await read_own_form(request, EndForm)
        draft = EndDraft(because=form.because, note=form.note)
        await course_plans.end_course(
            house.database, request.user, patient_id, course_id, draft, now=house.now()
        )
        return go_to(notices.after(f"/patients/{patient_id}", "course_ended"))

    @post("/resume", guards=[practitioner_page])
    async def resume(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        course_id: FromPath[UUID],
    ) -> Response[str]:
        """Taken up again, and back to the patient."""
        await read_own_form(request, Form)
        await course_plans.resume_course(house.database, request.user, patient_id, course_id, now=house.now())
        return go_to(notices.after(f"/patients/{patient_id}", "course_resumed"))


class CourseSettingsPageController(Controller):
    """How courses are spaced here."""

    path = "/course-settings"

    @get("/", guards=[practitioner_or_admin_page])
    async def settings(self, request: StaffRequest, house: NamedDependency[House]) -> Response[str]:
        """The numbers of each modality."""
        return html(
            await dashboard_recalls.settings_page(house.database, reader_of(request), now=house.now())
        )

    @post("/{modality:str}", guards=[practitioner_or_admin_page])
    async def change(
        self, request: StaffRequest, house: NamedDependency[House], modality: FromPath[Modality]
    ) -> Response[Any]:
        """Saved; or the form again with what is wrong at each field."""
        form = await read_own_form(request, SettingsForm)
        typed = {name: getattr(form, name) for name in CourseSettingsDraft.__struct_fields__}
        draft, unread = build(CourseSettingsDraft, typed)
        problems, status = {"": _LOOK, **{name: _bounds(name) for name in unread}}, 422
        if draft is not None:
            try:
                await course_plans.put_settings(
                    house.database, request.user, modality, draft, version=int(form.version), now=house.now()
                )
                return go_to(notices.after("/course-settings", "settings_saved"))
            except (Malformed, Outdated) as error:
                problems, status = refused(error), error.status
        again = CourseSettingsForm(
            modality=modality, settings=CourseSettings(modality=modality), typed=typed, problems=problems
        )
        page = await dashboard_recalls.settings_page(
            house.database, reader_of(request), refused=again, now=house.now()
        )
        return html(page, status=status)


_LOOK = "Nothing was saved yet: a number needs another look."


def _bounds(name: str) -> str:
    """What a number may be, from the Struct that refuses others."""
    struct = cast("msgspec.inspect.StructType", msgspec.inspect.type_info(CourseSettingsDraft))
    kind = next(cast("msgspec.inspect.IntType", one.type) for one in struct.fields if one.name == name)
    return f"Write a whole number from {kind.ge} to {kind.le}."
