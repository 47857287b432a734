// Whether this phone reminds: offered on the first page, and always in the settings.

import { h } from "../dom.js";
import { declined, standing, turnOff, turnOn } from "../push.js";
import { t } from "../words.js";

function switchOn(wrong) {
  return async (event) => {
    event.target.disabled = true;
    const on = await turnOn();
    event.target.disabled = false;
    if (!on) wrong.replaceChildren(h("p", { role: "alert" }, t("remind_failed")));
  };
}

// The first page asks once; a no is kept, and a yes needs no more words.
export async function reminderCard() {
  if ((await standing()) !== "new") return [];
  const wrong = h("div", {});
  return [h("section", { class: "card", id: "remind" }, h("h2", {}, t("remind")), h("p", {}, t("remind_why")), wrong,
    h("div", { class: "stack" },
      h("button", { class: "button accent wide", id: "remind-on", onclick: switchOn(wrong) }, t("remind_on")),
      h("button", { class: "button wide", id: "remind-no", onclick: declined }, t("remind_no"))))];
}

export async function reminderSetting() {
  const now = await standing();
  const wrong = h("div", {});
  const said = { unable: "remind_unable", blocked: "remind_blocked", on: "remind_is_on" }[now] ?? "remind_is_off";
  return [h("p", {}, t(said)), wrong,
    now === "on" && h("button", { class: "button wide", id: "remind-off", onclick: turnOff }, t("remind_stop")),
    ["off", "new"].includes(now) && h("button", { class: "button wide", id: "remind-on", onclick: switchOn(wrong) }, t("remind_on"))];
}
