"""The page of statistics."""

from datetime import date
from typing import Annotated

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from aftercare.services import dashboard_statistics
from aftercare.services.house import House
from aftercare.services.statistics import Asked
from aftercare.web.visits import StaffRequest, html, reader_of, staff_page

# Text, because a browser without a calendar lets people type anything, and what cannot be is said on the page.
DayQuery = Annotated[str, QueryParameter(required=False, max_length=40)]


class StatisticsPageController(Controller):
    """What the alarms of a period came to."""

    @get("/statistics", guards=[staff_page])
    async def statistics(
        self, request: StaffRequest, house: NamedDependency[House], since: DayQuery = "", until: DayQuery = ""
    ) -> Response[str]:
        """The last twelve weeks, or the days asked for."""
        page = await dashboard_statistics.statistics(
            house.database, reader_of(request), Asked(since=_day(since), until=_day(until)), now=house.now()
        )
        return html(page)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
