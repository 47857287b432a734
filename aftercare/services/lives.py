"""A synthetic patient's time at the clinic, decided by what decides live.

The checks, the alerts' joining, clocks and acts and the look of the sweep are the service's own. Only reading and writing
are replaced, by `written.Written`; a test lives the same cohort through the services and compares what is stored.
"""

import hashlib
import heapq
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from random import Random
from uuid import UUID

import msgspec

from aftercare.alerts.chain_words import ESCALATED, log_line
from aftercare.alerts.chains import SHIPPED
from aftercare.alerts.clocks import due_at, lapse
from aftercare.alerts.course import course_block
from aftercare.alerts.joining import absorb
from aftercare.alerts.quiet import Handling, overtaken
from aftercare.alerts.telling import letters
from aftercare.care.cohort import SyntheticCheckIn, SyntheticPatient
from aftercare.care.consenting import CURRENT_TEXT, texts
from aftercare.care.course_plan import planned_course
from aftercare.care.instrument import load, read_answers
from aftercare.care.spacing import shipped
from aftercare.checks.pack import default_pack
from aftercare.checks.recovery import day_in, findings, place
from aftercare.model.addresses import ChannelName
from aftercare.model.advice import Advice
from aftercare.model.alerts import Alert, Change
from aftercare.model.care import Episode
from aftercare.model.check_ins import ConsentState, Kept
from aftercare.model.consents import Kind as ConsentKind
from aftercare.model.deliveries import Delivery, Letter
from aftercare.model.findings import Finding
from aftercare.model.follow_ups import FollowUp
from aftercare.model.messages import MessageKind
from aftercare.model.people import Actor
from aftercare.model.recovery import Recovery
from aftercare.model.screenings import ScreeningDraft
from aftercare.model.team import Member, Team
from aftercare.model.words import Role, Tier
from aftercare.services.check_ins import CheckInAnswer, advice_for
from aftercare.services.courses import as_session
from aftercare.services.looking import Asking, look_at, reminder_key, urgency_of
from aftercare.services.patients import as_patient
from aftercare.services.recovery import ESCALATE, SWEEP
from aftercare.services.screenings import as_screening, of_session
from aftercare.services.synthetic import (
    check_in_draft,
    course_draft,
    patient_draft,
    screening_draft,
    session_draft,
)
from aftercare.services.synthetic_staff import Intention, decide, intentions
from aftercare.services.written import MAIL, Ids, Practice, Written
from aftercare.store.bulk import Rows
from aftercare.store.deliveries import Reminder

BOOKED, TREATED, ARRIVED = timedelta(days=-3), timedelta(minutes=5), timedelta(seconds=20)
_LEASE = timedelta(minutes=2)
# What falls due comes before what somebody does at the same instant, in the order in which a worker takes it.
_TURN = {MAIL: 0, ESCALATE: 1, SWEEP: 2}
_EVENT = 3
Event = Callable[[datetime], None]


def live(practice: Practice, visits: Sequence[SyntheticPatient], now: datetime) -> Rows:
    """Everything that is stored about a patient who lived through these visits up to `now`."""
    return _Life(practice, visits, now).live()


