"""The triage list and a patient's page over HTTP, p95 at a million check-ins beside ten thousand, 500 patients waiting in both.

All of them are one clinic's: that is the hard case, since everything is looked up within a clinic.
"""

import random
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

from aftercare.api.who import COOKIE
from aftercare.db.pool import Database
from aftercare.services import simulate, staff
from aftercare.services.house import utc_now
from aftercare.services.simulate import Opened, Plan
from tests.bench.load import drain, request
from tests.bench.rows import Row, Stage, ratio
from tests.prove.fleet import Fleet
from tests.prove.waiting import let_wait

_DAYS = 364
_WARM = 20
_PAGES = ("triage list", "patient page")


async def measure(stage: Stage) -> AsyncIterator[Row]:
    """One row for each page."""
    small, large = stage.size(300, 10_000), stage.size(600, 1_000_000)
    beside = await _one_size(stage, small, "small")
    ours = await _one_size(stage, large, "large")
    for name in _PAGES:
        yield ratio(
            f"{name}, {large:,} / {small:,} check-ins", ours=ours[name], reference=beside[name], unit="ms p95",
            goal=1.5, better="lower",
        )  # fmt: skip


async def _one_size(stage: Stage, check_ins: int, folder: str) -> dict[str, float]:
    """Milliseconds at p95 by page."""
    now = utc_now()
    async with Fleet(Path(stage.folder, folder), postgres={"max_wal_size": "8GB"}) as fleet:
        database = fleet.database()
        await database.open()
        days = stage.size(60, _DAYS)
        plan = Plan(
            handle="pages",
            seed=1,
            patients=simulate.patients_for(check_ins, seed=1, days=days, now=now),
            days=days,
            now=now,
        )
        opened = await simulate.open_clinic(database, plan)
        written = 0
        async for done in simulate.populate(database, opened):
            written += done.check_ins
            stage.say(f"{written:,} of {check_ins:,} check-ins")
        worker = fleet.database("aftercare_worker")
        await worker.open()
        async for _ in simulate.seal(worker, opened):
            pass
        await worker.close()
        judge = await fleet.judge()
        await let_wait(database, judge, opened, stage.size(10, 500), now=now)
        await judge.execute("vacuum analyze")
        shown = await judge.fetch("select distinct patient_id from alerts where state <> 'resolved'")
        await judge.close()
        cookie = await _sign_in(database, opened, now)
        await database.close()
        stage.say(f"pages at {written:,} check-ins")
        server = fleet.serve("--no-worker")
        await server.ready()
        patients = sorted(str(row["patient_id"]) for row in shown)
        return await _ask(server.address, cookie, patients, stage.size(20, 400), now)


async def _sign_in(database: Database, opened: Opened, now: datetime) -> str:
    """A practitioner's cookie."""
    clinic = opened.practice.clinic
    email = f"practitioner@{clinic.handle}.invalid"
    made = await staff.sign_in(
        database, clinic.clinic_id, email, opened.password or "", address="bench", now=now
    )
    return f"{COOKIE}={made.token}"


async def _ask(address: str, cookie: str, patients: list[str], times: int, now: datetime) -> dict[str, float]:
    chance = random.Random(now.toordinal())  # noqa: S311 - which page is opened next
    count = _WARM + times
    targets = {
        "triage list": ["/"] * count,
        "patient page": [f"/patients/{chance.choice(patients)}" for _ in range(count)],
    }
    measured = {}
    for name in _PAGES:
        asked = [request("GET", target, {"cookie": cookie}) for target in targets[name]]
        (await drain(address, asked[:_WARM], connections=1)).only(200)
        measured[name] = (await drain(address, asked[_WARM:], connections=2)).only(200).percentile(
            0.95
        ) * 1000
    return measured
