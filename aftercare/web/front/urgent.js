// An emergency is the system's own notification, too, while a page is open behind others: live updates need no push
// service. With the same tag as the push, so that both are one; gone as soon as somebody has the alert.

import { isOff, registration } from "./push.js";

const told = new Set();

async function shown(alert) {
  const there = await registration();
  return there ? there.getNotifications({ tag: alert }) : [];
}

async function raise(alert) {
  if ((await shown(alert)).length) return;
  const clinic = document.querySelector(".head .clinic")?.textContent ?? "";
  const data = { kind: "alert_raised", link: `/alerts/${alert}` };
  const options = { body: `A new alert is waiting at ${clinic}.`, tag: alert, requireInteraction: true, data };
  const there = await registration();
  if (there) return void (await there.showNotification("Emergency: New alert", options));
  const notification = new Notification("Emergency: New alert", options);
  notification.addEventListener("click", () => { focus(); location.assign(data.link); });
}

// What a live update of an alert asks of the notifications: `about` is its ids, tier and state.
export async function noticeUrgent({ subject_id: alert, tier, state }) {
  if (!alert || !self.Notification || Notification.permission !== "granted") return;
  if (state !== "open") return void (await shown(alert)).forEach((one) => one.close());
  const looking = document.visibilityState === "visible" && document.hasFocus();
  if (tier !== "emergency" || looking || isOff() || told.has(alert)) return;
  told.add(alert);
  await raise(alert);
}
