"""Instructions over HTTP: versions, edits that name what they write over, and what a patient was shown."""

from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from tests.api.conftest import WEDNESDAY, Person

SHIPPED = "/v1/instructions/0"


async def begun(client: httpx.AsyncClient, by: Person, **body: Any) -> httpx.Response:
    return await client.post("/v1/instructions", headers=by.headers, json=body)


async def put(
    client: httpx.AsyncClient, by: Person, version: int, etag: str, instructions: list[Any], note: str = ""
) -> httpx.Response:
    return await client.put(
        f"/v1/instructions/{version}",
        headers=by.headers | {"if-match": etag},
        json={"instructions": instructions, "note": note},
    )


async def end(client: httpx.AsyncClient, by: Person, version: int, etag: str, act: str) -> httpx.Response:
    return await client.post(f"/v1/instructions/{version}/{act}", headers=by.headers | {"if-match": etag})


async def test_a_practitioner_copies_edits_and_publishes_and_the_phone_gets_it(
    client: httpx.AsyncClient, practitioner: Person, alder: Person
) -> None:
    before = (await client.get("/v1/me/today", headers=alder.headers)).json()["instructions"]
    assert before["version"] == 0
    draft = await begun(client, practitioner, note="Ours")
    assert draft.status_code == 201
    made = draft.json()
    assert (made["version"], made["state"], made["copied_from"]) == (1, "draft", 0)
    wording = made["instructions"]
    place = next(i for i, one in enumerate(wording) if one["topic"] == "usual" and one["from_day"] == 5)
    wording[place]["texts"] = {"en": "The skin still settles."}
    edited = await put(client, practitioner, 1, draft.headers["etag"], wording)
    assert edited.status_code == 200
    assert edited.headers["etag"] != draft.headers["etag"]
    assert (await client.get("/v1/me/today", headers=alder.headers)).json()["instructions"]["version"] == 0
    out = await end(client, practitioner, 1, edited.headers["etag"], "publish")
    assert (out.status_code, out.json()["state"], out.json()["in_use"]) == (200, "published", True)
    after = (await client.get("/v1/me/today", headers=alder.headers)).json()["instructions"]
    assert after["version"] == 1
    assert "The skin still settles." in [one["text"] for one in after["items"]]
    listed = (await client.get("/v1/instructions", headers=practitioner.headers)).json()["items"]
    assert [(one["version"], one["in_use"]) for one in listed] == [(1, True), (0, False)]


async def test_others_read_and_only_practitioners_write(
    client: httpx.AsyncClient, practitioner: Person, coordinator: Person, admin: Person, alder: Person
) -> None:
    draft = await begun(client, practitioner)
    for who in (coordinator, admin):
        assert (await client.get("/v1/instructions", headers=who.headers)).status_code == 200
        assert (await client.get("/v1/instructions/1", headers=who.headers)).status_code == 200
        assert (await begun(client, who)).status_code == 403
        assert (await put(client, who, 1, draft.headers["etag"], [])).status_code == 403
        for act in ("publish", "discard"):
            assert (await end(client, who, 1, draft.headers["etag"], act)).status_code == 403
    assert (await client.get("/v1/instructions", headers=alder.headers)).status_code == 403
    shown = f"/v1/patients/{alder.id}/instructions"
    assert (await client.get(shown, headers=coordinator.headers)).status_code == 200
    assert (await client.get(shown, headers=admin.headers)).status_code == 403


async def test_what_was_published_or_discarded_is_never_edited(
    client: httpx.AsyncClient, practitioner: Person
) -> None:
    wording = (await client.get(SHIPPED, headers=practitioner.headers)).json()["instructions"]
    for act, version in (("publish", 1), ("discard", 2)):
        draft = await begun(client, practitioner)
        assert draft.json()["version"] == version
        ended = await end(client, practitioner, version, draft.headers["etag"], act)
        assert ended.status_code == 200
        refused = [
            await put(client, practitioner, version, ended.headers["etag"], wording),
            await end(client, practitioner, version, ended.headers["etag"], "publish"),
            await end(client, practitioner, version, ended.headers["etag"], "discard"),
        ]
        assert [one.json()["type"] for one in refused] == ["/problems/not-a-draft"] * 3
    assert (await put(client, practitioner, 0, '"1"', wording)).status_code == 409


