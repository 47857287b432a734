"""A line of due work: shares of clinics, places of red flags, leases kept and inherited, and no error that ends it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from aftercare.db.pool import Database, DatabaseAway
from aftercare.errors import NotFound
from aftercare.jobs import lines
from aftercare.jobs.lines import LEASE, Line, Work
from aftercare.jobs.pace import Pace
from aftercare.model.words import Tier
from aftercare.photos.errors import KeyMissingError, KeysUnavailableError
from aftercare.store import due_work
from aftercare.store.due_work import Claim
from tests.services.conftest import make_team

KIND = "test"
ROUTINE, EMERGENCY = Tier.ROUTINE.rank, Tier.EMERGENCY.rank
PATIENCE = 20.0  # seconds: a bound for what must come


class Desk:
    """Where pieces of work arrive, hang as long as they should, and are finished."""

    def __init__(self, worker: Database) -> None:
        self._worker = worker
        self.begun: list[UUID] = []
        self.hanging: set[UUID] = set()  # clinics
        self.failures: list[Exception] = []  # of the next pieces
        self.released = asyncio.Event()
        self._changed = asyncio.Condition()

    async def handle(self, claim: Claim, _now: datetime) -> None:
        async with self._changed:
            self.begun.append(claim.subject_id)
            self._changed.notify_all()
        if self.failures:
            raise self.failures.pop()
        if claim.clinic_id in self.hanging:
            await self.released.wait()
        async with self._worker.transaction() as db:
            await due_work.finish(db, KIND, claim)

    async def until(self, ready: Callable[[list[UUID]], object]) -> None:
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(lambda: ready(self.begun))


class Clock:
    """The house's clock, moved by hand."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
def desk(worker: Database) -> Desk:
    return Desk(worker)


@pytest.fixture
def clinic(service: Database, now: datetime) -> Callable[[str], Awaitable[UUID]]:
    async def make(handle: str) -> UUID:
        return (await make_team(service, handle, now)).clinic_id

    return make


@asynccontextmanager
async def line_of(
    worker: Database, desk: Desk, clock: Clock, *, calm_per_minute: int = 10_000
) -> AsyncIterator[Line]:
    work = Work(kind=KIND, seconds=1, handle=desk.handle, at_once=8, share=3)
    line = Line(worker, work, calm_per_minute=calm_per_minute, now=clock)
    line.start()
    yield line
    desk.released.set()
    await line.stop(5)


async def put(
    worker: Database, clinic_id: UUID, count: int, at: datetime, urgency: int = ROUTINE
) -> list[UUID]:
    ids = [uuid4() for _ in range(count)]
    async with worker.transaction() as db:
        for place, subject_id in enumerate(ids):
            due_at = at - timedelta(minutes=count - place)
            await due_work.put(db, clinic_id, KIND, subject_id, due_at, urgency)
    return ids


Make = Callable[[str], Awaitable[UUID]]


async def test_a_clinic_whose_work_hangs_holds_up_itself_alone(
    worker: Database, desk: Desk, clock: Clock, clinic: Make
) -> None:
    slow, quick = await clinic("slow"), await clinic("quick")
    desk.hanging = {slow}
    hung = await put(worker, slow, 30, clock.now)
    async with line_of(worker, desk, clock) as line:
        await desk.until(lambda begun: len(begun) >= 3)
        theirs = await put(worker, quick, 30, clock.now)
        line.wake()
        await desk.until(lambda begun: set(theirs) <= set(begun))
        assert set(hung[:3]) == set(desk.begun) - set(theirs)
        desk.released.set()
        line.wake()
        await desk.until(lambda begun: set(hung) <= set(begun))
    assert len(desk.begun) == 60


async def test_a_red_flag_has_a_place_when_all_calm_work_hangs(
    worker: Database, desk: Desk, clock: Clock, clinic: Make
) -> None:
    clinics = [await clinic(f"clinic-{number}") for number in range(3)]
    desk.hanging = set(clinics)
    for clinic_id in clinics:
        await put(worker, clinic_id, 3, clock.now)
    async with line_of(worker, desk, clock) as line:
        await desk.until(lambda begun: len(begun) == 8)  # no calm place is left
        (flag,) = await put(worker, clinics[0], 1, clock.now, EMERGENCY)
        line.wake()
        await desk.until(lambda begun: flag in begun)


async def test_no_calm_work_of_a_clinic_goes_before_its_red_flags(
    worker: Database, desk: Desk, clock: Clock, clinic: Make
) -> None:
    one = await clinic("one")
    calm = await put(worker, one, 10, clock.now)
    flags = await put(worker, one, 20, clock.now, EMERGENCY)
    async with line_of(worker, desk, clock):
        await desk.until(lambda begun: len(begun) == 30)
    assert desk.begun == [*flags, *calm]


async def test_calm_work_keeps_its_pace_and_red_flags_none(
    worker: Database, desk: Desk, clock: Clock, clinic: Make
) -> None:
    one = await clinic("one")
    calm = await put(worker, one, 9, clock.now)
    flags = await put(worker, one, 20, clock.now, EMERGENCY)
    async with line_of(worker, desk, clock, calm_per_minute=4) as line:
        await desk.until(lambda begun: len(begun) == 24)
        (last,) = await put(worker, one, 1, clock.now, EMERGENCY)
        line.wake()
        await desk.until(lambda begun: last in begun)
    assert desk.begun == [*flags, *calm[:4], last]


