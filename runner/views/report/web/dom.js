// Nodes of the page. Whatever came from a run goes in as text: nothing here reads markup.

const SVG = "http://www.w3.org/2000/svg";

function made(node, given, inside) {
  for (const [name, value] of Object.entries(given || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "style") Object.assign(node.style, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...inside.flat(2).filter((one) => one !== null && one !== undefined && one !== false && one !== ""));
  return node;
}

function el(tag, given, ...inside) {
  return made(document.createElement(tag), given, inside);
}

function svg(tag, given, ...inside) {
  return made(document.createElementNS(SVG, tag), given, inside);
}

function byId(id) {
  return document.getElementById(id);
}

function badge(status, text) {
  return el("span", { class: `badge is-${status}` }, el("span", { "aria-hidden": "true" }, STATUSES[status] || "·"), ` ${text || status}`);
}

function section(id, title, ...inside) {
  const made = el("section", { id, "aria-labelledby": `${id}-title` }, el("h2", { id: `${id}-title` }, title), ...inside);
  byId("main").append(made);
  return made;
}

// A table of plain cells; a cell may be a node. numbers: the columns that stand to the right.
function table(head, rows, numbers = []) {
  const cell = (tag) => (one, n) => el(tag, { class: numbers.includes(n) && "number", scope: tag === "th" && "col" }, one);
  return el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {}, head.map(cell("th")))),
    el("tbody", {}, rows.map((row) => el("tr", {}, row.map(cell("td")))))));
}

// A list of any length of which only what is in sight is drawn. draw(place) gives the node of a row.
function virtual(box, height, draw) {
  const room = el("div", { class: "room", role: box.getAttribute("role") === "treegrid" ? "rowgroup" : null });
  box.append(room);
  let length = 0, first = -1, last = -1;
  const look = (anew) => {
    const from = Math.max(0, Math.floor(box.scrollTop / height) - 6);
    const to = Math.min(length, Math.ceil((box.scrollTop + (box.clientHeight || 600)) / height) + 6);
    if (!anew && from === first && to === last) return;
    [first, last] = [from, to];
    room.replaceChildren();
    for (let place = from; place < to; place += 1) {
      const node = draw(place);
      node.style.top = `${place * height}px`;
      node.style.height = `${height}px`;
      room.append(node);
    }
  };
  box.addEventListener("scroll", () => look(false), { passive: true });
  new ResizeObserver(() => look(false)).observe(box);
  return {
    show(many) {
      length = many;
      room.style.height = `${many * height}px`;
      look(true);
    },
    see(place) {
      if (place * height < box.scrollTop) box.scrollTop = place * height;
      const below = (place + 1) * height - box.clientHeight;
      if (below > box.scrollTop) box.scrollTop = below;
      look(true);
    },
  };
}
