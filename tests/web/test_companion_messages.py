"""Messages in the companion: written with and without a network, answered at once, read, with what to do always in sight."""

import asyncio
import re
from uuid import uuid4

from litestar import Litestar
from playwright.async_api import Route, expect

from aftercare.model.patient_messages import Message, ReplyDraft
from aftercare.model.people import Patient
from aftercare.model.words import Role
from aftercare.services import messages
from tests.web.chromium import mark_browser
from tests.web.companion import Phone, file, phone_of, picture
from tests.web.practice import Practice


async def kept(phone: Phone) -> list[Message]:
    by, house = phone.practice.team[Role.PRACTITIONER], phone.practice.house
    patient_id = phone.patient.patient_id
    return await messages.list_messages(
        house.database, by, patient_id, before=None, now=phone.practice.clock()
    )


async def to_messages(phone: Phone) -> None:
    await phone.begin()
    await phone.page.locator("#to-messages").click()
    await expect(phone.page.get_by_role("heading", name="Messages", exact=True)).to_be_visible()


async def write(phone: Phone, text: str) -> None:
    await phone.page.get_by_label("Write to the clinic").fill(text)
    await phone.tap("Send")


@mark_browser
async def test_an_emergency_in_a_message_is_answered_at_once_with_the_number(
    app: Litestar, practice: Practice, patient: Patient
) -> None:
    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        await to_messages(phone)
        await expect(page.get_by_role("link", name="In an emergency, call 999.")).to_be_in_viewport()
        await expect(page.get_by_text("What you and the clinic write to each other")).to_be_visible()
        await write(phone, "My tongue is swelling and I cannot breathe")
        await expect(page.locator("#outcome.emergency")).to_contain_text("Call 999 now")
        await expect(page.locator("#outcome")).to_contain_text("Do not wait for us")
        await expect(page.locator(".messages .ours")).to_contain_text("My tongue is swelling")
        await expect(page.get_by_label("Write to the clinic")).to_have_value("")
    (message,) = await kept(phone)
    assert (message.flag, message.text) == ("emergency", "My tongue is swelling and I cannot breathe")


@mark_browser
async def test_what_is_begun_survives_leaving_the_page_and_what_is_sent_without_a_network_is_sent_once(
    app: Litestar, practice: Practice, patient: Patient
) -> None:
    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        await to_messages(phone)
        await phone.tap("Send")
        await expect(page.get_by_role("alert")).to_contain_text("Write something, or add a photo.")
        await page.get_by_label("Write to the clinic").fill("May I swim?")
        await page.get_by_role("link", name="Back").click()
        await page.locator("#to-messages").click()
        await expect(page.get_by_label("Write to the clinic")).to_have_value("May I swim?")
        await phone.context.set_offline(True)
        await phone.tap("Send")
        await expect(page.get_by_text("Not sent yet", exact=True)).to_be_visible()
        await expect(page.get_by_text("do not wait for that: call the clinic")).to_be_visible()
        await expect(page.locator(".messages .ours .unsent")).to_have_text("not sent yet")
        await phone.context.set_offline(False)
        await expect(page.locator("#outcome")).to_contain_text("Received")
        await expect(page.locator(".messages .ours")).to_have_count(1)
    assert [one.text for one in await kept(phone)] == ["May I swim?"]


@mark_browser
async def test_what_the_clinic_writes_is_announced_read_and_said_to_be(
    app: Litestar, practice: Practice, patient: Patient
) -> None:
    by, database = practice.team[Role.COORDINATOR], practice.house.database
    draft = ReplyDraft(text="How is it <today>?\nPlease tell us.", message_id=uuid4())
    await messages.reply(database, by, patient.patient_id, draft, now=practice.clock())
    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        await phone.begin()
        await expect(page.locator("#to-messages")).to_have_text("Messages (1 new)")
        await page.locator("#to-messages").click()
        theirs = page.locator(".messages .theirs")
        await expect(theirs).to_contain_text("How is it <today>?")
        await expect(theirs.locator(".caption")).to_contain_text("Coordinator One")
        await page.get_by_role("link", name="Back").click()
        await expect(page.locator("#to-messages")).to_have_text("Messages")
        await page.locator("#to-messages").click()
        await phone.context.set_offline(True)
        await expect(theirs).to_contain_text("Please tell us.")
    (message,) = await kept(phone)
    assert message.read_at is not None


