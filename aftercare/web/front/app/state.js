// What is known of the patient, as the server last said it, and how old that is. Views read it; `changed` is said when
// it or the outbox moves.

import { Offline, Problem, SignedOut, call } from "./api.js";
import { fact, keepFact, queued } from "./kept.js";
import { speak } from "./words.js";

// This phone's other tabs: whose patient was signed out, or became another one, is theirs no more.
export const otherTabs = new BroadcastChannel("aftercare-signed-out");
export const changes = new EventTarget();
export let moves = 0; // how often it was said
export function say() {
  moves += 1;
  changes.dispatchEvent(new Event("changed"));
}

export const state = {
  enrolled: false, // tokens are on this phone
  me: null,
  today: null,
  fetched_at: null, // milliseconds
  lost: false, // the last try found nobody
  trouble: "", // what the server said when it could not answer that try
  code: "", // an enrolment code that waits to be used
  ended: "", // why this phone is no longer enrolled
};

// An answer came: somebody is there, unless this phone has lost its network since it asked.
export const reached = () => {
  state.lost &&= !navigator.onLine;
};

export async function recall() {
  state.enrolled = Boolean(await fact("tokens"));
  const known = await fact("known");
  if (known) Object.assign(state, known, { ended: state.enrolled ? "" : "ended" });
  state.code = (await fact("code")) ?? "";
  speak(state.me?.language ?? navigator.language);
}

export const keepKnown = () => keepFact("known", { me: state.me, today: state.today, fetched_at: state.fetched_at });

// A word on a consent that is still on its way counts already.
async function withWaiting(me) {
  const waiting = (await queued()).filter((item) => item.kind === "consent" && item.state === "waiting" && item.patient_id === me.patient_id);
  waiting.sort((one, other) => one.made_at - other.made_at);
  return waiting.reduce((known, { purpose, draft, made_at: madeAt }) => withWord(known, { kind: purpose, given_at: new Date(madeAt).toISOString(), ...draft }), me);
}

export const withWord = (me, word) => ({ ...me, consents: [...me.consents.filter((one) => one.kind !== word.kind), word] });

// Ask the server anew. Answers whether it said something; what could not be had stays as it was.
export async function refresh() {
  if (!state.enrolled) return false;
  try {
    const [me, today] = await Promise.all([call("GET", "/v1/me"), call("GET", "/v1/me/today")]);
    Object.assign(state, { me: await withWaiting(me), today, fetched_at: Date.now(), trouble: "" });
    reached();
    speak(me.language);
    await keepKnown();
  } catch (error) {
    if (!note(error)) throw error;
    state.trouble = error instanceof Problem ? error.message : "";
    return false;
  } finally {
    say();
  }
  return true;
}

// What an error of the interface means for the whole app. Answers whether it was one.
export function note(error) {
  if (error instanceof Offline) state.lost = true;
  else if (error instanceof SignedOut) Object.assign(state, { enrolled: false, ended: error.message || "ended" });
  else return error instanceof Problem;
  return true;
}

// What the server answers; undefined where it cannot be had now, which `state` then knows.
export async function unlessAway(act) {
  try {
    return await act();
  } catch (error) {
    const before = state.enrolled;
    if (!note(error)) throw error;
    if (before && !state.enrolled) say(); // this page is another one now
    return undefined;
  }
}
