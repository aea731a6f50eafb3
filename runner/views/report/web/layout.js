// Where the boxes of a graph stand: columns by the longest way from the start, order by what they are joined to.

const GAP = { x: 44, y: 14 };

// boxes: [{w, h}], edges: [[from, to]] by place. Gives each box x, y and each edge its points; gives the size of all.
function layered(boxes, edges) {
  const into = boxes.map(() => []), out = boxes.map(() => []), waits = boxes.map(() => 0), rank = boxes.map(() => 0);
  for (const [from, to] of edges) {
    out[from].push(to);
    into[to].push(from);
    waits[to] += 1;
  }
  const ready = boxes.map((_, n) => n).filter((n) => !waits[n]);
  for (let at = 0; at < ready.length; at += 1) {
    for (const to of out[ready[at]]) {
      rank[to] = Math.max(rank[to], rank[ready[at]] + 1);
      if (!(waits[to] -= 1)) ready.push(to);
    }
  }
  // what nothing comes before stands right before what needs it
  for (const n of [...ready].reverse()) {
    if (!into[n].length && out[n].length) rank[n] = Math.min(...out[n].map((to) => rank[to])) - 1;
  }
  const all = boxes.map((box, n) => ({ box, h: box.h, rank: rank[n], before: [], after: [], at: 0 }));
  const ways = edges.map(([from, to]) => {
    const way = [all[from]];
    for (let r = rank[from] + 1; r < rank[to] && all.length < 3000; r += 1) { // a long edge goes between the boxes
      const bend = { h: 4, rank: r, before: [], after: [], at: 0 };
      all.push(bend);
      way.push(bend);
    }
    way.push(all[to]);
    for (let n = 1; n < way.length; n += 1) {
      way[n - 1].after.push(way[n]);
      way[n].before.push(way[n - 1]);
    }
    return way;
  });
  const columns = [];
  for (const one of all) (columns[one.rank] = columns[one.rank] || []).push(one);
  for (let column = 0; column < columns.length; column += 1) columns[column] = columns[column] || [];
  const size = arrange(columns);
  ways.forEach((way, n) => { edges[n].points = way.map((one, at) => [
    ...(at ? [[one.left, one.at + one.h / 2]] : []), ...(at < way.length - 1 ? [[one.left + one.wide, one.at + one.h / 2]] : []),
  ]).flat(); });
  all.slice(0, boxes.length).forEach((one) => Object.assign(one.box, { x: one.left, y: one.at }));
  return size;
}

function arrange(columns) {
  const middle = (one) => one.at + one.h / 2;
  const wish = (one, side) => one[side].length ? one[side].reduce((sum, other) => sum + middle(other), 0) / one[side].length : middle(one);
  const place = (column, wishes) => { // in order, as near to the wishes as there is room
    let floor = -Infinity, off = 0;
    column.forEach((one, n) => {
      one.at = Math.max(floor, wishes[n] - one.h / 2);
      floor = one.at + one.h + GAP.y;
      off += one.at + one.h / 2 - wishes[n];
    });
    column.forEach((one) => { one.at -= off / column.length; });
  };
  columns.forEach((column) => {
    let y = 0;
    for (const one of column) { one.at = y; y += one.h + GAP.y; }
  });
  for (let sweep = 0; sweep < 6; sweep += 1) {
    const side = sweep % 2 ? "after" : "before";
    for (const column of side === "before" ? columns : [...columns].reverse()) {
      const wishes = new Map(column.map((one) => [one, wish(one, side)]));
      column.sort((a, b) => wishes.get(a) - wishes.get(b));
      place(column, column.map((one) => wishes.get(one)));
    }
  }
  let x = 0, top = Infinity, bottom = 0;
  for (const column of columns) {
    const wide = Math.max(0, ...column.map((one) => (one.box ? one.box.w : 0)));
    for (const one of column) {
      one.left = x;
      one.wide = one.box ? one.box.w : wide;
      top = Math.min(top, one.at);
    }
    x += wide + GAP.x;
  }
  for (const column of columns) for (const one of column) { one.at -= top; bottom = Math.max(bottom, one.at + one.h); }
  return { w: Math.max(0, x - GAP.x), h: bottom };
}
