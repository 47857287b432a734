// The companion's own sentences in the patient's language. Questions, advice and the emergency text come from the server.

import en from "./words/en.js";
import es from "./words/es.js";
import pt from "./words/pt.js";

const LANGUAGES = { en, es, pt };
export let language = "en";

// Choose by a tag such as `pt-BR`; what is not spoken here gets English, as the server's advice does.
export function speak(tag) {
  const spoken = String(tag ?? "").split(/[-_]/)[0].toLowerCase();
  language = LANGUAGES[spoken] ? spoken : "en";
  document.documentElement.lang = language;
}

// A sentence by its name, with `{places}` filled.
export function t(name, values = {}) {
  const text = LANGUAGES[language].sentences[name];
  if (text === undefined) throw new Error(`No sentence is named ${name}.`);
  return text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}

// A text of the server that comes in several languages.
export const spoken = (texts) => texts[language] ?? texts.en ?? Object.values(texts)[0] ?? "";

// The short name of a chip; an item that this app does not know yet is asked in the server's words.
export function chipName(chip) {
  if (chip.value) return spoken(chip.item.value_texts[chip.value] ?? { en: chip.value });
  return LANGUAGES[language].chips[chip.item.key] ?? spoken(chip.item.text);
}

export function watches(reads) {
  return t("nobody_watches", { hours: reads || t("no_hours") });
}

const format = (options) => (instant) => new Intl.DateTimeFormat(tag(), options).format(new Date(instant));
const tag = () => ({ en: "en-GB", es: "es", pt: "pt-PT" })[language];

export const clock = format({ hour: "2-digit", minute: "2-digit" });
export const date = format({ weekday: "long", day: "numeric", month: "long" });
export const dateAndClock = format({ weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

// "3 hours ago"
export function age(milliseconds) {
  const minutes = Math.max(0, Math.round(milliseconds / 60_000));
  const relative = new Intl.RelativeTimeFormat(tag(), { numeric: "always" });
  if (minutes < 1) return t("just_now");
  if (minutes < 60) return relative.format(-minutes, "minute");
  if (minutes < 48 * 60) return relative.format(-Math.round(minutes / 60), "hour");
  return relative.format(-Math.round(minutes / 1440), "day");
}
