"""Patients, and whom to ring."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from aftercare.errors import NotFound
from aftercare.model.text import Instant
from aftercare.services import dashboard_lists, dashboard_patient, sweep
from aftercare.services.house import House
from aftercare.web import notices
from aftercare.web.forms import Form, SearchForm, local_path, read_on, read_own_form
from aftercare.web.visits import StaffRequest, care_page, go_to, html, reader_of

BackQuery = Annotated[str, QueryParameter()]


class PeopleController(Controller):
    """Patients, and whom to ring."""

    @get("/patients", guards=[care_page])
    async def patients(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        before: Annotated[Instant | None, QueryParameter(required=False)] = None,
        beside: Annotated[UUID | None, QueryParameter(required=False)] = None,
    ) -> Response[str]:
        """The newest."""
        page = await dashboard_lists.patients(
            house.database, reader_of(request), query="", before=read_on(before, beside), now=house.now()
        )
        return html(page)

    @post("/patients/search", guards=[care_page], status_code=200)
    async def search(self, request: StaffRequest, house: NamedDependency[House]) -> Response[str]:
        """Those whose name or number begins with the words searched. A form, because no name belongs in an address."""
        form = await read_own_form(request, SearchForm)
        page = await dashboard_lists.patients(
            house.database, reader_of(request), query=form.q, before=None, now=house.now()
        )
        return html(page)

    @get("/patients/{patient_id:str}", guards=[care_page])
    async def patient(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        back: BackQuery = "/patients",
    ) -> Response[str]:
        """One recovery."""
        page = await dashboard_patient.patient(
            house.database,
            reader_of(request),
            patient_id,
            back=local_path(back, "/patients"),
            now=house.now(),
        )
        return html(page)

    @get("/patients/{patient_id:str}/photos/{photo_id:str}", guards=[care_page])
    async def photo(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        photo_id: FromPath[UUID],
    ) -> Response[str]:
        """One photo large, with its neighbours in time."""
        page = await dashboard_patient.photo(
            house.database, reader_of(request), patient_id, photo_id, now=house.now()
        )
        return html(page)

    @post("/patients/{patient_id:str}/invitations", guards=[care_page])
    async def invite(
        self, request: StaffRequest, house: NamedDependency[House], patient_id: FromPath[UUID]
    ) -> Response[str]:
        """A one-time code for the app. It is the answer itself: a code has no place in an address."""
        await read_own_form(request, Form)
        page = await dashboard_patient.invitation(
            house.database, reader_of(request), patient_id, server=house.address, now=house.now()
        )
        return html(page, status=201)

    @get("/call-list", guards=[care_page])
    async def call_list(self, request: StaffRequest, house: NamedDependency[House]) -> Response[str]:
        """Whom the coordinator rings today."""
        page = await dashboard_lists.call_list(house.database, reader_of(request), now=house.now())
        return html(page)

    @post("/call-list/{episode_id:str}/{day:str}/done", guards=[care_page])
    async def rung(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        episode_id: FromPath[UUID],
        day: FromPath[int],
    ) -> Response[Any]:
        """Rung: off the list. Done twice is done."""
        await read_own_form(request, Form)
        if not 0 <= day <= 400:
            raise NotFound
        await sweep.call_done(house.database, request.user, episode_id, day, now=house.now())
        return go_to(notices.after("/call-list", "rung"))
