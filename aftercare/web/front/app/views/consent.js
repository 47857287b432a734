// Asking for a consent, before the first check-in and the first photo and again whenever the patient wants. The texts are
// those that the server keeps on record under the same version, bundled, so that they can be read without a network.

import texts from "../../../../care/consent_texts/2.json";
import { h } from "../dom.js";
import { add, discardPhotos } from "../outbox.js";
import { backTo, go, heading, watchesLine } from "../parts.js";
import { keepKnown, say, state, withWord } from "../state.js";
import { language, spoken, t } from "../words.js";

export const PURPOSES = Object.keys(texts.purposes);

export const titleOf = (purpose) => spoken(texts.purposes[purpose].title);

export const given = (purpose) => state.me.consents.find((one) => one.kind === purpose) ?? null;

// Whoever said no is not asked again; the way back is in the settings.
export const asksPhotos = () => given("photos")?.granted !== false;

// The newest word, kept here at once and sent when there is a network. After a no, photos that still wait are not sent.
export async function decide(purpose, granted) {
  const now = new Date().toISOString();
  const draft = { granted, text_version: texts.version, language, decided_at: now };
  state.me = withWord(state.me, { kind: purpose, given_at: now, ...draft });
  await keepKnown();
  if (purpose === "photos" && !granted) await discardPhotos();
  await add("consent", { purpose, draft });
  say();
}

export async function consentView([purpose, ...then]) {
  const next = `/${then.join("/")}`;
  const title = titleOf(purpose);
  if (state.today.consent_text_version !== texts.version) {
    return { title, body: [heading(title), h("p", {}, t("consent_unknown")), h("button", { class: "button", onclick: () => location.reload() }, t("reload"))] };
  }
  const answer = (granted) => async () => {
    await decide(purpose, granted);
    go(granted || purpose === "care" ? next : next.startsWith("/photo") ? "/" : next);
  };
  const body = [
    then[0] === "settings" && backTo("/settings"),
    heading(title), spoken(texts.purposes[purpose].text).map((paragraph) => h("p", {}, paragraph)),
    purpose === "care" && watchesLine(),
    h("div", { class: "stack" },
      h("button", { class: "button primary wide", onclick: answer(true) }, t("agree")),
      h("button", { class: "button wide", onclick: answer(false) }, t("disagree"))),
    h("p", { class: "caption" }, t("consent_version", { version: texts.version })),
  ];
  return { title, body };
}
