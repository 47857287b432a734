// Live updates: the server says that something changed, the page asks for itself again and morphs quietly.
// Nothing moves under the pointer or while a question is open: then the head offers to show what changed.

import htmx from "htmx.org";
import { now, span } from "./clocks.js";
import { noticeUrgent } from "./urgent.js";

const TYPED = "form textarea, form select, form input:not([type=hidden])"; // where somebody may have written
const RETRY = 5_000;
const WHO = "/v1/staff/me";
const QUIET = 45_000; // the server sends a `ping` every 15 s; three missed is a lost connection
let ended = false, asking = false, pending = false, failedAt = 0, heardAt = Date.now(), freshAt = Date.now();
const unseen = new Set(); // alerts of emergencies that nobody has, until this page has shown them
const told = new Set(); // those of them that were said

const main = () => document.getElementById("main");

function busy() {
  if (document.querySelector("dialog[open]")) return true;
  if (document.activeElement?.matches("main input, main textarea")) return true;
  return matchMedia("(hover: hover)").matches && document.querySelector(".row:hover, .five:hover") !== null;
}

const lines = () => [...document.querySelectorAll("[data-row] [data-said]")];

// One at a time; what changes meanwhile is asked for after it. Where the server could not answer, what is shown stays, with
// its age in the head, and is asked for again: a list that gave way to an error would hear of no alert any more.
async function refresh() {
  const path = main()?.dataset.refresh;
  if (!path) return;
  pending = true;
  if (asking) return;
  asking = true;
  pending = false;
  const before = new Set(lines().map((said) => said.dataset.said));
  const live = { shown: false };
  try {
    await htmx.ajax("GET", path, { target: "#main", select: "#main", swap: "outerMorph", live });
  } finally {
    asking = false;
  }
  failedAt = live.shown ? 0 : Date.now();
  pending ||= !live.shown;
  if (live.shown) {
    heard();
    freshAt = heardAt;
    for (const id of unseen) if (document.querySelector(`[data-said="${id}"], [data-alert="${id}"]`)) unseen.delete(id);
    if (before.size) mark(lines().filter((said) => !before.has(said.dataset.said)));
  }
  offer();
}

function keepWhatIsShown() {
  document.addEventListener("htmx:before:response", (event) => {
    const { live, response } = event.detail.ctx;
    if (live && (response.status === 429 || response.status >= 500)) event.preventDefault();
  });
  document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
    if (ctx.live) ctx.live.shown = ctx.status === "swapped";
  });
}

function mark(fresh) {
  for (const row of new Set(fresh.map((said) => said.closest("[data-row]")))) {
    row.classList.add("new");
    setTimeout(() => row.classList.remove("new"), 8000);
  }
  if (fresh.length) say(fresh.length === 1 ? `New: ${fresh[0].textContent.trim()}` : `${fresh.length} new alerts`);
}

function say(text) {
  document.getElementById("heard").textContent = text;
}

// The head offers what this page does not show yet. An emergency is said once and stays coloured until it is shown or taken,
// whatever else changes meanwhile.
function offer() {
  const urgent = [...unseen].filter((id) => !told.has(id));
  if (urgent.length) document.getElementById("urgent").textContent = "An emergency has arrived.";
  for (const id of urgent) told.add(id);
  const button = document.getElementById("changed");
  button.classList.toggle("emergency", unseen.size > 0);
  button.hidden = !pending && !unseen.size;
}

function note({ tier, state, subject_id: alert }) {
  if (tier === "emergency" && state === "open") unseen.add(alert);
  else unseen.delete(alert);
}

function changed(about = {}) {
  note(about);
  const elsewhere = main()?.dataset.about && about.patient_id && main().dataset.about !== about.patient_id;
  const shows = main()?.dataset.refresh && !elsewhere;
  if (shows && !busy()) return void refresh();
  pending ||= Boolean(shows);
  return offer();
}

async function showChanges() {
  if (pending) await refresh();
  if (unseen.size) location.assign("/"); // of somebody else, or among alerts that this list leaves out: there it stands first
}

// Without a worker nothing is numbered, so no event says that something came: the list asks by itself, once more when it is over.
function standsStill(since) {
  if (since || (since === null && main()?.dataset.standstill)) changed();
}

function heard() {
  const lost = document.getElementById("lost");
  heardAt = Date.now();
  if (failedAt || lost.dataset.since) return; // somebody is there, but what is shown is old
  freshAt = heardAt;
  lost.hidden = true;
}

function watch() {
  if (ended) return;
  const lost = document.getElementById("lost");
  if (Date.now() - heardAt > QUIET || lost.dataset.since || failedAt) {
    lost.hidden = false;
    lost.querySelector("[data-age]").textContent = span((Date.now() - freshAt) / 1000);
  }
  if (pending && !busy() && Date.now() - failedAt > RETRY) refresh();
}

function title() {
  const urgent = Number(main()?.dataset.urgent ?? 0);
  document.title = (urgent ? `(${urgent}) ` : "") + document.title.replace(/^\(\d+\) /, "");
}

// What is shown is nobody's to see any more. Only a form keeps what somebody has written into it, and says so.
function signedOut() {
  ended = true;
  const door = `${document.body.dataset.door}?ended=1&then=${encodeURIComponent(location.pathname + location.search)}`;
  if (main()?.dataset.refresh || !main()?.querySelector(TYPED)) return void location.assign(door);
  const lost = document.getElementById("lost");
  lost.hidden = false;
  const link = Object.assign(document.createElement("a"), { href: door, target: "_blank", textContent: "Sign in again" });
  lost.replaceChildren("Signed out. ", link, " in another tab; what you wrote here stays.");
}

export function startLive(path) {
  const lost = document.getElementById("lost");
  let events, wasLost = false, lastId = "";

  function connect() {
    events = new EventSource(lastId ? `/v1/events?last_event_id=${lastId}` : path); // resumes by Last-Event-ID itself
    events.addEventListener("open", () => {
      delete lost.dataset.since;
      heard();
      if (wasLost) changed();
      wasLost = false;
    });
    events.addEventListener("error", () => {
      wasLost = true;
      heardAt = 0;
      lost.dataset.since = String(now());
      watch();
      if (events.readyState === EventSource.CLOSED) void refused();
    });
    events.addEventListener("ping", (event) => {
      heard();
      standsStill(JSON.parse(event.data).standstill);
    });
    events.addEventListener("signed_out", () => { events.close(); signedOut(); });
    for (const name of ["alert", "check_in", "photo", "call_list", "session", "messages"]) {
      events.addEventListener(name, (event) => {
        lastId = event.lastEventId;
        heard();
        const about = JSON.parse(event.data);
        changed(about);
        if (name === "alert") noticeUrgent(about).catch(() => {}); // a browser that refuses has said why in its settings
      });
    }
  }

  // Refused for good: by a server that restarts, which is tried again, or because the sign-in has ended.
  async function refused() {
    const answer = await fetch(WHO).catch(() => null);
    if (answer?.status === 401) return signedOut();
    setTimeout(() => { void refresh(); connect(); }, RETRY);
  }

  keepWhatIsShown();
  connect();
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-show-changes]")) void showChanges();
  });
  document.addEventListener("htmx:after:swap", title);
  setInterval(watch, 1000);
  addEventListener("pagehide", () => events.close());
}
