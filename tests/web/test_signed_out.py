"""After signing out nothing is left in a browser: not behind its back button, not in its caches, not in another tab."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import httpx
import pytest
from litestar import Litestar
from playwright.async_api import BrowserContext, Page, Route, async_playwright, expect

from aftercare.api import clinic
from aftercare.model.people import Patient
from aftercare.model.words import Role
from aftercare.services import events
from tests.web.chromium import CHROMIUM, mark_browser, served, sign_in
from tests.web.companion import LEFT, phone_of, picture
from tests.web.practice import PASSWORD, Practice
from tests.web.stage import ARGUMENTS

# Whether the browser's own cache still has an address; the server is not asked.
CACHED = """(address) => fetch(address, {cache: "only-if-cached", mode: "same-origin"}).then(() => true, () => false)"""
# Every address that a service worker keeps.
KEPT = """async () => {
  const stores = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
  const requests = await Promise.all(stores.map((store) => store.keys()));
  return requests.flat().map((request) => new URL(request.url).pathname);
}"""
BROUGHT_BACK = """() => dispatchEvent(new PageTransitionEvent("pageshow", {persisted: true}))"""


@pytest.fixture
async def photo_id(practice: Practice, patient: Patient) -> UUID:
    return await practice.sends_photo(patient.patient_id, days_ago=1)


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Live updates that look at the sign-in several times a second."""
    monkeypatch.setattr(events, "_POLL_SECONDS", 0.1)
    monkeypatch.setattr(clinic, "_ASK_SECONDS", 0.05)


