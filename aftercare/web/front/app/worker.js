// Keeps the page itself on the phone, so that it opens without a network, and shows reminders. Health data is none of its
// business: only the files named in `self.companion` (written before this by the server) are kept, all of one version
// together, and a reminder says nothing but that it is one.

import { Offline, Problem, SignedOut, call } from "./api.js";
import { describe } from "./installation.js";
import { fact, newId, queue } from "./kept.js";

const { version, files } = self.companion;
const PREFIX = "aftercare-";
const NAME = PREFIX + version;
const HOME = "/app/";

async function keep() {
  const cache = await caches.open(NAME);
  await cache.addAll(files.map((file) => new Request(file, { cache: "reload", credentials: "omit" })));
  await self.skipWaiting();
}

async function takeOver() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(PREFIX) && name !== NAME).map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function answer(request) {
  const cache = await caches.open(NAME);
  return (await cache.match(request)) ?? fetch(request);
}

// Every push must be shown; one that cannot be read, or that comes after signing out, says no more than whose app it is.
function read(data) {
  try {
    return data.json();
  } catch {
    return {};
  }
}

// What became of a message: into the outbox first, so that it is not lost without a network, then sent at once.
async function report(kind, delivery) {
  const known = await fact("known");
  if (!delivery || !known) return;
  const item = { id: newId(), kind: "receipt", patient_id: known.me.patient_id, made_at: Date.now(), state: "waiting",
    draft: { kind, delivery_id: delivery, at: new Date().toISOString() } };
  await queue(item);
  try {
    await call("POST", "/v1/sync", { receipts: [{ id: item.id, ...item.draft }] });
    await queue({ ...item, state: "answered" });
  } catch (error) {
    if (!(error instanceof Offline || error instanceof SignedOut || error instanceof Problem)) throw error;
  }
}

async function show({ id, kind, title, body, tag }) {
  await self.registration.showNotification(title ?? "Aftercare", { body, tag: tag ?? "aftercare", renotify: true, data: { id, kind } });
  await report("delivery_shown", id);
}

async function open({ id } = {}) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages.find(({ url }) => new URL(url).pathname === HOME);
  // Where somebody is in the middle of something, it stays: only its turn has come.
  if (page) await page.focus().catch(() => {});
  else await self.clients.openWindow(HOME).catch(() => {});
  await report("delivery_opened", id);
}

// The browser or its push service has ended the subscription: make another, and tell the server. Where none can be made
// now, it knows that this phone is reached by mail again, until the page is opened.
async function renew({ oldSubscription, newSubscription }) {
  const { options } = oldSubscription ?? {};
  if (!newSubscription && options) await self.registration.pushManager.subscribe(options).catch(() => {});
  await describe(self.registration);
}

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("push", (event) => event.waitUntil(show(read(event.data))));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data));
});
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event)));
self.addEventListener("fetch", (event) => {
  const { pathname, search } = new URL(event.request.url);
  if (event.request.method === "GET" && files.includes(pathname + search)) event.respondWith(answer(event.request));
});
