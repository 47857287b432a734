// What is known of the patient, as the server last said it, and how old that is. Views read it; `changed` is said when
// it or the outbox moves.

import { Offline, Problem, SignedOut, call } from "./api.js";
import { fact, keepFact } from "./kept.js";
import { speak } from "./words.js";

export const changes = new EventTarget();
export const say = () => changes.dispatchEvent(new Event("changed"));

export const state = {
  enrolled: false, // tokens are on this phone
  me: null,
  today: null,
  fetched_at: null, // milliseconds
  lost: false, // the last try found nobody
  trouble: "", // what the server said when it could not answer
  code: "", // an enrolment code that waits to be used
  ended: "", // why this phone is no longer enrolled
};

export async function recall() {
  state.enrolled = Boolean(await fact("tokens"));
  const known = await fact("known");
  if (known) Object.assign(state, known);
  state.code = (await fact("code")) ?? "";
  speak(state.me?.language ?? navigator.language);
}

export const keepKnown = () => keepFact("known", { me: state.me, today: state.today, fetched_at: state.fetched_at });

// Ask the server anew. Answers whether it said something; what could not be had stays as it was.
export async function refresh() {
  if (!state.enrolled) return false;
  try {
    const [me, today] = await Promise.all([call("GET", "/v1/me"), call("GET", "/v1/me/today")]);
    Object.assign(state, { me, today, fetched_at: Date.now(), lost: false, trouble: "" });
    speak(me.language);
    await keepKnown();
  } catch (error) {
    if (!note(error)) throw error;
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
  else if (error instanceof Problem) state.trouble = error.message;
  else return false;
  return true;
}
