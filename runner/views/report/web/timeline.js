// The steps as a list: what holds others can be folded; beside each what it took and when.

function timelineView() {
  const filter = { text: "", status: "", critical: false };
  let shown = [], at = 0, chosen = -1;
  const box = el("div", { class: "rows", role: "treegrid", tabindex: "0", "aria-label": "Steps and their times", "aria-readonly": "true" });
  const list = virtual(box, 30, drawRow);
  const note = el("span", { class: "quiet", role: "status" });

  function gather() {
    shown = [];
    const filtered = filter.text || filter.status || filter.critical;
    if (filtered) {
      const text = filter.text.toLowerCase();
      shown = (filter.critical ? DATA.critical : ROWS.map((row) => row.place)).filter((place) => {
        const row = ROWS[place];
        return (!filter.status || row.status === filter.status) && (!text || row.label.toLowerCase().includes(text));
      });
    } else {
      const todo = [...TOPS].reverse();
      while (todo.length) {
        const place = todo.pop();
        shown.push(place);
        if (OPEN.has(place)) for (let n = ROWS[place].inside.length - 1; n >= 0; n -= 1) todo.push(ROWS[place].inside[n]);
      }
    }
    at = Math.max(0, Math.min(at, shown.length - 1));
    box.style.height = `${Math.min(560, Math.max(60, shown.length * 30 + 2))}px`;
    box.setAttribute("aria-rowcount", String(shown.length));
    note.textContent = filtered ? count(shown.length, "row") : "";
    list.show(shown.length);
    now();
  }
  function drawRow(line) {
    const place = shown[line], row = ROWS[place], holder = row.inside.length > 0, flatly = filter.text || filter.status || filter.critical;
    const level = flatly ? 1 : row.level;
    return el("div", {
      class: `row ${CRITICAL.has(place) || (holder && !OPEN.has(place) && onPath(place)) ? "hot" : ""} ${line === at ? "at" : ""} ${place === chosen ? "chosen" : ""}`, id: `row-${place}`, role: "row",
      "aria-level": String(level), "aria-rowindex": String(line + 1), "aria-expanded": holder && !flatly ? String(OPEN.has(place)) : null,
      onclick: () => { at = line; now(); showStep(place); },
    },
    el("div", { class: "c-name", role: "gridcell", style: { paddingLeft: `${8 + (level - 1) * 18}px` } },
      holder && !flatly ? el("button", { class: "twist", type: "button", tabindex: "-1", "aria-label": `${OPEN.has(place) ? "Fold" : "Unfold"} ${row.label}`, onclick: (event) => { event.stopPropagation(); at = line; unfold(place, !OPEN.has(place)); } }, OPEN.has(place) ? "▾" : "▸") : el("span", { class: "twist" }),
      el("span", { class: `dot is-${row.status}`, title: row.status, role: "img", "aria-label": row.status }, STATUSES[row.status] || "·"),
      el("span", { class: "label", title: row.label }, flatly ? row.label : row.name), holder && el("span", { class: "quiet" }, ` ${holds(row)}`)),
    number("took", "", row.kept ? "kept" : duration(took(row))),
    number("CPU time", "c-extra", row.cpu && !row.kept ? duration(row.cpu) : ""),
    number("memory", "c-extra", row.rss && !row.kept ? bytes(row.rss) : ""),
    el("div", { class: "c-bar", role: "gridcell", "aria-label": said(row) }, bars(row, holder)));
  }
  function number(name, more, text) {
    return el("div", { class: `c-number ${more}`, role: "gridcell", "aria-label": text && `${name} ${text}` }, text);
  }
  function said(row) {
    if (row.kept) return row.kept;
    if (row.start === undefined) return row.why || row.status;
    return `from ${duration(row.start)} to ${row.end === undefined ? "now" : duration(row.end)}${(row.attempts || []).length > 1 ? `, ${row.attempts.length} attempts` : ""}`;
  }
  function bars(row, holder) {
    const bar = (from, to, name, title) => el("span", { class: `bar ${name}`, title, style: { left: `min(100% - 3px, ${(100 * from) / SPAN}%)`, width: `max(2px, ${(100 * Math.max(0, to - from)) / SPAN}%)` } });
    if (row.start === undefined) return el("span", { class: "quiet why" }, row.kept || row.why || "");
    if (holder) return bar(row.start, row.end === undefined ? SPAN : row.end, `whole is-${row.status}`, `${row.label}: ${duration(took(row))}`);
    const found = [];
    let last = row.ready === undefined ? row.start : row.ready;
    for (const one of row.attempts || []) {
      if (one.start === undefined) continue;
      if (one.start - last > Math.max(0.05, SPAN / 2000)) found.push(bar(last, one.start, "waits", `waited ${duration(one.start - last)}`));
      last = one.end === undefined ? SPAN : one.end;
      found.push(bar(one.start, last, `is-${one.status}`, `${row.label}${row.attempts.length > 1 ? ` attempt ${one.n}` : ""}: ${one.status}, ${duration(last - one.start)}`));
    }
    return found;
  }
  function now() {
    const place = shown[at];
    if (place === undefined) return;
    box.setAttribute("aria-activedescendant", `row-${place}`);
    box.querySelectorAll(".row").forEach((one) => one.classList.toggle("at", one.id === `row-${place}`));
  }
  box.addEventListener("keydown", (event) => {
    const place = shown[at], page = Math.max(1, Math.floor(box.clientHeight / 30) - 1);
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.target !== box || place === undefined) return;
    const row = ROWS[place];
    if (event.key in moves) {
      at = Math.max(0, Math.min(shown.length - 1, at + moves[event.key]));
      list.see(at);
      now();
    } else if (event.key === "Enter") showStep(place);
    else if (event.key === "ArrowRight" && row.inside.length && !OPEN.has(place)) unfold(place, true);
    else if (event.key === "ArrowLeft" && OPEN.has(place)) unfold(place, false);
    else if (event.key === "ArrowLeft" && row.up >= 0) { at = Math.max(0, shown.indexOf(row.up)); list.see(at); now(); }
    else if (event.key === " " && row.inside.length) unfold(place, !OPEN.has(place));
    else return;
    event.preventDefault();
  });
  const choices = statuses(ROWS).map(([status, n]) => el("option", { value: status }, `${status} (${n.toLocaleString("en")})`));
  const tools = el("div", { class: "tools" },
    el("input", { type: "search", placeholder: "Find a step", "aria-label": "Find a step", oninput: (event) => { filter.text = event.target.value; gather(); } }),
    el("select", { "aria-label": "Status", onchange: (event) => { filter.status = event.target.value; gather(); } }, el("option", { value: "" }, "every status"), choices),
    CRITICAL.size > 0 && el("label", {}, el("input", { type: "checkbox", onchange: (event) => { filter.critical = event.target.checked; gather(); } }), " critical path only"), note);
  const legend = el("p", { class: "legend" }, el("span", { class: "key waits" }), " waited for a free place, a retry or resources ", el("span", { class: "key hot" }), " on the critical path");
  const head = el("div", { class: "row head" }, el("div", { class: "c-name" }, "Step"), el("div", { class: "c-number" }, "Took"), el("div", { class: "c-number c-extra", title: "User and system time of all attempts" }, "CPU"),
    el("div", { class: "c-number c-extra", title: "The largest process of a step; no less than that which started it" }, "Memory"), el("div", { class: "c-bar" }, axis()));
  section("timeline", "Timeline", CRITICAL.size > 1 && criticalWords(), tools, el("div", { class: "card table" }, head, box), legend);
  changed.push(gather);
  gather();
  return { mark(place) { chosen = place; list.show(shown.length); } };
}

