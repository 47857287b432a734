// What waits to be sent: consents, check-ins, messages, photos, receipts, in that order, the oldest first. Each has an id made here, so that
// sending it twice is the same as once; it stays until the server answered, and its answer stays with it.

import { Offline, Problem, SignedOut, call, upload } from "./api.js";
import { newId, queue, queued, queuedItem } from "./kept.js";
import { note, reached, say, state } from "./state.js";

const ORDER = ["consent", "check_in", "message", "photo", "receipt"];
const FIRST_WAIT = 2_000, LONGEST_WAIT = 300_000; // milliseconds

const SENDERS = {
  consent: (item) => call("PUT", `/v1/me/consents/${item.purpose}`, item.draft),
  check_in: (item) => call("PUT", `/v1/check-ins/${item.id}`, item.draft),
  message: (item) => call("PUT", `/v1/messages/${item.id}`, item.draft),
  photo: (item) => {
    const query = new URLSearchParams({ view: item.view, taken_at: item.taken_at });
    if (item.check_in_id) query.set("check_in_id", item.check_in_id);
    return upload(`/v1/photos/${item.id}?${query}`, item.blob, (share) => {
      progress.set(item.id, share);
      say();
    });
  },
  receipt: async (item) => {
    const [{ problem }] = (await call("POST", "/v1/sync", { receipts: [{ id: item.id, ...item.draft }] })).receipts;
    if (problem) throw new Problem(problem.status, problem);
    return null;
  },
};

export const progress = new Map(); // photo's id -> share sent, 0 to 1

const mine = (item) => item.patient_id === state.me?.patient_id;

export async function ofKind(kind) {
  const items = (await queued()).filter((item) => item.kind === kind && mine(item));
  return items.sort((one, other) => other.made_at - one.made_at);
}

// What a patient would miss: a receipt is the clinic's.
export const unsent = async () => (await queued()).filter((item) => item.state !== "answered" && item.kind !== "receipt");

// Put something into the outbox and try to send it at once. Answers its id.
export async function add(kind, content) {
  const item = { id: newId(), kind, patient_id: state.me.patient_id, made_at: Date.now(), state: "waiting", ...content };
  await queue(item);
  say();
  void flush();
  return item.id;
}

export async function tryAgain(id) {
  const item = await queuedItem(id);
  await queue({ ...item, state: "waiting", problem: null });
  failures = 0;
  await flush();
}

async function next(tried) {
  const waiting = (await queued()).filter((item) => item.state === "waiting" && mine(item) && !tried.has(item.id));
  waiting.sort((one, other) => ORDER.indexOf(one.kind) - ORDER.indexOf(other.kind) || one.made_at - other.made_at);
  return waiting[0];
}

async function sendOne(item) {
  try {
    const answer = await SENDERS[item.kind](item);
    // What may have been changed meanwhile on another tab is not brought back; the picture itself is not needed again.
    await queue({ ...item, state: "answered", answer, blob: undefined });
    reached();
    return null;
  } catch (error) {
    if (error instanceof Problem && !error.passing) {
      await queue({ ...item, state: "refused", problem: error.message });
      return null;
    }
    if (error instanceof Offline || error instanceof SignedOut || error instanceof Problem) return error;
    throw error;
  } finally {
    progress.delete(item.id);
    say();
  }
}

// Once through everything that waits. Answers the error that is left, if any: nobody there ends the round, one item
// that the server fails at does not hold up the others.
async function round() {
  const tried = new Set();
  let left = null;
  for (let item = await next(tried); item; item = await next(tried)) {
    tried.add(item.id);
    const error = await sendOne(item);
    if (error) left = error;
    if (error && !(error instanceof Problem)) break;
  }
  return left;
}

let running = null, again = false, failures = 0, timer = 0;

export function flush() {
  if (running) {
    again = true;
    return running;
  }
  clearTimeout(timer);
  running = sendAll().finally(() => {
    running = null;
    if (again) {
      again = false;
      void flush();
    }
  });
  return running;
}

async function sendAll() {
  if (!state.enrolled || !state.me) return;
  const left = navigator.locks
    ? await navigator.locks.request("aftercare-outbox", round)
    : await round();
  if (!left) {
    failures = 0;
    return;
  }
  note(left);
  say();
  if (!(left instanceof SignedOut)) wait(left);
}

function wait(error) {
  const planned = Math.min(FIRST_WAIT * 2 ** failures, LONGEST_WAIT);
  failures += 1;
  const asked = (error.retryAfter ?? 0) * 1000;
  timer = setTimeout(flush, Math.max(asked, planned * (0.5 + Math.random() / 2)));
}

// A network that comes back, or a page that is looked at again, is the best moment to try.
export function startSending() {
  const now = () => {
    failures = 0;
    void flush();
  };
  addEventListener("online", now);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && now());
  now();
}
