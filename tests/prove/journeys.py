"""Thirty days of two recoveries as a phone says them, and the orders in which that may arrive."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from random import Random
from typing import Any
from uuid import UUID

import msgspec

from aftercare.care import cohort
from aftercare.care.instrument import Item, Kind, load
from aftercare.model.check_ins import CheckInDraft
from aftercare.model.timeline import Answers, Risks
from aftercare.model.words import Modality

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)  # a Monday; British clocks change on the 29th
END = START + timedelta(days=31)
HOME = "Europe/London"
_AWAY = ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu", "America/St_Johns")
WRONG = timedelta(hours=3)
_ITEMS = tuple(item for item in load().items if item.kind is not Kind.TEXT)
# What no instrument knows, and what is no answer to a question that it does know.
_UNREADABLE: Answers = {"made_up": True, "pain": 9, "blisters": ["few"], "fever_c": "hot", "lumps": "maybe"}


class Treated(msgspec.Struct, frozen=True, kw_only=True):
    """A session of the course."""

    at: datetime
    depth_mm: float | None
    anaesthetic: str


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A check-in as the phone holds it. `truly_at` is when it was answered, whatever the phone's clock says."""

    check_in_id: UUID
    truly_at: datetime
    draft: CheckInDraft

    @property
    def not_before(self) -> datetime:
        """From when on the server believes the phone's clock: it is not ahead of its own."""
        return max(self.truly_at, self.draft.recorded_at)


class Journey(msgspec.Struct, frozen=True, kw_only=True):
    """A patient, the sessions of one course, and everything that was said in 30 days."""

    modality: Modality
    risks: Risks
    sessions: tuple[Treated, ...]
    said: tuple[Said, ...]


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """What reaches the server in one request: by PUT if it is one and not `batched`, else by sync."""

    at: datetime
    said: tuple[Said, ...]
    batched: bool


class Way(StrEnum):
    """How check-ins come to be out of order."""

    SHUFFLED = "shuffled"  # all of them after the 30 days, in any order
    DELAYED = "delayed"  # each on its way for minutes, hours or days
    OFFLINE = "offline"  # days without a net, then everything at once by sync
    LIVE = (
        "live"  # like delayed, but many at once: a fast clock is then ahead of the server's, and not believed
    )


def draw(chance: Random, *, clock: timedelta | None = None) -> Journey:
    """Draw a journey: stories of the cohort over both sessions, and on the days between them a few answers of any kind.

    `clock` is by how much the phone's is ahead all the time; without it one answer in four was given by a clock three
    hours wrong, as when it was set meanwhile.
    """
    modality = chance.choice(tuple(Modality))
    first, second = (chance.choice(_patients(modality)) for _ in range(2))
    again_at = START + timedelta(days=chance.randrange(9, 19), hours=chance.randrange(-1, 8))
    told = {
        **_story(first, START),
        **{at: given for at, given in _any_days(chance) if chance.random() < 0.7},
        **_story(second, again_at),
    }
    zones = _zones(chance)
    said = [
        _said(chance, at, given, zones[(at - START).days], clock)
        for at, given in sorted(told.items())
        if at < END - WRONG
    ]
    said += [_edit(chance, one) for one in said if chance.random() < 0.1]
    return Journey(
        modality=modality,
        risks=first.risks,
        sessions=(_treated(first, START), _treated(second, again_at)),
        said=tuple(said),
    )


def in_order(journey: Journey) -> list[Arrival]:
    """One by one as the phone's clock orders them, none before that clock is believed."""
    ordered = sorted(journey.said, key=lambda one: (one.draft.recorded_at, str(one.check_in_id)))
    moment = timedelta(seconds=5)
    arrivals: list[Arrival] = []
    for one in ordered:
        at = max(one.not_before + moment, arrivals[-1].at if arrivals else one.not_before)
        arrivals.append(Arrival(at=at, said=(one,), batched=False))
    return arrivals


def reordered(journey: Journey, chance: Random, way: Way) -> list[Arrival]:
    """Some other order, by `way`, in which one check-in in six comes twice."""
    said = [*journey.said, *(one for one in journey.said if chance.random() < 1 / 6)]
    if way is Way.SHUFFLED:
        chance.shuffle(said)
        return list(_requests(chance, [(END + timedelta(minutes=n), one) for n, one in enumerate(said)]))
    if way is Way.OFFLINE:
        return _when_back(chance, said)
    ways = (timedelta(seconds=2), timedelta(hours=5), timedelta(days=6))
    at = [
        (one.truly_at if way is Way.LIVE else one.not_before) + chance.choice(ways) * chance.random()
        for one in said
    ]
    return list(_requests(chance, sorted(zip(at, said, strict=True), key=lambda pair: pair[0])))


