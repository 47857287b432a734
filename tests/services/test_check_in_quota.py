"""A phone that loops: what nobody learns anything by waits on the phone, what somebody has to hear of never does."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from aftercare.db.pool import Database
from aftercare.errors import TooManyCheckIns
from aftercare.model.check_ins import CheckInDraft
from aftercare.services import alerts, check_in_quota, check_ins
from aftercare.services.sync import SyncBatch, sync
from tests.services.conftest import Recovering, Team, Treat

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def _room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_in_quota, "ROOM", ((DAY, 3), (7 * DAY, 5)))


@pytest.fixture
async def looping(treat: Treat, now: datetime) -> Recovering:
    """Treated three days ago; the phone has used up the room of the day, and said nothing but tingling."""
    patient = await treat(now - 3 * DAY)
    for number in range(3):
        await patient.says(now + number * MINUTE, now=now + number * MINUTE, redness=1, tingling=True)
    return patient


async def refused(patient: Recovering, at: datetime, **answers: Any) -> int:
    """Seconds after which a check-in that is put off is to come again."""
    with pytest.raises(TooManyCheckIns) as caught:
        await patient.says(at, now=at, **answers)
    wait: int = caught.value.extra["retry_after"]
    return wait


async def written(service: Database, patient: Recovering) -> tuple[int, ...]:
    """How many check-ins, findings and entries on record there are, and how long the alerts' memory is."""
    async with service.clinic(patient.actor.clinic_id) as db:
        row = await db.fetchrow(
            "select (select count(*) from check_ins where patient_id = $1),"
            " (select count(*) from audit_entries where patient_id = $1), (select count(*) from findings),"
            " (select sum(json_array_length(reported)) from alerts where patient_id = $1)",
            patient.patient_id,
        )
    assert row is not None
    return tuple(row)


async def test_a_phone_that_loops_is_told_when_to_come_again_and_leaves_nothing(
    service: Database, looping: Recovering, now: datetime
) -> None:
    before = await written(service, looping)
    for number in range(20):
        wait = await refused(looping, now + HOUR + number * SECOND, redness=1, tingling=True)
        assert wait == 23 * 3600 - number
    assert await written(service, looping) == before
    await looping.says(now + HOUR, now=now + DAY, redness=1)  # as it was, when there is room again
    assert (await written(service, looping))[0] == before[0] + 1


async def test_what_comes_every_day_without_end_has_room_for_a_week(
    looping: Recovering, now: datetime
) -> None:
    for number in range(2):
        await looping.says(now + DAY + number * HOUR, now=now + DAY + number * HOUR, redness=1)
    at = now + 2 * DAY
    await looping.says(at, now=at, redness=1)  # the first of its day
    assert await refused(looping, at + HOUR, redness=1) == round((5 * DAY - HOUR + MINUTE).total_seconds())


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"breathing_or_tongue": True}, "airway"),
        ({"fever_c": 38.4}, "infection"),
        ({"tingling": True, "blisters": "few"}, "cold_sore"),
        ({"note": "many blisters everywhere, and fever"}, "infection"),
        ({"wants_contact": "can_wait"}, "contact_request"),
    ],
    ids=["an emergency", "another problem", "a sign that joins", "words", "a wish to be called"],
)
async def test_what_somebody_has_to_hear_of_is_never_put_off(
    service: Database, team: Team, looping: Recovering, now: datetime, answers: dict[str, Any], code: str
) -> None:
    at = now + HOUR
    answer = await looping.says(at, now=at, **answers)
    found = await alerts.list_alerts(service, team.practitioner, whose="everyone", offset=0, now=at)
    assert code in {one.code for one in found}
    evidence = {said.check_in for one in found for said in one.reported if one.code == code}
    assert str(answer.check_in_id) in evidence
    await refused(looping, at + MINUTE, **answers)  # said once more, nobody hears anything new


async def test_an_emergency_said_again_after_contact_is_heard_again(
    service: Database, team: Team, looping: Recovering, now: datetime
) -> None:
    at = now + HOUR
    await looping.says(at, now=at, breathing_or_tongue=True)
    found = await alerts.list_alerts(service, team.practitioner, whose="everyone", offset=0, now=at)
    alert_id = next(one.id for one in found if one.code == "airway")
    await alerts.acknowledge(service, team.practitioner, alert_id, alerts.Acknowledge(), now=at + MINUTE)
    await alerts.contact(service, team.practitioner, alert_id, alerts.Note(), now=at + 2 * MINUTE)
    await looping.says(at + HOUR, now=at + HOUR, breathing_or_tongue=True)


async def test_the_first_answer_of_a_day_comes_through_whatever_the_phone_repeats(
    service: Database, looping: Recovering, now: datetime
) -> None:
    for day in (1, 2):  # what was made while a phone was offline, and comes with the loop
        await looping.says(now - day * DAY, now=now + HOUR, redness=1)
        await refused(looping, now + HOUR, redness=1)
    assert (await written(service, looping))[0] == 5


async def test_who_writes_down_what_a_patient_says_on_the_phone_waits_for_nothing_and_takes_no_room(
    service: Database, team: Team, looping: Recovering, now: datetime
) -> None:
    draft = CheckInDraft(instrument=1, recorded_at=now, time_zone="Europe/London", answers={"redness": 1})
    for _ in range(5):
        at = now + HOUR
        await check_ins.submit(service, team.practitioner, looping.patient_id, uuid4(), draft, now=at)
    assert await refused(looping, now + HOUR, redness=1) == 23 * 3600


async def test_of_what_comes_together_all_is_kept_or_all_waits_and_what_was_kept_has_its_answer(
    service: Database, looping: Recovering, now: datetime
) -> None:
    at, ids = now + HOUR, [uuid4() for _ in range(3)]

    def items(**last: Any) -> list[dict[str, Any]]:
        said: list[dict[str, Any]] = [{"redness": 1}, {"redness": 0}, last]
        rest = {"instrument": 1, "recorded_at": at.isoformat(), "time_zone": "Europe/London"}
        return [{"id": str(one), "answers": answers, **rest} for one, answers in zip(ids, said, strict=True)]

    async def sent(**last: Any) -> list[tuple[str, UUID | None, bool]]:
        answer = await sync(service, looping.actor, SyncBatch(check_ins=items(**last)), now=at)
        return [
            (
                one.status,
                one.answer.check_in_id if one.answer else None,
                bool(one.problem and one.problem.try_again),
            )
            for one in answer.check_ins
        ]

    assert await sent(redness=1) == [("refused", None, True)] * 3
    kept = await sent(eye=["vision"])
    assert kept == [("kept", one, False) for one in ids]
    assert await sent(eye=["vision"]) == kept
