"""What the alarms of a period came to, for the clinic that works with them: numbers only."""

from datetime import date
from typing import Annotated, Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter

from aftercare.api.who import staff_only
from aftercare.model.people import Actor
from aftercare.model.statistics import Statistics
from aftercare.services import statistics
from aftercare.services.house import House
from aftercare.services.statistics import Asked
from aftercare.services.statistics_export import as_csv

StaffRequest = Request[Actor, Any, Any]
Since = Annotated[
    date | None,
    QueryParameter(
        required=False, description="First day, in the clinic's time zone; twelve weeks before `until`."
    ),
]
Until = Annotated[date | None, QueryParameter(required=False, description="Last day, included; today.")]
_CSV = ResponseSpec(
    data_container=str, media_type="text/csv", description="The same numbers", generate_examples=False
)


class StatisticsController(Controller):
    """Outcome statistics of the checks. Counts below five are shown: they are the clinic's own patients."""

    path = "/v1/statistics"
    tags = ("clinic",)

    @get("/", guards=[staff_only], summary="What the alarms of a period came to")
    async def read(
        self, request: StaffRequest, house: NamedDependency[House], since: Since = None, until: Until = None
    ) -> Statistics:
        """The budget of alerts, the trend by week, outcomes of each check and row by version of the pack, and how soon alerts were answered."""
        asked = Asked(since=since, until=until)
        return await statistics.get_statistics(house.database, request.user, asked, now=house.now())

    @get(
        "/export",
        guards=[staff_only],
        summary="The same as comma-separated values",
        media_type="text/csv",
        responses={200: _CSV},
    )
    async def export(
        self, request: StaffRequest, house: NamedDependency[House], since: Since = None, until: Until = None
    ) -> Response[str]:
        """One line for each number (RFC 4180), safe to open in a spreadsheet."""
        asked = Asked(since=since, until=until)
        counted = await statistics.get_statistics(house.database, request.user, asked, now=house.now())
        name = f"aftercare-statistics-{counted.period.since}-{counted.period.until}.csv"
        return Response(
            as_csv(counted),
            media_type="text/csv; charset=utf-8; header=present",
            headers={"content-disposition": f'attachment; filename="{name}"'},
        )
