"""Live updates of the real dashboard: told by the sealer, served by a real server, seen in a real browser."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest
from litestar import Litestar
from playwright.async_api import expect

from aftercare.api import clinic
from aftercare.db.pool import Database
from aftercare.model.words import AlertState, Role, Tier
from aftercare.services import audit, events, staff
from aftercare.services.events import Hub
from aftercare.web import questions
from tests.web.chromium import mark_browser, served, signed_in
from tests.web.practice import PASSWORD, Clock, Practice
from tests.web.stage import PATIENCE


async def test_an_event_of_an_alert_says_how_urgent_it_is(practice: Practice, worker: Database) -> None:
    alert = await practice.prodrome()
    await audit.seal(worker)
    heard = []
    async for event in Hub(practice.house.database).follow(practice.clinic_id, 0):
        assert event is not None
        heard.append(event)
        if event.subject_id == alert.id:
            break
    assert heard[0].tier is None
    assert (heard[-1].name, heard[-1].tier, heard[-1].state) == ("alert", Tier.SAME_DAY, AlertState.OPEN)


@mark_browser
async def test_a_new_alert_appears_without_a_reload_and_is_said(
    app: Litestar, practice: Practice, worker: Database
) -> None:
    await practice.prodrome("Sample Alder")
    await audit.seal(worker)
    patient = await practice.treated("Sample Birch", days_ago=0)
    async with served(app) as origin, signed_in(practice, origin) as page:
        await expect(page.locator(".row")).to_have_count(1)
        await page.mouse.move(5, 5)
        await practice.says(patient, breathing_or_tongue=True)
        await audit.seal(worker)
        await expect(page.locator(".row")).to_have_count(2)
        await expect(page.locator(".row").first).to_contain_text("Sample Birch")
        await expect(page.locator("#heard")).to_contain_text("New: ")
        await expect(page).to_have_title("(2) Triage · Aftercare")


@mark_browser
async def test_an_emergency_is_said_and_coloured_where_the_list_must_not_move(
    app: Litestar, practice: Practice, worker: Database
) -> None:
    alert = await practice.prodrome("Sample Alder")
    await audit.seal(worker)
    patient = await practice.treated("Sample Birch", days_ago=0)
    async with served(app) as origin, signed_in(practice, origin) as page:
        await page.hover(f"#row-{alert.patient_id} .row-name")
        await practice.says(patient, breathing_or_tongue=True)
        await audit.seal(worker)
        await expect(page.locator("#urgent")).to_have_text("An emergency has arrived.")
        button = page.get_by_role("button", name="Show the emergency")
        await expect(button).to_be_visible()
        await expect(page.locator(".row")).to_have_count(1)
        await button.click()
        await expect(page.locator(".row").first).to_contain_text("Sample Birch")
        await expect(page.locator("#changed")).to_be_hidden()


@mark_browser
async def test_an_alert_is_taken_and_resolved_in_a_dialog_without_leaving_the_list(
    app: Litestar, practice: Practice, worker: Database
) -> None:
    alert = await practice.prodrome("Sample Alder")
    async with served(app) as origin, signed_in(practice, origin) as page:
        await page.keyboard.press("j")
        await page.keyboard.press("t")
        await expect(page.locator(f"#row-{alert.patient_id} .notice")).to_have_text("You have it.")
        await page.keyboard.press("j")
        await page.keyboard.press("r")
        dialog = page.locator("#dialog")
        await dialog.get_by_label("Expected course").check()
        await dialog.get_by_role("button", name="Resolve for Sample Alder").click()
        await expect(page.locator("main .notice")).to_contain_text("Sample Alder: Resolved.")
        await expect(page.locator(".row")).to_have_count(0)
    assert (await practice.now_is(alert.id)).state is AlertState.RESOLVED


@mark_browser
async def test_a_photo_opens_over_the_page_and_leads_to_its_neighbours(
    app: Litestar, practice: Practice, worker: Database
) -> None:
    alert = await practice.prodrome("Sample Alder")
    for days_ago in (2, 0):
        await practice.sends_photo(alert.patient_id, days_ago=days_ago)
    async with served(app) as origin, signed_in(practice, origin) as page:
        await page.goto(f"{origin}/patients/{alert.patient_id}")
        await page.get_by_label("Day 3, other view").first.click()
        dialog = page.locator("#dialog")
        await expect(dialog.locator(".photo-when")).to_contain_text("day 3 after needling 1.5 mm")
        await page.keyboard.press("ArrowLeft")
        await expect(dialog.locator(".photo-when")).to_contain_text("day 1 after needling 1.5 mm")
        assert await dialog.locator("img").evaluate("img => img.decode().then(() => img.naturalWidth)") > 0
        await dialog.get_by_role("link", name="Close").click()
        await expect(dialog).to_be_hidden()


@mark_browser
async def test_a_sign_in_that_ended_leads_to_the_door_at_the_next_change(
    app: Litestar, practice: Practice, worker: Database, clock: Clock
) -> None:
    patient = await practice.treated("Sample Birch", days_ago=0)
    async with served(app) as origin, signed_in(practice, origin, refused="401") as page:
        clock.move(hours=13)
        await practice.says(patient, breathing_or_tongue=True)
        await audit.seal(worker)
        await page.wait_for_url(f"{origin}/sign-in/harbour?**")
        await expect(page.get_by_role("status")).to_contain_text("You are no longer signed in.")


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Live updates that look at the sign-in several times a second, so that no test waits for the 15 s of a quiet line."""
    monkeypatch.setattr(events, "_POLL_SECONDS", 0.1)
    monkeypatch.setattr(clinic, "_ASK_SECONDS", 0.05)


