"""`aftercare simulate`: the run with its bars, and what it came to."""

import asyncpg
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from aftercare.services import simulate
from aftercare.services.house import build_house
from aftercare.settings import Settings


class _CheckIns(ProgressColumn):
    """How many check-ins were written, and how many a second."""

    def render(self, task: Task) -> Text:
        done = task.fields.get("check_ins", 0)
        return Text(f"{done:,} check-ins, {done / (task.elapsed or 1):,.0f}/s" if done else "")


async def run_simulation(
    settings: Settings, plan: simulate.Plan, console: Console, *, processes: int | None
) -> None:
    """Open the clinic, write its patients, seal its audit; say what there is. Raises Conflict."""
    house = build_house(settings, with_worker=True)
    await house.open()
    try:
        opened = await simulate.open_clinic(house.database, plan)
        check_ins = sealed = 0
        columns = (
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _CheckIns(), TimeElapsedColumn(),
            TimeRemainingColumn(),
        )  # fmt: skip
        with Progress(*columns, console=console) as progress:
            living = progress.add_task("patients", total=opened.plan.patients)
            async for done in simulate.populate(house.database, opened, processes=processes):
                check_ins += done.check_ins
                progress.update(living, advance=done.patients, check_ins=check_ins)
            await _analyse(settings)
            sealing = progress.add_task("audit", total=None)
            if house.worker is not None:
                async for entries in simulate.seal(house.worker, opened):
                    sealed += entries
                    progress.update(sealing, completed=sealed)
            progress.update(sealing, total=sealed)
        console.print(
            f"{opened.plan.patients:,} patients up to {opened.plan.now:%Y-%m-%d %H:%M} UTC; {check_ins:,} check-ins new;"
            f" seed {opened.plan.seed}",
            markup=False,
        )
        _say_sign_ins(opened, house.address, console)
    finally:
        await house.close()


async def _analyse(settings: Settings) -> None:
    """Have PostgreSQL count what was written; until it has, it takes the tables for empty and plans accordingly."""
    owner = await asyncpg.connect(settings.owner_database_url or settings.database_url)
    try:
        await owner.execute("analyze")
    finally:
        await owner.close()


def _say_sign_ins(opened: simulate.Opened, address: str, console: Console) -> None:
    clinic = opened.practice.clinic
    if opened.password is None:
        console.print(f"Staff of {clinic.name} sign in as they did after the first run.", markup=False)
        return
    console.print(
        f"Staff sign in at {address}/sign-in/{clinic.handle}, password {opened.password}:", markup=False
    )
    for member in opened.practice.staff:
        console.print(f"  {member.role}: {member.email}", markup=False)
