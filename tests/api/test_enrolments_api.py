"""POST /v1/enrolments, POST /v1/tokens, DELETE /v1/tokens/current, POST /v1/staff/sign-ins: who gets in, and how long."""

import asyncio
from itertools import product
from typing import Any
from uuid import uuid4

import httpx

from tests.api.conftest import PASSWORD, Clock, Person, enrolled, invited, refreshed, with_tokens


async def enrol(client: httpx.AsyncClient, code: str, installation_id: Any) -> httpx.Response:
    return await client.post(
        "/v1/enrolments", json={"code": code, "installation_id": str(installation_id), "device": "a phone"}
    )


async def rotate(client: httpx.AsyncClient, refresh: str) -> httpx.Response:
    return await client.post("/v1/tokens", json={"refresh_token": refresh})


async def me(client: httpx.AsyncClient, token: str) -> int:
    return (await client.get("/v1/me", headers={"authorization": f"Bearer {token}"})).status_code


async def test_a_code_is_used_once_and_repeated_for_ten_minutes_by_the_same_installation(
    client: httpx.AsyncClient, clock: Clock, practitioner: Person, alder: Person
) -> None:
    code, phone = await invited(client, practitioner, alder), uuid4()
    first = await enrol(client, code, phone)
    clock.move(minutes=9, seconds=59)
    again = await enrol(client, code, phone)
    assert (first.status_code, again.status_code) == (201, 201)
    assert await me(client, again.json()["access_token"]) == 200
    stolen = await enrol(client, code, uuid4())
    assert (stolen.status_code, stolen.json()["type"]) == (410, "/problems/gone")
    clock.move(seconds=1)
    assert (await enrol(client, code, phone)).status_code == 410


async def test_a_code_is_taken_as_people_type_it(
    client: httpx.AsyncClient, practitioner: Person, alder: Person
) -> None:
    for typed in (str.lower, lambda c: c.replace("-", " "), lambda c: f"  {c.replace('-', '')} "):
        code = await invited(client, practitioner, alder)
        assert (await enrol(client, typed(code), uuid4())).status_code == 201


async def test_letters_that_are_misread_are_read_right(
    client: httpx.AsyncClient, practitioner: Person, alder: Person
) -> None:
    handle, letters = (await invited(client, practitioner, alder)).split(".")
    misread = letters.replace("0", "O").replace("1", "l")
    assert (await enrol(client, f"{handle}.{misread}", uuid4())).status_code == 201


async def test_two_phones_with_one_code_at_once_are_one_enrolment(
    client: httpx.AsyncClient, practitioner: Person, alder: Person
) -> None:
    code = await invited(client, practitioner, alder)
    both = await asyncio.gather(*(enrol(client, code, uuid4()) for _ in range(2)))
    assert sorted(answer.status_code for answer in both) == [201, 410]


async def test_a_code_ends_after_seven_days(
    client: httpx.AsyncClient, clock: Clock, practitioner: Person, alder: Person
) -> None:
    code = await invited(client, practitioner, alder)
    clock.move(days=7)
    assert (await enrol(client, code, uuid4())).status_code == 401


async def test_an_installation_of_someone_else_is_not_taken_over(
    client: httpx.AsyncClient, practitioner: Person, alder: Person, birch: Person
) -> None:
    code = await invited(client, practitioner, birch)
    assert (await enrol(client, code, alder.installation_id)).status_code == 409
    assert await me(client, alder.token) == 200


async def test_what_is_no_code_is_refused(client: httpx.AsyncClient) -> None:
    nothing = ("", "harbour", "harbour.", "harbour.AAAAA-AAAAU", "nowhere.AAAAA-AAAAA", "ö.AAAAA-AAAAA")
    for code in nothing:
        assert (await enrol(client, code, uuid4())).status_code == 401, code


async def test_guessing_codes_is_slowed_down_and_says_for_how_long(
    client: httpx.AsyncClient, clock: Clock, practitioner: Person, alder: Person
) -> None:
    code = await invited(client, practitioner, alder)
    for _ in range(20):
        assert (await enrol(client, "harbour.AAAAA-AAAAA", uuid4())).status_code == 401
    slowed = await enrol(client, code, uuid4())
    assert slowed.status_code == 429
    assert int(slowed.headers["retry-after"]) == 900
    clock.move(minutes=15)
    assert (await enrol(client, code, uuid4())).status_code == 201


