"""Erasure as a clinic lives it: nothing can be read from its answer on, and no restore brings anything back."""

import asyncio
import hashlib
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from aftercare.db.pool import Database
from aftercare.errors import Conflict, Gone, Malformed, NotFound
from aftercare.model.erasures import Erasure, ErasureDraft, Scope, StaffErasureDraft
from aftercare.model.people import Actor, PatientDraft
from aftercare.model.photos import Rendition
from aftercare.photos.blobs import BlobKey, LocalBlobs
from aftercare.photos.errors import KeysUnavailableError, PhotoErasedError
from aftercare.photos.key_store import FOR_GOOD
from aftercare.photos.keys import FileKeys
from aftercare.photos.masters import MasterKeys
from aftercare.photos.sealed import SealedBlobs
from aftercare.services import erasures, patients
from aftercare.services.erasures import ERASE
from aftercare.store import due_work
from tests.services.conftest import Recovering, Team, Treat

PICTURE = b"what nobody sees after erasure"


@dataclass
class Photos:
    """The photos of a clinic as the service keeps them: rows, pictures, keys."""

    folder: Path
    url: str
    worker: Database

    def __post_init__(self) -> None:
        self.keys = FileKeys(self.folder / "keys", lambda: MasterKeys([b"m" * 32]))
        self.store = LocalBlobs(self.folder / "photos")
        self.blobs = SealedBlobs(self.store, self.keys)

    def key(self, clinic_id: UUID, patient_id: UUID, photo_id: UUID) -> BlobKey:
        digest = hashlib.sha256(photo_id.bytes).hexdigest()
        return BlobKey(
            clinic_id=clinic_id,
            patient_id=patient_id,
            photo_id=photo_id,
            sha256=digest,
            rendition=Rendition.DISPLAY,
        )

    async def take(self, whose: Recovering, at: datetime) -> BlobKey:
        """Keep a photo of a patient, its row as of then."""
        photo_id = uuid4()
        key = self.key(whose.actor.clinic_id, whose.patient_id, photo_id)
        await self.blobs.put(key, PICTURE)
        await self.sql(
            "insert into photos (clinic_id, patient_id, photo_id, view, taken_at, received_at, digest, width, height,"
            " display_type, thumbnail_type, display_bytes, thumbnail_bytes)"
            " values ($1, $2, $3, 'front', $4, $4, $5, 1, 1, 'image/jpeg', 'image/jpeg', 1, 1)",
            *(key.clinic_id, key.patient_id, photo_id, at, bytes.fromhex(key.sha256)),
        )
        return key

    async def sql(self, statement: str, *values: object) -> list[asyncpg.Record]:
        """Past row-level security."""
        connection = await asyncpg.connect(self.url)
        try:
            return await connection.fetch(statement, *values)
        finally:
            await connection.close()

    async def finish(self, now: datetime) -> None:
        """What the worker does of erasures that are due."""
        async with self.worker.transaction() as db:
            claims = await due_work.claim(db, ERASE, now, now + timedelta(minutes=1), 10)
        for claim in claims:
            await erasures.work(self.worker, self.blobs, self.keys, claim, now=now)

    async def left(self, clinic_id: UUID) -> list[str]:
        return [found.path async for found in self.store.list(clinic_id)]


@pytest.fixture
def photos(tmp_path: Path, database_url: str, worker: Database) -> Photos:
    return Photos(tmp_path, database_url, worker)


@pytest.fixture
async def alder(treat: Treat, now: datetime) -> Recovering:
    return await treat(now - timedelta(days=3))


async def erase(
    photos: Photos, database: Database, by: Actor, whose: Recovering, scope: Scope, now: datetime
) -> Erasure:
    name = (await patients.get_patient(database, by, whose.patient_id, now=now)).name
    draft = StaffErasureDraft(scope=scope, reason="patient_asked", name=name)
    return await erasures.erase(database, photos.keys, by, whose.patient_id, draft, now=now)


async def test_a_patients_photos_are_gone_at_once_and_nothing_is_left_of_them(
    photos: Photos, service: Database, alder: Recovering, now: datetime
) -> None:
    key = await photos.take(alder, now)
    erased = await erasures.ask(service, photos.keys, alder.actor, ErasureDraft(), now=now)
    assert (erased.scope, erased.photos, erased.started_at, erased.finished_at) == ("photos", 1, now, None)
    with pytest.raises(PhotoErasedError):
        await photos.blobs.get(key)
    await photos.finish(now)
    assert await photos.left(key.clinic_id) == []
    [record] = await erasures.list_erasures(service, alder.actor, alder.patient_id, now=now)
    assert record.finished_at == now
    assert await photos.sql("select from photos") == []
    assert [row["photo_id"] for row in await photos.sql("select photo_id from erased_photos")] == [
        key.photo_id
    ]
    actions = [
        row["action"] for row in await photos.sql("select action from audit_entries order by entry_id")
    ]
    assert {"erasure.photos", "erasure.finished"} <= set(actions)


