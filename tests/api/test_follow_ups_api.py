"""/v1/alerts/{id}/follow-ups, /v1/next-steps and /v1/scripts: who may, what it answers, and what it refuses."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.api.bodies import check_in, fill
from tests.api.conftest import MARKER, PASSWORD, WEDNESDAY, Clock, Person, Seeded

TODAY = "2026-03-04"


@pytest.fixture
async def alert(client: httpx.AsyncClient, alder: Person, practitioner: Person) -> str:
    """A cold sore, same day."""
    sent = await client.put(f"/v1/check-ins/{uuid4()}", headers=alder.headers, json=check_in(tingling=True))
    assert sent.status_code == 201, sent.text
    listed = await client.get("/v1/alerts", headers=practitioner.headers)
    (found,) = listed.json()
    assert (found["code"], found["tier"]) == ("cold_sore", "same_day")
    return f"/v1/alerts/{found['id']}"


async def back(client: httpx.AsyncClient, who: Person, role: str) -> Person:
    """The same staff member signed in again, as after days have passed."""
    said = {"clinic": "harbour", "email": f"{role}@harbour.example", "password": PASSWORD}
    signed = await client.post("/v1/staff/sign-ins", json=said)
    return replace(who, token=signed.json()["token"])


async def steps(client: httpx.AsyncClient, who: Person, **query: str) -> list[dict[str, Any]]:
    answer = await client.get("/v1/next-steps", headers=who.headers, params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_what_was_said_and_advised_stands_in_the_log_once_however_often_it_is_sent(
    client: httpx.AsyncClient, alert: str, coordinator: Person, root: asyncpg.Connection
) -> None:
    url, body = f"{alert}/follow-ups/{uuid4()}", {
        "kind": "call",
        "text": f"{MARKER} says it tingles at the lip",
        "advised": "Not to touch it",
        "happened_at": (WEDNESDAY - timedelta(hours=1)).isoformat(),
        "visit_on": "2026-03-05",
        "next_step": "Ring again",
        "next_on": "2026-03-06",
    }  # fmt: skip
    first = await client.put(url, headers=coordinator.headers, json=body)
    again = await client.put(url, headers=coordinator.headers, json=body)
    assert (first.status_code, first.json()) == (201, again.json())
    other = await client.put(url, headers=coordinator.headers, json=body | {"advised": "Something else"})
    assert (other.status_code, other.json()["type"].rsplit("/")[-1]) == (409, "other-content")
    log = (await client.get(f"{alert}/follow-ups", headers=coordinator.headers)).json()
    assert [(one["kind"], one["text"], one["visit_on"]) for one in log] == [
        ("call", body["text"], "2026-03-05")
    ]
    detail = (await client.get(alert, headers=coordinator.headers)).json()
    assert detail["follow_ups"] == log
    actions = await root.fetch(
        "select action from audit_entries where action like 'alert.%' order by entry_id"
    )
    assert [row["action"] for row in actions].count("alert.call") == 1
    assert not await root.fetchval(
        "select exists (select from audit_entries e where e::text ilike '%' || $1 || '%')", MARKER
    )


async def test_reaching_the_patient_by_that_call_stops_the_clock_in_the_same_breath(
    client: httpx.AsyncClient, alert: str, coordinator: Person
) -> None:
    body = {"kind": "call", "text": "Spoke with her", "reached": True}
    made = await client.post(f"{alert}/follow-ups", headers=coordinator.headers, json=body)
    assert made.status_code == 201, made.text
    after = (await client.get(alert, headers=coordinator.headers)).json()
    assert (after["alert"]["state"], after["alert"]["owner"]) == ("contacted", str(coordinator.id))
    assert {one["kind"] for one in after["follow_ups"]} == {"contact", "call"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"kind": "call"}, "/text"),
        ({"kind": "call", "text": " "}, "/text"),
        ({"kind": "note", "text": "x", "next_step": "Ring"}, "/next_on"),
        ({"kind": "note", "text": "x", "next_on": "2026-03-06"}, "/next_step"),
        ({"kind": "note", "text": "x", "next_step": "Ring", "next_on": "2026-03-03"}, "/next_on"),
        ({"kind": "note", "text": "x", "next_step": "Ring", "next_on": "2031-03-03"}, "/next_on"),
        ({"kind": "note", "text": "x", "happened_at": "2026-03-04T10:06:00Z"}, "/happened_at"),
        ({"kind": "note", "text": "x", "happened_at": "2025-03-04T10:00:00Z"}, "/happened_at"),
        ({"kind": "visit", "visit_on": "2020-01-01"}, "/visit_on"),
        ({"kind": "resolve", "text": "x"}, "/kind"),
        ({"kind": "call", "script": {"version": 3, "checked": ["x"]}}, "/script/version"),
        ({"kind": "call", "script": {"version": 0, "checked": ["Not of it"]}}, "/script/checked"),
    ],
)
async def test_what_cannot_be_kept_is_refused_where_it_stands(
    client: httpx.AsyncClient, alert: str, coordinator: Person, body: dict[str, Any], pointer: str
) -> None:
    answer = await client.post(f"{alert}/follow-ups", headers=coordinator.headers, json=body)
    assert answer.status_code == 422, answer.text
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
    assert (await client.get(f"{alert}/follow-ups", headers=coordinator.headers)).json() == []


async def test_next_steps_are_coming_due_and_overdue_until_somebody_did_them(
    client: httpx.AsyncClient, clock: Clock, alert: str, coordinator: Person, practitioner: Person
) -> None:
    for words, day in (("Ring again", "2026-03-05"), ("Ask for a photo", TODAY)):
        body = {"kind": "call", "text": "x", "next_step": words, "next_on": day}
        made = await client.post(f"{alert}/follow-ups", headers=coordinator.headers, json=body)
        assert made.status_code == 201, made.text
    photo, ring = await steps(client, coordinator)
    assert [(one["next_step"], one["timing"]) for one in (photo, ring)] == [
        ("Ask for a photo", "today"),
        ("Ring again", "coming"),
    ]
    assert (ring["name"], ring["code"], ring["tier"]) == (f"Alder {MARKER}", "cold_sore", "same_day")
    assert await steps(client, practitioner, whose="mine") == []
    assert len(await steps(client, coordinator, whose="mine")) == 2
    assert await steps(client, coordinator, when="coming") == [ring]
    url = f"{alert}/follow-ups/{photo['follow_up_id']}/done"
    done = await client.post(url, headers=practitioner.headers)
    assert (done.status_code, done.json()["done_by"]) == (200, str(practitioner.id))
    twice = await client.post(url, headers=coordinator.headers)
    assert twice.json() == done.json()
    clock.move(days=2)
    coordinator = await back(client, coordinator, "coordinator")
    late = await steps(client, coordinator, when="overdue")
    assert [(one["next_step"], one["timing"]) for one in late] == [("Ring again", "overdue")]
    undone = await client.request("DELETE", url, headers=coordinator.headers)
    assert (undone.status_code, undone.json()["done_at"]) == (200, None)
    assert len(await steps(client, coordinator, when="overdue")) == 2


async def test_only_a_next_step_can_be_done_and_only_at_its_own_alert(
    client: httpx.AsyncClient, alert: str, coordinator: Person, seeded: Any
) -> None:
    body = {"kind": "note", "text": "x", "next_step": "Ring", "next_on": TODAY}
    made = (await client.post(f"{alert}/follow-ups", headers=coordinator.headers, json=body)).json()
    plain = await client.post(
        f"{alert}/follow-ups", headers=coordinator.headers, json={"kind": "note", "text": "y"}
    )
    here, elsewhere = f"follow-ups/{made['follow_up_id']}/done", f"/v1/alerts/{uuid4()}"
    assert (await client.post(f"{elsewhere}/{here}", headers=coordinator.headers)).status_code == 404
    stranger = seeded.people["coordinator_b"]
    assert (await client.post(f"{alert}/{here}", headers=stranger.headers)).status_code == 404
    nothing = f"{alert}/follow-ups/{plain.json()['follow_up_id']}/done"
    refused = await client.post(nothing, headers=coordinator.headers)
    assert (refused.status_code, "no next step" in refused.json()["detail"]) == (409, True)


async def test_the_list_goes_on_page_by_page(
    client: httpx.AsyncClient, alert: str, coordinator: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aftercare.services.follow_ups.PAGE", 2)
    for day in ("2026-03-05", "2026-03-05", "2026-03-04"):
        body = {"kind": "note", "text": "x", "next_step": "Ring", "next_on": day}
        await client.post(f"{alert}/follow-ups", headers=coordinator.headers, json=body)
    first = (await client.get("/v1/next-steps", headers=coordinator.headers)).json()
    second = (
        await client.get("/v1/next-steps", headers=coordinator.headers, params={"cursor": first["next"]})
    ).json()
    assert [one["next_on"] for one in (*first["items"], *second["items"])] == [
        "2026-03-04",
        "2026-03-05",
        "2026-03-05",
    ]
    assert len({one["follow_up_id"] for one in (*first["items"], *second["items"])}) == 3
    assert second["next"] is None


async def test_a_script_is_shipped_then_the_clinics_own_and_each_version_stays_readable(
    client: httpx.AsyncClient, alert: str, practitioner: Person, coordinator: Person
) -> None:
    url = "/v1/scripts/cold_sore"
    shipped = await client.get(url, headers=coordinator.headers)
    assert (shipped.headers["etag"], shipped.json()["version"]) == ('"0"', 0)
    line = shipped.json()["ask"][0]
    used = {"kind": "call", "script": {"version": 0, "checked": [line]}}
    made = await client.post(f"{alert}/follow-ups", headers=coordinator.headers, json=used)
    assert (made.json()["checked"], made.json()["script_version"]) == ([line], 0)
    own = {"ask": ["Where?"], "advise": ["Not to touch."], "send_on": ["Near an eye: at once."]}
    read = practitioner.headers | {"if-match": shipped.headers["etag"]}
    written = await client.put(url, headers=read, json=own)
    assert (written.status_code, written.headers["etag"]) == (200, '"1"')
    assert written.json()["changed_by"] == str(practitioner.id)
    doubled = await client.put(url, headers=read, json=own)
    assert (doubled.status_code, doubled.headers["etag"]) == (200, '"1"')
    stale = await client.put(url, headers=read, json=own | {"ask": ["When?"]})
    assert stale.status_code == 412
    versions = (await client.get(f"{url}/versions", headers=coordinator.headers)).json()
    assert [(one["version"], one["ask"]) for one in versions] == [(1, ["Where?"])]
    # The page was open before the change: what was ticked was of the version that it showed.
    late = await client.post(f"{alert}/follow-ups", headers=coordinator.headers, json=used)
    assert (late.status_code, late.json()["script_version"]) == (201, 0)
    wrong = {"kind": "call", "script": {"version": 1, "checked": [line]}}
    assert (
        await client.post(f"{alert}/follow-ups", headers=coordinator.headers, json=wrong)
    ).status_code == 422
    every = (await client.get("/v1/scripts", headers=coordinator.headers)).json()
    assert (len(every), sum(one["version"] > 0 for one in every)) == (21, 1)


async def test_only_a_practitioner_writes_scripts_and_never_an_empty_one(
    client: httpx.AsyncClient, practitioner: Person, coordinator: Person, admin: Person
) -> None:
    url, own = "/v1/scripts/burn", {"ask": ["Where?"]}
    for who in (coordinator, admin):
        answer = await client.put(url, headers=who.headers | {"if-match": '"0"'}, json=own)
        assert answer.status_code == 403
    read = practitioner.headers | {"if-match": '"0"'}
    assert (await client.put(url, headers=read, json={})).status_code == 422
    twice = await client.put(url, headers=read, json={"ask": ["Where?"], "advise": ["Where?"]})
    assert [one["pointer"] for one in twice.json()["errors"]] == ["/advise/0"]
    assert (await client.put(url, headers=practitioner.headers, json=own)).status_code == 422


@pytest.mark.parametrize("when", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_an_hour_at_the_end_of_the_calendar_is_refused_plainly(
    client: httpx.AsyncClient, seeded: Seeded, root: asyncpg.Connection, when: str
) -> None:
    held = await fill(client, seeded.people, root)
    by, alert = seeded.people["practitioner_a"].headers, held.values["alert_id"]
    body = {"kind": "note", "text": "a note", "happened_at": when}
    answer = await client.post(f"/v1/alerts/{alert}/follow-ups", headers=by, json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/happened_at")
