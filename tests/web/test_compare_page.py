"""Photos of one view beside each other, by the day after each session; and the photo nearest to an alert."""

import re
from datetime import timedelta
from io import BytesIO
from uuid import UUID, uuid4

import asyncpg
import pytest
from litestar import Litestar
from PIL import Image
from playwright.async_api import async_playwright, expect

from aftercare.model.people import Actor, Patient
from aftercare.model.words import Role, View
from aftercare.services.photos import PhotoDraft, put_photo
from tests.web.chromium import CHROMIUM, mark_browser, served
from tests.web.practice import Practice, Window, window, words_of
from tests.web.stage import ARGUMENTS


def flat(colour: tuple[int, int, int], size: tuple[int, int] = (900, 1200)) -> bytes:
    data = BytesIO()
    Image.new("RGB", size, colour).save(data, "JPEG")
    return data.getvalue()


@pytest.fixture
async def patient(practice: Practice) -> Patient:
    return await practice.treated("Sample Alder", days_ago=5, reference="A-17")


async def sends(
    practice: Practice,
    patient: Patient,
    days_ago: float,
    view: View = View.FRONT,
    colour: tuple[int, int, int] = (200, 150, 130),
) -> UUID:
    house, photo_id = practice.house, uuid4()
    actor = Actor(clinic_id=practice.clinic_id, kind="patient", id=patient.patient_id)
    taken = practice.clock() - timedelta(days=days_ago)
    await put_photo(
        house.database, house.blobs, house.photo_workers, actor, patient.patient_id, photo_id,
        PhotoDraft(view=view, taken_at=taken), flat(colour), now=taken,
    )  # fmt: skip
    return photo_id


def sides(html: str) -> list[str]:
    """The ids of the photos shown large, left and right."""
    return re.findall(r'<figure class="side \w+"><img src="[^"]*/photos/([0-9a-f-]+)/display"', html)


async def test_the_newest_stands_beside_the_last_one_before_its_session(
    practice: Practice, practitioner: Window, patient: Patient
) -> None:
    await sends(practice, patient, 20)
    before = await sends(practice, patient, 6)
    await sends(practice, patient, 4)
    newest = await sends(practice, patient, 1)
    html = await practitioner.see(f"/patients/{patient.patient_id}/compare")
    assert sides(html) == [str(before), str(newest)]
    read = words_of(html)
    assert "Before any session" in read
    assert "Day 4 after needling 1.5 mm" in read


async def test_any_two_of_a_view_are_laid_beside_each_other_and_swapped(
    practice: Practice, practitioner: Window, patient: Patient
) -> None:
    first, second, third = [await sends(practice, patient, days) for days in (4, 2, 1)]
    side_view = await sends(practice, patient, 1, View.LEFT_45)
    path = f"/patients/{patient.patient_id}/compare?view=front"
    html = await practitioner.see(f"{path}&a={third}&b={first}")
    assert sides(html) == [str(third), str(first)]
    assert f'href="{path}&amp;a={first}&amp;b={third}"' in html  # swapped
    assert f'href="{path}&amp;a={second}&amp;b={first}"' in html  # another one on the left
    assert str(side_view) not in html
    assert sides(await practitioner.see(path.replace("front", "left_45"))) == [str(side_view)]


async def test_a_day_after_one_session_stands_above_the_same_day_after_another(
    practice: Practice, practitioner: Window
) -> None:
    patient = await practice.treated("Sample Birch", days_ago=40)
    await sends(practice, patient, 39)
    await practice.treats_again(patient, days_ago=5)
    await sends(practice, patient, 4)
    await sends(practice, patient, 2)
    html = await practitioner.see(f"/patients/{patient.patient_id}/compare")
    table = html.split('<table class="strip-table">')[1].split("</table>")[0]
    heads = re.findall(r'<th scope="col">([^<]+)</th>', table)
    assert heads == ["Session", "Day 1", "Day 3"]
    rows = [row.split("<td>")[1:] for row in table.split("<tbody>")[1].split("</tr>")[:-1]]
    assert [["<img" in cell for cell in row] for row in rows] == [[True, True], [True, False]]


