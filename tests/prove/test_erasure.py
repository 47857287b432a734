"""After erasure there is nothing of a photo anywhere, and no backup shows it without its key: searched for byte by byte."""

import asyncio
import random
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from PIL import Image

from aftercare.db.programs import binaries
from aftercare.errors import NotFound
from aftercare.model.people import Actor
from aftercare.model.photos import Rendition
from aftercare.photos import key_backup
from aftercare.photos.errors import PhotoErasedError
from aftercare.services import erasures
from aftercare.services.house import House, build_house, utc_now
from aftercare.services.photos import view_photo
from tests.prove.conftest import Trial
from tests.prove.fleet import Fleet
from tests.prove.people import Phone, enrol, open_clinic

_SLICE = 24  # bytes: long enough that chance does not write them


@dataclass(frozen=True)
class Sent:
    """A photo with everything that its bytes ever were: as received, as shown, as sealed."""

    phone: Phone
    photo_id: UUID
    received: bytes
    shown: tuple[bytes, ...]
    sealed: tuple[bytes, ...]

    def slices(self) -> Iterator[bytes]:
        """Pieces from the middle of each: their beginnings are the same in every picture."""
        for content in (self.received, *self.shown, *self.sealed):
            for part in (3, 5, 8):
                at = len(content) * part // 10
                yield content[at : at + _SLICE]


async def test_after_erasure_nothing_is_left_and_no_backup_shows_it(tmp_path: Path, trial: Trial) -> None:
    async with Fleet(tmp_path / "fleet") as fleet:
        server = fleet.serve()
        database = fleet.database()
        await database.open()
        at = utc_now()
        team = await open_clinic(database, "alpha", at)
        phones = [
            await enrol(database, team, f"{name} Sample", session_at=at - timedelta(days=2))
            for name in ("Alder", "Birch")
        ]
        await database.close()
        await server.ready()
        async with httpx.AsyncClient(base_url=server.address, timeout=60) as client:
            alders, birchs = [await _sends(client, fleet, phone, trial) for phone in phones]
            everywhere = fleet.folder
            assert _found(everywhere, alders.sealed[0][100:140]), "what is searched for can be found"
            backup = await _back_up(fleet, tmp_path / "backup")
            erased = await client.post("/v1/me/erasure", headers=alders.phone.headers, json={})
            assert (erased.status_code, erased.json()["photos"]) == (202, 1)
            await _finished(client, alders.phone)
            answers = [
                (
                    await client.get(f"/v1/photos/{one.photo_id}/display", headers=one.phone.headers)
                ).status_code
                for one in (alders, birchs)
            ]
            assert answers == [410, 200]
        dump = _dumped(fleet, tmp_path / "after.sql")
        searched = sum(path.stat().st_size for path in _files(everywhere)) + dump.stat().st_size
        pieces = list(alders.slices())
        assert _found(everywhere, *pieces) == set()
        assert [piece for piece in pieces if piece in dump.read_bytes()] == []
        assert str(alders.photo_id) not in "".join(p.read_text() for p in everywhere.glob("*.log"))
        await _shows_nothing_when_restored(fleet, backup, alders, birchs)
    trial.say(
        f"{len(pieces)} pieces of an erased photo looked for in {searched / 1e6:.0f} MB of store, spool,"
        " keys, PostgreSQL, dump and logs: none found; database and store restored from before show it no more"
    )


async def _sends(client: httpx.AsyncClient, fleet: Fleet, phone: Phone, trial: Trial) -> Sent:
    noise = Image.frombytes("RGB", (240, 320), random.Random(trial.rng.random()).randbytes(240 * 320 * 3))  # noqa: S311 - a picture
    into, photo_id = BytesIO(), uuid4()
    noise.resize((960, 1280)).save(into, "JPEG", quality=90, comment=b"planted " + phone.patient_id.bytes)
    path = f"/v1/photos/{photo_id}"
    sent = await client.put(path, headers=phone.headers, content=into.getvalue())
    assert sent.status_code == 201, sent.text
    shown = [
        (await client.get(f"{path}/{rendition}", headers=phone.headers)).content for rendition in Rendition
    ]
    sealed = [p.read_bytes() for p in _files(fleet.settings.data_dir / "photos") if str(photo_id) in str(p)]
    assert len(sealed) == len(shown) == 2
    return Sent(phone, photo_id, into.getvalue(), tuple(shown), tuple(sealed))


