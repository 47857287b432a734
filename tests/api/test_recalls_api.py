"""/v1/recalls, the end of a course, and /v1/clinic/course-settings: who may, what it answers, and what it refuses."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.api.conftest import MARKER, PASSWORD, Clock, Person, refreshed

NUMBERS = {
    "min_days": 35,
    "max_days": 49,
    "fewest_sessions": 5,
    "most_sessions": 6,
    "maintenance_from_months": 5,
    "maintenance_to_months": 10,
}
SETTINGS = "/v1/clinic/course-settings"


async def back(client: httpx.AsyncClient, who: Person, role: str, side: str = "harbour") -> Person:
    """The same staff member signed in again, as after days have passed."""
    said = {"clinic": side, "email": f"{role}@{side}.example", "password": PASSWORD}
    signed = await client.post("/v1/staff/sign-ins", json=said)
    assert signed.status_code == 201, signed.text
    return replace(who, token=signed.json()["token"])


async def listed(client: httpx.AsyncClient, who: Person, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get("/v1/recalls", headers=who.headers, params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_recalls_are_due_then_overdue_and_say_whom_to_call(
    client: httpx.AsyncClient, clock: Clock, coordinator: Person, alder: Person
) -> None:
    assert await listed(client, coordinator) == []
    clock.move(days=25)  # 30 days after the session
    coordinator = await back(client, coordinator, "coordinator")
    due = {one["course_id"]: one for one in await listed(client, coordinator, status="due")}
    mine = due[str(alder.course_id)]
    assert (mine["name"], mine["sessions_done"], mine["planned_sessions"]) == (f"Alder {MARKER}", 1, 4)
    assert (mine["next"]["number"], mine["next"]["earliest"]) == (2, "2026-03-27")
    assert await listed(client, coordinator, status="overdue") == []
    clock.move(days=15)
    coordinator = await back(client, coordinator, "coordinator")
    overdue = await listed(client, coordinator, status="overdue")
    assert {one["next"]["overdue_days"] for one in overdue} == {3}


async def test_a_contact_is_written_down_and_takes_the_course_off_the_list(
    client: httpx.AsyncClient, clock: Clock, coordinator: Person, alder: Person, root: asyncpg.Connection
) -> None:
    clock.move(days=25)
    coordinator = await back(client, coordinator, "coordinator")
    url = f"/v1/recalls/{alder.course_id}/contacts"
    draft = {"contact_id": str(uuid4()), "kind": "booked", "day": "2026-04-07", "text": "mornings"}
    made = await client.post(url, headers=coordinator.headers, json=draft)
    assert made.status_code == 201, made.text
    assert (await client.post(url, headers=coordinator.headers, json=draft)).json() == made.json()
    assert str(alder.course_id) not in {one["course_id"] for one in await listed(client, coordinator)}
    log = await client.get(url, headers=coordinator.headers)
    assert log.json() == [made.json()]
    # On record are ids and a hash: neither the words nor the day.
    (entry,) = await root.fetch("select * from audit_entries where action = 'recall.booked'")
    assert (entry["patient_id"], entry["subject_id"]) == (alder.id, alder.course_id)
    assert "mornings" not in repr(entry)


@pytest.mark.parametrize(
    ("draft", "pointer"),
    [
        ({"kind": "booked"}, "/day"),
        ({"kind": "snoozed", "day": "2026-03-04"}, "/day"),
        ({"kind": "no_answer", "day": "2026-03-05"}, "/day"),
        ({"kind": "shouted"}, "/kind"),
    ],
)
async def test_a_contact_that_makes_no_sense_names_its_field(
    client: httpx.AsyncClient, coordinator: Person, alder: Person, draft: dict[str, str], pointer: str
) -> None:
    url = f"/v1/recalls/{alder.course_id}/contacts"
    answer = await client.post(url, headers=coordinator.headers, json=draft)
    assert answer.status_code == 422
    assert pointer in answer.text


async def test_only_a_practitioner_ends_a_course_and_a_session_of_it_is_refused_until_it_is_resumed(
    client: httpx.AsyncClient, practitioner: Person, coordinator: Person, alder: Person
) -> None:
    url = f"/v1/patients/{alder.id}/courses/{alder.course_id}"
    draft = {"because": "moved_away", "note": "told by telephone"}
    assert (await client.post(f"{url}/end", headers=coordinator.headers, json=draft)).status_code == 403
    ended = await client.post(f"{url}/end", headers=practitioner.headers, json=draft)
    assert (ended.status_code, ended.json()["ended_because"]) == (200, "moved_away")
    mine = (await client.get(f"/v1/patients/{alder.id}/courses", headers=practitioner.headers)).json()
    (plan,) = mine["plans"]
    assert (plan["next"], plan["ended_on"], plan["ended_because"]) == (None, "2026-03-04", "moved_away")
    other = await client.post(f"{url}/end", headers=practitioner.headers, json={"because": "other"})
    assert other.status_code == 409
    called = await client.post(
        f"/v1/recalls/{alder.course_id}/contacts", headers=practitioner.headers, json={"kind": "no_answer"}
    )
    assert called.status_code == 409
    resumed = await client.post(f"{url}/resume", headers=practitioner.headers)
    assert (resumed.status_code, resumed.json()["ended_at"]) == (200, None)


async def test_the_plan_says_what_is_done_and_what_comes(
    client: httpx.AsyncClient, practitioner: Person, alder: Person
) -> None:
    mine = (await client.get(f"/v1/patients/{alder.id}/courses", headers=practitioner.headers)).json()
    (plan,) = mine["plans"]
    assert [one["status"] for one in plan["sessions"]] == ["done", *["too_early"] * 4]
    assert (plan["sessions"][0]["done_on"], plan["sessions"][0]["session_id"]) == (
        "2026-02-27",
        str(alder.session_id),
    )
    assert plan["next"] == plan["sessions"][1]
    assert plan["sessions"][4]["maintenance"] is True


async def test_settings_are_edited_over_the_version_that_was_read(
    client: httpx.AsyncClient, practitioner: Person, coordinator: Person, admin: Person, stranger: Person
) -> None:
    shipped = await client.get(f"{SETTINGS}/microneedling", headers=coordinator.headers)
    assert (shipped.json()["min_days"], shipped.headers["etag"]) == (28, '"0"')
    url, match = f"{SETTINGS}/microneedling", {"if-match": '"0"'}
    refused = await client.put(url, headers=coordinator.headers | match, json=NUMBERS)
    assert refused.status_code == 403
    made = await client.put(url, headers=admin.headers | match, json=NUMBERS)
    assert (made.status_code, made.headers["etag"], made.json()["min_days"]) == (200, '"1"', 35)
    stale = await client.put(url, headers=practitioner.headers | match, json=NUMBERS)
    assert stale.status_code == 412
    again = await client.put(url, headers=practitioner.headers | {"if-match": '"1"'}, json=NUMBERS)
    assert again.headers["etag"] == '"2"'
    both = (await client.get(SETTINGS, headers=admin.headers)).json()
    assert {one["modality"]: one["version"] for one in both} == {"microneedling": 2, "laser_genesis": 0}
    theirs = (await client.get(SETTINGS, headers=stranger.headers)).json()
    assert {one["version"] for one in theirs} == {0}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"min_days": 27}, "/min_days"),
        ({"min_days": 50}, "/max_days"),
        ({"most_sessions": 4}, "/most_sessions"),
        ({"maintenance_to_months": 4}, "/maintenance_to_months"),
        ({"maintenance_from_months": 0}, "/maintenance_from_months"),
    ],
    ids=str,
)
async def test_numbers_out_of_bounds_are_refused_at_their_place(
    client: httpx.AsyncClient, admin: Person, change: dict[str, int], pointer: str
) -> None:
    answer = await client.put(
        f"{SETTINGS}/laser_genesis", headers=admin.headers | {"if-match": '"0"'}, json=NUMBERS | change
    )
    assert answer.status_code == 422
    assert pointer in answer.text


async def test_a_course_is_planned_with_the_clinics_numbers_and_held_to_them(
    client: httpx.AsyncClient, practitioner: Person, birch: Person
) -> None:
    url = f"/v1/patients/{birch.id}/courses"
    match = practitioner.headers | {"if-match": '"0"'}
    assert (await client.put(f"{SETTINGS}/laser_genesis", headers=match, json=NUMBERS)).status_code == 200
    made = (await client.post(url, headers=practitioner.headers, json={"modality": "laser_genesis"})).json()
    assert (made["planned_sessions"], made["min_days_apart"], made["max_days_apart"]) == (5, 35, 49)
    for wrong in ({"planned_sessions": 4}, {"min_days_apart": 30}):
        draft = {"modality": "laser_genesis", **wrong}
        answer = await client.post(url, headers=practitioner.headers, json=draft)
        assert answer.status_code == 422, answer.text
        assert f"/{next(iter(wrong))}" in answer.text


async def test_the_app_is_told_when_the_next_session_can_be_and_nothing_while_it_is_held(
    client: httpx.AsyncClient, clock: Clock, practitioner: Person, alder: Person
) -> None:
    today = (await client.get("/v1/me/today", headers=alder.headers)).json()
    assert today["next_session"] == {"earliest": "2026-03-27", "latest": "2026-04-10"}
    await client.post(
        f"/v1/patients/{alder.id}/courses/{alder.course_id}/end",
        headers=practitioner.headers,
        json={"because": "declined"},
    )
    clock.move(minutes=20)
    alder = await refreshed(client, alder)
    today = (await client.get("/v1/me/today", headers=alder.headers)).json()
    assert today["next_session"] is None