async def test_there_is_one_draft_at_a_time_and_it_may_begin_from_any_version(
    client: httpx.AsyncClient, practitioner: Person
) -> None:
    first = await begun(client, practitioner)
    second = await begun(client, practitioner)
    assert (second.status_code, second.json()["type"]) == (409, "/problems/draft-exists")
    await put(client, practitioner, 1, first.headers["etag"], first.json()["instructions"][:3])
    await end(client, practitioner, 1, '"2"', "discard")
    copied = await begun(client, practitioner, copy_of=1)
    assert copied.json()["instructions"] == first.json()["instructions"][:3]
    assert (await begun(client, practitioner, copy_of=9)).status_code == 404


async def test_an_edit_names_the_version_that_it_writes_over(
    client: httpx.AsyncClient, practitioner: Person
) -> None:
    draft = await begun(client, practitioner)
    wording = draft.json()["instructions"]
    assert (await put(client, practitioner, 1, draft.headers["etag"], wording)).status_code == 200
    late = await put(client, practitioner, 1, draft.headers["etag"], wording)
    assert (late.status_code, late.json()["type"]) == (412, "/problems/outdated")
    assert (await end(client, practitioner, 1, draft.headers["etag"], "publish")).status_code == 412
    assert (await put(client, practitioner, 1, "yesterday", wording)).status_code == 422
    bare = await client.put(
        "/v1/instructions/1", headers=practitioner.headers, json={"instructions": wording}
    )
    assert bare.status_code == 422


WRONG: list[tuple[str, Any, str]] = [
    ("modality", "dermabrasion", "/modality"),
    ("topic", "horoscope", "/topic"),
    ("kind", "perhaps", "/kind"),
    ("from_day", -1, "/from_day"),
    ("to_day", 91, "/to_day"),
    ("texts", {}, "/texts"),
    ("texts", {"en": ""}, "/texts/..."),
    ("texts", {"en": "   "}, "/texts/en"),
    ("texts", {"en": "x" * 401}, "/texts/..."),
    ("texts", {"de": "Sonne meiden."}, "/texts"),
    ("texts", {"en": "a\x00b"}, "/texts/..."),
    ("claims", [{"says": "usual", "item": "redness", "grade": 4}], "/claims/0/grade"),
    ("claims", [{"says": "usual", "item": "yellow_crust"}], "/claims/0/item"),
    ("colour", "red", ""),
]


async def test_what_is_wrong_is_said_at_its_place(client: httpx.AsyncClient, practitioner: Person) -> None:
    draft = await begun(client, practitioner)
    one = {
        "modality": "microneedling",
        "topic": "other",
        "kind": "do",
        "from_day": 0,
        "to_day": 3,
        "texts": {"en": "Sleep on your back."},
    }
    good = await put(client, practitioner, 1, draft.headers["etag"], [one])
    assert good.status_code == 200, good.text
    for field, value, pointer in WRONG:
        bad = await put(client, practitioner, 1, good.headers["etag"], [one | {field: value}])
        assert bad.status_code == 422, (field, value, bad.text)
        assert bad.json()["errors"][0]["pointer"] == f"/instructions/0{pointer}", (field, value)


async def test_a_topic_twice_on_a_day_and_a_day_without_a_contact_do_not_go_out(
    client: httpx.AsyncClient, practitioner: Person
) -> None:
    draft = await begun(client, practitioner)
    wording = draft.json()["instructions"]
    twice = await put(client, practitioner, 1, draft.headers["etag"], [*wording, wording[7]])
    assert twice.json()["errors"][0]["pointer"] == f"/instructions/{len(wording)}/from_day"
    quiet = [one for one in wording if one["topic"] != "contact"]
    edited = await put(client, practitioner, 1, draft.headers["etag"], quiet)
    assert edited.status_code == 200  # a draft may be unfinished
    refused = await end(client, practitioner, 1, edited.headers["etag"], "publish")
    assert refused.status_code == 422
    assert "when to call the clinic" in refused.json()["errors"][0]["detail"]


