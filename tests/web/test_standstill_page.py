"""What stands on every page while no worker lives: since when, what does not happen, and what to do."""

from collections.abc import AsyncIterator

import pytest
from litestar import Litestar
from playwright.async_api import expect

from aftercare.model.words import Role
from aftercare.services import events
from aftercare.services.heartbeat import Watch, silence
from tests.web.chromium import mark_browser, served, signed_in
from tests.web.practice import Practice, Window, window, words_of

SAID = "Nothing has been checked or sent since 10:00."


@pytest.fixture
async def admin(app: Litestar, practice: Practice) -> AsyncIterator[Window]:
    async with window(app) as opened:
        await opened.sign_in(practice, Role.ADMIN)
        yield opened


@pytest.fixture
async def watch(practice: Practice) -> AsyncIterator[Watch]:
    """A look at the workers that a test takes when it wants."""
    looking = Watch(practice.house)
    await looking.across.open()
    yield looking
    await looking.across.close()


async def stand_still(practice: Practice, watch: Watch) -> None:
    """Let nobody beat until that is told."""
    for _ in range(3):  # not long enough, noticed, confirmed
        practice.clock.at += silence(practice.house.settings)
        await watch.look()


async def test_every_page_says_that_nothing_is_checked_and_what_to_do_until_work_goes_on(
    practice: Practice, practitioner: Window, admin: Window, watch: Watch
) -> None:
    assert SAID not in words_of(await practitioner.see("/"))
    await stand_still(practice, watch)
    for opened, path in ((practitioner, "/"), (practitioner, "/messages"), (admin, "/deliveries")):
        page = words_of(await opened.see(path))
        assert SAID in page
        assert "ring patients who report in any other way" in page


@mark_browser
async def test_an_open_list_says_it_by_itself_and_shows_what_comes_although_nobody_numbers_it(
    app: Litestar, practice: Practice, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_POLL_SECONDS", 0.2)
    patient = await practice.treated("Sample Birch", days_ago=0)
    async with served(app) as origin, signed_in(practice, origin) as page:
        banner = page.get_by_role("alert").filter(has_text="Nothing has been checked or sent")
        await expect(banner).to_have_count(0)
        await stand_still(practice, watch)
        await expect(banner).to_be_visible()
        await practice.says(patient, breathing_or_tongue=True)  # and no sealer tells of it
        await expect(page.locator(".row").first).to_contain_text("Sample Birch")
        async with watch.across.statement() as db:
            await db.execute("update outages set well_at = now()")
        await expect(banner).to_have_count(0)
