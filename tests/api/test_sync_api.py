"""POST /v1/sync: what was queued offline, in any order."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx

from tests.api.conftest import Clock, Person


def queued(patient: Person, day: int, answers: dict[str, Any], **more: Any) -> dict[str, Any]:
    at = patient.session_at + timedelta(days=day)
    return {
        "id": str(uuid4()),
        "instrument": 1,
        "recorded_at": at.isoformat(),
        "time_zone": "Europe/London",
        "day": day,
        "answers": answers,
        **more,
    }


async def sync(client: httpx.AsyncClient, who: Person, items: list[Any]) -> httpx.Response:
    return await client.post("/v1/sync", headers=who.headers, json={"check_ins": items})


async def test_a_bad_item_takes_no_other_with_it_and_each_has_its_result_in_its_place(
    client: httpx.AsyncClient, alder: Person, root: asyncpg.Connection
) -> None:
    good = [queued(alder, day, {"redness": 1}) for day in (3, 1, 2)]
    bad: list[dict[str, Any]] = [
        {},
        good[0] | {"id": "not an id"},
        good[0] | {"id": "00000000-0000-0000-0000-000000000000"},
        good[0] | {"id": str(uuid4()), "recorded_at": "yesterday"},
        good[0] | {"id": str(uuid4()), "time_zone": 7},
        good[0] | {"id": str(uuid4()), "answers": []},
        good[0] | {"answers": {"redness": 2}},
    ]
    items = [good[0], *bad, *good[1:]]
    results = (await sync(client, alder, items)).json()["check_ins"]
    assert [one["place"] for one in results] == list(range(len(items)))
    assert [one["status"] for one in results] == ["kept", *["refused"] * 7, "kept", "kept"]
    problems = [one["problem"] for one in results[1:8]]
    assert [one["status"] for one in problems] == [422, 422, 422, 422, 422, 422, 409]
    assert not any(one["try_again"] for one in problems)
    assert list(problems[3]["errors"]) == ["/recorded_at"]
    assert list(problems[4]["errors"]) == ["/time_zone"]
    assert await root.fetchval("select count(*) from check_ins") == 3


async def test_the_same_batch_again_gets_the_same_answers(
    client: httpx.AsyncClient, clock: Clock, alder: Person
) -> None:
    items = [queued(alder, day, {"tingling": True}) for day in (4, 2, 3)]
    first = await sync(client, alder, items)
    clock.move(minutes=5)
    assert (await sync(client, alder, items)).content == first.content


async def test_a_batch_finds_the_same_as_sending_one_by_one(
    client: httpx.AsyncClient, alder: Person, birch: Person, root: asyncpg.Connection
) -> None:
    days: dict[int, dict[str, Any]] = {
        0: {"redness": 2, "pain": 1},
        1: {"pain": 1, "swelling": 2, "aura": 1},
        2: {"pain": 3, "itching": 2},
        3: {"tingling": True, "pain": 1},
        4: {"redness": 3, "pus_spots": "few"},
        5: {"fever_c": 38.4, "blisters": "few"},
    }
    order = [3, 0, 5, 1, 4, 2]
    results = (await sync(client, alder, [queued(alder, day, days[day]) for day in order])).json()[
        "check_ins"
    ]
    assert {one["status"] for one in results} == {"kept"}
    assert [one["answer"]["day"] for one in results] == order
    for day in sorted(days):
        item = queued(birch, day, days[day])
        sent = await client.put(f"/v1/check-ins/{item.pop('id')}", headers=birch.headers, json=item)
        assert sent.status_code == 201

    async def found(patient_id: UUID) -> list[tuple[Any, ...]]:
        rows = await root.fetch(
            """select a.code, a.tier, a.day, f.fate, f.finding->>'code' as row, c.said_day from alerts a
            join findings f on f.clinic_id = a.clinic_id and f.alert_id = a.id
            join check_ins c on c.clinic_id = a.clinic_id and c.check_in_id = f.check_in_id and c.patient_id = a.patient_id
            where a.patient_id = $1 order by 1, 6, 4""",
            patient_id,
        )
        return [tuple(row) for row in rows]

    assert await found(alder.id)
    assert await found(alder.id) == await found(birch.id)


async def test_an_emergency_in_a_batch_is_answered_as_one(client: httpx.AsyncClient, alder: Person) -> None:
    items = [queued(alder, 4, {"redness": 0}), queued(alder, 3, {"eye": ["vision"]})]
    results = (await sync(client, alder, items)).json()["check_ins"]
    assert results[1]["answer"]["advice"]["tier"] == "emergency"
    assert results[0]["answer"]["advice"]["tier"] is None


async def test_more_than_a_hundred_are_refused_whole(
    client: httpx.AsyncClient, alder: Person, root: asyncpg.Connection
) -> None:
    items = [queued(alder, 1, {"redness": 0}) for _ in range(101)]
    refused = await sync(client, alder, items)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/check_ins")
    assert await root.fetchval("select count(*) from check_ins") == 0


async def test_an_empty_outbox_is_fine_and_a_wrong_one_is_named(
    client: httpx.AsyncClient, alder: Person
) -> None:
    assert (await sync(client, alder, [])).json() == {
        "check_ins": [],
        "receipts": [],
        "messages": [],
    }
    good = queued(alder, 1, {"redness": 1})
    no_forms: tuple[Any, ...] = (None, 1, "x", [])
    for nothing in no_forms:
        first, second = (await sync(client, alder, [nothing, good])).json()["check_ins"]
        assert (first["status"], first["problem"]["status"], second["status"]) == ("refused", 422, "kept")
    newer = {"check_ins": [good], "measurements": [{}]}
    unknown = await client.post("/v1/sync", headers=alder.headers, json=newer)
    assert unknown.status_code == 422
    assert "measurements" in unknown.text
