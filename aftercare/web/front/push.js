// Alerts on this device: asked for with a button, never by itself. The browser makes a subscription, the server gets it
// under an id that this browser keeps; without a push service an open page still shows emergencies (urgent.js).

const KEPT = "aftercare-push"; // {address_id, endpoint, me, off}
const SCOPE = "/";

const WORDS = {
  unsupported: "This browser cannot show alerts. Mail reaches you all the same.",
  phone: "On an iPhone or iPad first add Aftercare to the home screen, then open it from there.",
  insecure: "Alerts need an address that begins with https://. Ask whoever runs this server.",
  denied: "The browser blocks them. Allow notifications for this page in the browser’s settings, then come back.",
  off: "Off on this device.",
  on: "On, also while Aftercare is closed and after you sign out.",
  pages: "On while an Aftercare page is open. The browser’s push service cannot be reached, so a closed one stays quiet.",
  other: "Somebody else who signed in here gets theirs on this device. Turn them on to get yours instead.",
  ended: "They no longer reach this device. Turn them on again.",
  working: "One moment…",
  failed: "The clinic’s server did not answer. Try again.",
  sent: "A test is on its way to this device.",
};
const OFFERS = { off: ["on"], on: ["test", "off"], pages: ["off"], other: ["on"], ended: ["on"], failed: ["on"], sent: ["test", "off"] };

const panels = () => [...document.querySelectorAll("[data-push]")];
const me = () => panels()[0]?.dataset.push ?? "";
const kept = () => JSON.parse(localStorage.getItem(KEPT) ?? "{}");
const keep = (change) => localStorage.setItem(KEPT, JSON.stringify({ ...kept(), ...change }));

export const isOff = () => kept().off === true;
export const registration = async () => navigator.serviceWorker?.getRegistration(SCOPE);

async function call(method, path, body) {
  const headers = { "x-csrf-token": document.querySelector("input[name=csrf]").value };
  if (body !== undefined) headers["content-type"] = "application/json";
  const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(20_000) });
  if (!answer.ok && answer.status !== 404) throw new Error(`HTTP ${answer.status}`);
  const said = answer.ok ? await answer.text() : ""; // a page that is being left gets nothing
  return said ? JSON.parse(said) : null;
}

function unable() {
  if (!self.isSecureContext) return "insecure";
  if (navigator.serviceWorker && self.Notification) return Notification.permission === "denied" ? "denied" : "";
  return /iPhone|iPad/.test(navigator.userAgent) ? "phone" : "unsupported";
}

// With another key than the server's a subscription is worth nothing: its push service takes only what that key signed.
function isFor(subscription, key) {
  const bytes = new Uint8Array(subscription.options.applicationServerKey ?? 0);
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "") === key;
}

const serverKey = async () => (await call("GET", "/v1")).application_server_key;

async function standing() {
  const wrong = unable();
  if (wrong) return wrong;
  const { address_id: address, me: whose, off } = kept();
  if (Notification.permission !== "granted" || off !== false) return "off";
  const subscription = await (await registration())?.pushManager?.getSubscription();
  if (whose !== me()) return subscription ? "other" : "off";
  if (!address) return "pages";
  const mine = (await call("GET", "/v1/staff/me/addresses"))?.find((one) => one.address_id === address);
  const reaches = subscription && mine && !mine.retired_at && isFor(subscription, await serverKey());
  return reaches ? "on" : "ended";
}

function show(state) {
  for (const panel of panels()) {
    panel.querySelector("[data-push-state]").textContent = WORDS[state];
    for (const name of ["on", "off", "test"]) {
      panel.querySelector(`[data-push-${name}]`).hidden = !OFFERS[state]?.includes(name);
    }
  }
}

// The id of an address is its owner's: whoever takes this browser over makes a new one.
async function register(subscription) {
  const { address_id: known, me: whose } = kept();
  const address = whose === me() && known ? known : crypto.randomUUID();
  const label = navigator.userAgentData?.platform || navigator.platform || "";
  await call("PUT", `/v1/staff/me/addresses/${address}`, { channel: "webpush", address: JSON.stringify(subscription), label: `Browser on ${label}`.trim() });
  keep({ address_id: address, endpoint: subscription.endpoint, me: me(), off: false });
}

async function subscribe() {
  const there = await navigator.serviceWorker.register("/worker.js", { scope: SCOPE });
  await navigator.serviceWorker.ready;
  const key = await serverKey();
  if (!key || !there.pushManager) return null;
  const wanted = { userVisibleOnly: true, applicationServerKey: key };
  try {
    return await there.pushManager.subscribe(wanted);
  } catch (error) {
    // The server has another key than this browser subscribed for: only a new subscription will do.
    if (error.name === "InvalidStateError") {
      await (await there.pushManager.getSubscription())?.unsubscribe();
      return there.pushManager.subscribe(wanted);
    }
    return null; // a network without a push service; an open page can still show emergencies
  }
}

async function turnOn() {
  if ((await Notification.requestPermission()) !== "granted") return;
  const subscription = await subscribe();
  if (subscription) return register(subscription);
  keep({ address_id: null, endpoint: null, me: me(), off: false });
}

async function turnOff() {
  const { address_id: address } = kept();
  keep({ off: true });
  await (await (await registration())?.pushManager?.getSubscription())?.unsubscribe();
  if (address) await call("DELETE", `/v1/staff/me/addresses/${address}`);
  keep({ address_id: null, endpoint: null });
}

async function sendTest() {
  await call("POST", `/v1/staff/me/addresses/${kept().address_id}/test`);
  return "sent";
}

const ACTS = [["on", turnOn], ["off", turnOff], ["test", sendTest]];

async function act(does) {
  show("working");
  try {
    show((await does()) ?? (await standing()));
  } catch {
    show("failed");
  }
}

// Meanwhile the browser may have given this subscription another address or dropped it, the server may have another key.
// Whoever turned alerts on gets them on: nobody opens a menu to see that they ended.
async function keepCurrent() {
  const { endpoint, me: whose, off } = kept();
  if (!endpoint || off || whose !== me() || Notification.permission !== "granted") return;
  const there = await (await registration())?.pushManager?.getSubscription();
  const subscription = there && isFor(there, await serverKey()) ? there : await subscribe();
  if (subscription && (subscription !== there || subscription.endpoint !== endpoint)) await register(subscription);
}

// A page that a notification led to says so, and forgets which one it was.
async function reportOpened() {
  const here = new URL(location.href), delivery = here.searchParams.get("opened");
  if (!delivery || !me()) return;
  here.searchParams.delete("opened");
  history.replaceState(history.state, "", here);
  if (/^[0-9a-f-]{36}$/.test(delivery)) await call("POST", `/v1/deliveries/${delivery}/receipts`, { kind: "opened" });
}

function heard({ data }) {
  if (data?.renewed) return void keepCurrent().catch(() => {});
  if (data?.open) location.assign(data.open);
}

export function startPush() {
  navigator.serviceWorker?.addEventListener("message", heard);
  navigator.serviceWorker?.startMessages?.();
  if (!me()) return;
  document.addEventListener("click", (event) => {
    for (const [name, does] of ACTS) if (event.target.closest?.(`[data-push-${name}]`)) void act(does);
  });
  // Said when somebody looks: a closed menu asks the server nothing.
  for (const panel of panels()) {
    const menu = panel.closest("details");
    if (menu) menu.addEventListener("toggle", () => menu.open && void act(standing));
    else void act(standing);
  }
  reportOpened().catch(() => {});
  if (!unable()) keepCurrent().catch(() => {});
}
