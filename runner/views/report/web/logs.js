// All logs in one list that can be searched; what failed comes first.

function logsView() {
  const lines = []; // [row, text, what]: what is `head`, `line` or `cut`
  const withLogs = ROWS.filter((row) => row.logs).sort((a, b) => BAD.includes(b.status) - BAD.includes(a.status) || (a.start || 0) - (b.start || 0));
  if (!withLogs.length) return;
  for (const row of withLogs) {
    for (const log of row.logs) {
      lines.push([row, `${row.label}${row.logs.length > 1 || log.n > 1 ? `~${log.n}` : ""}`, "head"]);
      if (log.text !== undefined) for (const text of log.text.split("\n")) lines.push([row, text, "line"]);
      if (log.cut) lines.push([row, `… ${leftOut(row, log)} …`, "cut"]);
      if (log.tail) for (const text of log.tail.split("\n")) lines.push([row, text, "line"]);
    }
  }
  let shown = lines, query = "";
  const box = el("div", { class: "rows lines", tabindex: "0", role: "region", "aria-label": "Log lines" });
  const list = virtual(box, 20, (place) => draw(shown[place]));
  const note = el("span", { class: "quiet", role: "status" });
  function draw([row, text, what]) {
    if (what === "head") return el("div", { class: "line head" }, badge(row.status, ""), stepLink(row.place, text));
    const node = el("div", { class: `line ${what}` });
    let rest = text;
    while (query && rest) {
      const at = rest.toLowerCase().indexOf(query);
      if (at < 0) break;
      node.append(rest.slice(0, at), el("mark", {}, rest.slice(at, at + query.length)));
      rest = rest.slice(at + query.length);
    }
    node.append(rest);
    return node;
  }
  function search() {
    if (!query) {
      shown = lines;
      note.textContent = `${count(lines.length - withLogs.reduce((sum, row) => sum + row.logs.length, 0), "line")} of ${count(withLogs.length, "step")}`;
    } else {
      shown = [];
      let head = null, hits = 0, logs = 0;
      for (const line of lines) {
        if (line[2] === "head") head = line;
        else if (line[1].toLowerCase().includes(query)) {
          if (head) { shown.push(head); logs += 1; }
          head = null;
          hits += 1;
          shown.push(line);
        }
      }
      note.textContent = hits ? `${count(hits, "line")} in ${count(logs, "log")}` : "No line has this.";
    }
    box.style.height = `${Math.min(480, Math.max(44, shown.length * 20 + 2))}px`;
    box.scrollTop = 0;
    list.show(shown.length);
  }
  section("logs", "Logs", el("div", { class: "tools" }, el("input", { type: "search", placeholder: "Search the logs", "aria-label": "Search the logs", oninput: (event) => { query = event.target.value.toLowerCase(); search(); } }), note), el("div", { class: "card table" }, box));
  search();
}