async def test_the_only_photo_and_none_at_all_say_what_will_appear(
    practice: Practice, practitioner: Window, patient: Patient
) -> None:
    path = f"/patients/{patient.patient_id}/compare"
    assert "No photo from this view yet" in words_of(await practitioner.see(path))
    await sends(practice, patient, 1)
    html = await practitioner.see(path)
    assert "The only photo from this view so far" in words_of(html)
    assert "data-divide" not in html


async def test_a_photo_that_is_dark_says_so_beside_it(
    practice: Practice, practitioner: Window, patient: Patient
) -> None:
    await sends(practice, patient, 2)
    await sends(practice, patient, 1, colour=(12, 9, 8))
    html = await practitioner.see(f"/patients/{patient.patient_id}/compare")
    left, right = re.findall(r"<figcaption>(.*?)</figcaption>", html)
    assert "too dark" in words_of(right)
    assert "too dark" not in words_of(left)


async def test_photos_of_others_and_of_other_views_are_not_compared(
    practice: Practice, practitioner: Window, patient: Patient
) -> None:
    mine, turned = await sends(practice, patient, 1), await sends(practice, patient, 1, View.LEFT_45)
    other = await practice.treated("Sample Birch")
    theirs = await sends(practice, other, 1)
    path = f"/patients/{patient.patient_id}/compare?view=front"
    for wrong in (theirs, turned, uuid4()):
        for query in (f"&a={wrong}&b={mine}", f"&a={mine}&b={wrong}"):
            assert (await practitioner.client.get(path + query)).status_code == 404
    assert (await practitioner.client.get(f"/patients/{uuid4()}/compare")).status_code == 404
    for bad in ("?view=nose", "?a=1", f"?view=front&a={mine}%00"):
        answer = await practitioner.client.get(f"/patients/{patient.patient_id}/compare{bad}")
        assert answer.status_code in {400, 404}, bad


async def test_a_comparison_is_in_the_audit_and_not_for_admins_strangers_or_caches(
    app: Litestar, practice: Practice, practitioner: Window, patient: Patient, database_url: str
) -> None:
    for days in (2, 1):
        await sends(practice, patient, days)
    path = f"/patients/{patient.patient_id}/compare"
    answer = await practitioner.client.get(path)
    assert answer.headers["cache-control"] == "no-store"
    picture = re.search(r'<img src="([^"]+/display)"', answer.text)
    assert picture is not None
    assert (await practitioner.client.get(picture[1])).headers["cache-control"] == "no-store"
    root = await asyncpg.connect(database_url)
    actions = await root.fetch("select action from audit_entries where patient_id = $1", patient.patient_id)
    await root.close()
    assert {"photos.compared", "photo.display_seen"} <= {row["action"] for row in actions}
    async with window(app) as admin:
        await admin.sign_in(practice, Role.ADMIN)
        assert (await admin.client.get(path)).status_code == 403
    elsewhere = await Practice(practice.house, practice.clock, "meadow").begin()
    async with window(app) as stranger:
        await stranger.sign_in(elsewhere)
        assert (await stranger.client.get(path)).status_code == 404
    async with window(app) as nobody:
        assert (await nobody.client.get(path)).status_code in {303, 401}


