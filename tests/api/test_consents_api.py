"""Consents over HTTP: asked, refused, withdrawn at any time; a photo's use follows the patient's word at that moment."""

from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from aftercare.care.consenting import CURRENT_TEXT, texts
from tests.api.bodies import check_in
from tests.api.conftest import Clock, Person
from tests.api.test_photos_api import jpeg, put


async def say(
    client: httpx.AsyncClient, who: Person, kind: str, *, granted: bool, **more: Any
) -> httpx.Response:
    """One word on one purpose."""
    body = {"granted": granted, "text_version": CURRENT_TEXT, **more}
    answer = await client.put(f"/v1/me/consents/{kind}", headers=who.headers, json=body)
    assert answer.status_code == 200, answer.text
    return answer


async def usable(client: httpx.AsyncClient, by: Person, use: str = "teaching") -> list[dict[str, Any]]:
    """The photos that may be used for a purpose now."""
    answer = await client.get(f"/v1/photos/for/{use}", headers=by.headers)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_the_text_that_was_agreed_to_is_on_record_word_for_word(
    client: httpx.AsyncClient, alder: Person, practitioner: Person
) -> None:
    asked = {one["kind"]: one for one in (await client.get("/v1/me/consents", headers=alder.headers)).json()}
    assert list(asked) == ["care", "photos", "teaching", "marketing"]
    assert all(one["word"] is None for one in asked.values())
    await say(client, alder, "photos", granted=True, language="pt-BR")
    words = (await client.get(f"/v1/patients/{alder.id}/consents", headers=practitioner.headers)).json()
    shown = [asked["photos"]["title"]["pt"], *asked["photos"]["text"]["pt"]]
    assert [(one["kind"], one["language"], one["text"]) for one in words] == [
        ("photos", "pt", "\n\n".join(shown))
    ]
    mine = (await client.get("/v1/me/consents", headers=alder.headers)).json()[1]
    assert mine["word"] == words[0]


async def test_every_word_is_kept_and_the_newest_counts_even_within_one_instant(
    client: httpx.AsyncClient, alder: Person, practitioner: Person
) -> None:
    for granted in (True, False, True, False):
        await say(client, alder, "teaching", granted=granted)
    words = (await client.get(f"/v1/patients/{alder.id}/consents", headers=practitioner.headers)).json()
    assert [one["granted"] for one in words] == [False, True, False, True]
    (given,) = (await client.get("/v1/me", headers=alder.headers)).json()["consents"]
    assert not given["granted"]


async def test_an_agreement_that_waited_for_a_network_does_not_undo_a_later_withdrawal(
    client: httpx.AsyncClient, clock: Clock, alder: Person
) -> None:
    decided = clock.at
    clock.move(minutes=1)
    await say(client, alder, "teaching", granted=False)
    clock.move(minutes=1)
    late = await say(client, alder, "teaching", granted=True, decided_at=decided.isoformat())
    assert not late.json()["granted"]
    clock.move(minutes=1)
    assert (await say(client, alder, "teaching", granted=True, decided_at=clock.at.isoformat())).json()[
        "granted"
    ]


async def test_a_withdrawal_counts_at_once_whatever_the_phones_clock_says(
    client: httpx.AsyncClient, clock: Clock, alder: Person
) -> None:
    await say(client, alder, "teaching", granted=True)
    clock.move(minutes=1)
    long_ago = "2020-01-01T00:00:00Z"
    answer = await say(client, alder, "teaching", granted=False, decided_at=long_ago)
    assert not answer.json()["granted"]


