"""What the app is told about photos: which views are missing today, and how the one that came could be better."""

from io import BytesIO
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from PIL import Image

from aftercare.photos.synthetic import face
from tests.api.conftest import Clock, Person

FACE = ["front", "left_45", "right_45"]


def flat(level: int, size: tuple[int, int] = (600, 800)) -> bytes:
    data = BytesIO()
    Image.new("RGB", size, (level, level, level)).save(data, "JPEG")
    return data.getvalue()


@pytest.fixture
async def a_photo_day(root: asyncpg.Connection) -> None:
    """Everybody was treated 7 days ago: two days earlier than as the clinic was made."""
    await root.execute("update sessions set session_at = session_at - interval '2 days'")


async def put(client: httpx.AsyncClient, who: Person, data: bytes, **params: Any) -> dict[str, Any]:
    sent = await client.put(f"/v1/photos/{uuid4()}", headers=who.headers, content=data, params=params)
    assert sent.status_code == 201, sent.text
    answer: dict[str, Any] = sent.json()
    return answer


async def guide(client: httpx.AsyncClient, who: Person) -> dict[str, Any]:
    told: dict[str, Any] = (await client.get("/v1/me/today", headers=who.headers)).json()["photos"]
    return told


@pytest.mark.usefixtures("a_photo_day")
async def test_a_view_is_missing_until_it_came_and_an_earlier_photo_is_offered_to_hold_it_against(
    client: httpx.AsyncClient, alder: Person
) -> None:
    before = await guide(client, alder)
    assert before["missing"] == FACE
    sent = await put(client, alder, flat(120), view="front")
    after = await guide(client, alder)
    assert after["missing"] == FACE[1:]
    views = {one["view"]: one for one in after["asked"][0]["views"]}
    assert views["front"]["taken"] is True
    assert views["front"]["baseline"] == sent["display"]
    assert (await client.get(views["front"]["baseline"], headers=alder.headers)).status_code == 200
    assert views["close_up"]["when_needed"] is True
    assert {step["key"] for step in after["steps"]} == {"place", "light", "distance", "plain"}


@pytest.mark.usefixtures("a_photo_day")
async def test_photos_of_another_patient_count_for_nobody_else(
    client: httpx.AsyncClient, alder: Person, birch: Person
) -> None:
    await put(client, birch, flat(120), view="front")
    told = await guide(client, alder)
    assert told["missing"] == FACE
    assert all(view["baseline"] is None for one in told["asked"] for view in one["views"])


async def test_who_refused_photos_is_asked_for_none_and_still_has_check_ins(
    client: httpx.AsyncClient, alder: Person
) -> None:
    body = {"granted": False, "text_version": "1"}
    await client.put("/v1/me/consents/photos", headers=alder.headers, json=body)
    today = (await client.get("/v1/me/today", headers=alder.headers)).json()
    assert (today["photos"]["asked"], today["photos"]["missing"]) == ([], [])
    assert today["due"]


@pytest.mark.usefixtures("a_photo_day")
async def test_a_check_in_is_taken_whatever_photos_are_missing(
    client: httpx.AsyncClient, alder: Person, clock: Clock
) -> None:
    assert (await guide(client, alder))["missing"]
    body = {
        "instrument": 1,
        "recorded_at": clock.at.isoformat(),
        "time_zone": "Europe/London",
        "answers": {"pain": 0},
    }
    sent = await client.put(f"/v1/check-ins/{uuid4()}", headers=alder.headers, json=body)
    assert sent.status_code == 201


async def test_a_dim_and_small_photo_is_kept_with_friendly_advice_and_the_same_again_hears_the_same(
    client: httpx.AsyncClient, alder: Person, root: asyncpg.Connection
) -> None:
    data, url = flat(20), f"/v1/photos/{uuid4()}"
    first = await client.put(url, headers=alder.headers, content=data, params={"view": "front"})
    assert first.status_code == 201
    kept = first.json()
    assert [one["flaw"] for one in kept["advice"]] == ["too_dark", "blurred"]
    assert kept["advice"][0]["text"] == "It is a little dark. If you can, take it again by a window."
    assert kept["quality"]["long_edge"] == 800
    again = await client.put(url, headers=alder.headers, content=data, params={"view": "front"})
    assert again.content == first.content
    assert await root.fetchval("select count(*) from photo_quality") == 1
    assert await root.fetchval("select lightest from photo_quality") == kept["quality"]["lightest"]


@pytest.mark.parametrize("skin", [1, 6])
async def test_a_good_photo_of_any_skin_hears_nothing(
    client: httpx.AsyncClient, alder: Person, skin: int
) -> None:
    assert (await put(client, alder, face(2, skin_type=skin), view="front"))["advice"] == []


async def test_advice_is_in_the_patients_language(
    client: httpx.AsyncClient, alder: Person, root: asyncpg.Connection
) -> None:
    await root.execute("update patients set language = 'es' where patient_id = $1", alder.id)
    assert (await put(client, alder, flat(20)))["advice"][0]["text"].startswith("Está un poco oscura.")


async def test_staff_read_what_was_measured_with_the_list_and_none_of_a_photo_from_before(
    client: httpx.AsyncClient, alder: Person, coordinator: Person, root: asyncpg.Connection
) -> None:
    old = await put(client, alder, flat(90))
    await root.execute("delete from photo_quality")
    new = await put(client, alder, flat(20))
    listed = (await client.get(f"/v1/patients/{alder.id}/photos", headers=coordinator.headers)).json()[
        "items"
    ]
    by_id = {one["photo_id"]: one for one in listed}
    assert by_id[new["photo_id"]]["quality"] == new["quality"]
    assert by_id[old["photo_id"]]["quality"] is None
    assert by_id[old["photo_id"]]["advice"] == []
