// This run beside the one before it: what Python found to differ, and how each step stood then.

function compareView() {
  const before = DATA.before;
  if (!before) return;
  const steps = STEPS.filter((row) => row.then || DATA.before);
  const changes = [], fresh = [];
  for (const row of steps) {
    const now = took(row), then = row.then ? row.then.took : undefined;
    const delta = typeof then === "number" && now !== undefined ? now - then : 0;
    if (!row.then) fresh.push(row);
    changes.push({ row, now, then, delta, other: !row.then || row.then.status !== row.status });
  }
  const slower = changes.reduce((most, one) => Math.max(most, Math.abs(one.delta)), 0.001);
  changes.sort((a, b) => b.other - a.other || Math.abs(b.delta) - Math.abs(a.delta));
  let shown = [], only = false;
  const box = el("div", { class: "rows", tabindex: "0", role: "region", "aria-label": "Steps compared" });
  const list = virtual(box, 30, (place) => {
    const { row, now, then, delta, other } = shown[place];
    return el("div", { class: `row ${other ? "other" : ""}`, onclick: () => showStep(row.place) },
      el("div", { class: "c-name" }, el("span", { class: "label", title: row.label }, stepLink(row.place)), row.then && row.then.changed && el("span", { class: "tag", title: row.then.changed }, "changed")),
      el("div", { class: "c-status" }, !row.then ? [el("span", { class: "quiet" }, "not there"), " → "] : other && [badge(row.then.status), " → "], badge(row.status)),
      el("div", { class: "c-number" }, duration(typeof then === "number" ? then : undefined)), el("div", { class: "c-number" }, row.kept ? "kept" : duration(now)),
      el("div", { class: "c-delta" }, Math.abs(delta) > 0.0005 && [el("span", { class: `delta ${delta > 0 ? "more" : "less"}`, style: { width: `${(40 * Math.abs(delta)) / slower}%`, left: delta > 0 ? "50%" : `${50 - (40 * Math.abs(delta)) / slower}%` } }), el("span", { class: `delta-text ${delta > 0 ? "more" : "less"}` }, signed(delta, duration))]));
  });
  function gather() {
    shown = only ? changes.filter((one) => one.other || (one.row.then && one.row.then.changed)) : changes;
    box.style.height = `${Math.min(420, Math.max(40, shown.length * 30 + 2))}px`;
    list.show(shown.length);
    empty.hidden = shown.length > 0;
  }
  const empty = el("p", { class: "empty" }, "Every step ended as it did then.");
  const facts = [["Status", badge(before.status || "unfinished"), badge(RUN.status)], ["Took", duration(before.took), duration(RUN.took)],
    ["Started", moment(before.start), moment(RUN.start)], ...before.params.map(([name, then, now]) => [el("code", {}, name), then === null ? "not there" : el("code", {}, then), now === null ? "not there" : el("code", {}, now)])];
  const values = before.values.map(([place, name, then, now, more]) => [[stepLink(place), ` ${name}`], then, now, more]);
  const files = before.files.map(([what, path, then, now, step]) => [el("code", {}, path), what, step, then, now]);
  const [head, ...causes] = before.why;
  section("compare", "Comparison", el("p", { class: "quiet" }, `With ${before.name}, ${before.start < RUN.start ? "an earlier" : "a later"} run.`),
    el("div", { class: "card because" }, el("p", {}, el("strong", {}, head)), causes.length > 0 && el("ul", {}, causes.map((one) => el("li", {}, one)))),
    el("div", { class: "cards wide" }, el("div", { class: "card" }, table(["", before.name, RUN.name], facts)), values.length > 0 && el("div", { class: "card" }, table(["Value", before.name, RUN.name, "Change"], values, [1, 2, 3]))),
    files.length > 0 && el("div", { class: "card" }, table(["File", "What", "Step", before.name, RUN.name], files)),
    before.more > 0 && el("p", { class: "quiet" }, `and ${before.more.toLocaleString("en")} more: runner diff ${before.name} ${RUN.name}`),
    el("div", { class: "tools" }, el("label", {}, el("input", { type: "checkbox", onchange: (event) => { only = event.target.checked; gather(); } }), " only what ended otherwise, or was changed")),
    el("div", { class: "card table" }, el("div", { class: "row head" }, el("div", { class: "c-name" }, "Step"), el("div", { class: "c-status" }, "Status"), el("div", { class: "c-number" }, "Then"), el("div", { class: "c-number" }, "Now"), el("div", { class: "c-delta" }, "Change")), box), empty,
    before.gone.length > 0 && el("p", { class: "quiet" }, `Not in this run: ${before.gone.slice(0, 20).join(", ")}${before.gone.length > 20 ? ` and ${before.gone.length - 20} more` : ""}.`));
  gather();
}
