/* Numbers say where they come from. Each file of this folder is a part of one script; without it the page reads the same. */
const each = (selector, act, root = document) => root.querySelectorAll(selector).forEach(act);
const known = JSON.parse(document.getElementById("rows").textContent);
const rows = [];
for (const [shared, rest, value, source, n, trials, unit, status, reason] of known.rows) {
  const before = rows.length ? rows[rows.length - 1].id.split(".") : [];
  rows.push({
    id: [...before.slice(0, shared), rest].join("."), value, source: known.sources[source], n, trials,
    unit: known.words[unit], status: known.words[status], reason: known.words[reason],
  });
}
const keysOf = (element) => (element.dataset.id || "").split(" ").filter(Boolean);
const rowsOf = (element) => [element, ...element.querySelectorAll("[data-id]")].flatMap(keysOf).map((key) => rows[key]);

const origin = document.getElementById("origin");
const pair = (list, name, value) => {
  if (value === null || value === undefined || value === "") return;
  const line = document.createElement("div"), term = document.createElement("dt"), said = document.createElement("dd");
  term.textContent = name; said.textContent = String(value); line.append(term, said); list.append(line);
};
const rowShown = (row) => {
  const list = document.createElement("dl");
  pair(list, "Row", row.id);
  if (row.source === undefined) { pair(list, "What", "words of the study file or the data"); return list; }
  pair(list, "Value", row.value === null ? "–" : `${row.value}${row.unit ? " " + row.unit : ""}`);
  pair(list, "Participants", row.n); pair(list, "Trials", row.trials);
  pair(list, "Status", row.status || "ok"); pair(list, "Reason", row.reason); pair(list, "Source", row.source);
  return list;
};
const noted = (link) => {
  const list = document.createElement("dl");
  pair(list, "Note", document.getElementById(link.hash.slice(1)).textContent.trim());
  return list;
};
const show = (element) => {
  const notes = [...element.querySelectorAll(".mark a")];
  const lists = [...rowsOf(element).map(rowShown), ...notes.map(noted)];
  if (!lists.length) return hide();
  const parent = element.closest("dialog") || document.body;
  if (origin.parentElement !== parent) parent.append(origin);
  origin.replaceChildren(...lists);
  place(element.getBoundingClientRect(), parent === document.body);
};
const place = (box, scrolls) => {
  const left = Math.max(8, Math.min(box.left, document.documentElement.clientWidth - origin.offsetWidth - 8));
  const above = box.bottom + origin.offsetHeight + 8 > window.innerHeight && box.top > origin.offsetHeight + 8;
  const top = above ? box.top - origin.offsetHeight - 6 : box.bottom + 6;
  origin.style.position = scrolls ? "absolute" : "fixed";
  origin.style.left = `${left + (scrolls ? window.scrollX : 0)}px`;
  origin.style.top = `${top + (scrolls ? window.scrollY : 0)}px`;
};
const hide = () => { delete origin.dataset.held; origin.replaceChildren(); };
const hold = (element) => { show(element); origin.dataset.held = "yes"; };
const isOpen = () => origin.hasChildNodes();
const carrier = (event) => event.target.closest("[data-id]:not(svg)");
let waiting = 0;
document.addEventListener("mouseover", (event) => {
  clearTimeout(waiting);
  const element = carrier(event);
  if (element && !origin.dataset.held) waiting = setTimeout(() => show(element), 600);
});
document.addEventListener("mouseout", (event) => {
  clearTimeout(waiting);
  if (!origin.contains(event.relatedTarget) && !origin.dataset.held) hide();
});
document.addEventListener("click", (event) => {
  const element = carrier(event);
  if (element && !event.target.closest("a, button")) hold(element);
  else if (!origin.contains(event.target)) hide();
});
document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });

/* numbers in running text: on request, one stop a paragraph, arrow keys within it */
const BLOCK = "p, li, dd, dt, h1, h2, h3, h4";
const inText = (block) => [...block.querySelectorAll("[data-id]")].filter((number) => number.closest(BLOCK) === block);
const stopAt = (number, numbers) => {
  for (const other of numbers) other.tabIndex = -1;
  number.tabIndex = 0;
};
const origins = document.getElementById("origins");
origins.addEventListener("click", () => {
  const on = origins.getAttribute("aria-pressed") !== "true";
  origins.setAttribute("aria-pressed", String(on));
  document.body.classList.toggle("origins-on", on);
  each("header, .text, .findings", (part) => each(BLOCK, (block) => {
    const numbers = inText(block);
    if (on && numbers.length) stopAt(numbers[0], numbers);
    else for (const number of numbers) number.removeAttribute("tabindex");
  }, part));
});
document.addEventListener("focusin", (event) => { if (event.target.matches("span[data-id]")) hold(event.target); });
document.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step || !event.target.matches("span[data-id]")) return;
  const numbers = inText(event.target.closest(BLOCK)), next = numbers[numbers.indexOf(event.target) + step];
  if (!next) return;
  event.preventDefault();
  stopAt(next, numbers);
  next.focus();
});
