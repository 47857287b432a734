// What to photograph today and how: asked for by the server, counted with what still waits on this phone, never required.

import { h, shape } from "../dom.js";
import { localDate } from "../instrument.js";
import { ofKind } from "../outbox.js";
import { state } from "../state.js";
import { spoken, t } from "../words.js";

const guide = () => state.today.photos ?? { asked: [], steps: [] };

const open = () => {
  const today = localDate(Date.now());
  return guide().asked.filter((set) => set.date <= today && today <= set.until);
};

const counts = (item, set) => item.state !== "refused" && localDate(Date.parse(item.taken_at)) >= set.date;

// The views of today's sets, each once: taken if it is there or on its way.
export async function viewsToday() {
  const items = await ofKind("photo");
  const views = new Map();
  for (const set of open()) {
    for (const one of set.views) {
      const taken = one.taken || items.some((item) => item.view === one.view && counts(item, set));
      const before = views.get(one.view);
      views.set(one.view, { ...one, taken: taken && (before?.taken ?? true), when_needed: one.when_needed });
    }
  }
  return [...views.values()];
}

export const isMissing = (view) => !view.taken && !view.when_needed;

// How a view is taken; of one that nobody asks for, what holds for all.
export function howTo(id) {
  const known = guide().asked.flatMap((set) => set.views).find((one) => one.view === id);
  return h("div", { class: "how-to" },
    known && h("p", {}, spoken(known.how)),
    h("details", {}, h("summary", {}, t("how_to")),
      h("ul", {}, guide().steps.map((step) => h("li", {}, shape("do"), h("span", {}, spoken(step.text)))))));
}

// The address of an earlier photo of the same view, to hold a new one against.
export const earlierOf = (id) => guide().asked.flatMap((set) => set.views).find((one) => one.view === id)?.baseline ?? null;

// One line for the first page.
export async function missingLine() {
  const missing = (await viewsToday()).filter(isMissing);
  if (!missing.length) return [];
  return [h("p", { class: "hint" }, t("views_missing", { views: missing.map((one) => spoken(one.name)).join(", ") }), " ", t("photos_optional"))];
}