async def test_asking_again_is_the_same_erasure_until_there_are_photos_anew(
    photos: Photos, service: Database, alder: Recovering, now: datetime
) -> None:
    await photos.take(alder, now)
    first = await erasures.ask(service, photos.keys, alder.actor, ErasureDraft(), now=now)
    again = await erasures.ask(service, photos.keys, alder.actor, ErasureDraft(), now=now)
    assert again == first
    newer = await photos.take(alder, now)
    await photos.finish(now)
    assert await photos.blobs.get(newer) == PICTURE, "what came after the erasure is none of its business"
    second = await erasures.ask(service, photos.keys, alder.actor, ErasureDraft(), now=now)
    assert second.erasure_id != first.erasure_id
    with pytest.raises(PhotoErasedError):
        await photos.blobs.get(newer)


async def test_a_photo_that_was_on_its_way_is_not_acknowledged_after_the_erasure(
    photos: Photos, service: Database, alder: Recovering, now: datetime
) -> None:
    before = await erasures.count(service, alder.actor, alder.patient_id)
    async with service.clinic(alder.actor.clinic_id) as db:
        await erasures.refuse_if_since(db, alder.actor.clinic_id, alder.patient_id, before)
        # Its row is not committed yet: the erasure waits for it.
        erasing = asyncio.create_task(
            erasures.ask(service, photos.keys, alder.actor, ErasureDraft(), now=now)
        )
        waits = "select from pg_locks where not granted"
        async with asyncio.timeout(30):
            while not await photos.sql(waits):  # noqa: ASYNC110 - PostgreSQL tells nobody of a lock that is waited for
                await asyncio.sleep(0.01)
        assert [ended async for ended in photos.keys.endings()] == []
    await erasing
    async with service.clinic(alder.actor.clinic_id) as db:
        with pytest.raises(PhotoErasedError):
            await erasures.refuse_if_since(db, alder.actor.clinic_id, alder.patient_id, before)


async def test_nothing_happens_while_the_keys_cannot_be_asked(
    photos: Photos, service: Database, alder: Recovering, now: datetime
) -> None:
    key = await photos.take(alder, now)
    away = FileKeys(photos.folder / "keys" / "master", lambda: MasterKeys([b"m" * 32]))
    with pytest.raises(KeysUnavailableError):
        await erasures.ask(service, away, alder.actor, ErasureDraft(), now=now)
    assert await photos.blobs.get(key) == PICTURE
    assert await photos.sql("select from erasures") == []


async def test_everything_waits_for_the_clinics_word_and_the_patient_hears_why_not(
    photos: Photos, service: Database, team: Team, alder: Recovering, now: datetime
) -> None:
    key = await photos.take(alder, now)
    draft = ErasureDraft(scope="everything")
    asked = await erasures.ask(service, photos.keys, alder.actor, draft, now=now)
    assert await erasures.ask(service, photos.keys, alder.actor, draft, now=now) == asked
    assert asked.started_at is None
    assert await photos.blobs.get(key) == PICTURE
    assert await erasures.waiting(service, team.practitioner, now=now) == [asked]
    refused = await erasures.refuse(
        service, team.practitioner, alder.patient_id, asked.erasure_id, "must_be_kept", now=now
    )
    assert (refused.refused_at, refused.refused_because) == (now, "must_be_kept")
    assert await erasures.waiting(service, team.practitioner, now=now) == []
    with pytest.raises(Conflict):
        await erasures.refuse(
            service, team.practitioner, alder.patient_id, asked.erasure_id, "claim", now=now
        )


async def test_of_a_patient_who_is_erased_only_ids_and_the_lots_by_the_month_stay(
    photos: Photos, service: Database, team: Team, alder: Recovering, now: datetime
) -> None:
    await photos.take(alder, now)
    await alder.says(now - timedelta(hours=1), pain=1, redness=1)
    asked = await erasures.ask(service, photos.keys, alder.actor, ErasureDraft(scope="everything"), now=now)
    done = await erase(photos, service, team.admin, alder, "everything", now)
    assert done.erasure_id == asked.erasure_id, "what the patient asked for is what was carried out"
    await photos.finish(now)
    assert await photos.left(team.clinic_id) == []
    assert await _tables_with(photos, alder.patient_id) == {"audit_entries", "erasures"}
    [use] = await erasures.erased_lot_uses(service, team.practitioner, "LOT-1")
    assert (use.device, use.used_in.day) == ("Cartridge", 1)
    assert await photos.sql("select from due_work where kind = 'sweep'") == []
    with pytest.raises(PhotoErasedError):
        await photos.keys.key_of(team.clinic_id, alder.patient_id)
    with pytest.raises(Gone):
        await patients.get_patient(service, team.practitioner, alder.patient_id, now=now)


async def _tables_with(photos: Photos, patient_id: UUID) -> set[str]:
    """Every table in which some value of some row is this id."""
    tables = await photos.sql("select tablename from pg_tables where schemaname = 'public'")
    return {
        name
        for (name,) in tables
        if await photos.sql(f"select from {name} t where strpos(t::text, $1) > 0 limit 1", str(patient_id))
    }


