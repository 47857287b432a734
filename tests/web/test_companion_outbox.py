"""What a phone has to send reaches the clinic: beside a photo that hangs, a tab that sleeps, a full phone, another patient."""

import asyncio
import re

from litestar import Litestar
from playwright.async_api import Route, expect

from aftercare.model.people import Patient
from tests.web.chromium import mark_browser
from tests.web.companion import Phone, phone_of, picture
from tests.web.practice import Clock, Practice
from tests.web.stage import PATIENCE

# The turn of a tab that the phone put to sleep while it was sending. The others wait five seconds for it; here a tenth of one.
# A question that nobody answers is given up after twenty; here never.
ASLEEP = "void navigator.locks.request('aftercare-outbox', () => new Promise(() => {}))"
IMPATIENT = """
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  AbortSignal.timeout = (milliseconds) => timeout(milliseconds === 5_000 ? 100 : 600_000);
"""
# What a browser does when a phone has no space left: whatever is written is undone, and that is why.
FULL = """() => {
  const { put } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.put = function (...given) {
    Object.defineProperty(this.transaction, "error", { value: new DOMException("full", "QuotaExceededError") });
    const asked = put.apply(this, given);
    this.transaction.abort();
    return asked;
  };
}"""


@mark_browser
async def test_a_check_in_waits_for_no_photo_or_question_that_hangs_and_for_no_tab_that_sleeps(
    app: Litestar, practice: Practice, patient: Patient
) -> None:
    hanging = asyncio.Event()

    async def hang(route: Route) -> None:
        if route.request.method == "PUT":
            hanging.set()  # and it is never answered

    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        await page.add_init_script(IMPATIENT)
        await phone.begin()
        await expect(page.get_by_role("heading", name="Day 2 after micro-needling")).to_be_visible()
        await page.route(re.compile(r"/v1/(photos/|me/messages|me/photos)"), hang)
        await page.reload()
        await phone.to_photos()
        await phone.send_photo(picture())
        await asyncio.wait_for(hanging.wait(), PATIENCE)
        await page.evaluate(ASLEEP)
        await page.get_by_role("link", name="Back").click()
        await phone.tap("Something changed")
        await phone.nothing_until("Anything else")
        await page.get_by_label("In your own words (optional)").fill("I cannot breathe.")
        await phone.tap("Send")
        await expect(page.locator(".advice.emergency")).to_contain_text("Call 999 now")
        await expect(page.get_by_role("heading", name="Call 999 now")).to_be_focused()
        await expect(page.get_by_role("link", name="Add a photo")).to_have_count(0)
        assert len(await phone.kept()) == 1


@mark_browser
async def test_a_phone_that_is_full_sends_all_the_same_and_once_however_often_it_is_tapped(
    app: Litestar, practice: Practice, patient: Patient
) -> None:
    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        await phone.begin()
        await expect(page.get_by_role("heading", name="Day 2 after micro-needling")).to_be_visible()
        await page.evaluate(FULL)
        await phone.tap("Start check-in")
        await page.locator("#chip-very_unwell").check()
        await expect(page.get_by_text("This phone has no space left.")).to_be_visible()
        await page.get_by_role("button", name="Send now what I have said").dblclick()
        await expect(page.locator(".advice.emergency")).to_contain_text("Call 999 now")
        (kept,) = await phone.kept()
    assert kept.answers == {"breathing_or_tongue": False, "very_unwell": True}


@mark_browser
async def test_whoever_enrols_in_one_tab_is_the_patient_of_all_and_sees_nothing_of_the_one_before(
    app: Litestar, practice: Practice, patient: Patient
) -> None:
    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        await phone.begin()
        await phone.tap("Something changed")
        await phone.nothing_until("Anything else")
        await phone.tap("Send")
        await expect(page.get_by_text("Received")).to_be_visible()
        sent = page.url
        await phone.signed_out_elsewhere()
        other = await practice.treated("Sample Birch", days_ago=1)
        tab = Phone(await phone.context.new_page(), phone.context, phone.origin, practice, other)
        await tab.page.goto(f"{phone.origin}/app/")
        await expect(tab.page.get_by_text("This phone is no longer connected to the clinic.")).to_be_visible()
        await tab.open()
        await expect(page.get_by_role("heading", name="Day 1 after micro-needling")).to_be_visible()
        await page.goto(sent)
        await expect(page.get_by_text("This check-in is not on this phone.")).to_be_visible()


@mark_browser
async def test_a_refusal_by_something_in_between_refuses_nothing_and_ends_no_enrolment(
    app: Litestar, practice: Practice, patient: Patient
) -> None:
    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        await phone.begin()
        await phone.tap("Start check-in")
        await phone.nothing_until("Anything else")

        async def hotel(route: Route) -> None:
            await route.fulfill(status=403, content_type="text/html", body="<p>Agree to our terms first.</p>")

        await page.route("**/v1/**", hotel)
        await phone.tap("Send")
        await expect(page.get_by_role("heading", name="Not sent yet")).to_be_visible()
        await page.unroute("**/v1/**", hotel)
        await phone.tap("Try again")
        await expect(page.get_by_text("Received")).to_be_visible()
        assert len(await phone.kept()) == 1


@mark_browser
async def test_what_was_answered_before_midnight_is_sent_after_it_and_what_ran_out_is_asked_from_the_start(
    app: Litestar, practice: Practice, clock: Clock, patient: Patient
) -> None:
    clock.at = clock.at.replace(hour=23, minute=50)  # in London, in winter
    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        await phone.begin()
        await phone.tap("Start check-in")
        await phone.nothing_until("Blisters, spots and sores")
        await phone.tick("One spot tingles or burns more")
        await phone.tick("Lips")
        await phone.tap("Continue")
        clock.move(minutes=20)
        await page.clock.fast_forward("20:00")
        await phone.nothing_until("Anything else")
        await phone.tap("Send")
        await expect(page.locator(".advice.same_day")).to_be_visible()
        await page.goto(f"{phone.origin}/app/#/check-in/4")
        await expect(page.locator(".step .caption")).to_contain_text("1 of")
        (kept,) = await phone.kept()
    assert (kept.answers["tingling"], kept.said_day) == (True, None)
