// j k move through the alerts, t takes, c calls, r resolves, ? shows the keys. Never while something is being written.

function rows() {
  return [...document.querySelectorAll("[data-row]")];
}

function current() {
  return document.activeElement?.closest?.("[data-row], [data-alert]") ?? document.querySelector(".row.at")
    ?? document.querySelector("main.one [data-alert], .beside [data-alert]");
}

function move(step) {
  const all = rows();
  if (!all.length) return;
  const here = all.indexOf(document.activeElement?.closest?.("[data-row]") ?? document.querySelector(".row.at"));
  const next = all[Math.max(0, Math.min(all.length - 1, here < 0 ? 0 : here + step))];
  for (const row of all) row.classList.toggle("at", row === next);
  next.querySelector("a")?.focus();
  next.scrollIntoView({ block: "nearest" });
}

function act(name) {
  current()?.querySelector(`[data-act="${name}"]`)?.click();
}

export function startKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const does = {
      j: () => move(1), k: () => move(-1), t: () => act("acknowledge"), c: () => act("call"), r: () => act("resolve"),
      "?": () => document.getElementById("keys")?.showModal(),
    }[event.key];
    if (does) { event.preventDefault(); does(); }
  });
}
