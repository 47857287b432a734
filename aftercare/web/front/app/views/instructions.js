// What to do on a day: today's open, the next days folded, all of it without a network. That today's were on the screen
// goes to the clinic once, as a receipt.

import { h, shape } from "../dom.js";
import { add, ofKind } from "../outbox.js";
import { localDate } from "../instrument.js";
import { state } from "../state.js";
import { date, t } from "../words.js";

const LISTS = ["do", "avoid"];

// The day's items by how they are meant.
function byKind(told, day) {
  const items = day.items.map((place) => told.items[place]);
  return (kind) => items.filter((item) => item.kind === kind);
}

const line = (item) => h("li", {}, shape(item.kind), h("div", {}, h("strong", {}, item.title), h("p", { lang: item.language }, item.text)));

// Below a heading of that level.
function lists(told, day, level) {
  const of = byKind(told, day);
  return [
    of("know").map((item) => h("div", { class: "usual" }, h(level, {}, item.title), h("p", { lang: item.language }, item.text))),
    of("call").map((item) => h("div", { class: "told-call" }, h(level, {}, item.title), h("p", { lang: item.language }, item.text))),
    LISTS.filter((kind) => of(kind).length).map((kind) => h("div", { class: "told" }, h(level, {}, t(`told_${kind}`)), h("ul", {}, of(kind).map(line)))),
  ];
}

const fold = (told, day, title) => h("details", { class: "told-later" }, h("summary", {}, title), h("div", { class: "stack" }, lists(told, day, "h4")));

export async function instructionsCard() {
  const told = state.today.instructions;
  if (!told) return [];
  const today = localDate(Date.now());
  const [here, ...later] = told.days.filter((one) => one.date >= today);
  if (!here) return [h("section", { class: "instructions" }, h("h2", {}, t("told_today")), h("p", { class: "muted" }, t("told_old")))];
  const known = here.date === today;
  const nextDays = (known ? later : [here, ...later]).map((day, place) =>
    fold(told, day, place === 0 && known && isTomorrow(day) ? t("told_tomorrow") : date(`${day.date}T12:00`)));
  const section = h("section", { class: "instructions", id: "instructions", "data-day": here.day },
    known && [h("h2", {}, t("told_today")), lists(told, here, "h3")],
    told.in_other_language && h("p", { class: "hint" }, t("told_other_language")),
    nextDays.length > 0 && h("div", { class: "told-days" }, h("h3", {}, t("told_later")), nextDays));
  return known ? tellWhenSeen(section, today, told.version) : section;
}

const isTomorrow = (day) => day.date === localDate(Date.now() + 86_400_000);

// Says once for a day and a version that today's list has come into view. A list that is drawn and not shown never does.
function tellWhenSeen(section, day, version) {
  const watcher = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    watcher.disconnect();
    void receipt(day, version);
  }, { rootMargin: "-40px" });
  watcher.observe(section);
  return section;
}

const telling = new Set(); // a list that is drawn anew meanwhile is seen once more

async function receipt(day, version) {
  const what = `${day} ${version}`;
  if (telling.has(what)) return;
  telling.add(what);
  try {
    const said = await ofKind("receipt");
    if (said.some(({ draft }) => draft.date === day && draft.version === version)) return;
    await add("receipt", { draft: { kind: "instructions_shown", at: new Date().toISOString(), date: day, version } });
  } finally {
    telling.delete(what);
  }
}
