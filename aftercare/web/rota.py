"""Who is on call: the rota's picture, its turns and what is laid over them."""

from collections.abc import Mapping
from datetime import date, time
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from aftercare.errors import Conflict, Forbidden, Malformed, NotFound, Outdated
from aftercare.model.rota_pages import TypedForm
from aftercare.model.rotas import OverrideDraft, Rota, RotaDraft
from aftercare.services import dashboard_rota, rotas
from aftercare.services.house import House
from aftercare.web import notices
from aftercare.web.forms import Form, read_own_form, read_typed
from aftercare.web.hours_text import HOW, as_written, read_week, week_texts
from aftercare.web.typed import local_time, refused, whole
from aftercare.web.visits import (
    StaffRequest,
    go_to,
    html,
    practitioner_or_admin_page,
    reader_of,
    staff_page,
)

_AGAIN = "Nothing was saved yet: the form needs another look."
_PLACES = 50  # choices of people in a form: as many as a rota may have
_REFUSALS = (Malformed, Conflict, Outdated, Forbidden)
_CLASH = (
    "A colleague changed this rota while you were writing; nothing of yours was saved. What differs on record now stands at "
    "its field. Save again to keep what you wrote, or reload to begin from theirs."
)
_REMOVED = "A colleague removed this rota while you were writing. What you wrote stands here: add it as a new one, or leave it."


class RotaPageController(Controller):
    """Who is on call."""

    path = "/rota"

    @get("/", guards=[staff_page])
    async def rota(self, request: StaffRequest, house: NamedDependency[House]) -> Response[str]:
        """Now, and in the next 14 days."""
        return html(await dashboard_rota.rota_page(house.database, reader_of(request), now=house.now()))

    @post("/", guards=[practitioner_or_admin_page])
    async def create(self, request: StaffRequest, house: NamedDependency[House]) -> Response[Any]:
        """A new rota; or the form again with what is wrong at each field."""
        values = await read_typed(request)
        draft, problems = rota_draft(values)
        status = 422
        if draft is not None:
            try:
                await rotas.create_rota(house.database, request.user, draft, now=house.now())
                return go_to(notices.after("/rota", "rota_saved"))
            except _REFUSALS as error:
                problems, status = refused(error), error.status
        return await _again(request, house, TypedForm(form="new", values=values, problems=problems), status)

    @post("/{rota_id:str}", guards=[practitioner_or_admin_page])
    async def change(
        self, request: StaffRequest, house: NamedDependency[House], rota_id: FromPath[UUID]
    ) -> Response[Any]:
        """The turns changed, over the version that the form was opened at."""
        values = await read_typed(request)
        draft, problems = rota_draft(values)
        version, status = whole(values.get("version", ""), -1), 422
        if draft is not None:
            try:
                await rotas.put_rota(
                    house.database, request.user, rota_id, draft, version=version, now=house.now()
                )
                return go_to(notices.after("/rota", "rota_saved"))
            except NotFound as error:
                gone = TypedForm(form="new", values=values, problems={"": _REMOVED})
                return await _again(request, house, gone, error.status)
            except _REFUSALS as error:
                problems, status = refused(error), error.status
        form = TypedForm(form=f"edit-{rota_id}", values=values, problems=problems)
        return await _again(request, house, form, status)

    @post("/{rota_id:str}/remove", guards=[practitioner_or_admin_page])
    async def remove(
        self, request: StaffRequest, house: NamedDependency[House], rota_id: FromPath[UUID]
    ) -> Response[Any]:
        """Gone, with what was laid over it."""
        await read_own_form(request, Form)
        try:
            await rotas.delete_rota(house.database, request.user, rota_id, now=house.now())
        except Conflict as error:
            form = TypedForm(form=f"edit-{rota_id}", values={}, problems={"": error.detail})
            return await _again(request, house, form, error.status)
        return go_to(notices.after("/rota", "rota_removed"))

    @post("/{rota_id:str}/overrides", guards=[staff_page])
    async def lay_over(
        self, request: StaffRequest, house: NamedDependency[House], rota_id: FromPath[UUID]
    ) -> Response[Any]:
        """Somebody else, or nobody, for a while."""
        values = await read_typed(request)
        reader = reader_of(request)
        page = await dashboard_rota.rota_page(house.database, reader, now=house.now())
        draft, problems = override_draft(values, page.head.time_zone)
        status = 422
        if draft is not None:
            try:
                await rotas.add_override(house.database, request.user, rota_id, draft, now=house.now())
                return go_to(notices.after("/rota", "rota_handed"))
            except _REFUSALS as error:
                problems, status = refused(error), error.status
        form = TypedForm(form=f"over-{rota_id}", values=values, problems=problems)
        return await _again(request, house, form, status)

    @post("/{rota_id:str}/overrides/{override_id:str}/remove", guards=[staff_page])
    async def take_away(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        rota_id: FromPath[UUID],
        override_id: FromPath[UUID],
    ) -> Response[str]:
        """Whose turn it is has it again."""
        await read_own_form(request, Form)
        await rotas.drop_override(house.database, request.user, rota_id, override_id, now=house.now())
        return go_to(notices.after("/rota", "rota_back"))


