"""Erasing on a page: the name is typed, so that nobody is erased by a slip."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from aftercare.errors import Conflict, Malformed
from aftercare.model.erasures import RefusalDraft, StaffErasureDraft
from aftercare.services import dashboard_erasure, erasures
from aftercare.services.house import House
from aftercare.web import notices
from aftercare.web.forms import read_typed
from aftercare.web.visits import StaffRequest, go_to, html, practitioner_page, reader_of

_INCOMPLETE = (
    "Choose what to erase and why, and type the patient’s name as it stands above. Nothing was erased."
)


class ErasePageController(Controller):
    """A patient's photos, or the patient."""

    path = "/patients/{patient_id:str}/erase"

    @get("/", guards=[practitioner_page])
    async def look(
        self, request: StaffRequest, house: NamedDependency[House], patient_id: FromPath[UUID]
    ) -> Response[str]:
        """What would be erased, and what was asked."""
        page = await dashboard_erasure.erase_page(
            house.database, reader_of(request), patient_id, now=house.now()
        )
        return html(page)

    @post("/", guards=[practitioner_page])
    async def erase(
        self, request: StaffRequest, house: NamedDependency[House], patient_id: FromPath[UUID]
    ) -> Response[Any]:
        """Done, or the form again with what is missing."""
        typed = await read_typed(request)
        try:
            draft = msgspec.convert(typed, StaffErasureDraft)
            await erasures.erase(house.database, house.keys, request.user, patient_id, draft, now=house.now())
        except (msgspec.ValidationError, Malformed):
            return await self._again(request, house, patient_id, typed, _INCOMPLETE, 422)
        except Conflict as error:
            return await self._again(request, house, patient_id, typed, error.detail, error.status)
        if draft.scope == "everything":
            return go_to(notices.after("/patients", "erased_patient"))
        return go_to(notices.after(f"/patients/{patient_id}", "erased_photos"))

    @post("/{erasure_id:str}/refuse", guards=[practitioner_page])
    async def refuse(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        erasure_id: FromPath[UUID],
    ) -> Response[Any]:
        """The clinic's no, which the patient reads with its reason."""
        typed = await read_typed(request)
        try:
            draft = msgspec.convert(typed, RefusalDraft)
        except msgspec.ValidationError:
            raise Malformed from None
        await erasures.refuse(
            house.database, request.user, patient_id, erasure_id, draft.because, now=house.now()
        )
        return go_to(notices.after(f"/patients/{patient_id}/erase", "erasure_refused"))

    async def _again(
        self,
        request: StaffRequest,
        house: House,
        patient_id: UUID,
        typed: dict[str, str],
        problem: str,
        status: int,
    ) -> Response[str]:
        page = await dashboard_erasure.erase_page(
            house.database, reader_of(request), patient_id, typed=typed, problem=problem, now=house.now()
        )
        return html(page, status=status)
