// Messages to and from the clinic: what to do in an emergency first, then a place to write, then what was written.

import { picture } from "../api.js";
import { conversation, earlier, markRead, unreadOf } from "../conversation.js";
import { h, telephone } from "../dom.js";
import { fact, keepFact } from "../kept.js";
import { add, ofKind, tryAgain } from "../outbox.js";
import { backTo, callButton, errorSummary, heading, live, tierBadge, watchesLine } from "../parts.js";
import { state } from "../state.js";
import { dateAndClock, t } from "../words.js";
import { given } from "./consent.js";
import { KINDS, LARGEST } from "./photos.js";

const LONGEST = 4000, MOST_PHOTOS = 6;
const FRESH = 24 * 3_600_000; // milliseconds for which the answer to the last message stands above the others

const addresses = new Map(); // photo's id -> address of its thumbnail in this page

// A photo of a message, from the server or from what still waits here; nothing where it can be had from neither.
function photo(id, blob) {
  const image = h("img", { alt: t("message_photo"), width: 96, height: 128, src: addresses.get(id) });
  if (!addresses.has(id)) {
    const found = blob ? Promise.resolve(blob) : picture(`/v1/photos/${id}/thumbnail`);
    found.then((data) => {
      addresses.set(id, URL.createObjectURL(data));
      image.src = addresses.get(id);
    }).catch(() => image.remove());
  }
  return image;
}

function line(one) {
  const ours = one.direction === "from_patient";
  const who = ours ? t("message_you") : one.staff_name ?? state.me.clinic;
  const read = ours && one.read_at ? t("message_read", { when: dateAndClock(one.read_at) }) : "";
  return h("li", { class: ours ? "ours" : "theirs" },
    one.text && h("p", { class: "message-text" }, one.text),
    one.photos.length > 0 && h("div", { class: "message-photos" }, one.photos.map((id) => photo(id))),
    h("p", { class: "caption" }, [who, dateAndClock(one.written_at), read].filter(Boolean).join(" · ")));
}

function waitingLine(item, blobs) {
  const { text, photos, written_at: writtenAt } = item.draft;
  const said = item.state === "refused" ? item.problem : t("item_waiting");
  return h("li", { class: "ours" }, text && h("p", { class: "message-text" }, text),
    photos.length > 0 && h("div", { class: "message-photos" }, photos.map((id) => photo(id, blobs.get(id)))),
    h("p", { class: "caption" }, dateAndClock(writtenAt), " · ", h("span", { class: "unsent" }, said)));
}

async function thread() {
  const found = await conversation();
  void markRead(found);
  const blobs = new Map((await ofKind("photo")).filter((one) => one.blob).map((one) => [one.id, one.blob]));
  const here = new Set(found.items.map((one) => one.message_id));
  const waiting = (await ofKind("message")).filter((item) => item.state !== "answered" && !here.has(item.id));
  if (!found.items.length && !waiting.length) return [h("p", { class: "muted" }, t(found.known ? "messages_empty" : "messages_offline"))];
  return [h("ol", { class: "messages" }, waiting.map((item) => waitingLine(item, blobs)), found.items.map(line)),
    found.next && h("button", { class: "button wide", id: "earlier", onclick: earlier }, t("earlier"))];
}

// What came of the last message: the server's words, as they came; or that it waits.
async function outcome() {
  const [last] = await ofKind("message");
  if (!last || Date.now() - last.made_at > FRESH) return [];
  const phone = state.me.clinic_phone;
  if (last.state !== "answered") {
    return [h("section", { class: "card", role: "status" }, h("h2", {}, t(last.state === "waiting" ? "waiting_title" : "refused_title")),
      last.problem && h("p", {}, last.problem), last.state === "waiting" && h("p", {}, t("waiting")), h("p", {}, t("waiting_call")),
      phone && callButton(phone, t("call_clinic")),
      h("button", { class: "button wide", onclick: () => tryAgain(last.id) }, t("try_again")))];
  }
  const { advice, hours_notice: closed } = last.answer;
  const urgent = advice.tier === "emergency" || advice.tier === "same_day";
  return [h("section", { class: `advice ${advice.tier ?? "none"}`, id: "outcome", role: urgent ? "alert" : "status" },
    advice.tier && tierBadge(advice.tier), h("h2", {}, advice.headline), h("p", { lang: advice.language }, advice.text),
    closed && !urgent && h("p", { lang: advice.language }, h("strong", {}, closed)),
    advice.call && callButton(advice.call.number, advice.call.label, urgent ? "loud" : ""),
    h("p", { class: "caption" }, t("sent_at", { when: dateAndClock(last.answer.received_at) })))];
}

