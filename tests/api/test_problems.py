"""Every error is a problem document that helps and tells nothing: ours, the framework's, and what nobody expected."""

import asyncio
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from litestar import Litestar

from aftercare.services.house import House
from tests.api.conftest import Clock, Person

SECRET = "Capercaillie"


def envelope(clock: Clock, **more: Any) -> dict[str, Any]:
    return {
        "instrument": 1,
        "recorded_at": clock.at.isoformat(),
        "time_zone": "Europe/London",
        "answers": {},
    } | more


def _raw(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers.items()]


NOT_JSON = {
    "words": f"{SECRET} said so".encode(),
    "half an object": b'{"answers": {"note": "' + SECRET.encode(),
    "a form": b"answers=1&note=" + SECRET.encode(),
    "100,000 deep": b"[" * 100_000,
    "100,000 deep in an item": b'{"answers":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
    "100,000 deep, mixed": b'[{"a":' * 100_000,
    "65 deep": b"[" * 65 + b"]" * 65,
    "not UTF-8": b'\xff\xfe{"note": "a"}',
    "UTF-16": '{"note": 1}'.encode("utf-16"),
    "NaN": b'{"answers": {"pain": NaN}}',
    "Infinity beside half a pair": b'{"answers": {"pain": Infinity, "note": "\\ud800"}}',
    "two values": b"{} {}",
    "a string without end": b'"\\"' * 3000,
    "nothing": b"",
    "a space": b" ",
}


async def test_what_is_not_json_is_said_to_be_so(
    client: httpx.AsyncClient, alder: Person, practitioner: Person
) -> None:
    for name, (method, url, who) in product(
        NOT_JSON,
        (
            ("PUT", f"/v1/check-ins/{uuid4()}", alder),
            ("POST", "/v1/sync", alder),
            ("POST", "/v1/patients", practitioner),
            ("POST", "/v1/enrolments", alder),
        ),
    ):
        answer = await client.request(method, url, headers=who.headers, content=NOT_JSON[name])
        assert answer.status_code == 400, (name, url, answer.text)
        assert SECRET not in answer.text


MALFORMED: list[tuple[dict[str, Any], str]] = [
    ({"instrument": "1"}, "/instrument"),
    ({"instrument": 0}, "/instrument"),
    ({"instrument": 10**30}, "/instrument"),
    ({"recorded_at": SECRET}, "/recorded_at"),
    ({"recorded_at": "2026-03-04T10:00:00"}, "/recorded_at"),
    ({"recorded_at": 1772618400}, "/recorded_at"),
    ({"time_zone": f"{SECRET} !"}, "/time_zone"),
    ({"time_zone": ""}, "/time_zone"),
    ({"day": 10**9}, "/day"),
    ({"day": 1.5}, "/day"),
    ({"answered_by": SECRET}, "/answered_by"),
    ({"answers": [SECRET]}, "/answers"),
    ({"answers": None}, "/answers"),
    ({"supersedes": SECRET}, "/supersedes"),
]


async def test_a_malformed_envelope_is_pointed_at_and_its_id_stays_free(
    client: httpx.AsyncClient, clock: Clock, alder: Person, root: asyncpg.Connection
) -> None:
    url = f"/v1/check-ins/{uuid4()}"
    for wrong, pointer in MALFORMED:
        answer = await client.put(url, headers=alder.headers, json=envelope(clock, **wrong))
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/malformed"), wrong
        assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
        assert SECRET not in answer.text
    assert await root.fetchval("select count(*) from check_ins") == 0
    assert (await client.put(url, headers=alder.headers, json=envelope(clock))).status_code == 201


async def test_a_missing_part_of_the_envelope_is_named(
    client: httpx.AsyncClient, clock: Clock, alder: Person
) -> None:
    for missing in ("instrument", "recorded_at", "time_zone"):
        body = {name: value for name, value in envelope(clock).items() if name != missing}
        answer = await client.put(f"/v1/check-ins/{uuid4()}", headers=alder.headers, json=body)
        assert answer.status_code == 422
        assert missing in answer.json()["errors"][0]["detail"]


WRONG_IDS = (
    "7",
    SECRET,
    str(UUID(int=0)),
    "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "%00",
    "..%2f..%2f",
    "ø",
    str(UUID(int=7))[:-1],
)


