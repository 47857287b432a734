"""`aftercare checks`: timelines replayed, packs tried on a history, and the page that a clinician signs."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
from rich.console import Console

from aftercare.alerts.joining import HOLD, NEVER_HELD
from aftercare.alerts.replay import load_timelines, replay
from aftercare.checks import default_pack
from aftercare.checks.docs import clinician_page
from aftercare.checks.oddities import oddities
from aftercare.commands import say, sentence
from aftercare.db.local import with_database
from aftercare.errors import AftercareError
from aftercare.settings import read_settings


@click.group()
def checks() -> None:
    """The clinical checks."""


@checks.command("replay")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def replay_files(files: tuple[Path, ...]) -> None:
    """One JSON line per raised or escalated alert of each timeline file, in time order; what is odd in it on stderr."""
    for file in files:
        content = file.read_bytes()
        try:
            entries = load_timelines(content)
        except AftercareError as error:
            raise click.ClickException(f"{file.name}: {sentence(error)}") from None
        for odd in oddities(content):
            click.echo(f"{file.name}: {odd}", err=True)
        for timeline, _ in entries:
            for line in replay(timeline, default_pack()):
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
    help="A number of the clinic's packs (0: the shipped one), or a .json or .toml file with what it changes.",
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
def render_checks() -> None:
    """The page that a clinician signs: every check, its medicine, its rows and numbers, as Markdown."""
    click.echo(clinician_page(default_pack(), hold=HOLD, never_held=NEVER_HELD), nl=False)
