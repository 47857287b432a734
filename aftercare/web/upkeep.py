"""What waits for the clinic itself, on a page."""

from litestar import Controller, Response, get
from litestar.di import NamedDependency

from aftercare.services import dashboard_upkeep
from aftercare.services.house import House
from aftercare.web.visits import StaffRequest, html, practitioner_or_admin_page, reader_of


class UpkeepPageController(Controller):
    """Requests to be erased, and photos that cannot be shown."""

    path = "/upkeep"

    @get("/", guards=[practitioner_or_admin_page])
    async def look(self, request: StaffRequest, house: NamedDependency[House]) -> Response[str]:
        """The oldest first."""
        page = await dashboard_upkeep.upkeep_page(house.database, reader_of(request), now=house.now())
        return html(page)
