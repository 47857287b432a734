"""`aftercare clinic` and `aftercare staff`: the operator's part in who is here and who gets in."""

from collections.abc import Awaitable, Callable
from datetime import time

import click
import msgspec

from aftercare.commands import converted, with_house
from aftercare.model.clinic import Opening
from aftercare.model.people import Actor, ClinicDraft, PasswordDraft, StaffDraft, StaffMember
from aftercare.services import clinics
from aftercare.services import staff as service
from aftercare.services.house import House

_WEEKDAYS = {name: number for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}
_clinic = click.option("--clinic", "handle", required=True, help="The clinic's handle.")
_email = click.option("--email", required=True)
_password = click.option(
    "--password", help="Asked for when left out; or AFTERCARE_PASSWORD.", envvar="AFTERCARE_PASSWORD"
)


@click.group()
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
    draft = converted(
        {**fields, "openings": _openings(hours), "private_webhook_hosts": webhook_hosts}, ClinicDraft
    )

    async def make(house: House) -> None:
        made = await clinics.create_clinic(house.database, draft, now=house.now())
        click.echo(
            f"Clinic {made.name} ({made.clinic_id}); staff sign in at {house.address}/sign-in/{made.handle}"
        )
        click.echo(
            "Its rules are in shadow: only emergencies and the rows of the floor alert, the rest is counted, until a"
            f" practitioner releases them at {house.address}/rules."
        )

    with_house(make)


@click.group()
def staff() -> None:
    """Staff."""


@staff.command("create")
@_clinic
@_email
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(["practitioner", "coordinator", "admin"]), required=True)
@_password
def create_staff(handle: str, password: str | None, **fields: str) -> None:
    """A new staff member."""
    draft = converted({**fields, "password": _asked_for(password)}, StaffDraft)

    async def make(house: House) -> None:
        by = await _operator(house, handle)
        made = await service.create_staff(house.database, by, draft, now=house.now())
        click.echo(_signs_in(house, handle, made))

    with_house(make)


@staff.command("disable")
@_clinic
@_email
def disable_staff(handle: str, email: str) -> None:
    """Shut out who leaves: signed out at once and told of nothing any more. Their name stays on what they did."""

    async def shut_out(house: House, by: Actor, member: StaffMember) -> str:
        await service.disable(house.database, by, member.staff_id, now=house.now())
        return f"{member.name} is signed out and cannot sign in any more."

    _with_member(handle, email, shut_out)


@staff.command("enable")
@_clinic
@_email
def enable_staff(handle: str, email: str) -> None:
    """Let somebody in again who was shut out, with the password of before."""

    async def let_in(house: House, by: Actor, member: StaffMember) -> str:
        await service.enable(house.database, by, member.staff_id, now=house.now())
        return _signs_in(house, handle, member)

    _with_member(handle, email, let_in)


@staff.command("password")
@_clinic
@_email
@_password
def set_password(handle: str, email: str, password: str | None) -> None:
    """A new password for who forgot theirs. Every sign-in of theirs ends."""
    draft = converted({"password": _asked_for(password)}, PasswordDraft)

    async def give(house: House, by: Actor, member: StaffMember) -> str:
        await service.set_password(house.database, by, member.staff_id, draft.password, now=house.now())
        return f"{member.name} has a new password and is signed out everywhere."

    _with_member(handle, email, give)


def _with_member(handle: str, email: str, act: Callable[[House, Actor, StaffMember], Awaitable[str]]) -> None:
    """Do something with one of a clinic's staff, and say what `act` answers."""

    async def do(house: House) -> None:
        by = await _operator(house, handle)
        click.echo(await act(house, by, await service.by_email(house.database, by.clinic_id, email)))

    with_house(do)


def _signs_in(house: House, handle: str, member: StaffMember) -> str:
    return f"{member.name} is {member.role} and signs in at {house.address}/sign-in/{handle}"


async def _operator(house: House, handle: str) -> Actor:
    """Whoever has this command line acts for the system."""
    return Actor(clinic_id=await clinics.clinic_by_handle(house.database, handle), kind="system")


def _asked_for(password: str | None) -> str:
    return password or click.prompt("Password", hide_input=True, confirmation_prompt=True)


def _openings(text: str) -> list[Opening]:
    openings = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        try:
            days, times = part.split()
            first, _, last = days.lower().partition("-")
            opens, closes = (msgspec.convert(f"{one}:00", type=time) for one in times.split("-"))
            begins = _WEEKDAYS[first]
            days_after = (_WEEKDAYS[last or first] - begins) % 7  # over the end of the week, too
            openings += [
                Opening(weekday=(begins + day) % 7, opens=opens, closes=closes)
                for day in range(days_after + 1)
            ]
        except (ValueError, KeyError, msgspec.ValidationError):
            raise click.ClickException(f"Hours look like 'Mon-Fri 09:00-18:00', not '{part}'.") from None
    return openings
