"""What a clinic says of itself: name, where to turn, when it reads. New hours set running clocks anew."""

from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from aftercare.alerts.clocks import retimed
from aftercare.alerts.moving import moved
from aftercare.alerts.quiet import overtaken
from aftercare.db.pool import Connection, Database
from aftercare.errors import Malformed, NotFound, Outdated
from aftercare.model.clinic import ClinicSettings, ClinicSettingsDraft, OpeningHours
from aftercare.model.people import Actor, Clinic
from aftercare.services import audit, recovery, rota_gaps
from aftercare.services.deliveries import queue
from aftercare.services.team import read_team
from aftercare.store import alerts, clinics, patients, releases, rotas

_AS_GOOD_AS_GONE = timedelta(minutes=2)  # a worker may have it in its hands
_FIRST_DAY = date(2000, 1, 1)
# Whoever is open round the clock is asked for each day until their last holiday, with every check-in.
_AHEAD = timedelta(days=731)
_KEPT = (
    "handle",
    "name",
    "time_zone",
    "country",
    "language",
    "phone",
    "urgent_care",
    "openings",
    "holidays",
    "version",
)


async def get_settings(database: Database, actor: Actor) -> ClinicSettings:
    """The settings as they stand."""
    async with database.clinic(actor.clinic_id) as db:
        return _view(await _clinic(db, actor.clinic_id))


async def put_settings(
    database: Database, actor: Actor, draft: ClinicSettingsDraft, *, version: int, now: datetime
) -> ClinicSettings:
    """Write the settings over a version; running clocks and gaps follow new hours. Raises Malformed, Outdated."""
    _check(draft, now.date())
    async with database.clinic(actor.clinic_id) as db:
        await rotas.lock(db, actor.clinic_id)
        before = await _clinic(db, actor.clinic_id)
        ordered = msgspec.structs.replace(
            draft, holidays=tuple(sorted(draft.holidays, key=lambda one: one.on))
        )
        if await clinics.put(db, actor.clinic_id, version, ordered) is None:
            raise Outdated
        after = await _clinic(db, actor.clinic_id)
        await audit.record(db, actor, "clinic.changed", now=now, subject_id=actor.clinic_id, detail=ordered)
        if after.hours != before.hours:
            await _set_clocks(db, actor, before.hours, after.hours, now)
            await _move_letters(db, actor.clinic_id, before.hours, now)
            await rota_gaps.changed(db, after, now)
        return _view(after)


async def _set_clocks(
    db: Connection, actor: Actor, before: OpeningHours, after: OpeningHours, now: datetime
) -> None:
    """What is left of each running deadline counts by the new hours (`alerts.clocks.retimed` says how)."""
    clinic_id = actor.clinic_id
    concerned = await clinics.patients_on_the_clock(db, clinic_id)
    for patient_id in concerned:
        await patients.lock(db, clinic_id, patient_id)
    entries = []
    for found in await alerts.unresolved_of_several(db, clinic_id, concerned):
        alert = retimed(found, now=now, before=before, after=after)
        if alert == found:
            continue
        await alerts.update(db, clinic_id, alert)
        await recovery.set_clock(db, clinic_id, alert)
        entries.append(
            audit.entry(
                actor,
                "alert.changed",
                now=now,
                patient_id=found.patient_id,
                subject_id=found.id,
                detail=alert,
            )
        )
    await audit.record_all(db, clinic_id, entries)


async def _move_letters(db: Connection, clinic_id: UUID, before: OpeningHours, now: datetime) -> None:
    """What waits for the opening leaves at the new one (`alerts.moving` says how)."""
    waiting = [
        one.letter
        for one in await releases.waiting(db, clinic_id, now + _AS_GOOD_AS_GONE)
        if one.alert and overtaken(one.alert, one.queued_at, now) is None
    ]
    if not waiting:
        return
    known = {one.delivery.delivery_id for one in waiting}
    team = await read_team(db, clinic_id, now)
    letters = moved(waiting, team, now=now, before=before, new_id=uuid7)
    for letter in letters:
        if letter.delivery.delivery_id in known:
            await releases.move(db, clinic_id, letter)
    await queue(db, clinic_id, [one for one in letters if one.delivery.delivery_id not in known])


def _check(draft: ClinicSettingsDraft, today: date) -> None:
    pointers: dict[str, str] = {}
    seen: set[date] = set()
    for place, holiday in enumerate(draft.holidays):
        if holiday.on in seen:
            pointers[f"/holidays/{place}/on"] = "another holiday has this date"
        elif not _FIRST_DAY <= holiday.on <= today + _AHEAD:
            pointers[f"/holidays/{place}/on"] = "a day within the next two years"
        seen.add(holiday.on)
    if pointers:
        raise Malformed("A holiday needs another look.", pointers=pointers)


async def _clinic(db: Connection, clinic_id: UUID) -> Clinic:
    clinic = await clinics.get(db, clinic_id)
    if clinic is None:
        raise NotFound
    return clinic


def _view(clinic: Clinic) -> ClinicSettings:
    return ClinicSettings(**{name: getattr(clinic, name) for name in _KEPT})
