// What the patient and the clinic wrote to each other, as the server last said it; kept on the phone, so that it can be read
// without a network.

import { Offline, Problem, SignedOut, call } from "./api.js";
import { fact, keepFact } from "./kept.js";
import { ofKind } from "./outbox.js";
import { note, say, state } from "./state.js";

const MINUTE = 60_000;
const NOTHING = { items: [], next: null, known: false };

let askedFor = "", asking = null;

async function unlessAway(act) {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Offline || error instanceof Problem || error instanceof SignedOut)) throw error;
    note(error);
    return null;
  }
}

const kept = async () => {
  const found = await fact("messages");
  return found?.patient_id === state.me.patient_id ? found : NOTHING;
};

const keep = async (page) => {
  const found = { ...page, known: true, patient_id: state.me.patient_id };
  await keepFact("messages", found);
  return found;
};

// The newest first. Asked anew whenever the rest of the app was, after a message or a photo arrived (it may belong to a
// message that was quicker), and every minute. Whoever asks meanwhile waits for the same answer: what is older would be
// drawn last, and stay.
export async function conversation() {
  const items = [...(await ofKind("message")), ...(await ofKind("photo"))];
  const sent = items.filter((item) => item.state === "answered").length;
  const wanted = [state.fetched_at, sent, Math.floor(Date.now() / MINUTE)].join();
  if (wanted !== askedFor) {
    askedFor = wanted;
    asking = unlessAway(() => call("GET", "/v1/me/messages")).then((page) => page && keep(page));
  }
  await asking;
  return kept();
}

export const unreadOf = ({ items }) => items.filter((one) => one.direction === "from_clinic" && !one.read_at);

// Say that the patient has seen what the clinic wrote. Without a network it is said the next time it is seen.
export async function markRead(found) {
  const [newest] = unreadOf(found);
  if (!newest || document.visibilityState !== "visible") return;
  const done = await unlessAway(() => call("POST", "/v1/me/messages/read", { up_to: newest.message_id }));
  if (!done) return;
  const now = new Date().toISOString();
  await keep({ ...found, items: found.items.map((one) => (one.direction === "from_clinic" && !one.read_at ? { ...one, read_at: now } : one)) });
}

export async function earlier() {
  const found = await kept();
  if (!found.next) return;
  const page = await unlessAway(() => call("GET", `/v1/me/messages?cursor=${encodeURIComponent(found.next)}`));
  if (page) await keep({ items: [...found.items, ...page.items], next: page.next });
  say();
}
