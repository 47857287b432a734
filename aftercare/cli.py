"""The command line. Every failure is one sentence on stderr and exit code 1."""

import asyncio
import signal
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
from rich.console import Console

from aftercare import __version__
from aftercare.commands import Later, say, sentence, settings_with, with_house
from aftercare.db.local import with_database
from aftercare.db.migrate import migrate as run_migrations
from aftercare.errors import AftercareError
from aftercare.log import configure_logs
from aftercare.settings import Settings

if TYPE_CHECKING:
    from aftercare.services.house import House


def main() -> None:
    """Run the command; a failure of ours is a sentence, never a traceback."""
    try:
        _commands(standalone_mode=False)
    except (AftercareError, click.ClickException) as error:
        message = error.format_message() if isinstance(error, click.ClickException) else sentence(error)
        say.print(message, style="red", markup=False)
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except OSError as error:
        say.print(
            f"{error.strerror or type(error).__name__}: {error.filename or ''}".rstrip(": "),
            style="red",
            markup=False,
        )
        sys.exit(1)


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

    run_demo(settings_with(port=port), patients=patients)


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
    settings = settings_with()
    refuse_in_production(settings)
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    size = patients or patients_for(check_ins or 0, seed=seed, days=days, now=now)
    plan = Plan(handle=handle, seed=seed, patients=size, days=days, now=now)
    with with_database(settings) as ready:
        asyncio.run(run_simulation(ready, plan, say, processes=processes))


@_commands.command()
@click.option("--host", help="Default: AFTERCARE_HOST or 127.0.0.1.")
@click.option("--port", type=int, help="Default: AFTERCARE_PORT or 8460.")
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True)
@click.option("--no-worker", is_flag=True, help="Leave background work to `aftercare worker`.")
def serve(host: str | None, port: int | None, processes: int, *, no_worker: bool) -> None:
    """API, pages and background work."""
    from aftercare.serving import run_server  # noqa: PLC0415 - keeps the other commands quick

    with with_database(settings_with(host=host, port=port)) as settings:
        say.print(f"Aftercare {__version__} at {settings.address}", markup=False)
        run_server(settings, "served_without_worker" if no_worker else "served", processes=processes)


@_commands.command()
def worker() -> None:
    """Background work only, beside any number of others."""
    with with_database(settings_with()) as settings:
        configure_logs(settings.log_level)
        with asyncio.Runner(loop_factory=_new_loop) as runner:
            runner.run(_work(settings))


@_commands.command()
def migrate() -> None:
    """Bring the database to this version."""
    settings = settings_with()
    if settings.database_url or settings.owner_database_url:
        applied = asyncio.run(run_migrations(settings.owner_database_url or settings.database_url))
        click.echo("\n".join(f"applied {name}" for name in applied) or "Nothing to do.")
    else:
        with with_database(settings):
            click.echo("The embedded database is at this version.")


@_commands.group()
def audit() -> None:
    """The audit."""


@audit.command("verify")
@click.option("--clinic", "handle", required=True, help="The clinic's handle.")
def verify_audit(handle: str) -> None:
    """Walk a clinic's chain; fails if an entry was edited, removed or put in between."""
    from aftercare.services.audit import verify  # noqa: PLC0415
    from aftercare.services.clinics import clinic_by_handle  # noqa: PLC0415

    async def walk(house: "House") -> None:
        clinic_id = await clinic_by_handle(house.database, handle)
        broken = [number async for number in verify(house.database, clinic_id)]
        if broken:
            raise AftercareError(
                f"The chain is broken at {len(broken)} entries, first at number {broken[0]}."
            )
        click.echo("The chain is whole.")

    with_house(walk)


@_commands.group()
def photos() -> None:
    """The photos."""


@photos.command("verify")
@click.option("--clinic", "handle", help="The clinic's handle; default: every clinic.")
def verify_photos(handle: str | None) -> None:
    """Open every picture that the database promises; fails if one is missing or is not as it was kept."""
    from aftercare.verifying import verify_photos as verify  # noqa: PLC0415 - its bar is this command's alone

    with_house(lambda house: verify(house, handle, say))


_commands.add_command(Later("clinic", "aftercare.tenants", "Clinics."))
_commands.add_command(Later("staff", "aftercare.tenants", "Staff: who gets in, and who no more."))
_commands.add_command(Later("checks", "aftercare.checking", "The clinical checks."))
_commands.add_command(
    Later("keys", "aftercare.keeping", "The keys of the photos: backup, restore, rotation.")
)


@_commands.group(invoke_without_command=True)
@click.pass_context
def channels(context: click.Context) -> None:
    """The ways out, and which are set up. docs/operations/channels.md says how, and what each answer means."""
    from aftercare.reaching import show_channels  # noqa: PLC0415 - keeps the other commands quick

    if context.invoked_subcommand is None:
        show_channels(settings_with(), Console(highlight=False))


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
    click.echo(asyncio.run(send_test(settings_with(), ChannelName(channel), given)))


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
    say.print(f"Aftercare {__version__} worker running", markup=False)
    try:
        await stopped.wait()
    finally:
        await running.stop()
        await counting.stop()
        await house.close()