@mark_browser
async def test_the_line_between_two_photos_is_moved_by_key_and_finger_and_can_be_put_away(
    app: Litestar, practice: Practice, patient: Patient
) -> None:
    await sends(practice, patient, 6, colour=(250, 0, 0))
    await sends(practice, patient, 1, colour=(0, 0, 250))
    complaints: list[str] = []
    async with served(app) as origin, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = await browser.new_context(viewport={"width": 360, "height": 780}, has_touch=True)
        page = await context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        await page.goto(f"{origin}/sign-in/{practice.handle}")
        await page.locator("[name=email]").fill(practice.email(Role.PRACTITIONER))
        await page.locator("[name=password]").fill("a plainly synthetic password")
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"{origin}/")
        await page.goto(f"{origin}/patients/{patient.patient_id}/compare")
        line = page.get_by_role("slider", name="How much of the left photo is shown")
        await expect(line).to_have_value("50")

        async def colour_at(share: float) -> str:
            """Which of the two is seen at that share of the picture's width, a third down."""
            box = await page.locator(".side.right img").bounding_box()
            assert box is not None
            clip = {
                "x": box["x"] + box["width"] * share,
                "y": box["y"] + box["height"] / 3,
                "width": 1,
                "height": 1,
            }
            shot = await page.screenshot(clip=clip)  # type: ignore[arg-type]  # the same keys, not the same name
            with Image.open(BytesIO(shot)) as seen:
                red, _, blue = seen.convert("RGB").getpixel((0, 0))  # type: ignore[misc]  # three numbers of an RGB picture
            return "left" if red > blue else "right"

        assert (await colour_at(0.3), await colour_at(0.7)) == ("left", "right")
        await line.focus()
        await page.keyboard.press("Home")
        assert await colour_at(0.3) == "right"
        await page.keyboard.press("End")
        assert await colour_at(0.7) == "left"
        box = await line.bounding_box()
        assert box is not None
        await page.touchscreen.tap(box["x"] + box["width"] * 0.4, box["y"] + box["height"] / 3)
        await expect(line).not_to_have_value("100")
        assert 30 < int(await line.input_value()) < 50
        assert (await colour_at(0.2), await colour_at(0.7)) == ("left", "right")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
        await page.get_by_role("button", name="Side by side").click()
        left, right = [await page.locator(f".side.{side} img").bounding_box() for side in ("left", "right")]
        assert left is not None
        assert right is not None
        assert left["x"] + left["width"] <= right["x"]
        await page.reload()
        await expect(line).to_be_hidden()  # as it was left
        await browser.close()
    assert not complaints


async def test_each_view_has_its_own_strip_under_the_same_days(
    practice: Practice, practitioner: Window, patient: Patient
) -> None:
    await practice.says(patient, days_ago=1, pain=1)
    front = [await sends(practice, patient, days) for days in (4, 1)]
    left = await sends(practice, patient, 4, View.LEFT_45)
    html = await practitioner.see(f"/patients/{patient.patient_id}")
    strips = dict(re.findall(r'aria-label="Photos, ([\w ]+)">(.*?)</svg></div>', html))
    assert strips.keys() == {"front", "left"}
    placed = {
        name: re.findall(r'<svg x="([\d.]+)%".*?photos/([0-9a-f-]+)"', strip)
        for name, strip in strips.items()
    }
    assert [photo for _, photo in placed["front"]] == [str(one) for one in front]
    assert placed["left"] == [(placed["front"][0][0], str(left))]
    assert f'href="/patients/{patient.patient_id}/compare?view=front"' in html


async def test_an_alert_shows_the_photo_nearest_to_its_report_with_its_age_or_says_that_there_is_none(
    practice: Practice, practitioner: Window
) -> None:
    alert = await practice.prodrome()
    path = f"/alerts/{alert.id}"
    assert "No photo." in words_of(await practitioner.see(path))
    assert "Nearest photo no photo" in words_of(await practitioner.see(f"/patients/{alert.patient_id}"))
    await practice.sends_photo(alert.patient_id, days_ago=2)
    near = await practice.sends_photo(alert.patient_id, days_ago=1 / 8)
    practice.clock.move(hours=5)
    newest = await practice.sends_photo(alert.patient_id, days_ago=0)
    html = await practitioner.see(path)
    seen = html.split('<div class="five-seen">')[1].split("</figure>")[0]
    assert str(near) in seen
    assert str(newest) not in seen
    assert "Other view, 3 h before the report, 8 h ago" in words_of(seen)
    facts = await practitioner.see(f"/patients/{alert.patient_id}")
    assert "Nearest photo Other view, 3 h before the report, 8 h ago" in words_of(facts)


async def test_what_arrived_late_is_beside_the_photo_of_its_own_day(
    practice: Practice, practitioner: Window
) -> None:
    patient = await practice.treated("Sample Elm", days_ago=6)
    then = await practice.sends_photo(patient.patient_id, days_ago=4)
    await practice.sends_photo(patient.patient_id, days_ago=0)
    await practice.says(patient, days_ago=4, days_on_the_way=4, tingling=True)
    alert = await practice.alert_of(patient)
    html = await practitioner.see(f"/alerts/{alert.id}")
    seen = html.split('<div class="five-seen">')[1].split("</figure>")[0]
    assert str(then) in seen
    assert "with the report" in words_of(seen)
