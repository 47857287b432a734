// Live updates: the server says that something changed, the page asks for itself again and morphs quietly.
// Nothing moves under the pointer or while a question is open: then the head offers to show what changed.

import htmx from "htmx.org";
import { now, span } from "./clocks.js";

const QUIET = 45_000; // the server sends a `ping` every 15 s; three missed is a lost connection
let pending = false, heardAt = Date.now(), freshAt = Date.now(), urgentTold = 0;

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
  document.getElementById("changed").hidden = true;
  const before = new Set([...document.querySelectorAll("[data-row]")].map((row) => row.id));
  await htmx.ajax("GET", path, { target: "#main", select: "#main", swap: "outerMorph" });
  if (before.size) mark([...document.querySelectorAll("[data-row]")].filter((row) => !before.has(row.id)));
}

function mark(fresh) {
  for (const row of fresh) {
    row.classList.add("new");
    setTimeout(() => row.classList.remove("new"), 8000);
  }
  if (fresh.length) say(fresh.length === 1 ? `New: ${fresh[0].querySelector(".reason")?.textContent ?? ""}` : `${fresh.length} new alerts`);
}

function say(text) {
  document.getElementById("heard").textContent = text;
}

function changed() {
  if (!main()?.dataset.refresh) return;
  if (!busy()) return void refresh();
  pending = true;
  document.getElementById("changed").hidden = false;
}

function heard() {
  heardAt = freshAt = Date.now();
  document.getElementById("lost").hidden = true;
}

function watch() {
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

export function startLive(path) {
  const lost = document.getElementById("lost");
  const events = new EventSource(path); // sends Last-Event-ID by itself when it comes back
  let wasLost = false;
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
  });
  events.addEventListener("ping", heard);
  for (const name of ["alert", "check_in", "photo", "message", "episode"]) {
    events.addEventListener(name, () => { heard(); changed(); });
  }
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-show-changes]")) refresh();
  });
  document.addEventListener("htmx:after:swap", title);
  setInterval(watch, 1000);
  addEventListener("pagehide", () => events.close());
}
