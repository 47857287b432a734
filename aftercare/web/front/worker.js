// Shows what is pushed to this browser, also while no page is open. It keeps nothing: what comes was sealed for this
// browser and names nobody; everything else is behind the sign-in.

const MISSED = { title: "Aftercare", body: "Something new is waiting. Open Aftercare to see it.", tag: "aftercare" };
const STOPPED = { title: "Aftercare: open it once", body: "The browser changed where its alerts come in. They go on as soon as you open Aftercare.", tag: "renewed" };

// Every push must be shown; one that cannot be read says at least that it came.
function read(data) {
  try {
    return { ...MISSED, ...data.json() };
  } catch {
    return MISSED;
  }
}

// A later word on an alert takes the place of the earlier one and is heard again; the same word twice is not.
async function show({ id, kind, tier, tag, title, body, link }) {
  const before = await self.registration.getNotifications({ tag });
  const known = before.some(({ data }) => (data?.id ? data.id === id : data?.kind === kind));
  await self.registration.showNotification(title, {
    body, tag, renotify: before.length > 0 && !known, requireInteraction: tier === "emergency", data: { id, kind, link },
  });
}

// Only our own pages are opened, whatever a link says. The page reports that this message was opened.
function pageOf({ id, link } = {}) {
  const there = new URL(link || "/", location.origin);
  const page = new URL(there.pathname, location.origin);
  if (id) page.searchParams.set("opened", id);
  return page;
}

// A page that shows it already, else the list, else a new one: never a page where somebody may be writing.
async function open(page) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const at = (path) => pages.find(({ url }) => new URL(url).pathname === path);
  const free = at(page.pathname) ?? at("/");
  if (!free) return void (await self.clients.openWindow(page.href));
  free.postMessage({ open: page.pathname + page.search });
  await free.focus().catch(() => {}); // it has what it needs to know all the same
}

// The browser or its push service has ended the subscription: make another, and have a page tell the server. Where none can
// be made now, a page does when it is opened.
async function renew({ oldSubscription, newSubscription }) {
  const { options } = oldSubscription ?? {};
  if (!newSubscription && options) await self.registration.pushManager.subscribe(options).catch(() => {});
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  for (const page of pages) page.postMessage({ renewed: true });
  if (!pages.length) await show(STOPPED);
}

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("push", (event) => event.waitUntil(show(read(event.data))));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(pageOf(event.notification.data)));
});
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event)));
