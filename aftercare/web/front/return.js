// A page that the browser brings back from memory (its "back" button) asks for itself anew, and shows nothing until the
// answer is there: whoever was signed in when it was put away may be signed out.

export function startAnew() {
  addEventListener("pagehide", (event) => {
    document.documentElement.hidden = event.persisted;
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
}
