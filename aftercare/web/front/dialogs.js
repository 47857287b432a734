import htmx from "htmx.org";

// The question of an act comes as a dialog where scripts run, and as a page of its own where they do not.

function showPrint() {
  for (const button of document.querySelectorAll("[data-print]")) button.hidden = false;
}

function markOpen() {
  for (const link of document.querySelectorAll("[data-unfold]")) {
    const panel = document.getElementById(link.dataset.unfold);
    link.setAttribute("aria-expanded", String(Boolean(panel) && shows(link, panel)));
  }
}

// The morph of the list leaves unfolded alerts alone, so that nobody loses their place: they are brought up to date here.
function refreshUnfolded() {
  for (const link of document.querySelectorAll("[data-unfold]")) {
    const panel = document.getElementById(link.dataset.unfold);
    const open = shows(link, panel);
    link.setAttribute("aria-expanded", String(open));
    if (!open) continue;
    const select = link.getAttribute("hx-select");
    // Each in a queue of its own: htmx lets one request wait behind another of the same element, and drops the next.
    htmx.ajax("GET", link.getAttribute("hx-get"), { source: panel, target: `#${panel.id}`, select, swap: "innerMorph" });
  }
}

// Several links of a row unfold in one place: what is open there is the alert of one of them.
function shows(link, panel) {
  return panel.firstElementChild?.dataset.alert === link.dataset.shows;
}

export function startDialogs() {
  const dialog = document.getElementById("dialog");
  const keys = document.getElementById("keys");

  // What was asked for comes into the dialog; once the answer has replaced <main>, the question is done with.
  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    markOpen();
    showPrint();
    if (ctx.target?.id === "dialog-body") { if (!dialog.open) dialog.showModal(); }
    else if (ctx.target?.id === "main") {
      if (dialog?.open && dialog.contains(ctx.sourceElement)) dialog.close();
      refreshUnfolded();
    }
  });
  // What could not be sent is said at its own form, and what was written stays there.
  document.addEventListener("htmx:error", (event) => {
    const form = event.target.closest?.("form[method=post]");
    if (!form) return;
    const said = form.querySelector(".unsent") ?? form.appendChild(document.createElement("p"));
    said.className = "unsent late-arrival";
    said.setAttribute("role", "alert");
    said.textContent = "Not saved: the clinic’s server did not answer. Try again.";
  });
  showPrint();
  // A form that makes something is sent once; it is free again if the browser comes back to the page.
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-once]")) for (const button of event.target.querySelectorAll("button")) button.disabled = true;
  });
  addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("[data-once] button")) button.disabled = false;
  });
  dialog?.addEventListener("close", () => document.getElementById("dialog-body").replaceChildren());

  // A photo opens over the page, and its neighbours in its place; with a modifier it opens as the page that it is.
  document.addEventListener("click", (event) => {
    const photo = event.target.closest("a[data-photo]");
    if (!photo || !dialog || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    htmx.ajax("GET", photo.getAttribute("href"), { source: photo, target: "#dialog-body", select: "#photo", swap: "innerHTML" });
  });
  document.addEventListener("keydown", (event) => {
    document.querySelector(`#photo [data-step="${CSS.escape(event.key)}"]`)?.click();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) print();
    const close = event.target.closest("[data-close]");
    if (close && dialog?.contains(close)) { event.preventDefault(); dialog.close(); }
    if (event.target.closest("[data-keys]")) keys?.showModal();
  });

  // An open row closes on the second click; the first one is htmx's. Capturing, to be there before it.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-unfold]");
    const panel = link && document.getElementById(link.dataset.unfold);
    if (!panel || event.metaKey || event.ctrlKey || event.shiftKey) return;
    if (shows(link, panel)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      panel.replaceChildren();
      markOpen();
    }
  }, true);
}
