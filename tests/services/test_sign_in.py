"""Guessing is bounded, however many guess at once."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from aftercare.db.pool import Database
from aftercare.errors import NotSignedIn, TooManyTries
from aftercare.services import enrolments, staff
from tests.services.conftest import Team, Treat

EMAIL = "practitioner@alpha.test"


async def _try(service: Database, team: Team, password: str, now: datetime, address: str = "one") -> str:
    try:
        await staff.sign_in(service, team.clinic_id, EMAIL, password, address=address, now=now)
    except (NotSignedIn, TooManyTries) as error:
        return type(error).__name__
    return "in"


async def test_guesses_at_once_get_no_further_than_guesses_one_by_one(
    service: Database, team: Team, now: datetime
) -> None:
    tried = await asyncio.gather(*(_try(service, team, f"wrong {n}", now) for n in range(20)))
    assert (tried.count("NotSignedIn"), tried.count("TooManyTries")) == (6, 14)
    assert await _try(service, team, "long enough", now + timedelta(minutes=14)) == "TooManyTries"
    assert await _try(service, team, "long enough", now + timedelta(minutes=16)) == "in"


async def test_the_right_password_is_no_failure_of_the_account_nor_of_the_address(
    service: Database, team: Team, now: datetime
) -> None:
    for _ in range(40):  # more than an address may fail
        assert await _try(service, team, "long enough", now) == "in"
    assert [await _try(service, team, "wrong", now) for _ in range(5)] == ["NotSignedIn"] * 5
    assert await _try(service, team, "long enough", now) == "in"
    assert await _try(service, team, "wrong", now) == "NotSignedIn"


async def test_codes_guessed_at_once_are_bounded_and_a_right_one_does_not_count(
    service: Database, team: Team, treat: Treat, now: datetime
) -> None:
    patient = await treat(now)

    async def enrol(code: str) -> str:
        try:
            await enrolments.enrol(
                service, enrolments.Enrolment(code=code, installation_id=uuid4()), address="one", now=now
            )
        except (NotSignedIn, TooManyTries) as error:
            return type(error).__name__
        return "in"

    for _ in range(21):
        made = await enrolments.invite(
            service, team.practitioner, patient.patient_id, server="https://clinic.test", now=now
        )
        assert await enrol(made.code) == "in"
    tried = await asyncio.gather(*(enrol(f"alpha.00000-000{n:02}") for n in range(30)))
    assert (tried.count("NotSignedIn"), tried.count("TooManyTries")) == (20, 10)


async def test_where_somebody_tried_from_is_forgotten_once_it_no_longer_counts(
    service: Database, team: Team, now: datetime
) -> None:
    async def kept() -> int:
        async with service.clinic(team.clinic_id) as db:
            return len(await db.fetch("select from throttles"))

    for n in range(3):
        await _try(service, team, "wrong", now, address=f"address {n}")
    assert await kept() == 4  # three addresses, one account
    assert await _try(service, team, "long enough", now + timedelta(minutes=16), address="elsewhere") == "in"
    assert await kept() == 1


async def test_sign_ins_that_ended_by_themselves_are_forgotten_with_the_next_one(
    service: Database, team: Team, now: datetime
) -> None:
    for hours in (0, 1, 13):  # the first has ended by the last, the second just
        assert await _try(service, team, "long enough", now + timedelta(hours=hours)) == "in"
    async with service.clinic(team.clinic_id) as db:
        assert len(await db.fetch("select from sign_ins")) == 1


async def test_tokens_are_forgotten_once_they_have_ended_and_not_before(
    service: Database, team: Team, treat: Treat, now: datetime
) -> None:
    patient, phone = await treat(now), uuid4()
    made = await enrolments.invite(
        service, team.practitioner, patient.patient_id, server="https://clinic.test", now=now
    )
    enrolment = enrolments.Enrolment(code=made.code, installation_id=phone)
    pair = await enrolments.enrol(service, enrolment, address="one", now=now)
    for days in (100, 200, 300):
        pair = await enrolments.rotate(service, pair.refresh_token, now=now + timedelta(days=days))
    async with service.clinic(team.clinic_id) as db:
        left = await db.fetch("select generation from tokens order by generation")
    assert [row["generation"] for row in left] == [3, 4]


@pytest.mark.parametrize("email", ["nobody@alpha.test", EMAIL])
async def test_an_account_that_is_not_there_is_refused_like_a_wrong_password(
    service: Database, team: Team, now: datetime, email: str
) -> None:
    with pytest.raises(NotSignedIn, match="E-mail or password"):
        await staff.sign_in(service, team.clinic_id, email, "wrong", address="one", now=now)
