// After sending: whether it arrived, and what the server says to do. The words are the server's, kept as they came.

import { h } from "../dom.js";
import { begin } from "../drafts.js";
import { queuedItem } from "../kept.js";
import { tryAgain } from "../outbox.js";
import { backTo, callButton, emergencyPanel, heading, live, tierBadge, watchesLine } from "../parts.js";
import { state } from "../state.js";
import { chipName, dateAndClock, t } from "../words.js";
import { asksPhotos, given } from "./consent.js";

// "/answers/redness" -> the name that the patient knows it by
function nameOf(pointer) {
  const key = pointer.split("/")[2];
  const item = state.today.questions.items.find((one) => one.key === key);
  return item ? chipName({ item }) : t("other_part");
}

function asides(answer) {
  const list = (title, lines) => lines.length > 0 && h("div", { class: "notice" }, h("p", {}, t(title)), h("ul", {}, lines.map((line) => h("li", {}, line))));
  return [
    list("set_aside", answer.set_aside.map((one) => `${nameOf(one.pointer)}: ${one.reason}`)),
    list("adjusted", answer.adjusted.map((one) => one.reason)),
  ];
}

function answered(item) {
  const { advice } = item.answer;
  const tier = advice.tier;
  const urgent = tier === "emergency" || tier === "same_day";
  return [
    h("section", { class: `advice ${tier ?? "none"}`, role: urgent ? "alert" : "status" },
      tier && tierBadge(tier), heading(advice.headline), h("p", { lang: advice.language }, advice.text),
      advice.call && callButton(advice.call.number, advice.call.label, urgent ? "loud" : "")),
    item.answer.ask_again && h("div", { class: "notice problem", role: "alert" }, h("h2", {}, t("ask_again_title")), h("p", {}, t("ask_again")),
      h("button", { class: "button primary wide", onclick: () => begin(false, { anew: true }) }, t("answer_again"))),
    asides(item.answer),
    h("p", { class: "caption" }, t("sent_at", { when: dateAndClock(item.answer.received_at) })),
  ];
}

function waiting(item) {
  const phone = state.me.clinic_phone;
  return [heading(t("waiting_title")), item.emergency && emergencyPanel(state.today.emergency),
    h("p", {}, t("waiting")), h("p", {}, t("waiting_call")), watchesLine(), phone && callButton(phone, t("call_clinic")),
    h("button", { class: "button wide", onclick: () => tryAgain(item.id) }, t("try_again"))];
}

function refused(item) {
  const phone = state.me.clinic_phone;
  return [heading(t("refused_title")), h("div", { class: "notice problem", role: "alert" }, h("p", {}, item.problem)),
    item.emergency && emergencyPanel(state.today.emergency), phone && callButton(phone, t("call_clinic"), "primary"),
    h("button", { class: "button wide", onclick: () => tryAgain(item.id) }, t("try_again"))];
}

const STATES = { answered, waiting, refused };

// Who has to call now is offered nothing else, also where only the answer says so.
function onwards(item) {
  const calm = !item.emergency && item.answer?.advice.tier !== "emergency";
  const photo = given("photos")?.granted ? `#/photo/${item.id}` : `#/consent/photos/photo/${item.id}`;
  return h("div", { class: "stack" }, calm && asksPhotos() && h("a", { class: "button wide", href: photo }, t("add_photo")),
    h("a", { class: "button wide", href: "#/" }, t("to_today")));
}

// What a patient who had this phone before has sent is nobody's to see here.
async function mine(id) {
  const item = await queuedItem(id);
  return item?.patient_id === state.me.patient_id ? item : null;
}

export async function sentView([id]) {
  if (!(await mine(id))) return { title: t("sent_list"), body: [heading(t("sent_list")), h("p", {}, t("unknown_sent")), backTo("/", t("to_today"))] };
  const part = await live(async () => {
    const item = await mine(id);
    return item ? [STATES[item.state](item), onwards(item)] : [];
  });
  return { title: t("sent_list"), body: [part] };
}
