"""The pages' addresses: each reads who asks, calls its service and answers with HTML."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, HttpMethod, Request, Response, Router, get, post, route
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter
from litestar.types import ControllerRouterHandler

from aftercare.errors import AftercareError, Malformed, NotFound
from aftercare.model.pages import Act, ProblemPage, Whose
from aftercare.model.people import Actor
from aftercare.model.text import Instant
from aftercare.services import alerts, dashboard, dashboard_lists, dashboard_patient, sweep
from aftercare.services.house import House
from aftercare.web import notices
from aftercare.web.assets import AssetController
from aftercare.web.door import DoorController
from aftercare.web.forms import ActForm, Form, local_path, read_own_form
from aftercare.web.refusals import refuse
from aftercare.web.visits import StaffRequest, anyone, care_page, go_to, html, reader_of, staff_page

_EVERY_METHOD = [HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE]

WhoseQuery = Annotated[Whose, QueryParameter()]
OffsetQuery = Annotated[int, QueryParameter(ge=0, le=100_000)]
BackQuery = Annotated[str, QueryParameter()]


class TriageController(Controller):
    """The list that the clinic works from."""

    @get("/", guards=[staff_page])
    async def triage(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        whose: WhoseQuery = "everyone",
        offset: OffsetQuery = 0,
    ) -> Response[str]:
        """Unresolved alerts, the most urgent first."""
        page = await dashboard.triage(
            house.database, reader_of(request), whose=whose, offset=offset, now=house.now()
        )
        return html(page)

    @get("/fragments/triage", guards=[staff_page])
    async def fragment(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        whose: WhoseQuery = "everyone",
        offset: OffsetQuery = 0,
    ) -> Response[str]:
        """The same without its head, for live updates."""
        page = await dashboard.triage(
            house.database, reader_of(request), whose=whose, offset=offset, now=house.now()
        )
        return html(page, fragment=True)


class AlertPageController(Controller):
    """One alert, and what is done to it."""

    path = "/alerts/{alert_id:str}"

    @get("/", guards=[staff_page])
    async def alert(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        alert_id: FromPath[UUID],
        back: BackQuery = "",
    ) -> Response[str]:
        """The five-second view."""
        page = await dashboard.alert(
            house.database,
            reader_of(request),
            alert_id,
            back=local_path(back) if back else None,
            now=house.now(),
        )
        return html(page)

    @get("/{act:str}", guards=[care_page])
    async def ask(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        alert_id: FromPath[UUID],
        act: FromPath[Act],
        back: BackQuery = "/",
    ) -> Response[str]:
        """The question of an act, with the patient's name on it."""
        page = await dashboard.act(
            house.database, reader_of(request), alert_id, act, back=local_path(back), now=house.now()
        )
        return html(page)

    @post("/{act:str}", guards=[care_page])
    async def do(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        alert_id: FromPath[UUID],
        act: FromPath[Act],
    ) -> Response[Any]:
        """Do it; what was refused is said where it was asked, and nothing that was written is lost."""
        form = await read_own_form(request, ActForm)
        back = local_path(form.back)
        try:
            await _ACTS[act](house, request.user, alert_id, form)
        except NotFound:
            raise
        except AftercareError as error:
            if error.status >= 500:
                raise
            if not form.text:
                return go_to(notices.refused(back, error, alert_id))
            page = await dashboard.act(
                house.database,
                reader_of(request),
                alert_id,
                act,
                back=back,
                now=house.now(),
                problem=error.detail,
                text=form.text,
            )
            return html(page, status=error.status)
        return go_to(notices.after(back, act, alert_id))


class PeopleController(Controller):
    """Patients, and whom to ring."""

    @get("/patients", guards=[care_page])
    async def patients(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        q: Annotated[str, QueryParameter(max_length=80)] = "",
        before: Annotated[Instant | None, QueryParameter(required=False)] = None,
        beside: Annotated[UUID | None, QueryParameter(required=False)] = None,
    ) -> Response[str]:
        """The newest, or those whose name or number begins with the words searched."""
        place = (before, beside) if before is not None and beside is not None else None
        page = await dashboard_lists.patients(
            house.database, reader_of(request), query=q, before=place, now=house.now()
        )
        return html(page)

    @get("/patients/{patient_id:str}", guards=[care_page])
    async def patient(
        self, request: StaffRequest, house: NamedDependency[House], patient_id: FromPath[UUID]
    ) -> Response[str]:
        """One recovery."""
        page = await dashboard_patient.patient(
            house.database, reader_of(request), patient_id, now=house.now()
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


@route("/{rest:path}", http_method=_EVERY_METHOD, guards=[anyone], include_in_schema=False)
async def no_such_page(request: Request[Any, Any, Any]) -> Response[str]:
    """An address that is no page's: said as a page to browsers, as problem+json to everything else."""
    if "text/html" not in request.headers.get("accept", ""):
        raise NotFoundException
    page = ProblemPage(
        status=404,
        title="No such page",
        detail="There is no page at this address. Begin again at the triage list.",
    )
    return html(page, status=404)


Do = Callable[[House, Actor, UUID, ActForm], Awaitable[object]]


def _noted(
    service: Callable[..., Awaitable[object]],
) -> Do:
    """An act that takes words for the log and nothing else."""

    def do(house: House, actor: Actor, alert_id: UUID, form: ActForm) -> Awaitable[object]:
        return service(house.database, actor, alert_id, alerts.Note(text=form.text), now=house.now())

    return do


async def _acknowledge(house: House, actor: Actor, alert_id: UUID, _: ActForm) -> None:
    await alerts.acknowledge(house.database, actor, alert_id, alerts.Acknowledge(), now=house.now())


async def _take_over(house: House, actor: Actor, alert_id: UUID, _: ActForm) -> None:
    what = alerts.Acknowledge(take_over=True)
    await alerts.acknowledge(house.database, actor, alert_id, what, now=house.now())


async def _snooze(house: House, actor: Actor, alert_id: UUID, form: ActForm) -> None:
    if form.until is None:
        raise Malformed("Choose until when it is snoozed.")
    what = alerts.Snooze(until=form.until, text=form.text)
    await alerts.snooze(house.database, actor, alert_id, what, now=house.now())


async def _resolve(house: House, actor: Actor, alert_id: UUID, form: ActForm) -> None:
    if form.outcome is None:
        raise Malformed("Say what it turned out to be.")
    what = alerts.Resolve(outcome=form.outcome, text=form.text)
    await alerts.resolve(house.database, actor, alert_id, what, now=house.now())


_ACTS: dict[Act, Do] = {
    "acknowledge": _acknowledge,
    "take_over": _take_over,
    "attempt": _noted(alerts.attempt),
    "contact": _noted(alerts.contact),
    "snooze": _snooze,
    "resolve": _resolve,
    "reopen": _noted(alerts.reopen),
    "end_condition": _noted(alerts.end_condition),
    "note": _noted(alerts.note),
}

WEB_CONTROLLERS: tuple[ControllerRouterHandler, ...] = (
    Router(
        path="/",
        route_handlers=[
            TriageController,
            AlertPageController,
            PeopleController,
            DoorController,
            AssetController,
        ],
        exception_handlers={Exception: refuse},
        include_in_schema=False,
    ),
    no_such_page,
)