async def test_an_id_of_another_form_is_refused(
    client: httpx.AsyncClient, clock: Clock, alder: Person
) -> None:
    for wrong, kind in product(WRONG_IDS, ("check-ins", "photos")):
        picture = b"\xff\xd8\xff\xe0" if kind == "photos" else None
        body = None if picture else envelope(clock)
        answer = await client.put(f"/v1/{kind}/{wrong}", headers=alder.headers, content=picture, json=body)
        assert answer.status_code in {404, 405, 422}, (kind, wrong, answer.text)
        assert SECRET not in answer.text
        if answer.status_code == 422:
            assert answer.json()["errors"][0]["pointer"] in {"id", "/id"}


async def test_a_body_past_the_limit_is_too_large_said_or_streamed(
    client: httpx.AsyncClient, alder: Person
) -> None:
    large = b'{"check_ins": ["' + b"a" * 1_100_000 + b'"]}'

    async def pieces() -> Any:
        for start in range(0, len(large), 65536):
            yield large[start : start + 65536]

    for content in (large, pieces()):
        answer = await client.post("/v1/sync", headers=alder.headers, content=content)
        assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")


async def test_a_path_or_method_that_is_not_there_is_a_problem_too(
    client: httpx.AsyncClient, alder: Person
) -> None:
    for method, url, status in (
        ("GET", f"/v1/{SECRET}", 404),
        ("GET", f"/{SECRET}%00", 404),
        ("PATCH", "/v1/me", 405),
        ("DELETE", f"/v1/check-ins/{uuid4()}", 405),
        ("BREW", "/v1/me", 405),
    ):
        answer = await client.request(method, url, headers=alder.headers)
        assert answer.status_code == status, (method, url)
        assert SECRET not in answer.text
        if status == 405:
            assert "GET" in answer.headers["allow"]


ODD_ADDRESSES = (
    "/v1/lots/%00",
    "/v1/lots/" + "x" * 2000,
    "/v1/lots/%ED%A0%80",
    "/v1/patients?cursor=%00",
    "/v1/patients?cursor=ø",
    "/v1/patients?cursor=kqCg",
    "/v1/patients?cursor=ktb_AAAAAAAAAAAAAADZJGI3YjA5ODg4LTNhNWEtNGU0YS05YzJhLTBmNWQxMzdhYjZlMQ==",
    "/v1/patients?cursor=kr4yMDI2LTAzLTA0VDEwOjAwOjAwLjAwMDAwMDAwMNkkN2IwOTg4ODgtM2E1YS00ZTRhLTljMmEtMGY1ZDEzN2FiNmUx",
    "/v1/patients?cursor=krMyMDI2LTAzLTA0VDEwOjAwOjAw2SQ3YjA5ODg4OC0zYTVhLTRlNGEtOWMyYS0wZjVkMTM3YWI2ZTE=",
    "/v1/alerts?offset=1e3",
    "/v1/alerts?offset=-1",
    "/v1/alerts?whose=nobodys",
    "/v1/deliveries?cursor=a",
    "/v1/audit?after=99999999999999999999",
    "/v1/audit?after=9223372036854775807",
    "/v1/audit?after=-1",
)


async def test_an_odd_address_is_never_a_fault_of_ours(
    client: httpx.AsyncClient, practitioner: Person, admin: Person
) -> None:
    for address in ODD_ADDRESSES:
        who = admin if "audit" in address else practitioner
        answer = await client.get(address, headers=who.headers)
        assert answer.status_code in {200, 404, 422}, (address, answer.text)


async def test_a_last_event_id_past_all_numbers_is_refused(
    client: httpx.AsyncClient, practitioner: Person
) -> None:
    for headers, params in (
        ({"last-event-id": "9" * 20}, {}),
        ({"last-event-id": "²"}, {}),
        ({}, {"last_event_id": "9223372036854775808"}),
        ({}, {"last_event_id": "-1"}),
    ):
        async with asyncio.timeout(30):  # a stream that begins would not end
            answer = await client.get(
                "/v1/events", headers=_raw(practitioner.headers | headers), params=params
            )
        assert answer.status_code == 422


async def test_another_clinics_and_another_patients_ids_are_not_found(
    client: httpx.AsyncClient, clock: Clock, alder: Person, birch: Person, cedar: Person, stranger: Person
) -> None:
    check_in_id = uuid4()
    await client.put(f"/v1/check-ins/{check_in_id}", headers=alder.headers, json=envelope(clock))
    for patient in (birch, cedar):
        missing = await client.get(f"/v1/check-ins/{check_in_id}", headers=patient.headers)
        assert missing.status_code == 404
    for url in (f"/v1/patients/{alder.id}", f"/v1/patients/{alder.id}/check-ins/{check_in_id}"):
        assert (await client.get(url, headers=stranger.headers)).status_code == 404
    sent = await client.put(
        f"/v1/patients/{alder.id}/check-ins/{uuid4()}", headers=stranger.headers, json=envelope(clock)
    )
    assert sent.status_code == 404


