"""When the clinic reads, its holidays, and whom a late alert goes to."""

from datetime import date
from typing import Any

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from aftercare.errors import Malformed, Outdated
from aftercare.model.chains import ChainDraft
from aftercare.model.clinic import ClinicSettingsDraft, Holiday, HolidayName
from aftercare.model.rota_pages import TypedForm
from aftercare.model.words import Tier
from aftercare.services import chains, clinic_settings, dashboard_rota
from aftercare.services.house import House
from aftercare.web import notices
from aftercare.web.forms import read_typed
from aftercare.web.hours_text import HOW, read_spans, read_week
from aftercare.web.typed import refused, whole
from aftercare.web.visits import (
    StaffRequest,
    admin_page,
    go_to,
    html,
    practitioner_or_admin_page,
    reader_of,
)

_AGAIN = "Nothing was saved yet: the form needs another look."
_FIELDS = 400  # a hundred holidays of three fields, and the rest
_HOLIDAYS = 104  # what stands there, and some to fill in
_STEPS = 9  # as many as a chain may have


class ClinicSettingsPageController(Controller):
    """The clinic's settings."""

    path = "/clinic-settings"

    @get("/", guards=[practitioner_or_admin_page])
    async def settings(self, request: StaffRequest, house: NamedDependency[House]) -> Response[str]:
        """Hours, holidays and chains."""
        return html(await dashboard_rota.settings_page(house.database, reader_of(request), now=house.now()))

    @post("/", guards=[admin_page])
    async def change(self, request: StaffRequest, house: NamedDependency[House]) -> Response[Any]:
        """Saved; or the form again with what is wrong at each field."""
        values = await read_typed(request, fields=_FIELDS)
        draft, problems = settings_draft(values)
        if draft is not None:
            try:
                await clinic_settings.put_settings(
                    house.database, request.user, draft, version=_version(values), now=house.now()
                )
                return go_to(notices.after("/clinic-settings", "clinic_saved"))
            except (Malformed, Outdated) as error:
                problems = _at_rows(values, refused(error))
        return await _again(request, house, TypedForm(form="clinic", values=values, problems=problems))

    @post("/chains/{tier:str}", guards=[practitioner_or_admin_page])
    async def chain(
        self, request: StaffRequest, house: NamedDependency[House], tier: FromPath[Tier]
    ) -> Response[Any]:
        """Whom late alerts of a tier go to from now on."""
        values = await read_typed(request)
        try:
            await chains.put_chain(
                house.database,
                request.user,
                tier,
                chain_draft(values),
                version=_version(values),
                now=house.now(),
            )
            return go_to(notices.after("/clinic-settings", "chain_saved"))
        except (Malformed, Outdated) as error:
            problems = refused(error)
        return await _again(request, house, TypedForm(form=f"chain-{tier}", values=values, problems=problems))


def settings_draft(values: dict[str, str]) -> tuple[ClinicSettingsDraft | None, dict[str, str]]:
    """The settings that a form says, or what is wrong with it by field."""
    openings, unread = read_week(values.get(f"day{weekday}", "") for weekday in range(7))
    problems = {f"day{weekday}": HOW for weekday in unread}
    holidays: list[Holiday] = []
    for place in _rows(values):
        on, name = values.get(f"on{place}", ""), values.get(f"name{place}", "")
        found, what = _holiday(on, name, values.get(f"hours{place}", ""))
        problems |= {f"{field}{place}": said for field, said in what.items()}
        holidays += [found] if found is not None else []
    draft = {
        "name": values.get("name", ""),
        "phone": values.get("phone", ""),
        "urgent_care": values.get("urgent_care", ""),
        "openings": openings,
        "holidays": tuple(holidays),
    }
    for field in ("name", "phone", "urgent_care"):
        try:
            msgspec.convert({"name": "A clinic", field: draft[field]}, ClinicSettingsDraft)
        except msgspec.ValidationError:
            problems[field] = _WRONG[field]
    if problems:
        return None, {"": _AGAIN, **problems}
    try:
        return msgspec.convert(draft, ClinicSettingsDraft), {}
    except msgspec.ValidationError:
        return None, {"": "Up to four openings a day and a hundred holidays can be kept. Remove some."}


_WRONG = {
    "name": "Give the clinic a name of up to 200 characters.",
    "phone": "Write a number: digits, blanks, and + ( ) . / - only.",
    "urgent_care": "One line of up to 200 characters.",
}


def _rows(values: dict[str, str]) -> list[int]:
    """The rows of holidays in which something stands."""
    return [place for place in range(_HOLIDAYS) if values.get(f"on{place}") or values.get(f"name{place}")]


def _at_rows(values: dict[str, str], problems: dict[str, str]) -> dict[str, str]:
    """What is wrong with the n-th holiday, at the row where it was typed."""
    rows = {f"holidays/{number}/on": f"on{place}" for number, place in enumerate(_rows(values))}
    return {rows.get(field, field): what for field, what in problems.items()}


def _holiday(on: str, name: str, hours: str) -> tuple[Holiday | None, dict[str, str]]:
    problems: dict[str, str] = {}
    spans = read_spans(hours)
    if spans is None:
        problems["hours"] = HOW
    try:
        msgspec.convert(name, HolidayName)
    except msgspec.ValidationError:
        problems["name"] = "Give it a name of up to 80 characters, in one line."
    try:
        day = date.fromisoformat(on)
    except ValueError:
        return None, problems | {"on": "Choose a date."}
    if problems or spans is None:
        return None, problems
    return Holiday(on=day, name=name, openings=spans), {}


def chain_draft(values: dict[str, str]) -> ChainDraft:
    """The chain that a form says. Raises Malformed for a choice that is none of ours."""
    chosen = [one for place in range(_STEPS) if (one := values.get(f"step{place}"))]
    field = {"role": "role", "person": "staff_id", "on_call": "rota_id"}
    steps: list[dict[str, str]] = []
    for one in chosen:
        tells, _, detail = one.partition(":")
        steps.append({"tells": tells} | ({field[tells]: detail} if detail and tells in field else {}))
    try:
        return msgspec.convert({"steps": steps or [{"tells": "everyone"}]}, ChainDraft)
    except msgspec.ValidationError:
        raise Malformed("A step of the chain needs another look.") from None


def _version(values: dict[str, str]) -> int:
    version = whole(values.get("version", ""), -1)
    if version < 0:
        raise Malformed("This form is too old. Reload the page, then try again.")
    return version


async def _again(request: StaffRequest, house: House, typed: TypedForm) -> Response[str]:
    page = await dashboard_rota.settings_page(
        house.database, reader_of(request), typed=typed, now=house.now()
    )
    return html(page, status=422)
