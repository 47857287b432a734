"""The triage list and a patient's page over HTTP, p95 at a million check-ins beside ten thousand, 500 alerts open in both.

All of them are one clinic's: that is the hard case, since everything is looked up within a clinic.
"""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from aftercare.api.who import COOKIE
from aftercare.db.pool import Database
from aftercare.services import simulate, staff
from aftercare.services.house import utc_now
from aftercare.services.simulate import Opened, Plan
from tests.bench.load import Drained, drain, request
from tests.bench.rows import Row, Stage, ratio
from tests.prove.fleet import Fleet
from tests.prove.waiting import let_wait

_DAYS = 364
_WARM = 20
_PAGES = ("triage list", "patient page")
_CHANCE = random.Random(1)  # noqa: S311 - whose page is opened next


@dataclass
class Asked:
    """A served clinic of one size, and how long its pages took."""

    address: str
    cookie: str
    patients: list[str]
    waits: dict[str, Drained] = field(default_factory=lambda: {name: Drained() for name in _PAGES})

    async def ask(self, name: str, times: int) -> None:
        """Open a page so many times, the patient's of anyone who waits."""
        targets = [
            "/" if name == _PAGES[0] else f"/patients/{_CHANCE.choice(self.patients)}" for _ in range(times)
        ]
        asked = [request("GET", target, {"cookie": self.cookie}) for target in targets]
        self.waits[name].waits += (await drain(self.address, asked, connections=2)).only(200).waits

    def p95(self, name: str) -> float:
        """In milliseconds."""
        return self.waits[name].percentile(0.95) * 1000


async def measure(stage: Stage) -> AsyncIterator[Row]:
    """One row for each page."""
    small, large = stage.size(300, 10_000), stage.size(600, 1_000_000)
    async with _served(stage, small, "small") as beside, _served(stage, large, "large") as ours:
        for asked in (beside, ours):
            for name in _PAGES:
                await asked.ask(name, _WARM)
                asked.waits[name] = Drained()
        # In turns, so that whatever else the machine does meets both.
        for turn in range(turns := stage.size(1, 10)):
            stage.say(f"turn {turn + 1} of {turns}")
            for name in _PAGES:
                for asked in (beside, ours):
                    await asked.ask(name, stage.size(20, 60))
    for name in _PAGES:
        yield ratio(
            f"{name}, {large:,} / {small:,} check-ins", ours=ours.p95(name), reference=beside.p95(name), unit="ms p95",
            goal=1.5, better="lower",
        )  # fmt: skip


@asynccontextmanager
async def _served(stage: Stage, check_ins: int, folder: str) -> AsyncIterator[Asked]:
    now, days = utc_now(), stage.size(60, _DAYS)
    async with Fleet(Path(stage.folder, folder), postgres={"max_wal_size": "8GB"}) as fleet:
        database, worker = fleet.database(), fleet.database("aftercare_worker")
        await database.open()
        await worker.open()
        patients = simulate.patients_for(check_ins, seed=1, days=days, now=now)
        plan = Plan(handle="pages", seed=1, patients=patients, days=days, now=now)
        opened = await simulate.open_clinic(database, plan)
        written = 0
        async for done in simulate.populate(database, opened):
            written += done.check_ins
            stage.say(f"{written:,} of {check_ins:,} check-ins")
        judge = await fleet.judge()
        await judge.execute("analyze")
        async for _ in simulate.seal(worker, opened):
            pass
        await let_wait(database, judge, opened, stage.size(10, 500), now=now)
        await judge.execute("vacuum analyze")
        shown = await judge.fetch("select distinct patient_id from alerts where state <> 'resolved'")
        cookie = await _sign_in(database, opened, now)
        await judge.close()
        await worker.close()
        await database.close()
        server = fleet.serve("--no-worker")
        await server.ready()
        yield Asked(server.address, cookie, sorted(str(row["patient_id"]) for row in shown))


async def _sign_in(database: Database, opened: Opened, now: datetime) -> str:
    """A practitioner's cookie."""
    clinic = opened.practice.clinic
    email = f"practitioner@{clinic.handle}.invalid"
    made = await staff.sign_in(
        database, clinic.clinic_id, email, opened.password or "", address="bench", now=now
    )
    return f"{COOKIE}={made.token}"
