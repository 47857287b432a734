"""A real S3 service of our own, seaweedfs, on this machine: killed and started again with what it had on the disk."""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Self
from uuid import UUID

from aftercare.model.photos import Rendition
from aftercare.photos.blobs import BlobKey
from aftercare.photos.errors import BlobsUnavailableError
from aftercare.photos.s3 import S3Blobs, S3Settings
from tests.e2e.processes import free_port

_PROBE = BlobKey(
    clinic_id=UUID(int=0),
    patient_id=UUID(int=0),
    photo_id=UUID(int=0),
    sha256="0" * 64,
    rendition=Rendition.THUMBNAIL,
)
_PORTS = (
    "master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc", "s3.port",
    "s3.port.grpc",
)  # fmt: skip


class Weed:
    """`async with Weed(folder) as weed`: it takes objects. One bucket, one key.

    After a crash it is away for ten to twenty seconds, until it trusts itself again; with `quick` for two.
    """

    def __init__(self, folder: Path, *, quick: bool = False) -> None:
        folder.mkdir(parents=True)
        (folder / "data").mkdir()
        self._folder = folder
        self._quick = ["-master.electionTimeout=500ms", "-master.heartbeatInterval=50ms"] if quick else []
        self._ports = {name: free_port() for name in _PORTS}
        self.settings = S3Settings(
            bucket="aftercare",
            endpoint=f"http://127.0.0.1:{self._ports['s3.port']}",
            access_key="photos",
            secret_key="a secret of this test",
        )
        allowed = {
            "name": "aftercare",
            "credentials": [{"accessKey": self.settings.access_key, "secretKey": self.settings.secret_key}],
            "actions": ["Admin", "Read", "Write", "List"],
        }
        (folder / "s3.json").write_text(json.dumps({"identities": [allowed]}))
        self._process: subprocess.Popen[bytes] | None = None

    async def __aenter__(self) -> Self:
        self.start()
        await self.takes_objects()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start it; it takes some seconds before it takes objects."""
        options = [
            "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3", "-s3.iam=false", "-master.telemetry=false",
            "-s3.port.iceberg=0", "-s3.port.lance=0",
            "-master.volumeSizeLimitMB=64", "-volume.max=20", f"-dir={self._folder / 'data'}",
            f"-s3.config={self._folder / 's3.json'}", *(f"-{name}={port}" for name, port in self._ports.items()),
            *self._quick,
        ]  # fmt: skip
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(Path(sys.executable).with_name("weed")), "server", *options],
                stdout=log,
                stderr=log,
                cwd=self._folder,
            )

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        # It makes sockets there, whatever it is told, and killed it leaves them.
        for port in self._ports.values():
            for socket in Path(tempfile.gettempdir()).glob(f"seaweedfs-*-{port}.sock"):
                socket.unlink(missing_ok=True)

    async def takes_objects(self, seconds: float = 90) -> float:
        """Wait until it does; return how many seconds that took."""
        began = time.monotonic()
        store = S3Blobs(self.settings)
        while time.monotonic() < began + seconds:
            try:
                await store.put(_PROBE, b"probe")
            except BlobsUnavailableError:
                await asyncio.sleep(0.1)
            else:
                return time.monotonic() - began
        raise AssertionError(
            f"takes nothing after {seconds} s:\n{(self._folder / 'log').read_text()[-3000:]}"
        )
