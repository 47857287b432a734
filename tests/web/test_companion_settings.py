"""What a patient decides in the companion's settings: reminders paused or stopped, photos erased, the clinic asked to erase."""

import json

from litestar import Litestar
from playwright.async_api import Route, expect

from aftercare.model.people import Actor, Patient
from aftercare.model.reminders import Reminders
from aftercare.services import erasures, reminders
from tests.web.chromium import mark_browser
from tests.web.companion import LEFT, Phone, phone_of
from tests.web.practice import Practice

# A browser that has a subscription and cannot reach its push service to end it.
_NO_PUSH_SERVICE = """
  const unsubscribe = async () => { throw new DOMException("no push service", "NetworkError"); };
  PushManager.prototype.getSubscription = async () => ({ unsubscribe });
"""


def _me(phone: Phone) -> Actor:
    return Actor(clinic_id=phone.practice.clinic_id, kind="patient", id=phone.patient.patient_id)


async def _wish(phone: Phone) -> Reminders:
    return await reminders.get_reminders(
        phone.practice.house.database, _me(phone), phone.patient.patient_id, now=phone.practice.clock()
    )


@mark_browser
async def test_reminders_are_paused_stopped_and_taken_up_again(
    app: Litestar, practice: Practice, patient: Patient
) -> None:
    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        await phone.begin()
        await page.get_by_role("link", name="Settings").click()
        await expect(page.get_by_text("The clinic reminds you of each check-in.")).to_be_visible()
        await phone.tap("Pause for 7 days")
        await expect(page.get_by_text("No reminders until")).to_be_visible()
        assert (await _wish(phone)).state == "paused"
        await phone.tap("No more reminders")
        await expect(page.get_by_text("You asked for no reminders.")).to_be_visible()
        assert (await _wish(phone)).state == "stopped"
        await phone.tap("Remind me again")
        await expect(page.get_by_text("The clinic reminds you of each check-in.")).to_be_visible()
        assert (await _wish(phone)).state == "on"


@mark_browser
async def test_the_settings_open_and_the_way_out_works_though_server_and_push_service_fail(
    app: Litestar, practice: Practice, patient: Patient
) -> None:
    busy = {"title": "Busy", "detail": "The server is busy. Try again in a moment."}

    async def fail(route: Route) -> None:
        await route.fulfill(status=429, content_type="application/problem+json", body=json.dumps(busy))

    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        await page.add_init_script(_NO_PUSH_SERVICE)
        await phone.begin()
        await page.get_by_role("link", name="Settings").click()
        await expect(page.get_by_text("The clinic reminds you of each check-in.")).to_be_visible()
        await page.route("**/v1/me/reminders", fail)
        await phone.tap("No more reminders")
        await expect(page.get_by_role("alert").filter(has_text="The server is busy.")).to_be_visible()
        await page.reload()
        await expect(
            page.get_by_text("Whether you are reminded is shown when there is a conn")
        ).to_be_visible()
        await page.route("**/v1/tokens/current", fail)
        await phone.tap("Sign out")
        await expect(page.get_by_role("alert").filter(has_text="The server is busy.")).to_be_visible()
        await page.unroute("**/v1/tokens/current", fail)
        await phone.tap("Sign out")
        await expect(page.get_by_role("heading", name="Connect this phone to your clinic")).to_be_visible()
        assert await page.evaluate(LEFT) == 0


@mark_browser
async def test_photos_are_erased_and_the_clinic_is_asked_by_two_taps_each(
    app: Litestar, practice: Practice, patient: Patient
) -> None:
    async with phone_of(app, practice, patient) as phone:
        page, house = phone.page, practice.house
        await phone.begin()
        await page.get_by_role("link", name="Settings").click()
        await page.get_by_role("link", name="Erase").click()
        await phone.tap("Erase my photos")
        asked = await erasures.list_erasures(
            house.database, _me(phone), patient.patient_id, now=practice.clock()
        )
        assert asked == [], "one tap alone erases nothing"
        await phone.tap("Yes, erase all my photos for good")
        await expect(page.get_by_role("heading", name="What you asked for")).to_be_visible()
        await phone.tap("Ask to be erased")
        await phone.tap("Yes, ask the clinic to erase everything of me")
        await expect(
            page.locator("main").get_by_text("Asked. The clinic has to answer").first
        ).to_be_visible()
        asked = await erasures.list_erasures(
            house.database, _me(phone), patient.patient_id, now=practice.clock()
        )
        assert sorted(one.scope for one in asked) == ["everything", "photos"]
