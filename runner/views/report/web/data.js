// The run, as Python wrote it into the page, and what follows from it.

const DATA = JSON.parse(byId("data").textContent);
const RUN = DATA.run, ROWS = DATA.rows;
const CRITICAL = new Set(DATA.critical);
const OPEN = new Set(); // rows that are unfolded
const changed = []; // to be called when that changes

ROWS.forEach((row, place) => {
  row.place = place;
  row.inside = [];
  row.level = row.up < 0 ? 1 : ROWS[row.up].level + 1;
  if (row.up >= 0) ROWS[row.up].inside.push(place);
  if (!("metrics" in row)) row.metrics = {};
});
const TOPS = ROWS.filter((row) => row.up < 0).map((row) => row.place);
const STEPS = ROWS.filter((row) => !row.inside.length && row.kind === "task");
const ENDS = ROWS.reduce((most, row) => Math.max(most, row.end || 0, row.start || 0), 0.001);
const SPAN = Math.max(RUN.took || RUN.until || 0, ENDS);

function took(row) {
  return row.start !== undefined && row.end !== undefined ? row.end - row.start : undefined;
}

function unfold(place, open) {
  if (open) OPEN.add(place);
  else OPEN.delete(place);
  changed.forEach((call) => call());
}

function around(place) {
  const found = [];
  for (let up = ROWS[place].up; up >= 0; up = ROWS[up].up) found.push(up);
  return found;
}

// How many there are inside, by status: `3 items`, `2 steps: 1 failed`.
function holds(row) {
  const same = row.inside.filter((one) => ROWS[one].item);
  const noun = same.length ? (row.kind === "loop" ? "round" : "item") : "step";
  const some = same.length ? same : row.inside, bad = {};
  for (const one of some) {
    const status = ROWS[one].status;
    if (status !== "succeeded" && status !== "cached") bad[status] = (bad[status] || 0) + 1;
  }
  const said = Object.entries(bad).map(([status, n]) => `${n.toLocaleString("en")} ${status}`).join(", ");
  return count(some.length, noun) + (said ? `: ${said}` : "");
}

function statuses(rows) {
  const found = {};
  for (const row of rows) found[row.status] = (found[row.status] || 0) + 1;
  return Object.keys(STATUSES).filter((one) => found[one]).map((one) => [one, found[one]]);
}