async def test_whom_it_is_about_is_typed_and_nobody_is_erased_while_an_alert_is_open(
    photos: Photos, service: Database, team: Team, alder: Recovering, now: datetime
) -> None:
    wrong = StaffErasureDraft(scope="everything", reason="patient_asked", name="Someone Else")
    with pytest.raises(Malformed) as told:
        await erasures.erase(service, photos.keys, team.admin, alder.patient_id, wrong, now=now)
    assert set(told.value.pointers) == {"/name"}
    await alder.says(now, wants_contact="urgent")
    with pytest.raises(Conflict, match="alert"):
        await erase(photos, service, team.admin, alder, "everything", now)
    with pytest.raises(NotFound):
        await erasures.erase(service, photos.keys, team.admin, uuid4(), wrong, now=now)


async def test_a_restored_database_forgets_again_what_the_keys_remember(
    photos: Photos, service: Database, worker: Database, alder: Recovering, now: datetime
) -> None:
    key = await photos.take(alder, now - timedelta(hours=1))
    sealed = await photos.store.get(key)
    rows = await photos.sql("select * from photos")
    await erasures.ask(service, photos.keys, alder.actor, ErasureDraft(), now=now)
    await photos.finish(now)
    later = await photos.take(alder, now + timedelta(hours=1))
    # The database and the store as they were before.
    await photos.sql("delete from erased_photos")
    await photos.sql("delete from due_work where kind = 'erase'")
    await photos.sql("delete from erasures")
    await photos.sql(
        "insert into photos select * from jsonb_populate_recordset(null::photos, $1::jsonb)", _json(rows)
    )
    await photos.store.put(key, sealed)
    with pytest.raises(PhotoErasedError):
        await photos.blobs.get(key)
    assert await erasures.replay(worker, photos.keys, now=now) == 1
    assert await erasures.replay(worker, photos.keys, now=now) == 0
    await photos.finish(now)
    assert await photos.left(key.clinic_id) == [str(later)]
    assert [row["photo_id"] for row in await photos.sql("select photo_id from photos")] == [later.photo_id]
    [record] = await photos.sql("select reason, finished_at from erasures")
    assert tuple(record) == ("restored", now)


def _json(rows: list[asyncpg.Record]) -> str:
    return msgspec.json.encode([{**row, "digest": "\\x" + row["digest"].hex()} for row in rows]).decode()


async def test_restored_keys_forget_again_what_the_database_remembers(
    photos: Photos, service: Database, worker: Database, alder: Recovering, now: datetime
) -> None:
    key = await photos.take(alder, now)
    sealed = await photos.store.get(key)
    shutil.copytree(photos.folder / "keys", photos.folder / "copy")
    await erasures.ask(service, photos.keys, alder.actor, ErasureDraft(), now=now)
    await photos.finish(now)
    shutil.rmtree(photos.folder / "keys")
    (photos.folder / "copy").rename(photos.folder / "keys")
    await photos.store.put(key, sealed)
    assert await photos.blobs.get(key) == PICTURE, "the copy does open it: that is why it is replayed"
    assert await erasures.replay(worker, photos.keys, now=now) == 0
    with pytest.raises(PhotoErasedError):
        await photos.blobs.get(key)


async def test_one_damaged_record_keeps_no_other_erasure_from_being_repeated(
    photos: Photos, service: Database, worker: Database, alder: Recovering, treat: Treat, now: datetime
) -> None:
    birch = await treat(now)
    for whose in (alder, birch):
        await photos.take(whose, now)
        await erasures.ask(service, photos.keys, whose.actor, ErasureDraft(), now=now)
    records = photos.folder / "keys" / "erased" / str(alder.actor.clinic_id)
    (records / f"{alder.patient_id}.json").write_bytes(b"\0")
    (records / f"{birch.patient_id}.json").unlink()
    assert await erasures.replay(worker, photos.keys, now=now) == 0
    assert [owner async for owner, _ in photos.keys.endings()] == [(birch.actor.clinic_id, birch.patient_id)]


async def test_an_erasure_that_died_between_keys_and_database_is_finished(
    photos: Photos, worker: Database, alder: Recovering, now: datetime
) -> None:
    key = await photos.take(alder, now - timedelta(seconds=1))
    await photos.keys.erase(key.clinic_id, key.patient_id, uuid4(), "everything", now)
    assert await erasures.replay(worker, photos.keys, now=now) == 1
    await photos.finish(now)
    assert await photos.left(key.clinic_id) == []
    assert await _tables_with(photos, key.patient_id) == {"audit_entries", "erasures"}
    assert [ended.upto async for _, ended in photos.keys.endings()] == [FOR_GOOD]


async def test_an_erasure_that_the_patient_is_refused_is_none_of_another_patient(
    photos: Photos, service: Database, team: Team, alder: Recovering, now: datetime
) -> None:
    other = await patients.create_patient(
        service, team.practitioner, PatientDraft(name="Sample Birch"), now=now
    )
    asked = await erasures.ask(service, photos.keys, alder.actor, ErasureDraft(scope="everything"), now=now)
    with pytest.raises(NotFound):
        await erasures.refuse(
            service, team.practitioner, other.patient_id, asked.erasure_id, "claim", now=now
        )
