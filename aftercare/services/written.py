"""What a simulated life leaves in the database: rows, open work and letters, kept in memory until the batch is written.

Each function stands for one of the stores' and does to these rows what that statement does to the table.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

import msgspec

from aftercare.model.alerts import Fate, Told
from aftercare.model.care import Session
from aftercare.model.check_ins import ConsentState, Kept
from aftercare.model.deliveries import Letter
from aftercare.model.follow_ups import FollowUp
from aftercare.model.messages import MessageKind
from aftercare.model.people import Actor, Clinic, Patient, StaffMember
from aftercare.model.recovery import Recovery
from aftercare.model.screenings import Screening
from aftercare.model.words import Role
from aftercare.services.check_ins import CheckInAnswer
from aftercare.store.bulk import COLUMNS, Rows
from aftercare.store.call_list import CallListRow
from aftercare.store.deliveries import work_kind
from aftercare.store.patients import fold

MAIL = work_kind("smtp")
ANSWER = "250 2.0.0 (simulated)"


class Practice(msgspec.Struct, frozen=True, kw_only=True):
    """The clinic that a cohort is treated at. `staff` stand in the order in which the store gives them."""

    seed: int
    clinic: Clinic
    staff: tuple[StaffMember, ...]

    def actor(self, role: Role) -> Actor:
        """The one staff member of a role."""
        member = next(one for one in self.staff if one.role is role)
        return Actor(clinic_id=self.clinic.clinic_id, kind="staff", id=member.staff_id, role=role)


class Ids:
    """UUIDs of version 7 out of chance: in the order of time, and the same again from the same seed."""

    def __init__(self, chance: Random) -> None:
        self._chance, self._made = chance, 0

    def __call__(self, at: datetime) -> UUID:
        self._made += 1
        milliseconds, order = int(at.timestamp() * 1000), self._made & 0xFFF
        return UUID(int=milliseconds << 80 | 7 << 76 | order << 64 | 2 << 62 | self._chance.getrandbits(62))


@dataclass
class Work:
    """One row of due work."""

    due_at: datetime
    urgency: int
    fence: int = 0


def encoded(value: Any) -> str:
    """A value as JSON text."""
    return msgspec.json.encode(value).decode()


class Written:
    """Everything that is stored about one patient."""

    def __init__(
        self,
        practice: Practice,
        patient_id: UUID,
        ids: Ids,
        due: Callable[[datetime, str, UUID], None],
    ) -> None:
        """Nothing yet. `due` is told of each piece of work, and when it falls due."""
        self.practice, self.patient_id, self.ids = practice, patient_id, ids
        self.clinic_id = practice.clinic.clinic_id
        self.letters: dict[UUID, Letter] = {}
        self._letter_of: dict[tuple[str, UUID | None], UUID] = {}
        self.work: dict[tuple[str, UUID], Work] = {}
        self._due = due
        self._calls: dict[tuple[UUID, int], tuple[CallListRow, datetime | None]] = {}
        self._rows: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)

    def add(self, table: str, *values: Any) -> None:
        """Insert a row; the clinic goes before it."""
        self._rows[table].append((self.clinic_id, *values))

    def audit(
        self, actor: Actor, action: str, at: datetime, subject_id: UUID | None = None, detail: Any = None
    ) -> None:
        """Record what was done, as `services.audit.record` does."""
        hashed = None if detail is None else hashlib.sha256(msgspec.json.encode(detail)).digest()
        self.add(
            "audit_entries", self.ids(at), at, actor.kind, actor.id, action, self.patient_id, subject_id, hashed
        )  # fmt: skip

    def patient(self, one: Patient) -> None:
        """A patient, with the words that find them and the zone that they are in from the beginning."""
        fields = msgspec.structs.asdict(one) | {"baseline": encoded(one.baseline)}
        self.add("patients", *fields.values())
        for word in fold(f"{one.name} {one.reference}"):
            self.add("patient_words", word, one.patient_id)
        self.add("patient_zones", one.patient_id, one.created_at, one.time_zone)

    def screening(self, one: Screening) -> None:
        """A screening as it was signed."""
        self.add(
            "screenings", one.screening_id, one.patient_id, one.course_id, one.scope, one.modality,
            encoded(one.answers), one.outcome, list(one.reasons), one.signed_by, one.signed_at, one.questionnaire,
            encoded(one.advice),
        )  # fmt: skip

    def consent(self, word: ConsentState, text: str) -> None:
        """A patient's word on one purpose, with the text that it was said to."""
        self.add("consents", self.patient_id, *msgspec.structs.astuple(word), text, word.given_at)

    def session(self, one: Session) -> None:
        """A treatment, with what was used up."""
        fields = msgspec.structs.asdict(one) | {"areas": list(one.areas)}
        used = fields.pop("consumables")
        self.add("sessions", *fields.values())
        for position, item in enumerate(used):
            self.add("consumables", one.session_id, position, *msgspec.structs.astuple(item))

    def check_in(self, kept: Kept, digest: bytes, answer: CheckInAnswer) -> None:
        """A check-in with the answer that it was given."""
        fields = msgspec.structs.asdict(kept)
        fields |= {"answers": encoded(kept.answers), "set_aside": encoded(kept.set_aside)}
        self.add("check_ins", self.patient_id, *fields.values(), digest, encoded(answer))

    def finding(self, told: Told, at: datetime) -> None:
        """What a check said, and what became of it."""
        if told.fate is not Fate.KNOWN:
            check_in = UUID(told.finding.check_in) if told.finding.check_in else None
            self.add(
                "findings", self.ids(at), told.alert_id, check_in, at, told.fate, told.reason, encoded(told.finding)
            )  # fmt: skip

    def follow_up(self, row: FollowUp) -> None:
        """A line of an alert's log."""
        self.add("follow_ups", self.patient_id, *(getattr(row, name) for name in COLUMNS["follow_ups"][2:]))

    def to_call(self, row: CallListRow) -> bool:
        """Put the patient on the call list; False if this miss was there before."""
        new = (row.episode_id, row.day) not in self._calls
        if new:
            self._calls[row.episode_id, row.day] = (row, None)
        return new

    def answered(self, at: datetime) -> None:
        """The patient has answered: nobody need ring."""
        self._calls = {key: (row, done or at) for key, (row, done) in self._calls.items()}

    def drop(self, kind: str, subject_id: UUID) -> None:
        """There is nothing to do any more."""
        self.work.pop((kind, subject_id), None)

    def put(self, kind: str, subject_id: UUID, due_at: datetime, urgency: int = 0) -> None:
        """Set when work is due."""
        before = self.work.get((kind, subject_id))
        self._set(kind, subject_id, Work(due_at, urgency, before.fence + 1 if before else 0))

    def bring_forward(self, kind: str, subject_id: UUID, due_at: datetime, urgency: int = 0) -> None:
        """Make work due at this instant or sooner."""
        before = self.work.get((kind, subject_id))
        sooner = min(before.due_at, due_at) if before else due_at
        most = max(before.urgency, urgency) if before else urgency
        self._set(kind, subject_id, Work(sooner, most, before.fence + 1 if before else 0))

    def claim(self, kind: str, subject_id: UUID, lease_ends: datetime) -> int:
        """Take work that is due; the fence of the claim."""
        work = self.work[kind, subject_id]
        work.due_at, work.fence = lease_ends, work.fence + 1
        return work.fence

    def settle(self, kind: str, subject_id: UUID, fence: int, again: datetime | None, urgency: int) -> None:
        """Finish or postpone, where the claim still holds."""
        work = self.work.get((kind, subject_id))
        if work is None or work.fence != fence:
            return
        if again is None:
            del self.work[kind, subject_id]
        else:
            self._set(kind, subject_id, Work(again, urgency, fence + 1))

    def _set(self, kind: str, subject_id: UUID, work: Work) -> None:
        self.work[kind, subject_id] = work
        self._due(work.due_at, kind, subject_id)

    def queue(self, letter: Letter) -> None:
        """Queue a letter, once for the same reason and recipient."""
        if letter.delivery.kind is MessageKind.DIGEST:
            letter = self._shared(letter)
        one = letter.delivery
        if (
            self._letter_of.setdefault((letter.what, one.staff_id or one.patient_id), one.delivery_id)
            != one.delivery_id
        ):
            return
        self.letters[one.delivery_id] = letter
        self.put(MAIL, one.delivery_id, letter.not_before, one.tier.rank if one.tier else 0)

    def _shared(self, letter: Letter) -> Letter:
        """The same letter under the id that it has whichever of several patients causes it first."""
        chance = Random(f"{self.practice.seed}/{letter.what}/{letter.delivery.staff_id}")  # noqa: S311 - an id, no secret
        one = msgspec.structs.replace(letter.delivery, delivery_id=Ids(chance)(letter.not_before))
        return msgspec.structs.replace(letter, delivery=one)

    def sent(self, delivery_id: UUID, at: datetime) -> Letter:
        """The relay took a letter at its first attempt."""
        letter = self.letters[delivery_id]
        one = msgspec.structs.replace(letter.delivery, state="sent", attempts=1, sent_at=at, ended_at=at)
        self.letters[delivery_id] = msgspec.structs.replace(letter, delivery=one)
        self.add("delivery_attempts", delivery_id, 1, at, "sent", ANSWER)
        return self.letters[delivery_id]

    def dropped(self, delivery_id: UUID, why: str, at: datetime) -> None:
        """Nobody needed the letter any more when it was to leave."""
        letter = self.letters[delivery_id]
        one = msgspec.structs.replace(letter.delivery, state="dropped", dropped_why=why, ended_at=at)
        self.letters[delivery_id] = msgspec.structs.replace(letter, delivery=one)

    def rows(self, mine: Recovery) -> Rows:
        """Everything, by table; `mine` is the recovery as it stands at the end."""
        for alert in mine.alerts:
            fields = msgspec.structs.asdict(alert)
            fields |= {"reported": encoded(alert.reported), "held": encoded(alert.held)}
            self.add("alerts", self.patient_id, *fields.values())
        for episode in mine.episodes:
            self.add("episodes", *(getattr(episode, column) for column in COLUMNS["episodes"][1:]))
        for call, done_at in self._calls.values():
            self.add(
                "call_list", call.episode_id, call.day, call.patient_id, list(call.missed), call.reason, call.added_at,
                done_at,
            )  # fmt: skip
        for letter in self.letters.values():
            sent = msgspec.structs.asdict(letter.delivery) | {"what": letter.what}
            self.add("deliveries", *(sent[column] for column in COLUMNS["deliveries"][1:]))
        for (kind, subject_id), work in self.work.items():
            self.add("due_work", kind, subject_id, work.due_at, work.urgency, work.fence)
        return self._rows
