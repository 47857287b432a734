"""Photos that may be used for teaching or advertising: who sees them, which, and what leaves the clinic in a file."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from io import BytesIO
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import asyncpg
import httpx
import pytest
from litestar import Litestar
from PIL import Image

from aftercare.care.consenting import CURRENT_TEXT
from aftercare.model.care import CourseDraft
from aftercare.model.consents import ConsentDraft, Kind, Use
from aftercare.model.people import Actor, Patient
from aftercare.model.photo_uses import PhotoChoice
from aftercare.model.words import Modality, Role, View
from aftercare.services import consents, courses, dashboard_uses
from tests.web.practice import Practice, Window, window, words_of
from tests.web.test_compare_page import sends

TEACHING = "/photos/for/teaching"


async def says(practice: Practice, patient: Patient, kind: Kind, *, granted: bool) -> None:
    """A word of the patient's; each counts a moment after the one before."""
    practice.clock.move(seconds=1)
    actor = Actor(clinic_id=practice.clinic_id, kind="patient", id=patient.patient_id)
    draft = ConsentDraft(granted=granted, text_version=CURRENT_TEXT)
    await consents.put_consent(practice.house.database, actor, kind, draft, now=practice.clock())


@pytest.fixture
async def alder(practice: Practice) -> Patient:
    """Needled five days ago, and agrees to teaching."""
    patient = await practice.treated("Sample Alder", days_ago=5, reference="A-17")
    await says(practice, patient, "teaching", granted=True)
    return patient


@pytest.fixture
async def audited(database_url: str) -> AsyncIterator[Any]:
    """Asks for (action, patient) of every entry so far."""
    root = await asyncpg.connect(database_url)

    async def entries() -> list[tuple[str, UUID | None]]:
        rows = await root.fetch("select action, patient_id from audit_entries order by entry_id")
        return [(row["action"], row["patient_id"]) for row in rows]

    yield entries
    await root.close()


def shown(html: str) -> list[str]:
    """The ids of the photos on the page, in their order."""
    return re.findall(r'<img src="/v1/photos/for/\w+/[0-9a-f-]+/([0-9a-f-]+)/thumbnail"', html)


async def exported(by: Window, path: str = TEACHING) -> ZipFile:
    where, _, asked = path.partition("?")
    answer = await by.act(f"{where}/export" + (f"?{asked}" if asked else ""))
    assert answer.status_code == 200, answer.text[:400]
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["cache-control"] == "no-store"
    return ZipFile(BytesIO(answer.content))


async def test_photos_are_shown_by_treatment_and_day_and_without_a_name(
    practice: Practice, practitioner: Window, alder: Patient, audited: Any
) -> None:
    photo = await sends(practice, alder, 2)
    not_asked = await practice.treated("Sample Birch", reference="B-2")
    await sends(practice, not_asked, 1)
    html = await practitioner.see(TEACHING)
    assert shown(html) == [str(photo)]
    assert "Front , day 3 after needling 1.5 mm" in words_of(html)
    for named in ("Alder", "Birch", "A-17", f"{photo.hex}"):
        assert named not in html
    assert [one for one in await audited() if one[0] == "photos.listed_for_teaching"] == [
        ("photos.listed_for_teaching", alder.patient_id)
    ]
    (picture,) = re.findall(r'<img src="([^"]+/thumbnail)"', html)
    assert (await practitioner.client.get(picture)).headers["content-type"] == "image/jpeg"
    assert ("photo.thumbnail_seen_for_teaching", alder.patient_id) in await audited()


@pytest.mark.parametrize("kind", ["teaching", "photos"])
async def test_a_photo_whose_patient_withdrew_is_gone_at_once_from_page_picture_and_file(
    practice: Practice, practitioner: Window, alder: Patient, kind: Kind
) -> None:
    photo = await sends(practice, alder, 2)
    html = await practitioner.see(TEACHING)
    (picture,) = re.findall(r'<img src="([^"]+/thumbnail)"', html)
    (large,) = re.findall(r'<a class="use-picture" href="([^"]+)"', html)
    assert picture.replace("thumbnail", "display") in await practitioner.see(large)
    await says(practice, alder, kind, granted=False)
    assert (await practitioner.client.get(large)).status_code == 404
    gone = await practitioner.see(TEACHING)
    assert shown(gone) == []
    assert "No photos for teaching yet" in words_of(gone)
    assert "Settings, “What you agreed to”, “Use for teaching”" in words_of(gone)
    assert (await practitioner.client.get(picture)).status_code == 403
    assert [name for name in (await exported(practitioner)).namelist() if name.endswith(".jpg")] == []
    searched = await practitioner.see(f"{TEACHING}?code={photo.hex[-12:]}")
    assert f"No photo with the code {photo.hex[-12:]} may be used for teaching" in words_of(searched)


