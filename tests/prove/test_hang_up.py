"""Clients that hang up, stand still, lie, or come all at once: they hold nothing, and nobody else notices."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from aftercare.settings import Settings
from tests.api.bodies import picture
from tests.prove import callers
from tests.prove.callers import Call, Caller, Clinic, Leaving
from tests.prove.conftest import Trial
from tests.prove.odd_bodies import ANSWERS, HALF_A_PHOTO, Way, pour, promise_less
from tests.prove.people import Phone

POOL = Settings().pool_size
PHOTO = picture()
PHOTO_LIMIT = 300_000

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Moment(StrEnum):
    """When a client leaves."""

    IN_BODY = "in the body"
    AFTER_BODY = "right after it"
    WAITING = "while waiting"


@dataclass(frozen=True)
class Leaver:
    """Somebody who sends something and is gone."""

    call: Call
    check_ins: tuple[UUID, ...]
    photos: tuple[UUID, ...]
    tingles: Phone | None  # who reports a sign that raises an alert
    moment: Moment
    how: Leaving


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def clinic(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Clinic]:
    settings = {
        "AFTERCARE_POOL_WAIT_SECONDS": "2",
        "AFTERCARE_LOCK_WAIT_SECONDS": "25",  # longer than any of these runs holds one
        "AFTERCARE_BODY_WAIT_SECONDS": "2",
        "AFTERCARE_PHOTO_MAX_BYTES": str(PHOTO_LIMIT),
    }
    async with callers.clinic_of(tmp_path_factory.mktemp("clinic"), POOL, **settings) as clinic:
        yield clinic


def leaver(rng: random.Random, phones: Sequence[Phone], number: int) -> Leaver:
    """The next one; the moments take turns, the rest is chance."""
    phone, moment, how = rng.choice(phones), list(Moment)[number % 3], rng.choice(list(Leaving))
    tingling = rng.random() < 0.2
    match rng.choice(["check-in", "check-in", "sync", "photo"]):
        case "check-in":
            ids: tuple[UUID, ...] = (uuid4(),)
            call = callers.check_in_of(phone, ids[0], tingling=tingling)
        case "sync":
            ids = (uuid4(), uuid4(), uuid4())
            call = callers.sync_of(phone, ids, tingling=tingling)
        case _:
            photo_id = uuid4()
            return Leaver(callers.photo_of(phone, photo_id, PHOTO), (), (photo_id,), None, moment, how)
    return Leaver(call, ids, (), phone if tingling else None, moment, how)


async def leave_during(clinic: Clinic, leavers: Sequence[Leaver], moment: Moment, rng: random.Random) -> int:
    """Everyone who leaves at that moment comes at once and is gone at once."""
    going = [one for one in leavers if one.moment is moment]

    async def come(one: Leaver) -> Caller:
        caller = await Caller.to(clinic.server.address)
        whole = one.call.head() + one.call.body
        least = len(one.call.head()) + 1
        sent = whole if moment is not Moment.IN_BODY else whole[: rng.randrange(least, len(whole))]
        await caller.say(sent)
        if moment is not Moment.WAITING:
            await caller.leave(one.how)
        return caller

    here = await asyncio.gather(*map(come, going))
    if moment is Moment.WAITING:
        await callers.until(
            clinic.judge, lambda now: now.waiting == POOL
        )  # they fill the pool, each in its transaction
        for one, caller in zip(going, here, strict=True):
            await caller.leave(one.how)
    return len(going)


async def seconds_until_served(clinic: Clinic) -> float:
    """How long the next one waits."""
    began = time.perf_counter()
    answer = await clinic.polite(callers.check_in_of(clinic.phones[0], uuid4()))
    assert answer.status_code == 201, answer.text
    return time.perf_counter() - began


async def assert_the_pool_is_whole(clinic: Clinic) -> None:
    """As many requests as there are connections stand in their transactions at once, and all are answered."""
    async with clinic.held_up():
        calls = [callers.check_in_of(phone, uuid4()) for phone in (clinic.phones * POOL)[:POOL]]
        answers = [asyncio.create_task(clinic.polite(call)) for call in calls]
        await callers.until(clinic.judge, lambda now: now.waiting == POOL)
    assert {(await one).status_code for one in answers} == {201}


async def assert_nothing_is_half_written(clinic: Clinic, leavers: Sequence[Leaver]) -> int:
    """What is there is there with all that belongs to it; returns how much is."""
    rows = await clinic.judge.fetch(
        "select check_in_id as id, action from check_ins left join audit_entries"
        "  on subject_id = check_in_id and action = 'check_in.received'"
        " union all select photo_id, action from photos left join audit_entries"
        "  on subject_id = photo_id and action = 'photo.received'"
    )
    ids = [row["id"] for row in rows]
    assert len(ids) == len(set(ids))
    assert all(row["action"] for row in rows)
    there = set(ids)
    assert not there & {
        one for gone in leavers if gone.moment is Moment.IN_BODY for one in gone.check_ins + gone.photos
    }
    tingled = {gone.tingles.patient_id for gone in leavers if gone.tingles and there & set(gone.check_ins)}
    alerted = await clinic.judge.fetch("select patient_id from alerts where code = 'cold_sore'")
    assert sorted(row["patient_id"] for row in alerted) == sorted(tingled)
    for gone in leavers:
        assert not gone.check_ins or len(there & set(gone.check_ins)) in {0, len(gone.check_ins)}, gone
    return len(there & {one for gone in leavers for one in gone.check_ins + gone.photos})


async def send_again(clinic: Clinic, leavers: Sequence[Leaver]) -> int:
    """They come back, as phones do, and stay this time: the same answer as if they had never left."""
    few = asyncio.Semaphore(POOL)

    async def again(gone: Leaver) -> None:
        async with few:
            answer = await clinic.polite(gone.call)
        assert answer.status_code in {200, 201}, answer.text
        if answer.status_code == 200:
            assert {one["status"] for one in answer.json()["check_ins"]} == {"kept"}

    await asyncio.gather(*map(again, leavers))
    ids = [one for gone in leavers for one in gone.check_ins + gone.photos]
    assert await kept(clinic, ids) == len(ids)
    return len(ids)


async def kept(clinic: Clinic, ids: Sequence[UUID]) -> int:
    """How many rows there are of these."""
    rows: int = await clinic.judge.fetchval(
        "select (select count(*) from check_ins where check_in_id = any ($1::uuid[]))"
        " + (select count(*) from photos where photo_id = any ($1::uuid[]))",
        ids,
    )
    return rows


async def test_whoever_hangs_up_leaves_no_transaction_and_no_half_of_anything(
    clinic: Clinic, trial: Trial
) -> None:
    leavers = [leaver(trial.rng, clinic.phones, n) for n in range(trial.size(60, 500))]
    left, waits = {}, {}
    for moment in (Moment.IN_BODY, Moment.AFTER_BODY):
        left[moment] = await leave_during(clinic, leavers, moment, trial.rng)
        waits[moment] = await seconds_until_served(clinic)
    async with clinic.held_up():
        left[Moment.WAITING] = await leave_during(clinic, leavers, Moment.WAITING, trial.rng)
    waits[Moment.WAITING] = await seconds_until_served(clinic)
    await callers.until_quiet(clinic.judge)
    left_open = (await callers.activity(clinic.judge)).in_transaction
    assert left_open == 0
    done = await assert_nothing_is_half_written(clinic, leavers)
    await assert_the_pool_is_whole(clinic)
    again = await send_again(clinic, leavers)
    assert '"level": "error"' not in clinic.log()  # who hangs up is no fault of ours
    said = ", ".join(
        f"{left[one]} {one}: the next was served in {waits[one] * 1000:.0f} ms" for one in Moment
    )
    trial.say(
        f"{len(leavers)} clients hung up ({said}); transactions left open {left_open}, pool whole "
        f"({POOL} at once), {done} items kept whole without them, halves 0; sent again, {again} kept once each"
    )


async def test_a_body_that_never_ends_or_lies_is_refused_and_holds_nothing_meanwhile(
    clinic: Clinic, trial: Trial
) -> None:
    refused: Counter[str] = Counter()
    ids: list[UUID] = []

    async def send(way: Way, kind: str) -> None:
        phone, item = trial.rng.choice(clinic.phones), uuid4()
        ids.append(item)
        call = {
            "check-in": callers.check_in_of(phone, item),
            "sync": callers.sync_of(phone, (item,)),
            "photo": callers.photo_of(phone, item, PHOTO),
        }[kind]
        answer = await way(await Caller.to(clinic.server.address), call)
        # Whoever goes on pouring may be cut off before the answer has reached them: then there is none.
        cut_off = way is pour and answer.status == 0
        expected = HALF_A_PHOTO if (way, kind) == (promise_less, "photo") else ANSWERS[way]
        assert cut_off or (answer.status, answer.type) == expected, (way, kind, answer)
        refused["cut off" if cut_off else str(answer.status)] += 1

    kinds, each = ("check-in", "sync", "photo"), trial.size(1, 10)
    odd = [asyncio.create_task(send(way, kind)) for way in ANSWERS for kind in kinds for _ in range(each)]
    await assert_the_pool_is_whole(clinic)
    await asyncio.gather(*odd)
    assert await kept(clinic, ids) == 0
    counts = ", ".join(f"{refused[status]} x {status}" for status in sorted(refused))
    trial.say(
        f"{len(odd)} bodies that never end or lie: {counts}; stored 0; {POOL} others served at once meanwhile"
    )


async def test_a_full_pool_refuses_at_once_what_it_cannot_take_and_health_answers(
    clinic: Clinic, trial: Trial
) -> None:
    calls = [callers.check_in_of(clinic.phones[n % POOL], uuid4()) for n in range(64)]
    began = time.perf_counter()
    async with clinic.held_up():
        sent = [asyncio.create_task(clinic.polite(call)) for call in calls]
        await callers.until(clinic.judge, lambda now: now.waiting == POOL)
        health = [await clinic.health(which) for which in ("live", "ready")]
        while sum(task.done() for task in sent) < len(calls) - POOL:
            await asyncio.wait(
                [task for task in sent if not task.done()], return_when=asyncio.FIRST_COMPLETED
            )
        overflow = time.perf_counter() - began
        health += [await clinic.health(which) for which in ("live", "ready")]
        let_go = time.perf_counter()
    answers = [await task for task in sent]
    held = time.perf_counter() - let_go
    assert Counter(one.status_code for one in answers) == {201: POOL, 503: len(calls) - POOL}
    for one in answers:
        if one.status_code == 503:
            assert one.headers["content-type"] == "application/problem+json"
            assert one.json()["type"] == "/problems/busy"
            assert int(one.headers["retry-after"]) >= 1
    assert [one.status_code for one in health] == [200] * 4
    few = asyncio.Semaphore(POOL)  # nobody is to wait for a connection

    async def again(call: Call) -> int:
        async with few:
            return (await clinic.polite(call)).status_code

    assert set(await asyncio.gather(*map(again, calls))) == {201}
    assert await kept(clinic, [UUID(call.path.rpartition("/")[2]) for call in calls]) == len(calls)
    slowest = max(one.elapsed.total_seconds() for one in health)
    trial.say(
        f"64 slow requests on {POOL} connections: {len(calls) - POOL} were told 503 with Retry-After in {overflow:.1f} s "
        f"(they may wait 2), health answered in {slowest * 1000:.0f} ms at most, {POOL} were kept {held * 1000:.0f} ms "
        "after the lock was let go; hung 0"
    )
