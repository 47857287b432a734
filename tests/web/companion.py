"""A patient's phone with the companion on it, a real browser that asks the real application, and what it does by hand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import httpx
from litestar import Litestar
from PIL import Image
from playwright.async_api import BrowserContext, FilePayload, Page, async_playwright, expect

from aftercare.model.check_ins import Kept
from aftercare.model.people import Actor, Patient
from aftercare.services import check_ins, enrolments, photos
from aftercare.services.photos import PhotoAnswer
from aftercare.web.companion import CompanionController
from tests.web.chromium import CHROMIUM, served
from tests.web.practice import Practice
from tests.web.stage import ARGUMENTS

# What the phone keeps: its tokens.
TOKENS = """() => new Promise((resolve, reject) => {
  const asked = indexedDB.open("aftercare", 1);
  asked.onerror = reject;
  asked.onsuccess = () => {
    const found = asked.result.transaction("facts").objectStore("facts").get("tokens");
    found.onsuccess = () => resolve(found.result);
  };
})"""
# How many facts and unsent things the phone still keeps.
LEFT = """() => new Promise((resolve, reject) => {
  const asked = indexedDB.open("aftercare", 1);
  asked.onerror = reject;
  asked.onsuccess = () => {
    const stores = ["facts", "outbox"].map((name) => asked.result.transaction(name).objectStore(name).count());
    stores[1].onsuccess = () => resolve(stores[0].result + stores[1].result);
  };
})"""


@dataclass
class Phone:
    """A patient's browser, and what of theirs has reached the server."""

    page: Page
    context: BrowserContext
    origin: str
    practice: Practice
    patient: Patient

    @property
    def actor(self) -> Actor:
        return Actor(
            clinic_id=self.practice.clinic_id,
            kind="patient",
            id=self.patient.patient_id,
            installation_id=None,
        )

    async def open(self) -> None:
        """Enrol, and wait until the first thing is asked."""
        await self.enrol()
        await expect(
            self.page.get_by_role("heading", name="Your clinic’s use of your answers")
        ).to_be_visible()

    async def enrol(self) -> None:
        """Follow the enrolment's address, which loses the code at once."""
        database, now = self.practice.house.database, self.practice.clock()
        system = Actor(clinic_id=self.practice.clinic_id, kind="system")
        invitation = await enrolments.invite(
            database, system, self.patient.patient_id, server=self.origin, now=now
        )
        await self.page.goto(invitation.address)
        await expect(self.page.locator("#code")).to_have_value(invitation.code)
        assert self.page.url == f"{self.origin}/app/"
        await self.page.locator("main .button.primary").click()

    async def signed_out_elsewhere(self) -> None:
        """End the phone's tokens behind its back."""
        tokens = await self.page.evaluate(TOKENS)
        async with httpx.AsyncClient(base_url=self.origin) as client:
            headers = {"authorization": f"Bearer {tokens['access_token']}"}
            assert (await client.delete("/v1/tokens/current", headers=headers)).status_code == 204

    async def agree(self) -> None:
        await self.tap("I agree")

    async def begin(self) -> None:
        """Enrol, and agree to the clinic's use of the answers."""
        await self.open()
        await self.agree()

    async def to_photos(self) -> None:
        """From the first page to the page of photos, agreeing to them."""
        await self.page.get_by_role("link", name="Add a photo").click()
        await self.agree()
        await expect(self.page.get_by_role("heading", name="Photo", exact=True)).to_be_visible()

    async def choose(self, data: bytes) -> None:
        await self.page.get_by_label("Choose a picture").set_input_files(file(data))

    async def send_photo(self, data: bytes) -> None:
        await self.choose(data)
        await self.tap("Send this photo")

    async def tap(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def go_on(self) -> None:
        """On to the next group, which is there before anything else is tapped."""
        step = self.page.locator(".step .caption")
        before = await step.text_content()
        await self.tap("Continue")
        await expect(step).not_to_have_text(before or "")

    async def tick(self, name: str) -> None:
        await self.page.get_by_label(name, exact=True).check()

    async def nothing_until(self, heading: str) -> None:
        """Deny group by group until the one of that heading is asked."""
        wanted = self.page.get_by_role("heading", name=heading, exact=True)
        while not await wanted.is_visible():
            step = self.page.locator(".step .caption")
            before = await step.text_content()
            await self.page.locator("#gate").click()
            await expect(step).not_to_have_text(before or "")

    async def kept_photos(self) -> list[PhotoAnswer]:
        database, now = self.practice.house.database, self.practice.clock()
        return await photos.list_photos(database, self.actor, self.patient.patient_id, before=None, now=now)

    async def kept(self) -> list[Kept]:
        return await check_ins.list_check_ins(
            self.practice.house.database,
            self.actor,
            self.patient.patient_id,
            before=None,
            now=self.practice.clock(),
        )


@asynccontextmanager
async def phone_of(app: Litestar, practice: Practice, patient: Patient, **more: Any) -> AsyncIterator[Phone]:
    """A phone on which no script failed and the policy refused nothing."""
    complaints: list[str] = []

    def hear(text: str) -> None:
        if "net::ERR_" not in text and "status of 4" not in text:
            complaints.append(text)

    app.register(CompanionController)
    options = {
        "viewport": {"width": 360, "height": 780},
        "has_touch": True,
        "timezone_id": "Europe/London",
        **more,
    }
    async with served(app) as origin, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = await browser.new_context(**options)
        await context.clock.install(time=practice.clock())
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: hear(said.text) if said.type == "error" else None)
        yield Phone(page, context, origin, practice, patient)
        await browser.close()
    assert not complaints


def file(data: bytes) -> FilePayload:
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": data}


def picture() -> bytes:
    """A small picture of nothing."""
    data = BytesIO()
    Image.new("RGB", (600, 800), (203, 160, 140)).save(data, "JPEG")
    return data.getvalue()