@mark_browser
async def test_what_comes_after_the_page_was_left_is_not_said_to_be_read(
    app: Litestar, practice: Practice, patient: Patient
) -> None:
    by, database = practice.team[Role.COORDINATOR], practice.house.database
    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        await phone.begin()
        await expect(page.locator("#to-messages")).to_have_text("Messages")
        await page.wait_for_load_state(
            "networkidle"
        )  # or an answer that comes late lets the page notice that it was left
        await page.locator("#to-messages").click()
        await expect(page.get_by_role("heading", name="Messages", exact=True)).to_be_visible()
        await page.get_by_role("link", name="Back").click()
        await expect(page.locator("#to-messages")).to_be_visible()
        draft = ReplyDraft(text="How is it today?", message_id=uuid4())
        await messages.reply(database, by, patient.patient_id, draft, now=practice.clock())
        marked: list[str] = []
        page.on("request", lambda asked: marked.append(asked.url) if asked.url.endswith("/read") else None)
        for _ in range(2):  # whatever the first lets the phone say is said before the second is answered
            async with page.expect_response("**/v1/me/messages"):
                await page.evaluate("dispatchEvent(new Event('online'))")
            await expect(page.locator("#to-messages")).to_have_text("Messages (1 new)")
        assert marked == []
    (message,) = await kept(phone)
    assert message.read_at is None


@mark_browser
async def test_earlier_messages_stay_while_newer_ones_are_asked_for(
    app: Litestar, practice: Practice, patient: Patient
) -> None:
    by, database = practice.team[Role.COORDINATOR], practice.house.database
    for number in range(messages.PAGE + 1):
        draft = ReplyDraft(text=f"Message {number}.", message_id=uuid4())
        await messages.reply(database, by, patient.patient_id, draft, now=practice.clock())
    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        await to_messages(phone)
        lines = page.locator(".messages li")
        await expect(lines).to_have_count(messages.PAGE)
        await page.locator("#earlier").dblclick()
        await expect(lines).to_have_count(messages.PAGE + 1)
        await write(phone, "Thank you.")
        await expect(page.locator(".messages .ours .unsent")).to_have_count(0)
        await expect(lines).to_have_count(messages.PAGE + 2)


@mark_browser
async def test_a_photo_goes_along_and_is_shown_to_both(
    app: Litestar, practice: Practice, patient: Patient
) -> None:
    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        await to_messages(phone)
        await page.get_by_role("link", name="Add a photo").click()
        await phone.agree()
        await expect(page.get_by_role("heading", name="Messages", exact=True)).to_be_visible()
        await page.locator("#attach").set_input_files(file(picture()))
        await expect(page.get_by_alt_text("The photo to be sent")).to_be_visible()
        async with page.expect_response(re.compile(r"/v1/photos/[^/]+\?")) as arrived:
            await phone.tap("Send")
        assert (await arrived.value).status == 201
        await expect(page.locator(".messages .ours img")).to_have_attribute("src", re.compile("^blob:"))
        await expect(page.locator("#outcome")).to_contain_text("Received")
    (message,) = await kept(phone)
    assert (len(message.photos), message.photos_named, message.text) == (1, 1, "")


@mark_browser
async def test_a_photo_that_arrives_after_its_message_is_shown_once_it_is_there(
    app: Litestar, practice: Practice, patient: Patient
) -> None:
    arrives = asyncio.Event()

    async def hold(route: Route) -> None:
        await arrives.wait()
        await route.continue_()

    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        await to_messages(phone)
        await page.get_by_role("link", name="Add a photo").click()
        await phone.agree()
        await page.locator("#attach").set_input_files(file(picture()))
        await expect(page.get_by_alt_text("The photo to be sent")).to_be_visible()
        await phone.context.set_offline(True)
        await phone.tap("Send")
        ours = page.locator(".messages .ours")
        await expect(ours.locator(".unsent")).to_be_visible()
        await page.route(re.compile(r"/v1/photos/[^/]+\?"), hold)
        await phone.context.set_offline(False)
        await expect(page.locator("#outcome")).to_contain_text("Received")
        await expect(ours.locator(".unsent")).to_have_count(0)
        await expect(ours.locator("img")).to_have_count(0)
        arrives.set()
        await expect(ours.locator("img")).to_have_attribute("src", re.compile("^blob:"))


@mark_browser
async def test_the_page_is_said_in_the_patients_language_and_fits_a_small_phone(
    app: Litestar, practice: Practice
) -> None:
    patient = await practice.treated("Sample Birch", days_ago=2, language="pt-PT")
    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        await phone.enrol()
        await page.locator("main .button.primary").click()
        await page.locator("#to-messages").click()
        await expect(page.locator("h1")).to_have_text("Mensagens")
        await page.locator("#message").fill("Apareceram bolhas no queixo " + "x" * 60)
        await page.locator("#send-message").click()
        await expect(page.locator("#outcome.same_day")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    (message,) = await kept(phone)
    assert message.flag == "same_day"
