"""`aftercare checks`: timelines replayed, packs tried on a history, and the page that a clinician signs."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import click
import msgspec
from rich.console import Console

from aftercare.alerts.joining import HOLD, NEVER_HELD
from aftercare.alerts.replay import load_timelines, replay
from aftercare.checks import RulePack, default_pack
from aftercare.checks.docs import clinician_page
from aftercare.checks.oddities import oddities
from aftercare.commands import say, sentence
from aftercare.db.local import with_database
from aftercare.errors import AftercareError
from aftercare.model.rule_packs import PresetName
from aftercare.settings import read_settings

_PACK_HELP = (
    f"0 (the shipped one), {', '.join(get_args(PresetName))}, or a .json or .toml file with what it changes."
)
_any_pack = click.option("--pack", default="0", show_default=True, help=_PACK_HELP)


@click.group()
def checks() -> None:
    """The clinical checks."""


@checks.command("replay")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@_any_pack
def replay_files(files: tuple[Path, ...], pack: str) -> None:
    """One JSON line per raised or escalated alert of each timeline file, in time order; what is odd in it on stderr."""
    judging = _pack(pack)
    for file in files:
        content = file.read_bytes()
        try:
            entries = load_timelines(content)
        except AftercareError as error:
            raise click.ClickException(f"{file.name}: {sentence(error)}") from None
        for odd in oddities(content):
            click.echo(f"{file.name}: {odd}", err=True)
        for timeline, _ in entries:
            for line in replay(timeline, judging):
                click.echo(msgspec.json.encode(line).decode())


@checks.command("backtest")
@click.option("--clinic", "handle", help="The clinic's handle: its own history is judged again.")
@click.option(
    "--files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Timeline files instead, without a database; may be given several times.",
)
@click.option(
    "--pack",
    required=True,
    help=f"A number of the clinic's packs, or {_PACK_HELP}",
)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Count what came from this day on (UTC).")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Count what came before this day (UTC).")
@click.option("--json", "as_json", is_flag=True, help="JSON lines: every difference, then the summary.")
def backtest_pack(
    handle: str | None,
    files: tuple[Path, ...],
    pack: str,
    since: datetime | None,
    until: datetime | None,
    *,
    as_json: bool,
) -> None:
    """Judge a history again with another pack: alerts gained and lost, confirmed ones caught and missed. Sends nothing."""
    from aftercare import backtesting  # noqa: PLC0415 - a replay needs no service
    from aftercare.services.backtest import BacktestDraft  # noqa: PLC0415

    if (handle is None) == (not files):
        raise click.UsageError("Say whose history: either --clinic or --files.")
    if files and (since or until):
        raise click.UsageError("--since and --until go with --clinic; a file is judged as a whole.")
    report = backtesting.Report(Console(highlight=False), say, as_json=as_json)
    if handle is None:
        asyncio.run(backtesting.run_on_files(files, pack, report))
        return
    window = {"since": since, "until": until}
    draft = BacktestDraft(**{name: at and at.replace(tzinfo=UTC) for name, at in window.items()})
    with with_database(read_settings()) as settings:
        asyncio.run(backtesting.run_on_clinic(settings, handle, pack, draft, report))


@checks.command("docs")
@_any_pack
def render_checks(pack: str) -> None:
    """The page that a clinician signs: every check, its medicine, its rows and numbers, as Markdown."""
    click.echo(clinician_page(_pack(pack), hold=HOLD, never_held=NEVER_HELD), nl=False)


def _pack(name: str) -> RulePack:
    if name == "0":
        return default_pack()
    from aftercare import backtesting  # noqa: PLC0415 - the shipped pack needs no service

    return backtesting.pack_named(name)
