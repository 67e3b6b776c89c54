/* Tables sort, copy, and are one stop of the Tab key: arrow keys lead from cell to cell. They stay tables for who listens to them. */
const keyOf = (cell) => {
  if (!cell) return null;
  const row = rowsOf(cell).find((found) => found.source !== undefined);
  if (row) return row.value;
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
const sort = (head) => {
  const table = head.closest("table");
  const next = { none: "ascending", ascending: "descending", descending: "none" }[head.getAttribute("aria-sort")];
  each("th[aria-sort]", (other) => other.setAttribute("aria-sort", "none"), table);
  head.setAttribute("aria-sort", next);
  arrange(table, Number(head.dataset.column), { none: 0, ascending: 1, descending: -1 }[next]);
};
each("th[data-column]", (head) => {
  const button = document.createElement("button");
  button.type = "button"; button.className = "sort"; button.tabIndex = -1;
  button.append(...head.childNodes);
  button.addEventListener("click", () => sort(head));
  head.append(button);
  head.setAttribute("aria-sort", "none");
});

/* Return the cell at each place of a table: one over several rows or columns stands at each of them. */
const gridOf = (table) => {
  const grid = [...table.rows].map(() => []);
  [...table.rows].forEach((row, top) => {
    let left = 0;
    for (const cell of row.cells) {
      while (grid[top][left]) left += 1;
      for (const line of grid.slice(top, top + cell.rowSpan)) for (let i = 0; i < cell.colSpan; i += 1) line[left + i] = cell;
      left += cell.colSpan;
    }
  });
  return grid;
};

/* copies: as text with tabs, each cell in its column, and as HTML for a word processor; without the marks of footnotes */
const wordsOf = (cell) => {
  const copy = cell.cloneNode(true);
  each(".mark", (mark) => mark.remove(), copy);
  return copy.textContent.replace(/\s+/g, " ").trim();
};
const asText = (table) => {
  const grid = gridOf(table);
  const begins = (row, column) => grid[row][column] !== grid[row - 1]?.[column] && grid[row][column] !== grid[row][column - 1];
  return grid.map((line, row) => line.map((cell, column) => (begins(row, column) ? wordsOf(cell) : "")).join("\t")).join("\n");
};
const asHtml = (table) => {
  const made = document.createElement("table");
  for (const row of table.rows) {
    const line = made.insertRow();
    for (const cell of row.cells) {
      const copy = document.createElement(cell.localName);
      if (cell.colSpan > 1) copy.colSpan = cell.colSpan;
      if (cell.rowSpan > 1) copy.rowSpan = cell.rowSpan;
      copy.style.textAlign = getComputedStyle(cell).textAlign;
      copy.textContent = wordsOf(cell);
      line.append(copy);
    }
  }
  return made.outerHTML;
};
const copied = (table) => {
  const put = (event) => {
    event.clipboardData.setData("text/plain", asText(table));
    event.clipboardData.setData("text/html", asHtml(table));
    event.preventDefault();
  };
  const chosen = getSelection();
  chosen.selectAllChildren(table); // a browser copies only where something is chosen
  document.addEventListener("copy", put);
  const done = document.execCommand("copy"); // unlike navigator.clipboard also in a page that is opened as a file
  document.removeEventListener("copy", put);
  chosen.removeAllRanges();
  return done;
};
each("button.copy", (button) => button.addEventListener("click", () => {
  const words = button.textContent;
  button.textContent = copied(document.getElementById(button.dataset.table)) ? "Copied" : "Could not copy";
  setTimeout(() => { button.textContent = words; }, 1500);
}));

/* keys: one cell of a table is in the order of Tab, the one that was last visited */
const spotOf = (cell) => cell.querySelector("button.sort") || cell;
const stand = (table, cell) => {
  if (table.spot) table.spot.tabIndex = -1;
  table.spot = spotOf(cell);
  table.spot.tabIndex = 0;
};
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const startOf = (grid, table, cell) => {
  const [row, column] = table.place || [0, 0]; // keeps its column on the way over a head of a group
  if (grid[row]?.[column] === cell) return [row, column];
  const found = grid.findIndex((line) => line.includes(cell));
  return [found, grid[found].indexOf(cell)];
};
const placeAfter = (event, grid, [row, column], cell) => {
  const last = grid.length - 1, far = event.ctrlKey || event.metaKey;
  if (event.key === "Home") return [far ? 0 : row, 0];
  if (event.key === "End") return [far ? last : row, grid[far ? last : row].length - 1];
  const step = STEPS[event.key];
  if (!step || far) return null;
  while (grid[row]?.[column] === cell) { row += step[0]; column += step[1]; }
  return [row, column];
};
const moved = (event, table, cell) => {
  const grid = gridOf(table), next = placeAfter(event, grid, startOf(grid, table, cell), cell);
  const found = next && grid[next[0]]?.[next[1]];
  if (!found) return;
  event.preventDefault();
  table.place = next;
  stand(table, found);
  table.closest(".scroll").style.scrollPaddingLeft = `${grid[0][0].offsetWidth}px`; // the first column hides nothing
  table.spot.focus();
  if (isOpen()) hold(found);
};
each("main table", (table) => {
  stand(table, table.rows[0].cells[0]);
  each("td a, th a", (link) => { link.tabIndex = -1; }, table); // Enter on the cell says its notes
  table.closest(".scroll").removeAttribute("tabindex");
  table.setAttribute("aria-describedby", "keys");
});
document.addEventListener("keydown", (event) => {
  const table = event.target.closest("main table"), cell = event.target.closest("th, td");
  if (!cell || event.target !== table.spot || event.altKey || event.shiftKey) return;
  if (event.key !== "Enter" && event.key !== " ") moved(event, table, cell);
  else if (event.target === cell) { event.preventDefault(); hold(cell); }
});

/* what is moved sideways shows it beside its first column */
document.addEventListener("scroll", ({ target }) => {
  if (target.classList?.contains("scroll")) target.classList.toggle("moved", target.scrollLeft > 0);
}, { capture: true, passive: true });
