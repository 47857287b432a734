// Whether the clinic reminds at all, whichever way: on, paused for some days, or not. Check-ins are awaited all the same.

import { Offline, call } from "../api.js";
import { h } from "../dom.js";
import { errorSummary, go } from "../parts.js";
import { note, say, unlessAway } from "../state.js";
import { date, t } from "../words.js";

const PAUSE_DAYS = 7;

const wish = (wrong, state, until) => async ({ target }) => {
  try {
    await call("PUT", "/v1/me/reminders", { state, ...(until && { until }) });
    go(`/settings/${Date.now()}`);
  } catch (error) {
    if (!note(error)) throw error;
    say();
    wrong.replaceChildren(errorSummary([{ id: target.id, text: error instanceof Offline ? t("offline_bare") : error.message }]));
  }
};

function pauseEnd() {
  const morning = new Date();
  morning.setDate(morning.getDate() + PAUSE_DAYS);
  morning.setHours(0, 0, 0, 0);
  return morning.toISOString();
}

async function parts() {
  const known = await unlessAway(() => call("GET", "/v1/me/reminders"));
  if (known === undefined) return [h("p", { class: "muted" }, t("wish_offline"))];
  const wrong = h("div", {});
  const paused = known.state === "paused" && Date.parse(known.until) > Date.now();
  const on = known.state === "on" || (known.state === "paused" && !paused);
  const said = on ? t("wish_on") : paused ? t("wish_paused", { when: date(known.until) }) : t("wish_stopped");
  return [h("p", {}, said), wrong,
    h("div", { class: "stack" },
      !on && h("button", { class: "button wide", id: "wish-on", onclick: wish(wrong, "on") }, t("wish_again")),
      on && h("button", { class: "button wide", id: "wish-pause", onclick: wish(wrong, "paused", pauseEnd()) }, t("wish_pause", { n: PAUSE_DAYS })),
      known.state !== "stopped" && h("button", { class: "button wide", id: "wish-stop", onclick: wish(wrong, "stopped") }, t("wish_stop")))];
}

// Filled when the server has answered: the settings wait for no network.
export function reminderWish() {
  const box = h("div", { class: "live" }, h("p", { class: "muted" }, t("loading")));
  void parts().then((found) => box.replaceChildren(...found));
  return box;
}
