"""The pages' addresses: each reads who asks, calls its service and answers with HTML."""

from typing import Annotated, Any

from litestar import Controller, HttpMethod, Request, Response, Router, get, route
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler

from aftercare.model.pages import ProblemPage
from aftercare.model.views import Whose
from aftercare.services import dashboard
from aftercare.services.house import House
from aftercare.web.acts import AlertPageController
from aftercare.web.assets import AssetController
from aftercare.web.backtests import BacktestPageController
from aftercare.web.clinic_settings import ClinicSettingsPageController
from aftercare.web.deliveries import DeliveryPageController, WebhookPageController
from aftercare.web.door import DoorController
from aftercare.web.erasures import ErasePageController
from aftercare.web.follow_ups import FollowUpPageController, NextStepsPageController, ScriptPageController
from aftercare.web.instructions import (
    InstructionFormController,
    InstructionsPageController,
    ShownPageController,
)
from aftercare.web.intake_pages import PatientFormController, SessionFormController
from aftercare.web.me import MePageController
from aftercare.web.messages import MessagePageController, TemplatePageController
from aftercare.web.people import PeopleController
from aftercare.web.phones import PhonesPageController
from aftercare.web.photo_uses import PhotoUsePageController
from aftercare.web.photos import ComparePageController
from aftercare.web.recalls import CoursePageController, CourseSettingsPageController, RecallPageController
from aftercare.web.refusals import refuse
from aftercare.web.reminders import RemindersPageController
from aftercare.web.rota import RotaPageController
from aftercare.web.rules import RulesPageController
from aftercare.web.screening import ScreeningPageController
from aftercare.web.staff import StaffPageController
from aftercare.web.statistics import StatisticsPageController
from aftercare.web.upkeep import UpkeepPageController
from aftercare.web.visits import StaffRequest, anyone, html, reader_of, staff_page
from aftercare.web.worker import WorkerController

_EVERY_METHOD = [HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE]

WhoseQuery = Annotated[Whose, QueryParameter()]
OffsetQuery = Annotated[int, QueryParameter(ge=0, le=100_000)]


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


# Below an address that goes on with an id, the router looks no further: such a one has its own way to this page.
_NOWHERE = [
    "/{rest:path}",
    "/alerts/{one:str}/{two:str}/{rest:path}",
    "/alerts/{one:str}/follow-ups/{two:str}/{three:str}/{rest:path}",
    "/scripts/{one:str}/{rest:path}",
    "/patients/{one:str}/{rest:path}",
    "/me/{rest:path}",
    "/staff/{one:str}/{rest:path}",
    "/patients/{one:str}/photos/{two:str}/{rest:path}",
    "/photos/for/{one:str}/{two:str}/{three:str}/{rest:path}",
    "/call-list/{one:str}/{two:str}/{rest:path}",
    "/recalls/{one:str}/{rest:path}",
    "/messages/{one:str}/{rest:path}",
    "/rota/{one:str}/{rest:path}",
    "/rota/{one:str}/overrides/{two:str}/{rest:path}",
    "/clinic-settings/{rest:path}",
    "/clinic-settings/chains/{one:str}/{rest:path}",
    "/messages/templates/{one:str}/{rest:path}",
    "/course-settings/{one:str}/{rest:path}",
    "/instructions/{one:str}/{rest:path}",
    "/instructions/{one:str}/edit/{two:str}/{rest:path}",
    "/sign-in/{one:str}/{rest:path}",
    "/rules/{one:str}/{two:str}/{rest:path}",
    "/deliveries/{one:str}/{rest:path}",
    "/webhooks/{one:str}/{two:str}/{rest:path}",
]


@route(_NOWHERE, http_method=_EVERY_METHOD, guards=[anyone], include_in_schema=False)
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


WEB_CONTROLLERS: tuple[ControllerRouterHandler, ...] = (
    Router(
        path="/",
        route_handlers=[
            TriageController,
            AlertPageController,
            FollowUpPageController,
            NextStepsPageController,
            ScriptPageController,
            PeopleController,
            MePageController,
            MessagePageController,
            TemplatePageController,
            ComparePageController,
            PhotoUsePageController,
            ErasePageController,
            UpkeepPageController,
            RemindersPageController,
            PhonesPageController,
            StaffPageController,
            PatientFormController,
            SessionFormController,
            ScreeningPageController,
            RecallPageController,
            CoursePageController,
            CourseSettingsPageController,
            RotaPageController,
            ClinicSettingsPageController,
            StatisticsPageController,
            RulesPageController,
            BacktestPageController,
            InstructionsPageController,
            InstructionFormController,
            ShownPageController,
            DeliveryPageController,
            WebhookPageController,
            DoorController,
            AssetController,
            WorkerController,
        ],
        exception_handlers={Exception: refuse},
        include_in_schema=False,
    ),
    no_such_page,
)
