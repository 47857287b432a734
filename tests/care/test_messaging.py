"""When a message must be read, when it is told of, and what a patient reads while the clinic is closed."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.care.instrument import CURRENT_VERSION
from aftercare.care.messaging import (
    as_check_in,
    closed_notice,
    is_night,
    patient_told_at,
    read_by,
    staff_told_at,
)
from aftercare.care.opening import is_open, open_time, openings
from aftercare.model.check_ins import Kept
from aftercare.model.clinic import Holiday, Opening, OpeningHours
from aftercare.model.patient_messages import Spoken
from aftercare.model.words import AnsweredBy

LONDON = ZoneInfo("Europe/London")
OFFICE = OpeningHours(
    time_zone="Europe/London",
    openings=tuple(Opening(weekday=day, opens=time(9), closes=time(17)) for day in range(5)),
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


@pytest.mark.parametrize(
    ("came", "by"),
    [
        ("2026-03-02 15:00", "2026-03-03 15:00"),  # a Monday afternoon
        ("2026-03-02 09:00", "2026-03-03 09:00"),
        ("2026-03-02 03:00", "2026-03-03 09:00"),  # before the opening: a whole Monday
        ("2026-03-06 16:00", "2026-03-09 16:00"),  # over a weekend
        ("2026-03-07 10:00", "2026-03-10 09:00"),  # on a Saturday: a whole Monday
        ("2026-03-27 15:00", "2026-03-30 15:00"),  # the clocks change between the two
    ],
)
def test_a_message_must_be_read_within_one_working_day(came: str, by: str) -> None:
    assert read_by(OFFICE, at(came)) == at(by)


def test_a_holiday_is_no_working_day() -> None:
    hours = OpeningHours(
        time_zone=OFFICE.time_zone,
        openings=OFFICE.openings,
        holidays=(Holiday(on=date(2026, 3, 3), name="Closed", openings=()),),
    )
    assert read_by(hours, at("2026-03-02 15:00")) == at("2026-03-04 15:00")


@pytest.mark.parametrize("days", [7, 5])  # but for one holiday; but for weekends
def test_a_clinic_that_is_open_through_the_night_has_working_days_too(days: int) -> None:
    hours = OpeningHours(
        time_zone="Europe/London",
        openings=tuple(Opening(weekday=day, opens=time.min, closes=time.max) for day in range(days)),
        holidays=(Holiday(on=date(2026, 3, 25), name="Closed"),),
    )
    assert read_by(hours, at("2026-03-04 15:00")) == at("2026-03-05 15:00")
    assert read_by(hours, at("2026-03-04 03:00")) == at("2026-03-05 09:00")


def test_a_clinic_that_has_said_no_hours_has_a_day() -> None:
    nowhere = OpeningHours(time_zone="Europe/London")
    assert read_by(nowhere, at("2026-03-07 15:00")) == at("2026-03-08 15:00")


def test_a_working_day_is_the_clinics_own_wherever_that_is() -> None:
    auckland = OpeningHours(time_zone="Pacific/Auckland", openings=OFFICE.openings)
    zone = ZoneInfo("Pacific/Auckland")
    monday_night, tuesday = (datetime(2026, 3, 2, 0, 30, tzinfo=zone), datetime(2026, 3, 3, 9, tzinfo=zone))
    assert read_by(auckland, monday_night.astimezone(UTC)) == tuesday  # a Sunday still in London


_NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
_INSTANTS = st.integers(0, 365 * 24 * 60).map(lambda minutes: _NEW_YEAR + timedelta(minutes=minutes))
_SPANS = st.tuples(st.integers(0, 6), st.integers(0, 20), st.integers(1, 3)).map(
    lambda one: Opening(weekday=one[0], opens=time(one[1]), closes=time(one[1] + one[2]))
)
_HOURS = st.lists(_SPANS, min_size=1, max_size=8).map(
    lambda spans: OpeningHours(time_zone="Europe/London", openings=tuple(spans))
)


@given(_HOURS, _INSTANTS)
def test_nobody_waits_longer_than_one_working_day_and_everyone_has_time_to_read(
    hours: OpeningHours, came: datetime
) -> None:
    by = read_by(hours, came)
    assert came < by
    opened = open_time(hours, came, by)
    assert opened > timedelta(0)  # it never becomes late without the clinic having been open
    days = {
        day.astimezone(LONDON).date()
        for opens, closes in openings(hours, came, by)
        for day in (max(opens, came), min(closes, by) - timedelta(seconds=1))
    }
    assert len(days) <= 2


@given(_HOURS, _INSTANTS)
def test_staff_are_told_after_every_message_and_only_while_the_clinic_is_open(
    hours: OpeningHours, came: datetime
) -> None:
    told = staff_told_at(hours, came)
    assert told > came
    assert is_open(hours, told)


def test_messages_of_one_hour_are_told_of_together() -> None:
    first, second = (
        staff_told_at(OFFICE, at("2026-03-02 10:05:20.5")),
        staff_told_at(OFFICE, at("2026-03-02 10:50")),
    )
    assert first == second == at("2026-03-02 11:00")
    assert staff_told_at(OFFICE, at("2026-03-07 12:00")) == at("2026-03-09 09:00")


def test_a_patient_is_told_in_the_morning_of_what_was_written_by_night() -> None:
    zone = "Europe/Madrid"
    day, late, early = (datetime(2026, 3, 2, hour, 30, tzinfo=UTC) for hour in (12, 21, 4))
    assert patient_told_at(day, zone, urgent=False) == day
    assert patient_told_at(late, zone, urgent=False) == datetime(2026, 3, 3, 8, tzinfo=UTC)
    assert patient_told_at(early, zone, urgent=False) == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert patient_told_at(late, zone, urgent=True) == late
    assert (is_night(late, zone), is_night(day, zone)) == (True, False)


@pytest.mark.parametrize(
    ("wall", "night"), [("08:59:59", True), ("09:00", False), ("20:59:59", False), ("21:00", True)]
)
@pytest.mark.parametrize("zone", ["Europe/London", "America/Los_Angeles", "Asia/Kathmandu"])
def test_it_is_night_from_nine_to_nine_where_the_patient_is(zone: str, wall: str, *, night: bool) -> None:
    local = datetime.fromisoformat(f"2026-03-02 {wall}").replace(tzinfo=ZoneInfo(zone))
    assert is_night(local.astimezone(UTC), zone) is night
    in_the_morning = patient_told_at(local.astimezone(UTC), zone, urgent=False)
    assert (in_the_morning == local) is not night
    assert in_the_morning.astimezone(ZoneInfo(zone)).time() >= time(9)


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en-GB", "The clinic is closed. It reads messages from Monday 9 March at 09:00. If it cannot wait: 111."),
        ("es", "La clínica está cerrada. Lee los mensajes a partir del lunes 9 de marzo a las 09:00. Si no puede esperar: 111."),
        ("pt-BR", "A clínica está fechada. Lê as mensagens a partir de: segunda-feira, 9 de março, às 09:00. Se não puder esperar: 111."),
        ("pt_PT", "A clínica está fechada. Lê as mensagens a partir de: segunda-feira, 9 de março, às 09:00. Se não puder esperar: 111."),
        ("de", "The clinic is closed. It reads messages from Monday 9 March at 09:00. If it cannot wait: 111."),
    ],
)  # fmt: skip
def test_a_closed_clinic_says_when_it_reads_and_where_to_turn(language: str, told: str) -> None:
    saturday = at("2026-03-07 10:00")
    notice = closed_notice(
        OFFICE, saturday, language=language, time_zone="Europe/London", urgent_number="111"
    )
    assert notice == told


def test_an_open_clinic_says_nothing_of_it() -> None:
    monday = at("2026-03-02 10:00")
    assert closed_notice(OFFICE, monday, language="en", time_zone="UTC", urgent_number="111") is None


def test_when_a_clinic_reads_is_told_in_the_patients_own_time_and_nothing_more_than_is_known() -> None:
    def told(hours: OpeningHours, zone: str, number: str | None) -> str | None:
        return closed_notice(
            hours, at("2026-03-07 10:00"), language="en", time_zone=zone, urgent_number=number
        )

    reads = "The clinic is closed. It reads messages from Monday 9 March at {}."
    assert told(OFFICE, "Europe/Berlin", None) == reads.format("10:00")
    assert told(OFFICE, "America/New_York", "911") == f"{reads.format('05:00')} If it cannot wait: 911."
    irregular = "The clinic reads messages at irregular hours."
    assert told(OpeningHours(time_zone="Europe/London"), "UTC", None) == irregular


def test_a_message_is_judged_as_a_check_in_in_which_nothing_else_was_said() -> None:
    written, received, judged = (at(f"2026-03-02 10:0{minute}") for minute in (1, 2, 3))
    message = Spoken(
        message_id=UUID(int=5),
        text="My lip tingles.",
        written_at=written,
        received_at=received,
        judged_at=judged,
        time_zone="Europe/Madrid",
    )
    assert as_check_in(message) == Kept(
        check_in_id=UUID(int=5),
        instrument=CURRENT_VERSION,
        recorded_at=written,
        received_at=received,
        judged_at=judged,
        said_day=None,
        time_zone="Europe/Madrid",
        answered_by=AnsweredBy.SELF,
        unscheduled=True,
        answers={"message": "My lip tingles."},
    )
