"""/v1/messages, /v1/me/messages, /v1/patients/{id}/messages, /v1/message-templates, and messages in /v1/sync."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from aftercare.model.patient_messages import LONGEST_MESSAGE
from tests.api.bodies import picture
from tests.api.conftest import WEDNESDAY, Clock, Person, refreshed


def written(text: str = "May I swim?", **more: Any) -> dict[str, Any]:
    return {"text": text, "written_at": WEDNESDAY.isoformat(), "time_zone": "Europe/London"} | more


async def write(
    client: httpx.AsyncClient, who: Person, body: dict[str, Any], item: str = ""
) -> httpx.Response:
    return await client.put(f"/v1/messages/{item or uuid4()}", headers=who.headers, json=body)


async def conversation(client: httpx.AsyncClient, by: Person, patient: Person) -> list[dict[str, Any]]:
    answer = await client.get(f"/v1/patients/{patient.id}/messages", headers=by.headers)
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_patient_may_write_and_is_told_at_once_what_to_do(
    client: httpx.AsyncClient, alder: Person, practitioner: Person
) -> None:
    answer = await write(client, alder, written("My tongue is swelling up"))
    assert answer.status_code == 201
    told = answer.json()
    assert (told["advice"]["tier"], told["advice"]["call"]["number"]) == ("emergency", "999")
    assert "read" not in told  # nobody has: it never says that the clinic knows
    (alert,) = (await client.get("/v1/alerts", headers=practitioner.headers)).json()
    assert (alert["code"], alert["tier"]) == ("airway", "emergency")


async def test_a_closed_clinic_says_when_it_reads(
    client: httpx.AsyncClient, alder: Person, clock: Clock
) -> None:
    assert (await write(client, alder, written())).json()["hours_notice"] is None
    clock.move(hours=11)
    late = await refreshed(client, alder)
    notice = (await write(client, late, written())).json()["hours_notice"]
    assert (
        notice
        == "The clinic is closed. It reads messages from Thursday 5 March at 09:00. If it cannot wait: 111."
    )


async def test_the_same_again_gets_the_same_answer_and_other_content_409(
    client: httpx.AsyncClient, alder: Person, clock: Clock
) -> None:
    item = str(uuid4())
    first = await write(client, alder, written(), item)
    clock.move(minutes=5)
    again = await write(client, alder, written(), item)
    assert (again.status_code, again.json()) == (201, first.json())
    assert (await write(client, alder, written("Something else"), item)).status_code == 409
    malformed = await write(client, alder, written(), "00000000-0000-1000-8000-000000000001")
    assert malformed.json()["errors"][0]["pointer"] == "/id"


async def test_words_have_bounds_and_nothing_is_no_message(client: httpx.AsyncClient, alder: Person) -> None:
    longest = written("x" * LONGEST_MESSAGE)
    assert (await write(client, alder, longest)).status_code == 201
    for body, pointer in (
        (written("x" * (LONGEST_MESSAGE + 1)), "/text"),
        (written("  \n"), "/text"),
        (written(photos=[str(uuid4())] * 7), "/photos"),
        (written(written_at="yesterday"), "/written_at"),
    ):
        answer = await write(client, alder, body)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_half_a_character_loses_no_message(
    client: httpx.AsyncClient, alder: Person, practitioner: Person
) -> None:
    raw = written("cut ZZ").__repr__().replace("'", '"').replace("ZZ", "\\ud83d")
    headers = alder.headers | {"content-type": "application/json"}
    answer = await client.put(f"/v1/messages/{uuid4()}", headers=headers, content=raw)
    assert answer.status_code == 201, answer.text
    assert (await conversation(client, practitioner, alder))[0]["text"] == "cut \ufffd"


async def test_only_the_patients_own_photos_that_are_here_are_shown(
    client: httpx.AsyncClient, alder: Person, birch: Person, practitioner: Person
) -> None:
    mine, theirs, coming = (str(uuid4()) for _ in range(3))
    for who, photo in ((alder, mine), (birch, theirs)):
        sent = await client.put(f"/v1/photos/{photo}", headers=who.headers, content=picture())
        assert sent.status_code == 201, sent.text
    await write(client, alder, written(photos=[coming, theirs, mine]))
    (seen,) = await conversation(client, practitioner, alder)
    assert (seen["photos"], seen["photos_named"]) == ([mine], 3)
    await client.put(f"/v1/photos/{coming}", headers=alder.headers, content=picture())
    (seen,) = await conversation(client, practitioner, alder)
    assert seen["photos"] == [coming, mine]


async def test_staff_answer_and_both_see_what_was_read(
    client: httpx.AsyncClient, alder: Person, coordinator: Person, clock: Clock
) -> None:
    item = str(uuid4())
    await write(client, alder, written(), item)
    (waiting,) = (await client.get("/v1/messages", headers=coordinator.headers)).json()["items"]
    assert (waiting["patient_id"], waiting["unread"], waiting["late"]) == (str(alder.id), 1, False)
    clock.move(minutes=10)
    url = f"/v1/patients/{alder.id}/messages"
    reply = {"text": "From day 7 on.", "read_up_to": item, "message_id": str(uuid4())}
    first = await client.post(url, headers=coordinator.headers, json=reply)
    again = await client.post(url, headers=coordinator.headers, json=reply)
    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
    assert (await client.get("/v1/messages", headers=coordinator.headers)).json()["items"] == []
    recent = await client.get("/v1/messages?which=recent", headers=coordinator.headers)
    assert [one["last_direction"] for one in recent.json()["items"]] == ["from_clinic"]
    answer, question = (await client.get("/v1/me/messages", headers=alder.headers)).json()["items"]
    assert (answer["text"], answer["read_at"], question["message_id"]) == ("From day 7 on.", None, item)
    assert question["read_at"] is not None
    assert {"flag", "urgent", "staff_id"}.isdisjoint(answer)
    body = {"up_to": answer["message_id"]}
    state = await client.post("/v1/me/messages/read", headers=alder.headers, json=body)
    assert state.json() == {"marked": 1, "unread": 0}
    newest = (await conversation(client, coordinator, alder))[0]
    assert newest["read_at"] is not None
    assert newest["read_by"] is None  # by the patient


async def test_a_conversation_comes_in_pages(
    client: httpx.AsyncClient, alder: Person, practitioner: Person, clock: Clock
) -> None:
    for number in range(52):
        clock.move(seconds=1)
        assert (await write(client, alder, written(f"words {number}"))).status_code == 201
    url = f"/v1/patients/{alder.id}/messages"
    first = (await client.get(url, headers=practitioner.headers)).json()
    more = {"cursor": first["next"]}
    rest = (await client.get(url, headers=practitioner.headers, params=more)).json()
    texts = [one["text"] for one in [*first["items"], *rest["items"]]]
    assert texts == [f"words {number}" for number in reversed(range(52))]
    assert rest["next"] is None


async def test_who_reads_is_on_record_and_what_was_written_is_not(
    client: httpx.AsyncClient, alder: Person, practitioner: Person, root: asyncpg.Connection
) -> None:
    await write(client, alder, written("Zarzamora"))
    await conversation(client, practitioner, alder)
    await client.get("/v1/messages", headers=practitioner.headers)
    rows = await root.fetch(
        "select action, patient_id, to_jsonb(e)::text as row from audit_entries e where action like 'message%'"
    )
    actions = {(row["action"], row["patient_id"]) for row in rows}
    assert actions == {("message.received", alder.id), ("messages.seen", alder.id), ("messages.listed", None)}
    assert not any("Zarzamora" in row["row"] for row in rows)


async def test_the_outbox_takes_messages_each_for_itself_in_the_order_of_writing(
    client: httpx.AsyncClient, alder: Person, practitioner: Person
) -> None:
    late = written(
        "second", written_at=(WEDNESDAY - timedelta(hours=1)).isoformat(), id=f"0{str(uuid4())[1:]}"
    )
    early = written(
        "first", written_at=(WEDNESDAY - timedelta(hours=2)).isoformat(), id=f"f{str(uuid4())[1:]}"
    )
    bad = written(time_zone=7, id=str(uuid4()))
    body = {"messages": [late, bad, "no form at all", early], "check_ins": [None]}
    answer = (await client.post("/v1/sync", headers=alder.headers, json=body)).json()
    results = [(one["place"], one["status"], one["id"]) for one in answer["messages"]]
    assert results == [
        (0, "kept", late["id"]),
        (1, "refused", bad["id"]),
        (2, "refused", None),
        (3, "kept", early["id"]),
    ]
    assert answer["messages"][0]["answer"]["advice"]["headline"] == "Received"
    assert "/time_zone" in answer["messages"][1]["problem"]["errors"]
    assert [one["text"] for one in await conversation(client, practitioner, alder)] == ["second", "first"]


async def test_a_check_in_may_not_be_hidden_behind_the_id_of_a_message(
    client: httpx.AsyncClient, alder: Person
) -> None:
    item = str(uuid4())
    said = {
        "instrument": 1,
        "recorded_at": WEDNESDAY.isoformat(),
        "time_zone": "Europe/London",
        "answers": {"tingling": True},
    }
    await client.put(f"/v1/check-ins/{item}", headers=alder.headers, json=said)
    assert (await write(client, alder, written("It tingles at my lip"), item)).status_code == 409


async def test_templates_are_versioned_and_an_edit_names_what_it_writes_over(
    client: httpx.AsyncClient, practitioner: Person, coordinator: Person, root: asyncpg.Connection
) -> None:
    draft = {"title": "Sun", "language": "en", "text": "Keep out of the sun."}
    url = "/v1/message-templates"
    assert (await client.post(url, headers=coordinator.headers, json=draft)).status_code == 403
    made = await client.post(url, headers=practitioner.headers, json=draft)
    one = f"{url}/{made.json()['template_id']}"
    etag = {"if-match": made.headers["etag"]}
    newer = await client.put(
        one, headers=practitioner.headers | etag, json=draft | {"text": "Use sun cream."}
    )
    assert (newer.status_code, newer.json()["version"]) == (200, 2)
    stale = await client.put(one, headers=practitioner.headers | etag, json=draft)
    assert stale.status_code == 412
    offered = (await client.get(url, headers=coordinator.headers)).json()
    assert [(each["text"], each["version"]) for each in offered] == [("Use sun cream.", 2)]
    ended = await client.delete(one, headers=practitioner.headers | {"if-match": newer.headers["etag"]})
    assert ended.status_code == 204
    assert (await client.get(url, headers=coordinator.headers)).json() == []
    assert (await client.get(one, headers=coordinator.headers)).status_code == 404
    assert await root.fetchval("select count(*) from message_templates") == 3  # what was said stays on record
