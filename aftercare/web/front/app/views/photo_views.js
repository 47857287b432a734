// Who of the clinic looked at the patient's photos, day by day: asked of the server each time and kept nowhere.

import { call } from "../api.js";
import { h } from "../dom.js";
import { backTo, heading } from "../parts.js";
import { unlessAway } from "../state.js";
import { clock, date, t } from "../words.js";

// One line for what one person looked at for one purpose on one day: a page of thumbnails is many looks.
function lines(looks) {
  const found = new Map();
  for (const look of looks) {
    const day = date(look.at);
    const key = [day, look.by, look.purpose].join("\n");
    const line = found.get(key) ?? { ...look, day, photos: new Set() };
    line.photos.add(look.photo_id);
    found.set(key, line);
  }
  return [...found.values()];
}

function entry({ at, by, role, purpose, day, photos }) {
  const who = role ? t("looker", { name: by, role: t(`role_${role}`) }) : t("looker_gone");
  return h("li", {}, h("div", {}, h("h3", {}, who), h("p", { class: "muted" }, t(`looked_for_${purpose}`, { n: photos.size }))),
    h("p", { class: "caption" }, `${day}, ${clock(at)}`));
}

async function more(box, looks, cursor) {
  const page = await unlessAway(() => call("GET", `/v1/me/photo-views${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ""}`));
  if (page === undefined) return box.append(h("p", { class: "muted" }, t("photo_views_offline")));
  const all = [...looks, ...page.items];
  return box.replaceChildren(...[
    all.length ? h("ul", { class: "lines" }, lines(all).map(entry)) : h("p", { class: "muted" }, t("photo_views_empty")),
    page.next && h("button", { class: "button wide", onclick: () => more(box, all, page.next) }, t("earlier")),
  ].filter(Boolean));
}

export async function photoViewsView() {
  const box = h("div", { class: "stack" });
  await more(box, [], "");
  return { title: t("photo_views"), body: [backTo("/settings"), heading(t("photo_views")), h("p", {}, t("photo_views_why")), box] };
}
