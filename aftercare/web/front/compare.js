// Two photos one over the other, with a line between that is moved by pointer, touch and keyboard. Without this script, and
// at a wish, they stand side by side.

const KEPT = "aftercare-compare";

export function startCompare() {
  const pair = document.getElementById("pair");
  const slider = pair?.querySelector("[data-divide]");
  const beside = document.querySelector("[data-divide-off]");
  if (!slider || !beside) return;
  const move = () => pair.style.setProperty("--at", `${slider.value}%`);
  const show = (divided) => {
    pair.classList.toggle("divided", divided);
    slider.hidden = !divided;
    beside.textContent = divided ? "Side by side" : "One over the other";
    move();
  };
  slider.addEventListener("input", move);
  beside.addEventListener("click", () => {
    const divided = !pair.classList.contains("divided");
    localStorage.setItem(KEPT, divided ? "over" : "beside"); // how, never whom
    show(divided);
  });
  beside.hidden = false;
  show(localStorage.getItem(KEPT) !== "beside");
}
