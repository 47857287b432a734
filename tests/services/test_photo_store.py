import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest
from rich.console import Console

from aftercare.db.pool import Database
from aftercare.errors import AftercareError
from aftercare.model.photos import Rendition
from aftercare.photos.blobs import BlobKey, LocalBlobs
from aftercare.photos.keys import FileKeys
from aftercare.photos.masters import development_masters
from aftercare.photos.sealed import SealedBlobs
from aftercare.photos.spool import SpooledBlobs
from aftercare.services import photo_store
from aftercare.services.house import build_house
from aftercare.services.photo_store import TEND
from aftercare.settings import Settings
from aftercare.store import due_work
from aftercare.verifying import PhotosBrokenError, verify_photos
from tests.services.conftest import Team, Treat, make_team

HOURS = timedelta(hours=1)


class Clinic:
    """A clinic's photos: rows, blobs, and the folder they are in."""

    def __init__(self, url: str, folder: Path, clinic_id: UUID) -> None:
        self._url, self.folder, self.clinic_id = url, folder / "photos", clinic_id
        keys = FileKeys(folder / "keys", lambda: development_masters(folder / "master.key"))
        self.spool = SpooledBlobs(LocalBlobs(self.folder), folder / "spool", most_bytes=1_000_000)
        self.blobs = SealedBlobs(self.spool, keys)
        self.keys = keys

    def key(self, patient_id: UUID, photo_id: UUID, rendition: Rendition) -> BlobKey:
        return BlobKey(
            clinic_id=self.clinic_id,
            patient_id=patient_id,
            photo_id=photo_id,
            sha256=photo_id.hex * 2,
            rendition=rendition,
        )

    async def blob(
        self, patient_id: UUID, photo_id: UUID, rendition: Rendition, *, age: timedelta
    ) -> BlobKey:
        """Put a blob, as if it had been that long ago."""
        key = self.key(patient_id, photo_id, rendition)
        await self.blobs.put(key, rendition.encode())
        at = (datetime.now(UTC) - age).timestamp()
        os.utime(self.folder / str(key), (at, at))
        return key

    async def row(self, patient_id: UUID, photo_id: UUID) -> None:
        """Promise a photo whose renditions are the words for them."""
        connection = await asyncpg.connect(self._url)
        await connection.execute(
            "insert into photos (clinic_id, patient_id, photo_id, view, taken_at, received_at, digest, width, height,"
            " display_type, thumbnail_type, display_bytes, thumbnail_bytes)"
            " values ($1, $2, $3, 'front', now(), now(), $4, 1, 1, 'image/jpeg', 'image/webp', $5, $6)",
            self.clinic_id, patient_id, photo_id, bytes.fromhex(photo_id.hex * 2),
            len(Rendition.DISPLAY), len(Rendition.THUMBNAIL),
        )  # fmt: skip
        await connection.close()

    async def photo(self, patient_id: UUID, *, age: timedelta = 3 * HOURS) -> UUID:
        photo_id = uuid4()
        for rendition in Rendition:
            await self.blob(patient_id, photo_id, rendition, age=age)
        await self.row(patient_id, photo_id)
        return photo_id

    async def paths(self) -> set[str]:
        return {found.path async for found in self.blobs.list(self.clinic_id)}


@pytest.fixture
async def clinic(database_url: str, tmp_path: Path, team: Team) -> Clinic:
    made = Clinic(database_url, tmp_path, team.clinic_id)
    await made.keys.open()
    return made


@pytest.fixture
async def patient_id(treat: Treat, now: datetime) -> UUID:
    return (await treat(now)).patient_id


async def verified(service: Database, clinic: Clinic) -> tuple[int, list[tuple[UUID, Rendition, str]]]:
    """(Photos looked at, what is wrong)."""
    said = [
        one
        async for one in photo_store.verify(service, clinic.blobs, clinic.clinic_id, now=datetime.now(UTC))
    ]
    wrong = [(one.photo_id, one.rendition, str(one.what)) for step in said for one in step.broken]
    return said[-1].done, wrong


