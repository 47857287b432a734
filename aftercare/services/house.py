"""Everything a process holds open, made once at its start and handed to whoever needs it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from aftercare.db.pool import Database
from aftercare.model.photos import PhotoLimits
from aftercare.notify.channel import Channel
from aftercare.notify.smtp import SmtpChannel, SmtpSettings, TlsMode
from aftercare.photos.blobs import Blobs, LocalBlobs
from aftercare.photos.wire import WorkerSettings
from aftercare.photos.workers import PhotoWorkers
from aftercare.services.backtest_judge import Judges
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
    blobs: Blobs
    photo_workers: PhotoWorkers
    smtp: Channel | None
    judges: Judges = field(default_factory=Judges)
    now: Callable[[], datetime] = field(default=utc_now)

    @property
    def address(self) -> str:
        """What links begin with."""
        return self.settings.address

    async def open(self) -> None:
        """Open the pools. Raises DatabaseAway."""
        await self.database.open()
        if self.worker is not None:
            await self.worker.open()

    async def close(self) -> None:
        """Close everything that was opened."""
        await self.photo_workers.__aexit__(None, None, None)
        if self.worker is not None:
            await self.worker.close()
        await self.database.close()


def build_house(settings: Settings, *, with_worker: bool, now: Callable[[], datetime] = utc_now) -> House:
    """A house as the settings say, nothing opened yet. `settings.database_url` must be set by now."""
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
        blobs=LocalBlobs(Path(settings.data_dir) / "photos"),
        photo_workers=PhotoWorkers(WorkerSettings(limits=PhotoLimits(max_bytes=settings.photo_max_bytes))),
        smtp=_mail(settings),
        now=now,
    )


def _mail(settings: Settings) -> Channel | None:
    if not settings.smtp_host:
        return None
    return SmtpChannel(
        SmtpSettings(
            host=settings.smtp_host,
            port=settings.smtp_port,
            from_address=settings.mail_from,
            tls=TlsMode(settings.smtp_tls),
            user=settings.smtp_user or None,
            password=settings.smtp_password or None,
        )
    )
