// Chips, and below them what each chosen one needs: how much, which, how hot, and where.

import { h } from "../dom.js";
import { celsius, chipsBeside, gradeOfPain, topChips } from "../instrument.js";
import { radios } from "../parts.js";
import { state } from "../state.js";
import { chipName, spoken, t } from "../words.js";

// Where these are decides what they mean, so their place is asked openly; of others it can be told.
const PLACE_MATTERS = new Set(["tingling", "blisters", "swelling", "lumps"]);

export function chipRow(draft, chips, inFull, toggle) {
  return h("ul", { class: inFull ? "chips full" : "chips", "aria-describedby": "tap" }, chips.map((chip) => {
    const input = h("input", { type: "checkbox", id: `chip-${chip.id}`, checked: Object.hasOwn(draft.chosen, chip.id), onchange: () => toggle(chip, input.checked) });
    return h("li", {}, h("label", { class: "chip" }, input, h("span", {}, inFull ? spoken(chip.item.text) : chipName(chip))));
  }));
}

// A panel for each chosen chip that needs one; the question in full is its legend.
export function panels(draft, items, changed) {
  const made = topChips(items).filter((chip) => Object.hasOwn(draft.chosen, chip.id)).map((chip) => {
    const parts = [need(draft, chip, changed), ...chipsBeside(items, chip.id).map((beside) => besideChip(draft, beside, changed)), places(draft, chip, changed)].filter(Boolean);
    return parts.length ? h("section", { class: "panel", "aria-label": chipName(chip) }, h("h2", {}, chipName(chip)), parts) : null;
  });
  return made.filter(Boolean);
}

function need(draft, chip, changed) {
  const { item } = chip;
  const choose = (value) => {
    draft.chosen[chip.id] = value;
    return changed();
  };
  if (item.key === "pain") return painScale(draft, chip, choose);
  if (item.kind === "grade") return grades(draft, chip, choose);
  if (item.kind === "number") return temperature(draft, chip, choose);
  if (item.kind !== "choice") return null;
  const options = item.values.filter((value) => value !== "none").map((id) => ({ id, label: spoken(item.value_texts[id]) }));
  const set = radios(item.key, spoken(item.text), options, draft.chosen[chip.id], choose);
  set.id = `need-${chip.id}`;
  set.tabIndex = -1;
  return set;
}

function scale(chip, kind, legend, steps, chosen, choose) {
  return h("fieldset", { class: `scale ${kind}`, id: `need-${chip.id}`, tabindex: -1 }, h("legend", {}, legend),
    h("div", { class: "steps" }, steps.map(({ value, word }) =>
      h("label", {}, h("input", { type: "radio", name: chip.id, value, checked: chosen === value, onchange: () => choose(value) }),
        h("span", {}, h("b", {}, String(value)), word && h("small", {}, word))))));
}

function grades(draft, chip, choose) {
  const steps = state.today.questions.grades.map((text, value) => ({ value, word: spoken(text) }));
  return scale(chip, "grades", spoken(chip.item.text), steps, draft.chosen[chip.id], choose);
}

// Asked on 0-10, kept as the grade that the instrument gives it; the number tapped is kept beside it for coming back.
function painScale(draft, chip, choose) {
  const words = state.today.questions.grades;
  const steps = Array.from({ length: 11 }, (_, value) => ({ value }));
  const said = h("p", { class: "said", role: "status" });
  const say = () => {
    said.textContent = draft.pain === undefined ? t("pain_scale") : `${draft.pain}: ${spoken(words[gradeOfPain(draft.pain)])}`;
  };
  if (draft.chosen[chip.id] === null) delete draft.pain;
  say();
  const set = scale(chip, "pain", spoken(chip.item.text), steps, draft.pain, (number) => {
    draft.pain = number;
    say();
    return choose(gradeOfPain(number));
  });
  set.append(said);
  return set;
}

function temperature(draft, chip, choose) {
  const { minimum: low, maximum: high } = chip.item;
  const typed = (draft.temperature ??= { typed: "", unit: "C" });
  if (draft.chosen[chip.id] === null && typed.typed && celsius(typed.typed, typed.unit) !== null) typed.typed = "";
  const input = h("input", { id: `need-${chip.id}`, inputmode: "decimal", autocomplete: "off", maxlength: 6, value: typed.typed, oninput: () => {
    typed.typed = input.value;
    take();
  } });
  const said = h("p", { class: "said", role: "status" });
  const take = () => {
    const degrees = celsius(typed.typed, typed.unit);
    const fits = degrees !== null && degrees >= low && degrees <= high;
    said.textContent = typed.typed && !fits ? t("temperature_wrong", limits(low, high, typed.unit)) : fits && typed.unit === "F" ? `= ${degrees} °C` : "";
    void choose(fits ? degrees : null);
  };
  const units = ["C", "F"].map((id) => ({ id, label: `°${id}` }));
  const unit = radios("unit", t("unit"), units, typed.unit, (id) => {
    typed.unit = id;
    take();
  });
  unit.classList.add("units");
  return h("div", { class: "temperature" }, h("div", { class: "field" }, h("label", { for: `need-${chip.id}` }, t("temperature")), input), unit, said);
}

function limits(low, high, unit) {
  const shown = (degrees) => (unit === "F" ? `${Math.round((degrees * 9) / 5 + 32)} °F` : `${degrees} °C`);
  return { low: shown(low), high: shown(high) };
}

function besideChip(draft, chip, changed) {
  const input = h("input", { type: "checkbox", id: `chip-${chip.id}`, checked: Object.hasOwn(draft.chosen, chip.id), onchange: () => {
    if (input.checked) draft.chosen[chip.id] = true;
    else delete draft.chosen[chip.id];
    return changed();
  } });
  return h("label", { class: "chip" }, input, h("span", {}, chipName(chip)));
}

function places(draft, chip, changed) {
  const sites = state.today.questions.items.find((item) => item.kind === "sites");
  if (!sites?.signs.includes(chip.id)) return null;
  const listed = draft.places[chip.id] ?? [];
  const toggle = (value, on) => {
    const before = draft.places[chip.id] ?? [];
    draft.places[chip.id] = on ? [...before, value] : before.filter((one) => one !== value);
    return changed();
  };
  const set = h("fieldset", { class: "places" }, h("legend", {}, spoken(sites.text)), h("ul", { class: "chips small" }, sites.values.map((value) => {
    const input = h("input", { type: "checkbox", id: `${chip.id}-${value}`, checked: listed.includes(value), onchange: () => toggle(value, input.checked) });
    return h("li", {}, h("label", { class: "chip" }, input, h("span", {}, spoken(sites.value_texts[value]))));
  })));
  if (PLACE_MATTERS.has(chip.id)) return set;
  return h("details", { class: "more", open: listed.length > 0 }, h("summary", {}, t("where_optional")), set);
}