async def test_who_lives_keeps_a_lease_however_long_it_takes_and_the_dead_are_inherited_at_once(
    worker: Database, desk: Desk, clock: Clock, clinic: Make
) -> None:
    one, start = await clinic("one"), clock.now
    desk.hanging = {one}
    (piece,) = await put(worker, one, 1, clock.now)
    async with line_of(worker, desk, clock) as line:
        await desk.until(lambda begun: begun)
        for seconds in (14, 28, 42):  # it hangs; what ticks meanwhile renews
            clock.now = start + timedelta(seconds=seconds)
            await line.renew()
            async with worker.transaction() as db:
                assert await due_work.claim(db, KIND, clock.now, clock.now + LEASE, 1) == []
        # From here on nobody renews: as after a kill.
        after = clock.now + LEASE
        async with worker.transaction() as db:
            (heir,) = await due_work.claim(db, KIND, after, after + LEASE, 1)
        assert heir.subject_id == piece
        desk.released.set()
    async with worker.transaction() as db:  # the one that came back late has changed nothing
        assert await due_work.finish(db, KIND, heir)


@pytest.mark.parametrize(
    ("failure", "again_after"),
    [
        (DatabaseAway(), 0),
        (KeysUnavailableError(), 0),
        (ValueError(), 90),
        (NotFound(), 90),
        (KeyMissingError(), 90),
    ],
    ids=["database", "keys", "our own fault", "what is not there", "a key that is lost"],
)
async def test_what_fails_comes_again_and_stops_nothing(
    worker: Database, desk: Desk, clock: Clock, clinic: Make, failure: Exception, again_after: int
) -> None:
    one, start = await clinic("one"), clock.now
    desk.failures = [failure]
    first, second = await put(worker, one, 2, clock.now)
    async with line_of(worker, desk, clock) as line, asyncio.timeout(PATIENCE):
        await desk.until(lambda begun: second in begun)
        while desk.begun.count(first) < 2:
            line.wake()
            await asyncio.sleep(0.01)
            clock.now += timedelta(seconds=10) if again_after else timedelta(0)
    assert desk.begun == [first, second, first]
    assert clock.now - start >= timedelta(seconds=again_after)


async def _told(worker: Database, clinic_id: UUID) -> list[str]:
    async with worker.clinic(clinic_id) as db:
        found = await db.fetch(
            "select s.email from deliveries d join staff s on s.clinic_id = d.clinic_id and s.staff_id = d.staff_id"
            " where d.kind = 'work_fails'"
        )
    return [row["email"] for row in found]


@pytest.mark.parametrize(("times", "told"), [(2, []), (3, ["admin@one.test"]), (5, ["admin@one.test"])])
async def test_what_fails_three_times_by_our_own_fault_is_told_to_the_admins_once_a_day(
    worker: Database, desk: Desk, clock: Clock, clinic: Make, times: int, told: list[str]
) -> None:
    one, other = await clinic("one"), await clinic("other")
    start = clock.now
    desk.failures = [ValueError() for _ in range(2 * times)]
    await put(worker, one, 2, clock.now)  # each fails as often: one mail for both
    async with line_of(worker, desk, clock) as line, asyncio.timeout(PATIENCE):
        while len(desk.begun) < 2 * times + 2:
            line.wake()
            await asyncio.sleep(0.01)
            clock.now += timedelta(seconds=10)
    assert clock.now.date() == start.date()
    assert (await _told(worker, one), await _told(worker, other)) == (told, [])


async def test_a_line_whose_database_was_away_goes_on_by_itself(
    worker: Database, desk: Desk, clock: Clock, clinic: Make
) -> None:
    one = await clinic("one")
    async with line_of(worker, desk, clock) as line:
        with capture_logs() as said:
            await worker.close()
            line.wake()
            async with asyncio.timeout(PATIENCE):
                while not said:  # noqa: ASYNC110 - a log tells nobody
                    await asyncio.sleep(0.01)
        await worker.open()
        (piece,) = await put(worker, one, 1, clock.now)
        line.wake()
        await desk.until(lambda begun: piece in begun)


async def test_a_line_that_looked_in_vain_takes_what_comes_next_at_once(
    worker: Database, desk: Desk, clock: Clock, clinic: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "_BREATH", 3600)
    one = await clinic("one")
    async with line_of(worker, desk, clock) as line, asyncio.timeout(PATIENCE):
        while line.looked_at is None:  # noqa: ASYNC110 - a look that finds nothing tells nobody
            await asyncio.sleep(0.01)
        (flag,) = await put(worker, one, 1, clock.now, EMERGENCY)
        line.wake()
        await desk.until(lambda begun: flag in begun)


async def test_a_red_flag_that_comes_while_a_line_breathes_is_taken_with_its_next_breath(
    worker: Database, desk: Desk, clock: Clock, clinic: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "_BREATH", 0.5)
    one = await clinic("one")
    (calm,) = await put(worker, one, 1, clock.now)
    async with line_of(worker, desk, clock) as line:
        await desk.until(lambda begun: calm in begun)
        (flag,) = await put(worker, one, 1, clock.now, EMERGENCY)
        line.wake()  # and nothing wakes it again
        await desk.until(lambda begun: flag in begun)


@given(
    per_minute=st.integers(1, 20),
    steps=st.lists(st.tuples(st.floats(0, 50), st.integers(0, 30)), max_size=40),
)
def test_no_sixty_seconds_see_more_than_the_pace(per_minute: int, steps: list[tuple[float, int]]) -> None:
    pace, at, begun = Pace(per_minute), 0.0, list[float]()
    for pause, wanted in steps:
        at += pause
        room = per_minute - len([one for one in begun if at - 60 < one <= at])
        count = min(wanted, pace.room(at))
        assert count == min(wanted, room)  # and nothing is held back without need
        pace.begin(count, at)
        begun += [at] * count
    for end in begun:
        assert len([one for one in begun if end - 60 < one <= end]) <= per_minute
