// Asking for a consent, before the first check-in and the first photo and again whenever the patient wants.

import { h } from "../dom.js";
import { add } from "../outbox.js";
import { backTo, go, heading, watchesLine } from "../parts.js";
import { keepKnown, say, state, withWord } from "../state.js";
import { language, t } from "../words.js";

const KNOWN_TEXT = "1"; // the version of the texts in words/*.js

export const PURPOSES = ["care", "photos", "teaching", "marketing"];

export const given = (purpose) => state.me.consents.find((one) => one.kind === purpose) ?? null;

// The newest word, kept here at once and sent when there is a network.
export async function decide(purpose, granted) {
  const draft = { granted, text_version: KNOWN_TEXT, language };
  const word = { kind: purpose, given_at: new Date().toISOString(), ...draft };
  state.me = withWord(state.me, word);
  await keepKnown();
  await add("consent", { purpose, draft });
  say();
}

export async function consentView([purpose, ...then]) {
  const next = `/${then.join("/")}`;
  const title = t(`consent_${purpose}`);
  if (state.today.consent_text_version !== KNOWN_TEXT) {
    return { title, body: [heading(title), h("p", {}, t("consent_unknown")), h("button", { class: "button", onclick: () => location.reload() }, t("reload"))] };
  }
  const answer = (granted) => async () => {
    await decide(purpose, granted);
    go(granted || purpose === "care" ? next : next.startsWith("/photo") ? "/" : next);
  };
  const body = [
    then[0] === "settings" && backTo("/settings"),
    heading(title), h("p", {}, t(`consent_${purpose}_text`)),
    h("p", {}, t(purpose === "photos" ? "consent_choice_photos" : "consent_choice")),
    purpose === "care" && watchesLine(),
    h("div", { class: "stack" },
      h("button", { class: "button primary wide", onclick: answer(true) }, t("agree")),
      h("button", { class: "button wide", onclick: answer(false) }, t("disagree"))),
    h("p", { class: "caption" }, t("consent_version", { version: KNOWN_TEXT })),
  ];
  return { title, body };
}
