// The graph: only what is unfolded, and of that only what is in sight. Steps that stand alike are one box.

const BOX = { w: 178, h: 46 }, PAD = 12, HEAD = 34, ALIKE = 8, SHOWN = 24, MOST = 400;
const opened = new Set(); // boxes of steps that stand alike, unfolded

// A box for what stands right inside a row (-1: at the top): boxes with x, y, and edges between them.
function inner(up) {
  const places = (up < 0 ? TOPS : ROWS[up].inside).filter((one) => !hidden(ROWS[one]));
  const here = new Set(places), pairs = [];
  for (const one of places) for (const need of ROWS[one].needs || []) if (here.has(need)) pairs.push([need, one]);
  const ends = places.filter((one) => ROWS[one].last);
  if (ends.length && up < 0) {
    const followed = new Set(pairs.map(([from]) => from));
    for (const one of places) if (!ROWS[one].last && !followed.has(one)) for (const end of ends) pairs.push([one, end]);
  }
  const { boxes, home } = gathered(places, pairs, up);
  const edges = [], known = new Set();
  for (const [from, to] of pairs) {
    const edge = [home.get(from), home.get(to)], key = edge.join(" ");
    if (edge[0] === edge[1] || edge.includes(undefined) || known.has(key)) continue;
    known.add(key);
    edges.push(Object.assign(edge, {
      soft: ROWS[to].last || ROWS[to].handler === "failure",
      hot: HOT.has(`${from} ${to}`),
    }));
  }
  for (const box of boxes) measure(box);
  return { boxes, edges, size: layered(boxes, edges) };
}

function hidden(row) { // a handler that was never needed
  return row.handler === "failure" && !row.attempts && !row.inside.length;
}

// The edges of the critical path: from what holds a step of it to what holds the next one, beside it.
const HOT = new Set();
for (let n = 1; n < DATA.critical.length; n += 1) {
  const [before, after] = [DATA.critical[n - 1], DATA.critical[n]].map((place) => [place, ...around(place)]);
  for (const from of before) for (const to of after) if (from !== to && ROWS[from].up === ROWS[to].up) HOT.add(`${from} ${to}`);
}
const onPathSet = new Set([...CRITICAL].flatMap((place) => [place, ...around(place)]));
function onPath(place) {
  return onPathSet.has(place);
}

// Steps with the same neighbours become one box where there are many; so does a long chain.
function gathered(places, pairs, up) {
  const into = new Map(places.map((one) => [one, []])), out = new Map(places.map((one) => [one, []]));
  for (const [from, to] of pairs) { out.get(from).push(to); into.get(to).push(from); }
  const name = (list) => (list.length > 6 ? `${list.length} ${list[0]} ${list[list.length - 1]}` : list.join(" "));
  const groups = new Map();
  for (const one of places) {
    const chained = places.length > 60 && into.get(one).length === 1 && out.get(one).length <= 1 && out.get(into.get(one)[0]).length === 1;
    const key = chained ? groupOf(groups, into.get(one)[0]) : `${name(into.get(one))}|${name(out.get(one))}`;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(one);
    groups.set(one, key);
  }
  const boxes = [], home = new Map();
  for (const [key, members] of groups) {
    if (!Array.isArray(members)) continue;
    const many = members.length > ALIKE, stack = `${up}:${members[0]}`;
    let shown = members;
    if (many && !opened.has(stack)) shown = [];
    else if (members.length > SHOWN) shown = [...members.filter((one) => BAD.includes(ROWS[one].status)), ...members.filter((one) => !BAD.includes(ROWS[one].status))].slice(0, SHOWN);
    if (many) {
      for (const one of members) home.set(one, boxes.length);
      boxes.push({ stack, members, shown: shown.length, open: opened.has(stack) });
    }
    for (const one of shown) { home.set(one, boxes.length); boxes.push({ place: one }); }
  }
  return { boxes, home };
}

function groupOf(groups, before) {
  const key = groups.get(before);
  return typeof key === "string" && key.startsWith("chain") ? key : `chain ${before}`;
}

function measure(box) {
  const row = box.place === undefined ? null : ROWS[box.place];
  if (row && row.inside.length && OPEN.has(box.place)) {
    box.inner = inner(box.place);
    box.w = Math.max(BOX.w, box.inner.size.w + 2 * PAD);
    box.h = box.inner.size.h + HEAD + PAD;
  } else {
    box.w = BOX.w;
    box.h = BOX.h;
  }
}

