// Whether the clinic reminds at all, whichever way: on, paused for some days, or not. Check-ins are awaited all the same.

import { Offline, call } from "../api.js";
import { h } from "../dom.js";
import { go } from "../parts.js";
import { date, t } from "../words.js";

const PAUSE_DAYS = 7;

const say = (state, until) => async () => {
  await call("PUT", "/v1/me/reminders", { state, ...(until && { until }) });
  go(`/settings/${Date.now()}`);
};

function pauseEnd() {
  const morning = new Date();
  morning.setDate(morning.getDate() + PAUSE_DAYS);
  morning.setHours(0, 0, 0, 0);
  return morning.toISOString();
}

export async function reminderWish() {
  let wish;
  try {
    wish = await call("GET", "/v1/me/reminders");
  } catch (error) {
    if (error instanceof Offline) return [h("p", { class: "muted" }, t("wish_offline"))];
    throw error;
  }
  const paused = wish.state === "paused" && Date.parse(wish.until) > Date.now();
  const on = wish.state === "on" || (wish.state === "paused" && !paused);
  const said = on ? t("wish_on") : paused ? t("wish_paused", { when: date(wish.until) }) : t("wish_stopped");
  return [h("p", {}, said),
    h("div", { class: "stack" },
      !on && h("button", { class: "button wide", id: "wish-on", onclick: say("on") }, t("wish_again")),
      on && h("button", { class: "button wide", id: "wish-pause", onclick: say("paused", pauseEnd()) }, t("wish_pause", { n: PAUSE_DAYS })),
      wish.state !== "stopped" && h("button", { class: "button wide", id: "wish-stop", onclick: say("stopped") }, t("wish_stop")))];
}
