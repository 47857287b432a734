"""Photos of one view beside each other."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from aftercare.model.words import View
from aftercare.services import dashboard_photos
from aftercare.services.dashboard_photos import Asked
from aftercare.services.house import House
from aftercare.web.visits import StaffRequest, care_page, html, reader_of

ViewQuery = Annotated[View | None, QueryParameter(required=False)]
PhotoQuery = Annotated[UUID | None, QueryParameter(required=False)]


class ComparePageController(Controller):
    """Two photos of a patient."""

    @get("/patients/{patient_id:str}/compare", guards=[care_page])
    async def compare(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        view: ViewQuery = None,
        a: PhotoQuery = None,
        b: PhotoQuery = None,
    ) -> Response[str]:
        """The two asked for, or the newest beside the one from before its session."""
        page = await dashboard_photos.compare(
            house.database,
            reader_of(request),
            patient_id,
            Asked(view=view, first=a, second=b),
            now=house.now(),
        )
        return html(page)
