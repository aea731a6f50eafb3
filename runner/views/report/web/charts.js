// Charts, drawn by hand: curves over an axis, and bars.

const PALETTE = 6;

function ticks(low, high, many) {
  const rough = (high - low) / many || 1, base = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * base).find((one) => one >= rough), found = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step / 1e6; at += step) found.push(Number(at.toPrecision(12)));
  return found;
}

// curves: [{label, points: [[x, y]], labels?, x?}] in one picture.
function curveChart(title, curves) {
  const wide = 460, high = 220, left = 54, bottom = 34, top = 10, right = 12;
  const all = curves.flatMap((one) => one.points), labels = curves[0].labels;
  let [x0, x1] = [Math.min(...all.map((p) => p[0])), Math.max(...all.map((p) => p[0]))];
  let [y0, y1] = [Math.min(...all.map((p) => p[1])), Math.max(...all.map((p) => p[1]))];
  if (labels) { [x0, x1] = [-0.5, labels.length - 0.5]; y0 = Math.min(0, y0); y1 = Math.max(0, y1); }
  if (x0 === x1) { x0 -= 1; x1 += 1; }
  if (y0 === y1) { y0 -= Math.abs(y0) / 10 || 1; y1 += Math.abs(y1) / 10 || 1; }
  const px = (x) => left + ((x - x0) / (x1 - x0)) * (wide - left - right), py = (y) => high - bottom - ((y - y0) / (y1 - y0)) * (high - bottom - top);
  const grid = ticks(y0, y1, 4).map((y) => [svg("line", { class: "grid", x1: left, x2: wide - right, y1: py(y), y2: py(y) }), svg("text", { class: "tick", x: left - 6, y: py(y) + 4, "text-anchor": "end" }, figure(y))]);
  const across = labels ? labels.slice(0, 12).map((text, n) => svg("text", { class: "tick", x: px(n), y: high - bottom + 16, "text-anchor": "middle" }, short(text, 10)))
    : ticks(x0, x1, 5).map((x) => svg("text", { class: "tick", x: px(x), y: high - bottom + 16, "text-anchor": "middle" }, figure(x)));
  const lines = curves.map((one, n) => {
    const said = (p) => svg("title", {}, `${one.label}: ${figure(p[1])} at ${one.labels ? one.labels[p[0]] : figure(p[0])}`);
    if (one.labels) return one.points.map((p) => svg("rect", { class: `fill-${n % PALETTE}`, x: px(p[0] - 0.35), width: px(0.7) - px(0), y: Math.min(py(p[1]), py(0)), height: Math.max(1, Math.abs(py(p[1]) - py(0))) }, said(p)));
    const points = [...one.points].sort((a, b) => a[0] - b[0]);
    return [svg("polyline", { class: `line-${n % PALETTE}`, points: points.map((p) => `${px(p[0])},${py(p[1])}`).join(" ") }),
      points.length <= 60 && points.map((p) => svg("circle", { class: `fill-${n % PALETTE}`, cx: px(p[0]), cy: py(p[1]), r: 3 }, said(p)))];
  });
  const first = curves[0].points, text = `${title}: ${count(curves.length, "curve")}, the first from ${figure(first[0][1])} to ${figure(first[first.length - 1][1])}`;
  return el("figure", { class: "chart" }, el("figcaption", {}, title),
    svg("svg", { viewBox: `0 0 ${wide} ${high}`, role: "img", "aria-label": text }, grid, across, curves[0].x && svg("text", { class: "tick", x: (left + wide - right) / 2, y: high - 3, "text-anchor": "middle" }, curves[0].x), lines),
    curves.length > 1 && el("p", { class: "legend" }, curves.map((one, n) => el("span", {}, el("span", { class: `key fill-${n % PALETTE}` }), ` ${one.label}`))));
}

// rows: [{label: node, value, then}] under one title.
function barChart(title, rows) {
  const most = Math.max(...rows.map((row) => Math.abs(row.value)), ...rows.map((row) => Math.abs(row.then || 0))) || 1;
  return el("figure", { class: "chart" }, el("figcaption", {}, title), rows.some((row) => typeof row.then === "number") && el("p", { class: "legend" }, el("span", {}, el("span", { class: "key then" }), ` in ${DATA.before.name}`)), el("div", { class: "hbars" }, rows.map((row) => [
    el("span", { class: "hname" }, row.label),
    el("span", { class: "hbar" }, el("span", { class: "fill-0", style: { width: `${(100 * Math.abs(row.value)) / most}%` } }), typeof row.then === "number" && el("span", { class: "then", title: `before: ${figure(row.then)}`, style: { left: `${(100 * Math.abs(row.then)) / most}%` } })),
    el("span", { class: "hvalue" }, figure(row.value))])));
}

function numbersView() {
  const before = new Map(DATA.before ? DATA.before.params.map(([name, then]) => [name, then]) : []);
  const gone = DATA.before ? DATA.before.params.filter(([, , now]) => now === null) : [];
  const params = DATA.params.map(([name, value]) => [el("code", {}, name), el("code", { class: "value" }, value), before.has(name) ? [el("span", { class: "quiet" }, "before: "), before.get(name) === null ? "not there" : el("code", {}, before.get(name))] : ""]);
  for (const [name, then] of gone) params.push([el("code", {}, name), el("span", { class: "quiet" }, "gone"), el("code", {}, then)]);
  const byName = new Map(), curves = new Map();
  for (const row of STEPS) {
    for (const [name, value] of Object.entries(row.metrics)) {
      if (!byName.has(name)) byName.set(name, []);
      byName.get(name).push({ row, value, then: row.then && row.then.metrics ? row.then.metrics[name] : undefined });
    }
    for (const one of row.curves || []) {
      const key = one.of ? `${one.of} ${row.place}` : one.name;
      if (!curves.has(key)) curves.set(key, { title: one.of ? `${one.name} over ${one.x} (${one.of})` : one.name, all: [] });
      curves.get(key).all.push({ ...one, label: row.label });
    }
  }
  if (params.length) section("params", "Parameters", el("div", { class: "card" }, table(["Name", "Value", before.size ? "" : null].filter((one) => one !== null), before.size ? params : params.map((row) => row.slice(0, 2)))));
  if (!byName.size && !curves.size) return;
  const single = [...byName].filter(([, list]) => list.length === 1).map(([name, [one]]) => [name, stepLink(one.row.place), figure(one.value),
    typeof one.then === "number" ? `${signed(one.value - one.then, figure)}` : ""]);
  const charts = [...byName].filter(([, list]) => list.length > 1).slice(0, 40).map(([name, list]) => barChart(list.length > 24 ? `${name} (24 of ${list.length.toLocaleString("en")} steps)` : name,
    list.slice(0, 24).map((one) => ({ label: stepLink(one.row.place), value: one.value, then: one.then }))));
  const drawn = [...curves.values()].slice(0, 40).map(({ title, all }) => curveChart(all.length > PALETTE ? `${title} (${PALETTE} of ${all.length.toLocaleString("en")} steps)` : title, all.slice(0, PALETTE)));
  section("metrics", "Metrics", single.length > 0 && el("div", { class: "card" }, table(["Metric", "Step", "Value", DATA.before ? "Change" : ""], single.slice(0, 200), [2, 3]), single.length > 200 && el("p", { class: "quiet" }, `and ${(single.length - 200).toLocaleString("en")} more, with their steps`)),
    charts.length + drawn.length > 0 && el("div", { class: "cards" }, [...charts, ...drawn].map((one) => el("div", { class: "card" }, one))));
}
