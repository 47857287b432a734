"""Alerts and what staff do with them."""

from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from aftercare.api.who import care_team, staff_only
from aftercare.model.people import Actor
from aftercare.services import alerts
from aftercare.services.house import House
from aftercare.store.alerts import PatientAlert

StaffRequest = Request[Actor, Any, Any]
AlertId = FromPath[UUID]


class AlertController(Controller):
    """Open problems. Every act may be repeated: the same by the same person changes nothing more."""

    path = "/v1/alerts"
    tags = ("alerts",)

    @get("/", guards=[staff_only], summary="Unresolved alerts, most urgent first")
    async def list_alerts(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        whose: Annotated[
            Literal["everyone", "mine", "nobody"], QueryParameter(description="Whose alerts.")
        ] = "everyone",
        offset: Annotated[int, QueryParameter(ge=0, le=100_000)] = 0,
    ) -> list[PatientAlert]:
        """Up to 100, by tier and then by deadline."""
        return await alerts.list_alerts(
            house.database, request.user, whose=whose, offset=offset, now=house.now()
        )

    @get("/{alert_id:str}", guards=[staff_only], summary="One alert with its evidence")
    async def read(
        self, request: StaffRequest, house: NamedDependency[House], alert_id: AlertId
    ) -> alerts.AlertDetail:
        """Its findings as they were, and what was done."""
        return await alerts.get_alert(house.database, request.user, alert_id, now=house.now())

    @post("/{alert_id:str}/acknowledge", guards=[care_team], status_code=200, summary="Take an alert")
    async def acknowledge(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        alert_id: AlertId,
        data: JSONBody[alerts.Acknowledge],
    ) -> PatientAlert:
        """The clock for contacting the patient starts; the escalation stops."""
        return await alerts.acknowledge(house.database, request.user, alert_id, data, now=house.now())

    @post("/{alert_id:str}/attempt", guards=[care_team], status_code=200, summary="Called without an answer")
    async def attempt(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        alert_id: AlertId,
        data: JSONBody[alerts.Note],
    ) -> PatientAlert:
        """Counted; the clock runs on."""
        return await alerts.attempt(house.database, request.user, alert_id, data, now=house.now())

    @post("/{alert_id:str}/contact", guards=[care_team], status_code=200, summary="The patient was reached")
    async def contact(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        alert_id: AlertId,
        data: JSONBody[alerts.Note],
    ) -> PatientAlert:
        """No clock runs until something new is reported."""
        return await alerts.contact(house.database, request.user, alert_id, data, now=house.now())

    @post(
        "/{alert_id:str}/snooze", guards=[care_team], status_code=200, summary="Put an alert away for a while"
    )
    async def snooze(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        alert_id: AlertId,
        data: JSONBody[alerts.Snooze],
    ) -> PatientAlert:
        """Always ends; an emergency cannot be snoozed."""
        return await alerts.snooze(house.database, request.user, alert_id, data, now=house.now())

    @post("/{alert_id:str}/resolve", guards=[care_team], status_code=200, summary="Say what it was")
    async def resolve(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        alert_id: AlertId,
        data: JSONBody[alerts.Resolve],
    ) -> PatientAlert:
        """A practitioner's word for `same_day` and above."""
        return await alerts.resolve(house.database, request.user, alert_id, data, now=house.now())

    @post(
        "/{alert_id:str}/reopen", guards=[care_team], status_code=200, summary="Open a resolved alert again"
    )
    async def reopen(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        alert_id: AlertId,
        data: JSONBody[alerts.Note],
    ) -> PatientAlert:
        """With a fresh clock."""
        return await alerts.reopen(house.database, request.user, alert_id, data, now=house.now())

    @post(
        "/{alert_id:str}/end-condition",
        guards=[care_team],
        status_code=200,
        summary="A confirmed condition is over",
    )
    async def end_condition(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        alert_id: AlertId,
        data: JSONBody[alerts.Note],
    ) -> PatientAlert:
        """The course may go on."""
        return await alerts.end_condition(house.database, request.user, alert_id, data, now=house.now())

    @post("/{alert_id:str}/notes", guards=[care_team], status_code=200, summary="Add to the follow-up log")
    async def note(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        alert_id: AlertId,
        data: JSONBody[alerts.Note],
    ) -> PatientAlert:
        """Words for colleagues; changes nothing else."""
        return await alerts.note(house.database, request.user, alert_id, data, now=house.now())
