// A photo: what it shows, taken or chosen, looked at, sent; and what was sent.

import { call, picture } from "../api.js";
import { h } from "../dom.js";
import { unqueue } from "../kept.js";
import { add, ofKind, progress, tryAgain } from "../outbox.js";
import { backTo, heading, live, radios, watchesLine } from "../parts.js";
import { say, state, unlessAway } from "../state.js";
import { dateAndClock, t } from "../words.js";
import { given } from "./consent.js";
import { earlierOf, howTo, isMissing, viewsToday } from "./photo_guide.js";

const VIEWS = ["front", "left_45", "right_45", "close_up", "other"];
export const KINDS = "image/jpeg,image/png,image/webp";
export const LARGEST = 25 * 2 ** 20; // bytes; the server says the same
const SHOWN = 12;

const addresses = new Map(); // photo's id -> address of its thumbnail in this page

async function thumbnail(photo) {
  if (!addresses.has(photo.photo_id)) addresses.set(photo.photo_id, URL.createObjectURL(await picture(photo.thumbnail)));
  return addresses.get(photo.photo_id);
}

const sentPhotos = () => unlessAway(async () => {
  const page = await call("GET", "/v1/me/photos");
  return Promise.all(page.items.slice(0, SHOWN).map(async (photo) => ({ ...photo, address: await thumbnail(photo) })));
});

const label = (photo) => t("photo_alt", { view: t(`view_${photo.view}`), when: dateAndClock(photo.taken_at) });

function waitingLine(item) {
  if (!addresses.has(item.id)) addresses.set(item.id, URL.createObjectURL(item.blob));
  const share = progress.get(item.id);
  const said = item.state === "refused" ? item.problem
    : share === undefined ? t("item_waiting") : t("sent_share", { share: Math.round(share * 100) });
  const discard = async () => {
    await unqueue(item.id);
    say();
  };
  return h("li", { class: "waiting" }, h("img", { src: addresses.get(item.id), alt: label(item), width: 72, height: 96 }),
    h("div", {}, h("p", { class: "unsent" }, said), share !== undefined && h("progress", { value: share, max: 1, "aria-label": t("sending") }),
      share === undefined && h("div", { class: "acts" },
        h("button", { class: "button", onclick: () => tryAgain(item.id) }, t("try_again")),
        item.state === "refused" && h("button", { class: "button", onclick: discard }, t("discard")))));
}

// What the server said of a photo that came today, until another one of the same view was taken. It is kept either way.
function adviceLine(item, again) {
  const said = item.answer.advice.map((one) => one.text).join(" ");
  return h("div", { class: "notice photo-advice", role: "status" }, h("p", {}, h("strong", {}, t(`view_${item.view}`), ". "), said, " ", t("kept_anyway")),
    h("button", { class: "button", onclick: () => again(item.view) }, t("take_again")));
}

function advised(items) {
  const newest = new Map();
  for (const item of items) if (!newest.has(item.view)) newest.set(item.view, item);
  const today = new Date().toDateString();
  return [...newest.values()].filter((item) => item.answer?.advice?.length && new Date(item.made_at).toDateString() === today);
}

// Asked for once, and again after something arrived or the rest of the app was asked for anew.
function gallery(again) {
  let asked = "", sent = null; // null until there was an answer, undefined if there is none
  return live(async () => {
    const items = await ofKind("photo");
    const wanted = [state.fetched_at, items.filter((item) => item.state === "answered").length].join();
    if (wanted !== asked) {
      asked = wanted;
      void sentPhotos().then((found) => {
        if (found || !sent) sent = found;
        say();
      });
    }
    const waiting = items.filter((item) => item.state !== "answered");
    return [
      advised(items).map((item) => adviceLine(item, again)),
      waiting.length > 0 && h("ul", { class: "waiting-photos" }, waiting.map(waitingLine)),
      h("h2", {}, t("your_photos")),
      sent === null ? h("p", { class: "muted" }, t("loading"))
        : sent === undefined ? h("p", { class: "muted" }, t("photos_offline"))
        : sent.length ? h("ul", { class: "photos" }, sent.map((photo) =>
            h("li", {}, h("figure", {}, h("img", { src: photo.address, alt: label(photo) }), h("figcaption", {}, t(`view_${photo.view}`), h("br"), dateAndClock(photo.taken_at))))))
        : h("p", { class: "muted" }, t("photos_empty")),
    ];
  });
}

