"""`aftercare checks backtest`: the run with its bar, and a table of what it came to."""

import tomllib
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, get_args

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from aftercare.alerts.comparing import Trial, try_on_timeline
from aftercare.alerts.replay import load_timelines, meets, replay
from aftercare.alerts.summing import summary
from aftercare.checks.pack import RulePack, default_pack
from aftercare.checks.presets import preset_pack
from aftercare.errors import AftercareError
from aftercare.model import backtests
from aftercare.model.backtests import AlertDifference, Kind, PackSummary, Part, Said, Seen, Summary, Window
from aftercare.model.people import Actor
from aftercare.model.rule_packs import PresetName
from aftercare.services import backtest, rule_packs
from aftercare.services.backtest import BacktestDraft
from aftercare.services.clinics import clinic_by_handle
from aftercare.services.house import build_house
from aftercare.settings import Settings

_SHOWN = 15  # of each kind; --json has all
_KINDS: dict[Kind, str] = {
    "missed": "Confirmed and missed",
    "late": "Confirmed, and raised later than in fact",
    "gained": "Gained",
    "lost": "Lost",
    "changed": "Changed",
}


class PackFileError(AftercareError):
    """The pack is a number of the clinic's packs, or a .json or .toml file with what it changes of the shipped one."""


class Report:
    """Shows a bar while it runs and the table at its end; or, as JSON lines, everything but the bar."""

    def __init__(self, out: Console, progress: Console, *, as_json: bool) -> None:
        """Nothing was said yet."""
        self._out, self._progress, self._as_json = out, progress, as_json
        self._shown: dict[Kind, list[AlertDifference]] = {kind: [] for kind in _KINDS}

    async def follow(self, said: AsyncIterator[Said], what: str) -> None:
        """Follow a back-test to its end."""
        columns = (
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
        )  # fmt: skip
        with Progress(*columns, console=self._progress, transient=True) as bar:
            task = bar.add_task(what, total=None)
            async for one in said:
                if isinstance(one, backtests.Progress):
                    bar.update(task, completed=one.done, total=one.of)
                else:
                    self._take(one)

    def _take(self, one: AlertDifference | Summary) -> None:
        if self._as_json:
            self._out.out(msgspec.json.encode(one).decode(), highlight=False)
        elif isinstance(one, AlertDifference):
            self._shown[one.kind] += [one] if len(self._shown[one.kind]) < _SHOWN else []
        else:
            for table in tables(one, self._shown):
                self._out.print(table)


async def run_on_clinic(
    settings: Settings, handle: str, pack: str, draft: BacktestDraft, report: Report
) -> None:
    """Back-test a pack on a clinic's history. Raises NotFound, Malformed, PackFileError, BackTestBroken."""
    house = build_house(settings, with_worker=False)
    await house.open()
    try:
        actor = Actor(clinic_id=await clinic_by_handle(house.database, handle), kind="system")
        trial = await _trial(house.database, actor, pack, draft, house.now)
        async with aclosing(backtest.run(house.judges, house.database, trial)) as said:
            await report.follow(said, "patients")
    finally:
        await house.close()


async def _trial(
    database: Any, actor: Actor, pack: str, draft: BacktestDraft, now: Callable[[], Any]
) -> Trial:
    if pack.isascii() and pack.isdigit():
        return await backtest.prepare(database, actor, int(pack), draft, now=now())
    return await backtest.prepare_pack(database, actor, pack_named(pack), draft, now=now())


async def run_on_files(files: Sequence[Path], pack: str, report: Report) -> None:
    """The same over timeline files, beside the shipped pack. Raises PackFileError, TimelineFileError, Malformed."""
    tried = pack_named(pack)
    async with aclosing(_over_files(files, tried)) as said:
        await report.follow(said, "files")


async def _over_files(files: Sequence[Path], tried: RulePack) -> AsyncGenerator[Said]:
    today = default_pack()
    whole, kinds, met = Part(), Counter[str](), Counter[str]()
    for done, file in enumerate(files, start=1):
        for timeline, expect in load_timelines(file.read_bytes()):
            part = try_on_timeline(today, tried, timeline)
            whole.add(part)
            for difference in part.differences:
                kinds[difference.kind] += 1
                yield difference
            if expect is not None:
                met["of"] += 1
                met["today"] += meets(expect, replay(timeline, today))
                met["tried"] += meets(expect, replay(timeline, tried))
        yield backtests.Progress(done=done, of=len(files))
    yield msgspec.structs.replace(
        summary(today, tried, Window(), whole, kinds),
        cases=backtests.Cases(of=met["of"], today=met["today"], tried=met["tried"]),
    )


