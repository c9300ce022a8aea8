
"use strict";
// Each report's findings: search, filter, sort. Without this script all of them stand in the order of lines.
for (const section of document.querySelectorAll("section.findings")) {
  const form = section.querySelector("form");
  if (!form) continue;
  const [search, rule, severity] = form.querySelectorAll("input, select");
  const status = section.querySelector("[role=status]");
  const nothing = section.querySelector(".nothing");
  const table = section.querySelector("table.list");
  const body = table.tBodies[0];
  const caption = table.caption;
  const gravity = [...severity.options].map(option => option.value);
  const entries = [...body.rows].map((row, place) => ({
    row, place,
    text: row.textContent.replace(/\s+/g, " ").toLowerCase(),
    rule: row.dataset.rule,
    severity: row.dataset.severity,
  }));
  const orders = {
    line: (a, b) => a.place - b.place,
    rule: (a, b) => (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0),
    severity: (a, b) => gravity.indexOf(a.severity) - gravity.indexOf(b.severity),
  };

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const entry of entries) {
      const match = (!rule.value || entry.rule === rule.value)
        && (!severity.value || entry.severity === severity.value)
        && words.every(word => entry.text.includes(word));
      entry.row.hidden = !match;
      shown += match;
    }
    status.textContent = `${shown.toLocaleString("en")} of ${entries.length.toLocaleString("en")} entries shown`;
    nothing.hidden = shown > 0;
    table.hidden = shown === 0;
  };

  const sort = (header, name) => {
    const descending = header.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const sign = descending ? -1 : 1;
    entries.sort((a, b) => sign * orders[name](a, b) || a.place - b.place);
    body.append(...entries.map(entry => entry.row));
    caption.textContent = `Findings, by ${name}${descending ? ", reversed" : ""}`;
  };

  for (const header of table.querySelectorAll("[data-sort]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = header.textContent;
    button.addEventListener("click", () => sort(header, header.dataset.sort));
    header.replaceChildren(button);
  }
  table.querySelector("[data-sort=line]").setAttribute("aria-sort", "ascending");
  form.addEventListener("input", filter);
  form.addEventListener("submit", event => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  form.hidden = status.hidden = false;
  filter();
}
