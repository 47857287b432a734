"""What GET /v1 says of photos, how many of them a patient may send, and every format from phone to picture."""

import asyncio
import dataclasses
import sys
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import msgspec
import pillow_heif
import pytest
from PIL import Image

from aftercare.model.photos import PhotoLimits
from aftercare.photos.room import Room
from aftercare.services.house import House, build_house
from tests.api.conftest import Clock, Person, house_on
from tests.api.test_photos_api import jpeg, put

KINDS = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
    "HEIF": "image/heic",
}
WITH_3 = pytest.mark.parametrize("house", [{"photos_a_day": 3}], indirect=True)


@pytest.fixture
def house(api_url: str, data_dir: Path, clock: Clock, request: pytest.FixtureRequest) -> House:
    """The clinic's house, with the settings that a test names."""
    usual = house_on(api_url, data_dir, clock)
    named = dict(getattr(request, "param", {}))
    room = Room(named.pop("room")) if "room" in named else usual.photo_room
    settings = msgspec.structs.replace(usual.settings, **named)
    return dataclasses.replace(build_house(settings, with_worker=False, now=clock), photo_room=room)


def picture(kind: str) -> bytes:
    pillow_heif.register_heif_opener()
    into = BytesIO()
    Image.new("RGB", (120, 160), (180, 120, 100)).save(into, kind)
    return into.getvalue()


def of_colour(level: int) -> bytes:
    return jpeg((level, 0, 0), size=(60, 80))


async def test_the_limits_are_said_before_anything_is_sent(client: httpx.AsyncClient, house: House) -> None:
    said = (await client.get("/v1")).json()
    limits = PhotoLimits()
    assert said["photo_formats"] == list(KINDS.values())
    assert {name: value for name, value in said["limits"].items() if name.startswith("photo")} == {
        "photo_bytes": house.settings.photo_max_bytes,
        "photo_pixels_jpeg": limits.max_pixels_jpeg,
        "photo_pixels": limits.max_pixels,
        "photo_pixels_heic": limits.max_pixels_heic,
        "photos_a_day": 60,
        "photos_a_patient": 10_000,
        "photo_bytes_a_patient": 2 * 2**30,
    }


@pytest.mark.parametrize("kind", KINDS)
async def test_every_format_that_is_said_is_taken_whatever_its_header_says(
    client: httpx.AsyncClient, alder: Person, kind: str
) -> None:
    for said in (KINDS[kind], "text/html", "image/gif"):
        headers = alder.headers | {
            "content-type": said,
            "content-disposition": "attachment; filename=photo.exe",
        }
        kept = await client.put(f"/v1/photos/{uuid4()}", headers=headers, content=picture(kind))
        assert kept.status_code == 201, kept.text
        shown = await client.get(kept.json()["display"], headers=alder.headers)
        assert shown.headers["content-type"] == "image/jpeg"
        assert Image.open(BytesIO(shown.content)).size == (120, 160)


@pytest.mark.parametrize(
    ("module", "kind", "word"),
    [("pillow_heif", "HEIF", "Most compatible"), ("PIL._avif", "AVIF", "Send the photo as JPEG")],
)
async def test_without_its_decoder_a_format_is_neither_said_nor_taken(
    client: httpx.AsyncClient,
    alder: Person,
    module: str,
    kind: str,
    word: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent = picture(kind)
    monkeypatch.setitem(sys.modules, module, None)
    refused = await put(client, alder, sent)
    assert (refused.status_code, refused.json()["type"]) == (415, "/problems/photo-kind")
    assert word in refused.json()["detail"]
    assert KINDS[kind] not in (await client.get("/v1")).json()["photo_formats"]


@WITH_3
async def test_the_fourth_photo_of_a_day_is_refused_until_the_patients_midnight(
    client: httpx.AsyncClient, clock: Clock, alder: Person, birch: Person, root: asyncpg.Connection
) -> None:
    await root.execute(
        "update patients set time_zone = 'America/New_York' where patient_id = $1", alder.id
    )  # 5:00
    first = [await put(client, alder, of_colour(level), uuid4()) for level in range(3)]
    assert [one.status_code for one in first] == [201, 201, 201]
    refused = await put(client, alder, of_colour(3))
    assert (refused.status_code, refused.json()["type"]) == (429, "/problems/photos-of-today-used")
    assert refused.headers["retry-after"] == str(19 * 3600)
    assert "3 photos" in refused.json()["detail"]
    assert (await put(client, birch, of_colour(3))).status_code == 201
    clock.move(hours=18, minutes=59)
    again = await client.post("/v1/tokens", json={"refresh_token": alder.refresh})
    alder = dataclasses.replace(alder, token=again.json()["access_token"])
    assert (await put(client, alder, of_colour(3))).status_code == 429
    clock.move(minutes=1)
    assert (await put(client, alder, of_colour(3))).status_code == 201


@WITH_3
async def test_the_same_photo_again_never_counts(client: httpx.AsyncClient, alder: Person) -> None:
    ids = [uuid4() for _ in range(3)]
    for _ in range(2):
        for level, photo_id in enumerate(ids):
            assert (await put(client, alder, of_colour(level), photo_id)).status_code == 201
    assert (await put(client, alder, b"no picture", ids[0])).status_code == 409


@WITH_3
async def test_what_is_refused_never_counts(client: httpx.AsyncClient, alder: Person) -> None:
    for _ in range(4):
        assert (await put(client, alder, b"no picture")).status_code == 415
    assert (await put(client, alder, of_colour(1))).status_code == 201


@WITH_3
async def test_of_photos_at_once_no_more_are_kept_than_may_be(
    client: httpx.AsyncClient, alder: Person, root: asyncpg.Connection
) -> None:
    answers = await asyncio.gather(*(put(client, alder, of_colour(level)) for level in range(7)))
    assert sorted(one.status_code for one in answers) == [201] * 3 + [429] * 4
    assert await root.fetchval("select count(*) from photos where patient_id = $1", alder.id) == 3


@pytest.mark.parametrize("house", [{"photo_bytes_a_patient": 2_000}], indirect=True)
async def test_a_patient_whose_room_is_used_is_told_whom_to_ask(
    client: httpx.AsyncClient, alder: Person, root: asyncpg.Connection
) -> None:
    answers = [await put(client, alder, of_colour(level)) for level in range(4)]
    kept = [one for one in answers if one.status_code == 201]
    refused = answers[len(kept) :]
    assert kept
    assert [one.status_code for one in refused] == [413] * len(refused)
    assert {one.json()["type"] for one in refused} == {"/problems/photo-room-used"}
    assert "tell the clinic" in refused[0].json()["detail"]
    stored = "select sum(display_bytes + thumbnail_bytes) from photos where patient_id = $1"
    assert await root.fetchval(stored, alder.id) <= 2_000


@pytest.mark.parametrize("house", [{"room": 50_000}], indirect=True)
async def test_bodies_that_arrive_at_once_take_no_more_memory_than_there_is_room_for(
    client: httpx.AsyncClient, house: House, alder: Person
) -> None:
    refused = await put(client, alder, of_colour(1) + bytes(60_000))
    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/photos-busy")
    assert int(refused.headers["retry-after"]) > 0
    assert house.photo_room.taken == 0
    assert (await put(client, alder, of_colour(1) + bytes(40_000))).status_code == 201
    assert (await put(client, alder, b"no picture")).status_code == 415
    assert house.photo_room.taken == 0
