"""The command line. Every failure is one sentence on stderr and exit code 1."""

import asyncio
import signal
import sys
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console

from aftercare import __version__
from aftercare.alerts.replay import load_timelines, replay
from aftercare.checks import default_pack
from aftercare.checks.oddities import oddities
from aftercare.db.local import with_database
from aftercare.db.migrate import migrate as run_migrations
from aftercare.errors import AftercareError
from aftercare.log import configure_logs
from aftercare.model.clinic import Opening
from aftercare.model.people import Actor, ClinicDraft, StaffDraft
from aftercare.settings import Settings, read_settings

_say = Console(stderr=True, highlight=False)


def main() -> None:
    """Run the command; a failure of ours is a sentence, never a traceback."""
    try:
        _commands(standalone_mode=False)
    except (AftercareError, click.ClickException) as error:
        message = error.format_message() if isinstance(error, click.ClickException) else _sentence(error)
        _say.print(message, style="red", markup=False)
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except OSError as error:
        _say.print(
            f"{error.strerror or type(error).__name__}: {error.filename or ''}".rstrip(": "),
            style="red",
            markup=False,
        )
        sys.exit(1)


def _sentence(error: AftercareError) -> str:
    wrong = "; ".join(f"{where.lstrip('/')}: {what}" for where, what in error.pointers.items())
    return f"{error.detail} ({wrong})" if wrong else error.detail


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="aftercare")
def _commands() -> None:
    """Recovery monitoring for skin clinics. Settings come from AFTERCARE_* variables; see the README."""


@_commands.command()
@click.option("--port", type=int, help="Default: AFTERCARE_PORT or 8460.")
@click.option(
    "--patients",
    type=click.IntRange(1, 500),
    default=36,
    show_default=True,
    help="Size of the synthetic cohort.",
)
def demo(port: int | None, patients: int) -> None:
    """A seeded clinic on an embedded PostgreSQL: everything running, sign-ins printed."""
    from aftercare.demo import run_demo  # noqa: PLC0415 - drawing faces is no command's business but this one's

    run_demo(_settings(port=port), patients=patients)


@_commands.command()
@click.option("--clinic", "handle", default="synthetic", show_default=True, help="The new clinic's handle.")
@click.option("--patients", type=click.IntRange(1), help="How many; or --check-ins.")
@click.option(
    "--check-ins", type=click.IntRange(1), help="At least so many, of as many patients as it takes."
)
@click.option(
    "--days", type=click.IntRange(1, 3650), default=364, show_default=True, help="How long it has worked."
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed draws the same people.")
@click.option("--processes", type=click.IntRange(1, 64), help="Default: one for each core.")
def simulate(
    handle: str, patients: int | None, check_ins: int | None, days: int, seed: int, processes: int | None
) -> None:
    """A synthetic clinic with its past in the database: natural courses, complications, what staff did.

    Interrupted, it leaves whole patients; run again with the same options it goes on where it stopped.
    """
    from aftercare.services.simulate import Plan, patients_for, refuse_in_production  # noqa: PLC0415
    from aftercare.simulating import run_simulation  # noqa: PLC0415 - numbers and bars are this command's alone

    if (patients is None) == (check_ins is None):
        raise click.UsageError("Say how large: either --patients or --check-ins.")
    settings = _settings()
    refuse_in_production(settings)
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    size = patients or patients_for(check_ins or 0, seed=seed, days=days, now=now)
    plan = Plan(handle=handle, seed=seed, patients=size, days=days, now=now)
    with with_database(settings) as ready:
        asyncio.run(run_simulation(ready, plan, _say, processes=processes))


@_commands.command()
@click.option("--host", help="Default: AFTERCARE_HOST or 127.0.0.1.")
@click.option("--port", type=int, help="Default: AFTERCARE_PORT or 8460.")
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True)
@click.option("--no-worker", is_flag=True, help="Leave background work to `aftercare worker`.")
def serve(host: str | None, port: int | None, processes: int, *, no_worker: bool) -> None:
    """API, pages and background work."""
    from aftercare.serving import run_server  # noqa: PLC0415 - keeps the other commands quick

    with with_database(_settings(host=host, port=port)) as settings:
        _say.print(f"Aftercare {__version__} at {settings.address}", markup=False)
        run_server(settings, "served_without_worker" if no_worker else "served", processes=processes)


@_commands.command()
def worker() -> None:
    """Background work only, beside any number of others."""
    with with_database(_settings()) as settings:
        configure_logs(settings.log_level)
        with asyncio.Runner(loop_factory=_new_loop) as runner:
            runner.run(_work(settings))


@_commands.command()
def migrate() -> None:
    """Bring the database to this version."""
    settings = _settings()
    if settings.database_url or settings.owner_database_url:
        applied = asyncio.run(run_migrations(settings.owner_database_url or settings.database_url))
        click.echo("\n".join(f"applied {name}" for name in applied) or "Nothing to do.")
    else:
        with with_database(settings):
            click.echo("The embedded database is at this version.")


