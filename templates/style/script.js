/* Tables sort and copy, figures enlarge, numbers say where they come from. Nothing is fetched; without it the page reads the same. */
(() => {
  "use strict";
  const known = JSON.parse(document.getElementById("rows").textContent);
  const each = (selector, act, root = document) => root.querySelectorAll(selector).forEach(act);

  /* tables */
  const keyOf = (cell) => {
    if (!cell) return null;
    const number = cell.querySelector(".n");
    const row = number && known.rows[number.dataset.id];
    if (row) return row[0];
    const text = cell.textContent.trim();
    return text === "" || text === "–" ? null : text;
  };
  const compare = (a, b) => {
    if (a === null || b === null) return (a === null) - (b === null);
    if (typeof a === "number" && typeof b === "number") return a - b;
    return String(a).localeCompare(String(b), "en", { numeric: true });
  };
  const cellAt = (row, column) => {
    if (!row) return null;
    const heads = row.querySelectorAll("th");
    return column === 0 ? heads[0] : row.querySelectorAll("td")[column - 1];
  };
  const sorted = (items, key, way) => {
    const decorated = items.map((item, index) => [key(item), index, item]);
    const empty = (k) => k === null;
    decorated.sort(([a, i], [b, j]) => (empty(a) || empty(b) ? compare(a, b) : way * compare(a, b)) || i - j);
    return decorated.map(([, , item]) => item);
  };
  const remember = (table) => {
    if (table.original) return;
    table.original = [...table.tBodies].map((body) => [body, [...body.rows]]);
  };
  const arrange = (table, column, way) => {
    remember(table);
    for (const [body, rows] of table.original) { table.append(body); body.append(...rows); }
    if (way === 0) return;
    const last = table.original.filter(([, rows]) => rows.every((row) => row.matches(".total")));
    const bodies = table.original.filter((entry) => !last.includes(entry));
    if (table.dataset.sort === "groups") {
      for (const [body] of sorted(bodies, ([, rows]) => keyOf(cellAt(rows[0], column)), way)) table.append(body);
    } else {
      for (const [body, rows] of bodies) {
        const moving = rows.filter((row) => !row.matches(".group, .total"));
        const staying = rows.filter((row) => row.matches(".total"));
        body.append(...sorted(moving, (row) => keyOf(cellAt(row, column)), way), ...staying);
      }
    }
    for (const [body] of last) table.append(body);
  };
  each("button.sort", (button) => button.addEventListener("click", () => {
    const head = button.closest("th"), table = button.closest("table");
    const next = { none: "ascending", ascending: "descending", descending: "none" }[head.getAttribute("aria-sort")];
    each("th[aria-sort]", (other) => other.setAttribute("aria-sort", "none"), table);
    head.setAttribute("aria-sort", next);
    arrange(table, Number(button.dataset.column), { none: 0, ascending: 1, descending: -1 }[next]);
  }));

  const lines = (table) => [...table.rows].map((row) => [...row.cells].flatMap((cell) =>
    [cell.innerText.replace(/\s+/g, " ").trim(), ...Array(cell.colSpan - 1).fill("")]).join("\t")).join("\n");
  const copied = async (text) => {
    try { await navigator.clipboard.writeText(text); return true; } catch { /* no clipboard for pages opened as files */ }
    const area = document.createElement("textarea");
    area.value = text; area.style.position = "fixed"; area.style.opacity = "0";
    document.body.append(area); area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  };
  each("button.copy", (button) => button.addEventListener("click", async () => {
    const words = button.textContent;
    const done = await copied(lines(document.getElementById(button.dataset.table)));
    button.textContent = done ? "Copied" : "Could not copy";
    setTimeout(() => { button.textContent = words; }, 1500);
  }));

  /* figures: the drawing itself moves into the dialog and back, so that no id stands twice */
  const larger = document.getElementById("larger");
  let home = null;
  each("button.enlarge", (button) => button.addEventListener("click", () => {
    home = button.closest("figure").querySelector(".stage");
    larger.querySelector(".stage").append(home.firstElementChild);
    larger.showModal();
  }));
  larger.addEventListener("close", () => { if (home) home.append(larger.querySelector(".stage").firstElementChild); home = null; });
  larger.addEventListener("click", (event) => { if (event.target === larger) larger.close(); });

  /* where numbers come from */
  const origin = document.getElementById("origin");
  const pair = (list, name, value) => {
    if (value === null || value === undefined || value === "") return;
    const line = document.createElement("div"), term = document.createElement("dt"), said = document.createElement("dd");
    term.textContent = name; said.textContent = String(value); line.append(term, said); list.append(line);
  };
  const told = (id) => {
    const list = document.createElement("dl"), row = known.rows[id];
    pair(list, "Row", id);
    if (!row) { pair(list, "What", "words of the study file or the data"); return list; }
    const [value, unit, n, trials, status, reason, source] = row;
    pair(list, "Value", value === null ? "–" : `${value}${unit ? " " + unit : ""}`);
    pair(list, "Participants", n); pair(list, "Trials", trials);
    pair(list, "Status", status || "ok"); pair(list, "Reason", reason); pair(list, "Source", known.sources[source]);
    return list;
  };
  const show = (element) => {
    origin.replaceChildren(...element.dataset.id.split(" ").slice(0, 6).map(told));
    const parent = element.closest("dialog") || document.body;
    parent.append(origin);
    origin.hidden = false;
    const box = element.getBoundingClientRect();
    if (parent === document.body) {
      const left = Math.max(8, Math.min(box.left, document.documentElement.clientWidth - origin.offsetWidth - 8));
      const above = box.bottom + origin.offsetHeight + 8 > window.innerHeight && box.top > origin.offsetHeight + 8;
      origin.style.position = "absolute";
      origin.style.left = `${left + window.scrollX}px`;
      origin.style.top = `${(above ? box.top - origin.offsetHeight - 6 : box.bottom + 6) + window.scrollY}px`;
    } else { origin.style.position = "fixed"; origin.style.left = `${box.left}px`; origin.style.top = `${box.bottom + 6}px`; }
  };
  const hide = () => { origin.hidden = true; };
  const carrier = (event) => event.target.closest(".n, .q, svg text[data-id]");
  let waiting = 0;
  document.addEventListener("mouseover", (event) => {
    clearTimeout(waiting);
    const element = carrier(event);
    if (element) waiting = setTimeout(() => show(element), 600);
  });
  document.addEventListener("mouseout", (event) => {
    clearTimeout(waiting);
    if (!origin.contains(event.relatedTarget) && !origin.dataset.held) hide();
  });
  document.addEventListener("click", (event) => {
    const element = carrier(event);
    if (element && !event.target.closest("a, button")) { show(element); origin.dataset.held = "yes"; }
    else if (!origin.contains(event.target)) { delete origin.dataset.held; hide(); }
  });
  document.addEventListener("focusin", (event) => {
    if (event.target.matches(".n, .q")) { show(event.target); origin.dataset.held = "yes"; }
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") { delete origin.dataset.held; hide(); } });
  const origins = document.getElementById("origins");
  origins.addEventListener("click", () => {
    const on = origins.getAttribute("aria-pressed") !== "true";
    origins.setAttribute("aria-pressed", String(on));
    document.body.classList.toggle("origins-on", on);
    each("main .n, main .q", (element) => { if (on) element.tabIndex = 0; else element.removeAttribute("tabindex"); });
  });

  /* the contents say where the reader is */
  const links = new Map([...document.querySelectorAll(".contents a")].map((link) => [link.hash.slice(1), link]));
  if ("IntersectionObserver" in window) {
    const watcher = new IntersectionObserver((entries) => {
      for (const entry of entries) if (entry.isIntersecting && links.has(entry.target.id)) {
        links.forEach((link) => link.classList.remove("here"));
        links.get(entry.target.id).classList.add("here");
      }
    }, { rootMargin: "-10% 0px -80% 0px" });
    links.forEach((_, id) => { const section = document.getElementById(id); if (section) watcher.observe(section); });
  }
})();