function axis() {
  const rough = SPAN / 5, base = 10 ** Math.floor(Math.log10(rough));
  const steps = SPAN > 100 ? [10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400] : [1, 2, 5, 10].map((n) => n * base);
  const step = steps.find((one) => one >= rough) || rough, found = [];
  for (let at = 0; at <= SPAN * 0.97; at += step) found.push(el("span", { class: "tick", style: { left: `${(100 * at) / SPAN}%` } }, at ? duration(at) : "0"));
  return found;
}

function criticalWords() {
  const path = DATA.critical.map((place) => ROWS[place]);
  const work = path.reduce((sum, row) => sum + (took(row) || 0), 0);
  const crowded = DATA.crowded > path.length / 2;
  const advice = crowded ? "Most of them waited for a free place: the run ends sooner when more may run at once (-j, max-parallel)." : "The run ends sooner when one of these does.";
  const longest = [...path].sort((a, b) => (took(b) || 0) - (took(a) || 0)).slice(0, 8), kept = new Set(longest);
  const parts = [];
  let gap = false;
  for (const row of path) {
    if (!kept.has(row)) { if (!gap) parts.push(el("li", { class: "quiet" }, "…")); gap = true; continue; }
    gap = false;
    parts.push(el("li", {}, stepLink(row.place), " ", el("span", { class: "quiet" }, duration(took(row)))));
  }
  return el("div", { class: "path" }, el("p", {}, el("strong", {}, "Critical path: "), `${count(path.length, "step")} that followed each other, since each needed the one before or its place, and took ${duration(work)} of the ${duration(SPAN)}. ${advice}`), el("ol", { class: "chain" }, parts));
}
