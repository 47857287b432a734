// A check-in begun on this phone: whose it is, and until when it may be gone on with.

import { dayOf, newDraft } from "./instrument.js";
import { fact, keepFact } from "./kept.js";
import { go } from "./parts.js";
import { state } from "./state.js";

const HOLDS = 6 * 3_600_000; // milliseconds; and never into the next day, which asks about another

// What was begun and can be gone on with, or null.
export async function begun() {
  const draft = await fact("draft");
  if (!draft || draft.patient_id !== state.me.patient_id) return null;
  const now = Date.now();
  return dayOf(draft.begun_at, now) === 0 && now - draft.begun_at < HOLDS ? draft : null;
}

export const keepDraft = (draft) => keepFact("draft", draft);

export const freshDraft = (scheduled) => newDraft(state.me.patient_id, scheduled, Date.now());

export async function begin(scheduled, { anew = false } = {}) {
  const draft = anew ? null : await begun();
  if (!draft || draft.scheduled !== scheduled) await keepDraft(freshDraft(scheduled));
  go(state.me.consents.some((one) => one.kind === "care") ? "/check-in" : "/consent/care/check-in");
}
