// On a phone the row of pages is wider than the screen: the one that is open is brought into sight.
export function showWhere() {
  const row = document.querySelector(".head nav");
  const here = row?.querySelector("[aria-current]");
  if (here) row.scrollLeft = here.offsetLeft - row.offsetLeft - (row.clientWidth - here.offsetWidth) / 2;
}
