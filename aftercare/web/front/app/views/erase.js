// What the patient wants forgotten: photos at once and for good; everything is asked of the clinic, which has to answer.

import { Offline, call } from "../api.js";
import { h } from "../dom.js";
import { discardPhotos } from "../outbox.js";
import { backTo, errorSummary, go, heading } from "../parts.js";
import { note, say, unlessAway } from "../state.js";
import { date, t } from "../words.js";

function line(one) {
  const became = one.refused_at ? t("erase_refused", { why: t(`erase_because_${one.refused_because}`) })
    : one.finished_at ? t("erase_done") : one.started_at ? t("erase_started") : t("erase_waiting");
  return h("li", {}, h("span", {}, t(`erase_${one.scope}`)), h("span", { class: "muted" }, `${date(one.asked_at)}: ${became}`));
}

// Nothing is erased by one tap: the button says once more what it does, and the second tap does it.
function twice(scope, wrong) {
  const button = h("button", { class: "button wide", id: `erase-${scope}` }, t(`erase_${scope}`));
  button.addEventListener("click", async () => {
    if (!button.dataset.sure) {
      button.dataset.sure = "1";
      button.classList.add("primary");
      button.textContent = t(`erase_${scope}_sure`);
      return;
    }
    button.disabled = true;
    try {
      await call("POST", "/v1/me/erasure", { scope });
      if (scope === "photos") await discardPhotos(); // one that was still to be sent would come after
      go(`/erase/${Date.now()}`);
    } catch (error) {
      if (!note(error)) throw error;
      say();
      const text = error instanceof Offline ? t("erase_offline") : error.message;
      wrong.replaceChildren(errorSummary([{ id: button.id, text }]));
    } finally {
      button.disabled = false;
    }
  });
  return button;
}

export async function eraseView() {
  const wrong = h("div", {});
  const asked = await unlessAway(() => call("GET", "/v1/me/erasures"));
  if (asked === undefined) wrong.replaceChildren(h("p", { class: "muted" }, t("erase_offline")));
  const past = asked ?? [];
  const waits = past.some((one) => one.scope === "everything" && !one.started_at && !one.refused_at);
  const body = [
    backTo("/settings"), heading(t("erase")), wrong,
    h("h2", {}, t("erase_photos")), h("p", {}, t("erase_photos_why")), twice("photos", wrong),
    h("h2", {}, t("erase_everything")), h("p", {}, t("erase_everything_why")),
    waits ? h("p", {}, t("erase_waiting")) : twice("everything", wrong),
    past.length > 0 && h("h2", {}, t("erase_past")), past.length > 0 && h("ul", { class: "lines" }, past.map(line)),
  ];
  return { title: t("erase"), body };
}