def rota_draft(values: dict[str, str]) -> tuple[RotaDraft | None, dict[str, str]]:
    """The rota that a form says, or what is wrong with it by field."""
    problems: dict[str, str] = {}
    windows, unread = read_week(values.get(f"window{weekday}", "") for weekday in range(7))
    problems |= {f"window{weekday}": HOW for weekday in unread}
    people = _people(values)
    if not people:
        problems["person0"] = "Choose who begins."
    checked: dict[str, Any] = {}
    for name, read, what in (
        ("name", str, "Give it a name."),
        ("hand_over", time.fromisoformat, "Write a time such as 08:00."),
        ("starts_on", date.fromisoformat, "Choose the day of the first turn."),
        ("every_days", int, "Write a whole number from 1 to 28."),
    ):
        try:
            checked[name] = read(values[name])
        except (KeyError, ValueError):
            problems[name] = what
    if problems:
        return None, {"": _AGAIN, **problems}
    try:
        draft = {
            **checked,
            "participants": people,
            "windows": windows,
            "is_default": values.get("is_default") == "yes",
        }
        return msgspec.convert(draft, RotaDraft), {}
    except msgspec.ValidationError as error:
        field = str(error).rpartition("$.")[2].partition("[")[0].strip("`")
        return None, {"": _AGAIN, field: "Not as it should be: look at its length and bounds."}


def override_draft(values: dict[str, str], time_zone: str) -> tuple[OverrideDraft | None, dict[str, str]]:
    """The override that a form says in the clinic's local time, or what is wrong with it by field."""
    starts_at = local_time(values.get("starts_at", ""), time_zone)
    ends_at = local_time(values.get("ends_at", ""), time_zone)
    said = {"starts_at": starts_at, "ends_at": ends_at}
    problems = {name: "Choose a day and a time that exists." for name, at in said.items() if at is None}
    who = values.get("staff_id", "")
    if not who:
        problems["staff_id"] = "Choose who, or nobody."
    if problems:
        return None, {"": _AGAIN, **problems}
    draft = said | {"staff_id": None if who == "nobody" else who, "reason": values.get("reason", "")}
    try:
        return msgspec.convert(draft, OverrideDraft), {}
    except msgspec.ValidationError:
        return None, {"": _AGAIN, "reason": "One line of up to 200 characters."}


async def _again(request: StaffRequest, house: House, typed: TypedForm, status: int) -> Response[str]:
    page = await dashboard_rota.rota_page(house.database, reader_of(request), typed=typed, now=house.now())
    edited = next((one.rota for one in page.rotas if typed.form == f"edit-{one.rota.rota_id}"), None)
    if edited is not None and typed.values and whole(typed.values.get("version", ""), -1) != edited.version:
        newer = rota_newer(edited, page.names, typed.values)
        beside = msgspec.structs.replace(typed, problems=typed.problems | {"": _CLASH}, newer=newer)
        page = msgspec.structs.replace(page, typed=beside)
    return html(page, status=status)


def rota_newer(rota: Rota, names: Mapping[UUID, str], values: Mapping[str, str]) -> dict[str, str]:
    """What is on record of a rota where something else is typed, in words, by field."""
    plain = {
        "name": rota.name,
        "hand_over": f"{rota.hand_over:%H:%M}",
        "every_days": str(rota.every_days),
        "starts_on": rota.starts_on.isoformat(),
    }
    week = {f"window{weekday}": text for weekday, text in enumerate(week_texts(rota.windows))}
    found = {name: text for name, text in plain.items() if text != values.get(name, "")}
    found |= {name: text for name, text in week.items() if text != as_written(values.get(name, ""))}
    if [str(one) for one in rota.participants] != _people(values):
        found["people"] = ", ".join(names[one] for one in rota.participants)
    return found


def _people(values: Mapping[str, str]) -> list[str]:
    return [one for place in range(_PLACES) if (one := values.get(f"person{place}"))]
