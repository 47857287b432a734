"""Browsers that may show notifications, and the hand of their push service: DevTools, which delivers what it took."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import BrowserContext, CDPSession, Page, Worker, async_playwright

from tests.web.chromium import CHROMIUM
from tests.web.stage import ARGUMENTS, PATIENCE

# A browser here reaches no push service of the world. Its subscription is the test's, everything else its own.
_SUBSCRIPTION = """(given) => {
  const key = () => {
    const text = atob(localStorage.getItem("given").replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(text, (one) => one.charCodeAt(0)).buffer;
  };
  const made = () => ({ ...given, options: { applicationServerKey: key() }, toJSON: () => given, unsubscribe: async () => localStorage.removeItem("given") });
  PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
    const at = await navigator.serviceWorker.getRegistrations(); // a browser subscribes for a worker that is at work only
    if (!at.every(({ active }) => active)) throw new DOMException("no active worker", "AbortError");
    localStorage.setItem("given", applicationServerKey);
    return made();
  };
  PushManager.prototype.getSubscription = async () => (localStorage.getItem("given") ? made() : null);
}"""
# The notifications of a scope, as soon as there are so many and one of that title among them; at last as they are.
_SHOWN = """async ([scope, count, title]) => {
  const there = await navigator.serviceWorker.getRegistration(scope);
  for (const end = performance.now() + 30_000; ; ) {
    const found = await there.getNotifications();
    const right = found.length === count && (!title || found.some((one) => one.title === title));
    if (right || performance.now() > end) return found.map(({ title, body, tag, requireInteraction, renotify, data }) =>
      ({ title, body, tag, requireInteraction, renotify, data }));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}"""
# A click that no hand made may not take the focus, and its event keeps nobody waiting: so the promise is waited for here.
_CLICK = """async () => {
  const [notification] = await self.registration.getNotifications();
  const event = new NotificationEvent("notificationclick", { notification });
  let does;
  event.waitUntil = (promise) => { does = promise; };
  self.dispatchEvent(event);
  await does;
}"""


@dataclass
class Device:
    """A page, and the worker of its scope."""

    page: Page
    session: CDPSession
    origin: str
    scope: str
    _registered: "asyncio.Future[str]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    async def watch(self) -> "Device":
        self.session.on("ServiceWorker.workerRegistrationUpdated", self._note)
        await self.session.send("ServiceWorker.enable")
        return self

    def _note(self, event: dict[str, Any]) -> None:
        for one in event["registrations"]:
            if one["scopeURL"] == self.origin + self.scope and not self._registered.done():
                self._registered.set_result(one["registrationId"])

    async def push(self, payload: dict[str, Any] | str) -> None:
        """Hand a push to the worker, as the push service does after it took it."""
        data = payload if isinstance(payload, str) else json.dumps(payload)
        registration = await asyncio.wait_for(self._registered, PATIENCE)
        what = {"origin": self.origin, "registrationId": registration, "data": data}
        await self.session.send("ServiceWorker.deliverPushMessage", what)

    async def shown(self, count: int = 1, *, title: str = "") -> list[dict[str, Any]]:
        """The notifications: `count` of them, one with that title."""
        found: list[dict[str, Any]] = await self.page.evaluate(_SHOWN, [self.scope, count, title])
        assert len(found) == count
        assert not title or title in {one["title"] for one in found}
        return found

    async def in_worker(self, script: str) -> Any:
        def ours(worker: Worker) -> bool:
            return self.origin + self.scope in worker.url

        # The browser has it before it tells us of it.
        context = self.page.context
        there = [one for one in context.service_workers if ours(one)]
        worker = there[0] if there else await context.wait_for_event("serviceworker", ours)
        return await worker.evaluate(script)

    async def click_notification(self) -> None:
        await self.in_worker(_CLICK)


async def pretend_subscription(context: BrowserContext, subscription: str) -> None:
    """Let the browser's pages have that one when they subscribe."""
    await context.add_init_script(f"({_SUBSCRIPTION})({subscription})")


@asynccontextmanager
async def browser(
    origin: str, *, subscription: str | None = None, allowed: bool = True
) -> AsyncIterator[BrowserContext]:
    """A browser with which the server's pages have a `subscription`, if one is given."""
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = await running.new_context(viewport={"width": 1440, "height": 900})
        if allowed:
            await context.grant_permissions(["notifications"], origin=origin)
        if subscription:
            await pretend_subscription(context, subscription)
        yield context
        await running.close()


async def device_of(page: Page, origin: str, scope: str = "/") -> Device:
    return await Device(page, await page.context.new_cdp_session(page), origin, scope).watch()
