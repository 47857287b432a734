"""Reminders on a patient's phone: offered, turned on, shown, reported, and over when the phone is signed out."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID

import pytest
from litestar import Litestar
from playwright.async_api import Response, Route, expect

from aftercare.db.pool import Database
from aftercare.model.addresses import ChannelName
from aftercare.model.ledger import LedgerEntry, Narrowed
from aftercare.model.people import Patient
from aftercare.services.channels import application_server_key
from aftercare.services.house import House
from aftercare.store import ledger
from tests.e2e.push_service import Browser, PushService, packed
from tests.services.background import Post, pass_time
from tests.web.chromium import mark_browser
from tests.web.companion import Phone, phone_of
from tests.web.devices import Device, device_of, pretend_subscription
from tests.web.practice import Practice
from tests.web.stage import PATIENCE

# The page of a test has the practice's time, its worker the machine's: it is given the page's.
_TIME = """(at) => {
  const Real = Date;
  self.Date = class extends Real {
    constructor(...given) { super(...(given.length ? given : [at])); }
    static now() { return at; }
  };
}"""
# Until the report waits in the phone's outbox.
_WAITS = """() => new Promise((resolve, reject) => {
  setTimeout(() => reject(new Error("no report waits")), 30_000);
  const look = () => {
    const asked = indexedDB.open("aftercare", 1);
    asked.onsuccess = () => {
      const all = asked.result.transaction("outbox").objectStore("outbox").getAll();
      all.onsuccess = () => (all.result.some(({ draft }) => draft?.kind === "delivery_shown") ? resolve() : setTimeout(look, 20));
    };
  };
  look();
})"""
# Until something on the phone waits for its turn to speak.
_QUEUED = """() => new Promise((resolve, reject) => {
  setTimeout(() => reject(new Error("nothing waits for its turn")), 10_000);
  const look = async () => ((await navigator.locks.query()).pending.length ? resolve() : setTimeout(look, 20));
  void look();
})"""


def reports(answer: Response) -> bool:
    """A server that took what the phone says of a reminder; before it a token may have had to be renewed."""
    return answer.ok and answer.url.endswith("/v1/sync") and "delivery_" in (answer.request.post_data or "")


def subscribes(answer: Response) -> bool:
    """A server that heard where the phone takes pushes; without one the phone describes itself whenever it opens."""
    return "/v1/me/installations/" in answer.url and "webpush" in (answer.request.post_data or "")


@pytest.fixture
async def patient(practice: Practice) -> Patient:
    return await practice.treated("Sample Alder", days_ago=2, language="pt-PT")


@pytest.fixture
async def there(house: House) -> AsyncIterator[PushService]:
    async with PushService(key=application_server_key(house.channels)) as service:
        yield service


@asynccontextmanager
async def reminded_phone(
    app: Litestar, practice: Practice, patient: Patient, subscription: Browser
) -> AsyncIterator[tuple[Phone, Device]]:
    """A phone that was enrolled and asked to be reminded."""
    async with phone_of(app, practice, patient, permissions=["notifications"]) as phone:
        await pretend_subscription(phone.context, subscription.json)
        device = await device_of(phone.page, phone.origin, "/app/")
        await phone.enrol()
        await phone.tap("Concordo")
        async with phone.page.expect_response(subscribes) as told:
            await phone.tap("Avisar-me neste telemóvel")
        assert (await told.value).ok
        await expect(phone.page.locator("#remind")).to_have_count(0)
        yield phone, device


async def reachable(practice: Practice, patient: Patient) -> list[ChannelName]:
    """Over what the patient's phone is reached."""
    async with practice.house.database.clinic(practice.clinic_id) as db:
        rows = await db.fetch(
            "select channel from addresses where clinic_id = $1 and patient_id = $2 and retired_at is null",
            practice.clinic_id,
            patient.patient_id,
        )
    return [ChannelName(row["channel"]) for row in rows]


async def sent_pushes(practice: Practice) -> list[LedgerEntry]:
    async with practice.house.database.clinic(practice.clinic_id) as db:
        newest = (datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1))
        found = await ledger.page(db, practice.clinic_id, Narrowed(), newest, 50)
    return [one for one in found if one.channel is ChannelName.WEBPUSH]


@mark_browser
async def test_a_reminder_reaches_the_phone_in_the_patients_language_and_the_ledger_hears_of_it(
    app: Litestar, house: House, practice: Practice, worker: Database, patient: Patient, there: PushService
) -> None:
    async with reminded_phone(app, practice, patient, there.subscribe()) as (phone, device):
        practice.clock.move(hours=23)  # the next morning
        await pass_time(worker, cast(Post, house), practice.clock() + timedelta(minutes=1))
        push = (await there.wait_for_pushes(1))[-1]
        assert push.payload["kind"] == "reminder"
        await device.in_worker(f"({_TIME})({practice.clock().timestamp() * 1000})")
        async with phone.context.expect_event("response", reports):
            await device.push(push.payload)
            (shown,) = await device.shown()
        assert shown["title"] == "O seu questionário de hoje está pronto"
        assert "Sample" not in json.dumps(shown)
        async with phone.context.expect_event("response", reports):
            await device.click_notification()
        reminder = next(
            one for one in await sent_pushes(practice) if str(one.delivery_id) == push.payload["id"]
        )
    assert reminder.delivered_at == practice.clock()
    assert reminder.opened_at == practice.clock()