function attachments(chosen, wrong, redraw) {
  const take = (file) => {
    wrong.replaceChildren();
    const problem = file.size > LARGEST ? t("photo_large", { mb: LARGEST / 2 ** 20 })
      : !KINDS.split(",").includes(file.type) ? t("photo_kind") : null;
    if (problem) return wrong.replaceChildren(errorSummary([{ id: "attach", text: problem }]));
    chosen.push(file);
    return redraw();
  };
  const input = h("input", { type: "file", id: "attach", accept: KINDS, class: "sr", onchange: () => input.files[0] && take(input.files[0]) });
  const drop = (file) => {
    chosen.splice(chosen.indexOf(file), 1);
    redraw();
  };
  return [
    chosen.length > 0 && h("ul", { class: "message-photos" }, chosen.map((file) =>
      h("li", {}, h("img", { src: URL.createObjectURL(file), alt: t("preview"), width: 96, height: 128 }),
        h("button", { class: "button", type: "button", onclick: () => drop(file) }, t("discard"))))),
    chosen.length < MOST_PHOTOS && (given("photos")?.granted
      ? h("label", { class: "button wide" }, input, t("add_photo"))
      : h("a", { class: "button wide", href: "#/consent/photos/messages" }, t("add_photo"))),
  ];
}

async function send(text, chosen) {
  const photos = [];
  for (const file of chosen) {
    const takenAt = new Date(file.lastModified || Date.now()).toISOString();
    photos.push(await add("photo", { blob: file, view: "other", taken_at: takenAt, check_in_id: null }));
  }
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  await keepFact("message", null);
  await add("message", { draft: { text, photos, written_at: new Date().toISOString(), time_zone: zone } });
}

async function composer() {
  const draft = await fact("message"); // what was being written when the page was left
  const chosen = [], wrong = h("div", {}), photos = h("div", { class: "stack" });
  const box = h("textarea", { id: "message", rows: 4, maxlength: LONGEST, "aria-describedby": "message-hint", oninput: () => void keepFact("message", { patient_id: state.me.patient_id, text: box.value }) });
  box.value = draft?.patient_id === state.me.patient_id ? draft.text : "";
  const redraw = () => photos.replaceChildren(...attachments(chosen, wrong, redraw).filter(Boolean));
  const submit = async (event) => {
    event.preventDefault();
    if (!box.value.trim() && !chosen.length) return wrong.replaceChildren(errorSummary([{ id: "message", text: t("message_nothing") }]));
    const text = box.value, files = [...chosen];
    wrong.replaceChildren();
    box.value = "";
    chosen.length = 0;
    redraw();
    scrollTo(0, 0); // where it is said what to do
    return send(text, files);
  };
  redraw();
  return h("form", { class: "stack", onsubmit: submit },
    wrong,
    h("div", { class: "field" }, h("label", { for: "message" }, t("message_write")),
      h("p", { class: "hint", id: "message-hint" }, t("message_hint", { number: state.today.emergency.number })), box),
    photos, h("button", { class: "button primary wide", id: "send-message" }, t("send")));
}

// On the first page: the way here, and how much there is to read.
export async function messagesLink() {
  const unread = unreadOf(await conversation()).length;
  return [h("a", { class: `button wide${unread ? " accent" : ""}`, id: "to-messages", href: "#/messages" }, unread ? t("messages_new", { n: unread }) : t("messages"))];
}

export async function messagesView() {
  const { number } = state.today.emergency;
  const body = [
    backTo("/"), heading(t("messages")),
    h("div", { class: "watch" }, h("a", { class: "button wide loud", href: telephone(number) }, t("in_emergency", { number }))),
    watchesLine(), await live(outcome), await composer(), await live(thread),
  ];
  return { title: t("messages"), body };
}
