"""A patient's reminders on a page: what somebody asked for at the reception or on the telephone."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from aftercare.errors import Malformed, Outdated
from aftercare.model.preferences import PatientPreferencesDraft
from aftercare.model.reminders import RemindersDraft
from aftercare.services import dashboard_reminders, preferences, reminders
from aftercare.services.house import House
from aftercare.web import notices
from aftercare.web.forms import read_typed
from aftercare.web.typed import local_time, refused, wall_time, whole
from aftercare.web.visits import StaffRequest, care_page, go_to, html, reader_of

_UNREADABLE = {"": "Choose whether reminders come; a pause has the day on which they come again."}
_OVERTAKEN = {
    "": "Somebody has changed this while you were writing. What is on record now is said above; save again to put what stands "
    "here in its place."
}


class RemindersPageController(Controller):
    """Whether and when a patient is reminded."""

    path = "/patients/{patient_id:str}/reminders"

    @get("/", guards=[care_page])
    async def look(
        self, request: StaffRequest, house: NamedDependency[House], patient_id: FromPath[UUID]
    ) -> Response[str]:
        """As it stands."""
        page = await dashboard_reminders.reminders_page(
            house.database, reader_of(request), patient_id, now=house.now()
        )
        return html(page)

    @post("/", guards=[care_page])
    async def write(
        self, request: StaffRequest, house: NamedDependency[House], patient_id: FromPath[UUID]
    ) -> Response[Any]:
        """Written down, or the form again with what is wrong."""
        typed = await read_typed(request)
        try:
            await _write(request, house, patient_id, typed)
        except msgspec.ValidationError:
            return await _again(request, house, patient_id, typed, _UNREADABLE, 422)
        except Malformed as error:
            return await _again(request, house, patient_id, typed, refused(error), 422)
        except Outdated:
            return await _again(request, house, patient_id, typed, _OVERTAKEN, 409)
        return go_to(notices.after(f"/patients/{patient_id}", "reminders"))


async def _write(request: StaffRequest, house: House, patient_id: UUID, typed: dict[str, str]) -> None:
    state = typed.get("state", "")
    patient = await dashboard_reminders.reminders_page(
        house.database, reader_of(request), patient_id, now=house.now()
    )
    until = local_time(f"{typed.get('until', '')}T00:00", patient.time_zone) if state == "paused" else None
    wish = msgspec.convert({"state": state, "until": until}, RemindersDraft)
    at = typed.get("reminder_at", "")
    reminder_at = wall_time(at)
    if at and reminder_at is None:
        raise Malformed(pointers={"/reminder_at": "Write a time such as 08:30, or leave it empty."})
    wanted = PatientPreferencesDraft(reminder_at=reminder_at, quiet=patient.preferences.quiet)
    if wanted.reminder_at != patient.preferences.reminder_at:
        await preferences.put_patient_preferences(
            house.database,
            request.user,
            patient_id,
            wanted,
            version=whole(typed.get("times", ""), -1),
            now=house.now(),
        )
    await reminders.put_reminders(
        house.database,
        request.user,
        patient_id,
        wish,
        version=whole(typed.get("version", ""), -1),
        now=house.now(),
    )


async def _again(
    request: StaffRequest,
    house: House,
    patient_id: UUID,
    typed: dict[str, str],
    problems: dict[str, str],
    status: int,
) -> Response[str]:
    page = await dashboard_reminders.reminders_page(
        house.database, reader_of(request), patient_id, typed=typed, problems=problems, now=house.now()
    )
    return html(page, status=status)
