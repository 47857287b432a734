"""What is odd about a course reaches the server as well: days before the session, ids that come twice, a newer app's answers."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from tests.api.conftest import Person

UNWELL = {"very_unwell": True}


def queued(patient: Person, day: int, answers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "instrument": 1,
        "recorded_at": (patient.session_at + timedelta(days=day)).isoformat(),
        "time_zone": "Europe/London",
        "day": day,
        "answers": answers,
        **more,
    }


async def test_an_odd_course_is_kept_reported_and_raises_its_emergency(
    client: httpx.AsyncClient, alder: Person, practitioner: Person, root: asyncpg.Connection
) -> None:
    before = queued(alder, -3, {"pain": 1})
    newer = queued(alder, 2, {"aura": "purple", "blisters": "hundreds", "tingling": True})
    twice = queued(alder, 3, UNWELL)
    clash = {**twice, "answers": {"pain": 0}}
    sent = {"check_ins": [before, newer, twice, twice, clash]}
    results = (await client.post("/v1/sync", headers=alder.headers, json=sent)).json()["check_ins"]
    assert [one["status"] for one in results] == ["kept", "kept", "kept", "kept", "refused"]
    assert results[3]["answer"] == results[2]["answer"]
    assert results[4]["problem"]["status"] == 409
    aside = [one["pointer"] for one in results[1]["answer"]["set_aside"]]
    assert sorted(aside) == ["/answers/aura", "/answers/blisters"]
    assert results[2]["answer"]["advice"]["tier"] == "emergency"
    assert await root.fetchval("select count(*) from check_ins") == 3
    found = await client.get("/v1/alerts", headers=practitioner.headers)
    assert {one["code"]: one["tier"] for one in found.json()} == {
        "infection": "emergency",
        "cold_sore": "same_day",
    }
