"""PUT /v1/photos/{id} and who may look at what was kept."""

import struct
import zlib
from collections.abc import AsyncIterator
from datetime import datetime
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from PIL import Image

from tests.api.conftest import Clock, Person

PLACE = 0x8825  # the EXIF pointer to GPS


def jpeg(
    colour: tuple[int, int, int] = (180, 120, 100), size: tuple[int, int] = (600, 800), **more: Any
) -> bytes:
    into = BytesIO()
    Image.new("RGB", size, colour).save(into, "JPEG", **more)
    return into.getvalue()


def png_of(width: int, height: int) -> bytes:
    """A few bytes that say they are a picture of any size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 9000))
        + chunk(b"IEND", b"")
    )


async def put(
    client: httpx.AsyncClient, who: Person, data: bytes, photo_id: UUID | None = None, **params: Any
) -> httpx.Response:
    return await client.put(
        f"/v1/photos/{photo_id or uuid4()}", headers=who.headers, content=data, params=params
    )


async def test_a_photo_is_kept_as_safe_renditions_and_says_where_they_are(
    client: httpx.AsyncClient, clock: Clock, alder: Person
) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Secret Phone Maker"
    exif[PLACE] = {1: "N", 2: (51.0, 30.0, 0.0)}
    photo_id, check_in_id = uuid4(), uuid4()
    sent = await put(
        client,
        alder,
        jpeg(size=(3000, 4000), exif=exif),
        photo_id,
        view="front",
        taken_at="2026-03-04T09:59:00Z",
        check_in_id=str(check_in_id),
    )
    assert sent.status_code == 201, sent.text
    kept = sent.json()
    assert (kept["view"], kept["photo_id"]) == ("front", str(photo_id))
    assert datetime.fromisoformat(kept["taken_at"]) < datetime.fromisoformat(kept["received_at"]) == clock.at
    for address in (kept["display"], kept["thumbnail"]):
        picture = await client.get(address, headers=alder.headers)
        assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
        assert b"Secret Phone Maker" not in picture.content
        with Image.open(BytesIO(picture.content)) as opened:
            assert not opened.getexif()
            if address == kept["display"]:
                assert opened.size == (kept["width"], kept["height"])
    listed = (await client.get("/v1/me/photos", headers=alder.headers)).json()["items"]
    assert [one["photo_id"] for one in listed] == [str(photo_id)]


async def test_the_same_photo_again_gets_the_same_answer_and_another_one_is_refused(
    client: httpx.AsyncClient, clock: Clock, alder: Person, root: asyncpg.Connection
) -> None:
    photo_id = uuid4()
    first = await put(client, alder, jpeg(), photo_id)
    clock.move(minutes=5)
    again = await put(client, alder, jpeg(), photo_id)
    assert (again.status_code, again.content) == (201, first.content)
    assert (await put(client, alder, jpeg((1, 2, 3)), photo_id)).status_code == 409
    assert await root.fetchval("select count(*) from photos") == 1


async def test_consent_is_asked_for_after_a_photo_that_came_without_it(
    client: httpx.AsyncClient, alder: Person
) -> None:
    photo_id = uuid4()
    assert (await put(client, alder, jpeg(), photo_id)).json()["consent_needed"] == ["photos"]
    body = {"granted": True, "text_version": "1"}
    await client.put("/v1/me/consents/photos", headers=alder.headers, json=body)
    assert (await put(client, alder, jpeg(), photo_id)).json()["consent_needed"] == []


async def test_a_view_by_staff_is_in_the_audit_and_strangers_see_nothing(
    client: httpx.AsyncClient,
    alder: Person,
    birch: Person,
    cedar: Person,
    coordinator: Person,
    stranger: Person,
    admin: Person,
    root: asyncpg.Connection,
) -> None:
    photo_id = uuid4()
    await put(client, alder, jpeg(), photo_id)
    listed = await client.get(f"/v1/patients/{alder.id}/photos", headers=coordinator.headers)
    address = listed.json()["items"][0]["display"]
    assert (await client.get(address, headers=coordinator.headers)).status_code == 200
    seen = await root.fetchrow(
        "select actor_id, patient_id from audit_entries where action = 'photo.display_seen'"
    )
    assert seen is not None
    assert tuple(seen) == (coordinator.id, alder.id)
    for who, status in ((stranger, 404), (admin, 403), (alder, 403)):
        assert (await client.get(address, headers=who.headers)).status_code == status
    for patient in (birch, cedar):
        own = await client.get(f"/v1/photos/{photo_id}/display", headers=patient.headers)
        assert own.status_code == 404
    assert await root.fetchval("select count(*) from audit_entries where action = 'photo.display_seen'") == 1


async def _pieces(size: int) -> AsyncIterator[bytes]:
    yield jpeg()
    for _ in range(size // 1_000_000):
        yield bytes(1_000_000)


async def test_forty_megabytes_are_refused_streamed_or_said(client: httpx.AsyncClient, alder: Person) -> None:
    url = f"/v1/photos/{uuid4()}"
    streamed = await client.put(url, headers=alder.headers, content=_pieces(40_000_000))
    assert (streamed.status_code, streamed.json()["type"]) == (413, "/problems/too-large")
    said = alder.headers | {"content-length": "40000000"}
    assert (await client.put(url, headers=said, content=_pieces(0))).status_code == 413
    assert (await client.get("/v1/me/photos", headers=alder.headers)).json()["items"] == []


BAD = {
    "a text file named .jpg": (b"Dear clinic, my face is red today.\n" * 20, 415),
    "a truncated JPEG": (jpeg()[:700], 422),
    "only the first bytes of a JPEG": (b"\xff\xd8\xff\xe0", 422),
    "a decompression bomb": (png_of(50_000, 50_000), 413),
    "a PNG of 0 by 0": (png_of(0, 0), 422),
    "a HEIC of nothing": (b"\0\0\0\x18ftypheic" + bytes(100), 422),
    "SVG": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415),
    "no bytes": (b"", 400),
}


@pytest.mark.parametrize(("data", "status"), BAD.values(), ids=BAD.keys())
async def test_what_is_no_whole_picture_is_refused_and_the_id_stays_free(
    client: httpx.AsyncClient, alder: Person, data: bytes, status: int
) -> None:
    photo_id = uuid4()
    refused = await client.put(
        f"/v1/photos/{photo_id}", headers=alder.headers | {"content-type": "image/jpeg"}, content=data
    )
    assert refused.status_code == status, refused.text
    assert "Dear clinic" not in refused.text


async def test_an_id_whose_first_photo_was_refused_takes_the_next_one(
    client: httpx.AsyncClient, alder: Person
) -> None:
    photo_id = uuid4()
    assert (await put(client, alder, jpeg()[:700], photo_id)).status_code == 422
    assert (await put(client, alder, jpeg(), photo_id)).status_code == 201


@pytest.mark.parametrize(
    "params",
    [{"view": "sideways"}, {"taken_at": "yesterday"}, {"check_in_id": "7"}],
)
async def test_a_wrong_parameter_is_named(
    client: httpx.AsyncClient, alder: Person, params: dict[str, Any]
) -> None:
    refused = await put(client, alder, jpeg(), **params)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, next(iter(params)))


@pytest.mark.parametrize(
    "taken_at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-03-04T09:00:00"]
)
async def test_an_odd_instant_of_taking_is_replaced_by_now(
    client: httpx.AsyncClient, clock: Clock, alder: Person, taken_at: str
) -> None:
    kept = await put(client, alder, jpeg(), taken_at=taken_at)
    assert datetime.fromisoformat(kept.json()["taken_at"]) == clock.at
