"""The database that a process starts with."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from aftercare.db.local import PowerfulLoginError, _refuse_powerful_logins, with_database
from aftercare.settings import Settings


@pytest.fixture
async def modest_login(database_url: str) -> AsyncIterator[str]:
    """A login that is a member of the service's role and of nothing else."""
    name = f"login_{uuid4().hex[:12]}"
    admin = await asyncpg.connect(database_url)
    await admin.execute(f"create role {name} login noinherit in role aftercare_service, aftercare_worker")
    yield name
    await admin.execute(f"drop role {name}")
    await admin.close()


def _as(url: str, login: str) -> str:
    return url.replace("//postgres@", f"//{login}@").replace("//postgres:", f"//{login}:")


async def test_an_administrators_login_is_refused_in_production(database_url: str, modest_login: str) -> None:
    modest = _as(database_url, modest_login)
    await _refuse_powerful_logins(Settings(database_url=modest, worker_database_url=modest))
    with pytest.raises(PowerfulLoginError, match="AFTERCARE_WORKER_DATABASE_URL"):
        await _refuse_powerful_logins(Settings(database_url=modest, worker_database_url=database_url))


async def test_a_database_that_does_not_answer_is_said_in_a_sentence() -> None:
    away = "postgresql://nobody@127.0.0.1:1/nothing"
    with pytest.raises(PowerfulLoginError, match="does not answer"):
        await _refuse_powerful_logins(Settings(database_url=away, worker_database_url=away))


def test_the_embedded_databases_logins_are_separate_and_survive_a_restart(tmp_path: Path) -> None:
    for _ in range(2):
        with with_database(Settings(data_dir=tmp_path)) as settings:
            logins = {settings.database_url, settings.worker_database_url, settings.owner_database_url}
            assert len(logins) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["postgres"]
