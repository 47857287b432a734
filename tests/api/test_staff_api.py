"""Colleagues over the API: who leaves is out at once, and a password is set anew without anybody else getting in."""

import asyncio

import asyncpg
import httpx
import msgspec
import pytest

from aftercare.db.pool import Database
from aftercare.errors import NotSignedIn
from aftercare.model.people import Actor, StaffDraft
from aftercare.model.words import Role
from aftercare.services import staff
from aftercare.services.house import House
from aftercare.store import staff as store
from tests.api.conftest import PASSWORD, WEDNESDAY, Person

NEW = "another plainly synthetic password"


async def sign_in(client: httpx.AsyncClient, role: str, password: str = PASSWORD) -> httpx.Response:
    who = {"clinic": "harbour", "email": f"{role}@harbour.example", "password": password}
    return await client.post("/v1/staff/sign-ins", json=who)


async def me(client: httpx.AsyncClient, headers: dict[str, str]) -> int:
    return (await client.get("/v1/staff/me", headers=headers)).status_code


async def test_who_leaves_is_signed_out_at_once_and_gets_in_no_more(
    client: httpx.AsyncClient, admin: Person, coordinator: Person
) -> None:
    assert await me(client, coordinator.headers) == 200
    left = await client.post(f"/v1/staff/{coordinator.id}/disable", headers=admin.headers)
    assert (left.status_code, left.json()["staff_id"]) == (200, str(coordinator.id))
    assert await me(client, coordinator.headers) == 401
    assert (await sign_in(client, "coordinator")).status_code == 401
    working = (await client.get("/v1/staff", headers=admin.headers)).json()
    gone = (await client.get("/v1/staff?which=disabled", headers=admin.headers)).json()
    assert str(coordinator.id) not in {one["staff_id"] for one in working}
    assert [one["staff_id"] for one in gone] == [str(coordinator.id)]
    draft = {"email": gone[0]["email"], "name": "Sample Rowan", "role": "coordinator", "password": NEW}
    taken = await client.post("/v1/staff", headers=admin.headers, json=draft)
    assert (taken.status_code, "enable them again" in taken.json()["detail"]) == (409, True)


async def test_who_comes_back_signs_in_as_before_and_no_old_sign_in_lives_again(
    client: httpx.AsyncClient, admin: Person, coordinator: Person, root: asyncpg.Connection
) -> None:
    for act in ("disable", "disable", "enable", "enable"):
        done = await client.post(f"/v1/staff/{coordinator.id}/{act}", headers=admin.headers)
        assert done.status_code == 200
    assert await me(client, coordinator.headers) == 401
    assert (await sign_in(client, "coordinator")).status_code == 201
    acts = await root.fetch(
        "select action from audit_entries where subject_id = $1 and action like 'staff.%abled' order by at, entry_id",
        coordinator.id,
    )
    assert [one["action"] for one in acts] == ["staff.disabled", "staff.enabled"]


async def test_a_colleagues_new_password_is_the_only_one_and_ends_their_sign_ins(
    client: httpx.AsyncClient, admin: Person, practitioner: Person
) -> None:
    url = f"/v1/staff/{practitioner.id}/password"
    assert (await client.put(url, headers=admin.headers, json={"password": NEW})).status_code == 204
    assert await me(client, practitioner.headers) == 401
    assert (await sign_in(client, "practitioner")).status_code == 401
    assert (await sign_in(client, "practitioner", NEW)).status_code == 201
    assert (await client.put(url, headers=admin.headers, json={"password": "short"})).status_code == 422


async def test_my_own_password_needs_the_one_in_use_and_ends_my_other_sign_ins(
    client: httpx.AsyncClient, practitioner: Person
) -> None:
    here = {"authorization": f"Bearer {(await sign_in(client, 'practitioner')).json()['token']}"}
    url = "/v1/staff/me/password"
    wrong = await client.put(url, headers=here, json={"current": "not this one", "password": NEW})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/current")
    changed = await client.put(url, headers=here, json={"current": PASSWORD, "password": NEW})
    assert changed.status_code == 204
    assert (await me(client, here), await me(client, practitioner.headers)) == (200, 401)
    assert (await sign_in(client, "practitioner", NEW)).status_code == 201


