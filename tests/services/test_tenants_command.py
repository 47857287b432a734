"""`aftercare clinic` and `aftercare staff`: a clinic opened, a colleague let in, shut out and let in again."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from aftercare.cli import _commands
from aftercare.db.pool import Database
from aftercare.errors import NotFound, NotSignedIn
from aftercare.services import clinics, staff
from aftercare.services.house import utc_now
from tests.services.conftest import Team

COORDINATOR = ("--clinic", "alpha", "--email", "Coordinator@alpha.test")


@pytest.fixture
def command(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("AFTERCARE_DATABASE_URL", database_url)
    monkeypatch.setenv("AFTERCARE_DATA_DIR", str(tmp_path))
    return CliRunner()


async def run(command: CliRunner, *words: str) -> Result:
    return await asyncio.to_thread(command.invoke, _commands, words)


async def _gets_in(service: Database, team: Team, password: str = "long enough") -> bool:  # noqa: S107
    try:
        await staff.sign_in(
            service, team.clinic_id, "coordinator@alpha.test", password, address="one", now=utc_now()
        )
    except NotSignedIn:
        return False
    return True


async def test_a_colleague_is_shut_out_and_let_in_again(
    command: CliRunner, service: Database, team: Team
) -> None:
    assert "cannot sign in any more" in (await run(command, "staff", "disable", *COORDINATOR)).output
    assert not await _gets_in(service, team)
    assert "signs in at" in (await run(command, "staff", "enable", *COORDINATOR)).output
    assert await _gets_in(service, team)


async def test_a_forgotten_password_is_set_anew(command: CliRunner, service: Database, team: Team) -> None:
    done = await run(command, "staff", "password", *COORDINATOR, "--password", "another synthetic one")
    assert (done.exit_code, "has a new password" in done.output) == (0, True)
    assert not await _gets_in(service, team)
    assert await _gets_in(service, team, "another synthetic one")


@pytest.mark.parametrize("act", ["disable", "enable", "password"])
async def test_an_e_mail_that_nobody_has_is_named(command: CliRunner, team: Team, act: str) -> None:
    more = ("--password", "another synthetic one") if act == "password" else ()
    done = await run(command, "staff", act, "--clinic", "alpha", "--email", "nobody@alpha.test", *more)
    assert isinstance(done.exception, NotFound)
    assert done.exception.detail == "Nobody of this clinic has this e-mail."


async def test_a_clinic_is_opened_with_hours_that_go_over_the_end_of_the_week(
    command: CliRunner, service: Database
) -> None:
    words = ("--name", "Quay", "--handle", "quay", "--time-zone", "Europe/London", "--country", "GB")
    made = await run(command, "clinic", "create", *words, "--hours", "Tue 09:00-18:00; Sat-Mon 10:00-12:30")
    assert made.exit_code == 0, made.output
    clinic = await clinics.get_clinic(service, await clinics.clinic_by_handle(service, "quay"))
    opened = [(one.weekday, f"{one.closes:%H:%M}") for one in clinic.openings]
    assert opened == [(1, "18:00"), (5, "12:30"), (6, "12:30"), (0, "12:30")]


@pytest.mark.parametrize("hours", ["Mon-Fri", "Moonday 09:00-18:00", "Mon 9-18", "Mon 25:00-26:00"])
async def test_hours_that_are_none_are_refused_with_an_example(command: CliRunner, hours: str) -> None:
    words = ("--name", "Quay", "--handle", "quay", "--time-zone", "Europe/London", "--country", "GB")
    refused = await run(command, "clinic", "create", *words, "--hours", hours)
    assert "Hours look like 'Mon-Fri 09:00-18:00'" in refused.output
