"""Check-ins arrive, purely or at the database, and what became of them is put in a form that two orders must agree on."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Self
from uuid import UUID, uuid4

import msgspec

from aftercare.alerts.joining import absorb
from aftercare.care.instrument import CURRENT_VERSION, load, read_answers
from aftercare.checks import default_pack, judge
from aftercare.checks.recovery import findings, timeline
from aftercare.db.pool import Database
from aftercare.model.alerts import Alert, Fate, Notice, Why
from aftercare.model.care import CourseDraft, Episode, SessionDraft
from aftercare.model.check_ins import CheckInDraft, Kept
from aftercare.model.people import Actor, Clinic, Patient, PatientDraft
from aftercare.model.recovery import Recovery
from aftercare.model.words import LATE_CODES, AnsweredBy, Code, Modality, Prophylaxis, Tier
from aftercare.services import check_ins, courses, patients, recovery
from aftercare.services.check_ins import CheckInAnswer
from aftercare.services.sync import SyncBatch, sync
from aftercare.store import alerts as alert_store
from tests.prove.journeys import END, HOME, START, Arrival, Journey, Said, Treated
from tests.services.conftest import CARTRIDGE, Team

Evidence = tuple[str, str, Tier, tuple[tuple[str, int], ...], tuple[str, ...]]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One alert as two orders must agree on it."""

    tier: Tier
    told: (
        Tier | None
    )  # the highest tier that staff heard of at once; the routine of a day is one mail, of no alert
    holds_course: bool
    evidence: frozenset[Evidence]


Outcomes = dict[tuple[int, Code], Outcome]  # by the place of the episode, the oldest first


def _outcomes(mine: Recovery, told: dict[UUID, list[Tier]]) -> Outcomes:
    """Each alert of a recovery, after seeing that nothing in it is there twice."""
    places = {one.episode_id: place for place, one in enumerate(reversed(mine.episodes))}
    outcomes: Outcomes = {}
    for alert in mine.alerts:
        key = places[alert.episode_id], alert.code
        assert key not in outcomes, "raised twice"
        assert alert.unresolved
        assert not alert.held
        assert _once((one.check_in, one.row) for one in alert.reported), "the same evidence twice"
        outcomes[key] = Outcome(
            tier=alert.tier,
            told=max(told.get(alert.id, ()), key=lambda tier: tier.rank, default=None),
            holds_course=alert.holds_course,
            evidence=frozenset(
                (one.check_in, one.row, one.tier, tuple(sorted(one.grades.items())), one.signs)
                for one in alert.reported
            ),
        )
    return outcomes


def _once(things: Iterable[object]) -> bool:
    listed = list(things)
    return len(set(listed)) == len(listed)


class Purely:
    """A recovery without a database: the same judging and joining, one check-in after the other."""

    def __init__(self, mine: Recovery) -> None:
        self.mine = msgspec.structs.replace(mine, check_ins=(), alerts=())
        self._notices: list[Notice] = []
        self._ids = count(1)

    @classmethod
    def of(cls, journey: Journey) -> Self:
        """The recovery of a journey, both sessions recorded."""
        patient_id = UUID(int=1)
        episodes = [_episode(journey, patient_id, one) for one in reversed(journey.sessions)]
        mine = Recovery(
            clinic=_CLINIC,
            patient=_patient(journey, patient_id),
            episodes=tuple(episodes),
            check_ins=(),
            alerts=(),
        )
        return cls(mine)

    def arrive(self, kept: Kept) -> None:
        """Take one check-in; the same again changes nothing."""
        if kept in self.mine.check_ins:
            return
        found = findings(default_pack(), self.mine, (kept,))
        together = (*self.mine.check_ins, kept)
        there = tuple(sorted(together, key=lambda one: (one.judged_at, str(one.check_in_id))))
        alerts = {alert.id: alert for alert in self.mine.alerts}
        for episode_id, those in found.items():
            change = absorb(
                [alert for alert in alerts.values() if alert.episode_id == episode_id],
                those,
                episode_id=episode_id,
                now=END,
                hours=self.mine.clinic.hours,
                new_id=lambda: UUID(int=next(self._ids)),
                recorded={str(one.check_in_id): one.judged_at for one in there},
            )
            alerts |= {alert.id: alert for alert in (*change.new, *change.changed)}
            self._notices += change.notices
        self.mine = msgspec.structs.replace(self.mine, check_ins=there, alerts=tuple(alerts.values()))

    def outcomes(self) -> Outcomes:
        """What staff have before them now."""
        raised = [one.alert_id for one in self._notices if one.why is Why.RAISED]
        assert _once(raised), "told as new twice"
        told: dict[UUID, list[Tier]] = {}
        for notice in self._notices:
            if notice.tier is not Tier.ROUTINE:
                told.setdefault(notice.alert_id, []).append(notice.tier)
        return _outcomes(self.mine, told)


