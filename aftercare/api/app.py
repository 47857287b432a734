"""The composition root."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from litestar import Litestar, Request, Response
from litestar.di import Provide
from litestar.middleware import DefineMiddleware
from litestar.openapi import OpenAPIConfig
from litestar.types import ControllerRouterHandler

from aftercare import __version__
from aftercare.api.addresses import AddressController, InstallationController
from aftercare.api.alerts import AlertController
from aftercare.api.backtests import BacktestController
from aftercare.api.body import StrictBody
from aftercare.api.chains import ChainController
from aftercare.api.clinic import EventController, LedgerController
from aftercare.api.clinic_settings import ClinicSettingsController
from aftercare.api.consents import ConsentController, PhotoUseController
from aftercare.api.counted import Counted, count
from aftercare.api.course_settings import CourseSettingsController
from aftercare.api.deliveries import DeliveryController
from aftercare.api.enrolments import EnrolmentController
from aftercare.api.erasures import ErasureController, MyErasureController
from aftercare.api.follow_ups import FollowUpController, NextStepController, ScriptController
from aftercare.api.instructions import InstructionsController, ShownController
from aftercare.api.me import CheckInController, MeController, PhotoController, SyncController
from aftercare.api.messages import MessageController, MessageTemplateController, MyMessageController
from aftercare.api.metrics import MetricsController
from aftercare.api.parameters import refuse_null
from aftercare.api.patients import LotController, PatientController
from aftercare.api.preferences import (
    MyPreferencesController,
    PatientPreferencesController,
    StaffPreferencesController,
)
from aftercare.api.problems import answer
from aftercare.api.recalls import CourseController, RecallController
from aftercare.api.records import EpisodeController, RecordController
from aftercare.api.reminders import MyRemindersController, PatientRemindersController
from aftercare.api.rotas import OnCallController, RotaController
from aftercare.api.rule_packs import RulePackController
from aftercare.api.schema import SchemaPlugin, operation_id, schema_router
from aftercare.api.screenings import QuestionnaireController, ScreeningController
from aftercare.api.server import INTENDED_USE, ServerController
from aftercare.api.staff import StaffController
from aftercare.api.statistics import StatisticsController
from aftercare.api.webhooks import WebhookController
from aftercare.api.who import Who
from aftercare.api.whole_body import WholeBody
from aftercare.jobs.runner import Worker
from aftercare.services.events import Hub
from aftercare.services.heartbeat import Watch
from aftercare.services.house import House
from aftercare.services.metrics import Counting

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]

CONTROLLERS: tuple[ControllerRouterHandler, ...] = (
    ServerController,
    MetricsController,
    EnrolmentController,
    StaffController,
    AddressController,
    StaffPreferencesController,
    MyPreferencesController,
    PatientPreferencesController,
    PatientController,
    CourseController,
    RecallController,
    CourseSettingsController,
    ClinicSettingsController,
    RotaController,
    OnCallController,
    ChainController,
    LotController,
    ErasureController,
    MyErasureController,
    QuestionnaireController,
    ScreeningController,
    RecordController,
    EpisodeController,
    MeController,
    CheckInController,
    SyncController,
    PhotoController,
    InstallationController,
    MyRemindersController,
    PatientRemindersController,
    ConsentController,
    PhotoUseController,
    AlertController,
    MyMessageController,
    MessageController,
    MessageTemplateController,
    FollowUpController,
    NextStepController,
    ScriptController,
    RulePackController,
    InstructionsController,
    ShownController,
    BacktestController,
    EventController,
    WebhookController,
    LedgerController,
    DeliveryController,
    StatisticsController,
)


def create_app(
    house: House, *, more: Sequence[ControllerRouterHandler] = (), lifespan: Sequence[Lifespan] = ()
) -> Litestar:
    """The application over a house; `more` are the pages and, in the demo, the inbox with its `lifespan`."""
    hub, watch, counting = Hub(house.database), Watch(house), Counting(house)

    @asynccontextmanager
    async def running(_: Litestar) -> AsyncIterator[None]:
        await house.open()
        hub.start()
        await watch.open()
        counting.start()
        worker = Worker(house) if house.worker is not None else None
        if worker is not None:
            worker.start()
        try:
            yield
        finally:
            if worker is not None:
                await worker.stop()
            await counting.stop()
            await watch.close()
            await hub.stop()
            await house.close()

    app = Litestar(
        route_handlers=[*CONTROLLERS, *more],
        dependencies={
            "house": Provide(lambda: house, sync_to_thread=False),
            "hub": Provide(lambda: hub, sync_to_thread=False),
            "watch": Provide(lambda: watch, sync_to_thread=False),
            "counting": Provide(lambda: counting, sync_to_thread=False),
        },
        middleware=[Counted(), WholeBody(house.settings.body_wait_seconds), DefineMiddleware(Who)],
        exception_handlers={Exception: answer},
        dto=StrictBody,
        return_dto=None,
        before_request=_before,
        after_request=_private,
        before_send=[count],
        request_max_body_size=house.settings.json_max_bytes,
        openapi_config=OpenAPIConfig(
            title="Aftercare",
            version=__version__,
            description=INTENDED_USE,
            path="/openapi",
            openapi_router=schema_router(),
            render_plugins=[SchemaPlugin(path="/openapi.json")],
            operation_id_creator=operation_id,
        ),
        lifespan=[*lifespan, running],
        logging_config=None,
    )
    app.state.house = house
    return app


async def _before(request: Request[Any, Any, Any]) -> Response[None] | None:
    if request.method == "OPTIONS":
        return _methods(request)
    refuse_null(request)
    return None


def _methods(request: Request[Any, Any, Any]) -> Response[None]:
    """Answered from all handlers of a path: the framework names those of the first controller alone."""
    here = request.scope["path_template"]
    methods = {
        method for route in request.app.routes if route.path_format == here for method in route.methods
    }
    return Response(None, status_code=204, headers={"allow": ", ".join(sorted(methods))})


async def _private(response: Response[Any]) -> Response[Any]:
    """Health data stays out of every cache."""
    response.headers.setdefault("cache-control", "no-store")
    response.headers.setdefault("x-content-type-options", "nosniff")
    response.headers.setdefault("referrer-policy", "no-referrer")
    return response
