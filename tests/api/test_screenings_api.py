"""Screenings over HTTP: the questionnaire, advice, prepared answers, the signature, and the session that needs one."""

from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from tests.api.conftest import Person, session_draft

CIT = "microneedling"


def screenings(of: Person, rest: str = "") -> str:
    return f"/v1/patients/{of.id}/screenings{rest}"


async def advised(client: httpx.AsyncClient, by: Person, of: Person, **answers: Any) -> dict[str, Any]:
    question = {"modality": CIT, "questionnaire": 1, "answers": answers}
    answer = await client.post(screenings(of, "/advice"), headers=by.headers, json=question)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_the_questionnaire_is_data_with_a_version_in_three_languages(
    client: httpx.AsyncClient, practitioner: Person, alder: Person
) -> None:
    listed = await client.get("/v1/screening-questionnaires", headers=practitioner.headers)
    assert listed.json() == {"current": 1, "versions": [1]}
    asked = (await client.get("/v1/screening-questionnaires/1", headers=practitioner.headers)).json()
    item = next(one for one in asked["items"] if one["key"] == "isotretinoin")
    assert set(item["text"]) == {"en", "es", "pt"}
    assert [len(effect["sides"]) for effect in item["effects"]] == [2]
    for missing in ("0", "2", "99999999999999999999"):
        path = f"/v1/screening-questionnaires/{missing}"
        assert (await client.get(path, headers=practitioner.headers)).status_code in {404, 422}
    assert (await client.get("/v1/screening-questionnaires/1", headers=alder.headers)).status_code == 403


async def test_advice_says_why_and_keeps_nothing(
    client: httpx.AsyncClient, practitioner: Person, alder: Person, root: asyncpg.Connection
) -> None:
    before = await root.fetchval("select count(*) from screenings")
    found = await advised(client, practitioner, alder, isotretinoin="now", pregnancy="perhaps", aura="blue")
    assert (found["outcome"], found["reasons"][0]["weight"]) == ("with_precautions", "conditional")
    assert len(found["reasons"][0]["sides"]) == 2
    assert {one["pointer"] for one in found["unread"]} == {"/pregnancy", "/aura"}
    assert "pregnancy" in found["unanswered"]
    assert await root.fetchval("select count(*) from screenings") == before
    unknown = {"modality": CIT, "questionnaire": 7}
    refused = await client.post(screenings(alder, "/advice"), headers=practitioner.headers, json=unknown)
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (422, "unknown-questionnaire")


async def test_a_decision_that_differs_or_is_the_practitioners_needs_a_reason_and_keeps_the_advice(
    client: httpx.AsyncClient, practitioner: Person, alder: Person
) -> None:
    draft: dict[str, Any] = {"screening_id": str(uuid4()), "modality": CIT, "questionnaire": 1}
    draft |= {"answers": {"isotretinoin": "now"}, "outcome": "with_precautions"}
    bare = await client.post(screenings(alder), headers=practitioner.headers, json=draft)
    assert bare.status_code == 422
    assert bare.json()["errors"][0]["pointer"] == "/reasons"
    assert "sources do not agree" in bare.text
    draft["reasons"] = ["Low dose, healed well before; test spot first."]
    signed = await client.post(screenings(alder), headers=practitioner.headers, json=draft)
    assert signed.status_code == 201, signed.text
    kept = signed.json()
    assert (kept["questionnaire"], kept["advice"]["outcome"]) == (1, "with_precautions")
    again = await client.post(screenings(alder), headers=practitioner.headers, json=draft)
    assert again.json() == kept
    other = draft | {"outcome": "not_now"}
    conflict = await client.post(screenings(alder), headers=practitioner.headers, json=other)
    assert conflict.status_code == 409
    path = screenings(alder, f"/{kept['screening_id']}")
    assert (await client.get(path, headers=practitioner.headers)).json() == kept
    listed = (await client.get(screenings(alder), headers=practitioner.headers)).json()
    assert kept in listed["items"]


async def test_answers_are_prepared_by_anyone_of_the_care_team_and_signed_by_a_practitioner(
    client: httpx.AsyncClient, practitioner: Person, coordinator: Person, alder: Person
) -> None:
    path, body = screenings(alder, f"/prepared/{CIT}"), {"modality": CIT, "answers": {"hsv_history": True}}
    assert (await client.get(path, headers=coordinator.headers)).status_code == 404
    first = await client.put(path, headers=coordinator.headers | {"If-Match": "0"}, json=body)
    assert (first.status_code, first.headers["etag"]) == (200, '"1"')
    clash = await client.put(path, headers=coordinator.headers | {"If-Match": "0"}, json=body)
    assert clash.status_code == 412
    second = await client.put(path, headers=coordinator.headers | {"If-Match": '"1"'}, json=body)
    assert second.headers["etag"] == '"2"'
    found = await client.get(path, headers=practitioner.headers)
    assert found.json()["answers"] == {"hsv_history": True}
    draft = {"modality": CIT, "answers": {"hsv_history": True}, "outcome": "with_precautions"}
    assert (await client.post(screenings(alder), headers=coordinator.headers, json=draft)).status_code == 403
    signed = await client.post(screenings(alder), headers=practitioner.headers, json=draft)
    assert signed.status_code == 201, signed.text
    assert (await client.get(path, headers=practitioner.headers)).status_code == 404


async def test_a_session_without_a_screening_is_refused_until_one_is_signed(
    client: httpx.AsyncClient, practitioner: Person, alder: Person
) -> None:
    assert alder.session_at is not None
    new = await client.post("/v1/patients", headers=practitioner.headers, json={"name": "Sample Rowan"})
    url = f"/v1/patients/{new.json()['patient_id']}"
    course = await client.post(f"{url}/courses", headers=practitioner.headers, json={"modality": CIT})
    draft = session_draft(course.json()["course_id"], alder.session_at)
    bare = {name: value for name, value in draft.items() if name != "screening"}
    refused = await client.post(f"{url}/sessions", headers=practitioner.headers, json=bare)
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "screening-needed")
    ill = draft | {"screening": {"outcome": "candidate", "answers": {"active_cold_sore": True}}}
    unsaid = await client.post(f"{url}/sessions", headers=practitioner.headers, json=ill)
    assert unsaid.json()["errors"][0]["pointer"] == "/screening/reasons"
    ill["screening"]["outcome"] = "not_now"
    held = await client.post(f"{url}/sessions", headers=practitioner.headers, json=ill)
    assert (held.status_code, held.json()["type"].rpartition("/")[2]) == (409, "screening-not-now")
    ill["override_reason"] = "Crust only, healed at the edges; that part was left out."
    done = await client.post(f"{url}/sessions", headers=practitioner.headers, json=ill)
    assert done.status_code == 201, done.text
