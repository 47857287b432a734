"""Photos in the companion: what is still to take, how, held against an earlier one, and a friendly word about the last."""

from io import BytesIO
from uuid import uuid4

import pytest
from litestar import Litestar
from PIL import Image
from playwright.async_api import expect

from aftercare.model.people import Patient
from aftercare.model.words import View
from aftercare.photos.synthetic import face
from aftercare.services.photos import PhotoDraft, put_photo
from tests.web.chromium import mark_browser
from tests.web.companion import phone_of
from tests.web.practice import Practice


@pytest.fixture
async def patient(practice: Practice) -> Patient:
    """Three days after needling: a day of photos."""
    return await practice.treated("Sample Alder", days_ago=3)


def dark() -> bytes:
    out = BytesIO()
    Image.new("RGB", (900, 1200), (12, 9, 8)).save(out, "JPEG")
    return out.getvalue()


@mark_browser
async def test_views_are_taken_one_after_the_other_and_none_of_them_holds_up_a_check_in(
    app: Litestar, practice: Practice, patient: Patient
) -> None:
    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        await phone.begin()
        await expect(page.get_by_text("Still to take today: Face from the front")).to_be_visible()
        await expect(page.get_by_role("button", name="Start check-in")).to_be_enabled()
        await phone.to_photos()
        await expect(page.get_by_label("Face from the front")).to_be_checked()
        await expect(page.get_by_text("Look straight at the lens")).to_be_visible()
        await page.get_by_text("How to take it").click()
        await expect(page.get_by_text("about 50 cm away")).to_be_visible()
        await phone.send_photo(face(2))
        # The next one that is missing is offered by itself, also before the server has answered.
        await expect(page.get_by_label("Left side, half turned")).to_be_checked()
        await expect(page.locator(".choice", has_text="Face from the front")).to_contain_text("sent")
        await expect(page.locator(".choice", has_text="Left side")).to_contain_text("for today")
        await expect(page.locator(".choice", has_text="Close-up")).to_contain_text("if needed")
        await expect(page.locator(".photo-advice")).to_have_count(0)
        await page.get_by_role("link", name="Back").click()
        await expect(
            page.get_by_text("Still to take today: Left side, half turned, Right side")
        ).to_be_visible()
        await expect(page.get_by_text("Face from the front")).to_have_count(0)


@mark_browser
async def test_a_dark_photo_is_kept_with_a_friendly_word_until_a_better_one_came(
    app: Litestar, practice: Practice, patient: Patient
) -> None:
    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        await phone.begin()
        await phone.to_photos()
        await phone.send_photo(dark())
        advice = page.locator(".photo-advice")
        await expect(advice).to_contain_text("It is a little dark. If you can, take it again by a window.")
        await expect(advice).to_contain_text("It is kept either way.")
        await phone.tap("Take it again")
        await expect(page.get_by_label("Face from the front")).to_be_checked()
        await phone.send_photo(face(2))
        await expect(advice).to_have_count(0)
        await expect(page.locator(".photos figure")).to_have_count(2)
        kept = await phone.kept_photos()
    assert sorted(len(one.advice) for one in kept) == [0, 2]


@mark_browser
async def test_a_new_photo_is_held_against_the_earlier_one_before_it_is_sent(
    app: Litestar, practice: Practice, patient: Patient
) -> None:
    house, now = practice.house, practice.clock()
    async with phone_of(app, practice, patient) as phone:
        await put_photo(
            house.database, house.blobs, house.photo_workers, phone.actor, patient.patient_id, uuid4(),
            PhotoDraft(view=View.FRONT), face(2), now=now,
        )  # fmt: skip
        page = phone.page
        await phone.begin()
        await phone.to_photos()
        await page.get_by_label("Face from the front").check()
        await phone.choose(face(2, redness=0.6))
        earlier = page.locator(".held .earlier")
        await expect(earlier).to_have_css("opacity", "0")
        slider = page.get_by_label("Your earlier photo over it")
        await expect(slider).to_be_visible()
        await slider.press("End")
        await expect(earlier).to_have_css("opacity", "1")
        assert await earlier.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1200
        same = """async () => { const [now, then] = document.querySelectorAll(".held img");
          await now.decode();
          return JSON.stringify(now.getBoundingClientRect()) === JSON.stringify(then.getBoundingClientRect()); }"""
        assert await page.evaluate(same)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
        await phone.tap("Send this photo")
        await expect(page.locator(".photos figure")).to_have_count(2)
