// The check-in: one group a screen. "Nothing of this" is one tap and goes on; otherwise chips, then what each one needs.
// What is tapped is kept at once, so that a call, a reload or a sleeping phone loses nothing.

import { h } from "../dom.js";
import { begun, freshDraft, isToday, keepDraft } from "../drafts.js";
import { answersOf, dayOf, isEmergency, screens, topChips, unanswered } from "../instrument.js";
import { dropFact } from "../kept.js";
import { add } from "../outbox.js";
import { backTo, emergencyPanel, errorSummary, go, heading, radios, watchesLine } from "../parts.js";
import { state } from "../state.js";
import { chipName, spoken, t } from "../words.js";
import { chipRow, panels } from "./items.js";

const path = (place) => `/check-in/${place}`;
const sent = new WeakSet(); // drafts that are on their way: one check-in, however often a button is tapped

async function send(draft) {
  if (sent.has(draft)) return;
  sent.add(draft);
  const { today } = state;
  const now = new Date();
  const day = dayOf(today.session_at, now);
  const content = {
    instrument: today.questions.instrument,
    recorded_at: now.toISOString(),
    time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone || state.me.time_zone,
    day: draft.scheduled && isToday(draft) ? day : null, // sent after midnight it answers neither day's
    answered_by: draft.carer ? "carer" : "self",
    answers: answersOf(draft, today.questions, day),
  };
  const id = await add("check_in", { draft: content, emergency: isEmergency(draft, today, now.getTime()) });
  await dropFact("draft");
  go(`/sent/${id}`);
}

// The panel stands at the head of every screen as long as something ticked is an emergency.
function watch(draft) {
  const box = h("div", { class: "watch", "aria-live": "assertive" });
  let shown = false;
  const look = () => {
    const urgent = isEmergency(draft, state.today, Date.now());
    if (urgent === shown) return;
    shown = urgent;
    box.replaceChildren(...(urgent ? [emergencyPanel(state.today.emergency), h("button", { class: "button wide", type: "button", onclick: () => send(draft) }, t("send_now"))] : []));
    if (urgent && box.isConnected) box.scrollIntoView({ block: "start" });
  };
  look();
  return { box, look };
}

function complaints(draft, screen) {
  const missing = unanswered(draft, screen.items).map((chip) => {
    const sentence = chip.item.kind === "choice" ? "choose_one" : chip.item.kind === "number" ? "temperature_wrong" : "choose_how_much";
    const { minimum: low, maximum: high } = chip.item;
    return { id: `need-${chip.id}`, text: t(sentence, { name: chipName(chip), low: `${low} °C`, high: `${high} °C` }) };
  });
  const anything = draft.gates[screen.group.key] || topChips(screen.items).some((chip) => Object.hasOwn(draft.chosen, chip.id));
  return anything ? missing : [{ id: "gate", text: t("choose_any", { gate: spoken(screen.group.gate) }) }];
}

function groupScreen(draft, all, place, keep) {
  const screen = all.found[place];
  const { group, items } = screen;
  const onwards = () => go(path(place + 1));
  const emergency = watch(draft);
  const below = h("div", { class: "panels" });
  const wrong = h("div", {});
  const drop = (chips) => chips.forEach((chip) => {
    delete draft.chosen[chip.id];
    delete draft.places[chip.id];
  });
  const changed = async () => {
    delete draft.gates[group.key];
    gate.setAttribute("aria-pressed", "false");
    emergency.look();
    await keep();
  };
  const redraw = () => below.replaceChildren(...panels(draft, items, changed));
  const nothing = async () => {
    drop(items.flatMap((item) => topChips([item])).concat(items.map((item) => ({ id: item.key }))));
    draft.gates[group.key] = true;
    await keep();
    onwards();
  };
  const gate = h("button", { class: "gate", id: "gate", type: "button", "aria-pressed": String(Boolean(draft.gates[group.key])), onclick: nothing }, spoken(group.gate));
  const submit = (event) => {
    event.preventDefault();
    const errors = complaints(draft, screen);
    if (!errors.length) return onwards();
    wrong.replaceChildren(errorSummary(errors));
    wrong.firstChild.focus();
  };
  const toggle = (chip, on) => {
    if (on) draft.chosen[chip.id] = ["grade", "choice", "number"].includes(chip.item.kind) ? null : true;
    else drop([chip, ...items.filter((item) => item.key === "grouped" && chip.id === "blisters").map((item) => ({ id: item.key }))]);
    redraw();
    return changed();
  };
  redraw();
  return [emergency.box, wrong, h("form", { class: "group", novalidate: true, onsubmit: submit },
    heading(spoken(group.text)), gate, h("p", { class: "hint", id: "tap" }, t("tap")),
    chipRow(draft, topChips(items), group.key === "emergency", toggle), below,
    h("button", { class: "button quiet skip", type: "button", onclick: onwards }, t("skip")),
    h("div", { class: "bar" }, h("button", { class: "button primary wide" }, t("go_on"))))];
}

