"""`aftercare demo`: a clinic in the middle of its work, on this machine alone, to be opened and tried."""

import asyncio
import socket
from contextlib import suppress
from datetime import UTC, datetime

import msgspec
import segno
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table

from aftercare.db.local import with_database
from aftercare.errors import AftercareError, NotFound
from aftercare.log import configure_logs
from aftercare.model.people import Actor
from aftercare.notify.inbox import Inbox
from aftercare.services.clinics import clinic_by_handle
from aftercare.services.demo import HANDLE, DemoClinic, seed
from aftercare.services.enrolments import Invitation, invite
from aftercare.services.house import House, build_house
from aftercare.serving import run_server
from aftercare.settings import Settings

_say = Console(highlight=False)


class DemoError(AftercareError):
    """The demo cannot start."""


def run_demo(settings: Settings, *, patients: int) -> None:
    """Prepare the clinic once, print the sign-ins, and serve until Ctrl-C. Raises DemoError."""
    if settings.env == "production":
        raise DemoError(
            "The demo is for trying things out. Unset AFTERCARE_ENV=production, or use `aftercare serve`."
        )
    if settings.database_url:
        raise DemoError(
            "The demo brings its own database. Unset AFTERCARE_DATABASE_URL, or use `aftercare serve`."
        )
    _refuse_taken_port(settings)
    configure_logs("ERROR")
    with with_database(settings) as ready:
        demo, invitation = asyncio.run(_prepare(ready, patients))
        _print(ready, demo, invitation)
        run_server(ready, "demo")


async def _prepare(settings: Settings, patients: int) -> tuple[DemoClinic, Invitation]:
    # The past's mail is really sent, to a receiver that ends with the past.
    async with Inbox() as inbox:
        house = build_house(inbox.relay_of(settings), with_worker=True)
        await house.open()
        try:
            demo = await _seeded(house, patients)
            actor = Actor(clinic_id=demo.clinic_id, kind="system")
            invitation = await invite(
                house.database, actor, demo.patient_id, server=settings.address, now=datetime.now(UTC)
            )
        finally:
            await house.close()
    return demo, invitation


async def _seeded(house: House, patients: int) -> DemoClinic:
    kept = house.settings.data_dir / "demo.json"
    if kept.exists():
        return msgspec.json.decode(kept.read_bytes(), type=DemoClinic)
    await _refuse_half_a_past(house)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=_say, transient=True) as progress:
        task = progress.add_task(f"Letting {patients} synthetic patients recover", total=1.0)
        demo = await seed(
            house,
            size=patients,
            now=datetime.now(UTC),
            progress=lambda share: progress.update(task, completed=share),
        )
    kept.touch(mode=0o600)
    kept.write_bytes(msgspec.json.encode(demo))
    return demo


async def _refuse_half_a_past(house: House) -> None:
    with suppress(NotFound):
        await clinic_by_handle(house.database, HANDLE)
        raise DemoError(
            "The first start was ended while its patients still recovered. "
            f"Remove the folder {house.settings.data_dir}, then start again."
        )


def _print(settings: Settings, demo: DemoClinic, invitation: Invitation) -> None:
    address = settings.address
    _say.print("\n[bold]Aftercare demo[/] - synthetic data only. Not CE/UKCA marked or FDA cleared.\n")
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_row("Dashboard", f"{address}/sign-in/{HANDLE}")
    for one in demo.sign_ins:
        table.add_row(f"  {one.role}", f"{one.email}   {one.password}")
    table.add_row("Mail inbox", f"{address}/inbox")
    table.add_row("HTTP interface", f"{address}/openapi/openapi.json")
    table.add_row("Enrolment code", f"{invitation.code}   (once, within 7 days)")
    table.add_row("  as QR", invitation.address)
    _say.print(table)
    if _say.is_terminal:
        segno.make(invitation.address, error="l", micro=False).terminal(compact=True)
    _say.print("\nCtrl-C ends it; the data stays in", str(settings.data_dir), markup=False)


def _refuse_taken_port(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            raise DemoError(
                f"Port {settings.port} is taken. Set AFTERCARE_PORT to another (and AFTERCARE_DATA_DIR for a second demo)."
            ) from None
