// Pieces that several views share.

import { h, telephone, tierShape } from "./dom.js";
import { changes, moves, state } from "./state.js";
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

// A part that draws itself again when something changed, for as long as it is on the page: what was left, or never shown, is
// told of nothing and so says nothing in its patient's name. What looks the same is left alone, so that the focus and what a
// screen reader is reading stay where they are.
class LivePart extends HTMLElement {
  #turn = 0;
  #moves = 0;
  #shown = "";
  redraw = () => void this.draw();

  async draw() {
    const mine = ++this.#turn;
    this.#moves = moves;
    const fresh = h("div", {}, await this.make());
    if (mine !== this.#turn || fresh.innerHTML === this.#shown) return;
    this.#shown = fresh.innerHTML;
    const focused = this.contains(document.activeElement) ? document.activeElement.id : "";
    this.replaceChildren(...fresh.childNodes);
    if (focused) document.getElementById(focused)?.focus();
  }

  connectedCallback() {
    changes.addEventListener("changed", this.redraw);
    if (this.#moves !== moves) this.redraw(); // while it was being made
  }

  disconnectedCallback() {
    changes.removeEventListener("changed", this.redraw);
  }
}
customElements.define("live-part", LivePart);

export async function live(make) {
  const part = h("live-part", { class: "live" });
  part.make = make;
  await part.draw();
  return part;
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
