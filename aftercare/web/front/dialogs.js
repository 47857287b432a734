// The question of an act comes as a dialog where scripts run, and as a page of its own where they do not.

export function startDialogs() {
  const dialog = document.getElementById("dialog");
  const keys = document.getElementById("keys");

  document.addEventListener("htmx:after:swap", () => {
    if (dialog?.querySelector("#act") && !dialog.open) dialog.showModal();
  });
  // The answer replaces <main>; what was asked is done with. The dialog's own loading is a GET and leaves it alone.
  dialog?.addEventListener("htmx:after:request", (event) => {
    if (event.target.closest?.("form")) dialog.close();
  });
  dialog?.addEventListener("close", () => document.getElementById("dialog-body").replaceChildren());

  document.addEventListener("click", (event) => {
    const close = event.target.closest("[data-close]");
    if (close && dialog?.contains(close)) { event.preventDefault(); dialog.close(); }
    if (event.target.closest("[data-keys]")) keys?.showModal();
  });

  // An open row closes on the second click; the first one is htmx's. Capturing, to be there before it.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-unfold]");
    const panel = link && document.getElementById(link.dataset.unfold);
    if (!panel || event.metaKey || event.ctrlKey || event.shiftKey) return;
    if (panel.childElementCount) {
      event.preventDefault();
      event.stopImmediatePropagation();
      panel.replaceChildren();
    }
    link.setAttribute("aria-expanded", String(!panel.childElementCount && !event.defaultPrevented));
  }, true);
}
