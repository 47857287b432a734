"""PUT /v1/check-ins/{id}: odd input is kept, set aside item by item and judged; nothing a patient said is lost."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from aftercare.services import check_in_quota
from tests.api.conftest import PASSWORD, Clock, Person, enrolled, refreshed, session_draft

AIRWAY = {"breathing_or_tongue": True}


def draft(clock: Clock, answers: Any, **more: Any) -> dict[str, Any]:
    return {
        "instrument": 1,
        "recorded_at": clock.at.isoformat(),
        "time_zone": "Europe/London",
        "day": 5,
        "answers": answers,
        **more,
    }


async def put(
    client: httpx.AsyncClient, who: Person, body: dict[str, Any], check_in_id: UUID | None = None
) -> httpx.Response:
    return await client.put(f"/v1/check-ins/{check_in_id or uuid4()}", headers=who.headers, json=body)


async def alerts_of(client: httpx.AsyncClient, practitioner: Person) -> dict[str, str]:
    found = await client.get("/v1/alerts", headers=practitioner.headers)
    return {one["code"]: one["tier"] for one in found.json()}


ODD: list[tuple[str, Any, str]] = [
    ("an unknown item", {"aura": "purple"}, "/answers/aura"),
    ("a grade of 5", {"redness": 5}, "/answers/redness"),
    ("a grade as text", {"pain": "3"}, "/answers/pain"),
    ("a temperature of 101", {"fever_c": 101}, "/answers/fever_c"),
    ("a list for a yes", {"hives": ["none"]}, "/answers/hives"),
    ("an object for a grade", {"warmth": {"a": [1]}}, "/answers/warmth"),
    ("null", {"swelling": None}, "/answers/swelling"),
    ("an eye sign that is none", {"eye": ["glitter"]}, "/answers/eye/0"),
    ("a place that is none", {"sites": {"blisters": ["elbow"]}}, "/answers/sites/blisters/0"),
    ("NUL in the note", {"note": "tight\0skin"}, "/answers/note"),
    ("a note of 2,500 characters", {"note": "a" * 2500}, "/answers/note"),
    ("a key with a slash and a tilde", {"a/b~c": 1}, "/answers/a~1b~0c"),
    ("an empty key", {"": 1}, "/answers/"),
]


@pytest.mark.parametrize(
    ("answers", "pointer"), [(a, p) for _, a, p in ODD], ids=[name for name, _, _ in ODD]
)
async def test_an_odd_item_is_set_aside_and_the_emergency_beside_it_still_raises(
    client: httpx.AsyncClient,
    clock: Clock,
    alder: Person,
    practitioner: Person,
    answers: dict[str, Any],
    pointer: str,
) -> None:
    check_in_id = uuid4()
    answer = await put(client, alder, draft(clock, answers | AIRWAY), check_in_id)
    assert answer.status_code == 201, answer.text
    assert pointer in [one["pointer"] for one in answer.json()["set_aside"]]
    assert answer.json()["advice"]["tier"] == "emergency"
    assert answer.json()["advice"]["call"]["number"] == "999"
    assert await alerts_of(client, practitioner) == {"airway": "emergency"}
    kept = (await client.get(f"/v1/check-ins/{check_in_id}", headers=alder.headers)).json()
    assert kept["answers"]["breathing_or_tongue"] is True
    assert [one["pointer"] for one in kept["set_aside"]] == [pointer]


@pytest.mark.parametrize(
    "odd",
    [
        b'"half a pair \\ud83d here"',
        b"1e999",
        b"-1e999",
        b"9" * 5000,
        b"9" * 30,
        b"[" * 60 + b"]" * 60,
        b'"\\u0000"',
    ],
    ids=["lone surrogate", "1e999", "-1e999", "5,000 digits", "30 digits", "60 deep", "NUL"],
)
async def test_json_that_hardly_anything_can_hold_does_not_lose_what_stands_beside_it(
    client: httpx.AsyncClient, clock: Clock, alder: Person, odd: bytes
) -> None:
    for item in (b"note", b"redness", b"fever_c", b"unheard_of"):
        body = (
            b'{"instrument": 1, "recorded_at": "%s", "time_zone": "Europe/London", "answers": '
            b'{"%s": %s, "eye": ["vision"]}}' % (clock.at.isoformat().encode(), item, odd)
        )
        url = f"/v1/check-ins/{uuid4()}"
        answer = await client.put(url, headers=alder.headers, content=body)
        assert answer.status_code == 201, (item, answer.text)
        assert answer.json()["advice"]["tier"] == "emergency"
        again = await client.put(url, headers=alder.headers, content=body)
        assert again.content == answer.content
        kept = await client.get(url, headers=alder.headers)
        assert kept.json()["answers"]["eye"] == ["vision"]


async def test_only_the_first_two_thousand_characters_of_a_note_are_kept(
    client: httpx.AsyncClient, clock: Clock, alder: Person
) -> None:
    check_in_id = uuid4()
    await put(client, alder, draft(clock, {"note": "é" * 2001}), check_in_id)
    kept = (await client.get(f"/v1/check-ins/{check_in_id}", headers=alder.headers)).json()
    assert kept["answers"]["note"] == "é" * 2000
    assert kept["set_aside"][0]["sent"] == "é" * 2001


async def test_a_day_that_does_not_fit_is_recomputed_and_named(
    client: httpx.AsyncClient, clock: Clock, alder: Person
) -> None:
    check_in_id = uuid4()
    answer = (await put(client, alder, draft(clock, AIRWAY, day=400), check_in_id)).json()
    assert answer["day"] == 5
    assert [(one["pointer"], one["used"]) for one in answer["adjusted"]] == [("/day", "5")]
    assert answer["advice"]["tier"] == "emergency"
    kept = (await client.get(f"/v1/check-ins/{check_in_id}", headers=alder.headers)).json()
    assert kept["said_day"] == 400


@pytest.mark.parametrize(
    ("phone_says", "why"),
    [
        (timedelta(days=1), "ahead"),
        (timedelta(minutes=3), "ahead"),
        (timedelta(days=-30 * 365), "before any session"),
    ],
    ids=["a day ahead", "three minutes ahead", "30 years behind"],
)
async def test_a_clock_that_is_wrong_is_judged_by_when_it_arrived(
    client: httpx.AsyncClient, clock: Clock, alder: Person, phone_says: timedelta, why: str
) -> None:
    check_in_id, said = uuid4(), clock.at + phone_says
    answer = (
        await put(client, alder, draft(clock, AIRWAY, recorded_at=said.isoformat()), check_in_id)
    ).json()
    assert answer["day"] == 5
    assert answer["advice"]["tier"] == "emergency"
    assert why in next(one["reason"] for one in answer["adjusted"] if one["pointer"] == "/recorded_at")
    kept = (await client.get(f"/v1/check-ins/{check_in_id}", headers=alder.headers)).json()
    assert datetime.fromisoformat(kept["recorded_at"]) == said
    assert datetime.fromisoformat(kept["judged_at"]) == clock.at


@pytest.mark.parametrize(
    "ahead",
    [timedelta(hours=3), timedelta(hours=-3), timedelta(days=1), timedelta(days=-56 * 365)],
    ids=["3 hours ahead", "3 hours behind", "a day ahead", "56 years behind"],
)
async def test_a_clock_that_says_what_it_said_when_sending_is_put_right(
    client: httpx.AsyncClient, clock: Clock, alder: Person, ahead: timedelta
) -> None:
    url, lived = f"/v1/check-ins/{uuid4()}", clock.at - timedelta(hours=20)
    body = draft(clock, AIRWAY, day=4, recorded_at=(lived + ahead).isoformat())
    headers = {**alder.headers, "sent-at": (clock.at + ahead).isoformat()}
    first = await client.put(url, headers=headers, json=body)
    assert (first.status_code, first.json()["day"]) == (201, 4)
    [adjusted] = first.json()["adjusted"]
    assert adjusted["pointer"] == "/recorded_at"
    assert "put right" in adjusted["reason"]
    kept = (await client.get(url, headers=alder.headers)).json()
    assert datetime.fromisoformat(kept["recorded_at"]) == lived + ahead
    assert datetime.fromisoformat(kept["judged_at"]) == lived
    clock.move(minutes=5)  # the same again is sent at another time, and is the same
    again = await client.put(
        url, headers={**alder.headers, "sent-at": (clock.at + ahead).isoformat()}, json=body
    )
    assert again.json() == first.json()


async def test_a_synced_outbox_is_put_right_by_its_own_clock(
    client: httpx.AsyncClient, clock: Clock, alder: Person
) -> None:
    ahead, ids = timedelta(hours=3), [str(uuid4()), str(uuid4())]
    lived = [clock.at - timedelta(days=1, hours=1), clock.at - timedelta(minutes=5)]
    items = [
        {"id": one, **draft(clock, {"pain": 1}, day=None, recorded_at=(at + ahead).isoformat())}
        for one, at in zip(ids, lived, strict=True)
    ]
    headers = {**alder.headers, "sent-at": (clock.at + ahead).isoformat()}
    await client.post("/v1/sync", headers=headers, json={"check_ins": items})
    for one, at in zip(ids, lived, strict=True):
        kept = (await client.get(f"/v1/check-ins/{one}", headers=alder.headers)).json()
        assert datetime.fromisoformat(kept["judged_at"]) == at


@pytest.mark.parametrize("said", ["yesterday", "1767225600", "2026-03-04T10:00:00"])
async def test_a_time_of_sending_that_is_none_is_refused(
    client: httpx.AsyncClient, clock: Clock, alder: Person, said: str
) -> None:
    answer = await client.put(
        f"/v1/check-ins/{uuid4()}",
        headers={**alder.headers, "sent-at": said},
        json=draft(clock, {"pain": 1}),
    )
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"pointer": "Sent-At", "detail": "not a time of RFC 3339"}]


@pytest.mark.parametrize("said", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
async def test_a_clock_that_no_calendar_explains_is_not_believed(
    client: httpx.AsyncClient, clock: Clock, alder: Person, said: str
) -> None:
    answer = await client.put(
        f"/v1/check-ins/{uuid4()}",
        headers={**alder.headers, "sent-at": said},
        json=draft(clock, AIRWAY),
    )
    assert (answer.status_code, answer.json()["adjusted"]) == (201, [])


async def test_an_instant_at_the_end_of_time_is_kept_as_near_as_can_be_and_judged(
    client: httpx.AsyncClient, clock: Clock, alder: Person
) -> None:
    first, last = "0001-01-01T00:00:00", "9999-12-31T23:59:59"
    for said in (f"{first}+14:00", f"{first}Z", f"{last}-14:00", f"{last}Z", "1899-01-01T00:00:00Z"):
        url = f"/v1/check-ins/{uuid4()}"
        answer = await client.put(url, headers=alder.headers, json=draft(clock, AIRWAY, recorded_at=said))
        assert (answer.status_code, answer.json()["advice"]["tier"]) == (201, "emergency"), said
        kept = (await client.get(url, headers=alder.headers)).json()
        assert kept["recorded_at"][:7] == said[:7]


async def test_a_zone_that_is_not_known_is_replaced_by_the_patients_own(
    client: httpx.AsyncClient, clock: Clock, alder: Person
) -> None:
    for zone in ("Mars/Phobos", "posix", "..", "/etc/passwd", "Europe"):
        answer = await put(client, alder, draft(clock, AIRWAY, time_zone=zone))
        if answer.status_code == 201:
            adjusted = {one["pointer"]: one["used"] for one in answer.json()["adjusted"]}
            assert adjusted["/time_zone"] == "Europe/London"
        else:
            assert answer.json()["errors"][0]["pointer"] == "/time_zone"


async def test_an_unknown_version_of_the_questions_is_read_by_ours(
    client: httpx.AsyncClient, clock: Clock, alder: Person
) -> None:
    answer = (await put(client, alder, draft(clock, AIRWAY, instrument=99))).json()
    assert answer["advice"]["tier"] == "emergency"
    assert [one["pointer"] for one in answer["adjusted"]] == ["/instrument"]


@pytest.mark.parametrize("answers", [{}, {"aura": 1}])
async def test_what_says_nothing_is_asked_once_more(
    client: httpx.AsyncClient, clock: Clock, alder: Person, answers: dict[str, Any]
) -> None:
    assert (await put(client, alder, draft(clock, answers))).json()["ask_again"] is True
    assert (await put(client, alder, draft(clock, {"redness": 0}))).json()["ask_again"] is False


async def test_the_same_again_gets_the_first_answer_again_to_the_bit_and_other_content_is_refused(
    client: httpx.AsyncClient, clock: Clock, alder: Person, root: asyncpg.Connection
) -> None:
    check_in_id, body = uuid4(), draft(clock, AIRWAY | {"redness": 1, "pain": 0})
    first = await put(client, alder, body, check_in_id)
    clock.move(minutes=9)
    shuffled = dict(reversed(list(body.items()))) | {"answers": dict(reversed(list(body["answers"].items())))}
    again = await put(client, alder, shuffled, check_in_id)
    assert (again.status_code, again.content) == (201, first.content)
    other = await put(client, alder, draft(clock, {"redness": 2}), check_in_id)
    assert (other.status_code, other.json()["type"]) == (409, "/problems/other-content")
    assert await root.fetchval("select count(*) from check_ins") == 1
    assert await root.fetchval("select count(*) from findings") == 1


async def test_fifty_at_once_leave_one_row_and_get_one_answer(
    client: httpx.AsyncClient, clock: Clock, alder: Person, root: asyncpg.Connection
) -> None:
    check_in_id, body = uuid4(), draft(clock, AIRWAY)
    answers = await asyncio.gather(*(put(client, alder, body, check_in_id) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await root.fetchval("select count(*) from check_ins") == 1
    assert await root.fetchval("select count(*) from alerts") == 1
    assert await root.fetchval("select count(*) from findings") == 1


async def test_a_phone_that_loops_is_asked_to_wait_and_its_red_flag_is_not(
    client: httpx.AsyncClient,
    clock: Clock,
    alder: Person,
    practitioner: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(check_in_quota, "ROOM", ((timedelta(days=1), 2),))
    for _ in range(2):
        assert (await put(client, alder, draft(clock, {"redness": 1}))).status_code == 201
    refused = await put(client, alder, draft(clock, {"redness": 1}))
    assert (refused.status_code, refused.json()["type"]) == (429, "/problems/too-many-check-ins")
    assert refused.headers["retry-after"] == str(24 * 3600)
    assert (await put(client, alder, draft(clock, AIRWAY))).json()["advice"]["tier"] == "emergency"
    assert (await alerts_of(client, practitioner))["airway"] == "emergency"


async def test_the_same_id_of_two_patients_is_two_check_ins(
    client: httpx.AsyncClient, clock: Clock, alder: Person, birch: Person, cedar: Person
) -> None:
    check_in_id = uuid4()
    for patient, pain in ((alder, 1), (birch, 2), (cedar, 0)):
        assert (await put(client, patient, draft(clock, {"pain": pain}), check_in_id)).status_code == 201
    for patient, pain in ((alder, 1), (birch, 2), (cedar, 0)):
        kept = await client.get(f"/v1/check-ins/{check_in_id}", headers=patient.headers)
        assert kept.json()["answers"] == {"pain": pain}


async def test_a_superseding_check_in_never_takes_a_finding_back(
    client: httpx.AsyncClient, clock: Clock, alder: Person, practitioner: Person
) -> None:
    first = uuid4()
    await put(client, alder, draft(clock, {"tingling": True, "pain": 3}), first)
    before = await alerts_of(client, practitioner)
    edited = await put(client, alder, draft(clock, {"tingling": False, "pain": 0}, supersedes=str(first)))
    assert edited.status_code == 201
    assert before["cold_sore"] == "same_day"
    assert await alerts_of(client, practitioner) == before
    kept = await client.get(f"/v1/check-ins/{first}", headers=alder.headers)
    assert kept.json()["answers"]["tingling"] is True


async def test_a_late_one_is_judged_by_its_own_day_and_what_came_after_it_is_judged_again(
    client: httpx.AsyncClient, clock: Clock, alder: Person, practitioner: Person
) -> None:
    # Pain 1 is above the band on day 4: two in a row are needed, and the earlier one arrives last.
    today, yesterday = clock.at, clock.at - timedelta(days=1)
    await put(client, alder, draft(clock, {"itching": 4, "pain": 2}, recorded_at=today.isoformat()))
    alone = await alerts_of(client, practitioner)
    late = await put(
        client, alder, draft(clock, {"pain": 0, "blisters": "few"}, recorded_at=yesterday.isoformat(), day=4)
    )
    assert late.json()["day"] == 4
    after = await alerts_of(client, practitioner)
    assert alone.items() <= after.items()
    assert after["cold_sore"] == "same_day"
    listed = (await client.get("/v1/alerts", headers=practitioner.headers)).json()
    raised = next(one for one in listed if one["code"] == "cold_sore")
    assert raised["day"] == 4


async def test_the_order_of_arrival_does_not_change_what_is_found(
    client: httpx.AsyncClient, clock: Clock, alder: Person, birch: Person, root: asyncpg.Connection
) -> None:
    days = {
        1: {"pain": 1, "swelling": 1},
        2: {"pain": 3, "itching": 2},
        4: {"pain": 0, "redness": 3},
        5: {"pain": 2},
    }
    at = {day: (alder.session_at + timedelta(days=day)).isoformat() for day in days}
    for patient, order in ((alder, sorted(days)), (birch, sorted(days, reverse=True))):
        for day in order:
            sent = await put(client, patient, draft(clock, days[day], day=day, recorded_at=at[day]))
            assert sent.json()["adjusted"] == []

    async def found(patient: Person) -> set[tuple[str, str]]:
        rows = await root.fetch("select code, tier from alerts where patient_id = $1", patient.id)
        return {(row["code"], row["tier"]) for row in rows}

    assert await found(alder)
    assert await found(alder) == await found(birch)


async def test_nothing_is_raised_twice_for_the_same_sign(
    client: httpx.AsyncClient, clock: Clock, alder: Person, root: asyncpg.Connection
) -> None:
    for _ in range(3):
        await put(client, alder, draft(clock, {"tingling": True}))
        clock.move(minutes=2)
    assert await root.fetchval("select count(*) from alerts where code = 'cold_sore'") == 1


async def test_something_changed_needs_no_day(client: httpx.AsyncClient, clock: Clock, alder: Person) -> None:
    check_in_id = uuid4()
    answer = (await put(client, alder, draft(clock, AIRWAY, day=None), check_in_id)).json()
    assert (answer["day"], answer["adjusted"], answer["advice"]["tier"]) == (5, [], "emergency")
    kept = (await client.get(f"/v1/check-ins/{check_in_id}", headers=alder.headers)).json()
    assert kept["unscheduled"] is True


async def test_a_late_sign_after_a_second_session_belongs_to_the_older_one(
    client: httpx.AsyncClient,
    clock: Clock,
    alder: Person,
    practitioner: Person,
    root: asyncpg.Connection,
) -> None:
    clock.move(days=25)
    by, patient = practitioner, await refreshed(client, alder)
    signed = await client.post(
        "/v1/staff/sign-ins",
        json={"clinic": "harbour", "email": "practitioner@harbour.example", "password": PASSWORD},
    )
    second = await client.post(
        f"/v1/patients/{alder.id}/sessions",
        headers={"authorization": f"Bearer {signed.json()['token']}"},
        json=session_draft(alder.course_id, clock.at - timedelta(days=1)),
    )
    assert second.status_code == 201, (by.id, second.text)
    newer = UUID(second.json()["episode"]["episode_id"])
    answer = await put(client, patient, draft(clock, {"white_bumps": True, "tingling": True}, day=1))
    assert answer.json()["day"] == 1
    rows = await root.fetch("select code, episode_id from alerts")
    assert {(row["code"], row["episode_id"]) for row in rows} == {
        ("milia", alder.episode_id),
        ("cold_sore", newer),
    }


@pytest.mark.parametrize(
    ("answers", "tier", "number"),
    [({"very_unwell": True}, "emergency", "999"), ({"tingling": True}, "same_day", "111")],
)
async def test_on_a_sunday_night_the_answer_says_at_once_where_to_turn(
    client: httpx.AsyncClient, clock: Clock, alder: Person, answers: dict[str, Any], tier: str, number: str
) -> None:
    open_now = (await put(client, alder, draft(clock, answers))).json()["advice"]
    clock.at = datetime.fromisoformat("2026-03-08T23:30:00+00:00")
    patient = await refreshed(client, alder)
    closed = (await put(client, patient, draft(clock, answers, day=None))).json()["advice"]
    assert (closed["tier"], closed["call"]["number"]) == (tier, number)
    assert ("Do not wait for us" if tier == "emergency" else "The clinic opens") in closed["text"]
    if tier == "same_day":
        assert open_now["call"]["number"] != number


async def test_a_patient_before_the_first_session_is_judged_too(
    client: httpx.AsyncClient, clock: Clock, practitioner: Person
) -> None:
    made = await client.post("/v1/patients", headers=practitioner.headers, json={"name": "Not Yet Treated"})
    patient = await enrolled(
        client, practitioner, Person(practitioner.clinic_id, UUID(made.json()["patient_id"]), "")
    )
    answer = (await put(client, patient, draft(clock, AIRWAY))).json()
    assert (answer["day"], answer["advice"]["tier"]) == (None, "emergency")
    assert await alerts_of(client, practitioner) == {"airway": "emergency"}


async def test_a_check_in_without_consent_is_kept_and_consent_asked_for_after(
    client: httpx.AsyncClient, clock: Clock, alder: Person
) -> None:
    assert (await put(client, alder, draft(clock, AIRWAY))).json()["consent_needed"] == ["care"]
    await client.put(
        "/v1/me/consents/care", headers=alder.headers, json={"granted": False, "text_version": "1"}
    )
    refused = (await put(client, alder, draft(clock, AIRWAY))).json()
    assert (refused["consent_needed"], refused["advice"]["tier"]) == ([], "emergency")


async def test_a_staff_member_may_take_a_check_in_by_phone(
    client: httpx.AsyncClient, clock: Clock, alder: Person, coordinator: Person
) -> None:
    url = f"/v1/patients/{alder.id}/check-ins/{uuid4()}"
    answer = await client.put(url, headers=coordinator.headers, json=draft(clock, AIRWAY))
    assert (answer.status_code, answer.json()["advice"]["tier"]) == (201, "emergency")
    kept = (await client.get(url, headers=coordinator.headers)).json()
    assert (kept["answered_by"], kept["staff_id"]) == ("staff", str(coordinator.id))