async def test_another_clinics_versions_and_patients_are_not_there(
    client: httpx.AsyncClient, practitioner: Person, alder: Person, stranger: Person
) -> None:
    await begun(client, practitioner)
    assert (await client.get("/v1/instructions/1", headers=stranger.headers)).status_code == 404
    assert (await put(client, stranger, 1, '"1"', [])).status_code == 404
    answer = await client.get(f"/v1/patients/{alder.id}/instructions", headers=stranger.headers)
    assert answer.status_code == 404


async def test_receipts_come_with_the_outbox_and_one_bad_one_takes_no_other_with_it(
    client: httpx.AsyncClient, practitioner: Person, alder: Person
) -> None:
    today = WEDNESDAY.date().isoformat()
    receipt = {
        "id": str(uuid4()),
        "kind": "instructions_shown",
        "at": WEDNESDAY.isoformat(),
        "date": today,
        "version": 0,
    }
    batch = [
        receipt | {"kind": "letter_burnt"},
        receipt,
        "not one",
        receipt | {"version": 12},
        receipt | {"date": "2031-01-01"},
    ]
    answer = await client.post("/v1/sync", headers=alder.headers, json={"receipts": batch})
    assert answer.status_code == 200, answer.text
    results = answer.json()["receipts"]
    assert [one["status"] for one in results] == ["refused", "kept", "refused", "refused", "refused"]
    assert [one["id"] for one in results][1] == receipt["id"]
    assert [one["problem"]["status"] for one in results if one["problem"]] == [422, 422, 404, 422]
    assert (await client.post("/v1/sync", headers=alder.headers, json={"receipts": [receipt]})).json()[
        "receipts"
    ][0]["status"] == "kept"
    shown = await client.get(f"/v1/patients/{alder.id}/instructions", headers=practitioner.headers)
    (day,) = shown.json()["items"]
    assert (day["date"], day["version"], day["day"]) == (today, 0, 5)
    assert day["shown_at"].startswith("2026-03-04T10:00:00")
    assert {"contact", "usual"} <= {one["topic"] for one in day["items"]}
    many = await client.post("/v1/sync", headers=alder.headers, json={"receipts": [receipt] * 101})
    assert many.status_code == 422


async def test_who_read_and_wrote_is_in_the_audit_by_ids_only(
    client: httpx.AsyncClient, practitioner: Person, alder: Person, root: asyncpg.Connection
) -> None:
    draft = await begun(client, practitioner)
    await end(client, practitioner, 1, draft.headers["etag"], "publish")
    await client.get(f"/v1/patients/{alder.id}/instructions", headers=practitioner.headers)
    rows = await root.fetch(
        "select action, actor_id, patient_id from audit_entries where action like 'instructions.%' order by entry_id"
    )
    assert [row["action"] for row in rows] == [
        "instructions.drafted",
        "instructions.published",
        "instructions.shown_seen",
    ]
    assert {row["actor_id"] for row in rows} == {practitioner.id}
    assert rows[2]["patient_id"] == alder.id


async def test_the_list_of_days_goes_on_where_a_page_ended(
    client: httpx.AsyncClient, practitioner: Person, alder: Person, root: asyncpg.Connection
) -> None:
    await root.execute(
        "insert into instructions_shown (clinic_id, patient_id, date, version, shipped, modality, day, languages, delivered_at)"
        " select $1, $2, date '2026-03-01' + n, 0, 'default-1', 'microneedling', n, '{en}', now() from generate_series(0, 40) n",
        alder.clinic_id,
        alder.id,
    )
    where, seen = f"/v1/patients/{alder.id}/instructions", []
    page = (await client.get(where, headers=practitioner.headers)).json()
    seen += [one["day"] for one in page["items"]]
    assert page["next"]
    page = (await client.get(where, headers=practitioner.headers, params={"cursor": page["next"]})).json()
    seen += [one["day"] for one in page["items"]]
    assert seen == list(range(40, -1, -1))
    assert page["next"] is None
