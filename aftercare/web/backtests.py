"""The page of a pack's back-test: asked for here, run by a worker, read whenever it is done."""

from datetime import date
from typing import Annotated, Any

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter

from aftercare.services import dashboard_backtest
from aftercare.services.house import House
from aftercare.web.forms import Form, read_own_form
from aftercare.web.visits import StaffRequest, go_to, html, practitioner_or_admin_page, reader_of

PackNumber = Annotated[int, PathParameter(ge=1, le=2**31 - 1)]


class BacktestForm(Form, frozen=True, kw_only=True):
    """Which days of the history count; all of them where nothing is said."""

    since: date | None = None
    until: date | None = None


class BacktestPageController(Controller):
    """What a pack would have said."""

    @get("/rules/{number:str}/backtest", guards=[practitioner_or_admin_page])
    async def backtest(
        self, request: StaffRequest, house: NamedDependency[House], number: PackNumber
    ) -> Response[str]:
        """The last one: how far it is, or what it came to."""
        return html(
            await dashboard_backtest.page(house.database, reader_of(request), number, now=house.now())
        )

    @post("/rules/{number:str}/backtest", guards=[practitioner_or_admin_page])
    async def start(
        self, request: StaffRequest, house: NamedDependency[House], number: PackNumber
    ) -> Response[Any]:
        """Start one; while one runs, it is that one."""
        form = await read_own_form(request, BacktestForm)
        await dashboard_backtest.start(
            house.database, reader_of(request), number, form.since, form.until, now=house.now()
        )
        return go_to(f"/rules/{number}/backtest")
