"""`aftercare keys`: the master key, the keys' own backup, their rotation, and what a restore must not bring back."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import click
from rich.progress import track

from aftercare.commands import say, with_house
from aftercare.errors import AftercareError
from aftercare.photos import key_backup
from aftercare.photos.errors import KeyMissingError
from aftercare.photos.keys import FileKeys
from aftercare.photos.masters import new_master_key
from aftercare.services import erasures
from aftercare.services.clinics import clinic_by_handle
from aftercare.services.house import House, photo_keys
from aftercare.settings import read_settings

_File = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def keys() -> None:
    """The keys of the photos. docs/operations/keys.md says when to do what."""


@keys.command("master")
def print_master() -> None:
    """A new master key, for AFTERCARE_MASTER_KEY_FILE. It is printed once and kept nowhere."""
    click.echo(new_master_key())


@keys.command("backup")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def back_up(folder: Path) -> None:
    """Write a dated archive of the keys to FOLDER and remove those older than seven days."""
    made = asyncio.run(key_backup.back_up(_keys(), folder, now=datetime.now(UTC)))
    click.echo(f"Wrote {made.name}.")


@keys.command("restore")
@click.argument("file", type=_File)
def restore(file: Path) -> None:
    """Put back keys that are missing, from an archive of the last seven days; none that was erased since."""

    async def put_back(house: House) -> None:
        # First what the database knows to be erased, so that not even for a moment a key is back that should not be.
        await _replay(house)
        done = await asyncio.to_thread(key_backup.restore, house.keys, file, now=house.now())
        await _replay(house)
        click.echo(f"The archive held the keys of {done.held} patients; of {done.came_back} some came back.")

    with_house(put_back, with_worker=True)


@keys.command("replay")
def replay() -> None:
    """After a restore of the database or of the keys: repeat the erasures that it has forgotten."""

    async def repeat(house: House) -> None:
        click.echo(f"{await _replay(house)} erasures were repeated; the worker removes what is left of them.")

    with_house(repeat, with_worker=True)


@keys.command("verify")
def verify() -> None:
    """Open every key; fails if one does not open."""
    kept = _keys()

    async def broken() -> AsyncIterator[UUID]:
        for owner in track([one async for one in kept.owners()], "Opening keys", console=say, transient=True):
            try:
                kept.check(owner)
            except KeyMissingError:
                yield owner[1]

    async def look() -> list[UUID]:
        kept.masters  # noqa: B018 - a wrong master key is said once, not of each key
        return [one async for one in broken()]

    found = asyncio.run(look())
    if found:
        raise AftercareError(
            f"The keys of {len(found)} patients do not open, first that of {found[0]}. Restore them from a key backup."
        )
    click.echo("Every key opens.")


@keys.command("rewrap")
def rewrap() -> None:
    """Wrap every key by the first master key of several, so that the others can be taken away. No photo is touched."""
    kept = _keys()

    async def owners() -> list[tuple[UUID, UUID]]:
        return [one async for one in kept.owners()]

    count = sum(
        kept.rewrap(one) for one in track(asyncio.run(owners()), "Wrapping keys", console=say, transient=True)
    )
    kept.settle_master()
    click.echo(f"{count} patients' keys were wrapped anew. Only the first master key is needed from now on.")


@keys.command("rotate")
@click.option("--clinic", "handle", required=True, help="The clinic's handle.")
@click.option("--patient", "patient_id", type=click.UUID, help="One patient; default: all of the clinic.")
def rotate(handle: str, patient_id: UUID | None) -> None:
    """Give patients new keys and seal their photos again. Interrupted, it is simply begun again."""

    async def seal_again(house: House) -> None:
        clinic_id = await clinic_by_handle(house.database, handle)
        owners = [
            one async for one in house.keys.owners() if one[0] == clinic_id and patient_id in (None, one[1])
        ]
        count = 0
        for owner in track(owners, "Sealing photos again", console=say, transient=True):
            count += await house.blobs.reseal(*owner)
        click.echo(f"{len(owners)} patients have a new key; {count} pictures were sealed again.")

    with_house(seal_again, with_worker=True)


async def _replay(house: House) -> int:
    if house.worker is None:
        raise AftercareError("This process has no database for background work.")
    return await erasures.replay(house.worker, house.keys, now=house.now())


def _keys() -> FileKeys:
    return photo_keys(read_settings())
