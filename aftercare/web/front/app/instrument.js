// What a check-in asks on a day and what its answers are: pure, without a clock, a network or a page.
//
// A draft holds what was tapped: `gates` (group -> true: "nothing of this"), `chosen` (chip -> its value, null while
// none is given yet), `places` (sign -> list). Asked and denied is sent (false, 0, "none", []); not asked is absent.

// Only sensible beside another item, and therefore asked there.
const BESIDE = { grouped: "blisters" };
const DAY = 86_400_000;

export const newDraft = (patientId, scheduled, begunAt) => ({
  patient_id: patientId, scheduled, begun_at: begunAt, gates: {}, chosen: {}, places: {}, note: "", wants_contact: null, carer: false,
});

// Days from the session's local date to that of `at`, both where the phone is.
export function dayOf(sessionAt, at) {
  if (!sessionAt) return null;
  const noon = (moment) => Date.UTC(moment.getFullYear(), moment.getMonth(), moment.getDate());
  return Math.round((noon(new Date(at)) - noon(new Date(sessionAt))) / DAY);
}

const isAsked = (item, day) =>
  day === null || (item.from_day <= day && (item.to_day === null || item.to_day === undefined || day <= item.to_day));

// The groups of a day with what is asked in each; what is not asked that day comes as `later`, and what only has
// places, words or a wish is not a chip.
export function screens(questions, day) {
  const chips = questions.items.filter((item) => ["grade", "bool", "choice", "many", "number"].includes(item.kind));
  const gated = new Set(questions.groups.filter((group) => group.gate).map((group) => group.key));
  const found = questions.groups
    .filter((group) => gated.has(group.key))
    .map((group) => ({ group, items: chips.filter((item) => item.group === group.key && isAsked(item, day)) }))
    .filter((screen) => screen.items.length);
  const later = chips.filter((item) => gated.has(item.group) && !isAsked(item, day));
  return { found, later };
}

// A chip for each item, and one for each value of an item that takes several.
export function chipsOf(items) {
  return items.flatMap((item) =>
    item.kind === "many" ? item.values.map((value) => ({ id: `${item.key}:${value}`, item, value })) : [{ id: item.key, item }],
  );
}

export const topChips = (items) => chipsOf(items).filter((chip) => !BESIDE[chip.id]);
export const chipsBeside = (items, id) => chipsOf(items).filter((chip) => BESIDE[chip.id] === id);

const isChosen = (draft, chip) => Object.hasOwn(draft.chosen, chip.id);

export function unanswered(draft, items) {
  return chipsOf(items).filter((chip) => isChosen(draft, chip) && draft.chosen[chip.id] === null);
}

function denied(item) {
  if (item.kind === "grade") return 0;
  if (item.kind === "bool") return false;
  if (item.kind === "many") return [];
  if (item.kind === "choice" && item.values.includes("none")) return "none";
  return undefined; // a temperature that was not measured cannot be denied
}

function given(draft, item) {
  if (item.kind === "many") {
    const values = item.values.filter((value) => isChosen(draft, { id: `${item.key}:${value}` }));
    return values.length ? values : undefined;
  }
  const value = draft.chosen[item.key];
  return value === null ? undefined : value;
}

export function answersOf(draft, questions, day) {
  const answers = {};
  const { found, later } = screens(questions, day);
  for (const { group, items } of found) {
    const answered = draft.gates[group.key] || items.some((item) => given(draft, item) !== undefined);
    if (!answered) continue;
    for (const item of items) {
      const shown = !BESIDE[item.key] || given(draft, { key: BESIDE[item.key] }) !== undefined;
      const unfinished = isChosen(draft, { id: item.key }) && draft.chosen[item.key] === null;
      const value = given(draft, item) ?? (shown && !unfinished ? denied(item) : undefined);
      if (value !== undefined) answers[item.key] = value;
    }
  }
  for (const item of later) {
    const value = given(draft, item);
    if (value !== undefined) answers[item.key] = value;
  }
  if (draft.wants_contact) answers.wants_contact = draft.wants_contact;
  if (draft.note.trim()) answers.note = draft.note.trim();
  const sites = questions.items.find((item) => item.kind === "sites");
  const places = Object.entries(draft.places).filter(
    ([sign, listed]) => listed.length && sites?.signs.includes(sign) && draft.chosen[sign] !== undefined,
  );
  if (places.length) answers[sites.key] = Object.fromEntries(places);
  return answers;
}

// Whether something ticked is an emergency alone, at that moment after the session.
export function isEmergency(draft, today, at) {
  const day = dayOf(today.session_at, at);
  const hours = today.session_at ? (at - Date.parse(today.session_at)) / 3_600_000 : null;
  const holds = (limit, value) => limit === null || limit === undefined || value === null || value <= limit;
  return today.emergency.marks.some((mark) => {
    const item = today.questions.items.find((one) => one.key === mark.item);
    const said = item ? given(draft, item) : undefined;
    const values = Array.isArray(said) ? said : [said];
    return values.some((value) => mark.values.includes(value)) && holds(mark.to_day, day) && holds(mark.to_hours, hours);
  });
}

// The calendar date on this phone, as the server writes dates.
export function localDate(at) {
  const [day, month, year] = [new Date(at).getDate(), new Date(at).getMonth() + 1, new Date(at).getFullYear()];
  return `${year}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

export const gradeOfPain = (number) => (number === 0 ? 0 : number <= 3 ? 1 : number <= 6 ? 2 : number <= 8 ? 3 : 4);

// What was typed as a temperature, in degrees Celsius to a tenth; null if it is none.
export function celsius(typed, unit) {
  const number = Number(typed.trim().replace(",", "."));
  if (!typed.trim() || !Number.isFinite(number)) return null;
  const degrees = unit === "F" ? ((number - 32) * 5) / 9 : number;
  return Math.round(degrees * 10) / 10;
}

// What is open now, and what comes: a check-in that waits on this phone counts as given.
export function dueNow(today, waiting, at) {
  const days = new Set(waiting.map((item) => dayOf(today.session_at, Date.parse(item.draft.recorded_at))));
  const open = today.due.filter((one) => Date.parse(one.ends_at) > at && !one.answered && !days.has(one.day));
  return {
    now: open.find((one) => Date.parse(one.due_at) <= at) ?? null,
    next: open.filter((one) => Date.parse(one.due_at) > at),
  };
}