async def live_lines(app: Litestar, practice: Practice, token: str) -> AsyncIterator[str]:
    """What a program hears on /v1/events, line by line, until the stream ends."""
    async with (
        served(app) as origin,
        httpx.AsyncClient(base_url=origin, headers={"authorization": f"Bearer {token}"}) as client,
        client.stream("GET", "/v1/events", timeout=PATIENCE) as answer,
    ):
        assert (answer.status_code, answer.headers["x-accel-buffering"]) == (200, "no")
        async for line in answer.aiter_lines():
            yield line


def test_the_end_of_a_sign_in_is_found_within_20_seconds() -> None:
    assert events._POLL_SECONDS + clinic._ASK_SECONDS < 20


@pytest.mark.parametrize("how", ["signed out", "disabled"])
async def test_an_open_stream_ends_with_its_sign_in(
    app: Litestar, practice: Practice, often: None, how: str
) -> None:
    database, now = practice.house.database, practice.clock()
    made = await staff.sign_in(
        database, practice.clinic_id, practice.email(Role.PRACTITIONER), PASSWORD, address="-", now=now
    )
    heard = []
    async for line in live_lines(app, practice, made.token):
        heard.append(line)
        if heard.count("event: ping") == 1 and line == "event: ping":
            if how == "signed out":
                await staff.sign_out(database, practice.team[Role.PRACTITIONER], made.token, now=now)
            else:
                admin = await asyncpg.connect(database.url)
                await admin.execute(
                    "update staff set disabled_at = now() where staff_id = $1", made.staff.staff_id
                )
                await admin.close()
    assert [line for line in heard if line.startswith("event: ")][-1] == "event: signed_out"


@mark_browser
async def test_a_page_shows_the_door_when_its_sign_in_ends_and_a_form_keeps_what_was_written(
    app: Litestar, practice: Practice, worker: Database, clock: Clock, often: None
) -> None:
    await practice.prodrome("Sample Alder")
    async with served(app) as origin, signed_in(practice, origin, refused="401") as page:
        form = await page.context.new_page()
        async with form.expect_request("**/v1/events*"):
            await form.goto(f"{origin}/patients/new")
        await form.get_by_label("Name").fill("Sample Birch")
        clock.move(hours=13)
        await page.wait_for_url(f"{origin}/sign-in/harbour?**")
        await expect(page.get_by_role("status")).to_contain_text("You are no longer signed in.")
        await expect(form.locator("#lost")).to_contain_text("Signed out.")
        assert await form.get_by_label("Name").input_value() == "Sample Birch"


@mark_browser
async def test_alerts_of_one_row_unfold_in_one_place_and_are_taken_with_one_key(
    app: Litestar, practice: Practice, worker: Database
) -> None:
    patient = await practice.treated("Sample Alder")
    await practice.says(patient, breathing_or_tongue=True, eye=["pain"], tingling=True)
    async with served(app) as origin, signed_in(practice, origin) as page:
        row = page.locator(f"#row-{patient.patient_id}")
        also = row.locator(".row-said .also a").first
        reason = await also.text_content()
        await also.click()
        await expect(row.locator(".five .sentence")).to_have_text(reason or "-")
        await expect(also).to_have_attribute("aria-expanded", "true")
        await expect(row.locator(".row-name")).to_have_attribute("aria-expanded", "false")
        await row.locator(".row-name").click()
        await expect(row.locator(".row-name")).to_have_attribute("aria-expanded", "true")
        await expect(row.locator(".five")).to_have_count(1)
        await row.locator(".row-name").click()
        await expect(row.locator(".five")).to_have_count(0)
        await page.keyboard.press("j")
        await page.keyboard.press("t")
        await expect(row.locator(":scope > .notice")).to_contain_text("You have all")
        await page.mouse.move(5, 5)
        await practice.says(patient, days_ago=-0.01, fever_c=39.5, spreading=True, warmth=3, pain=3)
        await audit.seal(worker)
        await expect(row.locator(".row-owner")).to_contain_text("Take 2")
        await expect(page.locator("#heard")).not_to_be_empty()
        await expect(page.locator(".row")).to_have_count(1)