// All boxes and edges with their places on the whole picture, what holds others first.
function flat(shape, x, y, found) {
  for (const edge of shape.edges) found.edges.push({ edge, points: edge.points.map(([a, b]) => [a + x, b + y]) });
  for (const box of shape.boxes) {
    found.boxes.push({ box, x: box.x + x, y: box.y + y });
    if (box.inner) flat(box.inner, box.x + x + PAD, box.y + y + HEAD, found);
  }
  return found;
}

function graphView() {
  const note = el("p", { class: "quiet", role: "status" }), stage = svg("g", {});
  const picture = svg("svg", { class: "graph", role: "group", "aria-label": "Graph of the steps", tabindex: "-1" },
    svg("defs", {}, arrowHead("arrow"), arrowHead("arrow-hot")), stage);
  const view = { x: 0, y: 0, scale: 1 };
  let found = { boxes: [], edges: [] }, size = { w: 1, h: 1 }, current = null, drawn = "", touched = false;

  const named = ({ box }) => (box.place === undefined ? box.stack : String(box.place));

  function arrange(keep) {
    const shape = inner(-1);
    found = flat(shape, 0, 0, { boxes: [], edges: [] });
    size = shape.size;
    drawn = "";
    if (keep && touched) draw();
    else fit();
  }
  function fit() {
    touched = false;
    const wide = picture.clientWidth || 1000;
    view.scale = Math.max(0.5, Math.min(1, (wide - 32) / size.w, 560 / size.h));
    picture.style.height = `${Math.max(120, Math.min(560, size.h * view.scale + 40))}px`;
    const high = parseFloat(picture.style.height);
    const bad = found.boxes.find(({ box }) => box.place !== undefined && !box.inner && BAD.includes(ROWS[box.place].status));
    const at = bad || found.boxes[0]; // what is seen first of a graph that is larger than its place
    const begin = (room, all, from) => (all * view.scale + 32 <= room ? (room - all * view.scale) / 2 : Math.min(16, Math.max(room - all * view.scale - 16, room / 2 - from * view.scale)));
    view.x = begin(wide, size.w, at ? at.x + BOX.w / 2 : 0);
    view.y = begin(high, size.h, at ? at.y + BOX.h / 2 : 0);
    draw();
  }
  function draw() {
    stage.setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.scale})`);
    const left = -view.x / view.scale - 40, top = -view.y / view.scale - 40;
    const right = left + (picture.clientWidth || 1000) / view.scale + 80, bottom = top + (picture.clientHeight || 500) / view.scale + 80;
    const near = (x, y, w, h) => x < right && y < bottom && x + w > left && y + h > top;
    let boxes = found.boxes.filter(({ box, x, y }) => near(x, y, box.w, box.h));
    const all = boxes.length;
    boxes = boxes.slice(0, MOST);
    const edges = found.edges.filter(({ points }) => {
      const [a, b] = [points[0], points[points.length - 1]];
      return near(Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.abs(a[0] - b[0]) + 1, Math.abs(a[1] - b[1]) + 1);
    }).slice(0, 2 * MOST);
    const key = boxes.map(({ x, y }) => `${x},${y}`).join(" ");
    if (key === drawn) return;
    drawn = key;
    const held = stage.contains(document.activeElement) && current;
    const holders = boxes.filter(({ box }) => box.inner), others = boxes.filter(({ box }) => !box.inner);
    stage.replaceChildren(...holders.map(drawBox), ...edges.map(drawEdge), ...others.map(drawBox));
    note.textContent = all > boxes.length ? `${boxes.length} of ${all.toLocaleString("en")} boxes in sight are drawn: zoom in to see the others.` : "";
    const at = (key) => key && stage.querySelector(`[data-key="${key}"]`);
    const first = at(current) || (boxes.length && at(named(boxes[0])));
    if (first) first.setAttribute("tabindex", "0");
    if (first && held) first.focus({ preventScroll: true });
  }
  function drawEdge({ edge, points }) {
    let way = `M${points[0]}`;
    for (let n = 1; n < points.length; n += 1) {
      const [a, b] = [points[n - 1], points[n]], half = (a[0] + b[0]) / 2;
      way += a[1] === b[1] ? `L${b}` : `C${half},${a[1]} ${half},${b[1]} ${b}`;
    }
    return svg("path", { d: way, class: `edge ${edge.soft ? "soft" : ""} ${edge.hot ? "hot" : ""}`, "marker-end": `url(#${edge.hot ? "arrow-hot" : "arrow"})` });
  }
  function drawBox({ box, x, y }) {
    return box.place === undefined ? drawStack(box, x, y) : drawStep(box, x, y);
  }
  function drawStep(box, x, y) {
    const row = ROWS[box.place], holder = row.inside.length > 0, key = String(box.place);
    const said = holder ? holds(row) : [duration(took(row)), row.kept].filter(Boolean)[0] || (row.attempts ? "" : row.status);
    const text = `${row.label}, ${row.status}${holder ? `, ${holds(row)}, ${OPEN.has(box.place) ? "unfolded" : "folded"}` : ""}`;
    return group(key, x, y, `box is-${row.status} ${holder ? "holder" : ""} ${onPath(box.place) ? "hot" : ""}`, text, holder ? OPEN.has(box.place) : null, () => showStep(box.place), holder && (() => unfold(box.place, !OPEN.has(box.place))),
      [holder && !box.inner && svg("rect", { class: "behind", x: 5, y: 5, width: box.w, height: box.h, rx: 8 }),
        svg("rect", { class: "face", width: box.w, height: box.h, rx: 8 }),
        svg("rect", { class: "mark", width: 5, height: box.h - 16, x: 6, y: 8, rx: 2.5 }),
        svg("text", { class: "sign", x: 24, y: 20, "text-anchor": "middle" }, STATUSES[row.status] || "·"),
        svg("text", { class: "name", x: 36, y: 20 }, short(row.name, holder ? 14 : 17), svg("title", {}, row.label), box.inner && box.w > 260 && svg("tspan", { class: "more", dx: 8 }, short(said, 24))),
        !box.inner && svg("text", { class: "more", x: 36, y: 37 }, short(said, 22)),
        holder && fold(box, OPEN.has(box.place), () => unfold(box.place, !OPEN.has(box.place)))]);
  }
  function drawStack(box, x, y) {
    const rows = box.members.map((one) => ROWS[one]), worst = rows.find((row) => BAD.includes(row.status)) || rows[0];
    const bad = rows.filter((row) => BAD.includes(row.status)).length, key = box.stack;
    const item = rows[0].item ? "item" : "step";
    const title = box.open ? `${box.shown} of ${rows.length.toLocaleString("en")}` : count(rows.length, item);
    const said = bad ? `${bad.toLocaleString("en")} failed` : `${short(rows[0].name, 9)} … ${short(rows[rows.length - 1].name, 9)}`;
    const turn = () => {
      if (opened.has(key)) opened.delete(key);
      else opened.add(key);
      arrange(true);
    };
    return group(key, x, y, `box holder stack is-${worst.status} ${box.members.some(onPath) ? "hot" : ""}`, `${title}: ${said}`, Boolean(box.open), turn, turn,
      [svg("rect", { class: "behind", x: 8, y: 8, width: box.w, height: box.h, rx: 8 }), svg("rect", { class: "behind", x: 4, y: 4, width: box.w, height: box.h, rx: 8 }),
        svg("rect", { class: "face", width: box.w, height: box.h, rx: 8 }),
        svg("text", { class: "sign", x: 16, y: 20, "text-anchor": "middle" }, bad ? STATUSES.failed : STATUSES[worst.status]),
        svg("text", { class: "name", x: 28, y: 20 }, title), svg("text", { class: "more", x: 28, y: 37 }, said), fold(box, box.open, turn)]);
  }
  function group(key, x, y, name, text, expanded, act, turn, inside) {
    return svg("g", {
      class: name, transform: `translate(${x} ${y})`, role: "button", tabindex: "-1", "aria-label": text, "data-key": key,
      "aria-expanded": expanded === null ? null : String(expanded),
      onclick: () => { current = key; act(); },
      onkeydown: (event) => keys(event, key, act, turn),
      onfocus: () => { current = key; },
    }, inside);
  }
  function fold(box, open, turn) {
    return svg("g", { class: "fold", transform: `translate(${box.w - 20} 15)`, onclick: (event) => { event.stopPropagation(); turn(); } },
      svg("circle", { r: 10 }), svg("path", { d: open ? "M-4 0H4" : "M-4 0H4M0-4V4" }), svg("title", {}, open ? "fold" : "unfold"));
  }
  function keys(event, key, act, turn) {
    const ways = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
    if (event.key === "Enter") act();
    else if (turn && (event.key === " " || event.key === "+" || event.key === "-")) { current = key; turn(); }
    else if (ways[event.key]) step(key, ways[event.key]);
    else return;
    event.preventDefault();
  }
  function step(key, [dx, dy]) {
    const from = found.boxes.find((one) => named(one) === key);
    let best = null, least = Infinity;
    for (const one of found.boxes) {
      const ahead = (one.x - from.x) * dx + (one.y - from.y) * dy, aside = Math.abs((one.x - from.x) * dy) + Math.abs((one.y - from.y) * dx);
      if (one !== from && ahead > 0 && ahead + 3 * aside < least) [best, least] = [one, ahead + 3 * aside];
    }
    if (!best) return;
    current = named(best);
    const w = picture.clientWidth, h = picture.clientHeight, x = best.x * view.scale + view.x, y = best.y * view.scale + view.y;
    if (x < 0 || x + 60 > w) view.x += w / 2 - x;
    if (y < 0 || y + 40 > h) view.y += h / 2 - y;
    draw();
    const node = stage.querySelector(`[data-key="${current}"]`);
    stage.querySelectorAll('[tabindex="0"]').forEach((one) => one.setAttribute("tabindex", "-1"));
    if (node) { node.setAttribute("tabindex", "0"); node.focus({ preventScroll: true }); }
  }
  function zoom(by, x, y) {
    const scale = Math.max(0.1, Math.min(2.5, view.scale * by)), real = scale / view.scale;
    view.x = x - (x - view.x) * real;
    view.y = y - (y - view.y) * real;
    view.scale = scale;
    touched = true;
    draw();
  }
  let held = null;
  picture.addEventListener("pointerdown", (event) => { held = { x: event.clientX - view.x, y: event.clientY - view.y, id: event.pointerId, from: [event.clientX, event.clientY] }; });
  picture.addEventListener("pointermove", (event) => {
    if (!held) return;
    if (!held.moves && Math.hypot(event.clientX - held.from[0], event.clientY - held.from[1]) < 4) return;
    if (!held.moves) picture.setPointerCapture(held.id);
    held.moves = touched = true;
    [view.x, view.y] = [event.clientX - held.x, event.clientY - held.y];
    draw();
  });
  for (const name of ["pointerup", "pointercancel"]) picture.addEventListener(name, () => { held = null; });
  picture.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const area = picture.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY / 200), event.clientX - area.left, event.clientY - area.top);
  }, { passive: false });
  const centre = (by) => () => zoom(by, picture.clientWidth / 2, picture.clientHeight / 2);
  const foldAll = (open) => () => {
    for (const row of ROWS) if (row.inside.length) { if (open) OPEN.add(row.place); else OPEN.delete(row.place); }
    if (!open) opened.clear();
    changed.forEach((call) => call());
    fit();
  };
  const button = (label, text, act) => el("button", { type: "button", "aria-label": label, title: label, onclick: act }, text);
  section("graph", "Graph", el("div", { class: "tools" }, button("Zoom in", "+", centre(1.25)), button("Zoom out", "−", centre(0.8)), button("Show all of the graph", "Fit", fit),
    ROWS.some((row) => row.inside.length) && [button("Unfold all", "Unfold all", foldAll(true)), button("Fold all", "Fold all", foldAll(false))],
    el("span", { class: "quiet" }, "Drag to move, Ctrl and wheel to zoom, arrow keys to walk")),
  el("div", { class: "card" }, picture), note);
  changed.push(() => arrange(true));
  arrange(false);
  let width = picture.clientWidth;
  new ResizeObserver(() => {
    const same = picture.clientWidth === width;
    width = picture.clientWidth;
    if (same || touched) draw();
    else fit();
  }).observe(picture);
  return { mark(place) { stage.querySelectorAll(".box").forEach((one) => one.classList.toggle("chosen", one.dataset.key === String(place))); } };
}

function arrowHead(id) {
  return svg("marker", { id, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" }, svg("path", { d: "M0 0.5 7 4 0 7.5Z", class: id }));
}

function short(text, most) {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
