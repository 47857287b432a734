"""From what a phone sent to what is kept: whose clock counts, which day it was, what could not be read.

Nothing is refused here: an item that cannot be judged is set aside and named, a clock that is wrong is put right and
named.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from aftercare.care.instrument import CURRENT_VERSION, UnknownInstrumentError, load, read_answers
from aftercare.checks.recovery import day_in, place
from aftercare.errors import Malformed
from aftercare.model.check_ins import Adjusted, CheckInDraft, Kept
from aftercare.model.people import Actor
from aftercare.model.recovery import Recovery
from aftercare.model.words import AnsweredBy
from aftercare.services.zones import known_zone

# A phone's clock drifts by seconds, and an answer takes its time on the way; what is more is a clock that is wrong.
_DRIFT = timedelta(minutes=2)
_A_CENTURY = timedelta(days=36_525)
# The ends of the calendar are PostgreSQL's infinities to the driver, which come back as another type.
_FIRST, _LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
_ID_VERSIONS = {4, 7}


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """When something came, and by how much the clock of the phone that sent it is ahead of ours."""

    now: datetime
    ahead: timedelta

    def put_right(self, said: datetime) -> datetime | None:
        """An instant of that phone in UTC by our clock, or None where no calendar could hold it."""
        if not 1900 < said.year < 9000:
            return None
        return said.astimezone(UTC) - self.ahead


def require_client_id(item_id: UUID, pointer: str) -> None:
    """Ids are made on the phone at random or by time, so that no two phones make the same. Raises Malformed."""
    if item_id.version not in _ID_VERSIONS:
        raise Malformed(
            "Ids are UUIDs of version 4 or 7.", pointers={pointer: "not a UUID of version 4 or 7"}
        )


def keep(
    mine: Recovery, actor: Actor, check_in_id: UUID, draft: CheckInDraft, arrival: Arrival
) -> tuple[Kept, tuple[Adjusted, ...]]:
    """Give what is kept of a draft, and what of its envelope was recomputed."""
    adjusted: list[Adjusted] = []
    zone = draft.time_zone
    if not known_zone(zone):
        zone = mine.patient.time_zone
        adjusted.append(Adjusted(pointer="/time_zone", reason="This zone is not known here.", used=zone))
    judged_at = _judged_at(mine, draft, arrival, adjusted)
    try:
        instrument = load(draft.instrument)
    except UnknownInstrumentError:
        instrument = load(CURRENT_VERSION)
        adjusted.append(
            Adjusted(
                pointer="/instrument",
                reason="This version of the questions is not known here; it was read by ours.",
                used=str(CURRENT_VERSION),
            )
        )
    reading = read_answers(instrument, draft.answers)
    kept = Kept(
        check_in_id=check_in_id,
        instrument=draft.instrument,
        recorded_at=in_utc(draft.recorded_at),
        received_at=arrival.now,
        judged_at=judged_at,
        said_day=draft.day,
        time_zone=zone,
        answered_by=_who_answered(actor, draft),
        staff_id=actor.id if actor.kind == "staff" else None,
        supersedes=draft.supersedes,
        unscheduled=draft.day is None,
        answers=reading.answers,
        set_aside=tuple(
            {
                "pointer": f"/answers{one.pointer}",
                "reason": one.reason,
                "sent": _storable(one.sent),
            }
            for one in reading.set_aside
        ),
    )
    day = day_in(place(mine, judged_at), kept)
    if draft.day is not None and day is not None and draft.day != day:
        adjusted.append(
            Adjusted(pointer="/day", reason="The day was recomputed from recorded_at.", used=str(day))
        )
    return kept, tuple(adjusted)


def _who_answered(actor: Actor, draft: CheckInDraft) -> AnsweredBy:
    """Staff are whoever signed in as staff, never a phone's word."""
    if actor.kind == "staff":
        return AnsweredBy.STAFF
    return AnsweredBy.SELF if draft.answered_by is AnsweredBy.STAFF else draft.answered_by


def _judged_at(mine: Recovery, draft: CheckInDraft, arrival: Arrival, adjusted: list[Adjusted]) -> datetime:
    now, recorded_at = arrival.now, arrival.put_right(draft.recorded_at)
    if recorded_at is not None and recorded_at <= now + _DRIFT:
        oldest = min((episode.session_at for episode in mine.episodes), default=mine.patient.created_at)
        if recorded_at >= oldest - timedelta(days=1):
            if arrival.ahead:
                reason = "The phone's clock is wrong; it was put right by what it said when this was sent."
                adjusted.append(Adjusted(pointer="/recorded_at", reason=reason, used=recorded_at.isoformat()))
            # A check-in from just before a session, by a clock that runs late, is still about that session.
            return max(min(recorded_at, now), oldest) if mine.episodes else min(recorded_at, now)
        reason = "The phone's clock is before any session; the time of arrival is used."
    else:
        reason = "The phone's clock is ahead of ours; the time of arrival is used."
    adjusted.append(Adjusted(pointer="/recorded_at", reason=reason, used=now.isoformat()))
    return now


def arrival_of(now: datetime, sent_at: datetime | None) -> Arrival:
    """What came now; the clock counts as wrong only by more than a slow network and less than any calendar explains."""
    ahead = sent_at - now if sent_at is not None else timedelta(0)
    return Arrival(now=now, ahead=ahead if _DRIFT < abs(ahead) < _A_CENTURY else timedelta(0))


def in_utc(said: datetime) -> datetime:
    """The instant in UTC; for the first and last hours of the calendar the nearest one that can be kept."""
    return max(_FIRST, min(said, _LAST)).astimezone(UTC)


def _storable(value: Any) -> Any:
    """The value as JSON text if PostgreSQL's json cannot take it as it is, so that nothing is lost."""
    try:
        text = msgspec.json.encode(value).decode()
    except (TypeError, ValueError, OverflowError, RecursionError):
        return None
    return value if "\\u0000" not in text else text