async def _finished(client: httpx.AsyncClient, phone: Phone) -> None:
    async with asyncio.timeout(30):
        while True:
            [one] = (await client.get("/v1/me/erasures", headers=phone.headers)).json()
            if one["finished_at"] is not None:
                return
            await asyncio.sleep(0.1)


@dataclass(frozen=True)
class Backup:
    """The night before: a dump of the database, a copy of the store, the keys' own archive."""

    dump: Path
    photos: Path
    keys: Path


async def _back_up(fleet: Fleet, folder: Path) -> Backup:
    folder.mkdir()
    house = build_house(fleet.settings, with_worker=False)
    archive = await key_backup.back_up(house.keys, folder / "keys", now=utc_now())
    photos = Path(shutil.copytree(fleet.settings.data_dir / "photos", folder / "photos"))
    return Backup(_dumped(fleet, folder / "database.sql"), photos, archive)


async def _shows_nothing_when_restored(fleet: Fleet, backup: Backup, alders: Sent, birchs: Sent) -> None:
    judge = await fleet.judge()
    await judge.execute("create database restored")
    await judge.close()
    url = fleet.postgres.url("restored")
    _run("psql", "--quiet", "-v", "ON_ERROR_STOP=1", "-f", str(backup.dump), url)
    shutil.rmtree(fleet.settings.data_dir / "photos")
    shutil.copytree(backup.photos, fleet.settings.data_dir / "photos")
    settings = msgspec.structs.replace(fleet.settings, database_url=url, worker_database_url=url)
    house = build_house(settings, with_worker=True)
    await house.open()
    try:
        assert house.worker is not None
        assert len(await _view(house, birchs)) > 1000
        with pytest.raises(PhotoErasedError):  # its row is back, its sealed bytes are back, its key is not
            await _view(house, alders)
        key_backup.restore(house.keys, backup.keys, now=utc_now())
        with pytest.raises(PhotoErasedError):
            await _view(house, alders)
        with pytest.raises(key_backup.KeyBackupError):
            key_backup.restore(house.keys, backup.keys, now=utc_now() + timedelta(days=8))
        assert await erasures.replay(house.worker, house.keys, now=utc_now()) == 1
        with pytest.raises((PhotoErasedError, NotFound)):
            await _view(house, alders)
        async with house.worker.clinic(alders.phone.clinic_id) as db:
            assert (
                await db.fetchval(
                    "select count(*) from photos where patient_id = $1", alders.phone.patient_id
                )
                == 0
            )
    finally:
        await house.close()


async def _view(house: House, sent: Sent) -> bytes:
    actor = Actor(clinic_id=sent.phone.clinic_id, kind="patient", id=sent.phone.patient_id)
    picture, _ = await view_photo(
        house.database, house.blobs, actor, sent.phone.patient_id, sent.photo_id, Rendition.DISPLAY, now=utc_now()
    )  # fmt: skip
    return picture


def _dumped(fleet: Fleet, into: Path) -> Path:
    _run("pg_dump", "--file", str(into), fleet.postgres.url("aftercare"))
    return into


def _run(program: str, *args: str) -> None:
    done = subprocess.run([binaries() / program, *args], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]


def _found(folder: Path, *pieces: bytes) -> set[bytes]:
    """Those of the pieces that some file holds."""
    found: set[bytes] = set()
    for path in _files(folder):
        with suppress(FileNotFoundError):  # PostgreSQL goes on working
            content = path.read_bytes()
            found |= {piece for piece in pieces if piece in content}
    return found
