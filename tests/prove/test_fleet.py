"""The fleet itself: hurt and whole again, so that a run that fails says something about Aftercare."""

import signal
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx

from aftercare.services.house import utc_now
from tests.prove.conftest import Trial
from tests.prove.fleet import Fleet
from tests.prove.people import enrol, open_clinic


async def test_a_check_in_is_there_after_everything_was_killed(tmp_path: Path, trial: Trial) -> None:
    now = utc_now()
    async with Fleet(tmp_path) as fleet:
        database = fleet.database()
        await database.open()
        team = await open_clinic(database, "alpha", now - timedelta(days=9))
        phone = await enrol(database, team, "Alder Sample", session_at=now - timedelta(days=3))
        await database.close()
        server = fleet.serve("--no-worker")
        await server.ready()
        check_in_id = uuid4()
        body = {
            "instrument": 1,
            "recorded_at": now.isoformat(),
            "time_zone": "Europe/London",
            "answers": {"pain": 1},
        }
        async with httpx.AsyncClient(base_url=server.address, headers=phone.headers) as client:
            assert (await client.put(f"/v1/check-ins/{check_in_id}", json=body)).status_code == 201
            fleet.kill_postgres(trial.rng.choice([signal.SIGKILL, signal.SIGQUIT]))
            server.kill()
            await fleet.start_postgres()
            await server.ready()
            again = await client.put(f"/v1/check-ins/{check_in_id}", json=body)
        judge = await fleet.judge()
        rows = await judge.fetchval("select count(*) from check_ins where check_in_id = $1", check_in_id)
        await judge.close()
    assert (again.status_code, rows) == (201, 1)
    trial.say(f"1 check-in acknowledged, kept: {rows}")