@_commands.group()
def clinic() -> None:
    """Clinics."""


@clinic.command("create")
@click.option("--name", required=True)
@click.option(
    "--handle", required=True, help="In the sign-in address and in codes: lower-case letters, digits, dashes."
)
@click.option("--time-zone", required=True, help="IANA, such as Europe/London.")
@click.option("--country", required=True, help="ISO 3166 alpha-2, such as GB.")
@click.option("--language", default="en", show_default=True)
@click.option("--phone", default="", help="What patients call.")
@click.option("--urgent-care", default="", help="The number to call when the clinic is closed.")
@click.option(
    "--webhook-host",
    "webhook_hosts",
    multiple=True,
    help="A host on a private network that webhooks may go to; may be given several times.",
)
@click.option("--hours", default="Mon-Fri 09:00-18:00", show_default=True, help="Several separated by ';'.")
def create_clinic(hours: str, webhook_hosts: tuple[str, ...], **fields: str) -> None:
    """A new clinic."""
    from aftercare.services.clinics import create_clinic as create  # noqa: PLC0415 - keeps --help quick

    draft = _convert(
        {**fields, "openings": _openings(hours), "private_webhook_hosts": webhook_hosts}, ClinicDraft
    )

    async def make(house: Any) -> None:
        made = await create(house.database, draft, now=house.now())
        click.echo(
            f"Clinic {made.name} ({made.clinic_id}); staff sign in at {house.address}/sign-in/{made.handle}"
        )
        click.echo(
            "Its rules are in shadow: only emergencies and the rows of the floor alert, the rest is counted, until a"
            f" practitioner releases them at {house.address}/rules."
        )

    _with_house(make)


@_commands.group()
def staff() -> None:
    """Staff."""


@staff.command("create")
@click.option("--clinic", "handle", required=True, help="The clinic's handle.")
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(["practitioner", "coordinator", "admin"]), required=True)
@click.option(
    "--password", help="Asked for when left out; or AFTERCARE_PASSWORD.", envvar="AFTERCARE_PASSWORD"
)
def create_staff(handle: str, password: str | None, **fields: str) -> None:
    """A new staff member."""
    from aftercare.services.clinics import clinic_by_handle  # noqa: PLC0415
    from aftercare.services.staff import create_staff as create  # noqa: PLC0415

    secret = password or click.prompt("Password", hide_input=True, confirmation_prompt=True)
    draft = _convert({**fields, "password": secret}, StaffDraft)

    async def make(house: Any) -> None:
        clinic_id = await clinic_by_handle(house.database, handle)
        made = await create(house.database, Actor(clinic_id=clinic_id, kind="system"), draft, now=house.now())
        click.echo(f"{made.name} is {made.role} and signs in at {house.address}/sign-in/{handle}")

    _with_house(make)


@_commands.group()
def checks() -> None:
    """The clinical checks."""


@checks.command("replay")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def replay_files(files: tuple[Path, ...]) -> None:
    """One JSON line per raised or escalated alert of each timeline file, in time order; what is odd in it on stderr."""
    for file in files:
        try:
            entries = load_timelines(file.read_bytes())
        except AftercareError as error:
            raise click.ClickException(f"{file.name}: {_sentence(error)}") from None
        for odd in oddities(file.read_bytes()):
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
    from aftercare import backtesting  # noqa: PLC0415 - tables and bars are this command's alone
    from aftercare.services.backtest import BacktestDraft  # noqa: PLC0415

    if (handle is None) == (not files):
        raise click.UsageError("Say whose history: either --clinic or --files.")
    if files and (since or until):
        raise click.UsageError("--since and --until go with --clinic; a file is judged as a whole.")
    report = backtesting.Report(Console(highlight=False), _say, as_json=as_json)
    if handle is None:
        asyncio.run(backtesting.run_on_files(files, pack, report))
        return
    window = {"since": since, "until": until}
    draft = BacktestDraft(**{name: at and at.replace(tzinfo=UTC) for name, at in window.items()})
    with with_database(_settings()) as settings:
        asyncio.run(backtesting.run_on_clinic(settings, handle, pack, draft, report))


@checks.command("docs")
def render_checks() -> None:
    """The page that a clinician signs: every check, its medicine, its rows and numbers, as Markdown."""
    from aftercare.alerts.joining import HOLD, NEVER_HELD  # noqa: PLC0415
    from aftercare.checks.docs import clinician_page  # noqa: PLC0415 - no other command renders it

    click.echo(clinician_page(default_pack(), hold=HOLD, never_held=NEVER_HELD), nl=False)


@_commands.group()
def audit() -> None:
    """The audit."""