def pack_named(name: str) -> RulePack:
    """Give the shipped pack for "0", a preset by its name, else what a file holds. Raises PackFileError, Malformed."""
    if name == "0":
        return default_pack()
    return preset_pack(name) if name in get_args(PresetName) else read_pack(Path(name))


def read_pack(file: Path) -> RulePack:
    """Read what a file changes of the shipped pack. Raises PackFileError, Malformed."""
    try:
        content = file.read_bytes()
        changes = tomllib.loads(content.decode()) if file.suffix == ".toml" else msgspec.json.decode(content)
    except (tomllib.TOMLDecodeError, msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise PackFileError(f"{file.name} is neither JSON nor TOML: {fault}.") from None
    except OSError:
        raise PackFileError from None
    if not isinstance(changes, dict):
        raise PackFileError
    rule_packs.require_valid(changes)
    pack, _ = rule_packs.read_changes(changes)
    return msgspec.structs.replace(pack, version=f"{pack.version}+{file.stem}")


def tables(said: Summary, shown: dict[Kind, list[AlertDifference]]) -> Iterator[Table]:
    """The figures side by side, alerts by code and tier, and the first differences of each kind."""
    yield _figures(said)
    yield _by_code(said)
    for kind, title in _KINDS.items():
        if shown[kind]:
            yield _differences(title, shown[kind], said.differences.get(kind, 0))


def _figures(said: Summary) -> Table:
    since, until = (f"{at:%Y-%m-%d}" if at else "-" for at in (said.since, said.until))
    table = Table(
        title=f"{said.check_ins:,} check-ins of {said.patients:,} patients, {since} to {until}",
        title_justify="left",
    )
    table.add_column("")
    for pack in (said.today, said.tried):
        table.add_column(pack.version, justify="right")
    table.add_column("budget", justify="right")

    def row(name: str, value: Callable[[PackSummary], str], budget: str = "") -> None:
        table.add_row(name, value(said.today), value(said.tried), budget)

    row("alerts a week", lambda pack: f"{pack.alerts_a_week:,.1f}")
    row("alerts", lambda pack: f"{pack.alerts:,}")
    row("of them silence, as it was", lambda pack: f"{pack.silence:,}")
    row(
        "check-ins that alert",
        lambda pack: f"{pack.share_of_check_ins:.1%}",
        f"<= {said.budget_of_check_ins:.0%}",
    )
    row(
        "patients that ever alert",
        lambda pack: f"{pack.share_of_patients:.1%}",
        f"<= {said.budget_of_patients:.0%}",
    )
    row("times that staff are told", lambda pack: f"{pack.told:,}")
    row("confirmed alerts: caught", lambda pack: f"{pack.caught:,}")
    row("confirmed alerts: later", lambda pack: f"{pack.late:,}")
    row("confirmed alerts: missed", lambda pack: f"[red]{pack.missed:,}[/]" if pack.missed else "0")
    if said.cases:
        table.add_row(
            "cases as expected", f"{said.cases.today:,}", f"{said.cases.tried:,}", f"of {said.cases.of:,}"
        )
    return table


def _by_code(said: Summary) -> Table:
    table = Table(title="Alerts by tier and code", title_justify="left")
    for name in ("tier", "code"):
        table.add_column(name)
    for name in (said.today.version, said.tried.version, "more"):
        table.add_column(name, justify="right")
    for one in said.by:
        more = f"{one.tried - one.today:+,}" if one.tried != one.today else ""
        table.add_row(one.tier.value, one.code.value, f"{one.today:,}", f"{one.tried:,}", more)
    return table


def _differences(title: str, shown: list[AlertDifference], of: int) -> Table:
    more = f"; {of - len(shown):,} more in --json" if of > len(shown) else ""
    table = Table(title=f"{title}: {of:,}{more}", title_justify="left")
    for name in ("whose", "code", "day", "tier", "row", "reason"):
        table.add_column(name, overflow="fold")
    for one in shown:
        some = one.tried or one.today
        table.add_row(
            escape(one.timeline or str(one.patient_id)),
            one.code.value,
            _both(one, lambda seen: str(seen.day)),
            _both(one, lambda seen: seen.tier.value),
            _both(one, lambda seen: seen.row),
            escape(some.reason) if some else "",
        )
    return table


def _both(one: AlertDifference, value: Callable[[Seen], str]) -> str:
    said = [value(seen) for seen in (one.today, one.tried) if seen is not None]
    return " -> ".join(dict.fromkeys(said))
