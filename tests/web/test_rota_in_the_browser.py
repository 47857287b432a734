"""A rota with a gap, as somebody makes and mends one with a mouse."""

from litestar import Litestar
from playwright.async_api import expect

from aftercare.model.words import Role
from tests.web.chromium import mark_browser, served, signed_in
from tests.web.practice import Practice


@mark_browser
async def test_a_gap_warns_on_the_rota_and_on_every_page_until_somebody_is_put_in(
    app: Litestar, practice: Practice
) -> None:
    async with served(app) as origin, signed_in(practice, origin) as page:
        await page.goto(f"{origin}/rota")
        form = page.locator("form", has=page.locator("input[name=hand_over]")).first
        await form.locator("input[name=name]").fill("Nights")
        await form.locator("[name=person0]").select_option(str(practice.team[Role.PRACTITIONER].id))
        await form.locator("input[name=starts_on]").fill("2026-03-02")
        await form.get_by_text("Only some hours of the week").click()
        await form.locator("input[name=window0]").fill("08:00-18:00")  # and nobody outside of these hours
        await form.get_by_role("button").first.click()
        await expect(page.get_by_role("heading", name="Nobody is on call")).to_be_visible()
        await expect(page.get_by_text("What cannot wait goes to every practitioner")).to_be_visible()
        assert await page.locator(".band-gap").count() > 0, "hatched in the picture"
        await page.goto(f"{origin}/")
        await expect(page.get_by_text("Nobody is on call").first).to_be_visible()
