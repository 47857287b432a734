// Keeps the page itself on the phone, so that it opens without a network. Health data is none of its business: only the
// files named in `self.companion` (written before this by the server) are kept, all of one version together.

const { version, files } = self.companion;
const PREFIX = "aftercare-";
const NAME = PREFIX + version;

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

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("fetch", (event) => {
  const { pathname, search } = new URL(event.request.url);
  if (event.request.method === "GET" && files.includes(pathname + search)) event.respondWith(answer(event.request));
});