async def test_blobs_without_a_row_go_once_they_are_an_hour_old(
    service: Database, clinic: Clinic, patient_id: UUID
) -> None:
    await clinic.photo(patient_id)
    kept = await clinic.paths()
    young = await clinic.blob(patient_id, uuid4(), Rendition.DISPLAY, age=timedelta(minutes=55))
    orphan = await clinic.blob(patient_id, uuid4(), Rendition.DISPLAY, age=timedelta(minutes=65))
    of_nobody = await clinic.blob(uuid4(), uuid4(), Rendition.THUMBNAIL, age=3 * HOURS)
    assert {str(orphan), str(of_nobody)} <= await clinic.paths()

    now = datetime.now(UTC)
    assert await photo_store.remove_orphans(service, clinic.blobs, clinic.clinic_id, now=now) == 2

    assert await clinic.paths() == kept | {str(young)}


async def test_another_files_blob_under_the_id_of_a_photo_is_an_orphan(
    service: Database, clinic: Clinic, patient_id: UUID
) -> None:
    photo_id = await clinic.photo(patient_id)
    kept = await clinic.paths()
    twin = BlobKey(
        clinic_id=clinic.clinic_id,
        patient_id=patient_id,
        photo_id=photo_id,
        sha256="f" * 64,
        rendition=Rendition.DISPLAY,
    )
    await clinic.blobs.put(twin, b"the other one")
    os.utime(clinic.folder / str(twin), (0, 0))
    now = datetime.now(UTC)
    assert await photo_store.remove_orphans(service, clinic.blobs, clinic.clinic_id, now=now) == 1
    assert await clinic.paths() == kept


async def test_many_pages_of_blobs_are_gone_through(
    service: Database, clinic: Clinic, patient_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photo_store, "_PAGE", 3)
    for _ in range(4):
        await clinic.photo(patient_id)
        await clinic.blob(patient_id, uuid4(), Rendition.DISPLAY, age=3 * HOURS)
    now = datetime.now(UTC)
    assert await photo_store.remove_orphans(service, clinic.blobs, clinic.clinic_id, now=now) == 4
    assert len(await clinic.paths()) == 8
    assert [one async for one in photo_store.missing(service, clinic.blobs, clinic.clinic_id)] == []


async def test_another_clinics_blobs_are_not_touched(
    service: Database, clinic: Clinic, patient_id: UUID, now: datetime
) -> None:
    await clinic.photo(patient_id)
    other = await make_team(service, "beta", now)
    at = datetime.now(UTC)
    assert await photo_store.remove_orphans(service, clinic.blobs, other.clinic_id, now=at) == 0
    assert len(await clinic.paths()) == 2


async def test_a_row_whose_picture_is_gone_is_told_by_its_id(
    service: Database, clinic: Clinic, patient_id: UUID
) -> None:
    whole, broken = await clinic.photo(patient_id), await clinic.photo(patient_id)
    await clinic.blobs.delete(clinic.key(patient_id, broken, Rendition.THUMBNAIL))
    found = [one async for one in photo_store.missing(service, clinic.blobs, clinic.clinic_id)]
    assert [(one.photo_id, one.rendition, one.what) for one in found] == [
        (broken, Rendition.THUMBNAIL, "is missing")
    ]
    assert whole != broken


async def test_what_waits_in_the_spool_is_not_missing(
    service: Database, clinic: Clinic, patient_id: UUID
) -> None:
    photo_id = uuid4()
    clinic.spool._away_until = float("inf")
    for rendition in Rendition:
        await clinic.blobs.put(clinic.key(patient_id, photo_id, rendition), rendition.encode())
    await clinic.row(patient_id, photo_id)
    assert await clinic.spool.waiting() == 2
    assert [one async for one in photo_store.missing(service, clinic.blobs, clinic.clinic_id)] == []
    assert await verified(service, clinic) == (1, [])


