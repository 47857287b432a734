"""A clinic with its past: the synthetic cohort lived through by the services themselves, hour by hour, up to now.

Nothing is written into tables by hand: what patients and staff do is put on the list of a `Past`, which lives it.
"""

import secrets
from collections.abc import Callable
from datetime import datetime, time, timedelta
from random import Random
from uuid import UUID, uuid4

import msgspec

from aftercare.care.cohort import Story, SyntheticCheckIn, SyntheticPatient, draw
from aftercare.care.consenting import CURRENT_TEXT
from aftercare.care.instrument import CURRENT_VERSION
from aftercare.model.check_ins import CheckInDraft
from aftercare.model.clinic import Opening
from aftercare.model.consents import ConsentDraft
from aftercare.model.consents import Kind as ConsentKind
from aftercare.model.people import (
    Actor,
    ClinicDraft,
    Patient,
    StaffDraft,
    StaffMember,
)
from aftercare.model.words import AlertState, AnsweredBy, Outcome, Role, View
from aftercare.photos.synthetic import face
from aftercare.services import (
    alerts,
    audit,
    check_ins,
    clinics,
    consents,
    courses,
    demo_messages,
    patients,
    photos,
    rule_packs,
    screenings,
    staff,
)
from aftercare.services.demo_on_call import put_on_call
from aftercare.services.house import House
from aftercare.services.past import Event, Past, live
from aftercare.services.synthetic import (
    check_in_draft,
    course_draft,
    patient_draft,
    screening_draft,
    session_draft,
)
from aftercare.services.synthetic_staff import WAITS
from aftercare.store import alerts as alert_store
from aftercare.store.alerts import PatientAlert

HANDLE = "demo"
_ZONE = "Europe/London"
_SEED = 7
_PHOTO_DAYS = {0, 1, 3, 5, 10, 21}


class DemoSignIn(msgspec.Struct, frozen=True, kw_only=True):
    """A staff sign-in of the demo."""

    name: str
    role: Role
    email: str
    password: str


class DemoClinic(msgspec.Struct, frozen=True, kw_only=True):
    """What is printed when the demo starts, and kept beside its data for the next start."""

    clinic_id: UUID
    patient_id: UUID  # whose app may be tried
    sign_ins: tuple[DemoSignIn, ...]


async def seed(house: House, *, size: int, now: datetime, progress: Callable[[float], None]) -> DemoClinic:
    """Make the clinic and let its cohort live up to `now`; `progress` is told the share done, 0 to 1."""
    if house.worker is None:
        raise ValueError("the past needs a worker's database")
    cohort = draw(_SEED, size, now=now)
    start = min(one.session_at for one in cohort) - timedelta(days=7)
    clinic = await clinics.create_clinic(house.database, _clinic(), now=start)
    system = Actor(clinic_id=clinic.clinic_id, kind="system")
    sign_ins = tuple(_sign_in(name, role) for name, role in _TEAM)
    members = [
        await staff.create_staff(
            house.database,
            system,
            StaffDraft(email=one.email, name=one.name, role=one.role, password=one.password),
            now=start,
        )
        for one in sign_ins
    ]
    team = {member.role: _actor(clinic.clinic_id, member) for member in members}
    await rule_packs.release(house.database, team[Role.PRACTITIONER], 1, now=start)
    past = Past(
        house=house,
        worker=house.worker,
        clinic_id=clinic.clinic_id,
        now=now,
        team=team,
        chance=Random(_SEED),  # noqa: S311 - a cohort, no secret
    )
    entered = [await _arrange(past, one) for one in cohort]
    well = [actor for actor, one in zip(entered, cohort, strict=True) if _is_well(one, now)]
    _just_now(past, well)
    demo_messages.write(past, well[len(_NEWS) :])
    # Of this one there is no news yet: what is answered in the app is seen to be new.
    tried = (well[len(_NEWS) :] or entered)[-1]
    await live(past, progress)
    await put_on_call(house.database, team, _ZONE, now=now)
    await audit.seal(past.worker)
    return DemoClinic(clinic_id=clinic.clinic_id, patient_id=tried.id or clinic.clinic_id, sign_ins=sign_ins)


