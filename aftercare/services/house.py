"""Everything a process holds open, made once at its start and handed to whoever needs it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from aftercare.db.pool import Database
from aftercare.model.photo_quota import PhotoQuota
from aftercare.model.photos import PhotoLimits
from aftercare.photos.blobs import Blobs, LocalBlobs
from aftercare.photos.keys import FileKeys
from aftercare.photos.masters import MasterKeys, development_masters, read_masters
from aftercare.photos.room import Room
from aftercare.photos.s3 import S3Blobs, S3Settings
from aftercare.photos.sealed import SealedBlobs
from aftercare.photos.spool import SpooledBlobs
from aftercare.photos.wire import WorkerSettings
from aftercare.photos.workers import PhotoWorkers
from aftercare.services.backtest_judge import Judges
from aftercare.services.channels import Channels, build_channels, close_channels
from aftercare.settings import Settings


def utc_now() -> datetime:
    """The instant, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class House:
    """Settings, pools, stores and the clock. `worker` is there only where background work is done."""

    settings: Settings
    database: Database
    worker: Database | None
    keys: FileKeys
    spool: SpooledBlobs
    blobs: SealedBlobs
    photo_workers: PhotoWorkers
    channels: Channels
    photo_room: Room = field(default_factory=Room)
    judges: Judges = field(default_factory=Judges)
    now: Callable[[], datetime] = field(default=utc_now)

    @property
    def photo_quota(self) -> PhotoQuota:
        """How many photos one patient may send."""
        settings = self.settings
        return PhotoQuota(
            photos_a_day=settings.photos_a_day,
            photos_a_patient=settings.photos_a_patient,
            bytes_a_patient=settings.photo_bytes_a_patient,
        )

    @property
    def address(self) -> str:
        """What links begin with."""
        return self.settings.address

    async def open(self) -> None:
        """Open the pools. Raises DatabaseAway, MasterKeyError, KeysUnavailableError."""
        await self.keys.open()
        await self.database.open()
        if self.worker is not None:
            await self.worker.open()
        self.spool.start()

    async def close(self) -> None:
        """Close everything that was opened."""
        await self.photo_workers.__aexit__(None, None, None)
        await self.spool.stop()
        await close_channels(self.channels)
        if self.worker is not None:
            await self.worker.close()
        await self.database.close()


def build_house(settings: Settings, *, with_worker: bool, now: Callable[[], datetime] = utc_now) -> House:
    """A house as the settings say, nothing opened yet. `settings.database_url` must be set by now."""
    keys = photo_keys(settings)
    spool = SpooledBlobs(photo_store(settings), settings.spool_folder, most_bytes=settings.spool_max_bytes)
    worker_url = settings.worker_database_url or settings.database_url
    return House(
        settings=settings,
        database=Database(
            settings.database_url,
            role="aftercare_service",
            size=settings.pool_size,
            wait_seconds=settings.pool_wait_seconds,
            lock_seconds=settings.lock_wait_seconds,
        ),
        # Background work never shares the pool of the requests.
        # It may wait for its own few connections, and for locks; a request may not.
        worker=Database(
            worker_url,
            role="aftercare_worker",
            size=settings.worker_pool_size,
            wait_seconds=60,
            lock_seconds=30,
        )
        if with_worker
        else None,
        keys=keys,
        spool=spool,
        blobs=SealedBlobs(spool, keys),
        photo_workers=PhotoWorkers(WorkerSettings(limits=PhotoLimits(max_bytes=settings.photo_max_bytes))),
        channels=build_channels(settings),
        now=now,
    )


def photo_store(settings: Settings) -> Blobs:
    """Where sealed photos are kept for good: a bucket, or a folder. Nothing is asked of it yet."""
    if not settings.s3_bucket:
        return LocalBlobs(Path(settings.data_dir) / "photos")
    return S3Blobs(
        S3Settings(
            bucket=settings.s3_bucket,
            endpoint=settings.s3_endpoint,
            region=settings.s3_region,
            access_key=settings.s3_access_key,
            secret_key=settings.s3_secret_key,
        )
    )


def photo_keys(settings: Settings) -> FileKeys:
    """The keys of the photos, nothing touched yet."""

    def masters() -> MasterKeys:
        if settings.master_key:
            return read_masters(settings.master_key)
        if settings.master_key_file:
            return read_masters(Path(settings.master_key_file).read_text())
        return development_masters(settings.data_dir / "master.key")

    return FileKeys(settings.keys_folder, masters, make=settings.env == "development")
