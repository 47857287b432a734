"""Whose day a check-in is: which session judges it, what the older session still judges, and what precedes any."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from aftercare.checks import default_pack
from aftercare.checks.clinic_pack import changed
from aftercare.checks.judging import Judging, judge_recovery
from aftercare.checks.recovery import NEVER_TREATED_DAY, day_in, findings, place, timeline
from aftercare.checks.unread import waits_unread
from aftercare.model.care import Episode
from aftercare.model.check_ins import Kept
from aftercare.model.findings import Evidence, Finding
from aftercare.model.patient_messages import Spoken
from aftercare.model.people import Clinic, Patient
from aftercare.model.recovery import Recovery
from aftercare.model.timeline import Risks, Timeline, TimelineCheckIn, Treatment
from aftercare.model.words import AnsweredBy, Code, Modality, Prophylaxis, Tier

SESSION = datetime(
    2026, 1, 13, 23, tzinfo=UTC
)  # late in the evening in London, noon of the next day in Auckland
LONDON, AUCKLAND = "Europe/London", "Pacific/Auckland"
PATIENT, LASERED = UUID(int=1), UUID(int=3)
PACK = default_pack()


def patient(**known: Any) -> Patient:
    unknown: dict[str, Any] = dict.fromkeys(Patient.__struct_fields__)
    blank = dict.fromkeys(("name", "reference", "phone", "email", "allergies", "medicines"), "")
    frame = {
        "patient_id": PATIENT,
        "language": "es",
        "country": "GB",
        "time_zone": LONDON,
        "baseline": {},
        "prophylaxis": Prophylaxis.NONE,
        "version": 1,
        "created_at": SESSION,
    }
    return Patient(**(unknown | blank | frame | known))


def treated(on_day: float, number: int = 2, **known: Any) -> Episode:
    """A session so many days after the first."""
    at = SESSION + timedelta(days=on_day)
    frame: dict[str, Any] = {
        "episode_id": UUID(int=number),
        "patient_id": PATIENT,
        "with_day_90": False,
        "opened_at": at,
        "calendar_ends_at": None,
        "session_id": UUID(int=100 + number),
        "course_id": UUID(int=200),
        "modality": Modality.MICRONEEDLING,
        "session_at": at,
        "needle_depth_mm": None,
        "pigment_treated": None,
        "anaesthetic": "",
    }
    return Episode(**(frame | known))


FIRST, SECOND, THIRD = treated(0, 2), treated(30, 3), treated(40, 4)
BY_NAME = {FIRST.episode_id: "first", SECOND.episode_id: "second", THIRD.episode_id: "third", PATIENT: "none"}


def said(on_day: float, *, zone: str = LONDON, **answers: Any) -> Kept:
    """Answers of so many days after the first session."""
    at = SESSION + timedelta(days=on_day)
    return Kept(
        check_in_id=UUID(int=int(on_day * 1000) + 1_000_000),
        instrument=1,
        recorded_at=at,
        received_at=at,
        judged_at=at,
        said_day=None,
        time_zone=zone,
        answered_by=AnsweredBy.SELF,
        answers=answers,
    )


def recovery(*sessions: Episode, before: tuple[Kept, ...] = (), **known: Any) -> Recovery:
    """A recovery with these sessions and what was said before the check-ins that are new."""
    clinic = Clinic(
        clinic_id=UUID(int=9),
        handle="sample",
        name="Sample Clinic",
        time_zone=LONDON,
        country="GB",
        language="en",
        phone="",
        urgent_care="",
        openings=(),
        private_webhook_hosts=(),
    )
    newest_first = tuple(sorted(sessions, key=lambda one: one.session_at, reverse=True))
    return Recovery(
        clinic=clinic, patient=patient(**known), episodes=newest_first, check_ins=before, alerts=()
    )


def raised(mine: Recovery, *new: Kept) -> dict[str, list[tuple[int, str]]]:
    """The day and the row of each finding, by the session that judges it."""
    return {
        BY_NAME[episode_id]: [(one.day, one.row) for one in those]
        for episode_id, those in findings(PACK, mine, new).items()
        if those
    }


# --- the session that a check-in belongs to


def test_a_check_in_belongs_to_the_newest_session_before_it_and_to_none_before_the_first() -> None:
    mine = recovery(FIRST, SECOND)
    instant = timedelta(microseconds=1)
    assert place(mine, FIRST.session_at - instant) is None
    assert place(mine, FIRST.session_at) == FIRST
    assert place(mine, SECOND.session_at - instant) == FIRST
    assert place(mine, SECOND.session_at) == SECOND


def test_a_day_is_counted_by_the_dates_where_the_patient_is() -> None:
    assert day_in(None, said(1)) is None
    two_hours_on = 2 / 24
    assert day_in(FIRST, said(two_hours_on)) == 1  # past midnight in London
    assert day_in(FIRST, said(two_hours_on, zone=AUCKLAND)) == 0


def test_the_checks_see_the_session_its_risks_and_what_was_said_from_its_instant_on() -> None:
    lasered = treated(
        0,
        3,
        modality=Modality.LASER_GENESIS,
        needle_depth_mm=1.5,
        pigment_treated=True,
        anaesthetic="lidocaine",
    )
    mine = recovery(lasered, hsv_history=True, fitzpatrick=5, time_zone=AUCKLAND)
    at_once, later = said(0, redness=2), said(1.5, zone=AUCKLAND, pain=1)
    assert timeline(mine, lasered, [said(-0.001, pain=4), at_once, later]) == Timeline(
        id=str(LASERED),
        modality=Modality.LASER_GENESIS,
        session_at=SESSION,
        time_zone=AUCKLAND,
        language="es",
        patient=Risks(hsv_history=True, fitzpatrick=5, baseline={}),
        session=Treatment(needle_depth_mm=1.5, pigment_treated=True, anaesthetic="lidocaine"),
        check_ins=[
            TimelineCheckIn(day=0, hours_after=0.0, answers={"redness": 2}, id=str(at_once.check_in_id)),
            TimelineCheckIn(day=2, hours_after=36.0, answers={"pain": 1}, id=str(later.check_in_id)),
        ],
    )


# --- what is judged, and by which session

LUMPS_AND_SPREADING: dict[str, Any] = {"lumps": True, "spreading": True}


@pytest.mark.parametrize(
    ("sessions", "day", "who"),
    [
        ((FIRST,), 35, {"first": ["infection.spreading", "nodules.lumps"]}),
        ((FIRST, SECOND), 35, {"first": ["nodules.lumps"], "second": ["infection.spreading"]}),
        ((FIRST, SECOND), 30, {"first": ["nodules.lumps"], "second": ["infection.spreading"]}),
        ((FIRST, SECOND), 30.5, {"first": ["nodules.lumps"], "second": ["infection.spreading"]}),
        ((FIRST, SECOND), 29.5, {"first": ["infection.spreading", "nodules.lumps"]}),
        # Day 42 of the first session ends an hour after the hour of the session, at midnight.
        ((FIRST, SECOND), 42 + 1 / 24, {"first": ["nodules.lumps"], "second": ["infection.spreading"]}),
        ((FIRST, SECOND), 42.05, {"second": ["infection.spreading", "nodules.lumps"]}),
        (
            (treated(0, 2, with_day_90=True), SECOND),
            42.05,
            {"first": ["nodules.lumps"], "second": ["infection.spreading"]},
        ),
        # Of three it is the one before the newest, also where the first is still monitored.
        ((FIRST, SECOND, THIRD), 41.5, {"second": ["nodules.lumps"], "third": ["infection.spreading"]}),
    ],
    ids=[
        "one session",
        "two sessions",
        "the very instant of the second",
        "half a day after the second",
        "half a day before the second",
        "the last instant of day 42",
        "the first day after day 42",
        "the same where day 90 was asked for",
        "three sessions",
    ],
)
def test_late_signs_are_the_older_sessions_while_it_is_monitored_and_all_else_the_newest_ones(
    sessions: tuple[Episode, ...], day: float, who: dict[str, list[str]]
) -> None:
    found = raised(recovery(*sessions), said(day, **LUMPS_AND_SPREADING))
    assert {session: sorted(row for _, row in rows) for session, rows in found.items()} == who


def test_monitoring_of_the_older_session_ends_where_the_patient_is_now() -> None:
    # Day 42 is over in London; in Auckland it lasts eleven hours longer, since it began that much later.
    for zone, session in ((LONDON, "second"), (AUCKLAND, "first")):
        (who,) = raised(recovery(FIRST, SECOND), said(42.2, zone=zone, lumps=True))
        assert who == session


def test_each_late_sign_counts_from_the_older_session() -> None:
    signs: dict[str, Any] = {"white_bumps": True, "dark_patches": True, "lumps": True, "raised_scar": True}
    (rows,) = raised(recovery(FIRST, SECOND), said(33, **signs)).values()
    assert sorted(rows) == [
        (33, "milia.white_bumps"),
        (33, "nodules.lumps"),
        (33, "pigment.dark_patches"),
        (33, "scarring.raised_scar"),
    ]


def test_a_late_check_in_is_judged_with_what_came_after_it_and_not_what_came_before() -> None:
    before = (said(2, tingling=True), said(5, pain=1), said(7, spreading=True))
    assert raised(recovery(FIRST, before=before), said(6, pain=1)) == {
        "first": [(6, "pain.mild"), (7, "infection.spreading")]
    }


def test_what_arrives_together_is_judged_from_the_oldest_of_it_on() -> None:
    mine = recovery(FIRST, before=(said(2, tingling=True),))
    assert raised(mine, said(4, lumps=True), said(3, spreading=True)) == {
        "first": [(3, "infection.spreading"), (4, "nodules.lumps")]
    }


def test_what_came_between_two_sessions_has_its_context_and_leaves_the_newer_one_as_it_was() -> None:
    mine = recovery(FIRST, SECOND, before=(said(20, tingling=True), said(31, spreading=True)))
    (rows,) = (rows for who, rows in raised(mine, said(21, tingling=True)).items() if who == "first")
    assert rows == [(21, "cold_sore.tingling")]
    found = findings(PACK, mine, [said(21, tingling=True)])[FIRST.episode_id]
    assert found[0].reason == "Tingling in one spot, also the day before."


# --- before any session


def test_before_any_session_a_check_in_is_judged_as_one_of_long_after() -> None:
    assert raised(recovery(), said(5, swelling=2)) == {"none": [(NEVER_TREATED_DAY, "swelling.moderate")]}
    assert raised(recovery(), said(5, very_unwell=True))["none"][0][1] == "infection.very_unwell"


def test_before_any_session_the_risks_and_the_language_are_known_too() -> None:
    (found,) = findings(
        PACK, recovery(immunosuppressed=True), [said(0, note="tengo fiebre de 38,7")]
    ).values()
    assert {one.row for one in found} == {"infection.fever"}
    (ulcer,) = findings(PACK, recovery(immunosuppressed=True), [said(0, ulcer=True)])[PATIENT]
    assert ulcer.tier is Tier.SAME_DAY


def test_before_any_session_a_note_is_read_in_the_patients_language() -> None:
    note = "sorry for the confusion"
    assert raised(recovery(language="en"), said(0, note=note)) == {}
    assert raised(recovery(language="xx"), said(0, note=note)) != {}


def test_before_any_session_a_rise_within_one_date_is_counted_from_twelve_hours_on() -> None:
    def rows(apart: float) -> set[str]:
        found = raised(recovery(), said(5.1, pain=0), said(5.1 + apart, pain=2))
        return {row for _, row in found["none"]}

    assert "pain.rise" in rows(12 / 24)
    assert "pain.rise" not in rows(11.99 / 24)


def test_before_any_session_what_was_said_is_context_and_what_came_after_is_judged_again() -> None:
    mine = recovery(SECOND, before=(said(1, tingling=True), said(4, pain=1), said(31, spreading=True)))
    assert raised(mine, said(3, pain=1), said(2.5, redness=0)) == {
        "none": [(NEVER_TREATED_DAY + 1, "pain.mild")]
    }
    (found,) = findings(PACK, mine, [said(3, tingling=True)])[PATIENT][:1]
    assert found.reason == "Tingling in one spot, also on 14 January 2026."


def test_before_any_session_a_date_is_the_one_where_the_patient_was() -> None:
    # Eleven in the morning of New Year's Eve in London; in Auckland it has just struck midnight.
    for zone, date in ((LONDON, "31 December 2025"), (AUCKLAND, "1 January 2026")):
        mine = recovery(before=(said(-13.5, zone=zone, tingling=False),))
        (found,) = findings(PACK, mine, [said(3, zone=zone, tingling=True)])[PATIENT]
        assert found.reason == f"Tingling in one spot, new since {date}."


@pytest.mark.parametrize(
    ("earlier", "now", "sentence"),
    [
        ({}, {"tingling": True}, "Tingling in one spot, before any session."),
        ({"tingling": False}, {"tingling": True}, "Tingling in one spot, new since 31 December 2025."),
        (
            {"pain": 1},
            {"pain": 2},
            "Pain 2 (moderate), before any session; none is expected, and it was 1 on 31 December 2025.",
        ),
        ({}, {"hives": "elsewhere"}, "Hives beyond the treated skin, before any session."),
        ({}, {"eye": ["pain"]}, "Pain in the eye, before any session."),
        ({}, {"wants_contact": "urgent"}, "Asks to be contacted, before any session: urgent."),
    ],
)
def test_before_any_session_a_sentence_says_so_and_gives_dates_since_no_day_was_counted(
    earlier: dict[str, Any], now: dict[str, Any], sentence: str
) -> None:
    mine = recovery(before=(said(-13.5, **earlier),))
    assert sentence in [one.reason for one in findings(PACK, mine, [said(3, **now)])[PATIENT]]


def test_what_arrives_together_from_before_and_after_the_first_session_is_judged_each_in_its_place() -> None:
    assert raised(recovery(FIRST), said(1, tingling=True), said(-2, spreading=True)) == {
        "none": [(NEVER_TREATED_DAY, "infection.spreading")],
        "first": [(1, "cold_sore.tingling")],
    }


# --- by which packs


def test_every_pack_that_judges_says_its_own() -> None:
    strict, _ = changed(PACK, {"rows": {"swelling.moderate": {"tier": "same_day"}}}, number=1)
    mine, new = recovery(FIRST), [said(5, swelling=2)]
    alone = judge_recovery(Judging(), mine, new)
    assert (alone.said, alone.told, alone.muted) == (findings(PACK, mine, new),) * 2 + ({},)
    beside = judge_recovery(Judging(shadow=strict, shadow_number=1), mine, new)
    assert beside.told == findings(PACK, mine, new)
    assert beside.muted == findings(strict, mine, new)
    # A pack that is no other than the one which tells has nothing to add.
    same = judge_recovery(Judging(pack=PACK, shadow=PACK, shadow_number=1), mine, new)
    assert (same.told, same.muted) == (findings(PACK, mine, new), {})


# --- a message that nobody has read


def message(on_day: float, zone: str = LONDON) -> Spoken:
    at = SESSION + timedelta(days=on_day)
    return Spoken(
        message_id=UUID(int=77),
        text="A question about the cream",
        written_at=at,
        received_at=at,
        judged_at=at,
        time_zone=zone,
    )


def test_a_message_that_waits_is_a_contact_request_of_its_day_and_session() -> None:
    episode_id, found = waits_unread(PACK, recovery(FIRST, SECOND), message(31.9, AUCKLAND))
    *lines, rule = found.evidence
    assert rule.now == "contact_request.can_wait"
    assert episode_id == SECOND.episode_id
    assert msgspec.structs.replace(found, evidence=tuple(lines)) == Finding(
        code=Code.CONTACT_REQUEST,
        tier=Tier.ROUTINE,
        row="contact_request.can_wait",
        day=2,
        reason="A message of day 2 was not read within a working day.",
        check_in=str(UUID(int=77)),
        evidence=(Evidence(item="message", text="nobody of the clinic has read it; it waits in Messages"),),
        signs=("message.unread",),
        decisive=True,
        version="default-1",
    )


def test_a_message_from_before_any_session_waits_under_the_patients_own_id() -> None:
    episode_id, found = waits_unread(PACK, recovery(FIRST), message(-1))
    assert (episode_id, found.day) == (PATIENT, NEVER_TREATED_DAY)
    assert found.reason == "A message from before any session was not read within a working day."


def test_a_message_waits_at_the_tier_that_the_clinics_pack_gives_even_where_the_row_is_switched_off() -> None:
    pack, faults = changed(
        PACK, {"rows": {"contact_request.can_wait": {"tier": "same_day", "off": True}}}, number=2
    )
    assert not faults
    _, found = waits_unread(pack, recovery(FIRST), message(1))
    assert (found.tier, found.version) == (Tier.SAME_DAY, "default-1+2")
