// The first page: what is due and until when, what can be told at any time, what comes, what was sent.

import { h, tierShape } from "../dom.js";
import { begin, begun } from "../drafts.js";
import { dayOf, dueNow } from "../instrument.js";
import { ofKind } from "../outbox.js";
import { callButton, heading, live, watchesLine } from "../parts.js";
import { state } from "../state.js";
import { clock, date, dateAndClock, t } from "../words.js";
import { asksPhotos, given } from "./consent.js";
import { instructionsCard } from "./instructions.js";
import { messagesLink } from "./messages.js";
import { missingLine } from "./photo_guide.js";
import { reminderCard } from "./reminders.js";

const SHOWN = 7;

async function dueCard() {
  const now = Date.now();
  const waiting = (await ofKind("check_in")).filter((item) => item.state !== "refused");
  const due = dueNow(state.today, waiting, now);
  const changed = h("div", { class: "row-line" },
    h("button", { class: "button wide", id: "changed", onclick: () => begin(false) }, t("changed")), h("p", { class: "hint" }, t("changed_why")));
  if (due.now) {
    const until = clock(Date.parse(due.now.ends_at) - 60_000);
    const draft = await begun();
    const resumed = draft?.scheduled && Object.keys({ ...draft.gates, ...draft.chosen }).length > 0;
    return [h("section", { class: "card due" }, h("h2", {}, t(due.now.re_check ? "re_check" : "due_now")),
      due.now.re_check && h("p", {}, t("re_check_why")), h("p", {}, t("due_until", { time: until })),
      h("button", { class: "button primary wide", id: "start", onclick: () => begin(true) }, t(resumed ? "resume" : "start"))), changed];
  }
  const next = due.next[0];
  const when = !next ? t("due_none")
    : dayOf(new Date(now), Date.parse(next.due_at)) === 0 ? t("due_later", { time: clock(next.due_at) })
    : t("due_next", { when: date(next.due_at) });
  return [h("section", { class: "card" }, h("h2", {}, t("nothing_due")), h("p", {}, when)), changed];
}

async function nextDays() {
  const { next } = dueNow(state.today, [], Date.now());
  if (!next.length) return [];
  return [h("h2", {}, t("next_days")), h("ul", { class: "lines" },
    next.map((one) => h("li", {}, h("span", {}, date(one.due_at)), h("span", { class: "muted" }, t("from_time", { time: clock(one.due_at) })))))];
}

function sentLine(item) {
  const tier = item.answer?.advice.tier;
  const word = item.state === "answered" ? item.answer.advice.headline : t(item.state === "waiting" ? "item_waiting" : "item_refused");
  return h("li", {}, h("a", { href: `#/sent/${item.id}` }, dateAndClock(item.draft.recorded_at)),
    h("span", { class: item.state === "answered" ? "muted" : "unsent" }, tier && tierShape(tier), tier && " ", word));
}

async function sentList() {
  const items = (await ofKind("check_in")).slice(0, SHOWN);
  return [h("h2", {}, t("sent_list")),
    items.length ? h("ul", { class: "lines" }, items.map(sentLine)) : h("p", { class: "muted" }, t("sent_empty"))];
}

function where() {
  const { session_at: sessionAt, modality } = state.today;
  const day = dayOf(sessionAt, Date.now());
  return day === null ? t("no_session") : t(`day_after_${modality}`, { day });
}

export async function todayView() {
  const phone = state.me.clinic_phone;
  const body = [
    await live(async () => heading(where())), // a page that lies open overnight is a day further in the morning
    await live(dueCard),
    asksPhotos() && h("a", { class: "button wide", href: given("photos")?.granted ? "#/photo" : "#/consent/photos/photo" }, t("add_photo")),
    asksPhotos() && await live(missingLine),
    await live(messagesLink),
    h("section", { class: "calm" }, watchesLine(), h("p", {}, t("in_emergency", { number: state.today.emergency.number })),
      phone && callButton(phone, t("call_clinic"))),
    await live(reminderCard),
    await live(instructionsCard),
    await live(nextDays), await live(sentList),
  ];
  return { title: t("today"), body };
}
