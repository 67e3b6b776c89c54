/* Figures enlarge, and are one stop of the Tab key: arrow keys lead from number to number. */
const larger = document.getElementById("larger");
let home = null;
each("button.enlarge", (button) => button.addEventListener("click", () => {
  home = button.closest("figure").querySelector(".stage");
  larger.style.setProperty("--share", getComputedStyle(home).getPropertyValue("--share") || 1);
  larger.querySelector(".stage").append(home.firstElementChild); // the drawing itself moves, so that no id stands twice
  larger.showModal();
}));
larger.addEventListener("close", () => { if (home) home.append(larger.querySelector(".stage").firstElementChild); home = null; });
larger.addEventListener("click", (event) => { if (event.target === larger) larger.close(); });

/* Return the texts with numbers of a drawing in reading order: line by line, from the left. */
const reading = (svg) => {
  const found = [...svg.querySelectorAll("text[data-id]")].map((text) => ({ text, box: text.getBoundingClientRect() }));
  found.sort((a, b) => a.box.bottom - b.box.bottom);
  let line = 0, base = -Infinity;
  for (const item of found) {
    if (item.box.bottom - base > item.box.height / 2) { line += 1; base = item.box.bottom; }
    item.line = line;
  }
  return found.sort((a, b) => a.line - b.line || a.box.left - b.box.left);
};
const middle = (item) => item.box.left + item.box.width / 2;
/* Return the nearest item above or below: what stands in the same column is nearer than what stands beside it. */
const nearest = (items, from, way) => {
  const far = (item) => Math.abs(item.box.bottom - from.box.bottom) + 2 * Math.abs(middle(item) - middle(from));
  return items.filter((item) => way * (item.line - from.line) > 0).reduce((best, item) => (!best || far(item) < far(best) ? item : best), null);
};
const WAYS = {
  ArrowRight: (items, at) => items[at + 1], ArrowLeft: (items, at) => items[at - 1],
  ArrowDown: (items, at) => nearest(items, items[at], 1), ArrowUp: (items, at) => nearest(items, items[at], -1),
  Home: (items) => items[0], End: (items) => items[items.length - 1], Enter: (items, at) => items[at],
};
const leave = (svg) => { each("text.at", (text) => text.classList.remove("at"), svg); hide(); };
const point = (svg, event) => {
  const items = reading(svg), at = items.findIndex((item) => item.text.classList.contains("at"));
  const next = at < 0 ? items[0] : WAYS[event.key](items, at);
  event.preventDefault();
  if (!next) return;
  leave(svg);
  next.text.classList.add("at");
  next.text.scrollIntoView({ block: "nearest", inline: "nearest" });
  hold(next.text);
};
each("figure svg", (svg) => {
  if (!svg.querySelector("text[data-id]")) return;
  svg.setAttribute("tabindex", "0");
  svg.setAttribute("aria-describedby", "keys");
  svg.addEventListener("keydown", (event) => { if (event.key in WAYS && !event.altKey && !event.ctrlKey && !event.metaKey) point(svg, event); });
  svg.addEventListener("focusout", () => leave(svg));
});