async def test_agreeing_to_a_text_that_nobody_knows_is_refused_but_saying_no_is_taken(
    client: httpx.AsyncClient, alder: Person
) -> None:
    body = {"granted": True, "text_version": "99"}
    refused = await client.put("/v1/me/consents/care", headers=alder.headers, json=body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/text_version")
    taken = await say(client, alder, "care", granted=False, text_version="99")
    assert not taken.json()["granted"]


async def test_monitoring_goes_on_when_everything_is_refused(
    client: httpx.AsyncClient, alder: Person
) -> None:
    for kind in texts().purposes:
        await say(client, alder, kind, granted=False)
    sent = await client.put(
        f"/v1/check-ins/{uuid4()}", headers=alder.headers, json=check_in(breathing_or_tongue=True)
    )
    assert (sent.status_code, sent.json()["advice"]["tier"]) == (201, "emergency")
    today = (await client.get("/v1/me/today", headers=alder.headers)).json()
    assert today["consent_needed"] == []
    assert today["due"]


async def test_after_a_withdrawal_no_photo_is_taken_until_it_is_agreed_to_again(
    client: httpx.AsyncClient, alder: Person, practitioner: Person, root: asyncpg.Connection
) -> None:
    before, after = uuid4(), uuid4()
    assert (await put(client, alder, jpeg(), before)).status_code == 201
    await say(client, alder, "photos", granted=False)
    refused = await put(client, alder, jpeg((1, 2, 3)), after)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/photos-refused")
    assert "Settings" in refused.json()["detail"]
    assert (await put(client, alder, jpeg(), before)).status_code == 201  # acknowledged, so answered again
    assert await root.fetchval("select count(*) from photos") == 1
    kept = f"/v1/patients/{alder.id}/photos/{before}/display"
    assert (
        await client.get(kept, headers=practitioner.headers)
    ).status_code == 200  # the record of care stays
    await say(client, alder, "photos", granted=True)
    assert (await put(client, alder, jpeg((1, 2, 3)), after)).status_code == 201


async def test_a_photo_is_shown_for_a_use_only_while_its_patient_agrees_to_that_use(
    client: httpx.AsyncClient, alder: Person, birch: Person, practitioner: Person
) -> None:
    for patient in (alder, birch):
        await put(client, patient, jpeg())
    assert await usable(client, practitioner) == []
    await say(client, alder, "teaching", granted=True)
    (one,) = await usable(client, practitioner)
    assert (one["patient_id"], one["text_version"]) == (str(alder.id), CURRENT_TEXT)
    assert await usable(client, practitioner, "marketing") == []
    picture = await client.get(one["display"], headers=practitioner.headers)
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
    other = one["display"].replace("teaching", "marketing")
    assert (await client.get(other, headers=practitioner.headers)).status_code == 403
    await say(client, alder, "teaching", granted=False)
    gone = await client.get(one["display"], headers=practitioner.headers)
    assert (gone.status_code, gone.json()["type"]) == (403, "/problems/use-not-agreed")
    assert await usable(client, practitioner) == []


async def test_withdrawing_photos_ends_every_other_use_of_those_that_are_there(
    client: httpx.AsyncClient, alder: Person, practitioner: Person
) -> None:
    await put(client, alder, jpeg())
    for use in ("teaching", "marketing"):
        await say(client, alder, use, granted=True)
    shown = [(await usable(client, practitioner, use))[0]["thumbnail"] for use in ("teaching", "marketing")]
    await say(client, alder, "photos", granted=False)
    for use, thumbnail in zip(("teaching", "marketing"), shown, strict=True):
        assert await usable(client, practitioner, use) == []
        assert (await client.get(thumbnail, headers=practitioner.headers)).status_code == 403


async def test_the_list_for_a_use_goes_on_where_a_page_ended(
    client: httpx.AsyncClient,
    clock: Clock,
    alder: Person,
    birch: Person,
    practitioner: Person,
    root: asyncpg.Connection,
) -> None:
    for patient in (alder, birch):
        await say(client, patient, "teaching", granted=True)
        await root.execute(
            """insert into photos (clinic_id, patient_id, photo_id, view, taken_at, received_at, digest, width, height,
                                   display_type, thumbnail_type, display_bytes, thumbnail_bytes)
               select $1, $2, gen_random_uuid(), 'front', $3::timestamptz - n * interval '1 minute', $3, $4, 1, 1, 'image/jpeg',
                      'image/jpeg', 1, 1
               from generate_series(1, 60) n""",
            patient.clinic_id, patient.id, clock.at, bytes(32),
        )  # fmt: skip
    seen: list[tuple[str, str]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await client.get(
            "/v1/photos/for/teaching", headers=practitioner.headers, params={"cursor": cursor}
        )
        seen += [(one["taken_at"], one["photo_id"]) for one in page.json()["items"]]
        cursor = page.json()["next"]
    assert len(seen) == len(set(seen)) == 120
    assert seen == sorted(seen, reverse=True)


async def test_every_look_is_on_record_with_its_purpose_and_the_patient_sees_whose(
    client: httpx.AsyncClient,
    alder: Person,
    birch: Person,
    practitioner: Person,
    coordinator: Person,
    root: asyncpg.Connection,
) -> None:
    photo_id = uuid4()
    await put(client, alder, jpeg(), photo_id, view="front")
    await say(client, alder, "teaching", granted=True)
    care = f"/v1/patients/{alder.id}/photos/{photo_id}/thumbnail"
    assert (await client.get(care, headers=coordinator.headers)).status_code == 200
    (one,) = await usable(client, practitioner)
    assert (await client.get(one["display"], headers=practitioner.headers)).status_code == 200
    assert (await client.get(f"/v1/photos/{photo_id}/display", headers=alder.headers)).status_code == 200
    looks = (await client.get("/v1/me/photo-views", headers=alder.headers)).json()
    assert [(look["purpose"], look["rendition"], look["role"]) for look in looks["items"]] == [
        ("teaching", "display", "practitioner"),
        ("care", "thumbnail", "coordinator"),
    ]
    assert {(look["photo_id"], look["view"]) for look in looks["items"]} == {(str(photo_id), "front")}
    assert all(look["by"] for look in looks["items"])
    assert (await client.get("/v1/me/photo-views", headers=birch.headers)).json()["items"] == []
    recorded = await root.fetch(
        "select action, actor_id, patient_id from audit_entries where action like '%_for_%' order by entry_id"
    )
    assert [tuple(row) for row in recorded] == [
        ("photos.listed_for_teaching", practitioner.id, alder.id),
        ("photo.display_seen_for_teaching", practitioner.id, alder.id),
    ]


@pytest.mark.parametrize("address", ["/v1/photos/for/teaching", "/v1/photos/for/marketing"])
async def test_only_practitioners_take_photos_out_of_care(
    client: httpx.AsyncClient, alder: Person, coordinator: Person, admin: Person, address: str
) -> None:
    for who in (alder, coordinator, admin):
        assert (await client.get(address, headers=who.headers)).status_code == 403


async def test_a_use_that_does_not_exist_is_refused(client: httpx.AsyncClient, practitioner: Person) -> None:
    answer = await client.get("/v1/photos/for/care", headers=practitioner.headers)
    assert answer.status_code in (404, 422)
