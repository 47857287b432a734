// Deadlines count down in the server's words and by the server's clock: a phone that is five minutes off is not late.

const MINUTE = 60, HOUR = 3600, DAY = 86400;

// The same words as aftercare/web/times.py; tests/web/test_times.py holds the two together.
export function span(seconds) {
  const whole = Math.floor(Math.abs(seconds));
  if (whole < MINUTE) return "under 1 min";
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)} min`;
  if (whole < 6 * HOUR) {
    const minutes = Math.floor((whole % HOUR) / MINUTE);
    return `${Math.floor(whole / HOUR)} h` + (minutes ? ` ${String(minutes).padStart(2, "0")} min` : "");
  }
  if (whole < 2 * DAY) return `${Math.floor(whole / HOUR)} h`;
  return `${Math.floor(whole / DAY)} days`;
}

export function left(seconds) {
  return seconds >= 0 ? `${span(seconds)} left` : `late by ${span(seconds)}`;
}

let ahead = 0; // how far this machine's clock is ahead of the server's, in milliseconds

export function now() {
  return Date.now() - ahead;
}

function setClock() {
  const said = document.getElementById("main")?.dataset.now;
  if (said) ahead = Date.now() - Date.parse(said);
}

function tick() {
  for (const clock of document.querySelectorAll("[data-deadline]")) {
    const seconds = (Date.parse(clock.dateTime) - now()) / 1000;
    const text = left(seconds);
    if (clock.textContent !== text) clock.textContent = text;
    clock.classList.toggle("late", seconds < 0);
  }
}

export function startClocks() {
  setClock();
  setInterval(tick, 5000);
  document.addEventListener("htmx:after:swap", () => { setClock(); tick(); });
}