class _Life:
    def __init__(self, practice: Practice, visits: Sequence[SyntheticPatient], now: datetime) -> None:
        self.practice, self.visits, self.now = practice, visits, now
        self.clinic = practice.clinic
        self.system = Actor(clinic_id=self.clinic.clinic_id, kind="system")
        self.me = Actor(clinic_id=self.clinic.clinic_id, kind="patient", id=visits[0].id)
        self.by = practice.actor(Role.PRACTITIONER)
        self.team = Team(
            members=tuple(Member(staff_id=one.staff_id, role=one.role) for one in practice.staff)
        )
        self.chance = Random(f"{practice.seed}/{visits[0].id}")  # noqa: S311 - a cohort, no secret
        self.ids = Ids(self.chance)
        self.written = Written(practice, visits[0].id, self.ids, self._due)
        self.reminders: dict[str, Reminder] = {}
        self.nothing_found: Advice | None = None  # what is answered then is always the same
        self._queue: list[tuple[datetime, int, int, Event]] = []
        self._order = count()
        self.mine = self._enter(visits[0].session_at + BOOKED)

    def live(self) -> Rows:
        course_id = self.ids(self.visits[0].session_at + TREATED)
        for visit in self.visits:
            self._at(visit.session_at + TREATED, partial(self._treat, visit, course_id))
        while self._queue and self._queue[0][0] <= self.now:
            at, _, _, event = heapq.heappop(self._queue)
            event(at)
        return self.written.rows(self.mine)

    def _at(self, at: datetime, event: Event, turn: int = _EVENT) -> None:
        heapq.heappush(self._queue, (at, turn, next(self._order), event))

    def _due(self, at: datetime, kind: str, subject_id: UUID) -> None:
        handle = {MAIL: self._deliver, ESCALATE: self._escalate, SWEEP: self._sweep}[kind]

        def work(now: datetime) -> None:
            set_to = self.written.work.get((kind, subject_id))
            if set_to is not None and set_to.due_at == at:  # and not anew since
                handle(subject_id, now)

        self._at(at, work, _TURN[kind])

    def _enter(self, at: datetime) -> Recovery:
        one = self.visits[0]
        draft = patient_draft(one)
        patient = as_patient(draft, self.clinic, one.id, version=1, created_at=at, today=at.date())
        self.written.patient(patient)
        self.written.audit(self.by, "patient.created", at, detail=draft)
        return Recovery(clinic=self.clinic, patient=patient, episodes=(), check_ins=(), alerts=())

    def _treat(self, visit: SyntheticPatient, course_id: UUID, at: datetime) -> None:
        """Record a session and open its episode, unless an alert of the last one blocks the course."""
        if course_block(self.mine.alerts) is not None:
            return
        if not self.mine.episodes:
            self._plan(visit, course_id, at)
        draft = session_draft(visit, course_id, self.chance, self.ids(at))
        session = as_session(draft, self.course, self.by, at)
        episode = Episode(
            episode_id=self.ids(at),
            patient_id=visit.id,
            with_day_90=draft.with_day_90,
            opened_at=at,
            calendar_ends_at=None,
            session_id=session.session_id,
            course_id=course_id,
            modality=visit.modality,
            session_at=session.session_at,
            needle_depth_mm=session.needle_depth_mm,
            pigment_treated=session.pigment_treated,
            anaesthetic=session.anaesthetic,
        )
        if draft.screening is not None:
            asked = of_session(draft.screening, session.session_id, visit.modality, course_id)
            self._screen(asked, at)
        self.written.session(session)
        older = []
        for one in self.mine.episodes:
            if one.calendar_ends_at is None:
                older.append(msgspec.structs.replace(one, calendar_ends_at=episode.session_at))
                self.written.bring_forward(SWEEP, one.episode_id, at)
            else:
                older.append(one)
        self.written.put(SWEEP, episode.episode_id, at)
        self.written.audit(self.by, "session.recorded", at, session.session_id, draft)
        if not self.mine.episodes:
            self._consent(at)
        since = older[0].session_at if older else session.session_at  # as far back as anything is judged
        kept = tuple(one for one in self.mine.check_ins if one.judged_at >= since)
        self.mine = msgspec.structs.replace(self.mine, episodes=(episode, *older), check_ins=kept)
        for said in visit.check_ins:
            self._at(said.recorded_at + ARRIVED, partial(self._say, visit, said))

    def _plan(self, visit: SyntheticPatient, course_id: UUID, at: datetime) -> None:
        planned = course_draft(visit, self.chance, course_id)
        self.course = planned_course(
            planned, shipped(planned.modality), course_id=course_id, patient_id=visit.id, now=at
        )
        self.written.add("courses", *msgspec.structs.astuple(self.course), self.by.id)
        self.written.audit(self.by, "course.created", at, course_id)
        self._screen(screening_draft(visit, course_id), at)

    def _screen(self, draft: ScreeningDraft, at: datetime) -> None:
        one = as_screening(draft, self.mine.patient, draft.screening_id or self.ids(at), self.by, at)
        self.written.screening(one)
        self.written.audit(self.by, "screening.signed", at, one.screening_id)

    def _consent(self, at: datetime) -> None:
        asked: tuple[ConsentKind, ...] = ("care", "photos")
        for kind in asked:
            consent = ConsentState(
                kind=kind, given_at=at, granted=True, text_version=CURRENT_TEXT, language="en"
            )
            text = texts().purposes[kind].as_shown(consent.language)[1]
            self.written.consent(consent, text)
            self.written.audit(self.me, "consent.granted", at, detail=consent)

    def _say(self, visit: SyntheticPatient, said: SyntheticCheckIn, at: datetime) -> None:
        """Take a check-in: what `check_ins.submit` does with one that is well formed."""
        draft = check_in_draft(visit, said)
        kept = Kept(
            check_in_id=said.id,
            instrument=draft.instrument,
            recorded_at=said.recorded_at,
            received_at=at,
            judged_at=said.recorded_at,
            said_day=said.day,
            time_zone=visit.time_zone,
            answered_by=said.answered_by,
            answers=read_answers(load(draft.instrument), draft.answers).answers,
        )
        found = findings(default_pack(), self.mine, [kept])
        self.mine = msgspec.structs.replace(self.mine, check_ins=(*self.mine.check_ins, kept))
        self._absorb(found, self.me, at)
        own = [one for those in found.values() for one in those if one.check_in == str(said.id)]
        answer = CheckInAnswer(
            check_in_id=said.id,
            received_at=at,
            day=day_in(place(self.mine, kept.judged_at), kept),
            advice=self._advice(own, at),
            ask_again=not kept.answers,
        )
        digest = hashlib.sha256(msgspec.json.encode(draft, order="sorted")).digest()
        self.written.check_in(kept, digest, answer)
        self.written.answered(at)
        self.written.audit(self.me, "check_in.received", at, said.id, kept)

    def _advice(self, own: list[Finding], at: datetime) -> Advice:
        if own:
            return advice_for(self.mine, own, at)
        self.nothing_found = self.nothing_found or advice_for(self.mine, own, at)
        return self.nothing_found

    def _absorb(self, found: dict[UUID, list[Finding]], actor: Actor, at: datetime) -> None:
        recorded = {str(one.check_in_id): one.judged_at for one in self.mine.check_ins}
        for episode_id, those in found.items():
            if those:
                change = absorb(
                    [alert for alert in self.mine.alerts if alert.episode_id == episode_id],
                    those,
                    episode_id=episode_id,
                    now=at,
                    hours=self.clinic.hours,
                    new_id=partial(self.ids, at),
                    recorded=recorded,
                )
                self._write(change, actor, at)

    def _write(self, change: Change, actor: Actor, at: datetime) -> None:
        for alert in change.new:
            self.written.audit(actor, "alert.raised", at, alert.id, alert)
        for alert in change.changed:
            self.written.audit(actor, "alert.changed", at, alert.id, alert)
        for told in change.findings:
            self.written.finding(told, at)
        known = {alert.id: alert for alert in self.mine.alerts}
        for alert in (*change.new, *change.changed):
            known[alert.id] = alert
            self._set_clock(alert)
        self.mine = msgspec.structs.replace(self.mine, alerts=tuple(known.values()))
        for letter in letters(change.notices, self.team, at, partial(self.ids, at)):
            self.written.queue(letter)
        if (change.new or change.changed) and self.mine.newest is not None:
            tiers = [alert.tier.rank for alert in (*change.new, *change.changed) if alert.unresolved]
            self.written.bring_forward(SWEEP, self.mine.newest.episode_id, at, max(tiers, default=0))
        for alert in change.new:  # what staff will do about it
            for one in intentions(alert, self.practice, self.chance, now=self.now):
                self._at(one.at, partial(self._act, alert.id, one))

    def _set_clock(self, alert: Alert) -> None:
        at = due_at(alert)
        if at is None:
            self.written.drop(ESCALATE, alert.id)
        else:
            self.written.put(ESCALATE, alert.id, at.astimezone(UTC), alert.tier.rank)

    def _alert(self, alert_id: UUID) -> Alert:
        return next(one for one in self.mine.alerts if one.id == alert_id)

    def _deliver(self, delivery_id: UUID, at: datetime) -> None:
        self.written.drop(MAIL, delivery_id)
        why = self._dealt_with(self.written.letters[delivery_id].delivery, at)
        if why is not None:
            self.written.dropped(delivery_id, why, at)
            return
        letter = self.written.sent(delivery_id, at)
        if letter.what in self.reminders:
            before = self.reminders[letter.what]
            self.reminders[letter.what] = msgspec.structs.replace(before, state="sent", sent_at=at)

    def _dealt_with(self, one: Delivery, at: datetime) -> str | None:
        """Why nobody need hear any more of what waited for the opening: what `releasing` asks before a first try."""
        if one.alert_id is None or one.tier is Tier.EMERGENCY:
            return None
        alert = msgspec.convert(self._alert(one.alert_id), Handling, from_attributes=True)
        return overtaken(alert, one.queued_at, at)

    def _escalate(self, alert_id: UUID, at: datetime) -> None:
        self.written.claim(ESCALATE, alert_id, at + _LEASE)
        alert = self._alert(alert_id)
        change = lapse(alert, now=at, hours=self.clinic.hours)
        line = log_line(alert, change, SHIPPED, {}, now=at, time_zone=self.clinic.time_zone)
        if line is not None:
            self.written.follow_up(
                FollowUp(follow_up_id=self.ids(at), alert_id=alert_id, at=at, kind=ESCALATED, text=line)
            )
        self._write(change, self.system, at)
        if change == Change():
            self._set_clock(alert)

    def _sweep(self, episode_id: UUID, at: datetime) -> None:
        fence = self.written.claim(SWEEP, episode_id, at + _LEASE)
        episode = next(one for one in self.mine.episodes if one.episode_id == episode_id)
        urgency = urgency_of(self.mine, episode)
        look = look_at(self.mine, episode, self.reminders, at)
        for asking in look.remind:
            self._remind(episode, asking, at)
        for row in look.call:
            if self.written.to_call(row):
                self.written.audit(self.system, "call_list.added", at, episode_id)
        if look.findings:
            self._absorb({episode_id: list(look.findings)}, self.system, at)
        self.written.settle(SWEEP, episode_id, fence, look.again, urgency)

    def _remind(self, episode: Episode, asking: Asking, at: datetime) -> None:
        what = reminder_key(asking.kind, episode, asking.due.day)
        if what in self.reminders:
            return
        reminder = Delivery(
            delivery_id=self.ids(at),
            channel=ChannelName.SMTP,
            kind=MessageKind.REMINDER,
            patient_id=self.me.id,
            day=asking.due.day,
            queued_at=asking.at,
        )
        self.reminders[what] = Reminder(
            day=asking.due.day, what=what, state="queued", queued_at=asking.at, sent_at=None
        )
        self.written.queue(Letter(what=what, delivery=reminder, not_before=asking.at))

    def _act(self, alert_id: UUID, one: Intention, at: datetime) -> None:
        alert = self._alert(alert_id)
        if not one.fits(alert):
            return
        outcome = one.outcome(self.chance)
        change = decide(alert, one, outcome, now=at, hours=self.clinic.hours)
        if change == Change():
            return
        row = FollowUp(
            follow_up_id=self.ids(at),
            alert_id=alert_id,
            at=at,
            kind=one.act,
            staff_id=one.by.id,
            text=one.text,
            outcome=outcome,
        )
        self.written.follow_up(row)
        self.written.audit(one.by, f"alert.{one.act}", at, alert_id, row)
        self._write(change, one.by, at)
