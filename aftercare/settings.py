"""Settings: one frozen Struct, read once from AFTERCARE_* variables."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from aftercare.errors import AftercareError

_THIS_MACHINE = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")


class SettingsError(AftercareError):
    """A setting is missing or cannot be read."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator decides. Every field is the variable AFTERCARE_<FIELD IN CAPITALS>."""

    env: Literal["development", "production"] = "development"
    host: str = "127.0.0.1"
    port: int = 8460
    trusted_proxies: int = 0  # how many of our own stand in front: guesses count by the address before them
    public_url: str = ""  # how phones and browsers reach us; default http://<host>:<port>
    data_dir: Path = Path("data")  # photos, and the embedded PostgreSQL where no database URL is set

    database_url: str = ""  # login of the service role; empty: embedded PostgreSQL (development only)
    worker_database_url: str = ""  # login of the worker role; default database_url
    owner_database_url: str = ""  # login that migrates; default database_url
    backup_database_url: str = ""  # login of the backup role, for the lines of docs/operations/backups.md
    pool_size: int = 10  # connections for requests, per process
    worker_pool_size: int = 4  # connections for background work, per process
    pool_wait_seconds: float = 5.0  # how long a request waits for a connection before 503
    lock_wait_seconds: float = 5.0  # how long it then waits for what another one is changing
    body_wait_seconds: float = 30.0  # how long a request's body may stand still before 408
    calm_per_minute: int = (
        1200  # reminders and routine mails, per process and channel; urgent work is never held back
    )

    worker_silence_seconds: Annotated[float, msgspec.Meta(ge=1)] = (
        120.0  # how long no worker may be heard of before the admins are told
    )
    heartbeat_url: str = (
        ""  # https, called every minute while all is well, so that a monitor elsewhere notices silence
    )
    metrics_token: str = ""  # what a scrape of /metrics must bring; empty: only from this machine itself
    metrics_by_clinic: bool = False  # open alerts and waiting deliveries with the clinic's id as a label

    smtp_host: str = ""  # empty: mail is not configured and says so
    smtp_port: int = 25
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_tls: Literal["none", "starttls", "tls"] = "starttls"
    mail_from: str = "aftercare@localhost"

    vapid_private_key_file: str = (
        ""  # what signs pushes to browsers, a P-256 key in PEM; development makes <data_dir>/vapid.pem
    )
    vapid_private_key: str = ""  # instead of the file; neither, in production: nothing is pushed to browsers
    vapid_subject: str = (
        ""  # where push services reach the operator, mailto: or https:; default mailto:<mail_from>
    )
    push_private_hosts: str = (
        ""  # push services of one's own, separated by commas: on a private network, also without TLS
    )

    sms_url: str = (
        ""  # where the SMS gateway takes one message; empty: no SMS, see docs/operations/channels.md
    )
    sms_body: str = '{"to": "{to}", "from": "{from}", "text": "{text}", "reference": "{id}"}'  # or a form
    sms_auth: str = ""  # the Authorization header, or another one as "Name: value"
    sms_from: str = ""  # the sender that phones show
    sms_answers: str = ""  # what this gateway's answers mean where they differ: "400:21610=gone, 404=gone"

    fcm_credentials_file: str = (
        ""  # the service account of whoever publishes the app; empty: no pushes by FCM
    )
    fcm_url: str = "https://fcm.googleapis.com"

    apns_key_file: str = ""  # the .p8 key of whoever publishes the app; empty: no pushes to Apple's phones
    apns_key: str = ""  # instead of the file
    apns_key_id: str = ""
    apns_team_id: str = ""
    apns_topic: str = ""  # the app's bundle id
    apns_url: str = "https://api.push.apple.com"  # api.sandbox.push.apple.com for builds from a workshop

    keys_dir: str = ""  # the photos' keys, apart from photos and database; default <data_dir>/keys
    master_key_file: str = (
        ""  # what wraps them, see docs/operations/keys.md; development makes <data_dir>/master.key
    )
    master_key: str = ""  # instead of the file

    s3_bucket: str = ""  # where sealed photos are kept; empty: the folder <data_dir>/photos
    s3_endpoint: str = ""  # empty: the cloud's own of the region
    s3_region: str = "us-east-1"
    s3_access_key: str = ""
    s3_secret_key: str = ""
    spool_dir: str = (
        ""  # where photos wait while their store is away, on a disk of this machine; default <data_dir>/spool
    )
    spool_max_bytes: int = 2 * 2**30  # a display rendition and its thumbnail take about 400 kB

    photo_max_bytes: int = 25 * 2**20
    photos_a_day: int = 60  # of one patient; `model/photo_quota.py` says why so many
    photos_a_patient: int = 10_000
    photo_bytes_a_patient: int = 2 * 2**30  # of what is kept, not of what was sent
    json_max_bytes: int = 1_000_000

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @property
    def address(self) -> str:
        """The server's own address as others write it, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def keys_folder(self) -> Path:
        """Where the photos' keys are."""
        return Path(self.keys_dir) if self.keys_dir else self.data_dir / "keys"

    @property
    def spool_folder(self) -> Path:
        """Where photos wait while their store is away."""
        return Path(self.spool_dir) if self.spool_dir else self.data_dir / "spool"

    @property
    def secure_cookies(self) -> bool:
        """Cookies are sent over TLS only, wherever we are reached over TLS."""
        return self.address.startswith("https://")


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from `environ` (default: the process's). Raises SettingsError in one sentence."""
    variables = os.environ if environ is None else environ
    given = {
        field: variables[name]
        for field in Settings.__struct_fields__
        if variables.get(name := f"AFTERCARE_{field.upper()}")
    }
    try:
        settings = msgspec.convert(given, Settings, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise SettingsError(f"A setting cannot be read: {error}.") from None
    if settings.s3_bucket and not (settings.s3_access_key and settings.s3_secret_key):
        raise SettingsError(
            "With AFTERCARE_S3_BUCKET set, set AFTERCARE_S3_ACCESS_KEY and AFTERCARE_S3_SECRET_KEY."
        )
    if settings.heartbeat_url and not settings.heartbeat_url.startswith(("https://", *_THIS_MACHINE)):
        raise SettingsError("AFTERCARE_HEARTBEAT_URL must begin with https://.")
    if settings.env == "production":
        _require_for_production(settings)
    return settings


def _path(kind: type, value: object) -> object:
    return Path(str(value)) if kind is Path else value


def _require_for_production(settings: Settings) -> None:
    needed = {
        "AFTERCARE_DATABASE_URL": settings.database_url,
        "AFTERCARE_WORKER_DATABASE_URL": settings.worker_database_url,
        "AFTERCARE_OWNER_DATABASE_URL": settings.owner_database_url,
        "AFTERCARE_PUBLIC_URL": settings.public_url,
        "AFTERCARE_SMTP_HOST": settings.smtp_host,
        "AFTERCARE_MASTER_KEY_FILE": settings.master_key_file or settings.master_key,
    }
    missing = [name for name, value in needed.items() if not value]
    if missing:
        raise SettingsError(f"With AFTERCARE_ENV=production these must be set: {', '.join(missing)}.")
    photos, keys = (settings.data_dir / "photos").resolve(), settings.keys_folder.resolve()
    if keys == photos or photos in keys.parents or keys in photos.parents:
        raise SettingsError(
            "AFTERCARE_KEYS_DIR must be apart from the photos' folder: one copy of both would open what was erased."
        )