@audit.command("verify")
@click.option("--clinic", "handle", required=True, help="The clinic's handle.")
def verify_audit(handle: str) -> None:
    """Walk a clinic's chain; fails if an entry was edited, removed or put in between."""
    from aftercare.services.audit import verify  # noqa: PLC0415
    from aftercare.services.clinics import clinic_by_handle  # noqa: PLC0415

    async def walk(house: Any) -> None:
        clinic_id = await clinic_by_handle(house.database, handle)
        broken = [number async for number in verify(house.database, clinic_id)]
        if broken:
            raise AftercareError(
                f"The chain is broken at {len(broken)} entries, first at number {broken[0]}."
            )
        click.echo("The chain is whole.")

    _with_house(walk)


@_commands.group()
def photos() -> None:
    """The photos."""


@photos.command("verify")
@click.option("--clinic", "handle", help="The clinic's handle; default: every clinic.")
def verify_photos(handle: str | None) -> None:
    """Open every picture that the database promises; fails if one is missing or is not as it was kept."""
    from aftercare.verifying import verify_photos as verify  # noqa: PLC0415 - its bar is this command's alone

    _with_house(lambda house: verify(house, handle, _say))


class _Keys(click.Group):
    """Its commands are looked for when one is asked for: they bring the whole service along."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        from aftercare.keeping import keys  # noqa: PLC0415 - keeps the other commands quick

        return keys.list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        from aftercare.keeping import keys  # noqa: PLC0415

        return keys.get_command(ctx, cmd_name)


_commands.add_command(_Keys("keys", help="The keys of the photos: backup, restore, rotation."))


@_commands.group(invoke_without_command=True)
@click.pass_context
def channels(context: click.Context) -> None:
    """The ways out, and which are set up. docs/operations/channels.md says how, and what each answer means."""
    from aftercare.reaching import show_channels  # noqa: PLC0415 - keeps the other commands quick

    if context.invoked_subcommand is None:
        show_channels(_settings(), Console(highlight=False))


@channels.command("test")
@click.argument("channel", type=click.Choice(["smtp", "webpush", "sms", "fcm", "apns"]))
@click.argument("address")
def send_a_test(channel: str, address: str) -> None:
    """Send one test to ADDRESS: a mail address, a number (+44...), a phone's token.

    A browser's subscription is read as JSON from standard input: give - as ADDRESS.
    """
    from aftercare.model.addresses import ChannelName  # noqa: PLC0415
    from aftercare.reaching import send_test  # noqa: PLC0415

    given = sys.stdin.read().strip() if address == "-" else address
    click.echo(asyncio.run(send_test(_settings(), ChannelName(channel), given)))


@_commands.command()
def openapi() -> None:
    """The OpenAPI document of the HTTP interface."""
    from aftercare.api.openapi import openapi_document  # noqa: PLC0415

    click.echo(openapi_document(), nl=False)


def _new_loop() -> asyncio.AbstractEventLoop:
    """The quicker event loop where there is one, as the server has it."""
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


async def _work(settings: Settings) -> None:
    from aftercare.jobs.runner import Worker  # noqa: PLC0415
    from aftercare.services.house import build_house  # noqa: PLC0415
    from aftercare.services.metrics import Counting  # noqa: PLC0415

    house = build_house(settings, with_worker=True)
    await house.open()
    running, counting = Worker(house), Counting(house)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    running.start()
    counting.start()
    _say.print(f"Aftercare {__version__} worker running", markup=False)
    try:
        await stopped.wait()
    finally:
        await running.stop()
        await counting.stop()
        await house.close()


def _with_house(do: Any) -> None:
    from aftercare.services.house import build_house  # noqa: PLC0415

    async def run(settings: Settings) -> None:
        house = build_house(settings, with_worker=False)
        await house.open()
        try:
            await do(house)
        finally:
            await house.close()

    with with_database(_settings()) as settings:
        asyncio.run(run(settings))


def _settings(**given: Any) -> Settings:
    return msgspec.structs.replace(
        read_settings(), **{key: value for key, value in given.items() if value is not None}
    )


def _convert(fields: dict[str, Any], kind: type[Any]) -> Any:
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$.")
        raise click.ClickException(f"--{where.rstrip('`').replace('_', '-')}: {what}.") from None


_WEEKDAYS = {name: number for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}


def _openings(text: str) -> list[Opening]:
    openings = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        try:
            days, times = part.split()
            first, _, last = days.lower().partition("-")
            opens, closes = (msgspec.convert(f"{one}:00", type=time) for one in times.split("-"))
            week = range(_WEEKDAYS[first], _WEEKDAYS[last or first] + 1)
            openings += [Opening(weekday=day, opens=opens, closes=closes) for day in week]
        except (ValueError, KeyError, msgspec.ValidationError):
            raise click.ClickException(f"Hours look like 'Mon-Fri 09:00-18:00', not '{part}'.") from None
    return openings