async def test_each_use_shows_only_what_was_agreed_to_for_it(
    practice: Practice, practitioner: Window, alder: Patient
) -> None:
    photo = await sends(practice, alder, 2)
    assert shown(await practitioner.see("/photos/for/marketing")) == []
    await says(practice, alder, "marketing", granted=True)
    html = await practitioner.see("/photos/for/marketing")
    assert shown(html) == [str(photo)]
    assert "Photos for advertising" in words_of(html)


async def test_they_are_chosen_by_treatment_view_day_person_and_code(
    practice: Practice, practitioner: Window, alder: Patient
) -> None:
    before = await sends(practice, alder, 6)
    day_3 = await sends(practice, alder, 2, View.LEFT_45)
    birch = await practice.untreated("Sample Birch")
    plan = CourseDraft(modality=Modality.LASER_GENESIS, planned_sessions=4)
    by = practice.team[Role.PRACTITIONER]
    await courses.create_course(practice.house.database, by, birch.patient_id, plan, now=practice.clock())
    await says(practice, birch, "teaching", granted=True)
    alone = await sends(practice, birch, 1)  # of no session
    for asked, wanted in {
        "": [alone, day_3, before],
        "modality=microneedling": [day_3, before],
        "modality=laser_genesis": [],
        "view=left_45": [day_3],
        "view=left_45&days=5-7": [],
        "days=before": [before],
        "days=2-4": [day_3],
        "days=0-1": [],
        f"person={birch.patient_id}": [alone],
        f"code={before.hex[-12:]}": [before],
        "modality=&view=&days=&code=": [alone, day_3, before],
    }.items():
        html = await practitioner.see(f"{TEACHING}?{asked}")
        assert shown(html) == [str(one) for one in wanted], asked
    assert "before needling 1.5 mm" in words_of(await practitioner.see(f"{TEACHING}?days=before"))


async def test_a_day_is_the_patients_own(practice: Practice, practitioner: Window) -> None:
    patient = await practice.treated("Sample Cedar", days_ago=5, time_zone="Pacific/Auckland")
    await says(practice, patient, "teaching", granted=True)
    photo = await sends(practice, patient, 5 - 3 / 24)  # 13:00 in London, after midnight there
    html = await practitioner.see(f"{TEACHING}?days=0-1")
    assert shown(html) == [str(photo)]
    assert "day 1 after needling" in words_of(html)


async def test_more_than_a_page_is_read_on(
    practice: Practice, practitioner: Window, alder: Patient, database_url: str
) -> None:
    await many(database_url, practice, alder, 60)
    html = await practitioner.see(f"{TEACHING}?view=front")
    (more,) = re.findall(r'<p class="more"><a class="button" href="([^"]+)"', html)
    rest = await practitioner.see(more.replace("&amp;", "&"))
    assert len(shown(html)) == 50
    assert len({*shown(html), *shown(rest)}) == 60


async def many(database_url: str, practice: Practice, patient: Patient, number: int) -> None:
    """Rows of photos, a minute apart, without pictures."""
    root = await asyncpg.connect(database_url)
    await root.execute(
        """insert into photos (clinic_id, patient_id, photo_id, view, taken_at, received_at, digest, width, height,
                               display_type, thumbnail_type, display_bytes, thumbnail_bytes)
           select $1, $2, gen_random_uuid(), 'front', $3::timestamptz - n * interval '1 minute', $3, $4, 1, 1, 'image/jpeg',
                  'image/jpeg', 1, 1
           from generate_series(1, $5) n""",
        practice.clinic_id, patient.patient_id, practice.clock(), bytes(32), number,
    )  # fmt: skip
    await root.close()


async def test_the_file_holds_the_photos_and_nothing_that_tells_who_or_when(
    practice: Practice, practitioner: Window, alder: Patient, audited: Any
) -> None:
    before, day_3 = await sends(practice, alder, 6), await sends(practice, alder, 2)
    birch = await practice.treated("Sample Birch", days_ago=3)
    await says(practice, birch, "teaching", granted=True)
    day_2 = await sends(practice, birch, 1, View.CLOSE_UP)
    file = await exported(practitioner)
    assert file.testzip() is None
    folder = "photos for teaching"
    assert file.namelist() == [
        f"{folder}/person 001/microneedling day 002 close-up {day_2.hex[-12:]}.jpg",
        f"{folder}/person 002/microneedling day 003 front {day_3.hex[-12:]}.jpg",
        f"{folder}/person 002/microneedling before front {before.hex[-12:]}.jpg",
        f"{folder}/READ ME.txt",
    ]
    for entry in file.infolist():
        assert (entry.date_time, entry.extra, entry.comment) == ((1980, 1, 1, 0, 0, 0), b"", b"")
        assert not entry.flag_bits & 0x08  # lengths stand before the photos, as every reader wants them
        if entry.filename.endswith(".jpg"):
            with Image.open(BytesIO(file.read(entry))) as picture:
                assert (picture.format, dict(picture.getexif())) == ("JPEG", {})
    note = file.read(f"{folder}/READ ME.txt").decode()
    assert "Photos: 3." in note
    assert "it must not be shown any more" in note
    for named in ("Alder", "Birch", alder.patient_id.hex, str(alder.patient_id)):
        assert named not in note
    taken = [one for one in await audited() if "exported" in one[0] or "display_seen" in one[0]]
    assert taken == [
        ("photos.exported_for_teaching", birch.patient_id),
        ("photos.exported_for_teaching", alder.patient_id),
        ("photo.display_seen_for_teaching", birch.patient_id),
        ("photo.display_seen_for_teaching", alder.patient_id),
        ("photo.display_seen_for_teaching", alder.patient_id),
    ]
    chosen = await exported(practitioner, f"{TEACHING}?days=before")
    assert [name for name in chosen.namelist() if "person" in name] == [
        f"{folder}/person 001/microneedling before front {before.hex[-12:]}.jpg"
    ]


