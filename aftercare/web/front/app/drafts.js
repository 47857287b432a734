// A check-in begun on this phone: whose it is, and until when it may be gone on with.

import { dayOf, newDraft } from "./instrument.js";
import { fact, isFull, keepFact } from "./kept.js";
import { go } from "./parts.js";
import { say, state } from "./state.js";

const HOLDS = 6 * 3_600_000; // milliseconds; and not into the next day, which asks about another
const ANSWERING = 30 * 60_000; // milliseconds; whoever is at it then loses nothing, at midnight either

// What was begun and can be gone on with, or null.
export async function begun() {
  const draft = await fact("draft");
  if (!draft || draft.patient_id !== state.me.patient_id) return null;
  const now = Date.now();
  const fresh = isToday(draft) && now - draft.begun_at < HOLDS;
  return fresh || now - draft.kept_at < ANSWERING ? draft : null;
}

export const isToday = (draft) => dayOf(draft.begun_at, Date.now()) === 0;

export async function keepDraft(draft) {
  draft.kept_at = Date.now();
  await keepFact("draft", draft);
  if (isFull()) say();
}

export const freshDraft = (scheduled) => newDraft(state.me.patient_id, scheduled, Date.now());

export async function begin(scheduled, { anew = false } = {}) {
  const draft = anew ? null : await begun();
  if (!draft || draft.scheduled !== scheduled) await keepDraft(freshDraft(scheduled));
  go(state.me.consents.some((one) => one.kind === "care") ? "/check-in" : "/consent/care/check-in");
}
