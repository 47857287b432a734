// Connecting the phone: with the code from the address, or typed.

import * as api from "../api.js";
import { h } from "../dom.js";
import { VERSION, installation } from "../installation.js";
import { dropFact, keepFact, newId } from "../kept.js";
import { startSending } from "../outbox.js";
import { errorSummary, go, heading } from "../parts.js";
import { keepDescribed } from "../push.js";
import { otherTabs, refresh, say, state } from "../state.js";
import { t } from "../words.js";

// The installation of this browser may belong to a patient who had this phone before: then it is a new one.
async function enrol(code) {
  try {
    await api.enrol(code, await installation(), VERSION);
  } catch (error) {
    if (!(error instanceof api.Problem) || !error.type.endsWith("/conflict")) throw error;
    await keepFact("installation", newId());
    await api.enrol(code, await installation(), VERSION);
  }
}

async function connect(code) {
  await keepFact("code", code); // a lost answer can be asked for again with the same code
  await enrol(code);
  otherTabs.postMessage(null); // it may be somebody else now
  Object.assign(state, { enrolled: true, code: "", ended: "", me: null, today: null, fetched_at: null });
  void navigator.storage?.persist?.().catch(() => {}); // a browser that asks the patient holds up nothing
  await refresh();
  startSending();
  void keepDescribed();
  go("/welcome");
}

function alreadyEnrolled() {
  const keep = async () => {
    state.code = "";
    await dropFact("code");
    go("/");
  };
  const { name, clinic } = state.me;
  return [heading(t("enrol")), h("p", {}, t("enrolled_already", { name, clinic })),
    h("div", { class: "stack" }, h("button", { class: "button primary wide", onclick: keep }, t("keep_enrolled")),
      h("a", { class: "button wide", href: "#/settings" }, t("settings")))];
}

export async function enrolView() {
  if (state.enrolled && state.me) return { title: t("enrol"), body: alreadyEnrolled() };
  const wrong = h("div", {});
  const input = h("input", {
    id: "code", name: "code", value: state.code, autocomplete: "one-time-code", autocapitalize: "none", spellcheck: "false",
    maxlength: 120, "aria-describedby": "code-hint",
  });
  const button = h("button", { class: "button primary wide" }, t("connect"));
  const complain = (text) => {
    wrong.replaceChildren(errorSummary([{ id: "code", text }]));
    input.setAttribute("aria-invalid", "true");
    wrong.firstChild.focus();
  };
  const submit = async (event) => {
    event.preventDefault();
    const code = input.value.trim();
    if (!code) return complain(t("code_missing"));
    button.disabled = true;
    button.textContent = t("connecting");
    try {
      await connect(code);
    } catch (error) {
      if (error instanceof api.Offline) complain(t("enrol_offline"));
      else if (error instanceof api.Problem) complain(error.message);
      else throw error;
    } finally {
      button.disabled = false;
      button.textContent = t("connect");
      say();
    }
  };
  const body = [
    state.ended && h("div", { class: "notice problem", role: "alert" }, h("p", {}, t("ended"))),
    heading(t("enrol")), h("p", {}, t("enrol_why")), wrong,
    h("form", { class: "stack", novalidate: true, onsubmit: submit },
      h("div", { class: "field" }, h("label", { for: "code" }, t("code")), h("p", { class: "hint", id: "code-hint" }, t("code_hint")), input),
      h("p", { class: "watches" }, t("nobody_watches_short")), button),
    h("div", { class: "fine" }, h("p", {}, h("strong", {}, t("not_cleared"))), h("p", {}, t("intended_use"))),
  ];
  return { title: t("enrol"), body };
}
