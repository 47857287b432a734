// This app on this phone, as the clinic's server knows it: told whenever it opens, and when its push address changes.

import { Offline, Problem, SignedOut, call } from "./api.js";
import { fact, keepFact, newId } from "./kept.js";
import { inTurn } from "./turns.js";

export const VERSION = "0.1.0";
const TURN = 30_000; // milliseconds that another tab or the worker may take, a renewed token included

export async function installation() {
  const known = await fact("installation");
  if (known) return known;
  const made = newId();
  await keepFact("installation", made);
  return made;
}

async function pushAddress(registration, on) {
  const subscription = on ? await registration?.pushManager?.getSubscription() : null;
  return subscription ? { channel: "webpush", address: JSON.stringify(subscription) } : null;
}

async function tell(registration, on) {
  try {
    await call("PUT", `/v1/me/installations/${await installation()}`, {
      app_version: VERSION,
      locale: navigator.language,
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      push: await pushAddress(registration, on ?? (await fact("push")) === "on"),
    });
    if (on) await keepFact("push", "on"); // in the same turn: the next one tells what is kept
    return true;
  } catch (error) {
    if (error instanceof Offline || error instanceof SignedOut || error instanceof Problem) return false;
    throw error;
  }
}

// Answers whether it was taken; it is told anew next time, so that nothing has to be done if not. One after the other: what
// was said first must not arrive last, or reminders that were turned on are off again for the server.
export const describe = (registration, { on } = {}) => inTurn("aftercare-installation", TURN, () => tell(registration, on));