async def test_guessing_a_password_is_slowed_down_for_that_account_only(
    client: httpx.AsyncClient, clock: Clock
) -> None:
    async def sign_in(role: str, password: str) -> httpx.Response:
        body = {"clinic": "harbour", "email": f"{role}@harbour.example", "password": password}
        return await client.post("/v1/staff/sign-ins", json=body)

    guesses = await asyncio.gather(*(sign_in("admin", "a wrong guess") for _ in range(6)))
    assert {answer.status_code for answer in guesses} == {401}
    slowed = await sign_in("admin", PASSWORD)
    assert (slowed.status_code, int(slowed.headers["retry-after"])) == (429, 900)
    assert (await sign_in("coordinator", PASSWORD)).status_code == 201
    clock.move(minutes=15)
    assert (await sign_in("admin", PASSWORD)).status_code == 201


async def test_an_odd_e_mail_is_only_not_right(client: httpx.AsyncClient) -> None:
    for odd, status in (("\0", 422), ("a\0@b", 422), ("İ@x", 401), ("x" * 254, 401), ("\U0001f600", 401)):
        body = {"clinic": "harbour", "email": odd, "password": "\0 or anything"}
        assert (await client.post("/v1/staff/sign-ins", json=body)).status_code == status, odd


async def test_an_access_token_ends_after_fifteen_minutes(
    client: httpx.AsyncClient, clock: Clock, alder: Person
) -> None:
    clock.move(minutes=15)
    assert await me(client, alder.token) == 401
    assert await me(client, (await refreshed(client, alder)).token) == 200


async def test_a_lost_answer_is_repeated_until_the_new_pair_is_used_and_then_reuse_ends_the_family(
    client: httpx.AsyncClient, alder: Person
) -> None:
    assert await me(client, alder.token) == 200
    lost = await rotate(client, alder.refresh)
    second = await rotate(client, alder.refresh)
    assert (lost.status_code, second.status_code) == (201, 201)
    assert await me(client, lost.json()["access_token"]) == 401
    newest = with_tokens(alder, second.json())
    assert await me(client, newest.token) == 200
    reused = await rotate(client, alder.refresh)
    assert reused.status_code == 401
    assert await me(client, newest.token) == 401
    assert (await rotate(client, newest.refresh)).status_code == 401


async def test_the_new_refresh_token_counts_as_use(client: httpx.AsyncClient, alder: Person) -> None:
    second = await refreshed(client, alder)
    third = await refreshed(client, second)
    assert (await rotate(client, alder.refresh)).status_code == 401
    assert await me(client, third.token) == 401


