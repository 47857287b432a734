"""Rotas, escalation chains and the clinic's settings over HTTP: who may, what is refused, and what comes of it."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from tests.api.bodies import check_in, hand_over, rota
from tests.api.conftest import WEDNESDAY, Clock, Person


async def made(client: httpx.AsyncClient, by: Person, *people: Person, **more: Any) -> dict[str, Any]:
    """A rota of these people."""
    answer = await client.post(
        "/v1/rotas", headers=by.headers, json=rota(*(one.id for one in people), **more)
    )
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def clinic_of(client: httpx.AsyncClient, who: Person) -> tuple[dict[str, Any], dict[str, str]]:
    """The settings as a draft, and the header that a change must carry."""
    answer = await client.get("/v1/clinic", headers=who.headers)
    kept = ("name", "phone", "urgent_care", "openings", "holidays")
    return {name: answer.json()[name] for name in kept}, {"if-match": answer.headers["etag"]}


async def test_everybody_reads_who_is_on_call_and_when_nobody_will_be(
    client: httpx.AsyncClient, practitioner: Person, coordinator: Person, admin: Person
) -> None:
    for who in (practitioner, coordinator, admin):
        bare = (await client.get("/v1/on-call", headers=who.headers)).json()
        assert (bare["rotas"], bare["gaps"]) == ([], [])
    found = await made(client, admin, practitioner, coordinator)
    assert found["is_default"]
    night = hand_over(None, after=10, hours=8)  # 20:00 to 04:00, the clinic is closed
    laid = await client.post(f"/v1/rotas/{found['rota_id']}/overrides", headers=admin.headers, json=night)
    assert laid.status_code == 201, laid.text
    now = (await client.get("/v1/on-call", headers=coordinator.headers)).json()
    (one,) = now["rotas"]
    assert (one["person"]["staff_id"], one["until"]) == (str(practitioner.id), "2026-03-04T20:00:00Z")
    assert one["next_person"] is None
    assert now["gaps"] == [{"starts_at": "2026-03-04T20:00:00Z", "ends_at": "2026-03-05T04:00:00Z"}]


async def test_practitioners_and_admins_edit_a_rota_over_the_version_that_they_read(
    client: httpx.AsyncClient, practitioner: Person, coordinator: Person
) -> None:
    body = rota(practitioner.id)
    assert (await client.post("/v1/rotas", headers=coordinator.headers, json=body)).status_code == 403
    path = f"/v1/rotas/{(await made(client, practitioner, practitioner))['rota_id']}"
    read = await client.get(path, headers=coordinator.headers)
    changed = rota(practitioner.id, coordinator.id, every_days=1)
    unnamed = await client.put(path, headers=practitioner.headers, json=changed)
    assert unnamed.status_code == 422
    named = practitioner.headers | {"if-match": read.headers["etag"]}
    written = await client.put(path, headers=named, json=changed)
    assert written.status_code == 200, written.text
    assert written.json()["participants"] == [str(practitioner.id), str(coordinator.id)]
    assert written.headers["etag"] == '"2"'
    assert (await client.put(path, headers=named, json=body)).status_code == 412
    refused = await client.put(path, headers=coordinator.headers | {"if-match": '"2"'}, json=body)
    assert refused.status_code == 403


async def test_a_rota_of_an_admin_of_a_stranger_or_of_a_taken_name_is_refused_with_what_is_wrong(
    client: httpx.AsyncClient, practitioner: Person, admin: Person, stranger: Person
) -> None:
    body = rota(practitioner.id, admin.id, stranger.id, starts_on="1066-10-14")
    answer = await client.post("/v1/rotas", headers=practitioner.headers, json=body)
    assert answer.status_code == 422
    pointers = {one["pointer"] for one in answer.json()["errors"]}
    assert pointers == {"/participants/1", "/participants/2", "/starts_on"}
    await made(client, practitioner, practitioner)
    again = await client.post("/v1/rotas", headers=practitioner.headers, json=rota(practitioner.id))
    assert (again.status_code, again.json()["errors"][0]["pointer"]) == (409, "/name")


async def test_a_rota_out_of_bounds_is_malformed(client: httpx.AsyncClient, practitioner: Person) -> None:
    beyond: list[dict[str, Any]] = [
        {"every_days": 0},
        {"every_days": 29},
        {"participants": []},
        {"name": ""},
        {"hand_over": "08:00:00Z"},
        {"windows": [{"weekday": 7, "opens": "18:00:00", "closes": "08:00:00"}]},
    ]
    for wrong in beyond:
        body = rota(practitioner.id) | wrong
        answer = await client.post("/v1/rotas", headers=practitioner.headers, json=body)
        assert answer.status_code == 422, wrong


async def test_a_coordinator_hands_over_their_own_shift_and_nobody_elses(
    client: httpx.AsyncClient, practitioner: Person, coordinator: Person
) -> None:
    mine = await made(client, practitioner, coordinator)
    theirs = await made(client, practitioner, practitioner, name="Theirs")
    assert not theirs["is_default"]
    swap = hand_over(practitioner.id)
    over = f"/v1/rotas/{mine['rota_id']}/overrides"
    for path, body in (
        (f"/v1/rotas/{theirs['rota_id']}/overrides", hand_over(coordinator.id)),
        (over, hand_over(None)),
        (over, hand_over(practitioner.id, after=-24 * 10, hours=24 * 8)),  # over long since
    ):
        answer = await client.post(path, headers=coordinator.headers, json=body)
        assert answer.status_code in {403, 422}, (path, body)
    handed = await client.post(over, headers=coordinator.headers, json=swap)
    assert handed.status_code == 201, handed.text
    # What was handed over is not theirs any more; but they may take it back.
    assert (await client.post(over, headers=coordinator.headers, json=swap)).status_code == 403
    gone = await client.delete(f"{over}/{handed.json()['override_id']}", headers=coordinator.headers)
    assert gone.status_code == 204
    assert (await client.get(over, headers=coordinator.headers)).json() == []


async def test_the_default_is_one_and_a_rota_that_a_chain_asks_cannot_be_removed(
    client: httpx.AsyncClient, practitioner: Person
) -> None:
    first = await made(client, practitioner, practitioner)
    second = await made(client, practitioner, practitioner, name="Second", is_default=True)
    listed = (await client.get("/v1/rotas", headers=practitioner.headers)).json()
    assert [(one["name"], one["is_default"]) for one in listed] == [("Second", True), ("Nights", False)]
    chain = {"steps": [{"tells": "owner"}, {"tells": "on_call", "rota_id": first["rota_id"]}]}
    named = practitioner.headers | {"if-match": '"0"'}
    assert (await client.put("/v1/escalation-chains/soon", headers=named, json=chain)).status_code == 200
    asked = await client.delete(f"/v1/rotas/{first['rota_id']}", headers=practitioner.headers)
    assert asked.status_code == 409
    free = await client.delete(f"/v1/rotas/{second['rota_id']}", headers=practitioner.headers)
    assert free.status_code == 204
    assert (
        await client.get(f"/v1/rotas/{second['rota_id']}", headers=practitioner.headers)
    ).status_code == 404


async def test_a_chain_ends_with_everyone_whatever_is_written(
    client: httpx.AsyncClient, practitioner: Person, coordinator: Person
) -> None:
    shipped = await client.get("/v1/escalation-chains/emergency", headers=coordinator.headers)
    assert [one["tells"] for one in shipped.json()["steps"]] == ["owner", "everyone"]
    assert shipped.headers["etag"] == '"0"'
    body = {
        "steps": [
            {"tells": "everyone"},
            {"tells": "person", "staff_id": str(coordinator.id)},
            {"tells": "role", "role": "practitioner"},
        ]
    }
    path, named = "/v1/escalation-chains/emergency", {"if-match": '"0"'}
    assert (await client.put(path, headers=coordinator.headers | named, json=body)).status_code == 403
    written = await client.put(path, headers=practitioner.headers | named, json=body)
    assert written.status_code == 200, written.text
    assert [one["tells"] for one in written.json()["steps"]] == ["person", "role", "everyone"]
    assert (await client.put(path, headers=practitioner.headers | named, json=body)).status_code == 412
    listed = (await client.get("/v1/escalation-chains", headers=coordinator.headers)).json()
    assert [(one["tier"], one["version"]) for one in listed] == [
        ("emergency", 1), ("same_day", 0), ("soon", 0), ("routine", 0),
    ]  # fmt: skip


async def test_a_step_names_what_belongs_to_it_and_what_the_clinic_has(
    client: httpx.AsyncClient, practitioner: Person, stranger: Person
) -> None:
    steps = [
        {"tells": "role"},
        {"tells": "person", "staff_id": str(stranger.id)},
        {"tells": "on_call", "rota_id": str(uuid4())},
        {"tells": "owner", "role": "admin"},
    ]
    named = practitioner.headers | {"if-match": '"0"'}
    answer = await client.put("/v1/escalation-chains/soon", headers=named, json={"steps": steps})
    assert answer.status_code == 422
    assert {one["pointer"] for one in answer.json()["errors"]} == {
        "/steps/0/role", "/steps/1/staff_id", "/steps/2/rota_id", "/steps/3/role",
    }  # fmt: skip


async def test_admins_change_the_clinic_over_the_version_that_they_read_and_it_is_on_record(
    client: httpx.AsyncClient, practitioner: Person, admin: Person, root: asyncpg.Connection
) -> None:
    draft, named = await clinic_of(client, practitioner)
    draft |= {"phone": "+44 20 7946 0999", "holidays": [{"on": "2026-12-25", "name": "Christmas Day"}]}
    assert (
        await client.put("/v1/clinic", headers=practitioner.headers | named, json=draft)
    ).status_code == 403
    written = await client.put("/v1/clinic", headers=admin.headers | named, json=draft)
    assert written.status_code == 200, written.text
    assert written.json()["phone"] == "+44 20 7946 0999"
    assert (await client.put("/v1/clinic", headers=admin.headers | named, json=draft)).status_code == 412
    named = {"if-match": written.headers["etag"]}
    day = {"on": "2026-12-25", "name": "Christmas Day"}
    twice = await client.put(
        "/v1/clinic", headers=admin.headers | named, json=draft | {"holidays": [day, day]}
    )
    assert (twice.status_code, twice.json()["errors"][0]["pointer"]) == (422, "/holidays/1/on")
    far = {"on": "2096-12-25", "name": "A slip of the key"}
    slip = await client.put("/v1/clinic", headers=admin.headers | named, json=draft | {"holidays": [far]})
    assert (slip.status_code, slip.json()["errors"][0]["pointer"]) == (422, "/holidays/0/on")
    actions = await root.fetch("select action from audit_entries where actor_id = $1", admin.id)
    assert "clinic.changed" in {row["action"] for row in actions}


async def test_a_holiday_moves_the_deadlines_that_are_running(
    client: httpx.AsyncClient, clock: Clock, practitioner: Person, admin: Person, alder: Person
) -> None:
    clock.at = WEDNESDAY + timedelta(hours=6)  # 16:00, an hour before closing
    said = check_in(tingling=True) | {"recorded_at": clock.at.isoformat()}
    fresh = await client.post("/v1/tokens", json={"refresh_token": alder.refresh})
    phone = {"authorization": f"Bearer {fresh.json()['access_token']}"}
    sent = await client.put(f"/v1/check-ins/{uuid4()}", headers=phone, json=said)
    assert sent.status_code == 201, sent.text
    (before,) = (await client.get("/v1/alerts", headers=practitioner.headers)).json()
    assert before["acknowledge_by"] == "2026-03-05T10:00:00Z"
    draft, named = await clinic_of(client, admin)
    closed = [{"on": str(date(2026, 3, 5)), "name": "Staff day"}]
    await client.put("/v1/clinic", headers=admin.headers | named, json=draft | {"holidays": closed})
    (after,) = (await client.get("/v1/alerts", headers=practitioner.headers)).json()
    assert (after["acknowledge_by"], after["look_at"]) == ("2026-03-06T10:00:00Z", "2026-03-06T10:00:00Z")