async def test_guessing_my_password_from_an_open_page_is_bounded_like_signing_in(
    client: httpx.AsyncClient, practitioner: Person
) -> None:
    said = {"current": "not this one", "password": NEW}
    tried = [
        (await client.put("/v1/staff/me/password", headers=practitioner.headers, json=said)).status_code
        for _ in range(7)
    ]
    assert tried == [422] * 6 + [429]


@pytest.mark.parametrize(("method", "act"), [("POST", "disable"), ("PUT", "password")])
async def test_nobody_does_it_to_their_own_account(
    client: httpx.AsyncClient, admin: Person, method: str, act: str
) -> None:
    refused = await client.request(
        method, f"/v1/staff/{admin.id}/{act}", headers=admin.headers, json={"password": NEW}
    )
    assert refused.status_code == 409
    assert (await sign_in(client, "admin")).status_code == 201


@pytest.mark.parametrize("act", ["disable", "password"])
async def test_a_sign_in_that_was_proved_before_is_not_opened_after(
    house: House,
    client: httpx.AsyncClient,
    admin: Person,
    practitioner: Person,
    root: asyncpg.Connection,
    act: str,
) -> None:
    """The old password is proved while an admin's act is on its way to be committed."""
    async with house.database.clinic(admin.clinic_id) as db:
        if act == "disable":
            await store.set_disabled(db, admin.clinic_id, practitioner.id, WEDNESDAY)
        else:
            await store.set_password(db, admin.clinic_id, practitioner.id, "another hash")
        signing_in = asyncio.create_task(_sign_in(house.database, admin))
        await _waits_for_a_lock(root, "into sign_ins")
    with pytest.raises(NotSignedIn):
        await signing_in


async def test_an_old_password_does_not_take_back_the_one_that_an_admin_has_set(
    client: httpx.AsyncClient, house: House, admin: Person, practitioner: Person, root: asyncpg.Connection
) -> None:
    """Whoever knows it still changes it, in a page that is open, while the admin's is on its way to be committed."""
    said = {"current": PASSWORD, "password": NEW}
    async with house.database.clinic(admin.clinic_id) as db:
        await store.set_password(db, admin.clinic_id, practitioner.id, "another hash")
        changing = asyncio.create_task(
            client.put("/v1/staff/me/password", headers=practitioner.headers, json=said)
        )
        await _waits_for_a_lock(root, "update staff set password_hash")
    assert (await changing).status_code == 401
    assert (await sign_in(client, "practitioner", NEW)).status_code == 401


async def test_two_admins_who_shut_each_other_out_at_once_leave_one(
    house: House, client: httpx.AsyncClient, admin: Person, root: asyncpg.Connection
) -> None:
    """One of them is out before it is their turn, and does nothing any more."""
    assert await me(client, admin.headers) == 200
    draft = StaffDraft(email="second@harbour.example", name="Sample Rowan", role=Role.ADMIN, password=NEW)
    one = Actor(clinic_id=admin.clinic_id, kind="staff", id=admin.id, role=Role.ADMIN)
    made = await staff.create_staff(house.database, one, draft, now=WEDNESDAY)
    other = msgspec.structs.replace(one, id=made.staff_id)
    async with house.database.clinic(admin.clinic_id) as db:
        # Both are held until both have begun.
        await store.lock_active(db, admin.clinic_id, [admin.id, made.staff_id])
        both = [
            asyncio.create_task(staff.disable(house.database, by, who, now=WEDNESDAY))
            for by, who in ((one, made.staff_id), (other, admin.id))
        ]
        await _waits_for_a_lock(root, "staff", times=2)
    results = await asyncio.gather(*both, return_exceptions=True)
    assert [type(one) for one in results if isinstance(one, Exception)] == [NotSignedIn]
    async with house.database.clinic(admin.clinic_id) as db:
        left = await store.all_active(db, admin.clinic_id, Role.ADMIN)
    assert len(left) == 1


async def _sign_in(database: Database, of: Person) -> staff.SignIn:
    return await staff.sign_in(
        database, of.clinic_id, "practitioner@harbour.example", PASSWORD, address="one", now=WEDNESDAY
    )


async def _waits_for_a_lock(root: asyncpg.Connection, statement: str, *, times: int = 1) -> None:
    waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and strpos(query, $1) > 0"
    async with asyncio.timeout(30):
        while await root.fetchval(waits, statement) < times:  # noqa: ASYNC110 - PostgreSQL tells nobody of a lock that is waited for
            await asyncio.sleep(0.02)