@mark_browser
async def test_what_was_shown_without_a_network_is_reported_when_the_app_opens(
    app: Litestar, house: House, practice: Practice, worker: Database, patient: Patient, there: PushService
) -> None:
    async with reminded_phone(app, practice, patient, there.subscribe()) as (phone, device):
        practice.clock.move(hours=23)
        await pass_time(worker, cast(Post, house), practice.clock() + timedelta(minutes=1))
        push = (await there.wait_for_pushes(1))[-1]
        await device.in_worker(f"({_TIME})({practice.clock().timestamp() * 1000})")
        await device.in_worker("() => { self.fetch = () => Promise.reject(new TypeError('no network')); }")
        await device.push(push.payload)
        await device.shown()
        assert {one.delivered_at for one in await sent_pushes(practice)} == {None}
        await phone.page.evaluate(_WAITS)
        async with phone.page.expect_response(reports):
            await phone.page.reload()
    assert practice.clock() in {one.delivered_at for one in await sent_pushes(practice)}


@mark_browser
async def test_reminders_are_turned_off_in_the_settings_and_end_with_the_sign_out(
    app: Litestar, practice: Practice, patient: Patient, there: PushService
) -> None:
    async with reminded_phone(app, practice, patient, there.subscribe()) as (phone, _):
        page = phone.page
        assert await reachable(practice, patient) == [ChannelName.WEBPUSH]
        await page.goto(f"{phone.origin}/app/#/settings")
        async with page.expect_response("**/v1/me/installations/*"):
            await phone.tap("Deixar de avisar aqui")
        await expect(page.get_by_text("Este telemóvel não avisa.")).to_be_visible()
        assert await reachable(practice, patient) == []
        async with page.expect_response(subscribes):
            await phone.tap("Avisar-me neste telemóvel")
        await expect(page.get_by_text("Este telemóvel avisa quando")).to_be_visible()
        # The server had another key than this phone subscribed for: opening the app is enough.
        await page.evaluate("(other) => { localStorage.given = other; }", packed(b"\4" + b"k" * 64))
        async with page.expect_response(subscribes):
            await page.reload()
        assert await page.evaluate("localStorage.given") == there.key
        assert await reachable(practice, patient) == [ChannelName.WEBPUSH]
        await page.locator("#sign-out").click()
        await expect(page.locator("#code")).to_be_visible()
        assert await page.evaluate("localStorage.getItem('given')") is None
    assert await reachable(practice, patient) == []


@mark_browser
async def test_a_phone_that_the_server_could_not_be_told_of_says_so_and_can_be_tried_again(
    app: Litestar, practice: Practice, patient: Patient, there: PushService
) -> None:
    async with phone_of(app, practice, patient, permissions=["notifications"]) as phone:
        page = phone.page
        await pretend_subscription(phone.context, there.subscribe().json)
        await phone.enrol()
        await phone.tap("Concordo")
        await page.route("**/v1/me/installations/*", lambda route: route.abort())
        await phone.tap("Avisar-me neste telemóvel")
        await expect(page.locator("#remind").get_by_role("alert")).to_contain_text("Não funcionou.")
        await page.unroute("**/v1/me/installations/*")
        await phone.tap("Avisar-me neste telemóvel")
        await expect(page.locator("#remind")).to_have_count(0)
        assert await reachable(practice, patient) == [ChannelName.WEBPUSH]


@mark_browser
async def test_what_the_phone_says_when_it_opens_undoes_no_reminders_that_are_turned_on_meanwhile(
    app: Litestar, practice: Practice, patient: Patient, there: PushService
) -> None:
    first, go = asyncio.Event(), asyncio.Event()

    async def late(route: Route) -> None:
        if not first.is_set():
            first.set()
            await go.wait()
        await route.continue_()

    async with phone_of(app, practice, patient, permissions=["notifications"]) as phone:
        page = phone.page
        await pretend_subscription(phone.context, there.subscribe().json)
        await phone.enrol()
        await phone.tap("Concordo")
        await expect(page.locator("#remind")).to_be_visible()
        await page.route("**/v1/me/installations/*", late)
        await page.reload()
        await asyncio.wait_for(first.wait(), PATIENCE)
        await phone.tap("Avisar-me neste telemóvel")
        await page.evaluate(_QUEUED)
        go.set()
        await expect(page.locator("#remind")).to_have_count(0)
        assert await reachable(practice, patient) == [ChannelName.WEBPUSH]


@mark_browser
async def test_a_no_is_kept_and_the_way_back_is_in_the_settings(
    app: Litestar, practice: Practice, patient: Patient, there: PushService
) -> None:
    async with phone_of(app, practice, patient, permissions=["notifications"]) as phone:
        await pretend_subscription(phone.context, there.subscribe().json)
        await phone.enrol()
        await phone.tap("Concordo")
        await phone.tap("Agora não")
        await expect(phone.page.locator("#remind")).to_have_count(0)
        await phone.page.reload()
        await expect(phone.page.locator("#changed")).to_be_visible()
        await expect(phone.page.locator("#remind")).to_have_count(0)
        assert await reachable(practice, patient) == []
        await phone.page.goto(f"{phone.origin}/app/#/settings")
        await expect(phone.page.locator("#remind-on")).to_be_visible()