def _is_well(one: SyntheticPatient, now: datetime) -> bool:
    return one.story is Story.UNEVENTFUL and timedelta(days=1) < now - one.session_at < timedelta(days=9)


def _just_now(past: Past, well: list[Actor]) -> None:
    """Two who were well until a moment ago: the emergency and the prodrome that wait when the demo opens."""
    for actor, (ago, answers) in zip(well, _NEWS, strict=False):
        at = past.now - ago
        said = SyntheticCheckIn(
            id=uuid4(), day=0, recorded_at=at, answered_by=AnsweredBy.SELF, answers=answers
        )
        past.at(at + timedelta(seconds=20), _telling(past, actor, said))


def _telling(past: Past, actor: Actor, said: SyntheticCheckIn) -> Event:
    async def tell(at: datetime) -> None:
        if actor.id is None:
            return
        draft = CheckInDraft(
            instrument=CURRENT_VERSION,
            recorded_at=said.recorded_at,
            time_zone=_ZONE,
            day=None,  # something changed
            answers=said.answers,
        )
        await check_ins.submit(past.house.database, actor, actor.id, said.id, draft, now=at)

    return tell


_NEWS = (
    (
        timedelta(minutes=4),
        {
            "pain": 2,
            "blisters": "few",
            "grouped": True,
            "eye": ["pain"],
            "sites": {"blisters": ["around_eye"]},
            "wants_contact": "urgent",
        },
    ),
    (timedelta(minutes=37), {"tingling": True, "redness": 1, "sites": {"tingling": ["lips"]}}),
)


async def _arrange(past: Past, one: SyntheticPatient) -> Actor:
    """Enter a patient and put their course, session, check-ins and photos on the list of what will happen."""
    database, by = past.house.database, past.team[Role.PRACTITIONER]
    booked = one.session_at - timedelta(days=3)
    patient = await patients.create_patient(database, by, patient_draft(one), now=booked)
    me_actor = Actor(clinic_id=past.clinic_id, kind="patient", id=patient.patient_id)

    async def treat(at: datetime) -> None:
        await _treat(past, one, patient, at)

    past.at(one.session_at + timedelta(minutes=5), treat)
    plain = {Story.UNEVENTFUL, Story.SKIPS_ITEMS, Story.SILENT}
    with_photos = one.story not in plain or _is_well(one, past.now)
    for said in one.check_ins:
        past.at(said.recorded_at + timedelta(seconds=20), _answering(past, me_actor, one, said))
        if with_photos and said.day in _PHOTO_DAYS:
            past.at(said.recorded_at + timedelta(seconds=70), _photographing(past, me_actor, one, said))
    return me_actor


async def _treat(past: Past, one: SyntheticPatient, patient: Patient, at: datetime) -> None:
    database, by = past.house.database, past.team[Role.PRACTITIONER]
    draft = course_draft(one, past.chance)
    course = await courses.create_course(database, by, patient.patient_id, draft, now=at)
    screening = screening_draft(one, course.course_id)
    await screenings.screen(database, by, patient.patient_id, screening, now=at)
    session = session_draft(one, course.course_id, past.chance)
    await courses.record_session(database, by, patient.patient_id, session, now=at)
    agreed: tuple[ConsentKind, ...] = ("care", "photos")
    if one.id.int % 3 == 0:
        agreed = (*agreed, "teaching")
    for kind in agreed:
        consent = ConsentDraft(granted=True, text_version=CURRENT_TEXT, language="en")
        actor = Actor(clinic_id=past.clinic_id, kind="patient", id=patient.patient_id)
        await consents.put_consent(database, actor, kind, consent, now=at)


