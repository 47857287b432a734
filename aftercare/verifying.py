"""`aftercare photos verify`: every picture opened, a bar while it runs, and a line for each that cannot be shown."""

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from aftercare.errors import AftercareError
from aftercare.model.photos import Broken
from aftercare.services import photo_store
from aftercare.services.house import House


class PhotosBrokenError(AftercareError):
    """Some photos cannot be shown; docs/operations/photo-store.md says what to do."""


async def verify_photos(house: House, handle: str | None, progress: Console) -> None:
    """Open the pictures of one clinic, or of all; ids on stdout of those that are broken. Raises PhotosBrokenError."""
    clinics = [one for one in await photo_store.clinics(house.database) if handle in (None, one[0])]
    if not clinics:
        raise AftercareError(
            "There is no such clinic. Check its handle." if handle else "There is no clinic yet."
        )
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    broken: list[Broken] = []
    looked_at = 0
    with Progress(*columns, console=progress, transient=True) as bar:
        for name, clinic_id in clinics:
            task = bar.add_task(name, total=None)
            done = 0
            async for said in photo_store.verify(house.database, house.blobs, clinic_id, now=house.now()):
                bar.update(task, completed=said.done, total=said.of)
                broken += said.broken
                done = said.done
            looked_at += done
    for one in broken:
        click.echo(f"clinic {one.clinic_id} photo {one.photo_id}: the {one.rendition} {one.what}")
    if broken:
        photos = len({(one.clinic_id, one.photo_id) for one in broken})
        raise PhotosBrokenError(
            f"{photos} of {looked_at} photos cannot be shown; docs/operations/photo-store.md says what to do."
        )
    click.echo(f"All {looked_at} photos open.")