async def written(
    practice: Practice, *, limit: int = 200, after_the_first: Callable[[], Awaitable[None]] | None = None
) -> ZipFile:
    """A file of everything for teaching, with something happening once its first piece is out."""
    house, by = practice.house, practice.team[Role.PRACTITIONER]
    pieces = dashboard_uses.export(
        house.database, house.blobs, by, Use.TEACHING, PhotoChoice(), limit=limit, now=practice.clock()
    )
    data = await anext(pieces)
    if after_the_first is not None:
        await after_the_first()
    data += b"".join([piece async for piece in pieces])
    return ZipFile(BytesIO(data))


async def test_whoever_withdraws_while_the_file_is_written_is_not_in_what_follows(
    practice: Practice, alder: Patient
) -> None:
    for days in (3, 2, 1):
        await sends(practice, alder, days)
    file = await written(practice, after_the_first=lambda: says(practice, alder, "teaching", granted=False))
    assert len([name for name in file.namelist() if name.endswith(".jpg")]) == 1


async def test_a_picture_that_is_missing_keeps_no_other_from_the_file(
    practice: Practice, practitioner: Window, alder: Patient, database_url: str
) -> None:
    kept = await sends(practice, alder, 2)
    await many(database_url, practice, alder, 1)  # the row of a picture that is not there
    names = (await exported(practitioner)).namelist()
    assert [name[-16:-4] for name in names if name.endswith(".jpg")] == [kept.hex[-12:]]


async def test_a_file_is_bounded(practice: Practice, practitioner: Window, alder: Patient) -> None:
    photos = [await sends(practice, alder, days) for days in (3, 2, 1)]
    file = await written(practice, limit=2)
    assert [name[-16:-4] for name in file.namelist() if name.endswith(".jpg")] == [
        one.hex[-12:] for one in photos[:0:-1]
    ]
    assert "at most the newest 200." in words_of(await practitioner.see(TEACHING))


async def test_only_practitioners_of_the_clinic_see_them_or_take_them_out(
    app: Litestar, practice: Practice, alder: Patient
) -> None:
    photo = await sends(practice, alder, 2)

    async def tried(by: Window) -> list[httpx.Response]:
        reads = [await by.client.get(path) for path in (TEACHING, f"{TEACHING}/{alder.patient_id}/{photo}")]
        return [*reads, await by.act(f"{TEACHING}/export")]

    for role in (Role.COORDINATOR, Role.ADMIN):
        async with window(app) as colleague:
            await colleague.sign_in(practice, role)
            assert [one.status_code for one in await tried(colleague)] == [403, 403, 403]
            assert TEACHING not in (await colleague.client.get("/patients")).text
    elsewhere = await Practice(practice.house, practice.clock, "meadow").begin()
    async with window(app) as stranger:
        await stranger.sign_in(elsewhere)
        assert TEACHING in await stranger.see("/patients")
        assert shown(await stranger.see(f"{TEACHING}?person={alder.patient_id}")) == []
        assert (await tried(stranger))[1].status_code == 404
        assert (await exported(stranger)).namelist() == ["photos for teaching/READ ME.txt"]
    async with window(app) as nobody:
        assert {one.status_code for one in await tried(nobody)} <= {303, 401}


async def test_a_file_is_given_to_nothing_but_our_own_page(practitioner: Window, alder: Patient) -> None:
    refused = await practitioner.client.post(f"{TEACHING}/export", data={"csrf": "guessed"})
    assert refused.status_code == 403


async def test_a_choice_or_a_use_that_there_is_not_is_refused(practitioner: Window) -> None:
    asked = (
        "view=above",
        "days=3",
        "code=0123",
        "code=%00",
        "person=7",
        "modality=botox",
        "before=yes&beside=7",
    )
    paths = ("/photos/for/care", "/photos/for/teaching/more", "/photos/for", "/photos")
    for path in (*(f"{TEACHING}?{one}" for one in asked), *paths):
        assert (await practitioner.client.get(path)).status_code in {404, 422}, path
    refused = await practitioner.act(f"{TEACHING}/export?view=above")
    assert refused.status_code == 422
