"""Live updates of the real dashboard: told by the sealer, served by a real server, seen in a real browser."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar
from playwright.async_api import Page, async_playwright, expect

from aftercare.db.pool import Database
from aftercare.model.words import AlertState, Role, Tier
from aftercare.services import audit
from aftercare.services.events import Hub
from aftercare.web import render
from tests.web.practice import PASSWORD, Clock, Practice
from tests.web.stage import ARGUMENTS

CHROMIUM = shutil.which("chromium")


def mark_browser(test: Any) -> Any:
    """A test that drives a real browser, where there is one."""
    built = (render.ASSETS / "aftercare.js").is_file()
    no_chromium = pytest.mark.skipif(
        CHROMIUM is None, reason="no chromium on the path: install Debian's `chromium`"
    )
    not_built = pytest.mark.skipif(not built, reason="front end not built: `npx vite build`")
    return pytest.mark.browser(no_chromium(not_built(test)))


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


@asynccontextmanager
async def served(app: Litestar) -> AsyncIterator[str]:
    """The application, which is running already, behind a real server in this loop."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(app, port=port, interface=Interfaces.ASGINL, log_enabled=False)
    listening = asyncio.Event()
    server.on_startup(listening.set)
    running = asyncio.create_task(server.serve())
    await asyncio.wait_for(listening.wait(), 20)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop()  # type: ignore[no-untyped-call]  # granian leaves it without types
        await asyncio.wait_for(running, 20)


@asynccontextmanager
async def signed_in(practice: Practice, origin: str, *, refused: str = "-") -> AsyncIterator[Page]:
    """A page of a practitioner of which the browser has nothing to complain, but for what is `refused`."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        await page.goto(f"{origin}/sign-in/{practice.handle}")
        await page.get_by_label("E-mail").fill(practice.email(Role.PRACTITIONER))
        await page.get_by_label("Password").fill(PASSWORD)
        async with page.expect_request("**/v1/events*"):
            await page.get_by_role("button", name="Sign in").click()
        yield page
        await browser.close()
    assert not [said for said in complaints if refused not in said]


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
