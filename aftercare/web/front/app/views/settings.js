// What was agreed to, this phone, and the way out.

import { Offline, Problem, SignedOut, call } from "../api.js";
import { h } from "../dom.js";
import { forgetEverything } from "../kept.js";
import { unsent } from "../outbox.js";
import { backTo, errorSummary, go, heading, live } from "../parts.js";
import { forgetPush } from "../push.js";
import { otherTabs, state } from "../state.js";
import { date, t } from "../words.js";
import { PURPOSES, decide, given, titleOf } from "./consent.js";
import { reminderWish } from "./reminder_wish.js";
import { reminderSetting } from "./reminders.js";

function consentLine(purpose) {
  const word = given(purpose);
  const use = ["care", "photos"].includes(purpose);
  const said = word ? t(word.granted ? "agreed" : "disagreed", { when: date(word.given_at) }) : t(use ? "not_asked" : "not_used");
  const withdraw = async () => {
    await decide(purpose, false);
    go(`/settings/${Date.now()}`);
  };
  const named = (act) => `${t(act)}: ${titleOf(purpose)}`;
  return h("li", {}, h("div", {}, h("h3", {}, titleOf(purpose)), h("p", { class: "muted" }, said)),
    h("div", { class: "acts" },
      h("a", { class: "button", href: `#/consent/${purpose}/settings`, "aria-label": named(word ? "change" : "read") }, t(word ? "change" : "read")),
      word?.granted && h("button", { class: "button", onclick: withdraw, "aria-label": named("withdraw") }, t("withdraw"))));
}

async function signOut(wrong) {
  try {
    await call("DELETE", "/v1/tokens/current");
  } catch (error) {
    const complain = (text) => wrong.replaceChildren(errorSummary([{ id: "sign-out", text }]));
    if (error instanceof Offline) return complain(t("sign_out_offline"));
    if (error instanceof Problem) return complain(error.message);
    if (!(error instanceof SignedOut)) throw error;
  }
  await forgetPush();
  await forgetEverything();
  otherTabs.postMessage(null);
  location.replace(location.pathname); // nothing of the patient stays in memory either
}

export async function settingsView() {
  const waiting = await unsent();
  const wrong = h("div", {});
  const { name, clinic } = state.me;
  const body = [
    backTo("/"), heading(t("settings")),
    h("h2", {}, t("consents")), h("ul", { class: "lines acts" }, PURPOSES.map(consentLine)),
    h("h2", {}, t("your_photos")), h("ul", { class: "lines" },
      h("li", {}, h("a", { href: "#/photo" }, t("photos_open"))), h("li", {}, h("a", { href: "#/photo-views" }, t("photo_views"))),
      h("li", {}, h("a", { href: "#/erase" }, t("erase")))),
    h("h2", {}, t("remind")), await live(reminderSetting), reminderWish(),
    h("h2", {}, t("this_phone")), h("p", {}, t("connected_as", { name, clinic })), h("p", { class: "hint" }, t("install_hint")),
    h("p", {}, t("sign_out_why")),
    waiting.length > 0 && h("div", { class: "notice problem", role: "alert" }, h("p", {}, t("sign_out_unsent", { n: waiting.length }))),
    wrong, h("button", { class: "button wide", id: "sign-out", onclick: () => signOut(wrong) }, t("sign_out")),
    h("h2", {}, t("about")), h("div", { class: "fine" }, h("p", {}, h("strong", {}, t("not_cleared"))), h("p", {}, t("intended_use"))),
  ];
  return { title: t("settings"), body };
}
