"use strict";
// Filters and sorting. Without it the page has all that it says, in the order that it was written in.
(() => {
  const form = document.querySelector(".filters");
  const payloads = [...document.querySelectorAll(".payload")];
  const findings = [...document.querySelectorAll(".finding")];
  const total = findings.length;
  const fields = ["kind", "entity", "severity", "endpoint", "verdict"];
  const ofPayload = new Set(["endpoint", "verdict"]);
  const order = {
    severity: ["critical", "high", "medium", "low", "info"],
    verdict: ["block", "sanitize", "redact", "tokenize", "flag", "allow"],
  };
  const format = new Intl.NumberFormat("en").format;

  const value = (finding, field) =>
    (ofPayload.has(field) ? finding.closest(".payload") : finding).dataset[field];

  function fill(field) {
    const counts = new Map();
    const named = ofPayload.has(field) ? payloads : findings;
    for (const each of named) {
      const weight = ofPayload.has(field) ? each.querySelectorAll(".finding").length : 1;
      counts.set(each.dataset[field], (counts.get(each.dataset[field]) || 0) + weight);
    }
    const known = order[field];
    const names = [...counts.keys()].sort((a, b) =>
      known ? known.indexOf(a) - known.indexOf(b) : counts.get(b) - counts.get(a) || (a < b ? -1 : 1));
    form.elements[field].replaceChildren(
      new Option("all", ""), ...names.map((name) => new Option(`${name} (${format(counts.get(name))})`, name)));
  }

  function filter() {
    const wanted = fields.map((field) => [field, form.elements[field].value]).filter(([, text]) => text);
    let shown = 0;
    let inPayloads = 0;
    for (const payload of payloads) {
      const fits = wanted.every(([field, text]) => !ofPayload.has(field) || payload.dataset[field] === text);
      const rows = payload.querySelectorAll(".finding");
      let here = 0;
      for (const row of rows) {
        row.hidden = !(fits && wanted.every(([field, text]) => ofPayload.has(field) || row.dataset[field] === text));
        here += !row.hidden;
      }
      // a payload without findings is listed for what was not inspected: only filters on payloads speak of it
      payload.hidden = !(here || (fits && !rows.length && wanted.every(([field]) => ofPayload.has(field))));
      shown += here;
      inPayloads += !payload.hidden;
    }
    const of = shown === total ? format(total) : `${format(shown)} of ${format(total)}`;
    form.querySelector("output").value =
      `${of} finding${total === 1 ? "" : "s"} in ${format(inPayloads)} payload${inPayloads === 1 ? "" : "s"}`;
  }

  function toAddress() {
    const chosen = new URLSearchParams();
    for (const field of fields) if (form.elements[field].value) chosen.set(field, form.elements[field].value);
    history.replaceState(null, "", chosen.size ? `#${chosen}` : location.pathname + location.search);
  }

  function fromAddress() {
    const chosen = new URLSearchParams(location.hash.slice(1));
    if (location.hash && !fields.some((field) => chosen.has(field))) return;
    for (const field of fields) {
      const select = form.elements[field];
      select.value = chosen.get(field) || "";
      if (select.selectedIndex < 0) { // nothing of it is listed: say so, and show nothing
        select.add(new Option(`${chosen.get(field)} (0)`, chosen.get(field)));
        select.value = chosen.get(field);
      }
    }
    filter();
    if (location.hash) document.getElementById("findings").scrollIntoView();
  }

  function sortable(table) {
    const body = table.tBodies[0];
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const numbers = "order" in (body.rows[0]?.cells[column].dataset ?? {});
        const falling = head.ariaSort ? head.ariaSort === "ascending" : numbers;
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", falling ? "descending" : "ascending");
        const key = (row) => numbers ? Number(row.cells[column].dataset.order) : row.cells[column].textContent;
        const rows = [...body.rows].map((row) => [key(row), row]);
        rows.sort(([a], [b]) => (numbers ? a - b : a < b ? -1 : a > b ? 1 : 0) * (falling ? -1 : 1));
        body.replaceChildren(...rows.map(([, row]) => row));
      });
    });
  }

  document.querySelectorAll("table").forEach(sortable);
  if (!payloads.length) return;
  fields.forEach(fill);
  form.hidden = false;
  form.addEventListener("change", () => { toAddress(); filter(); });
  form.addEventListener("reset", () => setTimeout(() => { toAddress(); filter(); }));
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const [name, open] of [["open", true], ["close", false]]) {
    form.querySelector(`.${name}`).addEventListener("click", () => {
      for (const row of findings) if (!row.hidden) row.firstElementChild.open = open;
    });
  }
  addEventListener("hashchange", fromAddress);
  fromAddress();
})();
