// The page from top to bottom.

let marks = [];

function marked(place) {
  marks.forEach((view) => view.mark(place));
}

function topView() {
  document.title = `${RUN.name}: ${RUN.pipeline} ${RUN.status}`;
  const line = [RUN.name, moment(RUN.start), RUN.took === null ? "" : `took ${duration(RUN.took)}`, RUN.profile && `profile ${RUN.profile}`, RUN.executor && RUN.executor !== RUN.profile && `on ${RUN.executor}`, RUN.parent ? `went on from ${RUN.parent}` : ""];
  byId("top").append(el("div", { class: "bar-top" }, el("div", { class: "title" }, el("h1", {}, RUN.pipeline), badge(RUN.status)), el("nav", { "aria-label": "Sections" }, el("ul", { id: "sections" }))),
    el("p", { class: "facts" }, line.filter(Boolean).map((text, n) => [n ? " · " : "", el("span", {}, text)])), RUN.about && el("p", { class: "about" }, RUN.about));
}

function tile(name, value, more) {
  return el("div", { class: "tile" }, el("div", { class: "tile-name" }, name), el("div", { class: "tile-value" }, value), more && el("div", { class: "quiet" }, more));
}

function overview() {
  const counts = statuses(STEPS), all = STEPS.length || 1;
  const own = STEPS.filter((row) => !row.kept);
  const cpu = own.reduce((sum, row) => sum + (row.cpu || 0), 0), fat = own.reduce((most, row) => ((row.rss || 0) > (most.rss || 0) ? row : most), {});
  const slow = STEPS.reduce((most, row) => ((took(row) || 0) > (took(most) || -1) ? row : most), {});
  const tries = STEPS.reduce((sum, row) => sum + Math.max(0, (row.attempts || []).length - 1), 0);
  const delta = DATA.before && typeof DATA.before.took === "number" && RUN.took !== null ? `${duration(Math.abs(RUN.took - DATA.before.took))} ${RUN.took < DATA.before.took ? "less" : "more"} than ${DATA.before.name}` : "";
  const bad = STEPS.concat(ROWS.filter((row) => row.inside.length && row.error)).filter((row) => ["failed", "errored"].includes(row.status)).sort((a, b) => Boolean(harmless(a)) - Boolean(harmless(b)));
  section("overview", "Overview",
    el("div", { class: "tiles" }, tile("Steps", STEPS.length.toLocaleString("en"), [own.length < STEPS.length ? `${(STEPS.length - own.length).toLocaleString("en")} done by earlier runs` : "", tries ? count(tries, "more attempt") : ""].filter(Boolean).join(", ")), tile("Took", duration(RUN.took) || duration(RUN.until), RUN.took === null ? "so far" : delta),
      slow.label && tile("Slowest step", duration(took(slow)), stepLink(slow.place)), cpu > 0 && tile("CPU time", duration(cpu), RUN.took ? `${(cpu / RUN.took).toFixed(1)} cores busy on average` : ""), fat.label && tile("Peak memory", bytes(fat.rss), stepLink(fat.place))),
    el("div", { class: "stripe", role: "img", "aria-label": counts.map(([status, n]) => `${n} ${status}`).join(", ") }, counts.map(([status, n]) => el("span", { class: `is-${status}`, title: `${n} ${status}`, style: { flexGrow: String(Math.max(n, all / 200)) } }))),
    el("p", { class: "legend" }, counts.map(([status, n]) => el("span", { class: "legend-item" }, badge(status, `${n.toLocaleString("en")} ${status}`)))),
    bad.length > 0 && el("div", { class: "failures" }, el("h3", {}, RUN.status === "succeeded" ? "What failed and did no harm" : "What went wrong"), bad.slice(0, 5).map(failure), bad.length > 5 && el("p", { class: "quiet" }, `${(bad.length - 5).toLocaleString("en")} more failed: choose the status in the timeline.`)));
}

function harmless(row) {
  if (row.handled) return row.handled === "skip" ? "what needs it is skipped" : "recovered by its handler";
  return around(row.place).some((up) => ROWS[up].status === "succeeded") ? "tolerated" : "";
}

function failure(row) {
  const log = row.logs && row.logs[row.logs.length - 1];
  const last = log ? (log.tail || log.text || "").split("\n").slice(-8).join("\n") : row.error || "";
  return el("article", { class: "card failure" }, el("p", {}, badge(row.status), " ", stepLink(row.place), " ", row.why || "", harmless(row) && [" ", el("span", { class: "tag" }, harmless(row))]), last && el("pre", { class: "log" }, last));
}

function filesView() {
  const files = DATA.files.map((file, place) => ({ file, place }));
  if (!files.length) return;
  const figures = files.filter(({ file }) => DATA.previews[file.preview] && DATA.previews[file.preview].type === "image" && file.kind !== "input");
  let shown = files;
  const by = new Map();
  for (const row of ROWS) for (const place of row.files || []) if (!by.has(place)) by.set(place, row.place);
  const box = el("div", { class: "rows", tabindex: "0", role: "region", "aria-label": "Files of the run" });
  const list = virtual(box, 30, (line) => {
    const { file, place } = shown[line];
    return el("div", { class: "row", onclick: () => showFile(place) }, el("div", { class: "c-name" }, el("span", { class: "label", title: file.path }, fileLink(place))), el("div", { class: "c-kind" }, file.kind === "file" ? "" : file.kind),
      el("div", { class: "c-number" }, bytes(file.size)), el("div", { class: "c-made" }, by.has(place) ? stepLink(by.get(place)) : el("span", { class: "quiet" }, "the project")));
  });
  const gather = (text) => {
    shown = files.filter(({ file }) => file.path.toLowerCase().includes(text.toLowerCase()));
    box.style.height = `${Math.min(330, Math.max(40, shown.length * 30 + 2))}px`;
    list.show(shown.length);
  };
  section("files", "Files",
    figures.length > 0 && el("div", { class: "cards" }, figures.slice(0, 24).map(({ file, place }) => el("figure", { class: "card gallery" }, el("img", { src: DATA.previews[file.preview].src, alt: file.path }), el("figcaption", {}, fileLink(place))))),
    el("div", { class: "tools" }, el("input", { type: "search", placeholder: "Find a file", "aria-label": "Find a file", oninput: (event) => gather(event.target.value) })),
    el("div", { class: "card table" }, el("div", { class: "row head" }, el("div", { class: "c-name" }, "File"), el("div", { class: "c-kind" }, "Kind"), el("div", { class: "c-number" }, "Size"), el("div", { class: "c-made" }, "Put by")), box));
  gather("");
}

topView();
overview();
marks = [graphView(), timelineView()];
numbersView();
filesView();
logsView();
compareView();
byId("sections").append(...[...document.querySelectorAll("main > section")].map((one) => el("li", {}, el("a", { href: `#${one.id}` }, one.querySelector("h2").textContent))));
byId("end").append(el("p", { class: "quiet" }, `runner-up · run ${RUN.id}${RUN.file ? ` of ${RUN.file}` : ""} · this file loads nothing and can be read offline`));