async def test_an_edit_of_an_older_version_is_refused(
    client: httpx.AsyncClient, alder: Person, practitioner: Person
) -> None:
    url, body = f"/v1/patients/{alder.id}", {"name": "Alder Renamed"}
    etag = (await client.get(url, headers=practitioner.headers)).headers["etag"]
    assert (await client.put(url, headers=practitioner.headers, json=body)).status_code == 422
    matching = practitioner.headers | {"if-match": etag}
    assert (await client.put(url, headers=matching, json=body)).status_code == 200
    assert (await client.put(url, headers=matching, json=body)).status_code == 412
    for odd in ("*", '"x"', '"9999999999"', "²"):
        wrong = _raw(practitioner.headers | {"if-match": odd})
        assert (await client.put(url, headers=wrong, json=body)).status_code == 422


async def test_an_id_that_another_patient_has_is_a_conflict(
    client: httpx.AsyncClient, alder: Person, birch: Person, practitioner: Person, clock: Clock
) -> None:
    url, taken = f"/v1/patients/{birch.id}", str(alder.course_id)
    course = {"course_id": taken, "modality": "microneedling"}
    answer = await client.post(f"{url}/courses", headers=practitioner.headers, json=course)
    assert answer.status_code == 409, answer.text
    screening = {"screening_id": str(uuid4()), "modality": "microneedling", "outcome": "candidate"}
    for patient, status in ((alder, 201), (alder, 201), (birch, 409)):
        address = f"/v1/patients/{patient.id}/screenings"
        assert (
            await client.post(address, headers=practitioner.headers, json=screening)
        ).status_code == status
    other = screening | {"outcome": "not_now", "reasons": ["infection"]}
    address = f"/v1/patients/{alder.id}/screenings"
    assert (await client.post(address, headers=practitioner.headers, json=other)).status_code == 409


async def test_a_planned_course_is_the_same_when_sent_again_and_other_content_is_refused(
    client: httpx.AsyncClient, alder: Person, practitioner: Person
) -> None:
    url, course = f"/v1/patients/{alder.id}/courses", {"course_id": str(uuid4()), "modality": "laser_genesis"}
    first = await client.post(url, headers=practitioner.headers, json=course)
    again = await client.post(url, headers=practitioner.headers, json=course)
    assert (again.status_code, again.content) == (201, first.content)
    other = course | {"planned_sessions": 6}
    assert (await client.post(url, headers=practitioner.headers, json=other)).status_code == 409


async def test_without_its_database_the_server_says_when_to_come_again(
    client: httpx.AsyncClient, house: House, alder: Person, clock: Clock
) -> None:
    await house.database.close()
    for method, url in (
        ("GET", "/v1/me"),
        ("GET", "/health/ready"),
        ("POST", "/v1/sync"),
        ("PUT", f"/v1/check-ins/{uuid4()}"),
    ):
        answer = await client.request(
            method, url, headers=alder.headers if "health" not in url else {}, json=envelope(clock)
        )
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/database-away")
    assert (await client.get("/health/live")).status_code == 200


async def test_connections_that_are_cut_are_a_503_and_then_it_works_again(
    client: httpx.AsyncClient, alder: Person, root: asyncpg.Connection
) -> None:
    cut = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    await root.execute(cut)
    first = await client.get("/v1/me", headers=alder.headers)
    assert first.status_code in {200, 503}
    assert (await client.get("/v1/me", headers=alder.headers)).status_code == 200


async def test_what_nobody_expected_is_a_problem_that_tells_nothing(
    client: httpx.AsyncClient, alder: Person, root: asyncpg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    await root.execute(f'alter table consents rename to "{SECRET}"')
    answer = await client.get("/v1/me", headers=alder.headers)
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal")
    assert "consents" not in answer.text
    logged = capsys.readouterr().out
    assert "UndefinedTableError" in logged
    assert SECRET not in logged


async def test_the_openapi_route_names_no_secret(app: Litestar, client: httpx.AsyncClient) -> None:
    assert (await client.get("/openapi/openapi.json")).status_code == 200
    assert (await client.get(f"/openapi/{SECRET}")).status_code == 404
