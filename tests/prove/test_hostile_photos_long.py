"""Hostile photos against a real server: always an answer, never a 5xx, memory bounded, check-ins as before.

And in one process, how long a photo of any size holds the event loop: each turn of it is measured while photos come.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from aftercare.api.app import create_app
from aftercare.services.house import build_house, utc_now
from tests.photos.hostile_files import PLANTED, bombs, confused, good, mutated, polyglots
from tests.prove.conftest import Trial
from tests.prove.fleet import Fleet, Member
from tests.prove.people import Phone, enrol, open_clinic

_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_MANY = {"AFTERCARE_PHOTOS_A_DAY": "1000000"}
_LYING_TYPES = (
    "image/jpeg",
    "text/html",
    "application/json",
    "image/svg+xml",
    "multipart/form-data; boundary=x",
)
_MIB = 2**20


@asynccontextmanager
async def _served(folder: Path) -> AsyncIterator[tuple[Fleet, Member, Phone]]:
    async with Fleet(folder, postgres=_FAST, **_MANY) as fleet:
        server = fleet.serve("--no-worker")
        database = fleet.database()
        await database.open()
        long_ago = utc_now() - timedelta(days=3)
        team = await open_clinic(database, "alpha", long_ago)
        phone = await enrol(
            database, team, "Sample Alder", session_at=long_ago, now=utc_now() + timedelta(hours=6)
        )
        await database.close()
        await server.ready()
        yield fleet, server, phone


class Peaks:
    """The most memory that the server's processes and each photo worker ever had resident, in MiB."""

    def __init__(self, server: Member) -> None:
        self._root, self.service, self.worker = server.pid, 0.0, 0.0

    def look(self) -> None:
        for folder in Path("/proc").iterdir():
            if not folder.name.isdecimal():
                continue
            try:
                if (
                    int((folder / "stat").read_text().rpartition(")")[2].split()[3]) != self._root
                ):  # its session
                    continue
                command = (folder / "cmdline").read_bytes()
                status = (folder / "status").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue  # it has just ended
            peak = next(
                (int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0.0
            )
            if b"aftercare.photos.worker" in command:
                self.worker = max(self.worker, peak)
            else:
                self.service = max(self.service, peak)


async def test_hostile_photos_are_answered_and_the_service_stays(tmp_path: Path, trial: Trial) -> None:
    files = [*bombs().values(), *polyglots().values(), *confused().values()]
    files += mutated(trial.rng, trial.size(40, 5000))
    answers: Counter[int] = Counter()
    faults: list[str] = []
    async with (
        _served(tmp_path) as (_, server, phone),
        httpx.AsyncClient(base_url=server.address, timeout=60) as client,
    ):
        peaks, at_once = Peaks(server), asyncio.Semaphore(4)

        async def send(sent: bytes) -> None:
            headers = phone.headers | {"content-type": trial.rng.choice(_LYING_TYPES)}
            async with at_once:
                answer = await client.put(f"/v1/photos/{uuid4()}", headers=headers, content=sent)
                answers[answer.status_code] += 1
                if answer.status_code not in {201, 400, 413, 415, 422} or PLANTED in answer.content:
                    faults.append(f"{answer.status_code} {answer.text[:200]} for {sent[:40]!r}")
                if answer.status_code == 201:
                    await _clean(client, phone, answer.json()["display"], faults)
                if sum(answers.values()) % 20 == 0:
                    peaks.look()

        await asyncio.gather(*map(send, files))
        for _ in range(trial.size(1, 20)):
            faults += await _lies(server.address, phone)
        peaks.look()
        assert (await client.get("/health/ready")).status_code == 200
        kept = await client.put(f"/v1/photos/{uuid4()}", headers=phone.headers, content=good("HEIF"))
        assert kept.status_code == 201
        assert server.alive
    assert not faults, f"{len(faults)} faults\n" + "\n".join(faults[:20])
    assert peaks.worker < 896
    assert peaks.service < 600
    trial.say(
        f"{len(files)} hostile photos, answers {dict(sorted(answers.items()))}, none a 5xx; most memory resident: service "
        f"{peaks.service:.0f} MiB a process, photo worker {peaks.worker:.0f} MiB"
    )


async def _clean(client: httpx.AsyncClient, phone: Phone, address: str, faults: list[str]) -> None:
    shown = await client.get(address, headers=phone.headers)
    if shown.status_code != 200 or PLANTED in shown.content or not shown.content.startswith(b"\xff\xd8\xff"):
        faults.append(f"shown: {shown.status_code} {shown.content[:40]!r}")


async def _lies(address: str, phone: Phone) -> list[str]:
    """Bodies whose length is a lie, and one that never ends; each is answered with a refusal, or its line is closed."""
    faults = []
    lies: dict[str, tuple[bytes, Iterable[bytes]]] = {
        "shorter than said": (b"Content-Length: 90000\r\n", [good("JPEG")]),
        "longer than said": (b"Content-Length: 100\r\n", [good("JPEG")]),
        "more than the server takes": (b"Content-Length: 4000000000\r\n", [good("JPEG")]),
        "endless": (b"Transfer-Encoding: chunked\r\n", _chunks()),
        "chunks that lie": (b"Transfer-Encoding: chunked\r\n", [b"fffffff\r\n", good("JPEG")]),
    }
    for name, (header, pieces) in lies.items():
        status = await _line(address, phone, header, pieces)
        if status not in {0, 400, 408, 413, 422}:
            faults.append(f"{name}: {status}")
    return faults


def _chunks() -> Iterator[bytes]:
    yield b"%x\r\n%b\r\n" % (len(good("JPEG")), good("JPEG"))
    piece = b"%x\r\n%b\r\n" % (_MIB, bytes(_MIB))
    for _ in range(400):
        yield piece


async def _line(address: str, phone: Phone, header: bytes, pieces: Iterable[bytes]) -> int:
    """The status that comes back for these bytes, 0 if the line was only closed."""
    at = urlsplit(address)
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    try:
        who = "".join(f"{name}: {value}\r\n" for name, value in phone.headers.items()).encode()
        writer.write(
            b"PUT /v1/photos/%b HTTP/1.1\r\nHost: a\r\n" % str(uuid4()).encode() + who + header + b"\r\n"
        )
        async with asyncio.timeout(60):
            answered = asyncio.ensure_future(reader.readuntil(b"\r\n\r\n"))
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                if answered.done():
                    break
            else:
                writer.write_eof()
            head = await answered
    except (asyncio.IncompleteReadError, OSError):
        return 0
    finally:
        writer.close()
    return int(head.split(b" ")[1])


@contextmanager
def _turns() -> Iterator[list[tuple[float, float]]]:
    """(seconds by the clock, seconds of the processor) of every turn of the event loop."""
    found = list[tuple[float, float]]()
    run = asyncio.events.Handle._run

    def timed(handle: asyncio.Handle) -> None:
        clock, processor = time.perf_counter(), time.thread_time()
        run(handle)
        found.append((time.perf_counter() - clock, time.thread_time() - processor))

    with patch.object(asyncio.events.Handle, "_run", timed):
        yield found


async def test_no_photo_holds_the_event_loop(tmp_path: Path, trial: Trial) -> None:
    largest = good("JPEG", (2000, 1500)) + random.Random(1).randbytes(16 * _MIB)  # noqa: S311 - grain, not a secret
    photos = [largest, good("PNG", (2000, 1500)), good("HEIF", (512, 384)), *bombs().values()] * trial.size(
        1, 10
    )
    async with _served(tmp_path) as (fleet, _, phone):
        house = build_house(fleet.settings, with_worker=False)
        app = create_app(house)
        line = httpx.ASGITransport(cast("Any", app), raise_app_exceptions=False)
        async with app.lifespan(), httpx.AsyncClient(transport=line, base_url="http://clinic.test") as client:
            answers: Counter[int] = Counter()
            with _turns() as turns:
                for sent in photos:
                    answer = await client.put(
                        f"/v1/photos/{uuid4()}", headers=phone.headers, content=_in_pieces(sent)
                    )
                    answers[answer.status_code] += 1
    assert not [status for status in answers if status >= 500]
    assert answers[201] >= trial.size(3, 30)
    clock, processor = (max(turn[number] for turn in turns) * 1000 for number in (0, 1))
    over = sum(turn[0] > 0.05 for turn in turns)
    trial.say(
        f"{len(photos)} photos of up to {len(largest) / _MIB:.0f} MiB, {len(turns)} turns of the event loop: the longest "
        f"took {processor:.1f} ms of the processor and {clock:.1f} ms by the clock, {over} over 50 ms"
    )


async def _in_pieces(sent: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(sent), 65536):
        yield sent[start : start + 65536]