@mark_browser
async def test_a_session_is_recorded_with_the_keyboard_alone_and_without_scripts(
    app: Litestar, practice: Practice, worker: Database
) -> None:
    patient = await practice.untreated("Sample Alder")
    async with served(app) as origin, signed_in(practice, origin) as first:
        state = await first.context.storage_state()
        context = await first.context.browser.new_context(java_script_enabled=False, storage_state=state)  # type: ignore[union-attr]
        page = await context.new_page()
        await page.goto(f"{origin}/patients/{patient.patient_id}")
        await page.get_by_role("link", name="Record session").click()
        for question in questions.SCREENING.values():
            await page.get_by_role("group", name=question).get_by_label("no", exact=True).focus()
            await page.keyboard.press("Space")
        await page.get_by_label("Candidate", exact=True).focus()
        await page.keyboard.press("Space")
        await page.get_by_label("Micro-needling").focus()
        await page.keyboard.press("Space")
        await page.keyboard.press("Tab")
        await page.get_by_label("Needle depth").fill("1.5")
        await page.get_by_label("Device or product").first.fill("Synthetic pen")
        await page.get_by_label("Lot").first.fill("LOT-3")
        await page.get_by_label("Expires").first.fill("2030-01-01")
        for box in ("sterile", "single use"):
            await page.get_by_label(box).first.focus()
            await page.keyboard.press("Space")
        await page.keyboard.press("Enter")
        await expect(page.locator(".code")).to_be_visible()
        await page.emulate_media(media="print")
        await expect(page.locator(".head")).to_be_hidden()
        await expect(page.locator(".qr svg")).to_be_visible()
        await context.close()


@mark_browser
async def test_a_list_stays_when_nobody_answers_for_it_and_comes_up_to_date_by_itself(
    app: Litestar, practice: Practice, worker: Database
) -> None:
    await practice.prodrome("Sample Alder")
    await audit.seal(worker)
    patient = await practice.treated("Sample Birch", days_ago=0)
    async with served(app) as origin, signed_in(practice, origin, refused="502") as page:
        await expect(page.locator(".row")).to_have_count(1)
        await page.mouse.move(5, 5)
        # What a proxy says while the server behind it starts anew.
        await page.route(
            "**/fragments/**", lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>")
        )
        async with page.expect_response("**/fragments/**"):
            await practice.says(patient, breathing_or_tongue=True)
            await audit.seal(worker)
        await expect(page.locator(".row")).to_have_count(1)
        await page.unroute("**/fragments/**")
        await expect(page.locator(".row")).to_have_count(2, timeout=PATIENCE * 1000)


@mark_browser
async def test_an_emergency_stays_said_on_a_page_that_shows_none_whatever_comes_after_it(
    app: Litestar, practice: Practice, worker: Database
) -> None:
    first = await practice.treated("Sample Birch", days_ago=0)
    second = await practice.treated("Sample Cedar", days_ago=0)
    async with served(app) as origin, signed_in(practice, origin) as page:
        heard: asyncio.Queue[str] = asyncio.Queue()
        devtools = await page.context.new_cdp_session(page)
        devtools.on("Network.eventSourceMessageReceived", lambda one: heard.put_nowait(one["eventName"]))
        await devtools.send("Network.enable")
        async with page.expect_request("**/v1/events*"):
            await page.goto(f"{origin}/rota")
        button = page.get_by_role("button", name="Show the emergency")
        await practice.says(first, breathing_or_tongue=True)
        await audit.seal(worker)
        await expect(button).to_be_visible()
        await practice.says(second, redness=1)
        await audit.seal(worker)
        async with asyncio.timeout(PATIENCE):
            for _ in range(2):  # the emergency's own check-in, and the calm one after it
                while await heard.get() != "check_in":
                    pass
        await expect(page.locator("#changed")).to_be_visible()
        await expect(button).to_be_visible()
