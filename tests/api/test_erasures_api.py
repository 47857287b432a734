"""POST /v1/me/erasure and what staff may erase: who may, what is answered after."""

from uuid import uuid4

import asyncpg
import httpx

from tests.api.conftest import Person
from tests.api.test_photos_api import jpeg, put

NAME = "Alder Kestrel"


def draft(scope: str = "photos", name: str = NAME) -> dict[str, str]:
    return {"scope": scope, "reason": "patient_asked", "name": name}


async def test_a_patient_erases_their_photos_and_nobody_sees_them_again(
    client: httpx.AsyncClient, alder: Person, practitioner: Person
) -> None:
    photo_id, data = uuid4(), jpeg()
    kept = (await put(client, alder, data, photo_id)).json()
    erased = await client.post("/v1/me/erasure", headers=alder.headers, json={})
    assert (erased.status_code, erased.json()["scope"], erased.json()["photos"]) == (202, "photos", 1)
    for who, address in (
        (alder, kept["display"]),
        (alder, kept["thumbnail"]),
        (practitioner, f"/v1/patients/{alder.id}/photos/{photo_id}/display"),
    ):
        gone = await client.get(address, headers=who.headers)
        assert (gone.status_code, gone.json()["type"]) == (410, "/problems/photo-erased")
    again = await put(client, alder, data, photo_id)
    assert again.status_code == 410, "a phone that repeats it hears that it is gone, and stops"
    assert (await client.get("/v1/me/photos", headers=alder.headers)).json()["items"] == []
    assert (await client.get("/v1/me/erasures", headers=alder.headers)).json() == [erased.json()]


async def test_photos_may_be_sent_anew_after_an_erasure(client: httpx.AsyncClient, alder: Person) -> None:
    await put(client, alder, jpeg())
    await client.post("/v1/me/erasure", headers=alder.headers, json={"scope": "photos"})
    sent = await put(client, alder, jpeg())
    assert sent.status_code == 201
    assert (await client.get(sent.json()["display"], headers=alder.headers)).status_code == 200


async def test_erasing_photos_takes_nothing_else_from_monitoring(
    client: httpx.AsyncClient, alder: Person, practitioner: Person
) -> None:
    await client.post("/v1/me/erasure", headers=alder.headers, json={})
    assert (await client.get("/v1/me/today", headers=alder.headers)).status_code == 200
    found = await client.get(f"/v1/patients/{alder.id}", headers=practitioner.headers)
    assert found.json()["name"] == NAME


async def test_everything_is_asked_of_the_clinic_and_answered_by_it(
    client: httpx.AsyncClient, alder: Person, practitioner: Person, root: asyncpg.Connection
) -> None:
    asked = await client.post("/v1/me/erasure", headers=alder.headers, json={"scope": "everything"})
    assert (asked.status_code, asked.json()["started_at"]) == (202, None)
    waiting = await client.get("/v1/erasures", headers=practitioner.headers)
    assert [one["erasure_id"] for one in waiting.json()] == [asked.json()["erasure_id"]]
    await root.execute(
        "update alerts set state = 'resolved', resolved_at = now(), outcome = 'expected_course'"
    )
    done = await client.post(
        f"/v1/patients/{alder.id}/erasure", headers=practitioner.headers, json=draft("everything")
    )
    assert (done.status_code, done.json()["erasure_id"]) == (202, asked.json()["erasure_id"])
    assert (await client.get("/v1/me", headers=alder.headers)).status_code == 401
    again = await client.post(
        f"/v1/patients/{alder.id}/erasure", headers=practitioner.headers, json=draft("everything")
    )
    assert again.status_code == 410
    record = await client.get(f"/v1/patients/{alder.id}/erasures", headers=practitioner.headers)
    assert [one["scope"] for one in record.json()] == ["everything"]


async def test_a_refusal_is_told_to_the_patient(
    client: httpx.AsyncClient, alder: Person, practitioner: Person
) -> None:
    asked = (await client.post("/v1/me/erasure", headers=alder.headers, json={"scope": "everything"})).json()
    address = f"/v1/patients/{alder.id}/erasures/{asked['erasure_id']}/refusal"
    refused = await client.post(address, headers=practitioner.headers, json={"because": "must_be_kept"})
    assert refused.status_code == 200
    [mine] = (await client.get("/v1/me/erasures", headers=alder.headers)).json()
    assert mine["refused_because"] == "must_be_kept"
    again = await client.post(address, headers=practitioner.headers, json={"because": "claim"})
    assert again.status_code == 409


async def test_who_may_not_erase_erases_nothing(
    client: httpx.AsyncClient,
    alder: Person,
    birch: Person,
    coordinator: Person,
    admin: Person,
    stranger: Person,
    root: asyncpg.Connection,
) -> None:
    await put(client, alder, jpeg())
    address = f"/v1/patients/{alder.id}/erasure"
    answers = {
        who: (await client.post(address, headers=person.headers, json=draft())).status_code
        for who, person in (
            ("coordinator", coordinator),
            ("admin", admin),
            ("stranger", stranger),
            ("patient", alder),
            ("another patient", birch),
        )
    }
    assert answers == {
        "coordinator": 403,
        "admin": 403,
        "stranger": 404,
        "patient": 403,
        "another patient": 403,
    }
    assert (await client.post("/v1/me/erasure", headers=birch.headers, json={})).status_code == 202
    assert await root.fetchval("select count(*) from photos where patient_id = $1", alder.id) == 1


async def test_the_name_must_be_the_patients(
    client: httpx.AsyncClient, alder: Person, practitioner: Person
) -> None:
    address = f"/v1/patients/{alder.id}/erasure"
    wrong = await client.post(address, headers=practitioner.headers, json=draft(name="Birch Kestrel"))
    assert wrong.status_code == 422
    assert [one["pointer"] for one in wrong.json()["errors"]] == ["/name"]
    assert NAME not in wrong.text
    right = await client.post(address, headers=practitioner.headers, json=draft(name="  alder   KESTREL "))
    assert right.status_code == 202


async def test_a_recall_learns_how_many_cannot_be_called(
    client: httpx.AsyncClient, alder: Person, practitioner: Person, stranger: Person
) -> None:
    address = "/v1/lots/KestrelLOT/erased"
    assert (await client.get(address, headers=practitioner.headers)).json() == []
    done = await client.post(
        f"/v1/patients/{alder.id}/erasure", headers=practitioner.headers, json=draft("everything")
    )
    assert done.status_code == 202, done.text
    [use] = (await client.get(address, headers=practitioner.headers)).json()
    assert use["device"] == "needle cartridge"
    assert str(alder.id) not in str(use)
    assert (await client.get(address, headers=stranger.headers)).json() == []
