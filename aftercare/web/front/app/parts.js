// Pieces that several views share.

import { h, telephone, tierShape } from "./dom.js";
import { changes, state } from "./state.js";
import { spoken, t, watches } from "./words.js";

export const go = (path) => {
  location.hash = `#${path}`;
};

export const backTo = (path, text = t("back")) => h("a", { class: "back", href: `#${path}` }, text);

// With an id, so that one that takes its place takes the focus too.
export const heading = (text) => h("h1", { tabindex: -1, id: "title" }, text);

export const tierBadge = (tier) => h("p", { class: `tier ${tier}` }, tierShape(tier), t(tier));

export const watchesLine = () => h("p", { class: "watches" }, watches(state.me?.reads));

export const callButton = (number, label, kind = "") =>
  h("a", { class: `button wide ${kind}`, href: telephone(number) }, label);

// The panel of an emergency: shown at once, with or without a network.
export function emergencyPanel(emergency) {
  const { number, text } = emergency;
  return h("div", { class: "emergency-panel" },
    h("p", { class: "emergency-word" }, tierShape("emergency"), t("emergency")),
    h("p", { class: "emergency-text" }, spoken(text)),
    callButton(number, t("call", { number }), "on-emergency"));
}

// A part that draws itself again when something changed. What looks the same is left alone, so that the focus and what
// a screen reader is reading stay where they are.
export function live(make) {
  const box = h("div", { class: "live" });
  let turn = 0, shown = "", seen = false;
  const draw = async () => {
    const mine = ++turn;
    const fresh = h("div", {}, await make());
    if (mine !== turn || fresh.innerHTML === shown) return;
    shown = fresh.innerHTML;
    const focused = box.contains(document.activeElement) ? document.activeElement.id : "";
    box.replaceChildren(...fresh.childNodes);
    if (focused) document.getElementById(focused)?.focus();
  };
  const redraw = () => {
    seen ||= box.isConnected;
    if (seen && !box.isConnected) changes.removeEventListener("changed", redraw);
    else void draw();
  };
  changes.addEventListener("changed", redraw);
  return draw().then(() => box);
}

// What is wrong with a form, at its head, each line leading to its place; the first thing that is read.
export function errorSummary(errors) {
  const links = errors.map(({ id, text }) =>
    h("li", {}, h("a", { href: "#", onclick: (event) => (event.preventDefault(), document.getElementById(id)?.focus()) }, text)));
  return h("div", { class: "notice problem", role: "alert", tabindex: -1 },
    h("h2", {}, t("there_is_a_problem")), h("ul", {}, links));
}

export function radios(name, legend, options, value, onchange) {
  return h("fieldset", { class: "choices" }, legend && h("legend", {}, legend),
    options.map(({ id, label, mark }) => {
      const input = h("input", { type: "radio", name, value: id, id: `${name}-${id}`, checked: id === value, onchange: () => onchange(id) });
      return h("label", { class: "choice" }, input, h("span", {}, label), mark && h("small", { class: "mark" }, mark));
    }));
}