def read_at_once(mine: Recovery) -> dict[tuple[int, Code], set[tuple[str, str]]]:
    """What the checks say of everything, read in one piece: the (check-in, row) pairs of each alert.

    Both sessions are within 42 days of everything that is said: late signs belong to the first one, all else to the last
    one before it.
    """
    oldest_first = mine.episodes[::-1]
    place_of = {
        str(one.check_in_id): sum(episode.session_at <= one.judged_at for episode in oldest_first) - 1
        for one in mine.check_ins
    }
    read: dict[tuple[int, Code], set[tuple[str, str]]] = {}
    for place, episode in enumerate(oldest_first):
        for finding in judge(default_pack(), timeline(mine, episode, mine.check_ins)):
            belongs = 0 if finding.code in LATE_CODES else place_of[str(finding.check_in)]
            if belongs == place:
                read.setdefault((place, finding.code), set()).add((str(finding.check_in), finding.row))
    return read


def as_kept(said: Said) -> Kept:
    """A check-in as it is kept once its clock is believed."""
    draft = said.draft
    return Kept(
        check_in_id=said.check_in_id,
        instrument=draft.instrument,
        recorded_at=draft.recorded_at,
        received_at=END,
        judged_at=max(draft.recorded_at, START),
        said_day=draft.day,
        time_zone=draft.time_zone,
        answered_by=AnsweredBy.SELF,
        supersedes=draft.supersedes,
        answers=read_answers(load(CURRENT_VERSION), draft.answers).answers,
    )