def _requests(chance: Random, coming: Sequence[tuple[datetime, Said]]) -> Iterable[Arrival]:
    """Each by itself, or some that follow each other together; what comes together comes with the last of them."""
    place = 0
    while place < len(coming):
        batched = chance.random() < 0.2
        some = coming[place : place + (chance.randrange(1, 7) if batched else 1)]
        yield Arrival(at=some[-1][0], said=tuple(one for _, one in some), batched=batched)
        place += len(some)


def _when_back(chance: Random, said: list[Said]) -> list[Arrival]:
    """Days with a net and days without; what was queued comes in any order."""
    back = [START]
    while back[-1] < END:
        back.append(back[-1] + timedelta(hours=chance.choice((6, 24, 90, 200))))
    queued: dict[datetime, list[Said]] = {}
    for one in said:
        queued.setdefault(next(at for at in back if at > one.not_before), []).append(one)
    arrivals = []
    for at, those in sorted(queued.items()):
        chance.shuffle(those)
        arrivals.append(Arrival(at=at, said=tuple(those), batched=True))
    return arrivals


@cache
def _patients(modality: Modality) -> tuple[cohort.SyntheticPatient, ...]:
    drawn = cohort.draw(7, 200, now=END)
    return tuple(one for one in drawn if one.modality is modality and one.check_ins)


def _story(patient: cohort.SyntheticPatient, session_at: datetime) -> dict[datetime, Answers]:
    """What a patient of the cohort answered, moved to another session."""
    return {session_at + (one.recorded_at - patient.session_at): one.answers for one in patient.check_ins}


def _treated(patient: cohort.SyntheticPatient, at: datetime) -> Treated:
    return Treated(
        at=at,
        depth_mm=patient.treatment.needle_depth_mm,
        anaesthetic=str(patient.treatment.anaesthetic or ""),
    )


def _any_days(chance: Random) -> Iterable[tuple[datetime, Answers]]:
    for day in range(30):
        at = START + timedelta(days=day, hours=chance.uniform(0, 22))
        yield at, {item.key: _answer(chance, item) for item in chance.sample(_ITEMS, chance.randrange(6))}


def _answer(chance: Random, item: Item) -> Any:
    match item.kind:
        case Kind.GRADE:
            return chance.randrange(5)
        case Kind.BOOL:
            return chance.random() < 0.5
        case Kind.CHOICE:
            return chance.choice(item.values)
        case Kind.MANY:
            return chance.sample(item.values, chance.randrange(3))
        case Kind.NUMBER:
            return chance.choice((36.5, 37.5, 37.9, 38.4))
        case _:
            return {chance.choice(item.signs): [chance.choice(item.values)]}


def _zones(chance: Random) -> list[str]:
    """The zone of each day: home, and for half of the patients some days far away."""
    zones = [HOME] * 40
    if chance.random() < 0.5:
        leaves = chance.randrange(2, 24)
        days = chance.randrange(1, 9)
        zones[leaves : leaves + days] = [chance.choice(_AWAY)] * days
    return zones


def _said(chance: Random, at: datetime, given: Answers, zone: str, clock: timedelta | None) -> Said:
    wrong = chance.choice((WRONG, -WRONG)) if chance.random() < 0.25 else timedelta()
    wrong = wrong if clock is None else clock
    if chance.random() < 0.15:
        key = chance.choice(tuple(_UNREADABLE))
        given = {**given, key: _UNREADABLE[key]}
    draft = CheckInDraft(
        instrument=chance.choice((1, 1, 1, 1, 77)),
        recorded_at=at + wrong,
        time_zone=zone,
        day=chance.choice((None, 3)),
        answers=given,
    )
    return Said(check_in_id=_id(chance), truly_at=at, draft=draft)


def _edit(chance: Random, one: Said) -> Said:
    """An edit is a check-in of its own, of the same instant or a later one."""
    later = chance.choice((timedelta(), timedelta(minutes=4), timedelta(hours=7)))
    item = chance.choice(_ITEMS)
    draft = msgspec.structs.replace(
        one.draft,
        recorded_at=one.draft.recorded_at + later,
        answers={**one.draft.answers, item.key: _answer(chance, item)},
        supersedes=one.check_in_id,
    )
    return Said(check_in_id=_id(chance), truly_at=one.truly_at + later, draft=draft)


def _id(chance: Random) -> UUID:
    return UUID(int=chance.getrandbits(128), version=4)
