"""Over the API: role by act by tier by state, and an act on what rose since it was seen."""

from collections.abc import Awaitable, Callable
from itertools import product
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.api.bodies import check_in
from tests.api.conftest import WEDNESDAY, Person

ACTS = (
    "acknowledge",
    "attempt",
    "contact",
    "snooze",
    "resolve",
    "reopen",
    "end-condition",
    "notes",
    "follow-ups",
)
TIERS = ("emergency", "same_day", "soon", "routine")
STATES = ("open", "acknowledged", "attempted", "contacted", "resolved")
BODIES: dict[str, dict[str, Any]] = {
    "acknowledge": {},
    "snooze": {"until": WEDNESDAY.replace(minute=20).isoformat()},
    "resolve": {"outcome": "false_alarm"},
    "follow-ups": {"kind": "call", "text": "Spoke", "reached": True},
}
# Everything about an alert that an act can have changed, as it was an hour ago; taken by the practitioner.
_PUT_BACK = """
update alerts set tier = $2, state = $3, owner = case when $3 = 'open' then null else $4::uuid end,
    acknowledge_by = $5::timestamptz + interval '1 hour', contact_by = case when $3 = 'open' then null else $5 + interval '3 hours' end,
    look_at = $5 + interval '1 hour', acknowledged_at = null, attempts = 0, attempted_at = null, attempted_by = null,
    contacted_at = case when $3 = 'contacted' then $5 - interval '1 hour' end, contacted_by = null, snoozed_until = null,
    resolved_at = case when $3 = 'resolved' then $5 - interval '1 hour' end,
    resolved_by = case when $3 = 'resolved' then $4::uuid end, outcome = case when $3 = 'resolved' then 'confirmed' end,
    condition_ended_at = null, condition_ended_by = null
where id = $1
"""
PutBack = Callable[[str, str], Awaitable[None]]


@pytest.fixture
async def alert(client: httpx.AsyncClient, alder: Person, practitioner: Person) -> str:
    """A cold sore, same day."""
    sent = await client.put(f"/v1/check-ins/{uuid4()}", headers=alder.headers, json=check_in(tingling=True))
    assert sent.status_code == 201, sent.text
    (found,) = (await client.get("/v1/alerts", headers=practitioner.headers)).json()
    return str(found["id"])


@pytest.fixture
def put_back(alert: str, root: asyncpg.Connection, practitioner: Person) -> PutBack:
    async def put(tier: str, state: str) -> None:
        await root.execute(_PUT_BACK, alert, tier, state, practitioner.id, WEDNESDAY)

    return put


def expected(role: str, act: str, tier: str, state: str) -> set[int]:
    """The statuses that design.md 6 leaves. The practitioner has what is taken; the coordinator has not."""
    urgent = tier in {"emergency", "same_day"}
    resolved = state == "resolved"
    if role == "admin" or (role == "coordinator" and urgent and act in {"resolve", "reopen"}):
        return {403}
    if act in {"notes", "reopen"}:
        return {200}
    if act == "end-condition":
        return {403} if role == "coordinator" else {200} if resolved else {409}
    if resolved:
        return {409}
    if act in {"acknowledge", "snooze"} and role == "coordinator" and state != "open":
        return {409}
    if act == "snooze" and tier == "emergency":
        return {422}
    return {201 if act == "follow-ups" else 200}


@pytest.mark.parametrize("role", ["practitioner", "coordinator", "admin"])
async def test_every_role_may_do_what_the_table_says_and_nothing_else(
    client: httpx.AsyncClient, seeded: Any, alert: str, put_back: PutBack, role: str
) -> None:
    who: Person = seeded.people[f"{role}_a"]
    for act, tier, state in product(ACTS, TIERS, STATES):
        await put_back(tier, state)
        body = BODIES.get(act, {"text": "a note"})
        answer = await client.post(f"/v1/alerts/{alert}/{act}", headers=who.headers, json=body)
        where = (role, act, tier, state, answer.status_code, answer.text)
        assert {answer.status_code} == expected(role, act, tier, state), where


@pytest.mark.parametrize("act", ["attempt", "contact", "snooze", "resolve", "follow-ups"])
async def test_an_act_on_what_rose_since_it_was_seen_is_refused_and_changes_nothing(
    client: httpx.AsyncClient, alert: str, put_back: PutBack, practitioner: Person, act: str
) -> None:
    await put_back("same_day", "acknowledged")
    url, headers = f"/v1/alerts/{alert}", practitioner.headers
    before = (await client.get(url, headers=headers)).json()
    body = BODIES.get(act, {"text": "a note"}) | {"seen_tier": "soon"}
    refused = await client.post(f"{url}/{act}", headers=headers, json=body)
    assert (refused.status_code, refused.json()["tier"]) == (409, "same_day"), refused.text
    assert "it is now same day" in refused.json()["detail"]
    assert (await client.get(url, headers=headers)).json() == before
    done = await client.post(f"{url}/{act}", headers=headers, json=body | {"seen_tier": "same_day"})
    assert done.status_code in {200, 201}, done.text


async def test_it_is_never_too_late_to_take_what_rose(
    client: httpx.AsyncClient, alert: str, put_back: PutBack, coordinator: Person
) -> None:
    await put_back("emergency", "open")
    taken = await client.post(f"/v1/alerts/{alert}/acknowledge", headers=coordinator.headers, json={})
    assert taken.status_code == 200
