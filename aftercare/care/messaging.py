"""When a message must have been read, when staff hear of it, when a patient does, and what a patient is told while we are closed.

A working day is counted from when the clinic is open: what comes on Monday at 15:00 must be read by Tuesday at 15:00,
what comes on Saturday by Tuesday's opening, after a whole Monday.
"""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from babel.dates import format_datetime

from aftercare.care.advice_words import LANGUAGES
from aftercare.care.calendar import MORNING, at_local, start_of_day
from aftercare.care.instrument import CURRENT_VERSION
from aftercare.care.opening import digest_at, is_open, next_opening
from aftercare.care.reminding import NIGHT
from aftercare.model.check_ins import Kept
from aftercare.model.clinic import OpeningHours
from aftercare.model.patient_messages import Spoken
from aftercare.model.words import AnsweredBy

_MOMENT: Final = timedelta(minutes=1)
_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)


class _Closed(msgspec.Struct, frozen=True, kw_only=True):
    """One language. `reads_at` stands alone where no opening is known."""

    reads_at: str  # {when}
    no_hours: str
    turn_to: str  # {number}


_WORDS: Final = {
    "en": _Closed(
        reads_at="The clinic is closed. It reads messages from {when}.",
        no_hours="The clinic reads messages at irregular hours.",
        turn_to="If it cannot wait: {number}.",
    ),
    "es": _Closed(
        reads_at="La clínica está cerrada. Lee los mensajes a partir del {when}.",
        no_hours="La clínica lee los mensajes sin horario fijo.",
        turn_to="Si no puede esperar: {number}.",
    ),
    "pt": _Closed(
        reads_at="A clínica está fechada. Lê as mensagens a partir de: {when}.",
        no_hours="A clínica lê as mensagens sem horário fixo.",
        turn_to="Se não puder esperar: {number}.",
    ),
}


def read_by(hours: OpeningHours, received_at: datetime) -> datetime:
    """Return the instant one working day after a message came, by which somebody of the clinic should have read it.

    A clinic that has said no hours has a day of 24 hours.
    """
    zone = ZoneInfo(hours.time_zone)
    opened = digest_at(hours, start_of_day(received_at.astimezone(zone).date(), zone))
    counts_from = max(opened, received_at)
    opens_next = digest_at(hours, opened + _MOMENT)
    # Never past the opening after that, however late in the evening it came.
    return min(opens_next + (counts_from - opened), digest_at(hours, opens_next + _MOMENT)).astimezone(UTC)


def staff_told_at(hours: OpeningHours, received_at: datetime) -> datetime:
    """Return when staff are told of a new message: with all others of its hour, and not before the clinic opens."""
    full = received_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + _HOUR
    return full if is_open(hours, full) else next_opening(hours, full) or full


def patient_told_at(now: datetime, time_zone: str, *, urgent: bool) -> datetime:
    """Return when a patient is told of a message: at once by day, in the morning if it is night where they are."""
    if urgent or not is_night(now, time_zone):
        return now
    zone = ZoneInfo(time_zone)
    wall = now.astimezone(zone)
    day = wall.date() if wall.time() < MORNING else wall.date() + _DAY
    return max(now, at_local(day, MORNING, zone))


def is_night(now: datetime, time_zone: str) -> bool:
    """Say whether it is too late or too early where the patient is to be told of a message that can wait."""
    return not MORNING <= now.astimezone(ZoneInfo(time_zone)).time() < NIGHT


def closed_notice(
    hours: OpeningHours, now: datetime, *, language: str, time_zone: str, urgent_number: str | None
) -> str | None:
    """Say to a patient when the clinic reads next and where to turn until then; None while it is open.

    `language` is a tag such as `pt-BR`, of others than ours English; `time_zone` is the patient's; `urgent_number` a line
    for who cannot wait.
    """
    if is_open(hours, now):
        return None
    spoken = language.replace("_", "-").split("-")[0].lower()
    spoken = spoken if spoken in _WORDS else "en"
    words, opening = _WORDS[spoken], next_opening(hours, now)
    said = words.no_hours
    if opening is not None:
        when = format_datetime(opening, LANGUAGES[spoken].when, tzinfo=ZoneInfo(time_zone), locale=spoken)
        said = words.reads_at.replace("{when}", when)
    return f"{said} {words.turn_to.replace('{number}', urgent_number)}" if urgent_number else said


def as_check_in(message: Spoken) -> Kept:
    """A message as the checks take it: a check-in in which nothing else was said. Never kept as one."""
    return Kept(
        check_in_id=message.message_id,
        instrument=CURRENT_VERSION,
        recorded_at=message.written_at,
        received_at=message.received_at,
        judged_at=message.judged_at,
        said_day=None,
        time_zone=message.time_zone,
        answered_by=AnsweredBy.SELF,
        unscheduled=True,
        answers={"message": message.text},
    )
