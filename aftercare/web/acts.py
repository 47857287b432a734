"""One alert, and what is done to it and to the patient's others with it."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from aftercare.errors import AftercareError, Malformed, NotFound
from aftercare.model.people import Actor
from aftercare.model.views import Act
from aftercare.model.words import Tier
from aftercare.services import alerts, dashboard
from aftercare.services.dashboard_together import Together, together
from aftercare.services.house import House
from aftercare.web import notices
from aftercare.web.forms import ActForm, local_path, read_own_form, several_ids, several_tiers
from aftercare.web.visits import StaffRequest, care_page, go_to, html, reader_of, staff_page

BackQuery = Annotated[str, QueryParameter()]
# One call reaches the patient, whatever it is about; what each alert was stays a question of its own.
_TOGETHER: frozenset[Act] = frozenset({"acknowledge", "attempt", "contact"})


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
        """Do it, to the alerts beside it too; what was refused is said where it was asked, and no words are lost."""
        form = await read_own_form(request, ActForm)
        back = local_path(form.back)
        try:
            came = await _on_all(house, request.user, act, alert_id, form)
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
        return go_to(notices.after(back, act, alert_id, many=came.done, taken=came.taken))


async def _on_all(house: House, actor: Actor, act: Act, alert_id: UUID, form: ActForm) -> Together:
    several = (alert_id, *(several_ids(form.also) if act in _TOGETHER else ()))
    seen: dict[UUID, Tier] = dict(zip(several, several_tiers(form.seen), strict=False))
    return await together(
        house.database, actor, several, lambda one: _ACTS[act](house, actor, one, form, seen.get(one))
    )


Do = Callable[[House, Actor, UUID, ActForm, Tier | None], Awaitable[object]]


def _noted(
    service: Callable[..., Awaitable[object]],
) -> Do:
    """An act that takes words for the log and nothing else."""

    def do(house: House, actor: Actor, alert_id: UUID, form: ActForm, seen: Tier | None) -> Awaitable[object]:
        what = alerts.Note(text=form.text, seen_tier=seen)
        return service(house.database, actor, alert_id, what, now=house.now())

    return do


async def _acknowledge(house: House, actor: Actor, alert_id: UUID, _: ActForm, __: Tier | None) -> None:
    await alerts.acknowledge(house.database, actor, alert_id, alerts.Acknowledge(), now=house.now())


async def _take_over(house: House, actor: Actor, alert_id: UUID, _: ActForm, __: Tier | None) -> None:
    what = alerts.Acknowledge(take_over=True)
    await alerts.acknowledge(house.database, actor, alert_id, what, now=house.now())


async def _snooze(house: House, actor: Actor, alert_id: UUID, form: ActForm, seen: Tier | None) -> None:
    if form.until is None:
        raise Malformed("Choose until when it is snoozed.")
    what = alerts.Snooze(until=form.until, text=form.text, seen_tier=seen)
    await alerts.snooze(house.database, actor, alert_id, what, now=house.now())


async def _resolve(house: House, actor: Actor, alert_id: UUID, form: ActForm, seen: Tier | None) -> None:
    if form.outcome is None:
        raise Malformed("Say what it turned out to be.")
    what = alerts.Resolve(outcome=form.outcome, text=form.text, seen_tier=seen)
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