function camera(id, text, capture, onpick, kind) {
  const input = h("input", { type: "file", id, accept: KINDS, capture, class: "sr", onchange: () => input.files[0] && onpick(input.files[0]) });
  return h("label", { class: `button wide ${kind}` }, input, text);
}

// The earlier photo over the one to be sent, as faint or as strong as the patient likes: is it the same place and size?
function held(shown, path) {
  const earlier = h("img", { class: "earlier", alt: "" });
  const slider = h("input", { type: "range", min: 0, max: 100, value: 0, id: "earlier", oninput: () => (earlier.style.opacity = slider.value / 100) });
  const label = h("label", { class: "field", for: "earlier", hidden: true }, h("span", {}, t("earlier_photo")), slider);
  const show = (address) => {
    earlier.src = address;
    label.hidden = false;
  };
  picture(path).then((blob) => show(URL.createObjectURL(blob))).catch(() => {}); // offline there is nothing to hold it against
  earlier.style.opacity = 0;
  return [h("div", { class: "held" }, shown, earlier), label];
}

const mark = (one) => one && (one.taken ? t("view_taken") : one.when_needed ? t("view_if_needed") : t("view_missing"));

async function chooser(checkInId) {
  let asked = await viewsToday();
  let view = asked.find(isMissing)?.view ?? "front";
  const box = h("div", { class: "stack" });
  const wrong = (text) => h("div", { class: "notice problem", role: "alert" }, h("p", {}, text));
  const pick = (problem) => {
    const capture = view === "close_up" || view === "other" ? "environment" : "user";
    box.replaceChildren(...[problem && wrong(problem),
      radios("view", t("view"), VIEWS.map((id) => ({ id, label: t(`view_${id}`), mark: mark(asked.find((one) => one.view === id)) })), view, (id) => {
        view = id;
        pick();
        document.getElementById(`view-${id}`).focus();
      }),
      howTo(view),
      camera("take", t("take"), capture, look, "primary"), camera("choose", t("choose"), null, look, "")].filter(Boolean));
  };
  const look = (file) => {
    if (file.size > LARGEST) return pick(t("photo_large", { mb: LARGEST / 2 ** 20 }));
    if (!KINDS.split(",").includes(file.type)) return pick(t("photo_kind"));
    const send = async () => {
      const takenAt = new Date(file.lastModified || Date.now()).toISOString();
      await add("photo", { blob: file, view, taken_at: takenAt, check_in_id: checkInId ?? null });
      asked = await viewsToday();
      view = asked.find(isMissing)?.view ?? view;
      pick();
      box.scrollIntoView({ block: "end" });
    };
    const shown = h("img", { class: "preview", src: URL.createObjectURL(file), alt: t("preview") });
    const button = h("button", { class: "button primary wide", onclick: send }, t("send_photo"));
    const earlier = earlierOf(view);
    box.replaceChildren(h("h2", {}, t(`view_${view}`)), ...(earlier ? held(shown, earlier) : [shown]), watchesLine(), button,
      h("button", { class: "button wide", onclick: () => pick() }, t("another")));
    button.focus();
  };
  const again = (id) => {
    view = id;
    pick();
    document.getElementById("take").focus();
  };
  pick();
  return { box, again };
}

export async function photoView([checkInId]) {
  const refused = !given("photos")?.granted;
  const { box, again } = refused ? { box: h("p", {}, h("a", { href: "#/consent/photos/photo" }, t("photos_refused"))), again: () => {} } : await chooser(checkInId);
  const body = [backTo(checkInId ? `/sent/${checkInId}` : "/"), heading(t("photo")), box, await gallery(again)];
  return { title: t("photo"), body };
}

