"""Alerts on a device: the switch, the worker driven as a push service would, an open page behind others."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
import pytest
from litestar import Litestar
from playwright.async_api import Page, async_playwright, expect

from aftercare.db.pool import Database
from aftercare.model.ledger import LedgerEntry, Narrowed
from aftercare.model.people import Patient
from aftercare.model.words import Role
from aftercare.notify.vapid import new_vapid_key, read_vapid_key
from aftercare.services import addresses, alerts, audit
from aftercare.services.channels import application_server_key
from aftercare.services.house import House
from aftercare.store import ledger
from tests.e2e.push_service import PushService, packed
from tests.services.background import Post, pass_time
from tests.web.chromium import CHROMIUM, mark_browser, served, sign_in
from tests.web.devices import browser, device_of
from tests.web.practice import Practice
from tests.web.stage import ARGUMENTS, PATIENCE

ALERT = "0195b1c0-0000-7000-8000-0000000000aa"
PAYLOAD = {
    "id": "0195b1c0-0000-7000-8000-000000000001",
    "kind": "alert_raised",
    "tier": "emergency",
    "tag": ALERT,
    "title": "Emergency: New alert",
    "body": "A new alert is waiting at Harbour Clinic.",
    "link": f"https://elsewhere.invalid/alerts/{ALERT}",
}


@pytest.fixture
async def patient(practice: Practice) -> Patient:
    return await practice.treated("Sample Birch", days_ago=0)


async def turned_on(page: Page) -> None:
    await page.locator(".me summary").click()
    await page.get_by_role("button", name="Turn on").click()
    await expect(page.locator("[data-push-state]")).to_have_text(re.compile(r"^On\b"))


async def all_deliveries(practice: Practice) -> list[LedgerEntry]:
    async with practice.house.database.clinic(practice.clinic_id) as db:
        newest = (datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1))
        return await ledger.page(db, practice.clinic_id, Narrowed(), newest, 50)


@mark_browser
async def test_an_emergency_goes_from_the_server_over_a_push_service_to_a_notification_and_its_alert(
    app: Litestar, house: House, practice: Practice, worker: Database, patient: Patient
) -> None:
    async with (
        PushService(key=application_server_key(house.channels)) as there,
        served(app) as origin,
        browser(origin, subscription=there.subscribe().json) as context,
    ):
        page = await sign_in(context, practice, origin)
        device = await device_of(page, origin)
        await turned_on(page)
        await expect(page.locator("[data-push-state]")).to_contain_text("also while Aftercare is closed")
        assert await page.evaluate("localStorage.given") == there.key
        await page.goto("about:blank")  # nobody looks
        await practice.says(patient, breathing_or_tongue=True)
        await pass_time(worker, cast(Post, house), practice.clock() + timedelta(seconds=2))
        (push,) = await there.wait_for_pushes(1)
        await page.goto(f"{origin}/statistics")
        await device.push(push.payload)
        (shown,) = await device.shown()
        assert (shown["title"], shown["requireInteraction"]) == ("Emergency: New alert", True)
        await page.goto(f"{origin}/")
        async with page.expect_response("**/receipts") as reported:
            await device.click_notification()
        assert (await reported.value).status == 200
        alert = await practice.alert_of(patient)
        await expect(page).to_have_url(f"{origin}/alerts/{alert.id}")
        await expect(page.locator(".five")).to_contain_text("Sample Birch")
    (opened,) = [one for one in await all_deliveries(practice) if one.opened_at]
    assert str(opened.delivery_id) == push.payload["id"]


def new_key() -> str:
    return read_vapid_key(new_vapid_key(), subject="").public


@mark_browser
async def test_the_switch_sends_a_test_and_is_turned_off_again(
    app: Litestar, house: House, practice: Practice, worker: Database
) -> None:
    async with (
        PushService(key=application_server_key(house.channels)) as there,
        served(app) as origin,
        browser(origin, subscription=there.subscribe().json) as context,
    ):
        page = await sign_in(context, practice, origin)
        await turned_on(page)
        await page.get_by_role("button", name="Send me a test").click()
        await expect(page.locator("[data-push-state]")).to_contain_text("A test is on its way")
        await pass_time(worker, cast(Post, house), practice.clock() + timedelta(seconds=2))
        (push,) = await there.wait_for_pushes(1)
        assert push.payload["kind"] == "test"
        # The server has another key by now: what this browser has is worth nothing.
        key = await page.evaluate("localStorage.given")
        await page.evaluate("(other) => { localStorage.given = other; }", new_key())
        for _ in range(2):
            await page.locator(".me summary").click()
        await expect(page.locator("[data-push-state]")).to_contain_text("They no longer reach this device.")
        await page.get_by_role("button", name="Turn on").click()
        await expect(page.locator("[data-push-state]")).to_have_text(re.compile(r"^On\b"))
        assert await page.evaluate("localStorage.given") == key
        await page.get_by_role("button", name="Turn off").click()
        await expect(page.locator("[data-push-state]")).to_have_text("Off on this device.")
        assert await page.evaluate("localStorage.given") is None
    (mine,) = await addresses.list_addresses(house.database, practice.team[Role.PRACTITIONER])
    assert mine.retired_at is not None


@mark_browser
async def test_whoever_signs_in_next_does_not_get_the_others_alerts_unless_they_ask(
    app: Litestar, house: House, practice: Practice
) -> None:
    async with (
        PushService() as there,
        served(app) as origin,
        browser(origin, subscription=there.subscribe().json) as context,
    ):
        page = await sign_in(context, practice, origin)
        await turned_on(page)
        async with page.expect_navigation(url="**/sign-in/**"):  # whose answer ends this browser's sign-in
            await page.get_by_role("button", name="Sign out").click()
        page = await sign_in(context, practice, origin, Role.COORDINATOR)
        await page.locator(".me summary").click()
        await expect(page.locator("[data-push-state]")).to_contain_text("Somebody else who signed in here")
        assert await addresses.list_addresses(house.database, practice.team[Role.COORDINATOR]) == []
        await page.get_by_role("button", name="Turn on").click()
        await expect(page.locator("[data-push-state]")).to_contain_text("On, also")
    (mine,) = await addresses.list_addresses(house.database, practice.team[Role.COORDINATOR])
    (theirs,) = await addresses.list_addresses(house.database, practice.team[Role.PRACTITIONER])
    assert mine.retired_at is None
    assert theirs.retired_at is not None


@mark_browser
async def test_a_subscription_that_the_browser_changed_is_told_to_the_server(
    app: Litestar, house: House, practice: Practice, worker: Database
) -> None:
    async with PushService(key=application_server_key(house.channels)) as there, served(app) as origin:
        first, second = there.subscribe(), there.subscribe()
        async with browser(origin, subscription=first.json) as context:
            page = await sign_in(context, practice, origin)
            device = await device_of(page, origin)
            await turned_on(page)
            await page.evaluate(
                """async ([json]) => {
                  const given = JSON.parse(json);
                  const there = await navigator.serviceWorker.getRegistration("/");
                  const { options } = await there.pushManager.getSubscription();
                  PushManager.prototype.getSubscription = async () => ({ ...given, options, toJSON: () => given });
                }""",
                [second.json],
            )
            async with page.expect_response(re.compile("/v1/staff/me/addresses/")) as told:
                await device.in_worker(
                    """() => self.dispatchEvent(Object.assign(new Event("pushsubscriptionchange"), { waitUntil() {} }))"""
                )
            assert (await told.value).ok
        me = practice.team[Role.PRACTITIONER]
        (mine,) = await addresses.list_addresses(house.database, me)
        await addresses.send_test(house.database, me, mine.address_id, now=practice.clock())
        await pass_time(worker, cast(Post, house), practice.clock() + timedelta(seconds=2))
        (push,) = await there.wait_for_pushes(1)
    assert push.browser is second


@mark_browser
async def test_alerts_that_the_browser_or_another_key_ended_go_on_when_a_page_is_opened(
    app: Litestar, house: House, practice: Practice
) -> None:
    me, database = practice.team[Role.PRACTITIONER], house.database
    async with (
        PushService(key=application_server_key(house.channels)) as there,
        served(app) as origin,
        browser(origin, subscription=there.subscribe().json) as context,
    ):
        page = await sign_in(context, practice, origin)
        await turned_on(page)
        before = await addresses.list_addresses(database, me)
        for ended in ("delete localStorage.given", f"localStorage.given = '{packed(b'k' * 65)}'"):
            await page.evaluate(ended)
            async with page.expect_response(re.compile("/v1/staff/me/addresses/")) as told:
                await page.reload()
            assert (await told.value).ok
            assert await page.evaluate("localStorage.given") == there.key
        after = await addresses.list_addresses(database, me)
    assert [one.address_id for one in after] == [one.address_id for one in before]


@mark_browser
async def test_a_later_push_takes_the_earlier_ones_place_and_is_heard_again_and_the_same_one_is_not(
    app: Litestar, practice: Practice
) -> None:
    async with served(app) as origin, browser(origin) as context:
        page = await sign_in(context, practice, origin)
        device = await device_of(page, origin)
        await turned_on(page)

        async def heard(push: dict[str, Any], title: str) -> bool:
            await device.push(push)
            return bool((await device.shown(title=title))[0]["renotify"])

        assert not await heard(PAYLOAD, "Emergency: New alert")
        overdue = {
            **PAYLOAD,
            "id": str(uuid4()),
            "kind": "alert_overdue",
            "title": "Emergency: Alert past its time",
        }
        assert await heard(overdue, "Emergency: Alert past its time")
        assert not await heard({**overdue, "title": "once more"}, "once more")
        assert await heard({**overdue, "id": str(uuid4()), "title": "second step"}, "second step")
        routine = {**PAYLOAD, "tag": "digest", "tier": "routine", "title": "Routine alerts"}
        await device.push(routine)
        assert {one["requireInteraction"] for one in await device.shown(2)} == {True, False}
        await device.push("not json")
        await device.shown(3, title="Aftercare")


@mark_browser
async def test_a_click_leads_to_our_own_pages_only_and_a_page_is_taken_that_shows_no_form(
    app: Litestar, practice: Practice
) -> None:
    async with served(app) as origin, browser(origin) as context:
        page = await sign_in(context, practice, origin)
        device = await device_of(page, origin)
        await turned_on(page)
        writing = await context.new_page()
        await writing.goto(f"{origin}/patients/new")
        await device.push({**PAYLOAD, "link": "https://elsewhere.invalid/call-list"})
        await device.shown()
        async with page.expect_navigation():
            await device.click_notification()
        assert page.url.startswith(f"{origin}/call-list")
        assert writing.url == f"{origin}/patients/new"
        await device.shown(0)  # closed for good: the browser knows it by its tag, as it will the next
        # Now there is no page but forms and other things: a new one is opened, of ours again.
        await device.in_worker(
            "() => { Clients.prototype.openWindow = async (address) => { self.openedAt = address; }; }"
        )
        await device.push({**PAYLOAD, "id": None})
        await device.shown()
        await device.click_notification()
        assert await device.in_worker("self.openedAt") == f"{origin}/alerts/{ALERT}"


_UNFOCUSED = """() => new Promise((resolve) => {
  addEventListener("blur", () => resolve(), { once: true });
  if (!document.hasFocus()) resolve();
})"""


async def behind_others(page: Page) -> None:
    """Another tab comes to the front, as on a desk."""
    session = await page.context.new_cdp_session(page)
    await session.send("Emulation.setFocusEmulationEnabled", {"enabled": False})
    other = await page.context.new_page()
    await other.bring_to_front()
    async with asyncio.timeout(PATIENCE):
        await page.evaluate(_UNFOCUSED)


@mark_browser
async def test_an_emergency_reaches_a_page_in_a_background_tab_without_any_push_service(
    app: Litestar, practice: Practice, worker: Database, patient: Patient
) -> None:
    async with served(app) as origin, browser(origin) as context:
        page = await sign_in(context, practice, origin)
        device = await device_of(page, origin)
        await turned_on(page)
        await expect(page.locator("[data-push-state]")).to_contain_text("while an Aftercare page is open")
        await behind_others(page)
        await practice.says(patient, breathing_or_tongue=True)
        await audit.seal(worker)
        (shown,) = await device.shown()
        alert = await practice.alert_of(patient)
        assert (shown["title"], shown["tag"]) == ("Emergency: New alert", str(alert.id))
        assert shown["requireInteraction"]
        assert "Sample" not in str(shown)
        # The push that comes late takes its place in silence.
        await device.push({**PAYLOAD, "tag": str(alert.id), "title": "pushed"})
        assert [one["renotify"] for one in await device.shown(title="pushed")] == [False]
        # Somebody has it: it need not call any longer.
        taker = practice.team[Role.COORDINATOR]
        await alerts.acknowledge(
            practice.house.database, taker, alert.id, alerts.Acknowledge(), now=practice.clock()
        )
        await audit.seal(worker)
        await device.shown(0)


@mark_browser
async def test_neither_what_is_looked_at_nor_what_is_turned_off_is_shown_by_a_page(
    app: Litestar, practice: Practice, worker: Database, patient: Patient
) -> None:
    other = await practice.treated("Sample Cedar", days_ago=0)
    async with served(app) as origin, browser(origin) as context:
        page = await sign_in(context, practice, origin)
        device = await device_of(page, origin)
        await turned_on(page)
        await practice.says(patient, breathing_or_tongue=True)  # with somebody before the page
        await audit.seal(worker)
        await expect(page.locator(".row")).to_have_count(1)
        await page.get_by_role("button", name="Turn off").click()
        await expect(page.locator("[data-push-state]")).to_have_text("Off on this device.")
        await behind_others(page)
        await practice.says(other, breathing_or_tongue=True)
        await audit.seal(worker)
        await expect(page.locator(".row")).to_have_count(2)
        assert await device.shown(0) == []


@mark_browser
async def test_a_browser_that_blocks_notifications_is_told_how_to_allow_them(
    app: Litestar, practice: Practice
) -> None:
    async with served(app) as origin, async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = await running.new_context()
        await context.add_init_script(
            "Object.defineProperty(Notification, 'permission', { get: () => 'denied' })"
        )
        page = await sign_in(context, practice, origin)
        await page.locator(".me summary").click()
        await expect(page.locator("[data-push-state]")).to_contain_text("Allow notifications for this page")
        await expect(page.get_by_role("button", name="Turn on")).to_be_hidden()
        await running.close()


@mark_browser
async def test_two_staff_members_on_the_same_alert_see_each_other(
    app: Litestar, practice: Practice, worker: Database
) -> None:
    alert = await practice.prodrome()
    await audit.seal(worker)
    async with served(app) as origin, browser(origin) as context:
        assert context.browser is not None
        elsewhere = await context.browser.new_context()
        mine = await sign_in(context, practice, origin)
        theirs = await sign_in(elsewhere, practice, origin, Role.COORDINATOR)
        for page in (mine, theirs):
            async with page.expect_request("**/v1/events*"):
                await page.goto(f"{origin}/alerts/{alert.id}")
            await page.mouse.move(5, 5)
            await page.evaluate("window.never_reloaded = true")
        await theirs.locator("[data-act=acknowledge]").first.click()
        await expect(theirs.locator("main .notice").first).to_contain_text("You have it.")
        await audit.seal(worker)
        await expect(mine.locator(".five")).to_contain_text("Coordinator One")
        assert await mine.evaluate("window.never_reloaded")
        await expect(mine.locator("[data-act=acknowledge]")).to_have_count(0)


async def test_the_worker_is_served_for_all_pages_and_asked_for_anew(app: Litestar) -> None:
    transport = httpx.ASGITransport(app=cast(Any, app))
    async with httpx.AsyncClient(transport=transport, base_url="http://clinic.test") as client:
        answer = await client.get("/worker.js")
    assert answer.status_code == 200
    assert answer.headers["service-worker-allowed"] == "/"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
