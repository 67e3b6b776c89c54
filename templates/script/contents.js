/* The contents fold on a narrow screen, say where the reader is, and find a number however its minus is typed. */
const contents = document.querySelector(".contents details"), narrow = matchMedia("screen and (max-width: 60rem)");
const fold = () => { contents.open = !narrow.matches; };
narrow.addEventListener("change", fold);
fold();

const links = new Map([...document.querySelectorAll(".contents li a[href^='#']")].map((link) => [link.hash.slice(1), link]));
if ("IntersectionObserver" in window) {
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting && links.has(entry.target.id)) {
      links.forEach((link) => link.classList.remove("here"));
      links.get(entry.target.id).classList.add("here");
    }
  }, { rootMargin: "-10% 0px -80% 0px" });
  links.forEach((_, id) => { const section = document.getElementById(id); if (section) watcher.observe(section); });
}

/* Return text as a search compares it, however a journal prints it and a reader types it: one minus and one decimal point,
   one space, none beside signs, and one word between the ends of an interval. */
const plain = (text) => text.replace(/\s/g, " ").replace(/(\d)(?: to |\u2013)(?=[-\u2212]?\d)/g, "$1 to ")
  .replace(/[-\u2010\u2011\u2012\u2013\u2212]/g, "-").replace(/(\d)\u00b7(?=\d)/g, "$1.").replace(/ ?([<=>]) ?/g, "$1").toLowerCase();
const found = (wanted) => [...document.querySelectorAll("main :is(p, li, dt, dd, h2, h3, h4, th, td, svg text)")].filter(
  (element) => !element.closest(".contents") && plain(element.textContent).includes(wanted) && !element.querySelector("p, li, h3, h4"));
const find = document.getElementById("find"), wanted = document.getElementById("wanted"), met = document.getElementById("met");
let before = "", hits = [], hit = -1;
find.addEventListener("submit", (event) => {
  event.preventDefault();
  const now = plain(wanted.value).trim();
  each(".met", (element) => element.classList.remove("met"));
  if (now !== before) { before = now; hits = now ? found(now) : []; hit = -1; }
  hit = (hit + 1) % Math.max(hits.length, 1);
  met.textContent = hits.length ? `${hit + 1} of ${hits.length}` : now ? "Not found" : "";
  if (!hits.length) return;
  hits[hit].classList.add("met");
  hits[hit].scrollIntoView({ block: "center", inline: "nearest" });
});
