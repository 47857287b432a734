"""A pack tried on the clinic's own history over HTTP: lines as they are found, for whom it is, and the end of a connection."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from litestar import Litestar

from aftercare.db.programs import command_line
from aftercare.services.house import House
from tests.api.bodies import check_in
from tests.api.conftest import Person

LOOSER = {"expected": {"microneedling": {"swelling": [4] * 20}}}


async def told(client: httpx.AsyncClient, alder: Person) -> None:
    """Swelling that the shipped numbers call soon."""
    sent = await client.put(f"/v1/check-ins/{uuid4()}", headers=alder.headers, json=check_in(swelling=2))
    assert sent.status_code == 201


async def drafted(client: httpx.AsyncClient, by: Person) -> int:
    made = await client.post("/v1/rule-packs", headers=by.headers, json={"changes": LOOSER, "note": "Sample"})
    assert made.status_code == 201, made.text
    number: int = made.json()["number"]
    return number


def lines(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_a_draft_is_tried_line_by_line(
    client: httpx.AsyncClient, practitioner: Person, alder: Person
) -> None:
    await told(client, alder)
    number = await drafted(client, practitioner)
    answer = await client.post(f"/v1/rule-packs/{number}/simulate", headers=practitioner.headers, json={})
    assert answer.status_code == 200
    first, lost, done, last = lines(answer)
    assert first == {"type": "progress", "done": 0, "of": 2}
    assert (lost["type"], lost["kind"], lost["code"], lost["tried"]) == (
        "difference",
        "lost",
        "swelling",
        None,
    )
    assert lost["patient_id"] == str(alder.id)
    assert lost["today"]["row"].startswith("swelling.")
    assert done == {"type": "progress", "done": 2, "of": 2}
    assert (last["type"], last["today"]["alerts"], last["tried"]["alerts"]) == ("summary", 1, 0)
    assert last["differences"]["lost"] == 1


async def test_only_what_falls_into_the_days_asked_for_counts(
    client: httpx.AsyncClient, admin: Person, alder: Person
) -> None:
    await told(client, alder)
    days = {"since": "2026-03-01T00:00:00Z", "until": "2026-03-02T00:00:00Z"}
    answer = await client.post("/v1/rule-packs/1/simulate", headers=admin.headers, json=days)
    assert lines(answer)[-1]["check_ins"] == 0
    wrong = {"since": days["until"], "until": days["since"]}
    refused = await client.post("/v1/rule-packs/1/simulate", headers=admin.headers, json=wrong)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/until")


async def test_practitioners_and_admins_may_and_no_one_else(
    client: httpx.AsyncClient, admin: Person, coordinator: Person, alder: Person
) -> None:
    for who, status in ((admin, 200), (coordinator, 403), (alder, 403)):
        answer = await client.post("/v1/rule-packs/1/simulate", headers=who.headers, json={})
        assert answer.status_code == status, who
    assert (await client.post("/v1/rule-packs/1/simulate", json={})).status_code == 401


async def test_a_pack_that_is_not_there_is_not_found(client: httpx.AsyncClient, practitioner: Person) -> None:
    for number, status in ((77, 404), (2**31, 422)):
        answer = await client.post(f"/v1/rule-packs/{number}/simulate", headers=practitioner.headers, json={})
        assert answer.status_code == status


async def test_another_clinics_history_is_not_looked_at(
    client: httpx.AsyncClient, stranger: Person, alder: Person
) -> None:
    await told(client, alder)
    answer = await client.post("/v1/rule-packs/0/simulate", headers=stranger.headers, json={})
    *_, last = lines(answer)
    assert (last["patients"], last["check_ins"], last["today"]["alerts"]) == (0, 0, 0)


async def test_too_many_at_once_are_asked_to_wait(
    client: httpx.AsyncClient, house: House, practitioner: Person
) -> None:
    house.judges.running = 2
    answer = await client.post("/v1/rule-packs/1/simulate", headers=practitioner.headers, json={})
    house.judges.running = 0
    assert (answer.status_code, answer.json()["type"]) == (429, "/problems/back-tests-busy")


async def test_nothing_goes_on_for_whoever_hangs_up(
    app: Litestar, client: httpx.AsyncClient, house: House, practitioner: Person, alder: Person
) -> None:
    await told(client, alder)
    begun, body = asyncio.Event(), [{"type": "http.request", "body": b"{}", "more_body": False}]

    async def receive() -> dict[str, Any]:
        if body:
            return body.pop()
        await begun.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if message.get("body"):
            begun.set()
            await asyncio.Event().wait()  # nobody reads on

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/v1/rule-packs/1/simulate",
        "raw_path": b"/v1/rule-packs/1/simulate",
        "query_string": b"",
        "root_path": "",
        "client": ("203.0.113.7", 40000),
        "server": ("clinic.test", 80),
        "headers": [
            (b"host", b"clinic.test"),
            (b"content-type", b"application/json"),
            (b"content-length", b"2"),
            (b"authorization", practitioner.headers["authorization"].encode()),
        ],
    }
    asking = asyncio.create_task(app(scope, receive, send))  # type: ignore[arg-type]  # ASGI as a server speaks it
    await begun.wait()
    assert (house.judges.running, len(_judges())) == (1, 1)
    await asyncio.wait_for(asking, timeout=60)
    assert (house.judges.running, _judges()) == (0, [])


def _judges() -> list[str]:
    mine = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [pid for pid in mine if b"backtest_worker" in command_line(int(pid))]
