// The companion: a patient's side of Aftercare in a browser. Boots, then draws the view that the address names.

import "./companion.css";

import { h } from "./dom.js";
import { forgetOld, isFull, keepFact } from "./kept.js";
import { flush, startSending } from "./outbox.js";
import { heading, live } from "./parts.js";
import { keepDescribed } from "./push.js";
import { changes, otherTabs, recall, refresh, say, state } from "./state.js";
import { age, speak, t } from "./words.js";
import { checkInView } from "./views/check_in.js";
import { consentView, given } from "./views/consent.js";
import { enrolView } from "./views/enrol.js";
import { eraseView } from "./views/erase.js";
import { messagesView } from "./views/messages.js";
import { photoViewsView } from "./views/photo_views.js";
import { photoView } from "./views/photos.js";
import { sentView } from "./views/sent.js";
import { settingsView } from "./views/settings.js";
import { todayView } from "./views/today.js";

const STALE = 60_000; // milliseconds after which a page that is looked at asks anew

const VIEWS = {
  "": todayView,
  welcome: () => (given("care") ? todayView() : consentView(["care"])),
  enrol: enrolView,
  consent: consentView,
  "check-in": checkInView,
  sent: sentView,
  photo: photoView,
  messages: messagesView,
  "photo-views": photoViewsView,
  erase: eraseView,
  settings: settingsView,
};

const main = document.getElementById("main");
let drawn = "", turns = 0;

// The code leaves the address bar, the history and what might be shared at once.
async function takeCode() {
  const code = decodeURIComponent(location.hash.slice(1));
  if (!code || code.startsWith("/")) return false;
  history.replaceState(null, "", location.pathname);
  state.code = code;
  await keepFact("code", code);
  return true;
}

function wanted() {
  const [name, ...rest] = location.hash.replace(/^#\/?/, "").split("/");
  if (!state.enrolled || state.code) return [name === "settings" && state.me && state.enrolled ? "settings" : "enrol", []];
  return [Object.hasOwn(VIEWS, name) ? name : "", rest];
}

async function loadingView() {
  const part = await live(async () => [heading(t("loading")),
    (state.lost || state.trouble) && h("button", { class: "button wide", id: "reload", onclick: refresh }, t("reload"))]);
  return { title: t("loading"), body: [part] };
}

// The newest wish wins: a view that is ready only after the next one was asked for is not shown.
async function draw() {
  const turn = ++turns;
  const [name, rest] = wanted();
  const known = state.me && state.today;
  const view = name === "enrol" ? await enrolView() : known ? await VIEWS[name](rest) : await loadingView();
  if (turn !== turns) return;
  const moved = drawn !== "" && drawn !== location.hash + name;
  drawn = location.hash + name;
  document.title = `${view.title} · Aftercare`;
  main.replaceChildren(...view.body.flat().filter(Boolean));
  if (moved) {
    scrollTo(0, 0);
    main.querySelector("h1")?.focus({ preventScroll: true });
  }
}

// What belongs to every page: whose it is, and whether what is shown is old.
async function drawFrame() {
  const head = await live(async () => [
    h("div", { class: "head-in" }, h("p", { class: "clinic" }, state.me?.clinic ?? "Aftercare"),
      state.enrolled && state.me && h("a", { href: "#/settings" }, t("settings"))),
    isFull() && h("p", { class: "lost", role: "status" }, t("phone_full")),
    state.trouble && h("p", { class: "lost", role: "status" }, t("trouble", { problem: state.trouble })),
    state.lost && h("p", { class: "lost", role: "status" }, state.fetched_at ? t("offline", { age: age(Date.now() - state.fetched_at) }) : t("offline_bare")),
  ]);
  document.getElementById("head").replaceChildren(head);
}

// Brought back from the browser's memory, a page reads anew what is on this phone. Signed out in one tab is signed out in all.
function keepPrivate() {
  addEventListener("pagehide", (event) => (document.documentElement.hidden = event.persisted));
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  otherTabs.onmessage = () => location.replace(location.pathname);
}

// A page that was waiting for the first answer, or whose patient was signed out, is another one now; and what waits of the
// patient can be sent only once it is known who that is.
function follow() {
  let before = `${state.enrolled}${Boolean(state.me)}`;
  changes.addEventListener("changed", () => {
    const now = `${state.enrolled}${Boolean(state.me)}`;
    if (now !== before) {
      void draw();
      void flush();
    }
    before = now;
  });
}

function keepCurrent() {
  addEventListener("hashchange", async () => ((await takeCode()), draw()));
  addEventListener("offline", () => ((state.lost = true), say()));
  addEventListener("online", refresh);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && Date.now() - (state.fetched_at ?? 0) > STALE) void refresh();
  });
  setInterval(say, STALE); // ages and what is due move on
}

async function boot() {
  keepPrivate();
  await recall();
  await takeCode();
  follow();
  keepCurrent();
  if (state.enrolled) startSending(); // whatever becomes of the page
  await drawFrame();
  await draw();
  await forgetOld(Date.now());
  if (!state.enrolled) return;
  await refresh();
  await keepDescribed();
}

function fail(key) {
  if (document.getElementById("failed")) return;
  const reload = h("button", { class: "button", onclick: () => location.reload() }, t("reload"));
  main.prepend(h("div", { class: "notice problem", role: "alert", id: "failed" }, h("p", {}, t(key)), reload));
}

addEventListener("unhandledrejection", () => fail("unexpected"));
addEventListener("error", () => fail("unexpected"));
speak(navigator.language);
boot().catch((error) => {
  fail(error?.name === "InvalidStateError" || error?.name === "SecurityError" ? "no_storage" : "unexpected");
  throw error;
});
navigator.serviceWorker?.register("/app/worker.js").catch(() => {}); // without it the page works as long as there is a network
