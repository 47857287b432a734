"""What the commands share: what they say, the settings, the house, and groups that are read when they are asked for."""

import asyncio
from collections.abc import Callable, Coroutine
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec
from rich.console import Console

from aftercare.db.local import with_database
from aftercare.errors import AftercareError
from aftercare.settings import Settings, read_settings

if TYPE_CHECKING:
    from aftercare.services.house import House

T = TypeVar("T")
say = Console(stderr=True, highlight=False)


def sentence(error: AftercareError) -> str:
    """What went wrong, on one line."""
    wrong = "; ".join(f"{where.lstrip('/')}: {what}" for where, what in error.pointers.items())
    return f"{error.detail} ({wrong})" if wrong else error.detail


def settings_with(**given: Any) -> Settings:
    """The settings, with what was given on the command line over them."""
    return msgspec.structs.replace(
        read_settings(), **{key: value for key, value in given.items() if value is not None}
    )


def converted(fields: dict[str, Any], kind: type[T]) -> T:
    """Options as a Struct. Raises ClickException, naming the option that is wrong."""
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$.")
        raise click.ClickException(f"--{where.rstrip('`').replace('_', '-')}: {what}.") from None


def with_house(do: Callable[["House"], Coroutine[Any, Any, None]], *, with_worker: bool = False) -> None:
    """Do something in an open house, on the embedded database where no other is set."""
    from aftercare.services.house import build_house  # noqa: PLC0415 - keeps --help quick

    async def run(settings: Settings) -> None:
        house = build_house(settings, with_worker=with_worker)
        await house.open()
        try:
            await do(house)
        finally:
            await house.close()

    with with_database(read_settings()) as settings:
        asyncio.run(run(settings))


class Later(click.Group):
    """A group that stands in a module of its own, read when one of its commands is asked for: --help stays quick."""

    def __init__(self, name: str, module: str, help: str) -> None:  # noqa: A002 - click's own name
        """`module` holds a group of this name."""
        super().__init__(name, help=help)
        self._module = module

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Its commands, by name."""
        return self._group().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One of them."""
        return self._group().get_command(ctx, cmd_name)

    def _group(self) -> click.Group:
        found: click.Group = getattr(import_module(self._module), self.name or "")
        return found
