"""What phones have to send, and what happens to everything meanwhile: killed at random moments, and started again."""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from io import BytesIO
from uuid import UUID

import msgspec
from PIL import Image

from aftercare.model.check_ins import CheckInDraft
from tests.prove.fleet import Fleet
from tests.prove.journal import CHECK_INS, JPEG, JSON, PHOTOS, Item, Progress
from tests.prove.people import Phone

DAYS = 20  # since the session
QUIET = (
    {"redness": 1, "pain": 0},
    {"redness": 0, "swelling": 0},
    {"dryness": 1},
    {"itching": 0, "pus_spots": "none"},
)
ALARMING = (
    {"breathing_or_tongue": True},
    {"very_unwell": True},
    {"eye": ["pain"]},  # same day, and an emergency once the sight is worse
    {"eye": ["vision"]},
    {"yellow_crust": True},
    {"fresh_bleeding": True},
    {"tingling": True, "sites": {"tingling": ["lips"]}},
)


def photo(seed: int) -> bytes:
    """A small picture like no other."""
    grain = Image.frombytes("L", (40, 50), random.Random(seed).randbytes(2000))  # noqa: S311 - a picture
    file = BytesIO()
    grain.resize((400, 500)).convert("RGB").save(file, "JPEG")
    return file.getvalue()


def work_of(phone: Phone, session_at: datetime, count: int, rng: random.Random) -> list[Item]:
    """What one phone has to send, in order of time: one in twenty a photo, one in twenty alarming."""
    made: list[Item] = []
    for place in range(1, count + 1):
        item_id = UUID(int=rng.getrandbits(128), version=4)
        if rng.random() < 1 / 20:
            path = f"{PHOTOS}{item_id}?view=front"
            made.append(Item(path=path, body=photo(item_id.int), kind=JPEG))
            continue
        draft = CheckInDraft(
            instrument=1,
            recorded_at=session_at + place * timedelta(days=DAYS) / (count + 1),
            time_zone="Europe/London",
            answers=rng.choice(ALARMING if rng.random() < 1 / 20 else QUIET),
        )
        path = f"{CHECK_INS}{item_id}"
        made.append(Item(path=path, body=msgspec.json.encode(draft), kind=JSON))
    return made


def mixed(works: Sequence[tuple[Phone, list[Item]]], rng: random.Random) -> list[tuple[Phone, Item]]:
    """The work of several phones, each in its own order."""
    turns = [(place, rng.random(), phone, item) for phone, items in works for place, item in enumerate(items)]
    return [(phone, item) for _, _, phone, item in sorted(turns, key=lambda turn: turn[:2])]


class Scene:
    """Two servers and two workers, and ways to kill any of it; what has ended is started again by a supervisor."""

    def __init__(self, fleet: Fleet, rng: random.Random) -> None:
        self.fleet, self.rng = fleet, rng
        self.servers = [fleet.serve("--no-worker") for _ in range(2)]
        self.workers = [fleet.worker() for _ in range(2)]
        self.killed: Counter[str] = Counter()

    @property
    def addresses(self) -> list[str]:
        return [server.address for server in self.servers]

    async def storm(self, progress: Progress, total: int, kills: int) -> None:
        """Kill something whenever a random number of items has been answered, a moment later."""
        moments = sorted(self.rng.sample(range(total // 50, total * 9 // 10), kills))
        for moment, kill in zip(moments, self._ways(kills), strict=True):
            await progress.reached(moment)
            await asyncio.sleep(self.rng.uniform(0, 0.05))  # in the middle of whatever it is
            await kill()
            self.killed[kill.__name__.strip("_").replace("_", " ")] += 1

    def _ways(self, kills: int) -> list[Callable[[], Awaitable[None]]]:
        """All sorts equally often, or of a few kills one each, in any order."""
        processes = [self._server, self._worker]
        postgres = [self._postgres, self._postgres_at_once, self._postgres_backend]
        if kills <= len(processes) + 1:
            return self.rng.sample([*processes, self.rng.choice(postgres)], kills)
        every = [*processes, *postgres] * kills
        return self.rng.sample(every[:kills], kills)

    async def _server(self) -> None:
        self.rng.choice(self.servers).kill()

    async def _worker(self) -> None:
        self.rng.choice(self.workers).kill()

    async def _postgres(self) -> None:
        self.fleet.kill_postgres(signal.SIGKILL)
        await self.fleet.start_postgres()

    async def _postgres_at_once(self) -> None:
        self.fleet.kill_postgres(signal.SIGQUIT)
        await self.fleet.start_postgres()

    async def _postgres_backend(self) -> None:
        """PostgreSQL then ends all the others and recovers by itself."""
        judge = await self.fleet.judge()
        pids = await judge.fetch(
            "select pid from pg_stat_activity where pid <> pg_backend_pid() order by pid"
        )
        for row in self.rng.sample(pids, len(pids)):
            with suppress(ProcessLookupError):  # one that has just ended: the next, then
                os.kill(row["pid"], signal.SIGKILL)
                break
        judge.terminate()
