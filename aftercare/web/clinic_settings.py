"""When the clinic reads, its holidays, and whom a late alert goes to."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from aftercare.errors import Malformed, Outdated
from aftercare.model.chains import ChainDraft
from aftercare.model.clinic import ClinicSettings, ClinicSettingsDraft, Holiday, HolidayName
from aftercare.model.rota_pages import ClinicSettingsPage, TypedForm
from aftercare.model.words import Tier
from aftercare.services import chains, clinic_settings, dashboard_rota
from aftercare.services.house import House
from aftercare.web import notices
from aftercare.web.forms import read_typed
from aftercare.web.hours_text import HOW, as_written, read_spans, read_week, spans_text, week_texts
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
_CLASH = (
    "A colleague changed these settings while you were writing; nothing of yours was saved. What differs on record now stands "
    "at its field. Save again to keep what you wrote, or reload to begin from theirs."
)
_CHAIN_CLASH = (
    "A colleague changed these steps while you were choosing; nothing of yours was saved. The steps on record now stand "
    "above. Save again to put yours in their place, or reload to begin from theirs."
)
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
        status = 422
        if draft is not None:
            try:
                await clinic_settings.put_settings(
                    house.database, request.user, draft, version=_version(values), now=house.now()
                )
                return go_to(notices.after("/clinic-settings", "clinic_saved"))
            except (Malformed, Outdated) as error:
                problems, status = _at_rows(values, refused(error)), error.status
        return await _again(
            request, house, TypedForm(form="clinic", values=values, problems=problems), status
        )

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
            form = TypedForm(form=f"chain-{tier}", values=values, problems=refused(error))
            return await _again(request, house, form, error.status)


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


def _rows(values: Mapping[str, str]) -> list[int]:
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


def _version(values: Mapping[str, str]) -> int:
    version = whole(values.get("version", ""), -1)
    if version < 0:
        raise Malformed("This form is too old. Reload the page, then try again.")
    return version


async def _again(request: StaffRequest, house: House, typed: TypedForm, status: int) -> Response[str]:
    page = await dashboard_rota.settings_page(
        house.database, reader_of(request), typed=typed, now=house.now()
    )
    return html(msgspec.structs.replace(page, typed=_beside(page, typed)), status=status)


def _beside(page: ClinicSettingsPage, typed: TypedForm) -> TypedForm:
    """What was typed, beside what a colleague has saved since the form was opened."""
    at = whole(typed.values.get("version", ""), -1)
    if typed.form == "clinic":
        if at == page.settings.version:
            return typed
        problem, newer = _CLASH, settings_newer(page.settings, typed.values)
    else:
        view = next(one for one in page.chains if typed.form == f"chain-{one.tier}")
        if at == view.chain.version:
            return typed
        problem, newer = _CHAIN_CLASH, {"steps": ", ".join(view.steps)}
    return msgspec.structs.replace(typed, problems=typed.problems | {"": problem}, newer=newer)


def settings_newer(settings: ClinicSettings, values: Mapping[str, str]) -> dict[str, str]:
    """What is on record of the settings where something else is typed, in words, by field."""
    plain = {"name": settings.name, "phone": settings.phone, "urgent_care": settings.urgent_care}
    week = {f"day{weekday}": text for weekday, text in enumerate(week_texts(settings.openings))}
    found = {name: text for name, text in plain.items() if text != values.get(name, "")}
    found |= {name: text for name, text in week.items() if text != as_written(values.get(name, ""))}
    theirs = [f"{one.on} {one.name}, {spans_text(one.openings) or 'closed'}" for one in settings.holidays]
    typed = [
        f"{values.get(f'on{place}', '')} {values.get(f'name{place}', '')}, "
        f"{as_written(values.get(f'hours{place}', '')) or 'closed'}"
        for place in _rows(values)
    ]
    missing = [one for one in theirs if one not in typed]
    added = [one for one in typed if one not in theirs]
    said = [f"On record now, and not here: {'; '.join(missing)}."] if missing else []
    said += [f"Here, and not on record: {'; '.join(added)}."] if added else []
    return found | ({"holidays": " ".join(said)} if said else {})
