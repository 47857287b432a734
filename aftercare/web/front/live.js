// Live updates: the server says that something changed, the page asks for itself again and morphs quietly.
// Nothing moves under the pointer or while a question is open: then the head offers to show what changed.

import htmx from "htmx.org";
import { now, span } from "./clocks.js";
import { noticeUrgent } from "./urgent.js";

const TYPED = "form textarea, form select, form input:not([type=hidden])"; // where somebody may have written
const RETRY = 5_000;
const WHO = "/v1/staff/me";
const QUIET = 45_000; // the server sends a `ping` every 15 s; three missed is a lost connection
let ended = false, pending = false, heardAt = Date.now(), freshAt = Date.now();
const urgentTold = new Set(); // emergencies that were said while the list could not move

const main = () => document.getElementById("main");

function busy() {
  if (document.querySelector("dialog[open]")) return true;
  if (document.activeElement?.matches("main input, main textarea")) return true;
  return matchMedia("(hover: hover)").matches && document.querySelector(".row:hover, .five:hover") !== null;
}

async function refresh() {
  const path = main()?.dataset.refresh;
  if (!path) return;
  pending = false;
  calm();
  const before = new Set([...document.querySelectorAll("[data-row] [data-said]")].map((said) => said.dataset.said));
  await htmx.ajax("GET", path, { target: "#main", select: "#main", swap: "outerMorph" });
  if (before.size) mark([...document.querySelectorAll("[data-row] [data-said]")].filter((said) => !before.has(said.dataset.said)));
}

// What is shown stays when the server, or what stands before it, cannot answer (`hx-status` on the body): asked again soon.
function askAgain({ detail: { ctx } }) {
  if (ctx.sourceElement !== document.body || ctx.target?.id !== "main") return;
  if (ctx.response && ctx.response.status < 500) return;
  setTimeout(() => { pending = Boolean(main()?.dataset.refresh); }, RETRY);
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

function calm() {
  const button = document.getElementById("changed");
  button.hidden = true;
  button.classList.remove("emergency");
}

// An emergency that nobody has is said at once and coloured, also where the list must not move under the pointer.
function changed(about = {}) {
  const emergency = about.tier === "emergency" && about.state === "open";
  const elsewhere = main()?.dataset.about && about.patient_id && main().dataset.about !== about.patient_id;
  if (emergency && (busy() || elsewhere) && !urgentTold.has(about.subject_id)) {
    urgentTold.add(about.subject_id);
    document.getElementById("urgent").textContent = "An emergency has arrived.";
  }
  if (elsewhere && !emergency) return;
  if (main()?.dataset.refresh && !elsewhere && !busy()) return void refresh();
  pending = Boolean(main()?.dataset.refresh) && !elsewhere;
  const button = document.getElementById("changed");
  button.classList.toggle("emergency", emergency || button.classList.contains("emergency"));
  button.hidden = !pending && !button.classList.contains("emergency");
}

function showChanges() {
  if (pending) return void refresh();
  location.assign("/"); // what changed is an emergency of somebody else: it stands first in the list
}

// Without a worker nothing is numbered, so no event says that something came: the list asks by itself, once more when it is over.
function standsStill(since) {
  if (since || (since === null && main()?.dataset.standstill)) changed();
}

function heard() {
  heardAt = freshAt = Date.now();
  document.getElementById("lost").hidden = true;
}

function watch() {
  if (ended) return;
  const lost = document.getElementById("lost");
  if (Date.now() - heardAt > QUIET || lost.dataset.since) {
    lost.hidden = false;
    lost.querySelector("[data-age]").textContent = span((Date.now() - freshAt) / 1000);
  }
  if (pending && !busy()) refresh();
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
    setTimeout(() => { refresh().catch(() => {}); connect(); }, RETRY);
  }

  connect();
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-show-changes]")) showChanges();
  });
  document.addEventListener("htmx:after:swap", title);
  document.addEventListener("htmx:response:error", askAgain);
  document.addEventListener("htmx:error", askAgain);
  setInterval(watch, 1000);
  addEventListener("pagehide", () => events.close());
}
