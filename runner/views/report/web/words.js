// Numbers and statuses in words.

const STATUSES = {
  succeeded: "✓", cached: "✓", running: "▸", failed: "✗", errored: "!", cancelled: "■", lost: "?",
  blocked: "×", skipped: "–", waiting: "·", detached: "▸", unfinished: "·",
};
const BAD = ["failed", "errored", "cancelled", "lost"];

function duration(seconds) {
  if (seconds === undefined || seconds === null) return "";
  if (seconds < 0.0005) return "0 s";
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds), two = (n) => String(n).padStart(2, "0");
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${two(whole % 60)} s`;
  if (whole < 172800) return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} m`;
  return `${Math.floor(whole / 86400)} d ${two(Math.floor((whole % 86400) / 3600))} h`;
}

function bytes(size) {
  if (!size) return size === 0 ? "0 B" : "";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (size >= 1024 && unit < 4) { size /= 1024; unit += 1; }
  return `${size < 10 && size % 1 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

function moment(at) {
  return at ? new Date(at * 1000).toISOString().slice(0, 19).replace("T", " ") + " UTC" : "";
}

function count(n, noun) {
  return `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;
}

function figure(value) {
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return value.toLocaleString("en");
  const size = Math.abs(value);
  return size >= 1e6 || (size < 1e-3 && size > 0) ? value.toExponential(3) : String(Number(value.toPrecision(5)));
}

function signed(value, said) {
  return `${value < 0 ? "−" : "+"}${said(Math.abs(value))}`;
}