async def test_verifying_opens_every_picture(service: Database, clinic: Clinic, patient_id: UUID) -> None:
    photos = [await clinic.photo(patient_id) for _ in range(4)]
    assert await verified(service, clinic) == (4, [])

    gone = clinic.key(patient_id, photos[0], Rendition.DISPLAY)
    await clinic.blobs.delete(gone)
    flipped = clinic.folder / str(clinic.key(patient_id, photos[1], Rendition.DISPLAY))
    content = bytearray(flipped.read_bytes())
    content[-1] ^= 1
    flipped.write_bytes(content)
    moved = clinic.key(patient_id, photos[2], Rendition.DISPLAY)
    moved_from = clinic.key(patient_id, photos[3], Rendition.DISPLAY)
    (clinic.folder / str(moved)).write_bytes((clinic.folder / str(moved_from)).read_bytes())
    await clinic.blobs.put(clinic.key(patient_id, photos[3], Rendition.THUMBNAIL), b"of another length")

    done, wrong = await verified(service, clinic)
    assert done == 4
    assert sorted(wrong) == sorted(
        [
            (photos[0], Rendition.DISPLAY, "is missing"),
            (photos[1], Rendition.DISPLAY, "does not open"),
            (photos[2], Rendition.DISPLAY, "does not open"),
            (photos[3], Rendition.THUMBNAIL, "is another one"),
        ]
    )


async def test_verifying_is_on_record(service: Database, clinic: Clinic, database_url: str) -> None:
    assert await verified(service, clinic) == (0, [])
    connection = await asyncpg.connect(database_url)
    entries = await connection.fetch("select actor_kind from audit_entries where action = 'photos.verified'")
    await connection.close()
    assert [entry["actor_kind"] for entry in entries] == ["system"]


async def due_at(worker: Database, clinic_id: UUID) -> datetime | None:
    async with worker.transaction() as db:
        at: datetime | None = await db.fetchval(
            "select due_at from due_work where clinic_id = $1 and kind = $2", clinic_id, TEND
        )
        return at


async def test_every_clinic_is_looked_through_again_and_again(
    worker: Database, service: Database, clinic: Clinic, patient_id: UUID
) -> None:
    now = datetime.now(UTC)
    orphan = await clinic.blob(patient_id, uuid4(), Rendition.DISPLAY, age=3 * HOURS)
    await photo_store.plan(worker, now=now)
    await photo_store.plan(worker, now=now + HOURS)  # changes nothing for whom it is planned already
    assert await due_at(worker, clinic.clinic_id) == now
    async with worker.transaction() as db:
        (claim,) = await due_work.claim(db, TEND, now, now + timedelta(seconds=15), 10)
    await photo_store.tend(worker, clinic.blobs, claim, now=now)
    assert str(orphan) not in await clinic.paths()
    assert await due_at(worker, clinic.clinic_id) == now + 6 * HOURS


async def test_while_the_store_is_away_it_is_put_off(
    worker: Database, clinic: Clinic, patient_id: UUID
) -> None:
    now = datetime.now(UTC)
    await clinic.photo(patient_id)
    await photo_store.plan(worker, now=now)
    async with worker.transaction() as db:
        (claim,) = await due_work.claim(db, TEND, now, now + timedelta(seconds=15), 10)
    away = clinic.folder.rename(clinic.folder.with_name("elsewhere"))
    clinic.folder.write_bytes(b"")
    await photo_store.tend(worker, clinic.blobs, claim, now=now)
    assert away.exists()
    assert await due_at(worker, clinic.clinic_id) == now + timedelta(minutes=10)


async def test_the_command_names_what_is_broken_and_fails(
    clinic: Clinic,
    patient_id: UUID,
    database_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    house = build_house(Settings(data_dir=tmp_path, database_url=database_url), with_worker=False)
    await house.open()
    quiet = Console(quiet=True)
    try:
        photos = [await clinic.photo(patient_id) for _ in range(3)]
        await verify_photos(house, "alpha", quiet)
        assert capsys.readouterr().out == "All 3 photos open.\n"

        for rendition in Rendition:
            await clinic.blobs.delete(clinic.key(patient_id, photos[1], rendition))
        with pytest.raises(PhotosBrokenError, match=r"^1 of 3 photos cannot be shown"):
            await verify_photos(house, None, quiet)
        assert capsys.readouterr().out.splitlines() == [
            f"clinic {clinic.clinic_id} photo {photos[1]}: the {rendition} is missing"
            for rendition in Rendition
        ]
        with pytest.raises(AftercareError, match="no such clinic"):
            await verify_photos(house, "beta", quiet)
    finally:
        await house.close()
