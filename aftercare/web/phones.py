"""A patient's phones on a page, for who lost one."""

from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from aftercare.services import dashboard_phones, enrolments
from aftercare.services.house import House
from aftercare.web import notices
from aftercare.web.forms import Form, read_own_form
from aftercare.web.visits import StaffRequest, care_page, go_to, html, reader_of


class PhonesPageController(Controller):
    """Where a patient has the app."""

    path = "/patients/{patient_id:str}/phones"

    @get("/", guards=[care_page])
    async def look(
        self, request: StaffRequest, house: NamedDependency[House], patient_id: FromPath[UUID]
    ) -> Response[str]:
        """Each phone, and when it was last heard of."""
        page = await dashboard_phones.phones_page(
            house.database, reader_of(request), patient_id, now=house.now()
        )
        return html(page)

    @post("/sign-out", guards=[care_page])
    async def sign_out(
        self, request: StaffRequest, house: NamedDependency[House], patient_id: FromPath[UUID]
    ) -> Response[str]:
        """Every phone signed out."""
        await read_own_form(request, Form)
        await enrolments.sign_out_phones(house.database, request.user, patient_id, now=house.now())
        return go_to(notices.after(f"/patients/{patient_id}/phones", "phones_out"))
