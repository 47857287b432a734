"""Patients who fly: days since the session, in the zone where they are."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import uuid4

import asyncpg
import msgspec

from aftercare.care.calendar import day_of
from aftercare.care.reminding import leaves_at
from aftercare.db.pool import Database
from aftercare.model.care import Episode
from aftercare.model.check_ins import CheckInDraft
from aftercare.model.people import Actor, PatientDraft
from aftercare.model.words import Modality
from aftercare.services import check_ins, patients
from tests.prove.cohort import Person, admit, reminded
from tests.prove.conftest import Trial
from tests.prove.crew import Crew, Event
from tests.services.background import Post
from tests.services.conftest import Team, make_team


class Flight(NamedTuple):
    """A patient who is elsewhere from an instant on; heard of by their check-in there, or by what staff enter."""

    at: datetime
    to: str
    by_check_in: bool


_FAR = ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/London", "Australia/Sydney", "America/St_Johns")


async def test_who_flies_is_reminded_once_of_each_day_that_falls_due_where_they_are(
    service: Database, worker: Database, database_url: str, trial: Trial
) -> None:
    """A day is a day since the session, in the zone where the patient is: some dates are lived twice, some never.

    A reminder that comes to be due by landing leaves like one that is late: by day, or not at all. Nobody is blamed for it.
    """
    first = datetime(2026, 6, 8, 20, tzinfo=UTC)  # morning in Kiritimati, and the morning before in Pago Pago
    team = await make_team(service, "alpha", first - timedelta(days=60))
    routes = list(itertools.permutations(_FAR[: trial.size(2, 5)], 2))
    events: list[tuple[datetime, Event]] = []
    flown: dict[str, tuple[Person, Flight]] = {}
    for number in range(trial.size(8, 120)):
        home, to = routes[number % len(routes)]
        session = first + timedelta(minutes=10 * trial.rng.randrange(144)) if trial.long else first
        at = session + timedelta(days=2, minutes=7 + 10 * trial.rng.randrange(300))
        one = Person(
            name=f"Alder Sample {number:03}",
            time_zone=home,
            modality=Modality.MICRONEEDLING,
            session_at=session,
        )
        flight = Flight(at, to, by_check_in=trial.rng.random() < 0.5)
        episode = await admit(service, team, one)
        events.append((at, _land(service, team, episode, flight)))
        flown[one.name] = one, flight
    until = first + timedelta(days=8)
    await Crew([worker], Post(), trial.rng).live(events, until)
    sent = await reminded(database_url)
    for one, flight in flown.values():
        assert sent[one.name] == _wanted_in_flight(one, flight, until), (one, flight)
    faults = await _faults(database_url)
    assert faults == 0
    trial.say(f"{len(flown)} flights: {sum(map(len, sent.values()))} reminders, doubled 0, missed 0")


def _land(database: Database, team: Team, episode: Episode, flight: Flight) -> Event:
    async def by_check_in() -> None:
        actor = Actor(clinic_id=team.clinic_id, kind="patient", id=episode.patient_id)
        draft = CheckInDraft(
            instrument=1, recorded_at=flight.at, time_zone=flight.to, day=None, answers={"redness": 1}
        )
        await check_ins.submit(database, actor, episode.patient_id, uuid4(), draft, now=flight.at)

    async def by_staff() -> None:
        patient = await patients.get_patient(database, team.coordinator, episode.patient_id, now=flight.at)
        draft = PatientDraft(name=patient.name, email=patient.email, time_zone=flight.to)
        await patients.update_patient(
            database, team.coordinator, patient.patient_id, draft, version=patient.version, now=flight.at
        )

    return by_check_in if flight.by_check_in else by_staff


def _wanted_in_flight(one: Person, flight: Flight, until: datetime) -> list[datetime]:
    there = msgspec.structs.replace(one, time_zone=flight.to)
    answered = day_of(one.session_at, flight.at, flight.to) if flight.by_check_in else None
    wanted = {due.day: due.due_at for due in one.due if due.due_at < flight.at}
    for due in there.due:
        leaves = leaves_at(due.due_at, flight.at, there.zone)
        if due.day not in wanted and due.day != answered and leaves is not None:
            wanted[due.day] = leaves
    return sorted(instant for instant in wanted.values() if instant <= until)


async def _faults(url: str) -> int:
    judge = await asyncpg.connect(url)
    count: int = await judge.fetchval("select count(*) from deliveries where kind = 'clinic_fault'")
    await judge.close()
    return count
