"""Follow-ups below an alert, what comes next, and the clinic's scripts."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from aftercare.errors import AftercareError, NotFound
from aftercare.model.follow_ups import StepTiming
from aftercare.model.words import Code
from aftercare.services import clinics, dashboard, dashboard_follow_ups, follow_ups, scripts
from aftercare.services.follow_ups import Whose
from aftercare.services.house import House
from aftercare.web import follow_up_forms, notices
from aftercare.web.forms import Form, local_path, read_own_form, read_typed
from aftercare.web.typed import refused, whole
from aftercare.web.visits import (
    StaffRequest,
    care_page,
    go_to,
    html,
    practitioner_page,
    reader_of,
    staff_page,
)

WhenQuery = Annotated[StepTiming | None, QueryParameter(required=False)]
_SCRIPT_CLASH = (
    "A colleague changed this script while you were writing; nothing of yours was saved. What differs on record now stands "
    "below it. Save again to keep what you wrote, or reload to begin from theirs."
)
_MOST_FIELDS = 90  # every line of a script, and the rest of the form


class StepForm(Form, frozen=True, kw_only=True):
    """Where a next step was done, or taken back."""

    back: str = "/next-steps"


class FollowUpPageController(Controller):
    """Follow-ups of an alert."""

    path = "/alerts/{alert_id:str}/follow-ups"

    @post("/", guards=[care_page])
    async def write(
        self, request: StaffRequest, house: NamedDependency[House], alert_id: FromPath[UUID]
    ) -> Response[Any]:
        """Written down and back to the alert; or the alert again with what was typed and what is wrong with it."""
        typed = await read_typed(request, fields=_MOST_FIELDS)
        clinic = await clinics.get_clinic(house.database, request.user.clinic_id)
        draft, problems = follow_up_forms.follow_up(typed, clinic.time_zone)
        if draft is None:
            return await self._again(request, house, alert_id, typed, problems, 422)
        try:
            await follow_ups.put_follow_up(
                house.database, request.user, alert_id, _id(typed), draft, now=house.now()
            )
        except NotFound:
            raise
        except AftercareError as error:
            return await self._again(request, house, alert_id, typed, refused(error), error.status)
        return go_to(notices.after(f"/alerts/{alert_id}", "followed_up", alert_id))

    async def _again(
        self,
        request: StaffRequest,
        house: House,
        alert_id: UUID,
        typed: dict[str, str],
        problems: dict[str, str],
        status: int,
    ) -> Response[str]:
        page = await dashboard.alert(house.database, reader_of(request), alert_id, back=None, now=house.now())
        if page.form is None:
            raise NotFound
        form = msgspec.structs.replace(
            page.form,
            typed=typed,
            problems=problems,
            checked=frozenset(follow_up_forms.checked(typed)),
        )
        return html(msgspec.structs.replace(page, form=form), status=status)

    @post("/{follow_up_id:str}/{word:str}", guards=[care_page])
    async def step(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        alert_id: FromPath[UUID],
        follow_up_id: FromPath[UUID],
        word: FromPath[str],
    ) -> Response[Any]:
        """A next step is done, or it is not done after all."""
        form = await read_own_form(request, StepForm)
        do = {"done": follow_ups.finish_step, "undone": follow_ups.reopen_step}.get(word)
        if do is None:
            raise NotFound
        await do(house.database, request.user, alert_id, follow_up_id, now=house.now())
        return go_to(
            notices.after(local_path(form.back, "/next-steps"), f"step_{word}", alert_id, step=follow_up_id)
        )


class NextStepsPageController(Controller):
    """What comes next."""

    @get("/next-steps", guards=[care_page])
    async def next_steps(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        whose: Annotated[Whose, QueryParameter()] = "everyone",
        when: WhenQuery = None,
        after: Annotated[date | None, QueryParameter(required=False)] = None,
        beside: Annotated[UUID | None, QueryParameter(required=False)] = None,
    ) -> Response[str]:
        """What staff said they would do."""
        page = await dashboard_follow_ups.next_steps_page(
            house.database,
            reader_of(request),
            whose=whose,
            when=when,
            after=(after, beside) if after is not None and beside is not None else None,
            now=house.now(),
        )
        return html(page)


class ScriptPageController(Controller):
    """What is asked and advised on the phone."""

    path = "/scripts"

    @get("/", guards=[staff_page])
    async def scripts(self, request: StaffRequest, house: NamedDependency[House]) -> Response[str]:
        """One for each code."""
        return html(
            await dashboard_follow_ups.scripts_page(house.database, reader_of(request), now=house.now())
        )

    @get("/{code:str}", guards=[staff_page])
    async def script(
        self, request: StaffRequest, house: NamedDependency[House], code: FromPath[Code]
    ) -> Response[str]:
        """One, with what it was before."""
        return html(
            await dashboard_follow_ups.script_page(house.database, reader_of(request), code, now=house.now())
        )

    @post("/{code:str}", guards=[practitioner_page])
    async def write(
        self, request: StaffRequest, house: NamedDependency[House], code: FromPath[Code]
    ) -> Response[Any]:
        """Saved as the next version; or the form again with what is wrong with it."""
        typed = await read_typed(request)
        draft, problems = follow_up_forms.script(typed)
        status = 422
        if draft is not None:
            version = whole(typed.get("version", ""), 0)
            try:
                await scripts.put_script(
                    house.database, request.user, code, draft, version=version, now=house.now()
                )
                return go_to(notices.after(f"/scripts/{code}", "script_saved"))
            except AftercareError as error:
                parts = {name.partition("/")[0]: said for name, said in refused(error).items()}
                problems, status = parts, error.status
        page = await dashboard_follow_ups.script_page(
            house.database,
            reader_of(request),
            code,
            typed=typed,
            problems={"": "Nothing was saved yet: the script needs another look."} | problems,
            now=house.now(),
        )
        if whole(typed.get("version", ""), 0) != page.script.version:
            page = msgspec.structs.replace(page, problems=page.problems | {"": _SCRIPT_CLASH}, overtaken=True)
        return html(page, status=status)


def _id(typed: dict[str, str]) -> UUID:
    try:
        return UUID(typed.get("follow_up_id", ""))
    except ValueError:
        raise NotFound from None