async def test_rotating_at_once_from_one_token_ends_with_one_pair_that_works(
    client: httpx.AsyncClient, alder: Person
) -> None:
    answers = await asyncio.gather(*(rotate(client, alder.refresh) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {201}
    worked = [await me(client, answer.json()["access_token"]) for answer in answers]
    assert sorted(worked) == [200, 401, 401, 401, 401]


async def test_a_refresh_token_ends_with_a_long_absence(
    client: httpx.AsyncClient, clock: Clock, alder: Person
) -> None:
    clock.move(days=180)
    assert (await rotate(client, alder.refresh)).status_code == 401


async def test_signing_a_phone_out_holds_at_once_and_for_every_token_of_it(
    client: httpx.AsyncClient, practitioner: Person, alder: Person
) -> None:
    other = await enrolled(client, practitioner, alder)
    newer = await refreshed(client, alder)
    assert (await client.delete("/v1/tokens/current", headers=alder.headers)).status_code == 204
    assert [await me(client, token) for token in (alder.token, newer.token)] == [401, 401]
    assert (await rotate(client, newer.refresh)).status_code == 401
    assert await me(client, other.token) == 200


async def test_a_new_code_does_not_wake_the_tokens_of_a_phone_that_was_signed_out(
    client: httpx.AsyncClient, practitioner: Person, alder: Person
) -> None:
    await client.delete("/v1/tokens/current", headers=alder.headers)
    code = await invited(client, practitioner, alder)
    again = await enrol(client, code, alder.installation_id)
    assert again.status_code == 201
    assert await me(client, alder.token) == 401
    assert (await rotate(client, alder.refresh)).status_code == 401


async def test_staff_sign_out_every_phone_of_a_patient_who_lost_one(
    client: httpx.AsyncClient, coordinator: Person, practitioner: Person, alder: Person, birch: Person
) -> None:
    other = await enrolled(client, practitioner, alder)
    url, push = (
        f"/v1/patients/{alder.id}/installations",
        {"channel": "fcm", "address": "a-plainly-synthetic-token"},
    )
    told = await client.put(
        f"/v1/me/installations/{other.installation_id}",
        headers=other.headers,
        json={"app_version": "1", "push": push},
    )
    assert told.status_code == 200, told.text
    for _ in range(2):
        assert (await client.delete(url, headers=coordinator.headers)).status_code == 204
    assert [await me(client, one.token) for one in (alder, other, birch)] == [401, 401, 200]
    assert [(await rotate(client, one.refresh)).status_code for one in (alder, other)] == [401, 401]
    back = await enrolled(client, practitioner, alder)
    assert await me(client, back.token) == 200


async def test_a_patients_phones_are_not_another_clinics_to_sign_out(
    client: httpx.AsyncClient, stranger: Person, admin: Person, alder: Person
) -> None:
    url = f"/v1/patients/{alder.id}/installations"
    assert (await client.delete(url, headers=stranger.headers)).status_code == 404
    assert (await client.delete(url, headers=admin.headers)).status_code == 403
    assert await me(client, alder.token) == 200


async def test_signing_out_ends_a_staff_sign_in_at_once(
    client: httpx.AsyncClient, coordinator: Person
) -> None:
    gone = await client.delete("/v1/staff/sign-ins/current", headers=coordinator.headers)
    assert gone.status_code == 204
    assert (await client.get("/v1/staff/me", headers=coordinator.headers)).status_code == 401


async def test_a_staff_sign_in_ends_after_its_working_day(
    client: httpx.AsyncClient, clock: Clock, coordinator: Person
) -> None:
    clock.move(hours=12)
    assert (await client.get("/v1/staff/me", headers=coordinator.headers)).status_code == 401


NO_TOKENS = ("", "Bearer", "Bearer ", "Basic YTpi", "Bearer aca_", "Bearer acs_", "Bearer acr_x", "\xff\xfe")


async def test_what_is_no_token_is_nobody(client: httpx.AsyncClient) -> None:
    for header, url in product((*NO_TOKENS, "Bearer " + "A" * 5000), ("/v1/me", "/v1/patients")):
        answer = await client.get(url, headers=[(b"authorization", header.encode("latin-1"))])
        assert answer.status_code == 401, header


async def test_one_kind_of_token_is_not_another(
    client: httpx.AsyncClient, alder: Person, practitioner: Person
) -> None:
    assert await me(client, alder.refresh) == 401
    assert (await rotate(client, alder.token)).status_code == 401
    assert (await rotate(client, practitioner.token)).status_code == 401
    for forged in (
        alder.token[:-4] + "AAAA",
        alder.token.replace("aca_", "acs_"),
        practitioner.token.replace("acs_", "aca_"),
    ):
        assert await me(client, forged) == 401


async def test_a_cookie_alone_changes_nothing_and_does_not_stand_in_a_phones_way(
    client: httpx.AsyncClient, practitioner: Person, coordinator: Person, alder: Person
) -> None:
    code = await invited(client, practitioner, alder)
    signed = await client.post(
        "/v1/staff/sign-ins",
        json={"clinic": "harbour", "email": "coordinator@harbour.example", "password": PASSWORD},
    )
    cookie = {"cookie": f"aftercare={signed.json()['token']}"}
    assert "HttpOnly" in signed.headers["set-cookie"]
    assert "samesite=lax" in signed.headers["set-cookie"].lower()
    patient = {"name": "Forged Patient"}
    assert (await client.get("/v1/staff/me", headers=cookie)).status_code == 200
    assert (await client.post("/v1/patients", headers=cookie, json=patient)).status_code == 403
    wrong = cookie | {"x-csrf-token": "AAAA"}
    assert (await client.post("/v1/patients", headers=wrong, json=patient)).status_code == 403
    right = cookie | {"x-csrf-token": signed.json()["csrf_token"]}
    assert (await client.post("/v1/patients", headers=right, json=patient)).status_code == 201
    phone = {"code": code, "installation_id": str(uuid4())}
    assert (await client.post("/v1/enrolments", headers=cookie, json=phone)).status_code == 201


async def test_no_other_site_signs_a_browser_in_as_somebody_else(client: httpx.AsyncClient) -> None:
    body = {"clinic": "harbour", "email": "practitioner@harbour.example", "password": PASSWORD}
    for site, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 201), ("none", 201)):
        signed = await client.post("/v1/staff/sign-ins", json=body, headers={"sec-fetch-site": site})
        assert signed.status_code == status, site
        assert ("set-cookie" in signed.headers) == (status == 201)
