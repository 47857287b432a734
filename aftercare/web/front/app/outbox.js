// What waits to be sent, the oldest of its kind first. Each has an id made here, so that sending it twice is the same as
// once; it stays until the server answered, and its answer stays with it. Words and photos go side by side: a photo can
// take minutes, and a check-in made meanwhile does not wait for it.

import { Offline, Problem, SignedOut, call, upload } from "./api.js";
import { newId, queue, queued, queuedItem, unqueue } from "./kept.js";
import { note, reached, say, state } from "./state.js";
import { inTurn } from "./turns.js";

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
  await flushNow();
}

// Photos that were not sent yet are not wanted any more.
export async function discardPhotos() {
  for (const item of await ofKind("photo")) if (item.state !== "answered") await unqueue(item.id);
  say();
}

async function sendOne(item) {
  try {
    const answer = await SENDERS[item.kind](item);
    // What signing out removed meanwhile is not brought back; the picture itself is not needed again.
    if (await queuedItem(item.id)) await queue({ ...item, state: "answered", answer, blob: undefined });
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

// A lane sends items of its kinds one after the other, and again after a while what could not be sent.
class Lane {
  #running = null;
  #again = false;
  #timer = 0;
  failures = 0;

  // `turn`: milliseconds that another tab may take.
  constructor(name, kinds, turn) {
    this.name = name;
    this.kinds = kinds;
    this.turn = turn;
  }

  // A flush that is wished for while one is under way follows it, and both are over together.
  flush() {
    clearTimeout(this.#timer);
    this.#again = true;
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run() {
    try {
      while (this.#again) {
        this.#again = false;
        await this.#sendAll();
      }
    } finally {
      this.#running = null;
    }
  }

  async #sendAll() {
    if (!state.enrolled || !state.me) return;
    const left = await inTurn(this.name, this.turn, () => this.#round());
    if (!left) {
      this.failures = 0;
      return;
    }
    note(left);
    say();
    if (!(left instanceof SignedOut)) this.#wait(left);
  }

  // Once through everything that waits. Answers the error that is left, if any, of those the one that passes first: nobody
  // there ends the round, one item that the server fails at does not hold up the others.
  async #round() {
    const tried = new Set();
    let left = null;
    for (let item = await this.#next(tried); item; item = await this.#next(tried)) {
      tried.add(item.id);
      const error = await sendOne(item);
      if (error && !(error instanceof Problem)) return error;
      if (error && (!left || (error.retryAfter ?? 0) < (left.retryAfter ?? 0))) left = error;
    }
    return left;
  }

  async #next(tried) {
    const waiting = (await queued()).filter((item) => item.state === "waiting" && mine(item));
    // A photo before its consent would be refused.
    const early = (item) => item.kind === "photo" && waiting.some((other) => other.kind === "consent");
    const place = (item) => this.kinds.indexOf(item.kind);
    return waiting.filter((item) => place(item) >= 0 && !tried.has(item.id) && !early(item))
      .sort((one, other) => place(one) - place(other) || one.made_at - other.made_at)[0];
  }

  #wait(error) {
    const planned = Math.min(FIRST_WAIT * 2 ** this.failures, LONGEST_WAIT);
    this.failures += 1;
    const asked = (error.retryAfter ?? 0) * 1000;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void flush(), Math.max(asked, planned * (0.5 + Math.random() / 2)));
  }
}

const words = new Lane("aftercare-outbox", ["consent", "check_in", "message", "receipt"], 5_000);
const photos = new Lane("aftercare-photos", ["photo"], LONGEST_WAIT);

export async function flush() {
  await words.flush();
  await photos.flush();
}

// Without the wait that earlier failures have earned.
function flushNow() {
  words.failures = photos.failures = 0;
  return flush();
}

// A network that comes back, or a page that is looked at again, is the best moment to try.
export function startSending() {
  addEventListener("online", () => void flushNow());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && void flushNow());
  void flushNow();
}