def _answering(past: Past, actor: Actor, one: SyntheticPatient, said: SyntheticCheckIn) -> Event:
    async def answer(at: datetime) -> None:
        if actor.id is None:
            return
        draft = check_in_draft(one, said)
        await check_ins.submit(past.house.database, actor, actor.id, said.id, draft, now=at)
        async with past.house.database.clinic(past.clinic_id) as db:
            found = await alert_store.unresolved_of_several(db, past.clinic_id, [actor.id])
        for alert in found:
            if alert.raised_at == at:
                _staff_will_act(past, alert, one)

    return answer


def _staff_will_act(past: Past, alert: PatientAlert, one: SyntheticPatient) -> None:
    """What staff did about an alert: at once, then a call, then its outcome; the newest still wait for somebody."""
    role = past.chance.choice((Role.PRACTITIONER, Role.PRACTITIONER, Role.COORDINATOR))
    database, actor = past.house.database, past.team[role]

    async def take(at: datetime) -> None:
        await alerts.acknowledge(database, actor, alert.id, alerts.Acknowledge(take_over=True), now=at)

    async def call(at: datetime) -> None:
        note = alerts.Note(text="Called. Knows whom to ring if it gets worse.")
        await alerts.contact(database, actor, alert.id, note, now=at)

    async def end(at: datetime) -> None:
        async with database.clinic(past.clinic_id) as db:
            current = await alert_store.get(db, past.clinic_id, alert.id)
        if current is None or current.state is AlertState.RESOLVED:
            return
        outcome = Outcome.EXPECTED_COURSE if one.story is Story.UNEVENTFUL else Outcome.CONFIRMED
        what = alerts.Resolve(outcome=outcome, text="Seen; nothing further needed today.")
        await alerts.resolve(database, past.team[Role.PRACTITIONER], alert.id, what, now=at)

    taken = alert.raised_at + timedelta(minutes=past.chance.randrange(3, 50))
    called = taken + timedelta(minutes=past.chance.randrange(5, 25))
    ended = called + timedelta(hours=past.chance.randrange(3, 30))
    for when, act in ((taken, take), (called, call), (ended, end)):
        if when < past.now and alert.raised_at < past.now - WAITS[alert.tier]:
            past.at(when, act)


def _photographing(past: Past, actor: Actor, one: SyntheticPatient, said: SyntheticCheckIn) -> Event:
    async def photograph(at: datetime) -> None:
        if actor.id is None:
            return
        house = past.house
        picture = face(
            one.id.int % 100_000,  # the same person looks the same in every picture
            View.FRONT,
            min(1.0, said.answers.get("redness", 0) / 4),
            skin_type=one.risks.fitzpatrick,
            milia=6 if said.answers.get("white_bumps") else 0,
            blisters=5 if said.answers.get("blisters", "none") != "none" else 0,
        )
        draft = photos.PhotoDraft(view=View.FRONT, taken_at=said.recorded_at, check_in_id=said.id)
        await photos.put_photo(
            house.database, house.blobs, house.photo_workers, actor, actor.id, uuid4(), draft, picture, now=at
        )

    return photograph


_TEAM = (
    ("Sample Practitioner", Role.PRACTITIONER),
    ("Sample Coordinator", Role.COORDINATOR),
    ("Sample Admin", Role.ADMIN),
)


def _sign_in(name: str, role: Role) -> DemoSignIn:
    return DemoSignIn(name=name, role=role, email=f"{role}@demo.invalid", password=secrets.token_urlsafe(9))


def _actor(clinic_id: UUID, member: StaffMember) -> Actor:
    return Actor(clinic_id=clinic_id, kind="staff", id=member.staff_id, role=member.role)


def _clinic() -> ClinicDraft:
    return ClinicDraft(
        name="Demo Skin Clinic",
        handle=HANDLE,
        time_zone=_ZONE,
        country="GB",
        phone="+44 20 7946 0000",  # of the range kept for drama
        openings=tuple(
            Opening(weekday=day, opens=time(8), closes=time(20) if day < 5 else time(14)) for day in range(6)
        ),
    )
