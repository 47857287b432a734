"""When and how people hear of things: what staff and patients ask for, over a version, on record."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID

from aftercare.alerts.quiet import LONGEST, longest
from aftercare.alerts.telling import CHANNELS
from aftercare.care.calendar import MORNING
from aftercare.db.pool import Database
from aftercare.errors import Malformed, NotFound, Outdated
from aftercare.model.addresses import ChannelName
from aftercare.model.people import Actor
from aftercare.model.preferences import (
    DailySpan,
    PatientPreferences,
    PatientPreferencesDraft,
    QuietSpan,
    StaffPreferences,
    StaffPreferencesDraft,
)
from aftercare.model.words import Tier
from aftercare.services import audit
from aftercare.services.recovery import look_again
from aftercare.services.zones import require_zone
from aftercare.store import addresses, episodes, patients
from aftercare.store import preferences as store

EARLIEST: Final = time(7)
LATEST: Final = time(21)
_MOST_QUIET: Final = timedelta(hours=16)  # of a patient's day: the rest is for what they are asked


async def get_staff_preferences(database: Database, actor: Actor) -> StaffPreferences:
    """One's own. Raises NotFound for who is no staff member."""
    if actor.id is None:
        raise NotFound
    async with database.clinic(actor.clinic_id) as db:
        return await store.of_staff(db, actor.clinic_id, actor.id)


async def put_staff_preferences(
    database: Database, actor: Actor, draft: StaffPreferencesDraft, *, version: int, now: datetime
) -> StaffPreferences:
    """Write one's own over a version; what is queued already keeps its time. Raises Malformed, Outdated, NotFound."""
    if actor.id is None:
        raise NotFound
    if draft.time_zone is not None:
        require_zone(draft.time_zone, "/time_zone")
    _check_quiet(draft.quiet)
    async with database.clinic(actor.clinic_id) as db:
        mine = await addresses.of_staff(db, actor.clinic_id, actor.id)
        _check_muted(draft, {one.channel for one in mine if one.retired_at is None})
        if not await store.put_of_staff(db, actor.clinic_id, actor.id, draft, version, now):
            raise Outdated
        await audit.record(db, actor, "preferences.changed", now=now, subject_id=actor.id, detail=draft)
        return await store.of_staff(db, actor.clinic_id, actor.id)


def _check_quiet(quiet: Sequence[QuietSpan]) -> None:
    if longest(quiet) > LONGEST:
        raise Malformed(
            pointers={
                "/quiet": "Quiet hours may last three days in a row at most. Leave an hour between, or go off the rota."
            }
        )


def _check_muted(draft: StaffPreferencesDraft, registered: set[ChannelName]) -> None:
    wrong = {}
    for tier in (Tier.SAME_DAY, Tier.SOON, Tier.ROUTINE):
        muted: tuple[str, ...] = getattr(draft.muted, tier.value)
        left = CHANNELS[tier] & (registered | {ChannelName.SMTP})
        if muted and not {one.value for one in left} - set(muted):
            wrong[f"/muted/{tier.value}"] = "This takes away your last way to hear of it. Leave one."
    if wrong:
        raise Malformed(pointers=wrong)


async def get_patient_preferences(
    database: Database, actor: Actor, patient_id: UUID, *, now: datetime
) -> PatientPreferences:
    """A patient's, seen on record. Raises NotFound."""
    async with database.clinic(actor.clinic_id) as db:
        if await patients.get(db, actor.clinic_id, patient_id) is None:
            raise NotFound
        await audit.record(db, actor, "patient_preferences.seen", now=now, patient_id=patient_id)
        return await store.of_patient(db, actor.clinic_id, patient_id)


async def put_patient_preferences(
    database: Database,
    actor: Actor,
    patient_id: UUID,
    draft: PatientPreferencesDraft,
    *,
    version: int,
    now: datetime,
) -> PatientPreferences:
    """Write a patient's over a version, for reminders from now on. Raises NotFound, Malformed, Outdated."""
    _check_patients(draft)
    by = actor.id if actor.kind == "staff" else None
    async with database.clinic(actor.clinic_id) as db:
        if await patients.lock(db, actor.clinic_id, patient_id) is None:
            raise NotFound
        if not await store.put_of_patient(db, actor.clinic_id, patient_id, draft, version, by, now):
            raise Outdated
        await audit.record(
            db, actor, "patient_preferences.changed", now=now, patient_id=patient_id, detail=draft
        )
        for episode in (await episodes.of_patient(db, actor.clinic_id, patient_id))[:1]:
            await look_again(db, actor.clinic_id, episode, now)
        return await store.of_patient(db, actor.clinic_id, patient_id)


def _check_patients(draft: PatientPreferencesDraft) -> None:
    asked = draft.reminder_at
    if asked is not None and not EARLIEST <= asked <= LATEST:
        raise Malformed(pointers={"/reminder_at": "Choose a time from 07:00 to 21:00."})
    if draft.quiet is None:
        return
    if draft.quiet.starts == draft.quiet.ends or _lasts(draft.quiet) > _MOST_QUIET:
        raise Malformed(pointers={"/quiet": "Quiet hours may last 16 hours of a day at most."})
    if draft.quiet.holds(asked or MORNING):
        raise Malformed(
            pointers={
                "/quiet": f"The reminder comes at {asked or MORNING:%H:%M}. Choose another time for it."
            }
        )


def _lasts(span: DailySpan) -> timedelta:
    minutes = (span.ends.hour - span.starts.hour) * 60 + span.ends.minute - span.starts.minute
    return timedelta(minutes=minutes % (24 * 60))
