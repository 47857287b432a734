"""The forms that begin a recovery: a patient, and a session with its short screening."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from aftercare.care.spacing import TooSoonError
from aftercare.errors import AftercareError, NotFound, Outdated
from aftercare.model.pages import PatientFormPage, Typed
from aftercare.services import (
    clinics,
    dashboard_forms,
    dashboard_patient,
    dashboard_sessions,
    patients,
    screenings,
)
from aftercare.services.course_plans import BlockedError
from aftercare.services.house import House
from aftercare.web import notices
from aftercare.web.forms import read_typed
from aftercare.web.intake import SessionForm, patient_draft, session_form
from aftercare.web.typed import refused, whole
from aftercare.web.visits import StaffRequest, care_page, go_to, html, practitioner_page, reader_of

_LOOK = "Something needs another look: it is said at its field. Nothing was saved yet."


class PatientFormController(Controller):
    """A patient, as staff write them down."""

    path = "/patients"

    @get("/new", guards=[care_page])
    async def new(self, request: StaffRequest, house: NamedDependency[House]) -> Response[str]:
        """An empty form."""
        return html(await dashboard_forms.new_patient(house.database, reader_of(request), now=house.now()))

    @post("/", guards=[care_page])
    async def create(self, request: StaffRequest, house: NamedDependency[House]) -> Response[Any]:
        """A new patient, or the form again with what was wrong at each field."""
        typed = await read_typed(request)
        draft, problems = patient_draft(typed)
        status = 422
        if draft is not None:
            try:
                made = await patients.create_patient(house.database, request.user, draft, now=house.now())
            except AftercareError as error:
                problems, status = refused(error), error.status
            else:
                return go_to(notices.after(f"/patients/{made.patient_id}", "added"))
        form = Typed(values=typed, problems={"": _LOOK, **problems})
        page = await dashboard_forms.new_patient(
            house.database, reader_of(request), form=form, now=house.now()
        )
        return html(page, status=status)

    @get("/{patient_id:str}/edit", guards=[care_page])
    async def edit(
        self, request: StaffRequest, house: NamedDependency[House], patient_id: FromPath[UUID]
    ) -> Response[str]:
        """The patient as on record."""
        page = await dashboard_forms.edit_patient(
            house.database, reader_of(request), patient_id, now=house.now()
        )
        return html(page)

    @post("/{patient_id:str}/edit", guards=[care_page])
    async def update(
        self, request: StaffRequest, house: NamedDependency[House], patient_id: FromPath[UUID]
    ) -> Response[Any]:
        """Written over the version that the form was opened at; after a clash both versions stand side by side."""
        typed = await read_typed(request)
        version = whole(typed.pop("version", ""), 0)
        draft, problems = patient_draft(typed)
        status = 422
        if draft is not None:
            try:
                await patients.update_patient(
                    house.database, request.user, patient_id, draft, version=version, now=house.now()
                )
            except NotFound:
                raise
            except Outdated as error:
                problems, status = {"": _CLASH}, error.status
            except AftercareError as error:
                problems, status = refused(error), error.status
            else:
                return go_to(notices.after(f"/patients/{patient_id}", "edited"))
        page = await self._again(request, house, patient_id, typed, problems, version)
        return html(page, status=status)

    async def _again(
        self,
        request: StaffRequest,
        house: House,
        patient_id: UUID,
        typed: dict[str, str],
        problems: dict[str, str],
        version: int,
    ) -> PatientFormPage:
        return await dashboard_forms.edit_patient(
            house.database,
            reader_of(request),
            patient_id,
            form=Typed(values=typed, problems={"": _LOOK, **problems}),
            version=version,
            now=house.now(),
        )


_CLASH = (
    "A colleague changed this patient while you were writing; nothing of yours was saved. What differs on record now "
    "stands at its field. Save again to keep what you wrote, or reload to begin from theirs."
)


class SessionFormController(Controller):
    """A session that was done."""

    path = "/patients/{patient_id:str}/sessions"

    @get("/new", guards=[practitioner_page])
    async def new(
        self, request: StaffRequest, house: NamedDependency[House], patient_id: FromPath[UUID]
    ) -> Response[str]:
        """The form, at the present time."""
        page = await dashboard_forms.new_session(
            house.database, reader_of(request), patient_id, now=house.now()
        )
        return html(page)

    @post("/", guards=[practitioner_page])
    async def record(
        self, request: StaffRequest, house: NamedDependency[House], patient_id: FromPath[UUID]
    ) -> Response[Any]:
        """Recorded and on to the app's code; or the form again, with everything typed and why not."""
        typed = await read_typed(request)
        clinic = await clinics.get_clinic(house.database, request.user.clinic_id)
        form, problems = session_form(typed, clinic.time_zone)
        held, status = None, 422
        if form is not None:
            try:
                return await self._record(request, house, patient_id, form)
            except NotFound:
                raise
            except (BlockedError, TooSoonError) as error:
                problems, status, held = {"": _HELD}, error.status, error.detail
            except AftercareError as error:
                # The screening's own fields stand in the same form.
                problems = {at.removeprefix("screening/"): what for at, what in refused(error).items()}
                status = error.status
        page = await dashboard_forms.new_session(
            house.database,
            reader_of(request),
            patient_id,
            form=Typed(values=typed, problems={"": _LOOK, **problems}),
            held=held,
            now=house.now(),
        )
        return html(page, status=status)

    async def _record(
        self, request: StaffRequest, house: House, patient_id: UUID, form: SessionForm
    ) -> Response[Any]:
        database, actor, now = house.database, request.user, house.now()
        if form.session is None:
            draft = screenings.of_session(form.screening, form.session_id, form.modality)
            await screenings.screen(database, actor, patient_id, draft, now=now)
            return go_to(notices.after(f"/patients/{patient_id}", "not_now"))
        await dashboard_sessions.record(
            database, actor, patient_id, form.session_id, form.modality, form.session, now=now
        )
        reader = reader_of(request)
        if await dashboard_forms.is_connected(database, reader, patient_id):
            return go_to(notices.after(f"/patients/{patient_id}", "recorded"))
        # A code has no place in an address: its page is the answer itself.
        page = await dashboard_patient.invitation(
            database, reader, patient_id, server=house.address, recorded=True, now=now
        )
        return html(page, status=201)


_HELD = "Not recorded: say below why it was done all the same, or leave it. Nothing you wrote is lost."
