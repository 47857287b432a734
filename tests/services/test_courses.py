"""Sessions, their consumables and what blocks the next one."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from aftercare.care.spacing import TooSoonError
from aftercare.db.pool import Database
from aftercare.errors import Malformed
from aftercare.model.care import SessionDraft
from aftercare.model.words import Outcome
from aftercare.services import alerts, courses
from tests.services.conftest import CARTRIDGE, Team, Treat


@pytest.fixture
def session_at() -> datetime:
    return datetime(2026, 2, 2, 11, 0, tzinfo=UTC)


def _next(course_id: object, at: datetime, reason: str = "") -> SessionDraft:
    return msgspec.convert(
        {
            "course_id": str(course_id),
            "session_at": at.isoformat(),
            "consumables": [msgspec.to_builtins(CARTRIDGE)],
            "override_reason": reason,
        },
        SessionDraft,
    )


async def test_the_next_session_waits_four_weeks_unless_a_practitioner_says_why(
    service: Database, team: Team, treat: Treat, session_at: datetime
) -> None:
    patient = await treat(session_at)
    early = session_at + timedelta(days=20)
    with pytest.raises(TooSoonError, match="2026-03-02"):
        await courses.record_session(
            service, team.practitioner, patient.patient_id, _next(patient.course_id, early), now=early
        )
    draft = _next(patient.course_id, early, "Half face only, agreed with the patient.")
    session, episode = await courses.record_session(
        service, team.practitioner, patient.patient_id, draft, now=early
    )
    assert (session.override_reason, episode.session_at) == (draft.override_reason, early)


async def test_an_unresolved_alert_of_soon_blocks_the_next_session_and_a_confirmed_one_until_it_is_ended(
    service: Database, team: Team, treat: Treat, session_at: datetime
) -> None:
    patient = await treat(session_at)
    at = session_at + timedelta(days=3)
    await patient.says(at, tingling=True)
    later = session_at + timedelta(days=40)
    draft = _next(patient.course_id, later)
    with pytest.raises(courses.BlockedError, match="not resolved yet"):
        await courses.record_session(service, team.practitioner, patient.patient_id, draft, now=later)
    (alert,) = await alerts.list_alerts(service, team.practitioner, whose="everyone", offset=0, now=at)
    confirmed = alerts.Resolve(outcome=Outcome.CONFIRMED)
    await alerts.resolve(service, team.practitioner, alert.id, confirmed, now=at)
    with pytest.raises(courses.BlockedError, match="confirmed condition"):
        await courses.record_session(service, team.practitioner, patient.patient_id, draft, now=later)
    await alerts.end_condition(service, team.practitioner, alert.id, alerts.Note(), now=later)
    await courses.record_session(service, team.practitioner, patient.patient_id, draft, now=later)


@pytest.mark.parametrize(
    "fault", [{"expires_on": "2026-01-31"}, {"sterile": False}, {"single_use": False}], ids=str
)
async def test_needles_are_sterile_single_use_and_not_expired(
    service: Database, team: Team, treat: Treat, session_at: datetime, fault: dict[str, object]
) -> None:
    patient = await treat(session_at)
    at = session_at + timedelta(days=40)
    item = {**msgspec.to_builtins(CARTRIDGE), **fault}
    if "expires_on" in fault:
        item["expires_on"] = (at - timedelta(days=1)).date().isoformat()
    draft = msgspec.convert(
        {"course_id": str(patient.course_id), "session_at": at.isoformat(), "consumables": [item]},
        SessionDraft,
    )
    with pytest.raises(Malformed):
        await courses.record_session(service, team.practitioner, patient.patient_id, draft, now=at)


async def test_a_lot_is_found_again_for_a_recall(
    service: Database, team: Team, treat: Treat, session_at: datetime
) -> None:
    patient = await treat(session_at)
    (used,) = await courses.find_lot(service, team.practitioner, "LOT-1", now=session_at)
    assert (used.patient_id, used.session_at) == (patient.patient_id, session_at)
