"""Object store and service are killed under upload: what was acknowledged is there, whole, once, and has its row."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg

from aftercare.photos.blobs import Blobs
from aftercare.photos.s3 import S3Blobs, S3Settings
from aftercare.photos.sealed import SealedBlobs
from aftercare.photos.spool_folder import SpoolFolder
from aftercare.services import photo_store
from aftercare.services.house import photo_keys, utc_now
from tests.prove import verdict
from tests.prove.conftest import Trial
from tests.prove.fleet import Fleet
from tests.prove.journal import JPEG, PHOTOS, Item, Journal, Progress, Sender, read_journals
from tests.prove.people import Phone, enrol, open_clinic
from tests.prove.storm import Scene, photo
from tests.prove.weed import Weed

SENDERS = 8
DOUBLED = """
    select count(*) from (
        select 1 from audit_entries where action = 'photo.received'
        group by clinic_id, patient_id, subject_id having count(*) > 1
    ) twice
"""


class PhotoScene(Scene):
    """The scene with its object store, which is killed while photos arrive, and a server while they wait in the spool."""

    def __init__(self, fleet: Fleet, weed: Weed, rng: random.Random) -> None:
        super().__init__(fleet, rng)
        self.weed, self.spooled = weed, 0
        self._spool = SpoolFolder(fleet.settings.spool_folder, most_bytes=0, most_blobs=0)
        self.over = asyncio.Event()
        self.away: list[float] = []  # seconds that the store took to come back

    async def rounds(self, progress: Progress, count: int, between: int) -> None:
        """In each round the store goes, a server dies with what it spooled, the store comes back; and something else dies."""
        for _ in range(count):
            await progress.reached(progress.count + between)
            self.weed.kill()
            self.killed["store"] += 1
            await self.waiting(some=True)
            await self._kill(self._server)
            self.weed.start()
            self.away.append(await self.weed.takes_objects())
            self.spooled = max(self.spooled, len(self._spool.entries()))
            await progress.reached(progress.count + between)
            await self._kill(self.rng.choice([self._server, self._worker, self._postgres]))
        self.over.set()

    async def waiting(self, *, some: bool) -> int:
        """Wait until something waits for the store, or nothing does; return how many blobs."""
        async with asyncio.timeout(120):
            # Other processes fill and drain it: nothing in this one could tell.
            while bool(count := len(self._spool.entries())) != some:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return count

    async def _kill(self, kill: Callable[[], Awaitable[None]]) -> None:
        await kill()
        self.killed[kill.__name__.strip("_")] += 1


async def test_no_photo_is_lost_whatever_is_killed(tmp_path: Path, trial: Trial) -> None:
    async with (
        Weed(tmp_path / "weed", quick=not trial.long) as weed,
        _fleet(tmp_path, weed.settings) as fleet,
    ):
        phones, clinic_id = await _phones(fleet, trial.size(SENDERS, 25 * SENDERS))
        scene = PhotoScene(fleet, weed, trial.rng)
        for server in scene.servers:
            await server.ready()
        supervisor = asyncio.create_task(fleet.supervise())
        shares = [_Share(scene, phones[number::SENDERS], trial.rng) for number in range(SENDERS)]
        await _sent(scene, shares, tmp_path / "first", trial, trial.size(1, 3))
        await _sent(scene, [share.sent[::4] for share in shares], tmp_path / "again", trial, 0)
        await scene.waiting(some=False)
        supervisor.cancel()
        judge = await fleet.judge()
        sealed = SealedBlobs(S3Blobs(weed.settings), photo_keys(fleet.settings))
        await _is_whole(judge, tmp_path, trial, sealed)
        await _is_tidied(fleet, sealed, clinic_id, trial)
        await judge.close()


def _fleet(folder: Path, store: S3Settings) -> Fleet:
    return Fleet(
        folder,
        AFTERCARE_S3_BUCKET=store.bucket,
        AFTERCARE_S3_ENDPOINT=store.endpoint,
        AFTERCARE_S3_ACCESS_KEY=store.access_key,
        AFTERCARE_S3_SECRET_KEY=store.secret_key,
    )


async def _phones(fleet: Fleet, count: int) -> tuple[list[Phone], UUID]:
    database = fleet.database()
    await database.open()
    at = utc_now() - timedelta(days=3)
    team = await open_clinic(database, "alpha", at)
    phones = [
        await enrol(database, team, f"Alder Sample {number}", session_at=at, now=utc_now())
        for number in range(count)
    ]
    await database.close()
    return phones, team.clinic_id


def _photo(rng: random.Random) -> Item:
    photo_id = UUID(int=rng.getrandbits(128), version=4)
    return Item(path=f"{PHOTOS}{photo_id}?view=front", body=photo(photo_id.int), kind=JPEG)


class _Share:
    """What one sender sends: a photo of each of its phones in turn, as long as anything is killed."""

    def __init__(self, scene: PhotoScene, phones: list[Phone], rng: random.Random) -> None:
        self._scene, self._phones, self._rng = scene, phones, rng
        self.sent: list[tuple[Phone, Item]] = []

    def __iter__(self) -> Iterator[tuple[Phone, Item]]:
        while not self._scene.over.is_set():
            one = self._phones[len(self.sent) % len(self._phones)], _photo(self._rng)
            self.sent.append(one)
            yield one


async def _sent(
    scene: PhotoScene,
    shares: Sequence[Iterable[tuple[Phone, Item]]],
    folder: Path,
    trial: Trial,
    rounds: int,
) -> None:
    folder.mkdir()
    progress = Progress()
    with ExitStack() as journals:
        senders = [
            Sender(
                journals.enter_context(Journal(folder / f"{number}")), scene.addresses, trial.rng, progress
            )
            for number in range(len(shares))
        ]
        async with asyncio.timeout(trial.size(150, 1500)), asyncio.TaskGroup() as group:
            for sender, share in zip(senders, shares, strict=True):
                group.create_task(sender.send_all(share))
            if rounds:
                group.create_task(scene.rounds(progress, rounds, trial.size(8, 200)))
    trouble = sum((sender.trouble for sender in senders), Counter[str]())
    assert trouble["500"] == 0, "what fails from outside is told as such"
    if rounds:
        away = ", ".join(f"{seconds:.0f}" for seconds in scene.away)
        trial.say(
            f"{progress.count} photos of {len(shares)} clients acknowledged through kills"
            f" {dict(scene.killed)}; the store was away for {away} s after its start, up to {scene.spooled} blobs"
            f" waited for it in the spool; sent again after {dict(trouble)}"
        )


async def _is_whole(judge: asyncpg.Connection, folder: Path, trial: Trial, blobs: Blobs) -> None:
    sent, answered = read_journals((folder / "first").iterdir())
    _, again = read_journals((folder / "again").iterdir())
    assert sent.keys() == answered.keys()
    assert [path for path, body in again.items() if body != answered[path]] == []
    broken, orphans = await verdict.broken_photos(judge, blobs, sent)
    assert broken == []
    doubled = await judge.fetchval(DOUBLED)
    rows = await judge.fetchval("select count(*) from photos")
    assert (rows, doubled) == (len(sent), 0)
    trial.say(
        f"{rows} photos kept as sent, lost 0, without a row 0, doubled {doubled}; {orphans} blobs of no photo;"
        f" {len(again)} sent again got their first answer"
    )


async def _is_tidied(fleet: Fleet, blobs: Blobs, clinic_id: UUID, trial: Trial) -> None:
    """Two hours later no blob is left without a row, and every picture still opens."""
    database, later = fleet.database(), utc_now() + timedelta(hours=2)
    await database.open()
    removed = await photo_store.remove_orphans(database, blobs, clinic_id, now=later)
    said = [one async for one in photo_store.verify(database, blobs, clinic_id, now=later)]
    assert [broken for one in said for broken in one.broken] == []
    left = [found async for found in blobs.list(clinic_id)]
    assert len(left) == 2 * said[-1].done
    await database.close()
    trial.say(f"{removed} blobs of no photo tidied away, {said[-1].done} photos opened after it")
