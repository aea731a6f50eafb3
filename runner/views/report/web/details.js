// The panel beside the page: all there is to say of one step, or a file from near.

let opener = null;

function panel(title, ...inside) {
  const box = byId("details");
  const shut = el("button", { class: "icon", type: "button", "aria-label": "Close details", onclick: closeDetails }, "✕");
  box.replaceChildren(el("div", { class: "panel-head" }, el("h2", { id: "details-title" }, title), shut), el("div", {}, ...inside));
  box.setAttribute("aria-labelledby", "details-title");
  if (box.hidden) opener = document.activeElement;
  box.hidden = false;
  document.body.classList.add("with-details");
  box.scrollTop = 0;
  box.focus({ preventScroll: true });
}

function closeDetails() {
  byId("details").hidden = true;
  document.body.classList.remove("with-details");
  if (opener && opener.isConnected) opener.focus({ preventScroll: true });
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !byId("details").hidden) closeDetails();
});

function stepLink(place, text) {
  return el("button", { class: "link", type: "button", onclick: (event) => { event.stopPropagation(); showStep(place); } }, text || ROWS[place].label);
}

function fileLink(place) {
  return el("button", { class: "link", type: "button", onclick: (event) => { event.stopPropagation(); showFile(place); } }, DATA.files[place].path);
}

function block(title, ...inside) {
  return inside.flat().some(Boolean) && el("section", { class: "block" }, el("h3", {}, title), ...inside);
}

function pairs(rows) {
  return el("dl", { class: "pairs" }, rows.map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

function showStep(place) {
  const row = ROWS[place], node = DATA.nodes[row.node];
  const facts = [["Status", badge(row.status)]];
  if (row.why) facts.push(["Why", row.why]);
  if (row.handled) facts.push(["Handled", row.handled === "skip" ? "what needs it is skipped" : "recovered by its handler"]);
  if (row.inside.length) facts.push(["Holds", holds(row)]);
  if (took(row) !== undefined) facts.push(["Took", duration(took(row))]);
  const waited = (row.start || 0) - (row.ready || 0);
  if (row.start !== undefined && waited > 0.05) facts.push(["Waited", `${duration(waited)} for a free place, or for resources`]);
  if (row.cpu) facts.push(["CPU time", `${duration(row.cpu)}${took(row) > 0.5 ? ` (${Math.round((100 * row.cpu) / took(row))} % of one core)` : ""}`]);
  if (row.rss) facts.push(["Peak memory", bytes(row.rss)]);
  if (CRITICAL.has(place)) facts.push(["Critical path", "the run would have ended sooner, had this been quicker"]);
  if (node.about) facts.push(["About", node.about]);
  if (row.then) {
    const now = took(row), then = row.then.took;
    const more = typeof then === "number" && now !== undefined ? `, ${duration(then)} (${signed(now - then, duration)} now)` : "";
    facts.push([`In ${DATA.before.name}`, [badge(row.then.status), more, row.then.changed ? `, ${row.then.changed}` : ""]]);
  }
  const metrics = Object.entries(row.metrics);
  panel(row.label,
    pairs(facts),
    row.error && block("Error", el("pre", { class: "log" }, row.error)),
    row.attempts && (row.attempts.length > 1 || row.attempts.some((one) => one.warnings)) && block("Attempts", attempts(row)),
    metrics.length > 0 && block("Metrics", table(["Metric", "Value"], metrics.map(([name, value]) => [name, figure(value)]), [1])),
    row.curves && row.curves.length > 0 && block("Charts", row.curves.map((one) => curveChart(one.of || one.name, [{ ...one, label: one.name }]))),
    row.logs && block("Log", row.logs.map((log) => logOf(row, log))),
    row.inputs && block("Inputs", fileCards(row.inputs, row.more)),
    row.files && block("Outputs", fileCards(row.files)),
    row.params && block("Parameters, beside those of the run", pairs(row.params)),
    row.returns && block("Returns", pairs(row.returns)),
    row.kind === "task" && node.runs && block(`Runs (${node.kind})`, el("pre", { class: "log" }, node.runs)),
    row.inside.length > 0 && block("Inside", insideOf(row)),
    (row.needs || []).length > 0 && block("After", el("p", {}, few(row.needs).map((one) => [stepLink(one), " "]))));
  marked(place);
}

function few(places) {
  return places.slice(0, 40);
}

function insideOf(row) {
  const bad = row.inside.filter((one) => BAD.includes(ROWS[one].status));
  const some = [...bad, ...row.inside.filter((one) => !bad.includes(one))].slice(0, 40);
  const rest = row.inside.length - some.length;
  return [el("ul", { class: "plain" }, some.map((one) => el("li", {}, badge(ROWS[one].status), " ", stepLink(one, ROWS[one].name)))),
    rest > 0 && el("p", { class: "quiet" }, `and ${rest.toLocaleString("en")} more, in the timeline`)];
}

function attempts(row) {
  return table(["#", "Ended", "Took", "CPU", "Memory"], row.attempts.map((one) => [
    String(one.n),
    [badge(one.status), one.why ? ` ${one.why}` : "", one.kept ? ` ${one.kept}` : "", (one.warnings || []).map((text) => el("div", { class: "warning" }, text))],
    one.start !== undefined && one.end !== undefined ? duration(one.end - one.start) : "",
    one.cpu ? duration(one.cpu) : "", one.rss ? bytes(one.rss) : ""]), [2, 3, 4]);
}

function logOf(row, log) {
  const title = row.logs.length > 1 || log.n > 1 ? el("h4", {}, `Attempt ${log.n}`) : null;
  if (log.text === undefined) return [title, el("p", { class: "quiet" }, leftOut(row, log))];
  const parts = [log.text];
  if (log.cut) parts.push(el("span", { class: "cut" }, `\n… ${leftOut(row, log)} …\n`), log.tail);
  return [title, el("pre", { class: "log", tabindex: "0" }, parts)];
}

function leftOut(row, log) {
  return `${bytes(log.cut)} left out: runner logs ${RUN.name} '${row.label}~${log.n}'`;
}

function fileCards(places, more = 0) {
  const rest = Math.max(0, places.length - 100) + more;
  return [places.slice(0, 100).map(fileCard), rest > 0 && el("p", { class: "quiet" }, `and ${rest.toLocaleString("en")} more`)];
}

function fileCard(place) {
  const file = DATA.files[place], seen = DATA.previews[file.preview];
  const small = seen && (seen.type === "image" || (seen.type === "table" && seen.rows.length <= 8) || (seen.type === "text" && seen.text.length < 400));
  return el("div", { class: "file" }, el("p", {}, fileLink(place), " ", el("span", { class: "quiet" }, fileWords(file))), small && previewOf(place));
}

function fileWords(file) {
  const kind = file.kind === "input" ? "of the project" : file.kind === "file" ? "" : file.kind;
  return [kind, bytes(file.size)].filter(Boolean).join(", ");
}

function showFile(place) {
  const file = DATA.files[place];
  const by = ROWS.filter((row) => (row.files || []).includes(place)), to = ROWS.filter((row) => (row.inputs || []).includes(place));
  const facts = [["What", fileWords(file) || "file"]];
  if (by.length) facts.push(["Put by", few(by).map((row) => [stepLink(row.place), " "])]);
  if (to.length) facts.push(["Given to", few(to).map((row) => [stepLink(row.place), " "])]);
  if (file.sha256) facts.push(["SHA-256", el("code", {}, file.sha256.slice(0, 16) + "…")]);
  panel(file.path, pairs(facts), el("div", { class: "block" }, previewOf(place)));
}