class Served:
    """A patient of a real clinic: everything takes the way of the services, to the database."""

    def __init__(
        self, database: Database, actor: Actor, sessions: list[SessionDraft], by: Actor, now: datetime,
        clock: timedelta | None,
    ) -> None:  # fmt: skip
        self._database, self._actor, self._by, self._since = database, actor, by, now
        self._clock = clock
        self._to_do = sessions  # not yet done, the next one first
        self._answers: dict[UUID, CheckInAnswer] = {}
        assert actor.id is not None
        self._patient_id = actor.id

    @classmethod
    async def of(
        cls,
        database: Database,
        team: Team,
        journey: Journey,
        *,
        now: datetime = START,
        clock: timedelta | None = None,
    ) -> Self:
        """Write down the patient and the course; each session is recorded when it is done, or then.

        `clock` is by how much the phone's is ahead, which it then says with each request.
        """
        draft = PatientDraft(
            name="Alder Sample",
            time_zone=HOME,
            fitzpatrick=journey.risks.fitzpatrick,
            hsv_history=journey.risks.hsv_history,
            diabetes=journey.risks.diabetes,
            immunosuppressed=journey.risks.immunosuppressed,
            keloid_history=journey.risks.keloid_history,
            blood_thinner=journey.risks.blood_thinner,
            baseline=msgspec.convert(journey.risks.baseline, dict[Any, int]),
        )
        by = team.practitioner
        patient = await patients.create_patient(database, by, draft, now=now)
        wish = CourseDraft(modality=journey.modality)
        course = await courses.create_course(database, by, patient.patient_id, wish, now=now)
        sessions = [_session(course.course_id, journey.modality, one) for one in journey.sessions]
        actor = Actor(clinic_id=team.clinic_id, kind="patient", id=patient.patient_id)
        return cls(database, actor, sessions, by, now, clock)

    async def arrive(self, arrival: Arrival) -> None:
        """Take one request; whatever comes again is answered as the first time."""
        while self._to_do and self._to_do[0].session_at <= arrival.at:
            done = self._to_do.pop(0)
            await courses.record_session(
                self._database, self._by, self._patient_id, done, now=max(done.session_at, self._since)
            )
        for said, answer in zip(arrival.said, await self._send(arrival), strict=True):
            assert self._answers.setdefault(said.check_in_id, answer) == answer

    async def _send(self, arrival: Arrival) -> list[CheckInAnswer]:
        if not arrival.batched:
            return [await self._put(one, arrival.at) for one in arrival.said]
        items = [{"id": str(one.check_in_id), **_as_json(one.draft)} for one in arrival.said]
        answer = await sync(
            self._database,
            self._actor,
            SyncBatch(check_ins=items),
            now=arrival.at,
            sent_at=self._sent_at(arrival.at),
        )
        results = [one.answer for one in answer.check_ins if one.answer is not None]
        assert len(results) == len(items), answer
        return results

    async def _put(self, said: Said, now: datetime) -> CheckInAnswer:
        return await check_ins.submit(
            self._database,
            self._actor,
            self._patient_id,
            said.check_in_id,
            said.draft,
            now=now,
            sent_at=self._sent_at(now),
        )

    def _sent_at(self, now: datetime) -> datetime | None:
        return None if self._clock is None else now + self._clock

    async def recovery(self) -> Recovery:
        """Everything that is kept of the patient."""
        async with self._database.clinic(self._actor.clinic_id) as db:
            return await recovery.load(db, self._actor.clinic_id, self._patient_id, now=END, back_to=START)

    async def outcomes(self) -> Outcomes:
        """What staff have before them now, from the rows: alerts, findings and deliveries."""
        mine = await self.recovery()
        alerts = {alert.id: alert for alert in mine.alerts}
        told: dict[UUID, list[Tier]] = {}
        async with self._database.clinic(self._actor.clinic_id) as db:
            rows = await alert_store.findings_of(db, self._actor.clinic_id, list(alerts))
            sent = await db.fetch(
                "select alert_id, tier, what from deliveries where alert_id = any ($1)", list(alerts)
            )
        for one in sent:
            told.setdefault(one["alert_id"], []).append(Tier(one["tier"]))
        assert _once((row.alert_id, row.check_in_id, row.finding.row) for row in rows)
        for alert in alerts.values():
            of_it = [row for row in rows if row.alert_id == alert.id]
            assert sum(row.fate is Fate.RAISED for row in of_it) == 1
            assert {(str(row.check_in_id), row.finding.row) for row in of_it} == _reported(alert)
        assert _once(one["what"] for one in sent if one["what"].startswith(f"{Why.RAISED}:"))
        return _outcomes(mine, told)


def _reported(alert: Alert) -> set[tuple[str, str]]:
    return {(one.check_in, one.row) for one in alert.reported}


def _as_json(draft: CheckInDraft) -> dict[str, Any]:
    as_sent: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(draft))
    return as_sent


def _session(course_id: UUID, modality: Modality, treated: Treated) -> SessionDraft:
    needling = modality is Modality.MICRONEEDLING
    return SessionDraft(
        course_id=course_id,
        session_at=treated.at,
        needle_depth_mm=treated.depth_mm,
        anaesthetic=treated.anaesthetic,
        consumables=(CARTRIDGE,) if needling else (),
        override_reason="Two sessions in 30 days, so that late signs overlap.",
    )


def _episode(journey: Journey, patient_id: UUID, treated: Treated) -> Episode:
    return Episode(
        episode_id=uuid4(),
        patient_id=patient_id,
        with_day_90=False,
        opened_at=treated.at,
        calendar_ends_at=None,
        session_id=uuid4(),
        course_id=UUID(int=2),
        modality=journey.modality,
        session_at=treated.at,
        needle_depth_mm=treated.depth_mm,
        pigment_treated=None,
        anaesthetic=treated.anaesthetic,
    )


def _patient(journey: Journey, patient_id: UUID) -> Patient:
    return Patient(
        patient_id=patient_id,
        name="Alder Sample",
        reference="",
        birth_date=None,
        phone="",
        email="",
        language="en",
        country="GB",
        time_zone=HOME,
        **msgspec.structs.asdict(journey.risks),
        allergies="",
        medicines="",
        prophylaxis=Prophylaxis.NONE,
        version=1,
        created_at=START,
    )


_CLINIC = Clinic(
    clinic_id=UUID(int=3),
    handle="alpha",
    name="Clinic alpha",
    time_zone=HOME,
    country="GB",
    language="en",
    phone="",
    urgent_care="",
    openings=(),
    private_webhook_hosts=(),
)
