"""The real application in a real browser: which tests need one, the server it asks, and staff who sign in with it."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar
from playwright.async_api import BrowserContext, Page, async_playwright

from aftercare.model.words import Role
from aftercare.web import render
from tests.e2e.processes import free_port
from tests.web.practice import PASSWORD, Practice
from tests.web.stage import ARGUMENTS, PATIENCE

CHROMIUM = shutil.which("chromium")


def mark_browser(test: Any) -> Any:
    """A test that drives a real browser, where there is one."""
    built = (render.ASSETS / "aftercare.js").is_file()
    no_chromium = pytest.mark.skipif(
        CHROMIUM is None, reason="no chromium on the path: install Debian's `chromium`"
    )
    not_built = pytest.mark.skipif(not built, reason="front end not built: `npx vite build`")
    return pytest.mark.browser(no_chromium(not_built(test)))


@asynccontextmanager
async def served(app: Litestar) -> AsyncIterator[str]:
    """The application, which is running already, behind a real server in this loop."""
    port = free_port()
    server = Server(app, port=port, interface=Interfaces.ASGINL, log_enabled=False)
    listening = asyncio.Event()
    server.on_startup(listening.set)
    running = asyncio.create_task(server.serve())
    await asyncio.wait_for(listening.wait(), PATIENCE)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop()  # type: ignore[no-untyped-call]  # granian leaves it without types
        await asyncio.wait_for(running, PATIENCE)


async def sign_in(
    context: BrowserContext, practice: Practice, origin: str, role: Role = Role.PRACTITIONER
) -> Page:
    """Sign in on a page of its own, until it listens to live updates."""
    page = await context.new_page()
    await page.goto(f"{origin}/sign-in/{practice.handle}")
    await page.get_by_label("E-mail").fill(practice.email(role))
    await page.get_by_label("Password").fill(PASSWORD)
    async with page.expect_request("**/v1/events*"):
        await page.get_by_role("button", name="Sign in").click()
    return page


@asynccontextmanager
async def signed_in(practice: Practice, origin: str, *, refused: str = "-") -> AsyncIterator[Page]:
    """A page of a practitioner of which the browser has nothing to complain, but for what is `refused`."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = await browser.new_context(viewport={"width": 1440, "height": 900})
        context.on("weberror", lambda wrong: complaints.append(str(wrong.error)))
        context.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        yield await sign_in(context, practice, origin)
        await browser.close()
    assert not [said for said in complaints if refused not in said]