@asynccontextmanager
async def shared_computer(practice: Practice, origin: str) -> AsyncIterator[BrowserContext]:
    """A browser that keeps pages for its back button, as people's do, with a practitioner signed in."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=ARGUMENTS, ignore_default_args=["--disable-back-forward-cache"]
        )
        context = await browser.new_context(viewport={"width": 1440, "height": 900})
        await sign_in(context, practice, origin)
        yield context
        await browser.close()


async def sign_out(page: Page) -> None:
    await page.locator("details.me summary").click()
    async with page.expect_navigation(url="**/sign-in/**"):
        await page.get_by_role("button", name="Sign out").click()


async def shown(page: Page) -> bool:
    """Whether a picture was drawn."""
    drawn: bool = await page.locator("img.photo-large").evaluate(
        "(image) => image.decode().then(() => image.naturalWidth > 0)"
    )
    return drawn


@mark_browser
async def test_back_after_signing_out_shows_no_photo_and_no_name_and_no_cache_has_them(
    app: Litestar, practice: Practice, patient: Patient, photo_id: UUID
) -> None:
    async with served(app) as origin, shared_computer(practice, origin) as context:
        (page,) = context.pages
        seen = f"/patients/{patient.patient_id}"
        await page.goto(f"{origin}{seen}")
        await page.goto(f"{origin}{seen}/photos/{photo_id}")
        assert await shown(page)
        pictures = [f"/v1{seen}/photos/{photo_id}/{size}" for size in ("display", "thumbnail")]
        await sign_out(page)
        for _ in range(3):
            await page.go_back()
            await page.wait_for_load_state("load")
            assert "Sample Alder" not in await page.content()
            assert await page.locator("img").count() == 0
        await page.goto(f"{origin}/sign-in/{practice.handle}")
        for address in (*pictures, seen, f"{seen}/photos/{photo_id}"):
            assert not await page.evaluate(CACHED, address), address


@mark_browser
async def test_a_page_brought_back_from_memory_asks_anew_and_is_hidden_until_then(
    app: Litestar, practice: Practice, patient: Patient, photo_id: UUID
) -> None:
    async with served(app) as origin, shared_computer(practice, origin) as context:
        page = await context.new_page()
        await page.goto(f"{origin}/patients/{patient.patient_id}/photos/{photo_id}")
        assert await shown(page)
        await page.evaluate("() => dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
        await expect(page.locator("html")).to_be_hidden()
        await sign_out(context.pages[0])
        async with page.expect_navigation(url="**/sign-in/**"):
            await page.evaluate(BROUGHT_BACK)
        assert "Sample Alder" not in await page.content()


@mark_browser
async def test_a_photo_open_in_another_tab_goes_when_its_sign_in_ends(
    app: Litestar, practice: Practice, patient: Patient, photo_id: UUID, often: None
) -> None:
    async with served(app) as origin, shared_computer(practice, origin) as context:
        other = await context.new_page()
        async with other.expect_request("**/v1/events*"):
            await other.goto(f"{origin}/patients/{patient.patient_id}/photos/{photo_id}")
        assert await shown(other)
        await sign_out(context.pages[0])
        await other.wait_for_url("**/sign-in/**")
        assert "Sample Alder" not in await other.content()


@mark_browser
async def test_a_photo_goes_too_where_live_updates_come_back_only_after_the_sign_in_has_ended(
    app: Litestar, practice: Practice, patient: Patient, photo_id: UUID
) -> None:
    async with served(app) as origin, shared_computer(practice, origin) as context:
        other = await context.new_page()
        back = asyncio.Event()

        async def away(route: Route) -> None:
            await back.wait()
            await route.continue_()

        await other.route("**/v1/events*", away)
        async with other.expect_request("**/v1/events*"):
            await other.goto(f"{origin}/patients/{patient.patient_id}/photos/{photo_id}")
        assert await shown(other)
        await sign_out(context.pages[0])
        back.set()
        await other.wait_for_url("**/sign-in/**")
        assert "Sample Alder" not in await other.content()


@mark_browser
async def test_a_phone_that_signed_out_keeps_no_photo_in_any_tab_store_or_cache(
    app: Litestar, practice: Practice, patient: Patient
) -> None:
    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        await phone.begin()
        await phone.to_photos()
        await phone.send_photo(picture())
        await expect(page.locator(".photos img")).to_have_count(1)
        (kept,) = await phone.kept_photos()
        assert all(path == "/app/" or path.startswith("/assets/") for path in await page.evaluate(KEPT))
        other = await phone.context.new_page()
        await other.goto(f"{phone.origin}/app/#/photo")
        await expect(other.locator(".photos img")).to_have_count(1)
        await page.get_by_role("link", name="Settings").click()
        await phone.tap("Sign out")
        for tab in (page, other):
            await expect(tab.get_by_role("heading", name="Connect this phone to your clinic")).to_be_visible()
            assert await tab.locator("img").count() == 0
        await page.go_back()
        await expect(page.get_by_role("heading", name="Connect this phone to your clinic")).to_be_visible()
        assert "Sample Alder" not in await page.content()
        assert await page.evaluate(LEFT) == 0
        assert not await page.evaluate(CACHED, kept.thumbnail)
        assert all(path == "/app/" or path.startswith("/assets/") for path in await page.evaluate(KEPT))


@mark_browser
async def test_whoever_withdraws_photos_is_not_asked_again_and_finds_the_way_back(
    app: Litestar, practice: Practice, patient: Patient
) -> None:
    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        await phone.begin()
        await expect(page.get_by_role("link", name="Add a photo")).to_be_visible()
        await page.get_by_role("link", name="Settings").click()
        await expect(page.get_by_text("Not asked yet. Your photos are not used for this.")).to_have_count(2)
        await page.get_by_role("link", name="Read: Photos of your skin").click()
        await phone.agree()
        await phone.tap("Withdraw: Photos of your skin")
        await expect(page.get_by_text("Refused on Wednesday 4 March")).to_be_visible()
        await page.goto(f"{phone.origin}/app/#/")
        await expect(page.get_by_text("Nobody watches this all the time").first).to_be_visible()
        await expect(page.get_by_role("link", name="Add a photo")).to_have_count(0)
        await page.goto(f"{phone.origin}/app/#/settings")
        await page.get_by_role("link", name="Change: Photos of your skin").click()
        await phone.agree()
        await expect(page.get_by_role("heading", name="What you agreed to")).to_be_visible()
        await page.goto(f"{phone.origin}/app/#/")
        await expect(page.get_by_role("link", name="Add a photo")).to_be_visible()


@mark_browser
async def test_the_patient_reads_who_saw_the_photos_and_what_for(
    app: Litestar, practice: Practice, patient: Patient, photo_id: UUID
) -> None:
    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        await phone.begin()
        await page.get_by_role("link", name="Settings").click()
        await page.get_by_role("link", name="Who saw your photos").click()
        await expect(
            page.get_by_text("Nobody of the clinic has opened a photo of yours yet.")
        ).to_be_visible()
        async with httpx.AsyncClient(base_url=phone.origin) as desk:
            who = {
                "clinic": practice.handle,
                "email": practice.email(Role.PRACTITIONER),
                "password": PASSWORD,
            }
            token = (await desk.post("/v1/staff/sign-ins", json=who)).json()["token"]
            for size in ("thumbnail", "display"):
                looked = await desk.get(
                    f"/v1/patients/{patient.patient_id}/photos/{photo_id}/{size}",
                    headers={"authorization": f"Bearer {token}"},
                )
                assert looked.status_code == 200
        await page.reload()
        await expect(page.locator(".lines li")).to_have_count(1)
        await expect(page.locator(".lines li")).to_contain_text("Practitioner One, practitioner")
        await expect(page.locator(".lines li")).to_contain_text("For your care. Photos: 1")


async def test_signing_out_tells_the_browser_to_drop_our_pages_but_not_what_a_patient_has_yet_to_send(
    app: Litestar, practice: Practice
) -> None:
    async with served(app) as origin, httpx.AsyncClient(base_url=origin) as client:
        who = {"clinic": practice.handle, "email": practice.email(Role.PRACTITIONER), "password": PASSWORD}
        token = (await client.post("/v1/staff/sign-ins", json=who)).json()["token"]
        client.cookies.clear()
        out = await client.delete("/v1/staff/sign-ins/current", headers={"authorization": f"Bearer {token}"})
    assert (out.status_code, out.headers["clear-site-data"]) == (204, '"cache"')
