// Reminders on this phone: offered once and in the settings, never turned on by themselves. Without them mail reminds.

import { Offline, Problem, SignedOut, call } from "./api.js";
import { describe } from "./installation.js";
import { fact, keepFact } from "./kept.js";
import { say } from "./state.js";

const SCOPE = "/app/";
const registration = async () => navigator.serviceWorker?.getRegistration(SCOPE);

// unable, blocked, off, on; new where nobody has said yes or no yet.
export async function standing() {
  const there = await registration();
  if (!there?.pushManager || !self.Notification) return "unable";
  if (Notification.permission === "denied") return "blocked";
  const said = await fact("push");
  if (said === "on" && Notification.permission === "granted" && (await there.pushManager.getSubscription())) return "on";
  return said ? "off" : "new";
}

// With another key than the server's a subscription is worth nothing: its push service takes only what that key signed.
function isFor(subscription, key) {
  const bytes = new Uint8Array(subscription.options.applicationServerKey ?? 0);
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "") === key;
}

const serverKey = async () => (await call("GET", "/v1")).application_server_key;

async function subscribe(there) {
  const key = await serverKey();
  if (!key) return false;
  await (await there.pushManager.getSubscription())?.unsubscribe(); // it may be for another key, or another patient's
  await there.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  return true;
}

// What goes wrong without being our fault: no connection, or a network or browser without a push service.
const passing = (error) => [DOMException, Offline, SignedOut, Problem].some((kind) => error instanceof kind);

// A worker is subscribed for once it is at work. On a slow network that is long after the page could be read.
async function atWork(there) {
  const coming = there.installing ?? there.waiting;
  if (there.active || !coming) return Boolean(there.active);
  return new Promise((resolve) => {
    coming.addEventListener("statechange", () => {
      if (coming.state === "activated" || coming.state === "redundant") resolve(coming.state === "activated");
    });
  });
}

// Answers whether they are on now. If not, it is as it was, and can be tried again.
export async function turnOn() {
  if ((await Notification.requestPermission()) !== "granted") {
    say();
    return false;
  }
  const there = await registration();
  try {
    if (!(await atWork(there)) || !(await subscribe(there))) return false;
  } catch (error) {
    if (passing(error)) return false;
    throw error;
  }
  // That they are on is kept once the server knows: until then this page offers it as before, whatever is drawn meanwhile.
  if (!(await describe(there, { on: true }))) {
    await forgetPush();
    return false;
  }
  say();
  return true;
}

export async function turnOff() {
  await keepFact("push", "off");
  await forgetPush();
  await describe(await registration());
  say();
}

export async function declined() {
  await keepFact("push", "off");
  say();
}

// The browser's own end of it: whoever signs out is reminded here no more, whatever the server still knows. A push service
// that cannot be reached holds nobody up.
export async function forgetPush() {
  try {
    await (await (await registration())?.pushManager?.getSubscription())?.unsubscribe();
  } catch (error) {
    if (!passing(error)) throw error;
  }
}

// Whenever the app opens: the server may have a new key, the browser may have dropped what it had.
export async function keepDescribed() {
  const there = await registration();
  try {
    const wanted = (await fact("push")) === "on" && self.Notification?.permission === "granted";
    const subscription = wanted && (await there?.pushManager?.getSubscription());
    if (wanted && there && !(subscription && isFor(subscription, await serverKey()))) await subscribe(there);
  } catch (error) {
    if (!passing(error)) throw error;
  }
  await describe(there);
}