// What is not asked on this day yet can be said all the same.
function somethingElse(draft, later, keep) {
  if (!later.length) return null;
  const below = h("div", { class: "panels" });
  const redraw = () => below.replaceChildren(...panels(draft, later, keep));
  const toggle = (chip, on) => {
    if (on) draft.chosen[chip.id] = true;
    else delete draft.chosen[chip.id];
    redraw();
    return keep();
  };
  redraw();
  const open = topChips(later).some((chip) => Object.hasOwn(draft.chosen, chip.id));
  return h("details", { class: "more", open }, h("summary", {}, t("something_else")), chipRow(draft, topChips(later), false, toggle), below);
}

function lastScreen(draft, all, keep) {
  const { questions, emergency: { number } } = state.today;
  const wrong = h("div", {});
  const wish = questions.items.find((item) => item.key === "wants_contact");
  const options = wish?.values.map((id) => ({ id, label: spoken(wish.value_texts[id]) }));
  const note = h("textarea", { id: "note", rows: 3, maxlength: 2000, "aria-describedby": "note-hint", oninput: () => {
    draft.note = note.value;
    void keep();
  } });
  note.value = draft.note;
  const carer = h("input", { type: "checkbox", id: "carer", checked: draft.carer, onchange: () => {
    draft.carer = carer.checked;
    void keep();
  } });
  const emergency = watch(draft);
  const submit = async (event) => {
    event.preventDefault();
    const day = dayOf(state.today.session_at, Date.now());
    if (Object.keys(answersOf(draft, questions, day)).length) return send(draft);
    wrong.replaceChildren(errorSummary([{ id: "gate", text: t("nothing_said") }]));
    return wrong.firstChild.focus();
  };
  const button = h("button", { class: "button primary wide" }, t("send"));
  return [emergency.box, wrong, h("form", { class: "group", novalidate: true, onsubmit: submit },
    heading(t("last_step")),
    wish && radios("wants", spoken(wish.text), options, draft.wants_contact, (id) => {
      draft.wants_contact = id;
      void keep();
    }),
    h("div", { class: "field" }, h("label", { for: "note" }, t("note")), h("p", { class: "hint", id: "note-hint" }, t("note_hint", { number })), note),
    somethingElse(draft, all.later, async () => {
      emergency.look();
      await keep();
    }),
    h("label", { class: "choice" }, carer, h("span", {}, t("carer"))),
    h("div", { class: "bar" }, watchesLine(), button))];
}

// Where nothing is begun, or what was begun has run out, it is asked from the start: no answer is missing unseen.
export async function checkInView([said]) {
  const known = await begun();
  const draft = known ?? freshDraft(false);
  const keep = () => keepDraft(draft);
  if (!known) await keep();
  const all = screens(state.today.questions, dayOf(state.today.session_at, Date.now()));
  const place = known ? Math.min(Math.max(Number(said) || 0, 0), all.found.length) : 0;
  const step = t("step", { n: place + 1, of: all.found.length + 1 });
  const body = place < all.found.length ? groupScreen(draft, all, place, keep) : lastScreen(draft, all, keep);
  const head = h("div", { class: "step" }, backTo(place ? path(place - 1) : "/"), h("p", { class: "caption" }, step));
  return { title: step, body: [head, ...body] };
}
