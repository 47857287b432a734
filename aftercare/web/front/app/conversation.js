// What the patient and the clinic wrote to each other, as the server last said it; kept on the phone, so that it can be read
// without a network.

import { call } from "./api.js";
import { fact, keepFact } from "./kept.js";
import { ofKind } from "./outbox.js";
import { say, state, unlessAway } from "./state.js";

const MINUTE = 60_000;
const NOTHING = { items: [], next: null, known: false };

let askedFor = "", asking = null;

const kept = async () => {
  const found = await fact("messages");
  return found?.patient_id === state.me.patient_id ? found : NOTHING;
};

const keep = async (page) => {
  const found = { ...page, known: true, patient_id: state.me.patient_id };
  await keepFact("messages", found);
  return found;
};

// The newest page, and behind it what was read of earlier ones.
function joined(page, known) {
  const oldest = page.items.at(-1)?.message_id;
  const place = known.items.findIndex((one) => one.message_id === oldest);
  return place < 0 ? page : { items: [...page.items, ...known.items.slice(place + 1)], next: known.next };
}

// What is known, the newest first, at once: a page waits for no network. Asked anew whenever the rest of the app was, after a
// message or a photo arrived (it may belong to a message that was quicker), and every minute; the newest answer counts, and
// says that it came.
export async function conversation() {
  const items = [...(await ofKind("message")), ...(await ofKind("photo"))];
  const sent = items.filter((item) => item.state === "answered").length;
  const wanted = [state.fetched_at, sent, Math.floor(Date.now() / MINUTE)].join();
  if (wanted !== askedFor) {
    askedFor = wanted;
    void unlessAway(() => call("GET", "/v1/me/messages")).then(async (page) => {
      if (!page || wanted !== askedFor) return;
      await keep(joined(page, await kept()));
      say();
    });
  }
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

async function askEarlier() {
  const { next } = await kept();
  const page = next && await unlessAway(() => call("GET", `/v1/me/messages?cursor=${encodeURIComponent(next)}`));
  const found = await kept(); // newer ones may have come meanwhile
  if (page && found.next === next) await keep({ items: [...found.items, ...page.items], next: page.next });
  say();
}

// Once, however often it is tapped.
export function earlier() {
  asking ??= askEarlier().finally(() => (asking = null));
  return asking;
}
